"""The condition of `bench.feel` in other engines, where they can run it: one line of text for each."""

from __future__ import annotations

import json
import subprocess
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Timing = Callable[[Callable[[], object]], float]
"""Microseconds of one call."""

IN_NODE = """
import { evaluate } from 'feelin';
const [ text, context ] = JSON.parse(process.argv[1]);
const run = () => evaluate(text, context).value;
const value = run();
let best = Infinity;
for (let round = 0; round < 20; round++) {
  const started = process.hrtime.bigint();
  for (let i = 0; i < 100; i++) run();
  best = Math.min(best, Number(process.hrtime.bigint() - started) / 100 / 1000);
}
console.log(JSON.stringify({ value, best }));
"""


def others(condition: str, by_python: str, context: Mapping[str, Any], timing: Timing) -> Iterator[str]:
    """One line for each engine and each way of writing the condition."""
    plain = json.loads(json.dumps(context, default=float))
    written_out = condition.replace("[passed]", "[passed = true]")
    for text in (condition, written_out):
        yield f"feelin in Node, {text}: {_feelin(text, plain)}"
        yield f"pySFeel, {text}: {_pysfeel(text, plain, timing)}"
    yield f"SpiffWorkflow, {condition}: {_spiff(condition, plain, timing)}"
    yield f"SpiffWorkflow, in Python, {by_python}: {_spiff(by_python, plain, timing)}"


def _feelin(text: str, context: Mapping[str, Any]) -> str:
    from tests.feel.feelin import HERE, FeelinMissing, install

    try:
        install()
    except FeelinMissing as missing:
        return f"left out, {missing}"
    command = ["node", "--input-type=module", "-e", IN_NODE, json.dumps([text, context])]
    answer = json.loads(
        subprocess.run(command, cwd=HERE, check=True, capture_output=True, encoding="utf-8").stdout
    )
    return _told(answer.get("value"), answer["best"]) + " (it reads the text each time)"


def _pysfeel(text: str, context: Mapping[str, Any], timing: Timing) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from pySFeel import SFeelParser  # type: ignore[import-not-found,unused-ignore]
        except ImportError:
            return "left out, not installed (pip install '.[bench]')"
        parser = SFeelParser()
        for name, value in context.items():
            parser.sFeelParse(f"{name} <- {_literal(value)}")
        status, value = parser.sFeelParse(text)
        if "errors" in status:
            return f"cannot run it, {status['errors'][0]}"
        return _told(value, timing(lambda: parser.sFeelParse(text))) + " (it reads the text each time)"


def _spiff(text: str, context: Mapping[str, Any], timing: Timing) -> str:
    from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine

    engine = PythonScriptEngine()
    try:
        value = engine.environment.evaluate(text, dict(context))
    except Exception as problem:
        return f"cannot run it, {type(problem).__name__}: {problem}"
    return _told(value, timing(lambda: engine.environment.evaluate(text, dict(context))))


def _told(value: object, microseconds: float) -> str:
    return f"{microseconds:.1f} us" + ("" if value is True else f", with a wrong result, {value}")


def _literal(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_literal(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return json.dumps(value)
