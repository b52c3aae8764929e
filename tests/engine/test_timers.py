"""Timers: due dates, cycles, start events, and what was missed while nobody was there."""

from datetime import UTC, datetime, timedelta

import pytest

from engine import SYSTEM, DeploymentRejected, ProcessInstanceFilter

from .diagrams import (
    boundary,
    end,
    message_event,
    node,
    process,
    signal,
    signal_event,
    start,
    timer_event,
    user_task,
)

HOUR = timedelta(hours=1)


def waiting(duration="PT1H"):
    event = node("intermediateCatchEvent", "wait", timer_event("Duration", duration))
    return process("pause", start(), event, end(), flows="start>wait>end")


def open_tasks(engine):
    return sorted(t.element_id for t in engine.user_tasks(by=SYSTEM).items)


def test_a_timer_fires_when_it_is_due_and_not_before(engine, deploy, clock):
    deploy(waiting())
    key = engine.start_process_instance("pause", by=SYSTEM).key

    clock.advance(HOUR - timedelta(seconds=1))
    early = engine.run_until_idle()
    clock.advance(timedelta(seconds=1))
    late = engine.run_until_idle()

    assert (early, late) == (0, 1)
    assert engine.process_instance(key, by=SYSTEM).state == "COMPLETED"
    assert engine.timers(key, by=SYSTEM) == []


def test_the_next_due_time_is_known(engine, deploy, clock):
    deploy(waiting("P1D"), file_of(waiting("PT2H"), "shorter"))
    for process_id in ("pause", "shorter"):
        engine.start_process_instance(process_id, by=SYSTEM)

    assert engine.next_due() == clock.now() + timedelta(hours=2)


def test_a_reminder_comes_as_often_as_it_says_and_keeps_its_count(engine, deploy, clock):
    deploy(
        process(
            "remind",
            start(),
            user_task("decide"),
            boundary("late", "decide", timer_event("Cycle", "R3/PT1H"), interrupting=False),
            user_task("nudge"),
            end(),
            flows="start>decide>end; late>nudge",
        )
    )
    engine.start_process_instance("remind", by=SYSTEM)

    counts = []
    for _ in range(5):
        clock.advance(HOUR)
        engine.run_until_idle()
        counts.append(open_tasks(engine).count("nudge"))

    assert counts == [1, 2, 3, 3, 3]


def test_what_fell_due_while_nobody_was_there_fires_afterwards(engine, deploy, clock):
    deploy(
        process(
            "remind",
            start(),
            user_task("decide"),
            boundary("late", "decide", timer_event("Cycle", "R3/PT1H"), interrupting=False),
            user_task("nudge"),
            end(),
            flows="start>decide>end; late>nudge",
        )
    )
    engine.start_process_instance("remind", by=SYSTEM)

    clock.advance(timedelta(days=2))
    engine.run_until_idle()

    assert open_tasks(engine).count("nudge") == 3


def test_an_interrupting_timer_takes_the_task_away(engine, deploy, clock):
    deploy(
        process(
            "escalate",
            start(),
            user_task("decide"),
            boundary("late", "decide", timer_event("Duration", "PT1H")),
            user_task("escalated"),
            end(),
            flows="start>decide>end; late>escalated",
        )
    )
    engine.start_process_instance("escalate", by=SYSTEM)

    clock.advance(HOUR)
    engine.run_until_idle()

    assert open_tasks(engine) == ["escalated"]


def test_a_timer_of_a_finished_task_does_not_fire(engine, deploy, clock):
    deploy(
        process(
            "escalate",
            start(),
            user_task("decide"),
            boundary("late", "decide", timer_event("Duration", "PT1H")),
            user_task("escalated"),
            end(),
            flows="start>decide>end; late>escalated",
        )
    )
    engine.start_process_instance("escalate", by=SYSTEM)
    (task,) = engine.user_tasks(by=SYSTEM).items
    engine.complete_user_task(task.key, by=SYSTEM)

    clock.advance(HOUR)

    assert engine.run_until_idle() == 0


@pytest.mark.parametrize(
    ("kind", "text", "hours"),
    [
        ("Cycle", "R3/PT1H", [1, 2, 3]),
        ("Cycle", "0 0 * * * *", [1, 2, 3, 4, 5]),
        ("Date", "2026-03-02T10:30:00Z", [3]),
    ],
)
def test_a_timer_starts_a_process(engine, deploy, clock, kind, text, hours):
    deploy(timed_start(kind, text))

    seen = []
    for hour in range(1, 6):
        clock.advance(HOUR)
        before = engine.process_instances(by=SYSTEM).total
        engine.run_until_idle()
        if engine.process_instances(by=SYSTEM).total > before:
            seen.append(hour)

    assert seen == hours


def test_a_new_version_takes_over_the_timer(engine, deploy, clock):
    deploy(timed_start("Cycle", "R1/PT2H"))
    clock.advance(HOUR)
    deploy(timed_start("Cycle", "R1/PT3H"))

    clock.advance(timedelta(hours=2))
    nothing = engine.run_until_idle()
    clock.advance(HOUR)
    engine.run_until_idle()

    assert nothing == 0
    (instance,) = engine.process_instances(ProcessInstanceFilter(), by=SYSTEM).items
    assert instance.process_version == 2


def test_an_unchanged_version_keeps_its_timer(engine, deploy, clock):
    deploy(timed_start("Cycle", "R1/PT2H"))
    clock.advance(HOUR)
    deploy(timed_start("Cycle", "R1/PT2H"))

    clock.advance(HOUR)

    assert engine.run_until_idle() == 1


def test_a_monthly_start_keeps_its_day(engine, deploy, clock):
    clock.set(datetime(2026, 1, 31, 9, tzinfo=UTC))
    deploy(timed_start("Cycle", "R/P1M"))

    starts = []
    while len(starts) < 4:
        clock.set(engine.next_due())
        engine.run_until_idle()
        starts.append(clock.now().strftime("%m-%d"))

    assert starts == ["02-28", "03-31", "04-30", "05-31"]


def test_a_cancelled_instance_leaves_no_timer(engine, deploy, clock):
    deploy(waiting())
    key = engine.start_process_instance("pause", by=SYSTEM).key

    engine.cancel_process_instance(key, by=SYSTEM)

    assert engine.next_due() is None


def test_a_timer_whose_output_mapping_fails_has_fired_all_the_same(engine, deploy, clock):
    checked = '<zeebe:ioMapping><zeebe:output source="=assert(ok, ok)" target="fine" /></zeebe:ioMapping>'
    event = node("intermediateCatchEvent", "wait", timer_event("Duration", "PT1H"), checked)
    deploy(process("pause", start(), event, end(), flows="start>wait>end"))
    key = engine.start_process_instance("pause", variables={"ok": False}, by=SYSTEM).key

    clock.advance(HOUR)
    fired = engine.run_until_idle()

    assert fired == 1
    assert engine.next_due() is None
    engine.set_variables(key, {"ok": True}, by=SYSTEM)
    (incident,) = engine.incidents(by=SYSTEM).items
    engine.resolve_incident(incident.key, by=SYSTEM)
    assert engine.process_instance(key, by=SYSTEM).state == "COMPLETED"


def timed_start(kind, text):
    return process("nightly", start("tick", timer_event(kind, text)), end(), flows="tick>end")


def file_of(resource, process_id):
    content = resource.content.replace(b'id="pause"', f'id="{process_id}"'.encode())
    return type(resource)(name=f"{process_id}.bpmn", content=content)


def test_an_endless_start_timer_keeps_its_pace_after_a_hundred_thousand_rounds(engine, deploy, clock):
    result = deploy(process("pulse", start(event=timer_event("Cycle", "R/PT1S")), end(), flows="start>end"))
    far = clock.now() + timedelta(seconds=150_000)
    with engine.database.write() as uow:
        (timer,) = uow.timers.starts_of(result.processes[0].key)
        uow.timers.reschedule(timer.key, due_at=far, repetitions=-1)

    clock.set(far)
    fired = engine.run_until_idle()

    assert fired == 1
    assert engine.next_due() == far + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("event", "roots"),
    [
        (timer_event("Cycle", "=pace"), ""),
        (timer_event("Date", '="tomorrow"'), ""),
        (timer_event("Cycle", '="R/PT0S"'), ""),
        (signal_event("s"), signal("s", "=which")),
        (message_event("m"), '<bpmn:message id="m" name="=which" />'),
    ],
)
def test_a_start_event_that_needs_a_variable_is_refused(deploy, event, roots):
    with pytest.raises(DeploymentRejected) as refused:
        deploy(process("early", start(event=event), end(), flows="start>end", roots=roots))

    assert [(p.element_id, p.code) for p in refused.value.problems] == [("start", "START_EVENT_INVALID")]
