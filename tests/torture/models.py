"""The small processes of the torture, and how often each element must have run once an instance is over."""

from __future__ import annotations

from collections.abc import Mapping

from engine import Resource
from tests.engine.diagrams import (
    boundary,
    end,
    error,
    error_event,
    message,
    message_event,
    multi_instance,
    node,
    process,
    receive,
    service_task,
    start,
    timer_event,
    user_task,
)

SOON = {"retryBackoff": "PT1S"}
ITEMS = 3
ROUNDS = 2

_order = process(
    "torture_order",
    start(),
    node("parallelGateway", "fork"),
    user_task("approve"),
    service_task("book", "torture.book", headers=SOON, retries="100"),
    service_task("mail", "torture.mail", headers=SOON, retries="100"),
    node("intermediateCatchEvent", "pause", timer_event("Duration", "PT1S")),
    node("parallelGateway", "join"),
    service_task(
        "tally", "torture.book", headers=SOON, retries="100", inner=multi_instance("=items", "item")
    ),
    node("callActivity", "reply", "", '<zeebe:calledElement processId="torture_reply" />'),
    end(),
    flows="start>fork>approve>book>join; fork>mail>join; fork>pause>join>tally>reply>end",
)
_reply = process(
    "torture_reply",
    start(),
    node("parallelGateway", "fork"),
    receive("wait", "letter"),
    receive("hear", "answer"),
    service_task("ask", "torture.answer", headers=SOON, retries="100"),
    node("parallelGateway", "join"),
    end(),
    flows="start>fork>wait>join; fork>hear>join; fork>ask>join>end",
    roots=message("letter", "torture-letter", "=token") + message("answer", "torture-answer", "=token"),
)
_race = process(
    "torture_race",
    start(),
    node("eventBasedGateway", "either"),
    node("intermediateCatchEvent", "late", timer_event("Duration", "PT1S")),
    node("intermediateCatchEvent", "heard", message_event("word")),
    node("exclusiveGateway", "merge"),
    service_task("book", "torture.book", headers=SOON, retries="100"),
    end(),
    flows="start>either>late>merge; either>heard>merge>book>end",
    roots=message("word", "torture-word", "=token"),
)
_reminders = process(
    "torture_reminders",
    start(),
    node("intermediateCatchEvent", "settle", timer_event("Duration", "PT3S")),
    user_task("linger"),
    boundary("remind", "linger", timer_event("Cycle", f"R{ROUNDS}/PT1S"), interrupting=False),
    service_task("book", "torture.book", headers=SOON, retries="100"),
    end("reminded"),
    boundary("giveup", "linger", timer_event("Duration", "PT4S")),
    service_task("mail", "torture.mail", headers=SOON, retries="100"),
    end(),
    flows="start>linger>settle>end; remind>book>reminded; giveup>mail>settle",
)
_refused = process(
    "torture_refused",
    start(),
    service_task(
        "mails",
        "torture.mail",
        headers=SOON,
        retries="100",
        inner=multi_instance("=items", "item", sequential=True),
    ),
    service_task("refuse", "torture.refuse"),
    boundary("caught", "refuse", error_event("no")),
    end("wrong"),
    user_task("read"),
    end(),
    flows="start>mails>refuse>wrong; caught>read>end",
    roots=error("no", "REFUSED"),
)
_called = process(
    "torture_called",
    start(event=message_event("call")),
    service_task("book", "torture.book", headers=SOON, retries="100"),
    user_task("answer"),
    end(),
    flows="start>book>answer>end",
    roots=message("call", "torture-call"),
)

FILES: tuple[Resource, ...] = (_order, _reply, _race, _reminders, _refused, _called)
STARTED_BY_HAND = ("torture_order", "torture_race", "torture_reminders", "torture_refused")

ONCE: Mapping[str, Mapping[str, int]] = {
    "torture_order": {
        **dict.fromkeys(("start", "fork", "approve", "book", "mail", "pause", "join", "reply", "end"), 1),
        "tally": 1 + ITEMS,
    },
    "torture_reply": dict.fromkeys(("start", "fork", "wait", "hear", "ask", "join", "end"), 1),
    "torture_race": dict.fromkeys(("start", "either", "merge", "book", "end"), 1),
    "torture_reminders": dict.fromkeys(("start", "linger", "settle", "end"), 1),
    "torture_refused": {
        **dict.fromkeys(("start", "refuse", "caught", "read", "end"), 1),
        "mails": 1 + ITEMS,
        "wrong": 0,
    },
    "torture_called": dict.fromkeys(("start", "book", "answer", "end"), 1),
}
"""Completed or terminated element instances, by element, of every instance that is over."""


def excess(process_id: str, counts: Mapping[str, int]) -> list[str]:
    """What cannot be, given how often each element of a finished instance ran."""
    wrong = [
        f"{element} ran {counts.get(element, 0)} times instead of {times}"
        for element, times in ONCE[process_id].items()
        if counts.get(element, 0) != times
    ]
    if process_id == "torture_race" and counts.get("late", 0) + counts.get("heard", 0) != 1:
        wrong.append(f"late {counts.get('late', 0)} and heard {counts.get('heard', 0)}: not exactly one")
    if process_id == "torture_reminders":
        if counts.get("remind", 0) != counts.get("book", 0) or counts.get("remind", 0) > ROUNDS:
            wrong.append(f"remind {counts.get('remind', 0)}, book {counts.get('book', 0)}")
        if counts.get("giveup", 0) != counts.get("mail", 0) or counts.get("giveup", 0) > 1:
            wrong.append(f"giveup {counts.get('giveup', 0)}, mail {counts.get('mail', 0)}")
    return wrong
