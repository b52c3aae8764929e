"""Handlers inside and outside the transaction, multi-instance, a call, reminders, business errors."""

from tests.engine.diagrams import (
    boundary,
    end,
    error,
    error_event,
    multi_instance,
    node,
    process,
    service_task,
    start,
    timer_event,
    user_task,
)

from .model import ITEMS, Model, both, equal, times, work

ROUNDS = 2

ORDER = Model(
    file=process(
        "torture_order",
        start(),
        node("parallelGateway", "fork"),
        user_task("approve"),
        work("book", "torture.book"),
        work("mail", "torture.mail"),
        node("intermediateCatchEvent", "pause", timer_event("Duration", "PT1S")),
        node("parallelGateway", "join"),
        work("tally", "torture.book", multi_instance("=items", "item")),
        node("callActivity", "reply", "", '<zeebe:calledElement processId="torture_reply" />'),
        end(),
        flows="start>fork>approve>book>join; fork>mail>join; fork>pause>join>tally>reply>end",
    ),
    once={
        **times(1, "start", "fork", "approve", "book", "mail", "pause", "join", "reply", "end"),
        "tally": 1 + ITEMS,
    },
)

REMINDERS = Model(
    file=process(
        "torture_reminders",
        start(),
        node("intermediateCatchEvent", "settle", timer_event("Duration", "PT3S")),
        user_task("linger"),
        boundary("remind", "linger", timer_event("Cycle", f"R{ROUNDS}/PT1S"), interrupting=False),
        work("book", "torture.book"),
        end("reminded"),
        boundary("giveup", "linger", timer_event("Duration", "PT4S")),
        work("mail", "torture.mail"),
        end(),
        flows="start>linger>settle>end; remind>book>reminded; giveup>mail>settle",
    ),
    once=times(1, "start", "linger", "settle", "end"),
    rule=both(equal("remind", "book", "reminded", at_most=ROUNDS), equal("giveup", "mail", at_most=1)),
)

REFUSED = Model(
    file=process(
        "torture_refused",
        start(),
        work("mails", "torture.mail", multi_instance("=items", "item", sequential=True)),
        service_task("refuse", "torture.refuse"),
        boundary("caught", "refuse", error_event("no")),
        end("wrong"),
        user_task("read"),
        end(),
        flows="start>mails>refuse>wrong; caught>read>end",
        roots=error("no", "REFUSED"),
    ),
    once={**times(1, "start", "refuse", "caught", "read", "end"), "mails": 1 + ITEMS, "wrong": 0},
)
