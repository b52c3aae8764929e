"""Wrong values at run time: an incident of Camunda's kind and a sentence; with the right value it goes on."""

from __future__ import annotations

import pytest

from engine.dmn import compile_dmn, evaluate_decision
from engine.runtime.sources import DeployedDecision

from .diagrams import (
    boundary,
    call_activity,
    catch,
    condition_event,
    end,
    error,
    error_event,
    escalation,
    escalation_event,
    inclusive,
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
    task,
    throw,
    timer_event,
    user_task,
    xor,
)
from .working import assert_over, work

DECISION = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="levels" name="Levels" namespace="t">
  <decision id="level" name="Level"><variable name="level" />
    <literalExpression><text>assert(x, x &gt; 0)</text></literalExpression>
  </decision>
</definitions>"""
PUBLISH = '<zeebe:publishMessage correlationKey="{key}" timeToLive="{ttl}" messageId="{id}" />'


def publishing(key="k", ttl="PT1H", identity=""):
    written = PUBLISH.format(key=key, ttl=ttl, id=identity)
    return throw("it", message_event("free"), written)


def assigned(**attributes):
    written = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    kind = {"dueDate": "taskSchedule", "followUpDate": "taskSchedule", "priority": "priorityDefinition"}
    tag = kind.get(next(iter(attributes)), "assignmentDefinition")
    return user_task("it").replace("<zeebe:userTask />", f"<zeebe:userTask /><zeebe:{tag} {written} />")


def decided(decision_id):
    called = f'<zeebe:calledDecision decisionId="{decision_id}" resultVariable="level" />'
    return node("businessRuleTask", "it", "", called)


def listened(event):
    listener = f'<zeebe:executionListener eventType="{event}" type="=x" />'
    return task("it").replace(
        ">",
        f"><bpmn:extensionElements><zeebe:executionListeners>{listener}</zeebe:executionListeners>"
        "</bpmn:extensionElements>",
        1,
    )


def repeated(marker):
    return service_task("it", "work", inner=marker)


MESSAGES = message("free", "free") + message("named", "=x", '="k"') + message("keyed", "ping", "=x")
ROOTS = MESSAGES + signal("s", "=x") + error("bad", "=x") + escalation("esc", "=x")

# name -> (the element `it`, a wrong value of x, the error type, words of the message, a right value of x)
CASES = {
    "job type": (service_task("it", "=x"), 7, "EXTRACT_VALUE_ERROR", "'STRING', but was 'NUMBER'", "work"),
    "retries": (
        service_task("it", "work", retries="=x"),
        "many",
        "EXTRACT_VALUE_ERROR",
        "the retries 'x'",
        3,
    ),
    "listener at start": (listened("start"), None, "EXTRACT_VALUE_ERROR", "but was 'NULL'", "work"),
    "listener at end": (listened("end"), None, "EXTRACT_VALUE_ERROR", "but was 'NULL'", "work"),
    "input": (
        service_task("it", "work", extra=mapping("in a = =assert(x, x != null)")),
        None,
        "IO_MAPPING_ERROR",
        "Failed to evaluate",
        1,
    ),
    "output": (
        service_task("it", "work", extra=mapping("out a = =assert(x, x != null)")),
        None,
        "IO_MAPPING_ERROR",
        "Failed to evaluate",
        1,
    ),
    "script": (script("it", "=assert(x, x != null)", "r"), None, "EXTRACT_VALUE_ERROR", "Failed to eval", 1),
    "timer date": (
        catch("it", timer_event("Date", "=x")),
        "tomorrow",
        "EXTRACT_VALUE_ERROR",
        "Invalid date format 'tomorrow' for expression 'x'",
        "2026-03-02T09:00:00Z",
    ),
    "timer duration": (
        catch("it", timer_event("Duration", "=x")),
        "soon",
        "EXTRACT_VALUE_ERROR",
        "Invalid duration format 'soon' for expression 'x'",
        "PT1H",
    ),
    "timer of a number": (
        catch("it", timer_event("Duration", "=x")),
        5,
        "EXTRACT_VALUE_ERROR",
        "'DURATION', but was 'NUMBER'",
        "PT1H",
    ),
    "correlation key": (
        catch("it", message_event("keyed")),
        [1],
        "EXTRACT_VALUE_ERROR",
        "must be either a string or a number, but was 'ARRAY'",
        "k",
    ),
    "message name": (
        catch("it", message_event("named")),
        None,
        "EXTRACT_VALUE_ERROR",
        "'STRING', but was 'NULL'",
        "ping",
    ),
    "signal name": (catch("it", signal_event("s")), 1, "EXTRACT_VALUE_ERROR", "'STRING', but was", "horn"),
    "thrown signal": (throw("it", signal_event("s")), 1, "EXTRACT_VALUE_ERROR", "'STRING', but was", "horn"),
    "thrown escalation": (
        throw("it", escalation_event("esc")),
        None,
        "EXTRACT_VALUE_ERROR",
        "'STRING', but was 'NULL'",
        "E1",
    ),
    "published key": (publishing(key="=x"), {}, "EXTRACT_VALUE_ERROR", "must be either a string or", "k"),
    "published time to live": (publishing(ttl="=x"), "long", "EXTRACT_VALUE_ERROR", "'long'", "PT1H"),
    "published id": (publishing(identity="=x"), 4, "EXTRACT_VALUE_ERROR", "'STRING', but was 'NUMBER'", "m1"),
    "called process of no text": (
        call_activity("it", "=x"),
        None,
        "EXTRACT_VALUE_ERROR",
        "'STRING', but was 'NULL'",
        "child",
    ),
    "called process that is not there": (
        call_activity("it", "=x"),
        "nobody",
        "CALLED_ELEMENT_ERROR",
        "Expected process with BPMN process id 'nobody' to be deployed, but not found.",
        "child",
    ),
    "called process that waits for a message": (
        call_activity("it", "=x"),
        "late",
        "CALLED_ELEMENT_ERROR",
        "to have a none start event",
        "child",
    ),
    "called decision of no text": (
        decided("=x"),
        None,
        "EXTRACT_VALUE_ERROR",
        "'STRING', but was 'NULL'",
        "fine",
    ),
    "called decision that is not there": (
        decided("=x"),
        "nothing",
        "CALLED_DECISION_ERROR",
        "no decision found for id 'nothing'",
        "fine",
    ),
    "decision that fails": (decided("level"), 0, "DECISION_EVALUATION_ERROR", "decision 'level'", 1),
    "collection that is missing": (
        repeated(loop("=x", "n")),
        None,
        "EXTRACT_VALUE_ERROR",
        "'ARRAY', but was 'NULL'",
        [1, 2],
    ),
    "collection that is a text": (
        repeated(loop("=x", "n", sequential=True)),
        "abc",
        "EXTRACT_VALUE_ERROR",
        "'ARRAY', but was 'STRING'",
        [1, 2],
    ),
    "completion condition": (
        repeated(loop("=[1]", "n", until="=x")),
        "yes",
        "EXTRACT_VALUE_ERROR",
        "'BOOLEAN', but was 'STRING'",
        True,
    ),
    "output element": (
        repeated(loop("=[1]", "n", output="all", output_element="=assert(x, x != null)")),
        None,
        "EXTRACT_VALUE_ERROR",
        "Failed to evaluate",
        1,
    ),
    "loop condition": (
        repeated(standard_loop("=x")),
        "no",
        "EXTRACT_VALUE_ERROR",
        "'BOOLEAN', but was 'STRING'",
        False,
    ),
    "assignee": (assigned(assignee="=x"), 5, "EXTRACT_VALUE_ERROR", "'STRING', but was 'NUMBER'", "anna"),
    "candidate groups": (
        assigned(candidateGroups="=x"),
        5,
        "EXTRACT_VALUE_ERROR",
        "'ARRAY of STRING'",
        ["a"],
    ),
    "candidate users": (assigned(candidateUsers="=x"), [5], "EXTRACT_VALUE_ERROR", "'ARRAY of STRING'", []),
    "due date": (assigned(dueDate="=x"), "friday", "EXTRACT_VALUE_ERROR", "the due date", "2026-03-04"),
    "due date of a number": (assigned(dueDate="=x"), 5, "EXTRACT_VALUE_ERROR", "the due date", None),
    "follow-up date": (assigned(followUpDate="=x"), [], "EXTRACT_VALUE_ERROR", "the follow-up date", None),
    "priority": (assigned(priority="=x"), "high", "EXTRACT_VALUE_ERROR", "the priority", 50),
    "priority out of range": (
        assigned(priority="=x"),
        101,
        "EXTRACT_VALUE_ERROR",
        "in the range [0,100] but was '101'",
        100,
    ),
    "half a priority": (assigned(priority="=x"), 0.5, "EXTRACT_VALUE_ERROR", "the priority", 0),
    "due date of a boundary timer": (
        user_task("it") + boundary("late", "it", timer_event("Date", "=x"), interrupting=False),
        None,
        "EXTRACT_VALUE_ERROR",
        "'DATE_TIME', but was 'NULL'",
        "2099-01-01T00:00:00Z",
    ),
    "cycle of a boundary timer": (
        user_task("it") + boundary("late", "it", timer_event("Cycle", "=x"), interrupting=False),
        "now and then",
        "EXTRACT_VALUE_ERROR",
        "Invalid cycle format 'now and then'",
        "R/P1D",
    ),
    "condition of an exclusive gateway": (
        xor("it", default="flow_1_0"),
        "yes",
        "EXTRACT_VALUE_ERROR",
        "'BOOLEAN', but was 'STRING'",
        True,
    ),
    "condition of an inclusive gateway": (
        inclusive("it", default="flow_1_0"),
        3,
        "EXTRACT_VALUE_ERROR",
        "'BOOLEAN', but was 'NUMBER'",
        False,
    ),
    "condition after a task": (task("it"), None, "EXTRACT_VALUE_ERROR", "'BOOLEAN', but was 'NULL'", True),
}
FLOWS = {
    "condition of an exclusive gateway": "start>it; it>end; it>end [=x]",
    "condition of an inclusive gateway": "start>it; it>end; it>end [=x]",
    "condition after a task": "start>it; it>end [=x]",
}


def deploy(world, drawn, flows="start>it>end"):
    world.deploy(process("p", start(), drawn, end(), flows=flows, roots=ROOTS))
    world.deploy(process("child", start(), service_task("c", "work"), end(), flows="start>c>end"))
    late = process("late", start(event=message_event("m")), end(), flows="start>end", roots=message("m", "m"))
    world.deploy(late)
    model = compile_dmn(DECISION.encode(), "levels.dmn")
    fine = compile_dmn(DECISION.replace("assert(x, x &gt; 0)", '"ok"').encode(), "fine.dmn")
    for decision_id, read in (("level", model), ("fine", fine)):
        world.decisions[decision_id] = DeployedDecision(
            key=1,
            decision_id=decision_id,
            version=1,
            evaluate=lambda variables, now, read=read: evaluate_decision(read, "level", variables, now=now),
        )


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_value_is_an_incident_and_the_right_one_goes_on(world, case):
    drawn, wrong, error_type, words, right = CASES[case]
    deploy(world, drawn, FLOWS.get(case, "start>it>end"))

    instance = world.start("p", {"x": wrong})
    work(world, instance)

    (incident,) = world.incidents.values()
    assert (incident.error_type, incident.element_id) == (error_type, "it")
    assert words in incident.message
    assert incident.hint
    world.set_variables(instance, {"x": right})
    world.resolve_incident("it")
    work(world, instance)
    assert_over(world, instance, "COMPLETED")


@pytest.mark.parametrize("case", CASES)
def test_an_unresolved_cause_is_the_same_incident_again(world, case):
    drawn, wrong, error_type, _, _ = CASES[case]
    deploy(world, drawn, FLOWS.get(case, "start>it>end"))
    instance = world.start("p", {"x": wrong})
    work(world, instance)

    world.resolve_incident("it")

    (incident,) = world.incidents.values()
    assert (incident.error_type, incident.element_id) == (error_type, "it")
    assert world.store.load_instance(instance).incidents == 1
    world.cancel(instance)
    assert_over(world, instance, "TERMINATED")


def test_an_error_end_event_without_a_code_is_an_incident_until_it_has_one(world):
    *nodes, flows = start("s"), end("thrown", error_event("bad")), "s>thrown"
    world.deploy(
        process(
            "p",
            start(),
            sub_process("sub", *nodes, flows=flows),
            boundary("caught", "sub", error_event("exact")),
            end(),
            flows="start>sub>end; caught>end",
            roots=error("bad", "=x") + error("exact", "E1"),
        )
    )
    instance = world.start("p")
    (incident,) = world.incidents.values()

    world.set_variables(instance, {"x": "E1"})
    world.resolve_incident("thrown")

    assert (incident.error_type, incident.element_id) == ("EXTRACT_VALUE_ERROR", "thrown")
    assert_over(world, instance, "COMPLETED")
    assert world.count(instance, "caught:completed") == 1


def test_a_form_that_comes_later_ends_its_incident(world):
    world.deploy(process("p", start(), user_task("it", form="order"), end(), flows="start>it>end"))
    instance = world.start("p")
    (incident,) = world.incidents.values()

    world.forms["order"] = 77
    world.resolve_incident("it")

    assert incident.error_type == "FORM_NOT_FOUND"
    assert world.user_task("it").form_key == 77
    world.cancel(instance)


def test_a_condition_of_an_event_that_gives_no_boolean_is_not_true(world):
    world.deploy(process("p", start(), catch("it", condition_event("=x")), end(), flows="start>it>end"))
    instance = world.start("p", {"x": "yes"})

    world.set_variables(instance, {"x": 1})
    waiting = world.active(instance)
    world.set_variables(instance, {"x": True})

    assert waiting == ["it"]
    assert_over(world, instance, "COMPLETED")


def test_a_condition_of_an_event_that_cannot_be_evaluated_is_an_incident(world):
    condition = condition_event("=assert(x, x != null)")
    world.deploy(process("p", start(), catch("it", condition), end(), flows="start>it>end"))
    instance = world.start("p")

    (incident,) = world.incidents.values()
    world.set_variables(instance, {"x": True})
    world.resolve_incident("it")

    assert (incident.error_type, incident.element_id) == ("EXTRACT_VALUE_ERROR", "it")
    assert_over(world, instance, "COMPLETED")


def test_a_change_that_makes_a_condition_fail_goes_through_all_the_same(world):
    watched = boundary("late", "it", condition_event("=assert(x, x < 10) > 5"), interrupting=False)
    world.deploy(
        process("p", start(), user_task("it"), watched, end(), end("told"), flows="start>it>end; late>told")
    )
    instance = world.start("p", {"x": 1})

    world.set_variables(instance, {"x": 11})
    world.set_variables(instance, {"x": 7})
    world.complete_user_task("it")

    assert_over(world, instance, "COMPLETED")
    assert world.count(instance, "told:completed") == 1
