"""Each deployment rule: what it refuses, and that the mended diagram is accepted."""

from __future__ import annotations

import pytest

from tests.bpmn.diagrams import ERROR, JOB, MESSAGE, TIMER, diagram, errors, flows, line, warnings

START = "<bpmn:startEvent id='start'/>"
COMPENSATE = "<bpmn:compensateEventDefinition/>"
MESSAGE_EVENT = "<bpmn:messageEventDefinition messageRef='m'/>"


def service(identity: str, attributes: str = "") -> str:
    return f"<bpmn:serviceTask id='{identity}'{attributes}>{JOB}</bpmn:serviceTask>"


def catch(identity: str, definition: str) -> str:
    return f"<bpmn:intermediateCatchEvent id='{identity}'>{definition}</bpmn:intermediateCatchEvent>"


def throw(identity: str, definition: str = "") -> str:
    return f"<bpmn:intermediateThrowEvent id='{identity}'>{definition}</bpmn:intermediateThrowEvent>"


def boundary(definition: str, attributes: str = "", identity: str = "b") -> str:
    return (
        f"<bpmn:boundaryEvent id='{identity}' attachedToRef='a'{attributes}>{definition}</bpmn:boundaryEvent>"
    )


def sub(body: str, attributes: str = "", identity: str = "s") -> str:
    return f"<bpmn:subProcess id='{identity}'{attributes}>{body}</bpmn:subProcess>"


EVENT_SUB = " triggeredByEvent='true'"


def flow(source: str, target: str, condition: str = "") -> str:
    text = f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>" if condition else ""
    ends = f"id='{source}-{target}' sourceRef='{source}' targetRef='{target}'"
    return f"<bpmn:sequenceFlow {ends}>{text}</bpmn:sequenceFlow>"


REFUSED = {
    "no start event": (diagram("<bpmn:task id='a'/>"), "p", "START_EVENT_MISSING"),
    "two none starts": (diagram(START + "<bpmn:startEvent id='b'/>"), "b", "SEVERAL_NONE_START_EVENTS"),
    "error start of a process": (
        diagram("<bpmn:startEvent id='b'><bpmn:errorEventDefinition/></bpmn:startEvent>"),
        "b",
        "START_EVENT_TYPE",
    ),
    "subprocess without start": (diagram(START + sub("") + flows(("start", "s"))), "s", "SUB_PROCESS_START"),
    "subprocess started by a timer": (
        diagram(START + sub(f"<bpmn:startEvent id='b'>{TIMER}</bpmn:startEvent>") + flows(("start", "s"))),
        "b",
        "SUB_PROCESS_START",
    ),
    "event subprocess with a none start": (
        diagram(START + sub("<bpmn:startEvent id='b'/>", EVENT_SUB)),
        "b",
        "EVENT_SUB_PROCESS_START",
    ),
    "event subprocess with a flow": (
        diagram(
            START
            + sub(f"<bpmn:startEvent id='b'>{TIMER}</bpmn:startEvent>", EVENT_SUB)
            + flows(("start", "s"))
        ),
        "s",
        "EVENT_SUB_PROCESS_FLOW",
    ),
    "non-interrupting error start": (
        diagram(
            START
            + sub(
                "<bpmn:startEvent id='b' isInterrupting='false'><bpmn:errorEventDefinition/>"
                "</bpmn:startEvent>",
                EVENT_SUB,
            )
        ),
        "b",
        "ERROR_INTERRUPTS",
    ),
    "empty ad-hoc": (
        diagram(START + "<bpmn:adHocSubProcess id='a'/>" + flows(("start", "a"))),
        "a",
        "AD_HOC_EMPTY",
    ),
    "catch event without definition": (line(catch("a", "")), "a", "EVENT_DEFINITION_MISSING"),
    "catching an error between": (line(catch("a", "<bpmn:errorEventDefinition/>")), "a", "EVENT_TYPE"),
    "throwing a timer": (line(throw("a", TIMER)), "a", "EVENT_TYPE"),
    "two definitions on one event": (
        line(catch("a", TIMER + MESSAGE_EVENT), roots=MESSAGE),
        "a",
        "SEVERAL_EVENT_DEFINITIONS",
    ),
    "boundary without definition": (
        diagram(START + service("a") + boundary("") + flows(("start", "a"))),
        "b",
        "EVENT_DEFINITION_MISSING",
    ),
    "boundary with two definitions": (
        diagram(
            START + service("a") + boundary(TIMER + "<bpmn:errorEventDefinition/>") + flows(("start", "a"))
        ),
        "b",
        "SEVERAL_EVENT_DEFINITIONS",
    ),
    "boundary on nothing": (
        diagram(START + f"<bpmn:boundaryEvent id='b' attachedToRef='gone'>{TIMER}</bpmn:boundaryEvent>"),
        "b",
        "BOUNDARY_NOT_ATTACHED",
    ),
    "boundary on a gateway": (
        diagram(START + "<bpmn:exclusiveGateway id='a'/>" + boundary(TIMER) + flows(("start", "a"))),
        "b",
        "BOUNDARY_NOT_ATTACHED",
    ),
    "boundary with incoming": (
        diagram(START + service("a") + boundary(TIMER) + flows(("start", "a"), ("a", "b"))),
        "b",
        "BOUNDARY_INCOMING",
    ),
    "non-interrupting error boundary": (
        diagram(
            START
            + service("a")
            + boundary("<bpmn:errorEventDefinition/>", " cancelActivity='false'")
            + flows(("start", "a"))
        ),
        "b",
        "ERROR_INTERRUPTS",
    ),
    "two boundaries with one code": (
        diagram(
            START
            + service("a")
            + boundary("<bpmn:errorEventDefinition errorRef='e'/>")
            + boundary("<bpmn:errorEventDefinition errorRef='e'/>", identity="c")
            + flows(("start", "a")),
            ERROR,
        ),
        "c",
        "EVENT_DOUBLED",
    ),
    "cancel outside a transaction": (
        diagram(
            START
            + "<bpmn:endEvent id='b'><bpmn:cancelEventDefinition/></bpmn:endEvent>"
            + flows(("start", "b"))
        ),
        "b",
        "CANCEL_OUTSIDE",
    ),
    "end with outgoing": (
        diagram(START + "<bpmn:endEvent id='b'/><bpmn:task id='a'/>" + flows(("start", "b"), ("b", "a"))),
        "b",
        "END_EVENT_OUTGOING",
    ),
    "start with incoming": (
        diagram(START + service("a") + flows(("start", "a"), ("a", "start"))),
        "start",
        "START_EVENT_INCOMING",
    ),
    "message without name": (
        line(catch("a", MESSAGE_EVENT), roots="<bpmn:message id='m'/>"),
        "m",
        "MESSAGE_WITHOUT_NAME",
    ),
    "message without correlation key": (
        line(catch("a", MESSAGE_EVENT), roots="<bpmn:message id='m' name='paid'/>"),
        "a",
        "CORRELATION_KEY_MISSING",
    ),
    "event without message": (line(catch("a", "<bpmn:messageEventDefinition/>")), "a", "MESSAGE_MISSING"),
    "receive task without message": (line("<bpmn:receiveTask id='a'/>"), "a", "MESSAGE_MISSING"),
    "signal without reference": (line(catch("a", "<bpmn:signalEventDefinition/>")), "a", "REFERENCE_MISSING"),
    "error end without error": (
        diagram(
            START
            + "<bpmn:endEvent id='b'><bpmn:errorEventDefinition/></bpmn:endEvent>"
            + flows(("start", "b"))
        ),
        "b",
        "REFERENCE_MISSING",
    ),
    "link to nowhere": (
        line(throw("a", "<bpmn:linkEventDefinition name='x'/>")).replace(
            b"<bpmn:sequenceFlow id='a-end' sourceRef='a' targetRef='end'/>", b""
        ),
        "a",
        "LINK_WITHOUT_CATCH",
    ),
    "link without name": (line(throw("a", "<bpmn:linkEventDefinition/>")), "a", "LINK_WITHOUT_NAME"),
    "two link catches": (
        diagram(
            START
            + throw("a", "<bpmn:linkEventDefinition name='x'/>")
            + catch("b", "<bpmn:linkEventDefinition name='x'/>")
            + catch("c", "<bpmn:linkEventDefinition name='x'/>")
            + flows(("start", "a"))
        ),
        "c",
        "LINK_DOUBLED",
    ),
    "timer without time": (line(catch("a", "<bpmn:timerEventDefinition/>")), "a", "TIMER_INCOMPLETE"),
    "timer that is no duration": (line(catch("a", TIMER.replace("PT1H", "one hour"))), "a", "TIMER_INVALID"),
    "cycle in between": (
        line(catch("a", TIMER.replace("timeDuration", "timeCycle").replace("PT1H", "R3/PT1H"))),
        "a",
        "TIMER_CYCLE",
    ),
    "condition missing at a gateway": (
        diagram(
            START
            + "<bpmn:exclusiveGateway id='g'/><bpmn:task id='a'/><bpmn:task id='b'/>"
            + flow("start", "g")
            + flow("g", "a", "=x")
            + flow("g", "b")
        ),
        "g-b",
        "CONDITION_MISSING",
    ),
    "condition missing at an inclusive gateway": (
        diagram(
            START
            + "<bpmn:inclusiveGateway id='g'/><bpmn:task id='a'/><bpmn:task id='b'/>"
            + flow("start", "g")
            + flow("g", "a", "=x")
            + flow("g", "b")
        ),
        "g-b",
        "CONDITION_MISSING",
    ),
    "default flow of another": (
        diagram(START + "<bpmn:exclusiveGateway id='g' default='start-g'/>" + flows(("start", "g"))),
        "g",
        "DEFAULT_FLOW",
    ),
    "event gateway with one way": (
        diagram(
            START + "<bpmn:eventBasedGateway id='g'/>" + catch("a", TIMER) + flows(("start", "g"), ("g", "a"))
        ),
        "g",
        "EVENT_GATEWAY_FLOWS",
    ),
    "event gateway to a task": (
        diagram(
            START
            + "<bpmn:eventBasedGateway id='g'/>"
            + catch("a", TIMER)
            + service("b")
            + flows(("start", "g"), ("g", "a"), ("g", "b"))
        ),
        "g",
        "EVENT_GATEWAY_TARGET",
    ),
    "complex gateway": (
        diagram(START + "<bpmn:complexGateway id='g'/>" + flows(("start", "g"))),
        "g",
        "ELEMENT_NOT_SUPPORTED",
    ),
    "token quantities": (line("<bpmn:task id='a' startQuantity='2'/>"), "a", "TOKEN_QUANTITY"),
    "multi-instance behavior": (
        line(
            "<bpmn:task id='a'><bpmn:multiInstanceLoopCharacteristics behavior='One'>"
            "<bpmn:loopCardinality>2</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics></bpmn:task>"
        ),
        "a",
        "MULTI_INSTANCE_BEHAVIOR",
    ),
    "service task without job": (line("<bpmn:serviceTask id='a'/>"), "a", "WORK_MISSING"),
    "send task without job": (line("<bpmn:sendTask id='a'/>"), "a", "WORK_MISSING"),
    "script task without script": (line("<bpmn:scriptTask id='a'/>"), "a", "WORK_MISSING"),
    "rule task without decision": (line("<bpmn:businessRuleTask id='a'/>"), "a", "WORK_MISSING"),
    "call activity without process": (line("<bpmn:callActivity id='a'/>"), "a", "WORK_MISSING"),
    "message end without job": (
        diagram(
            START + f"<bpmn:endEvent id='b'>{MESSAGE_EVENT}</bpmn:endEvent>" + flows(("start", "b")), MESSAGE
        ),
        "b",
        "WORK_MISSING",
    ),
    "handler with a flow": (
        diagram(
            START
            + service("a")
            + boundary(COMPENSATE)
            + service("h", " isForCompensation='true'")
            + "<bpmn:association id='x' sourceRef='b' targetRef='h'/><bpmn:endEvent id='z'/>"
            + flows(("start", "a"), ("h", "z"))
        ),
        "h",
        "COMPENSATION_HANDLER_FLOW",
    ),
    "compensation without handler": (
        diagram(START + service("a") + boundary(COMPENSATE) + flows(("start", "a"))),
        "b",
        "COMPENSATION_HANDLER_MISSING",
    ),
    "compensating something elsewhere": (
        line(throw("a", "<bpmn:compensateEventDefinition activityRef='gone'/>")),
        "a",
        "COMPENSATION_ACTIVITY",
    ),
    "a loop that never waits": (
        diagram(
            START
            + "<bpmn:task id='a'/><bpmn:manualTask id='b'/>"
            + flows(("start", "a"), ("a", "b"), ("b", "a"))
        ),
        "a",
        "STRAIGHT_THROUGH_LOOP",
    ),
    "endless recursion": (
        line(
            "<bpmn:callActivity id='a'><bpmn:extensionElements><zeebe:calledElement processId='p'/>"
            "</bpmn:extensionElements></bpmn:callActivity>"
        ),
        "a",
        "ENDLESS_RECURSION",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    source, identity, code = REFUSED[name]

    assert (identity, code) in errors(source)


ACCEPTED = {
    "a row of everything simple": line(
        "<bpmn:task id='a'/>", service("b"), catch("c", TIMER), throw("d"), "<bpmn:manualTask id='e'/>"
    ),
    "several starts, one of them plain": diagram(
        START
        + f"<bpmn:startEvent id='b'>{MESSAGE_EVENT}</bpmn:startEvent><bpmn:task id='a'/>"
        + flows(("start", "a"), ("b", "a")),
        "<bpmn:message id='m' name='paid'/>",
    ),
    "event subprocess by message": diagram(
        START
        + sub(
            f"<bpmn:startEvent id='b' isInterrupting='false'>{MESSAGE_EVENT}</bpmn:startEvent>",
            EVENT_SUB,
        ),
        MESSAGE,
    ),
    "catch-all and coded error boundaries": diagram(
        START
        + service("a")
        + boundary("<bpmn:errorEventDefinition errorRef='e'/>")
        + boundary("<bpmn:errorEventDefinition/>", identity="c")
        + flows(("start", "a")),
        ERROR,
    ),
    "gateway with a default flow": diagram(
        START
        + "<bpmn:exclusiveGateway id='g' default='g-b'/><bpmn:task id='a'/><bpmn:task id='b'/>"
        + flow("start", "g")
        + flow("g", "a", "=x &gt; 1")
        + flow("g", "b")
    ),
    "event gateway": diagram(
        START
        + "<bpmn:eventBasedGateway id='g'/>"
        + catch("a", TIMER)
        + catch("b", MESSAGE_EVENT)
        + flows(("start", "g"), ("g", "a"), ("g", "b")),
        MESSAGE,
    ),
    "a pair of links": diagram(
        START
        + throw("a", "<bpmn:linkEventDefinition name='x'/>")
        + catch("b", "<bpmn:linkEventDefinition name='x'/>")
        + "<bpmn:endEvent id='end'/>"
        + flows(("start", "a"), ("b", "end"))
    ),
    "a loop with a way out": diagram(
        START
        + "<bpmn:task id='a'/><bpmn:exclusiveGateway id='g' default='g-end'/><bpmn:endEvent id='end'/>"
        + flow("start", "a")
        + flow("a", "g")
        + flow("g", "a", "=again")
        + flow("g", "end")
    ),
    "a loop that waits": diagram(
        START + service("a") + "<bpmn:task id='b'/>" + flows(("start", "a"), ("a", "b"), ("b", "a"))
    ),
    "a transaction that can be cancelled": diagram(
        START
        + "<bpmn:transaction id='a'><bpmn:startEvent id='i'/>"
        + "<bpmn:endEvent id='x'><bpmn:cancelEventDefinition/>"
        + "</bpmn:endEvent>"
        + flows(("i", "x"))
        + "</bpmn:transaction>"
        + boundary("<bpmn:cancelEventDefinition/>")
        + flows(("start", "a"))
    ),
    "cycles, cron and FEEL on the border": diagram(
        START
        + service("a")
        + boundary(
            TIMER.replace("timeDuration", "timeCycle").replace("PT1H", "R/2026-01-01T00:00:00Z/P1M"),
            " cancelActivity='false'",
        )
        + boundary(
            TIMER.replace("timeDuration", "timeCycle").replace("PT1H", "0 0 6 * * *"),
            " cancelActivity='false'",
            "c",
        )
        + boundary(TIMER.replace("PT1H", '=duration("PT" + h)'), identity="d")
        + flows(("start", "a"))
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name: str) -> None:
    assert errors(ACCEPTED[name]) == []


def test_what_nothing_leads_to_is_a_warning() -> None:
    assert ("a", "UNREACHABLE") in warnings(diagram(START + "<bpmn:task id='a'/>"))


def test_a_gateway_that_may_find_no_way_is_a_warning() -> None:
    source = diagram(
        START
        + "<bpmn:exclusiveGateway id='g'/><bpmn:task id='a'/><bpmn:task id='b'/>"
        + flow("start", "g")
        + flow("g", "a", "=x")
        + flow("g", "b", "=y")
    )

    assert ("g", "DEFAULT_MISSING") in warnings(source)


def test_a_join_that_waits_for_what_comes_behind_it_is_a_warning() -> None:
    source = diagram(
        START
        + "<bpmn:parallelGateway id='g'/>"
        + service("a")
        + flows(("start", "g"), ("g", "a"), ("a", "g"))
    )

    assert ("g", "JOIN_NEVER_FIRES") in warnings(source)


def test_a_recursion_with_a_way_out_is_a_warning() -> None:
    source = diagram(
        START
        + "<bpmn:exclusiveGateway id='g' default='g-end'/><bpmn:endEvent id='end'/><bpmn:callActivity id='a'>"
        + "<bpmn:extensionElements><zeebe:calledElement processId='p'/></bpmn:extensionElements>"
        + "</bpmn:callActivity>"
        + flow("start", "g")
        + flow("g", "a", "=deeper")
        + flow("g", "end")
    )

    assert errors(source) == []
    assert ("a", "RECURSION") in warnings(source)


def task_with(properties: str, extensions: str = "") -> bytes:
    return line(
        f"<bpmn:userTask id='a'><bpmn:extensionElements><zeebe:userTask/>{extensions}<zeebe:properties>"
        f"{properties}</zeebe:properties></bpmn:extensionElements></bpmn:userTask>"
    )


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("tenure:excludeActorsOf", "strat", "FOUR_EYES_UNKNOWN"),
        ("tenure:excludeActorsOf", "end", "FOUR_EYES_NOBODY"),
        ("tenure:exclude", "start", "PROPERTY_UNKNOWN"),
        ("tenure:candidateStarters", "x", "PROPERTY_MISPLACED"),
        ("tenure:outcomes", "yes,yes", "PROPERTY_INVALID"),
        ("tenure:outcomeVariable", "not a name", "PROPERTY_INVALID"),
        ("tenure:excludeUsers", "=[", "FEEL_SYNTAX"),
    ],
)
def test_rules_of_the_house_that_make_no_sense_are_refused(name: str, value: str, code: str) -> None:
    assert ("a", code) in errors(task_with(f"<zeebe:property name='{name}' value='{value}'/>"))


@pytest.mark.parametrize("value", ["start", "parent:anything", "start,a"])
def test_rules_of_the_house_that_make_sense_are_accepted(value: str) -> None:
    assert errors(task_with(f"<zeebe:property name='tenure:excludeActorsOf' value='{value}'/>")) == []


@pytest.mark.parametrize(
    ("extension", "code"),
    [
        ("<zeebe:priorityDefinition priority='101'/>", "PRIORITY_INVALID"),
        ("<zeebe:taskSchedule dueDate='tomorrow'/>", "DATE_INVALID"),
    ],
)
def test_a_schedule_that_is_none_is_refused(extension: str, code: str) -> None:
    assert ("a", code) in errors(task_with("", extension))
