"""What programs and operators do: buffered messages, outside workers, repair, cancelling."""

from tests.engine.diagrams import (
    boundary,
    end,
    error,
    error_event,
    message,
    message_event,
    node,
    process,
    receive,
    service_task,
    start,
    timer_event,
    user_task,
)
from tests.runtime.diagrams import parallel

from .model import Counts, Model, times, work


def _done_or_failed(counts: Counts):
    if counts.get("end", 0) + counts.get("failed", 0) != 1:
        yield f"end {counts.get('end', 0)} and failed {counts.get('failed', 0)}: not exactly one"


QUEUE = Model(
    file=process(
        "torture_queue",
        start(event=message_event("turn")),
        work("book", "torture.book"),
        user_task("serve"),
        end(),
        flows="start>book>serve>end",
        roots=message("turn", "torture-turn", ""),
    ),
    once=times(1, "start", "book", "serve", "end"),
    started_by_hand=False,
)

OUTSIDE = Model(
    file=process(
        "torture_outside",
        start(),
        service_task("fetch", "torture.outside", retries="100"),
        boundary("refused", "fetch", error_event("no")),
        end("failed"),
        work("book", "torture.book"),
        end(),
        flows="start>fetch>book>end; refused>failed",
        roots=error("no", "OUTSIDE_REFUSED"),
    ),
    once=times(1, "start", "fetch"),
    rule=_done_or_failed,
)

PRICED = Model(
    file=process(
        "torture_priced",
        start(),
        service_task("price", "torture.price"),
        end(),
        flows="start>price>end",
    ),
    once=times(1, "start", "price", "end"),
)

CANCELLED = Model(
    file=process(
        "torture_cancelled",
        start(),
        parallel("fork"),
        user_task("ponder", users="nobody"),
        receive("wait", "never"),
        node("intermediateCatchEvent", "pause", timer_event("Duration", "P9999D")),
        work("mail", "torture.mail"),
        parallel("join"),
        end(),
        flows="start>fork>ponder>join; fork>wait>join; fork>pause>join; fork>mail>join>end",
        roots=message("never", "torture-never", "=token"),
    ),
    once={**times(1, "start", "fork", "ponder", "wait", "pause", "mail"), "end": 0},
    ends_cancelled=True,
)
