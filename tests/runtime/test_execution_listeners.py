"""Execution listeners on every kind of element: before and after, in order, with incidents."""

from datetime import timedelta

import pytest

from engine.errors import ElementInstanceNotFound

from .diagrams import (
    ad_hoc,
    boundary,
    call_activity,
    catch,
    compensation_event,
    end,
    escalation,
    escalation_event,
    event_gateway,
    event_start,
    event_sub_process,
    execution_listeners,
    inclusive,
    link_event,
    loop,
    mapping,
    message,
    message_event,
    node,
    parallel,
    process,
    script,
    service_task,
    signal,
    signal_event,
    start,
    sub_process,
    task,
    terminate_event,
    throw,
    timer_event,
    transaction,
    user_task,
    xor,
)

DAY = timedelta(days=1)
BOTH = execution_listeners("start before", "end after")
CALLED = process("called", start(), end(), flows="start>end")


def with_listeners(text, listeners=BOTH):
    """The element's text with execution listeners."""
    if "<bpmn:extensionElements>" in text:
        return text.replace("<bpmn:extensionElements>", f"<bpmn:extensionElements>{listeners}", 1)
    head, rest = text.split(">", 1)
    return f"{head}><bpmn:extensionElements>{listeners}</bpmn:extensionElements>{rest}"


def inside(tag=sub_process):
    return tag("it", start("in"), end("out"), flows="in>out")


KINDS = {
    "undefined task": task("it"),
    "manual task": node("manualTask", "it"),
    "service task": service_task("it", "work"),
    "script task": script("it", "=1", "x"),
    "user task": user_task("it"),
    "job-based user task": node("userTask", "it"),
    "call activity": call_activity("it", "called"),
    "subprocess": inside(),
    "transaction": inside(transaction),
    "ad-hoc subprocess": ad_hoc("it", task("a"), collection='=["a"]'),
    "timer catch event": catch("it", timer_event("Duration", "P1D")),
    "message catch event": catch("it", message_event("m")),
    "signal catch event": catch("it", signal_event("s")),
    "none throw event": throw("it", ""),
    "signal throw event": throw("it", signal_event("other")),
    "escalation throw event": throw("it", escalation_event("e")),
    "compensation throw event": throw("it", compensation_event()),
    "receive task": node("receiveTask", "it", messageRef="m"),
}
ROOTS = message("m", "go", '="k"') + signal("s", "go") + signal("other", "other") + escalation("e", "E")


def bring_to_its_end(world):
    """Whatever the element waits for happens."""
    if any(job.type == "work" for job in world.jobs.values()):
        world.complete_job("work")
    elif any(job.type == "io.camunda.zeebe:userTask" for job in world.jobs.values()):
        world.complete_job("io.camunda.zeebe:userTask")
    elif world.user_tasks:
        world.complete_user_task("it")
    elif world.timers:
        world.advance(DAY)
    elif world.subscriptions:
        world.publish("go", "k")
    elif world.signal_subscriptions:
        world.broadcast("go")


@pytest.mark.parametrize("kind", KINDS)
def test_listeners_work_before_and_after_an_element(world, kind):
    element = with_listeners(KINDS[kind])
    world.deploy(CALLED, process("listened", start(), element, end(), flows="start>it>end", roots=ROOTS))
    instance = world.start("listened")

    assert [job.type for job in world.jobs.values()] == ["before"]
    assert world.job("before").kind == "EXECUTION_LISTENER"
    world.complete_job("before", {"own": 1})
    bring_to_its_end(world)
    assert [job.type for job in world.jobs.values()] == ["after"]
    assert world.count(instance, "it:completed") == 0
    world.complete_job("after", {"late": 2})

    assert (world.state(instance), world.count(instance, "it:completed")) == ("COMPLETED", 1)
    assert "own" not in world.variables(instance)
    assert world.variables(instance)["late"] == 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_failing_listener_is_an_incident_and_goes_on_where_it_was(world, kind):
    element = with_listeners(KINDS[kind])
    world.deploy(CALLED, process("listened", start(), element, end(), flows="start>it>end", roots=ROOTS))
    instance = world.start("listened")

    for name in ("before", "after"):
        world.fail_job(name)
        (incident,) = world.incidents.values()
        assert (incident.error_type, incident.element_id) == ("EXECUTION_LISTENER_NO_RETRIES", "it")
        world.resolve_incident("it")
        world.complete_job(name)
        if name == "before":
            bring_to_its_end(world)

    assert world.state(instance) == "COMPLETED"
    assert not world.incidents


@pytest.mark.parametrize("kind", KINDS)
def test_cancelling_takes_the_jobs_of_listeners_away(world, kind):
    element = with_listeners(KINDS[kind])
    world.deploy(CALLED, process("listened", start(), element, end(), flows="start>it>end", roots=ROOTS))
    before, after = world.start("listened"), world.start("listened")
    first, second = [job for job in world.jobs.values() if job.type == "before"]
    runtime = world.runtime()
    runtime.complete_element(second.element_instance_key, {})
    world.settle(runtime)
    bring_to_its_end(world)

    world.cancel(before)
    world.cancel(after)

    assert world.jobs == {}
    with pytest.raises(ElementInstanceNotFound):
        world.runtime().complete_element(first.element_instance_key, {})


@pytest.mark.parametrize(
    "gateway",
    [xor("it"), parallel("it"), inclusive("it"), event_gateway("it")],
    ids=["xor", "and", "or", "event"],
)
def test_a_start_listener_of_a_gateway_works_before_it_decides(world, gateway):
    is_event = "eventBased" in gateway
    behind = [catch(name, timer_event("Duration", f"PT{n}H")) for n, name in enumerate(("a", "b"), start=1)]
    if not is_event:
        behind = [task("a"), task("b")]
    condition = "" if is_event or "parallel" in gateway else " [=way = 1]; it>b [=way = 2"
    flows = f"start>it>a{condition}]; a>end; b>end" if condition else "start>it>a; it>b; a>end; b>end"
    if condition:
        flows = "start>it; it>a [=way = 1]; it>b [=way = 2]; a>end; b>end"
    listened = with_listeners(gateway, execution_listeners("start choose"))
    world.deploy(process("gate", start(), listened, *behind, end(), flows=flows))
    instance = world.start("gate", {"way": 2})

    world.complete_job("choose", {"way": 1})
    world.advance(DAY)

    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, "a:completed") == 1
    assert world.count(instance, "b:completed") == (1 if "parallel" in gateway else 0)


def test_a_joining_gateway_listens_once_when_it_fires(world):
    join = with_listeners(parallel("join"), execution_listeners("start joined"))
    world.deploy(
        process(
            "joining",
            start(),
            parallel("split"),
            user_task("a"),
            user_task("b"),
            join,
            end(),
            flows="start>split; split>a>join; split>b>join; join>end",
        )
    )
    instance = world.start("joining")

    world.complete_user_task("a")
    assert world.jobs == {}
    world.complete_user_task("b")
    world.complete_job("joined")

    assert world.state(instance) == "COMPLETED"


@pytest.mark.parametrize(
    "event",
    ["", terminate_event(), signal_event("other"), escalation_event("e"), compensation_event()],
    ids=["none", "terminate", "signal", "escalation", "compensation"],
)
def test_listeners_of_an_end_event(world, event):
    last = with_listeners(end("it", event))
    world.deploy(process("ending", start(), last, flows="start>it", roots=ROOTS))
    instance = world.start("ending")

    world.complete_job("before")
    world.complete_job("after", {"late": 1})

    assert (world.state(instance), world.variables(instance)) == ("COMPLETED", {"late": 1})


def test_link_events_may_be_listened_to(world):
    world.deploy(
        process(
            "linked",
            start(),
            with_listeners(throw("away", link_event("there"))),
            with_listeners(catch("here", link_event("there").replace("link_there", "link_here"))),
            end(),
            flows="start>away; here>end",
        )
    )
    instance = world.start("linked")

    for _ in range(2):
        world.complete_job("before")
        world.complete_job("after")

    assert world.state(instance) == "COMPLETED"


def test_an_end_listener_of_a_start_event_works_before_the_first_element(world):
    first = with_listeners(start(), execution_listeners("end begun"))
    world.deploy(process("begun", first, user_task("work"), end(), flows="start>work>end"))
    world.start("begun")

    assert world.user_tasks == {}
    world.complete_job("begun")
    assert world.user_task("work")


def test_an_end_listener_of_a_boundary_event_works_before_its_flow(world):
    limit = with_listeners(
        boundary("limit", "work", timer_event("Duration", "P1D")), execution_listeners("end late")
    )
    world.deploy(
        process(
            "late",
            start(),
            user_task("work"),
            limit,
            task("remind"),
            end(),
            flows="start>work>end; limit>remind>end",
        )
    )
    instance = world.start("late")

    world.advance(DAY)
    assert world.count(instance, "remind:activated") == 0
    world.complete_job("late")

    assert (world.state(instance), world.count(instance, "remind:completed")) == ("COMPLETED", 1)


def test_the_process_itself_is_listened_to(world):
    listened = process("whole", start(), task("work"), end(), flows="start>work>end").replace(
        b'isExecutable="true">',
        b'isExecutable="true"><bpmn:extensionElements>' + BOTH.encode() + b"</bpmn:extensionElements>",
        1,
    )
    world.deploy(listened)
    instance = world.start("whole")

    assert world.count(instance, "start:activated") == 0
    world.complete_job("before", {"x": 1})
    assert world.count(instance, "work:completed") == 1
    assert world.state(instance) == "ACTIVE"
    world.complete_job("after", {"y": 2})

    assert (world.state(instance), world.variables(instance)) == ("COMPLETED", {"x": 1, "y": 2})


def test_an_event_subprocess_is_listened_to(world):
    handle = with_listeners(
        event_sub_process(
            "handle",
            event_start("tick", timer_event("Duration", "P1D")),
            end("handled"),
            flows="tick>handled",
        )
    )
    world.deploy(process("watched", start(), user_task("work"), handle, end(), flows="start>work>end"))
    instance = world.start("watched")

    world.advance(DAY)
    world.complete_job("before")
    world.complete_job("after")

    assert (world.state(instance), world.count(instance, "handle:completed")) == ("COMPLETED", 1)


def test_every_round_of_a_multi_instance_activity_is_listened_to_and_not_its_body(world):
    repeated = with_listeners(service_task("it", "work", inner=loop("=[1,2]", "item", sequential=True)))
    world.deploy(process("several", start(), repeated, end(), flows="start>it>end"))
    instance = world.start("several")

    for _ in range(2):
        world.complete_job("before")
        world.complete_job("work")
        world.complete_job("after")

    assert world.state(instance) == "COMPLETED"
    assert [job.type for job in world.done_jobs] == ["before", "work", "after"] * 2


def test_listeners_of_one_event_follow_each_other_and_see_what_the_ones_before_set(world):
    listeners = execution_listeners("start one", "start two", "end three", "end four")
    world.deploy(
        process("chain", start(), service_task("it", "=kind", extra=listeners), end(), flows="start>it>end")
    )
    instance = world.start("chain")

    world.complete_job("one", {"kind": "first"})
    key = world.job("two").element_instance_key
    assert world.runtime().visible_variables(key)["kind"] == "first"
    world.complete_job("two", {"kind": "second"})
    world.complete_job("second")
    world.complete_job("three", {"n": 1})
    assert world.runtime().visible_variables(key)["n"] == 1
    world.complete_job("four", {"n": 2})

    assert world.variables(instance) == {"n": 2}


def test_a_start_listener_sees_the_inputs_and_an_end_listener_the_outputs(world):
    extra = mapping("in x = =1", "out y = =x + done") + BOTH
    world.deploy(
        process("mapped", start(), service_task("it", "work", extra=extra), end(), flows="start>it>end")
    )
    instance = world.start("mapped")

    key = world.job("before").element_instance_key
    assert world.runtime().visible_variables(key)["x"] == 1
    world.complete_job("before", {"x": 10})
    world.complete_job("work", {"done": 5})
    assert world.runtime().visible_variables(key)["y"] == 15
    world.complete_job("after", {"y": 16})

    assert world.variables(instance) == {"y": 16}


def test_a_timer_begins_only_after_the_start_listener_has_worked(world):
    waiting = with_listeners(catch("it", timer_event("Duration", "=wait")), execution_listeners("start plan"))
    world.deploy(process("waiting", start(), waiting, end(), flows="start>it>end"))
    instance = world.start("waiting")

    assert world.timers == {}
    world.complete_job("plan", {"wait": "P1D"})
    world.advance(DAY)

    assert world.state(instance) == "COMPLETED"


def test_a_type_that_cannot_be_told_is_an_incident_and_the_listeners_before_are_asked_again(world):
    listeners = execution_listeners("start one", "start =kind")
    world.deploy(
        process("told", start(), service_task("it", "work", extra=listeners), end(), flows="start>it>end")
    )
    instance = world.start("told")

    world.complete_job("one")
    (incident,) = world.incidents.values()
    assert incident.error_type == "EXTRACT_VALUE_ERROR"
    world.set_variables(instance, {"kind": "two"})
    world.resolve_incident("it")
    world.complete_job("one")
    world.complete_job("two")
    world.complete_job("work")

    assert world.state(instance) == "COMPLETED"


def test_jobs_of_listeners_carry_the_headers_of_the_element(world):
    element = service_task("it", "work", headers={"colour": "red"}, extra=BOTH)
    world.deploy(process("headed", start(), element, end(), flows="start>it>end"))
    world.start("headed")

    assert world.job("before").headers == {"colour": "red"}
