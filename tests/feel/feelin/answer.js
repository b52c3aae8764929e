// Answers each line {"text", "context"} with one line {"value", "warned"} or {"error"}.

import { createInterface } from 'node:readline';

import { evaluate } from 'feelin';

for await (const line of createInterface({ input: process.stdin })) {
  const { text, context } = JSON.parse(line);
  let answer;

  try {
    const { value, warnings } = evaluate(text, context);
    answer = { value: value === undefined ? null : value, warned: warnings.length > 0 };
  } catch (error) {
    answer = { error: error.message };
  }

  process.stdout.write(JSON.stringify(answer) + '\n');
}
