"""Messages: awaited, sent by a handler together with its job, and starting instances."""

from tests.engine.diagrams import end, message, message_event, node, process, receive, start, user_task

from .model import Model, times, work

REPLY = Model(
    file=process(
        "torture_reply",
        start(),
        node("parallelGateway", "fork"),
        receive("wait", "letter"),
        receive("hear", "answer"),
        work("ask", "torture.answer"),
        node("parallelGateway", "join"),
        end(),
        flows="start>fork>wait>join; fork>hear>join; fork>ask>join>end",
        roots=message("letter", "torture-letter", "=token") + message("answer", "torture-answer", "=token"),
    ),
    once=times(1, "start", "fork", "wait", "hear", "ask", "join", "end"),
    started_by_hand=False,
)

CALLED = Model(
    file=process(
        "torture_called",
        start(event=message_event("call")),
        work("book", "torture.book"),
        user_task("answer"),
        end(),
        flows="start>book>answer>end",
        roots=message("call", "torture-call"),
    ),
    once=times(1, "start", "book", "answer", "end"),
    started_by_hand=False,
)
