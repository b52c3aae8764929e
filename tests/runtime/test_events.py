"""Events: boundaries, event subprocesses, gateways that wait for events, escalations, signals, conditions."""

from datetime import timedelta

import pytest

from .diagrams import (
    boundary,
    catch,
    condition_event,
    end,
    error,
    error_event,
    escalation,
    escalation_event,
    event_gateway,
    event_start,
    event_sub_process,
    mapping,
    message,
    message_event,
    parallel,
    process,
    receive,
    script,
    service_task,
    signal,
    signal_event,
    start,
    sub_process,
    terminate_event,
    throw,
    timer_event,
    user_task,
)

HOUR = timedelta(hours=1)


def test_an_interrupting_timer_takes_the_work_away(world):
    world.deploy(
        process(
            "late",
            start(),
            user_task("work"),
            boundary("overdue", "work", timer_event("Duration", "PT1H")),
            end(),
            end("escalated"),
            flows="start>work>end; overdue>escalated",
        )
    )
    instance = world.start("late")

    world.advance(HOUR)

    assert world.state(instance) == "COMPLETED"
    assert not world.user_tasks
    assert not world.timers
    assert world.count(instance, "work:terminated") == 1


def test_work_that_is_done_in_time_closes_its_timer(world):
    world.deploy(
        process(
            "in_time",
            start(),
            user_task("work"),
            boundary("overdue", "work", timer_event("Duration", "PT1H")),
            end(),
            end("escalated"),
            flows="start>work>end; overdue>escalated",
        )
    )
    instance = world.start("in_time")

    world.complete_user_task("work")

    assert not world.timers
    assert world.count(instance, "escalated:activated") == 0


def test_a_reminder_cycle_fires_as_often_as_it_says_from_due_time_to_due_time(world):
    world.deploy(
        process(
            "reminders",
            start(),
            user_task("work"),
            boundary("remind", "work", timer_event("Cycle", "R3/PT1H"), interrupting=False),
            end(),
            end("reminded"),
            flows="start>work>end; remind>reminded",
        )
    )
    instance = world.start("reminders")
    dues = []

    for _ in range(3):
        (timer,) = world.timers.values()
        dues.append(timer.due_at)
        world.advance(HOUR)

    assert [due - dues[0] for due in dues] == [timedelta(0), HOUR, 2 * HOUR]
    assert world.count(instance, "reminded:completed") == 3
    assert not world.timers
    assert world.active(instance) == ["work"]


def test_the_first_event_behind_an_event_gateway_wins(world):
    world.deploy(
        process(
            "first",
            start(),
            event_gateway("wait"),
            catch("answer", message_event("m")),
            catch("silence", timer_event("Duration", "PT1H")),
            end("answered"),
            end("gave_up"),
            flows="start>wait; wait>answer>answered; wait>silence>gave_up",
            roots=message("m", "answer"),
        )
    )
    answered, silent = world.start("first", {"orderId": "1"}), world.start("first", {"orderId": "2"})

    world.publish("answer", "1", {"text": "yes"})
    world.advance(HOUR)

    assert world.count(answered, "answered:completed") == 1
    assert world.variables(answered)["text"] == "yes"
    assert world.count(silent, "gave_up:completed") == 1
    assert not world.timers
    assert not world.subscriptions


def test_a_message_that_came_before_is_taken_by_one_subscription_once(world):
    world.deploy(
        process(
            "buffered",
            start(),
            receive("first", "m"),
            receive("second", "m"),
            end(),
            flows="start>first>second>end",
            roots=message("m", "note"),
        )
    )
    world.publish("note", "7", {"n": 1})

    instance = world.start("buffered", {"orderId": 7})

    assert world.active(instance) == ["second"]
    assert world.variables(instance)["n"] == 1


def test_message_variables_pass_through_output_mappings(world):
    catcher = catch("wait", message_event("m")).replace(
        "</bpmn:intermediateCatchEvent>",
        f"<bpmn:extensionElements>{mapping('out got = =payload.x')}</bpmn:extensionElements>"
        "</bpmn:intermediateCatchEvent>",
    )
    world.deploy(process("mapped", start(), catcher, end(), flows="start>wait>end", roots=message("m", "m")))
    instance = world.start("mapped", {"orderId": "1"})

    world.publish("m", "1", {"payload": {"x": 5}})

    assert world.variables(instance) == {"orderId": "1", "got": 5}


def test_a_terminate_end_in_a_subprocess_ends_that_alone_with_what_waits_at_joins(world):
    world.deploy(
        process(
            "stop",
            start(),
            sub_process(
                "sub",
                start("s"),
                parallel("split"),
                service_task("a", "a"),
                service_task("b", "b"),
                service_task("c", "c"),
                parallel("join"),
                end("stop_it", terminate_event()),
                end("e"),
                flows="s>split>a>join>e; split>b>join; split>c>stop_it",
            ),
            end(),
            flows="start>sub>end",
        )
    )
    instance = world.start("stop")

    world.complete_job("a")
    world.complete_job("c")

    assert world.count(instance, "b:terminated") == 1
    assert world.count(instance, "sub:completed") == 1
    assert world.state(instance) == "COMPLETED"


def test_an_error_end_event_is_caught_by_the_event_subprocess_before_the_boundary(world):
    world.deploy(
        process(
            "inner_first",
            start(),
            sub_process(
                "sub",
                start("s"),
                end("fail", error_event("boom")),
                event_sub_process(
                    "inside",
                    event_start("caught_inside", error_event("boom").replace("_event", "_2")),
                    script("note", '="inside"', "who"),
                    end("done"),
                    flows="caught_inside>note>done",
                ),
                flows="s>fail",
            ),
            boundary("outside", "sub", error_event("boom").replace("_event", "_3")),
            end(),
            end("out"),
            flows="start>sub>end; outside>out",
            roots=error("boom", "BOOM"),
        )
    )

    instance = world.start("inner_first")

    assert world.variables(instance) == {"who": "inside"}
    assert world.count(instance, "outside:activated") == 0
    assert world.count(instance, "sub:completed") == 1


def test_an_error_inside_an_event_subprocess_goes_outwards_not_back_into_it(world):
    world.deploy(
        process(
            "outwards",
            start(),
            sub_process(
                "sub",
                start("s"),
                end("fail", error_event("boom")),
                event_sub_process(
                    "inside",
                    event_start("caught", error_event("boom").replace("_event", "_2")),
                    end("again", error_event("boom").replace("_event", "_4")),
                    flows="caught>again",
                ),
                flows="s>fail",
            ),
            boundary("outside", "sub", error_event("boom").replace("_event", "_3")),
            end(),
            end("out"),
            flows="start>sub>end; outside>out",
            roots=error("boom", "BOOM"),
        )
    )

    instance = world.start("outwards")

    assert world.count(instance, "out:completed") == 1
    assert world.count(instance, "sub:terminated") == 1


def test_a_non_interrupting_event_subprocess_runs_beside_and_the_scope_waits_for_it(world):
    world.deploy(
        process(
            "beside",
            start(),
            user_task("work"),
            end(),
            event_sub_process(
                "question",
                event_start("asked", message_event("m"), interrupting=False),
                user_task("answer"),
                end("answered"),
                flows="asked>answer>answered",
            ),
            flows="start>work>end",
            roots=message("m", "ask"),
        )
    )
    instance = world.start("beside", {"orderId": "1"})
    world.publish("ask", "1", ttl=timedelta())
    world.publish("ask", "1", ttl=timedelta())
    assert world.active(instance).count("answer") == 2

    world.complete_user_task("work")
    world.complete_user_task("answer")
    assert world.state(instance) == "ACTIVE"
    world.complete_user_task("answer")

    assert world.state(instance) == "COMPLETED"


@pytest.mark.parametrize("interrupting", [True, False])
def test_an_escalation_reaches_the_calling_scope(world, interrupting):
    world.deploy(
        process(
            "escalate",
            start(),
            sub_process(
                "sub",
                start("s"),
                throw("warn", escalation_event("late"), mapping('in why = ="slow"')),
                user_task("inner"),
                end("e"),
                flows="s>warn>inner>e",
            ),
            boundary(
                "warned", "sub", escalation_event("late").replace("_esc", "_2"), interrupting=interrupting
            ),
            end(),
            end("seen"),
            flows="start>sub>end; warned>seen",
            roots=escalation("late", "LATE"),
        )
    )

    instance = world.start("escalate")

    assert world.count(instance, "seen:completed") == 1
    assert world.variables(instance) == {"why": "slow"}
    assert world.active(instance) == ([] if interrupting else ["sub", "inner"])


def test_a_signal_reaches_everything_that_waits_for_it(world):
    world.deploy(
        process(
            "waiter",
            start(),
            catch("wait", signal_event("go")),
            end(),
            flows="start>wait>end",
            roots=signal("go", "go"),
        ),
        process(
            "thrower",
            start(),
            throw("cry", signal_event("go")),
            end(),
            flows="start>cry>end",
            roots=signal("go", "go"),
        ),
    )
    waiting = [world.start("waiter") for _ in range(3)]

    world.start("thrower")

    assert [world.state(instance) for instance in waiting] == ["COMPLETED"] * 3
    assert not world.signal_subscriptions


def test_a_conditional_boundary_fires_when_the_variable_changes(world):
    world.deploy(
        process(
            "condition",
            start(),
            user_task("work"),
            boundary("enough", "work", condition_event("=n > 10"), interrupting=False),
            end(),
            end("told"),
            flows="start>work>end; enough>told",
        )
    )
    instance = world.start("condition", {"n": 1})

    world.set_variables(instance, {"n": 5})
    assert world.count(instance, "told:completed") == 0
    world.set_variables(instance, {"n": 11})

    assert world.count(instance, "told:completed") == 1
    assert world.active(instance) == ["work"]


def test_a_condition_that_holds_already_passes_at_once(world):
    world.deploy(
        process("already", start(), catch("wait", condition_event("=n > 10")), end(), flows="start>wait>end")
    )

    instance = world.start("already", {"n": 11})

    assert world.state(instance) == "COMPLETED"


def test_cancelling_takes_away_every_timer_subscription_job_and_task(world):
    world.deploy(
        process(
            "all",
            start(),
            parallel("split"),
            user_task("person"),
            service_task("machine", "machine"),
            catch("time", timer_event("Duration", "PT1H")),
            receive("post", "m"),
            catch("cry", signal_event("go")),
            event_gateway("either"),
            catch("m2", message_event("m").replace("m_event", "m_event_2")),
            catch("t2", timer_event("Duration", "PT2H")),
            flows="start>split>person; split>machine; split>time; split>post; split>cry; "
            "split>either>m2; either>t2",
            roots=message("m", "m") + signal("go", "go"),
        )
    )
    instance = world.start("all", {"orderId": "1"})
    assert len(world.timers) == 2
    assert len(world.subscriptions) == 2

    world.cancel(instance)

    for left in (world.timers, world.subscriptions, world.signal_subscriptions, world.jobs, world.user_tasks):
        assert not left
    assert world.state(instance) == "TERMINATED"
