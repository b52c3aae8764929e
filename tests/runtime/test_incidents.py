"""Incidents: what is wrong, in a sentence, and going on once it is mended."""

import pytest

from engine.spiff import Limits

from .diagrams import (
    call_activity,
    catch,
    end,
    mapping,
    message,
    message_event,
    process,
    script,
    service_task,
    start,
    task,
    timer_event,
    user_task,
    xor,
)
from .world import World


def only(world):
    (incident,) = world.incidents.values()
    return incident


@pytest.mark.parametrize(
    ("node", "roots", "kind", "words"),
    [
        (script("it", "=assert(x, x != null)", "r"), "", "EXTRACT_VALUE_ERROR", "Failed to evaluate"),
        (
            service_task("it", "=x"),
            "",
            "EXTRACT_VALUE_ERROR",
            "Expected result of the expression 'x' to be 'STRING', but was 'NULL'.",
        ),
        (
            service_task("it", "work", retries="=x"),
            "",
            "EXTRACT_VALUE_ERROR",
            "Expected the retries 'x' to be a whole number",
        ),
        (
            service_task("it", "work", extra=mapping("in a = =assert(x, x != null)")),
            "",
            "IO_MAPPING_ERROR",
            "Failed to evaluate",
        ),
        (
            catch("it", timer_event("Duration", "=x")),
            "",
            "EXTRACT_VALUE_ERROR",
            "Expected result of the expression 'x' to be 'DURATION', but was 'NULL'.",
        ),
        (
            catch("it", message_event("m")),
            message("m", "m", "=x"),
            "EXTRACT_VALUE_ERROR",
            "Failed to extract the correlation key for 'x': "
            "The value must be either a string or a number, but was 'NULL'.",
        ),
        (
            call_activity("it", "nobody"),
            "",
            "CALLED_ELEMENT_ERROR",
            "Expected process with BPMN process id 'nobody' to be deployed, but not found.",
        ),
        (
            user_task("it", form="missing_form"),
            "",
            "FORM_NOT_FOUND",
            "Expected to find a form with id 'missing_form', but no form with this id is found.",
        ),
    ],
    ids=["script", "job-type", "retries", "mapping", "timer", "correlation-key", "call", "form"],
)
def test_what_cannot_be_evaluated_is_an_incident_of_camundas_kind(world, node, roots, kind, words):
    world.deploy(process("broken", start(), node, end(), flows="start>it>end", roots=roots))

    instance = world.start("broken")

    incident = only(world)
    assert (incident.error_type, incident.element_id) == (kind, "it")
    assert words in incident.message
    assert incident.hint
    assert world.state(instance) == "ACTIVE"


def test_a_null_condition_is_an_incident_and_goes_on_when_the_variable_is_there(world):
    world.deploy(
        process(
            "choice",
            start(),
            xor("xor"),
            end("many"),
            end("few"),
            flows="start>xor; xor>many [=n > 5]; xor>few [=n <= 5]",
        )
    )
    instance = world.start("choice")
    incident = only(world)

    world.set_variables(instance, {"n": 7})
    world.resolve_incident("xor")

    assert incident.error_type == "EXTRACT_VALUE_ERROR"
    assert "to be 'BOOLEAN', but was 'NULL'" in incident.message
    assert not world.incidents
    assert world.count(instance, "many:completed") == 1
    assert world.count(instance, "xor:activated") == 1


def test_no_flow_to_take_is_a_condition_error(world):
    world.deploy(
        process(
            "stuck",
            start(),
            xor("xor"),
            end("a"),
            end("b"),
            flows="start>xor; xor>a [=false]; xor>b [=false]",
        )
    )

    world.start("stuck")

    assert only(world).error_type == "CONDITION_ERROR"
    assert (
        only(world).message
        == "Expected at least one condition to evaluate to true, or to have a default flow"
    )


def test_a_failing_output_mapping_is_tried_again_without_the_work_being_done_again(world):
    world.deploy(
        process(
            "output",
            start(),
            service_task("work", "work", extra=mapping("out total = =assert(rate, rate != null) * amount")),
            end(),
            flows="start>work>end",
        )
    )
    instance = world.start("output")
    world.complete_job("work", {"amount": 3})
    assert only(world).error_type == "IO_MAPPING_ERROR"

    world.set_variables(only(world).element_instance_key, {"rate": 7})
    world.resolve_incident("work")

    assert world.state(instance) == "COMPLETED"
    assert world.variables(instance)["total"] == 21
    assert len(world.done_jobs) == 1


def test_an_incident_goes_when_its_element_is_cancelled(world):
    world.deploy(process("gone", start(), service_task("work", "=x"), end(), flows="start>work>end"))
    instance = world.start("gone")

    world.cancel(instance)

    assert not world.incidents
    assert world.state(instance) == "TERMINATED"


def test_a_loop_that_never_waits_becomes_an_incident_and_can_go_on():
    world = World(limits=Limits(steps=200))
    world.deploy(
        process(
            "forever",
            start(),
            xor("again"),
            task("busy"),
            xor("enough", default="flow_0_3"),
            end(),
            flows="start>again>busy>enough>again; enough>end [=stop]",
        )
    )
    instance = world.start("forever", {"stop": False})
    incident = only(world)

    world.set_variables(instance, {"stop": True})
    world.resolve_incident(incident.element_id)

    assert "without waiting for anything" in incident.message
    assert world.state(instance) == "COMPLETED"


def test_processes_that_call_each_other_in_a_circle_stop_at_a_depth(world):
    world.limits = Limits(call_depth=20)
    for one, other in (("egg", "hen"), ("hen", "egg")):
        world.deploy(process(one, start(), call_activity("call", other), end(), flows="start>call>end"))

    first = world.start("egg")

    assert only(world).error_type == "CALLED_ELEMENT_ERROR"
    assert len(world.instances) == 21
    world.cancel(first)
    assert set(world.store.ended.values()) == {"TERMINATED"}
