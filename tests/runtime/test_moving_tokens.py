"""Moving tokens by hand."""

import pytest

from engine.errors import InvalidInput

from .diagrams import (
    boundary,
    call_activity,
    end,
    loop,
    mapping,
    parallel,
    process,
    service_task,
    start,
    sub_process,
    timer_event,
    user_task,
)

DIAGRAM = process(
    "moved",
    start(),
    user_task("first"),
    sub_process("sub", start("s"), user_task("inner"), user_task("last"), end("e"), flows="s>inner>last>e"),
    boundary("late", "sub", timer_event("Duration", "PT1H")),
    end(),
    end("too_late"),
    flows="start>first>sub>end; late>too_late",
)


def move(world, instance, source, target, variables=None):
    [live] = [e for e in world.store.load_elements(instance) if e.element_id == source]
    runtime = world.runtime()
    runtime.cancel_element(live.key)
    runtime.start_element(instance, target, variables or {})
    world.settle(runtime)


def test_a_token_moves_into_a_subprocess_which_begins_around_it(world):
    world.deploy(DIAGRAM)
    instance = world.start("moved")

    move(world, instance, "first", "last", {"note": "by hand"})

    assert world.active(instance) == ["sub", "last"]
    assert len(world.timers) == 1
    assert world.count(instance, "s:activated") == 0
    seen = world.runtime().visible_variables(world.user_task("last").element_instance_key)
    assert seen["note"] == "by hand"
    world.complete_user_task("last")
    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, "first:terminated") == 1


def test_a_token_moves_inside_a_running_subprocess_and_out_of_it(world):
    world.deploy(DIAGRAM)
    instance = world.start("moved")
    world.complete_user_task("first")

    move(world, instance, "inner", "last")
    assert world.active(instance) == ["sub", "last"]
    move(world, instance, "last", "first")

    assert world.active(instance) == ["first"]
    assert world.count(instance, "sub:terminated") == 1
    assert not world.timers


def test_taking_the_last_token_away_ends_the_instance(world):
    world.deploy(DIAGRAM)
    instance = world.start("moved")
    runtime = world.runtime()

    runtime.cancel_element(world.user_task("first").element_instance_key)
    world.settle(runtime)

    assert world.state(instance) == "TERMINATED"
    assert not world.user_tasks


def test_one_of_two_tokens_may_be_taken_away(world):
    world.deploy(
        process(
            "two",
            start(),
            parallel("split"),
            user_task("a"),
            user_task("b"),
            end(),
            flows="start>split>a>end; split>b>end",
        )
    )
    instance = world.start("two")
    runtime = world.runtime()

    runtime.cancel_element(world.user_task("a").element_instance_key)
    world.settle(runtime)
    world.complete_user_task("b")

    assert world.state(instance) == "COMPLETED"


def test_where_a_container_runs_several_times_one_has_to_be_named(world):
    world.deploy(
        process(
            "many",
            start(),
            sub_process(
                "sub",
                start("s"),
                user_task("inner"),
                user_task("extra"),
                end("e"),
                flows="s>inner>e; extra>e",
                inner=loop("=[1,2]", "i"),
            ),
            end(),
            flows="start>sub>end",
        )
    )
    instance = world.start("many")
    scopes = [e.key for e in world.store.load_elements(instance) if e.element_type == "SUB_PROCESS"]

    with pytest.raises(InvalidInput, match="2 times"):
        world.runtime().start_element(instance, "extra", {})
    runtime = world.runtime()
    runtime.start_element(instance, "extra", {}, scope_key=scopes[1])
    world.settle(runtime)

    assert world.active(instance).count("extra") == 1


@pytest.mark.parametrize("element", ["start", "late", "nowhere"])
def test_what_cannot_be_started_by_hand_is_refused(world, element):
    world.deploy(DIAGRAM)
    instance = world.start("moved")

    with pytest.raises(InvalidInput, match=element):
        world.runtime().start_element(instance, element, {})


@pytest.mark.parametrize(
    "stuck",
    [
        service_task("stuck", "=missing"),
        service_task("stuck", "work", extra=mapping("in a = =assert(b, b != null)")),
        service_task("stuck", "work"),
        user_task("stuck"),
        call_activity("stuck", "child"),
        sub_process("stuck", start("s"), user_task("inner"), end("e"), flows="s>inner>e"),
        service_task("stuck", "work", inner=loop("=[1,2,3]", "i")),
    ],
    ids=["job-type", "mapping", "job", "user-task", "call", "subprocess", "multi-instance"],
)
def test_an_element_can_be_skipped_with_its_outputs(world, stuck):
    world.deploy(
        process("child", start(), user_task("in_child"), end(), flows="start>in_child>end"),
        process("skipped", start(), stuck, end(), flows="start>stuck>end"),
    )
    instance = world.start("skipped")
    live = min(e.key for e in world.store.load_elements(instance) if e.element_id == "stuck")
    runtime = world.runtime()

    runtime.skip_element(live, {"result": 1})
    world.settle(runtime)

    assert world.state(instance) == "COMPLETED"
    assert world.variables(instance) == {"result": 1}
    assert not any((world.jobs, world.user_tasks, world.incidents))
    assert set(world.store.ended) == {key for key, _ in world.instances}


def test_a_failing_output_mapping_can_be_skipped(world):
    failing = service_task("work", "work", extra=mapping("out x = =assert(y, y != null)"))
    world.deploy(process("output", start(), failing, end(), flows="start>work>end"))
    instance = world.start("output")
    world.complete_job("work")
    [incident] = world.incidents.values()
    runtime = world.runtime()

    runtime.skip_element(incident.element_instance_key, {"x": 3})
    world.settle(runtime)

    assert world.variables(instance) == {"x": 3}
    assert world.state(instance) == "COMPLETED"
