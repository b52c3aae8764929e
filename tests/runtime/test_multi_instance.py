"""Multi-instance activities."""

import pytest

from .diagrams import (
    boundary,
    call_activity,
    end,
    error,
    error_event,
    loop,
    mapping,
    node,
    process,
    script,
    service_task,
    start,
    sub_process,
    timer_event,
    user_task,
)


def rounds(world, marker, *, job="work", extra=(), flows="start>work>end", roots="", extensions=""):
    world.deploy(
        process(
            "rounds",
            start(),
            service_task("work", job, inner=marker, extra=extensions),
            end(),
            *extra,
            flows=flows,
            roots=roots,
        )
    )
    return "rounds"


def test_outputs_keep_the_order_of_the_inputs_whatever_completes_first(world):
    name = rounds(world, loop("=[3, 1, 2]", "item", output="results", output_element="=item * result"))
    instance = world.start(name)
    jobs = list(world.jobs.values())

    for job, result in zip(reversed(jobs), (30, 20, 10), strict=True):
        runtime = world.runtime()
        runtime.complete_element(job.element_instance_key, {"result": result})
        world.settle(runtime)

    assert world.state(instance) == "COMPLETED"
    assert world.variables(instance)["results"] == [30, 20, 60]


def test_a_sequential_one_has_one_round_at_a_time_with_its_own_variables(world):
    name = rounds(
        world,
        loop("=items", "item", sequential=True, output="seen", output_element="=answer"),
        extensions=mapping("in number = =loopCounter"),
    )
    instance = world.start(name, {"items": ["a", "b", "c"]})

    for letter in "abc":
        job = world.job("work")
        assert len(world.jobs) == 1
        assert world.runtime().visible_variables(job.element_instance_key)["item"] == letter
        world.complete_job("work", {"answer": letter.upper()})

    assert world.variables(instance) == {"items": ["a", "b", "c"], "seen": ["A", "B", "C"]}
    assert world.state(instance) == "COMPLETED"


def test_an_empty_collection_completes_at_once_with_an_empty_output(world):
    name = rounds(world, loop("=[]", "item", output="seen", output_element="=item"))

    instance = world.start(name)

    assert world.state(instance) == "COMPLETED"
    assert world.variables(instance) == {"seen": []}
    assert world.count(instance, "work[body]:completed") == 1


@pytest.mark.parametrize("sequential", [False, True])
def test_a_completion_condition_cancels_the_rest(world, sequential):
    name = rounds(
        world,
        loop("=[1,2,3,4]", "item", sequential=sequential, until="=numberOfCompletedInstances >= 2 or stop"),
    )
    instance = world.start(name, {"stop": False})

    world.complete_job("work")
    assert world.state(instance) == "ACTIVE"
    world.complete_job("work")

    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, "work:terminated") == (0 if sequential else 2)
    assert not world.jobs


def test_a_collection_that_is_no_list_is_an_incident_that_can_be_mended(world):
    name = rounds(world, loop("=items", "item"))
    instance = world.start(name, {"items": "three"})
    incident = next(iter(world.incidents.values()))

    world.set_variables(instance, {"items": [1]})
    world.resolve_incident("work")

    assert incident.error_type == "EXTRACT_VALUE_ERROR"
    assert incident.message.startswith(
        "Expected result of the expression 'items' to be 'ARRAY', but was 'STRING'."
    )
    world.complete_job("work")
    assert world.state(instance) == "COMPLETED"


def test_an_error_of_one_round_ends_the_whole_body(world):
    name = rounds(
        world,
        loop("=[1,2,3]", "item"),
        extra=(boundary("failed", "work", error_event("boom")), end("caught")),
        flows="start>work>end; failed>caught",
        roots=error("boom", "BOOM"),
    )
    instance = world.start(name)

    world.throw_error("work", "BOOM")

    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, "work:terminated") == 3
    assert world.count(instance, "work[body]:terminated") == 1
    assert world.count(instance, "caught:completed") == 1


def test_a_timer_on_the_activity_fires_once_for_the_body(world):
    name = rounds(
        world,
        loop("=[1,2,3]", "item"),
        extra=(boundary("late", "work", timer_event("Duration", "PT1H")), end("timed_out")),
        flows="start>work>end; late>timed_out",
    )
    instance = world.start(name)

    assert len(world.timers) == 1
    world.advance(next(iter(world.timers.values())).due_at - world.clock.now())

    assert world.count(instance, "timed_out:completed") == 1
    assert world.state(instance) == "COMPLETED"


def test_a_subprocess_may_repeat_and_hold_another_that_repeats(world):
    inner = node(
        "subProcess",
        "inner",
        start("s2")
        + user_task("sign")
        + end("e2")
        + '<bpmn:sequenceFlow id="i1" sourceRef="s2" targetRef="sign"/>'
        '<bpmn:sequenceFlow id="i2" sourceRef="sign" targetRef="e2"/>'
        + loop("=level.people", "person", output="names", output_element="=person"),
    )
    world.deploy(
        process(
            "nested",
            start(),
            sub_process(
                "outer",
                start("s1"),
                inner,
                end("e1"),
                flows="s1>inner>e1",
                inner=loop("=levels", "level", sequential=True, output="all", output_element="=names"),
            ),
            end(),
            flows="start>outer>end",
        )
    )
    levels = [{"people": ["a", "b"]}, {"people": []}, {"people": ["c"]}]
    instance = world.start("nested", {"levels": levels})

    for _ in range(3):
        world.complete_user_task("sign")

    assert world.state(instance) == "COMPLETED"
    assert world.variables(instance)["all"] == [["a", "b"], [], ["c"]]


def test_call_activities_may_repeat(world):
    world.deploy(
        process("child", start("s"), script("double", "=n * 2", "twice"), end("e"), flows="s>double>e"),
        process(
            "parent",
            start(),
            call_activity(
                "call",
                "child",
                inner=loop("=[1,2,3]", "n", output="doubled", output_element="=twice"),
            ),
            end(),
            flows="start>call>end",
        ),
    )

    instance = world.start("parent")

    assert world.state(instance) == "COMPLETED"
    assert world.variables(instance) == {"doubled": [2, 4, 6]}


def test_four_thousand_rounds_start_in_one_step(world):
    name = rounds(world, loop("=for i in 1..4000 return i", "item"))

    instance = world.start(name)

    assert len(world.jobs) == 4000
    world.cancel(instance)
    assert world.state(instance) == "TERMINATED"
    assert not world.jobs
