"""Ad-hoc subprocesses: inner instances, output, conditions, and the worker that decides what is next."""

from datetime import timedelta

import pytest

from engine.errors import Conflict, ElementInstanceNotFound, InvalidInput
from engine.model import AdHocResult, ElementActivation

from .diagrams import (
    ad_hoc,
    boundary,
    compensation_event,
    end,
    error,
    error_event,
    event_start,
    event_sub_process,
    execution_listeners,
    handler,
    mapping,
    node,
    process,
    script,
    service_task,
    start,
    sub_process,
    task,
    throw,
    timer_event,
    user_task,
)

DAY = timedelta(days=1)
INNER = "free#innerInstance"


def result(*elements, enough=False, cancel=False, **variables):
    """Activate these elements; the first one with `variables`."""
    chosen = [ElementActivation(element_id=element) for element in elements]
    if variables:
        chosen[0] = ElementActivation(element_id=elements[0], variables=variables)
    return AdHocResult(
        activate=chosen, completion_condition_fulfilled=enough, cancel_remaining_instances=cancel
    )


@pytest.fixture
def begun(world):
    """`begun(nodes..., variables=..., **ad_hoc)` runs up to the ad-hoc subprocess; answers the instance."""

    def begin(*nodes, variables=None, more=(), flows="", roots="", **what):
        free = ad_hoc("free", *nodes, **what)
        world.deploy(
            process("adhoc", start(), free, end(), *more, flows=f"start>free>end; {flows}", roots=roots)
        )
        return world.start("adhoc", variables or {})

    return begin


def live(world, instance, element_id):
    return [e for e in world.store.load_elements(instance) if e.element_id == element_id]


def activate(world, instance, *elements, cancel=False, **variables):
    (free,) = live(world, instance, "free")
    runtime = world.runtime()
    runtime.activate_ad_hoc(free.key, [(one, variables) for one in elements], cancel_remaining=cancel)
    world.settle(runtime)


# --- by its collection -----------------------------------------------------------------------------


def test_each_activated_element_runs_in_an_inner_instance(world, begun):
    instance = begun(service_task("a", "a"), service_task("b", "b"), task("c"), collection='=["a","b"]')

    assert sorted(world.active(instance)) == ["a", "b", "free", INNER, INNER]
    world.complete_job("b")
    world.complete_job("a")

    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, f"{INNER}:completed") == 2
    assert world.count(instance, "c:activated") == 0


def test_a_flow_inside_runs_in_the_inner_instance_of_its_first_element(world, begun):
    free = ad_hoc("free", service_task("a", "a"), service_task("b", "b"), flows="a>b", collection='=["a"]')
    world.deploy(process("adhoc", start(), free, end(), flows="start>free>end"))
    instance = world.start("adhoc")

    world.complete_job("a")
    assert world.count(instance, f"{INNER}:completed") == 0
    world.complete_job("b")

    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, f"{INNER}:activated") == 1


def test_the_output_of_inner_flows_is_collected_in_their_order_and_given_to_the_process(world, begun):
    instance = begun(
        service_task("a", "a"),
        service_task("b", "b"),
        collection='=["a","b"]',
        output="results = =result",
        variables={"result": "outer"},
    )

    world.complete_job("b", {"result": "B"})
    assert world.variables(instance) == {"result": "outer"}
    world.complete_job("a", {"result": "A"})

    assert world.variables(instance) == {"result": "outer", "results": ["B", "A"]}


def test_an_inner_flow_that_gives_nothing_gives_null(world, begun):
    instance = begun(task("a"), collection='=["a"]', output="results = =result")

    assert world.variables(instance) == {"results": [None]}


def test_a_collection_that_was_overwritten_is_an_incident_of_the_inner_instance(world, begun):
    instance = begun(service_task("a", "a"), collection='=["a"]', output="results = =result")
    (free,) = live(world, instance, "free")
    world.set_variables(free.key, {"results": "text"}, local=True)

    world.complete_job("a", {"result": 1})
    (incident,) = world.incidents.values()
    assert (incident.error_type, incident.element_id) == ("EXTRACT_VALUE_ERROR", INNER)
    assert incident.message == "The output collection has the wrong type. Expected ARRAY but was STRING."
    world.set_variables(free.key, {"results": []}, local=True)
    world.resolve_incident(INNER)

    assert world.variables(instance) == {"results": [1]}


def test_with_a_condition_it_ends_as_soon_as_it_holds_and_not_before(world, begun):
    instance = begun(
        service_task("a", "a"), service_task("b", "b"), collection='=["a","b"]', until="=done = true"
    )

    world.complete_job("a")
    world.complete_job("b")
    assert world.active(instance) == ["free"]
    activate(world, instance, "a")
    world.complete_job("a", {"done": True})

    assert world.state(instance) == "COMPLETED"


def test_what_still_runs_may_come_to_its_end(world, begun):
    instance = begun(
        service_task("a", "a"),
        service_task("b", "b"),
        collection='=["a","b"]',
        until="=done = true",
        keep=True,
    )

    world.complete_job("a", {"done": True})
    world.complete_job("b", {"done": False})

    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, "b:completed") == 1


def test_what_is_cancelled_may_have_something_to_clear_up(world, begun):
    instance = begun(
        service_task("a", "a"),
        user_task("b", listeners=["canceling clean_up"]),
        collection='=["a","b"]',
        until="=true",
    )

    world.complete_job("a")
    assert world.state(instance) == "ACTIVE"
    world.complete_job("clean_up")

    assert world.state(instance) == "COMPLETED"


def test_its_own_variables_stay_inside_and_tell_what_may_be_activated(world, begun):
    described = node(
        "serviceTask",
        "a",
        "<bpmn:documentation>Says hello</bpmn:documentation>",
        '<zeebe:taskDefinition type="a" />'
        + mapping('in x = =fromAi(toolCall.who, "Whom", "string", {"enum": ["ann", "bob"]})')
        + '<zeebe:properties><zeebe:property name="colour" value="red" />'
        + '<zeebe:property name="size" value="" /></zeebe:properties>',
    )
    instance = begun(described, task("b"), collection="=[]")

    (free,) = live(world, instance, "free")

    assert world.runtime().visible_variables(free.key)["adHocSubProcessElements"] == [
        {
            "elementId": "a",
            "elementName": "a",
            "documentation": "Says hello",
            "properties": {"colour": "red", "size": None},
            "parameters": [
                {
                    "name": "toolCall.who",
                    "description": "Whom",
                    "type": "string",
                    "schema": {"enum": ["ann", "bob"]},
                }
            ],
        },
        {"elementId": "b", "elementName": "b"},
    ]
    assert world.variables(instance) == {}


def test_an_unknown_element_is_an_incident(world, begun):
    instance = begun(task("a"), collection="=wanted", variables={"wanted": ["a", "x"]})

    (incident,) = world.incidents.values()
    assert incident.error_type == "EXTRACT_VALUE_ERROR"
    world.set_variables(instance, {"wanted": ["a"]})
    world.resolve_incident("free")

    assert world.state(instance) == "COMPLETED"


# --- by hand ---------------------------------------------------------------------------------------


def test_elements_are_activated_by_hand_with_variables_of_their_own(world, begun):
    instance = begun(service_task("a", "a"), service_task("b", "b"))
    assert world.active(instance) == ["free"]

    activate(world, instance, "a", "b", who="ann")
    job = world.job("a")
    assert world.runtime().visible_variables(job.element_instance_key)["who"] == "ann"
    world.complete_job("a", {"who": "bob"})
    world.complete_job("b")

    assert (world.state(instance), world.variables(instance)) == ("COMPLETED", {})


def test_what_is_activated_by_hand_may_take_the_place_of_what_runs(world, begun):
    instance = begun(service_task("a", "a"), service_task("b", "b"), collection='=["a"]')

    activate(world, instance, "b", cancel=True)
    world.complete_job("b")

    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, "a:terminated") == 1


def test_only_an_active_ad_hoc_subprocess_takes_elements_and_only_its_own(world, begun):
    instance = begun(
        service_task("a", "a"), service_task("b", "b"), collection='=["a","b"]', until="=true", keep=True
    )
    (free,) = live(world, instance, "free")
    runtime = world.runtime()

    with pytest.raises(InvalidInput, match="has no element x to activate"):
        runtime.activate_ad_hoc(free.key, [("x", {})])
    with pytest.raises(ElementInstanceNotFound, match="no ad-hoc subprocess"):
        runtime.activate_ad_hoc(instance, [("a", {})])
    world.complete_job("a")
    with pytest.raises(Conflict, match="is not active any more"):
        world.runtime().activate_ad_hoc(free.key, [("a", {})])


def test_an_operator_starts_an_element_of_it_in_an_inner_instance(world, begun):
    inner = sub_process("block", start("in"), service_task("a", "a"), end("out"), flows="in>a>out")
    instance = begun(inner, collection="=[]")

    runtime = world.runtime()
    runtime.start_element(instance, "a", {})
    world.settle(runtime)

    assert world.active(instance) == ["free", INNER, "block", "a"]
    runtime = world.runtime()
    runtime.start_element(instance, "a", {})
    world.settle(runtime)
    assert world.active(instance) == ["free", INNER, "block", "a", "a"]


# --- by a worker -----------------------------------------------------------------------------------


def test_a_worker_is_asked_on_arrival_and_after_every_inner_flow(world, begun):
    instance = begun(service_task("a", "a"), service_task("b", "b"), job="agent")
    assert (world.job("agent").kind, world.active(instance)) == ("AD_HOC_SUB_PROCESS", ["free"])

    world.complete_job("agent", result=result("a", "b", who="ann"))
    assert [job.type for job in world.jobs.values()] == ["a", "b"]
    job = world.job("a")
    assert world.runtime().visible_variables(job.element_instance_key)["who"] == "ann"
    world.complete_job("a")
    first = world.job("agent")
    world.complete_job("b")
    assert world.job("agent").key != first.key
    world.complete_job("agent", result=result("a"))
    world.complete_job("a")
    world.complete_job("agent", {"answer": 42}, result=result(enough=True))

    assert (world.state(instance), world.variables(instance)) == ("COMPLETED", {"answer": 42})
    assert world.count(instance, f"{INNER}:completed") == 3


def test_when_it_is_enough_what_runs_comes_to_its_end_and_nobody_is_asked_again(world, begun):
    instance = begun(service_task("a", "a"), service_task("b", "b"), service_task("c", "c"), job="agent")
    world.complete_job("agent", result=result("a", "b", "c"))
    world.complete_job("a")

    world.complete_job("agent", result=result(enough=True))
    world.complete_job("b")
    assert [job.type for job in world.jobs.values()] == ["c"]
    world.complete_job("c")

    assert world.state(instance) == "COMPLETED"


def test_when_it_is_enough_what_runs_may_be_cancelled(world, begun):
    instance = begun(service_task("a", "a"), service_task("b", "b"), job="agent")
    world.complete_job("agent", result=result("a", "b"))
    world.complete_job("a")

    world.complete_job("agent", result=result(enough=True, cancel=True))

    assert world.state(instance) == "COMPLETED"
    assert world.count(instance, f"{INNER}:terminated") == 1


def test_new_elements_may_take_the_place_of_what_runs(world, begun):
    instance = begun(service_task("a", "a"), task("b"), service_task("c", "c"), job="agent")
    world.complete_job("agent", result=result("a", "b"))

    world.complete_job("agent", result=result("c", cancel=True))

    assert world.count(instance, "a:terminated") == 1
    assert [job.type for job in world.jobs.values()] == ["c"]


def test_an_answer_without_a_result_leaves_it_waiting(world, begun):
    instance = begun(task("a"), job="agent")

    world.complete_job("agent", {"x": 1})

    assert (world.active(instance), world.jobs) == (["free"], {})
    activate(world, instance, "a")
    assert world.job("agent")


def test_the_same_element_may_be_activated_several_times(world, begun):
    instance = begun(service_task("a", "a"), job="agent", output="results = =result")
    world.complete_job("agent", result=result("a", "a"))

    world.complete_job("a", {"result": 1})
    world.complete_job("a", {"result": 2})
    world.complete_job("agent", result=result(enough=True))

    assert world.variables(instance) == {"results": [1, 2]}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (result("x", "y"), "has no element x, y to activate; it has a"),
        (result("a", enough=True), "no elements can be activated when the completion condition is fulfilled"),
    ],
)
def test_a_wrong_answer_is_refused_and_the_job_stays(world, begun, answer, said):
    begun(task("a"), job="agent")

    with pytest.raises(InvalidInput, match=said):
        world.complete_job("agent", result=answer)

    assert world.job("agent")


def test_a_worker_without_retries_is_an_incident_of_its_own_kind(world, begun):
    instance = begun(task("a"), job="agent")

    world.fail_job("agent")
    (incident,) = world.incidents.values()
    assert incident.error_type == "AD_HOC_SUB_PROCESS_NO_RETRIES"
    world.resolve_incident("free")
    world.complete_job("agent", result=result(enough=True))

    assert world.state(instance) == "COMPLETED"


def test_the_worker_may_throw_an_error(world, begun):
    instance = begun(
        service_task("a", "a"),
        job="agent",
        more=(boundary("caught", "free", error_event("bad")), end("failed")),
        flows="caught>failed",
        roots=error("bad", "BAD"),
    )

    world.throw_error("agent", "BAD")

    assert (world.state(instance), world.count(instance, "failed:completed")) == ("COMPLETED", 1)


def test_an_error_of_an_inner_flow_reaches_the_boundary_of_the_whole_once(world, begun):
    instance = begun(
        service_task("a", "a"),
        service_task("b", "b"),
        collection='=["a","b"]',
        more=(boundary("caught", "free", error_event("bad")), end("failed")),
        flows="caught>failed",
        roots=error("bad", "BAD"),
    )

    world.throw_error("a", "BAD")

    assert (world.state(instance), world.jobs) == ("COMPLETED", {})
    assert world.count(instance, "free:terminated") == 1
    assert world.count(instance, f"{INNER}:terminated") == 2


def test_cancelling_the_instance_cancels_the_workers_job(world, begun):
    instance = begun(task("a"), job="agent")

    world.cancel(instance)

    assert (world.state(instance), world.jobs) == ("TERMINATED", {})


# --- event subprocesses, listeners, compensation ---------------------------------------------------


def watcher(interrupting):
    return event_sub_process(
        "watch",
        event_start("tick", timer_event("Duration", "P1D"), interrupting=interrupting),
        script("note", '="noted"', "result"),
        end("ticked"),
        flows="tick>note>ticked",
    )


def test_after_an_event_subprocess_the_worker_is_asked_again_and_its_output_is_collected(world, begun):
    instance = begun(
        service_task("a", "a"),
        watcher(False),
        job="agent",
        output="results = =result",
    )
    world.complete_job("agent", result=result("a"))

    world.advance(DAY)
    world.complete_job("agent", result=result(enough=True, cancel=True))

    assert world.state(instance) == "COMPLETED"
    assert world.variables(instance)["results"] == ["noted"]


def test_an_interrupting_event_subprocess_ends_it_without_asking_the_worker(world, begun):
    instance = begun(service_task("a", "a"), watcher(True), job="agent")
    world.complete_job("agent", result=result("a"))

    world.advance(DAY)

    assert (world.state(instance), world.jobs) == ("COMPLETED", {})
    assert world.count(instance, "a:terminated") == 1


def test_an_interrupting_event_subprocess_takes_the_job_from_the_worker(world, begun):
    instance = begun(service_task("a", "a"), watcher(True), job="agent")

    world.advance(DAY)

    assert (world.state(instance), world.jobs) == ("COMPLETED", {})


def test_its_execution_listeners_work_once_for_the_whole(world, begun):
    instance = begun(
        task("a"),
        task("b"),
        collection='=["a","b"]',
        extensions=execution_listeners("start before", "end after"),
    )

    world.complete_job("before")
    world.complete_job("after")

    assert (world.state(instance), len(world.done_jobs)) == ("COMPLETED", 2)


def test_what_was_done_in_an_inner_instance_can_be_compensated_afterwards(world):
    free = ad_hoc(
        "free",
        service_task("book", "book"),
        boundary("undo", "book", compensation_event().replace("compensate_", "when")),
        handler("cancel", "cancel_it"),
        '<bpmn:association id="to" associationDirection="One" sourceRef="undo" targetRef="cancel_it" />',
        collection='=["book"]',
    )
    world.deploy(
        process(
            "adhoc",
            start(),
            free,
            throw("regret", compensation_event()),
            end(),
            flows="start>free>regret>end",
        )
    )
    instance = world.start("adhoc")

    world.complete_job("book")
    world.complete_job("cancel")

    assert world.state(instance) == "COMPLETED"
