"""Every activity and waiting event in every place it may stand, through every way it may end.

What is asserted is the same for all: how often it completed, that the process went on or ended as it
should, and that nothing is left open behind it.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from .diagrams import (
    boundary,
    call_activity,
    condition_event,
    end,
    error,
    error_event,
    event_start,
    event_sub_process,
    loop,
    mapping,
    message,
    message_event,
    node,
    process,
    script,
    service_task,
    signal,
    signal_event,
    standard_loop,
    start,
    sub_process,
    timer_event,
    user_task,
)
from .working import assert_over, work
from .world import World

ROOTS = (
    message("ping", "ping", "=key")
    + message("out", "out", "=key")
    + message("stop", "stop", "=key")
    + message("nudge", "nudge", "=key")
    + signal("horn", "horn")
    + error("bad", "BAD")
)
VARIABLES = {"key": "k", "go": False, "ok": None}


def inside(*nodes, flows, of="i"):
    """A start event, the nodes and an end event of a container, with ids of their own."""
    return (start(f"{of}_start"), *nodes, end(f"{of}_end"), f"{of}_start>{flows}>{of}_end")


def user(inner, extensions):
    written = user_task("x", inner=inner)
    return written.replace("<zeebe:userTask />", f"<zeebe:userTask />{extensions}")


def container(kind, inner, extensions):
    *nodes, flows = inside(service_task("c_work", "work"), flows="c_work", of="c")
    written = sub_process("x", *nodes, flows=flows, extensions=extensions, inner=inner)
    return written.replace("bpmn:subProcess", f"bpmn:{kind}")


def decided(inner, extensions):
    called = '<zeebe:calledDecision decisionId="level" resultVariable="level" />'
    return node("businessRuleTask", "x", inner, called + extensions)


ACTIVITIES = {
    "task": lambda inner, ext: node("task", "x", inner, ext),
    "manual task": lambda inner, ext: node("manualTask", "x", inner, ext),
    "script task": lambda inner, ext: script("x", "=1 + 1", "two", ext, inner),
    "service task": lambda inner, ext: service_task("x", "work", extra=ext, inner=inner),
    "send task": lambda inner, ext: service_task("x", "work", extra=ext, inner=inner).replace(
        "bpmn:serviceTask", "bpmn:sendTask"
    ),
    "job script": lambda inner, ext: service_task("x", "work", extra=ext, inner=inner).replace(
        "bpmn:serviceTask", "bpmn:scriptTask"
    ),
    "user task": user,
    "receive task": lambda inner, ext: node("receiveTask", "x", inner, ext, messageRef="ping"),
    "subprocess": lambda inner, ext: container("subProcess", inner, ext),
    "transaction": lambda inner, ext: container("transaction", inner, ext),
    "call activity": lambda inner, ext: call_activity("x", "child", extensions=ext, inner=inner),
}
EVENTS = {
    "message event": message_event("ping"),
    "timer event": timer_event("Duration", "PT1H"),
    "signal event": signal_event("horn"),
    "conditional event": condition_event("=go"),
}
ALL = {
    **ACTIVITIES,
    **{
        name: (lambda inner, ext, event=event: node("intermediateCatchEvent", "x", event + inner, ext))
        for name, event in EVENTS.items()
    },
}
WAITING = [name for name in ALL if name not in ("task", "manual task", "script task")]
WAITING_ACTIVITIES = [name for name in WAITING if name in ACTIVITIES]


def plain(drawn):
    return (start(), drawn, end(), "start>x>end")


def in_sub_process(drawn):
    *nodes, flows = inside(drawn, flows="x")
    return (start(), sub_process("outer", *nodes, flows=flows), end(), "start>outer>end")


def in_event_sub_process(drawn):
    begin = event_start("e_start", message_event("out"))
    beside = event_sub_process("outer", begin, drawn, end("e_end"), flows="e_start>x>e_end")
    return (start(), service_task("wait", "never"), end(), beside, "start>wait>end")


def in_rounds(drawn):
    *nodes, flows = inside(drawn, flows="x")
    return (
        start(),
        sub_process("outer", *nodes, flows=flows, inner=loop("=[1, 2]", "n", sequential=True)),
        end(),
        "start>outer>end",
    )


PLACES = {
    "in the process": (plain, 1),
    "in a subprocess": (in_sub_process, 1),
    "in an event subprocess": (in_event_sub_process, 1),
    "in a subprocess of two rounds": (in_rounds, 2),
}


def deploy(world: World, *parts, roots=ROOTS) -> None:
    *nodes, flows = parts
    world.deploy(process("p", *nodes, flows=flows, roots=roots))
    child = (start(), service_task("c_work", "work"), end(), "start>c_work>end")
    world.deploy(process("child", *child[:-1], flows=child[-1]))


def begin(world: World, **variables) -> int:
    instance = world.start("p", {**VARIABLES, **variables})
    if world.count(instance, "wait:activated"):
        world.publish("out", "k", ttl=timedelta())
    return instance


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ALL)
def test_it_does_its_work_and_goes_on(world, kind, place):
    build, times = PLACES[place]
    deploy(world, *build(ALL[kind]("", "")))

    instance = begin(world)
    work(world, instance)

    assert_over(world, instance, "COMPLETED")
    assert world.count(instance, "x:completed") == times


@pytest.mark.parametrize("kind", ALL)
def test_its_mappings_choose_what_goes_in_and_out(world, kind):
    extensions = mapping("in given = =key", "out taken = =given", "out answered = =answer")
    deploy(world, *plain(ALL[kind]("", extensions)))

    instance = begin(world)
    work(world, instance, answer=42)

    assert_over(world, instance, "COMPLETED")
    assert world.variables(instance)["taken"] == "k"
    assert "given" not in world.variables(instance)
    if kind in ("service task", "user task", "receive task", "message event", "signal event"):
        assert world.variables(instance)["answered"] == 42
        assert "answer" not in world.variables(instance)


@pytest.mark.parametrize("sequential", [False, True], ids=["parallel", "sequential"])
@pytest.mark.parametrize("kind", ACTIVITIES)
def test_it_repeats_for_each_item_and_collects_what_it_gives(world, kind, sequential):
    repeated = loop("=[3, 4]", "n", sequential=sequential, output="got", output_element="=n * 10")
    deploy(world, *plain(ALL[kind](repeated, "")))

    instance = begin(world)
    work(world, instance)

    assert_over(world, instance, "COMPLETED")
    assert world.count(instance, "x:completed") == 2
    assert world.count(instance, "x[body]:completed") == 1
    assert world.variables(instance)["got"] == [30, 40]
    assert "loopCounter" not in world.variables(instance)


@pytest.mark.parametrize("kind", ACTIVITIES)
def test_it_runs_in_a_standard_loop(world, kind):
    deploy(world, *plain(ALL[kind](standard_loop("=loopCounter < 3"), "")))

    instance = begin(world)
    work(world, instance)

    assert_over(world, instance, "COMPLETED")
    assert world.count(instance, "x:completed") == 3


@pytest.mark.parametrize("marker", ["", loop("=[1, 2]", "n"), loop("=[1, 2]", "n", sequential=True)])
@pytest.mark.parametrize("kind", WAITING_ACTIVITIES)
def test_an_interrupting_boundary_event_takes_all_of_it_away(world, kind, marker):
    deploy(
        world,
        start(),
        ALL[kind](marker, ""),
        boundary("b", "x", message_event("stop")),
        end(),
        end("stopped"),
        "start>x>end; b>stopped",
    )

    instance = begin(world)
    world.publish("stop", "k", {"why": "late"}, ttl=timedelta())

    assert_over(world, instance, "COMPLETED")
    assert world.count(instance, "x:completed") == 0
    assert world.count(instance, "stopped:completed") == 1
    assert world.variables(instance)["why"] == "late"


@pytest.mark.parametrize("marker", ["", loop("=[1, 2]", "n")])
@pytest.mark.parametrize("kind", WAITING_ACTIVITIES)
def test_a_non_interrupting_boundary_event_happens_as_often_as_it_comes(world, kind, marker):
    deploy(
        world,
        start(),
        ALL[kind](marker, ""),
        boundary("b", "x", message_event("nudge"), interrupting=False),
        end(),
        end("nudged"),
        "start>x>end; b>nudged",
    )

    instance = begin(world)
    for number in range(3):
        world.publish("nudge", "k", {"number": number}, ttl=timedelta())
    work(world, instance)

    assert_over(world, instance, "COMPLETED")
    assert world.count(instance, "nudged:completed") == 3
    assert world.variables(instance)["number"] == 2


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", WAITING)
def test_cancelling_the_instance_leaves_nothing_behind(world, kind, place):
    build, _ = PLACES[place]
    deploy(world, *build(ALL[kind]("", "")))

    instance = begin(world)
    world.cancel(instance)

    assert_over(world, instance, "TERMINATED")
    assert world.count(instance, "x:completed") == 0


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ALL)
def test_an_incident_at_its_input_can_be_resolved(world, kind, place):
    build, times = PLACES[place]
    checked = mapping("in safe = =assert(ok, ok != null)")
    deploy(world, *build(ALL[kind]("", checked)))

    instance = begin(world)
    (incident,) = world.incidents.values()
    world.set_variables(instance, {"ok": True})
    world.resolve_incident("x")
    work(world, instance)

    assert (incident.error_type, incident.element_id) == ("IO_MAPPING_ERROR", "x")
    assert incident.hint
    assert_over(world, instance, "COMPLETED")
    assert world.count(instance, "x:completed") == times


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ALL)
def test_an_incident_at_its_output_can_be_resolved_without_doing_the_work_again(world, kind, place):
    build, times = PLACES[place]
    checked = mapping("out safe = =assert(ok, ok != null)")
    deploy(world, *build(ALL[kind]("", checked)))

    instance = begin(world)
    work(world, instance)
    (incident,) = world.incidents.values()
    jobs_done = len(world.done_jobs)
    for scope in (instance, incident.element_instance_key):
        world.set_variables(scope, {"ok": True})
    world.resolve_incident("x")

    assert (incident.error_type, incident.element_id) == ("IO_MAPPING_ERROR", "x")
    assert world.count(instance, "x:completed") >= 1
    assert len(world.done_jobs) == jobs_done
    work(world, instance)
    assert_over(world, instance, "COMPLETED")
    assert world.count(instance, "x:completed") == times


@pytest.mark.parametrize("kind", WAITING)
def test_an_incident_goes_away_with_what_interrupts_its_element(world, kind):
    checked = mapping("in safe = =assert(ok, ok != null)")
    *nodes, flows = inside(ALL[kind]("", checked), flows="x")
    deploy(
        world,
        start(),
        sub_process("outer", *nodes, flows=flows),
        boundary("b", "outer", message_event("stop")),
        end(),
        end("stopped"),
        "start>outer>end; b>stopped",
    )

    instance = begin(world)
    assert len(world.incidents) == 1
    world.publish("stop", "k", ttl=timedelta())

    assert_over(world, instance, "COMPLETED")
    assert world.count(instance, "x:terminated") == 1


@pytest.mark.parametrize("marker", ["", loop("=[1, 2]", "n"), loop("=[1, 2]", "n", sequential=True)])
@pytest.mark.parametrize("kind", ["service task", "send task", "subprocess", "transaction", "call activity"])
def test_an_error_of_its_work_leaves_through_its_error_boundary_event(world, kind, marker):
    deploy(
        world,
        start(),
        ALL[kind](marker, ""),
        boundary("b", "x", error_event("bad")),
        end(),
        end("failed"),
        "start>x>end; b>failed",
    )

    instance = begin(world)
    world.throw_error("work", "BAD", "", {"why": "no"})

    assert_over(world, instance, "COMPLETED")
    assert world.count(instance, "failed:completed") == 1
    assert world.count(instance, "x:completed") == 0
    assert world.variables(instance)["why"] == "no"


@pytest.mark.parametrize("kind", WAITING)
def test_an_interrupting_event_subprocess_takes_its_place(world, kind):
    takes_over = event_sub_process(
        "over", event_start("e_start", message_event("stop")), end("e_end"), flows="e_start>e_end"
    )
    deploy(world, start(), ALL[kind]("", ""), end(), takes_over, "start>x>end")

    instance = begin(world)
    world.publish("stop", "k", {"why": "stopped"}, ttl=timedelta())

    assert_over(world, instance, "COMPLETED")
    assert world.count(instance, "x:terminated") == 1
    assert world.count(instance, "e_end:completed") == 1
    assert world.variables(instance)["why"] == "stopped"


@pytest.mark.parametrize("kind", WAITING)
def test_it_waits_again_in_every_round_of_a_loop(world, kind):
    deploy(
        world,
        start(),
        node("exclusiveGateway", "again"),
        ALL[kind]("", ""),
        script("count", "=if n = null then 1 else n + 1", "n"),
        node("exclusiveGateway", "done", default="flow_1_0"),
        end(),
        "start>again>x>count>done; done>again; done>end [=n >= 4]",
    )

    instance = begin(world)
    work(world, instance)

    assert_over(world, instance, "COMPLETED")
    assert world.count(instance, "x:completed") == 4
