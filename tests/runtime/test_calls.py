"""Call activities: a process instance of its own, in the same step."""

from datetime import timedelta

from .diagrams import (
    boundary,
    call_activity,
    end,
    error,
    error_event,
    escalation,
    escalation_event,
    mapping,
    process,
    service_task,
    start,
    throw,
    timer_event,
    user_task,
)

CHILD = process("child", start("s"), user_task("inner"), end("e"), flows="s>inner>e")


def parent(**kwargs):
    return process("parent", start(), call_activity("call", "child", **kwargs), end(), flows="start>call>end")


def test_the_child_is_an_instance_of_its_own_with_its_own_variables(world):
    world.deploy(CHILD, parent())
    first = world.start("parent", {"x": 1})
    child = world.instances[1][0]

    world.set_variables(child, {"x": 2})

    assert world.variables(first) == {"x": 1}
    assert world.parents[child] == first
    world.complete_user_task("inner", {"y": 3})
    assert world.variables(first) == {"x": 2, "y": 3}
    assert [world.state(key) for key in (first, child)] == ["COMPLETED", "COMPLETED"]


def test_only_what_is_mapped_goes_in_and_comes_out(world):
    world.deploy(
        CHILD, parent(all_variables=False, extensions=mapping("in a = =x + 1", "out b = =answer * 2"))
    )
    first = world.start("parent", {"x": 1, "secret": True})
    child = world.instances[1][0]
    assert world.variables(child) == {"a": 2}

    world.complete_user_task("inner", {"answer": 21, "noise": 0})

    assert world.variables(first) == {"x": 1, "secret": True, "b": 42}


def test_cancelling_the_caller_cancels_the_called(world):
    world.deploy(CHILD, parent())
    first = world.start("parent")
    child = world.instances[1][0]

    world.cancel(first)

    assert [world.state(key) for key in (first, child)] == ["TERMINATED", "TERMINATED"]
    assert not world.user_tasks


def test_an_error_and_an_escalation_reach_the_call_activity(world):
    world.deploy(
        process(
            "child",
            start("s"),
            throw("warn", escalation_event("late")),
            service_task("work", "work"),
            end("e"),
            flows="s>warn>work>e",
            roots=escalation("late", "LATE"),
        ),
        process(
            "parent",
            start(),
            call_activity("call", "child"),
            boundary("warned", "call", escalation_event("late"), interrupting=False),
            boundary("failed", "call", error_event("boom")),
            end(),
            end("told"),
            end("caught"),
            flows="start>call>end; warned>told; failed>caught",
            roots=escalation("late", "LATE") + error("boom", "BOOM"),
        ),
    )
    first = world.start("parent")
    assert world.count(first, "told:completed") == 1

    world.throw_error("work", "BOOM", variables={"why": "broken"})

    assert world.state(first) == "COMPLETED"
    assert world.state(world.instances[1][0]) == "TERMINATED"
    assert world.variables(first) == {"why": "broken"}


def test_a_timer_on_the_call_activity_ends_the_child(world):
    world.deploy(
        CHILD,
        process(
            "parent",
            start(),
            call_activity("call", "child"),
            boundary("late", "call", timer_event("Duration", "PT1H")),
            end(),
            end("gave_up"),
            flows="start>call>end; late>gave_up",
        ),
    )
    first = world.start("parent")

    world.advance(timedelta(hours=2))

    assert world.count(first, "gave_up:completed") == 1
    assert world.state(world.instances[1][0]) == "TERMINATED"


def test_calls_may_be_many_processes_deep(world):
    for level in range(50):
        inner = call_activity("call", f"p{level + 1}") if level < 49 else user_task("deepest")
        node = "call" if level < 49 else "deepest"
        world.deploy(process(f"p{level}", start(), inner, end(), flows=f"start>{node}>end"))
    first = world.start("p0")

    world.complete_user_task("deepest", {"from": "below"})

    assert world.state(first) == "COMPLETED"
    assert world.variables(first) == {"from": "below"}
