"""Signals, conditions, escalation, compensation."""

from tests.engine.diagrams import boundary, end, extended, process, signal, signal_event, start, user_task
from tests.runtime.diagrams import (
    association,
    catch,
    compensation_event,
    condition_event,
    escalation,
    escalation_event,
    event_start,
    event_sub_process,
    parallel,
    script,
    sub_process,
    throw,
)

from .model import Model, equal, times, work

BELL = Model(
    file=process(
        "torture_bell",
        start(),
        user_task("linger"),
        end(),
        event_sub_process(
            "rung",
            event_start("ring", signal_event("bell"), interrupting=False),
            work("book", "torture.book"),
            end("noted"),
            flows="ring>book>noted",
        ),
        flows="start>linger>end",
        roots=signal("bell", "torture-bell"),
    ),
    once=times(1, "start", "linger", "end"),
    rule=equal("rung", "ring", "book", "noted"),
)


def _ready(event_id):
    """Looks at one variable only: at every change of another it would fire again."""
    looks_at = extended('<zeebe:conditionalFilter variableNames="ready" />')
    event = condition_event("=ready = true").replace("condition_event", event_id)
    return event.replace("<bpmn:condition ", f"{looks_at}<bpmn:condition ")


WATCH = Model(
    file=process(
        "torture_watch",
        start(),
        parallel("fork"),
        user_task("prepare"),
        script("set", "=true", "ready"),
        catch("await", _ready("await_event")),
        user_task("stay"),
        boundary("seen", "stay", _ready("seen_event"), interrupting=False),
        work("book", "torture.book"),
        end("seen_end"),
        parallel("join"),
        end(),
        flows="start>fork>prepare>set>join; fork>await>join; fork>stay>join>end; seen>book>seen_end",
    ),
    once=times(1, "start", "fork", "prepare", "set", "await", "stay", "join", "end"),
    rule=equal("seen", "book", "seen_end", at_most=1),
)

_trip = sub_process(
    "trip",
    start("leave"),
    work("book", "torture.book"),
    boundary("undo", "book", compensation_event().replace("compensate_", "undo_event")),
    work("mail", "torture.mail"),
    throw("warn", escalation_event("late")),
    end("arrive"),
    work("unbook", "torture.book").replace(
        "<bpmn:serviceTask", '<bpmn:serviceTask isForCompensation="true"', 1
    ),
    flows="leave>book>mail>warn>arrive",
    inner=association("undo", "unbook"),
)

TRIP = Model(
    file=process(
        "torture_trip",
        start(),
        _trip,
        boundary(
            "warned", "trip", escalation_event("late").replace("late_esc", "warned_esc"), interrupting=False
        ),
        work("note", "torture.book"),
        end("noted"),
        user_task("decide"),
        throw("undo_all", compensation_event()),
        end(),
        flows="start>trip>decide>undo_all>end; warned>note>noted",
        roots=escalation("late", "LATE"),
    ),
    once=times(
        1,
        *("start", "trip", "leave", "book", "mail", "warn", "arrive", "warned", "note", "noted", "decide"),
        *("undo_all", "unbook", "end"),
    ),
)
