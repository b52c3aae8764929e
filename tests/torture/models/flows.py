"""Gateways: a race of events, joins in a loop, and an end that takes everything with it."""

from tests.engine.diagrams import end, message, message_event, node, process, start, timer_event, user_task
from tests.runtime.diagrams import inclusive, parallel, script, terminate_event, xor

from .model import Model, both, equal, times, work

LAPS = 3


def _one_of_both(counts):
    if counts.get("late", 0) + counts.get("heard", 0) != 1:
        yield f"late {counts.get('late', 0)} and heard {counts.get('heard', 0)}: not exactly one"


RACE = Model(
    file=process(
        "torture_race",
        start(),
        node("eventBasedGateway", "either"),
        node("intermediateCatchEvent", "late", timer_event("Duration", "PT1S")),
        node("intermediateCatchEvent", "heard", message_event("word")),
        xor("merge"),
        work("book", "torture.book"),
        end(),
        flows="start>either>late>merge; either>heard>merge>book>end",
        roots=message("word", "torture-word", "=token"),
    ),
    once=times(1, "start", "either", "merge", "book", "end"),
    rule=_one_of_both,
)

ROUNDS = Model(
    file=process(
        "torture_rounds",
        start(),
        script("begin", "=0", "lap"),
        xor("again"),
        parallel("fork"),
        work("book", "torture.book"),
        user_task("approve"),
        node("intermediateCatchEvent", "pause", timer_event("Duration", "PT1S")),
        parallel("join"),
        inclusive("open"),
        work("mail", "torture.mail"),
        work("note", "torture.book"),
        inclusive("close"),
        script("count", "=lap + 1", "lap"),
        xor("more", default="flow_7_0"),
        end(),
        flows="start>begin>again>fork>book>join; fork>approve>join; fork>pause>join>open;"
        " open>mail [=true]; open>note>close [=modulo(lap, 2) = 0];"
        " mail>close>count>more; more>again [=lap < 3]; more>end",
    ),
    once={
        **times(LAPS, "again", "fork", "book", "approve", "pause", "join", "open", "mail", "close", "count"),
        **times(1, "start", "begin", "end"),
        "more": LAPS,
        "note": 2,
    },
)

STOP = Model(
    file=process(
        "torture_stop",
        start(),
        parallel("fork"),
        user_task("quick"),
        end("stop", terminate_event()),
        user_task("slow"),
        end("slow_end"),
        node("intermediateCatchEvent", "pause", timer_event("Duration", "PT2S")),
        work("mail", "torture.mail"),
        work("book", "torture.book"),
        end("mail_end"),
        flows="start>fork>quick>stop; fork>slow>slow_end; fork>pause>mail>book>mail_end",
    ),
    once=times(1, "start", "fork", "quick", "stop", "slow", "pause"),
    rule=both(
        equal("slow", "pause"), lambda counts: _at_most(counts, "slow_end", "mail", "book", "mail_end")
    ),
)


def _at_most(counts, *elements, limit=1):
    return [
        f"{element} ran {counts[element]} times" for element in elements if counts.get(element, 0) > limit
    ]
