"""Rules of BPMN that the engine can do without: each is a warning at the element, never silence."""

from __future__ import annotations

import pytest

from tests.bpmn.diagrams import ERROR, JOB, MESSAGE, TIMER, diagram, errors, flows, line, pairs, read

START = "<bpmn:startEvent id='start'/>"
END = "<bpmn:endEvent id='end'/>"
TASK = "<bpmn:task id='a'/>"
BASE = START + TASK + END + flows(("start", "a"), ("a", "end"))
SIGNAL = "<bpmn:signal id='sg' name='sg'/>"
ITEMS = "<bpmn:itemDefinition id='i1'/><bpmn:itemDefinition id='i2'/>"
PAID = "<bpmn:messageEventDefinition messageRef='m'/>"
SECOND = MESSAGE.replace("id='m'", "id='m2'").replace("paid", "second")
LOOP = "<bpmn:extensionElements><zeebe:loopCharacteristics inputCollection='=xs'/></bpmn:extensionElements>"
ONE_INPUT = "<bpmn:inputSet><bpmn:dataInputRefs>d1</bpmn:dataInputRefs></bpmn:inputSet>"
ONE_OUTPUT = "<bpmn:outputSet><bpmn:dataOutputRefs>o1</bpmn:dataOutputRefs></bpmn:outputSet>"


def flow(identity, source, target, inner="", attributes=""):
    ends = f"id='{identity}' sourceRef='{source}' targetRef='{target}'"
    return f"<bpmn:sequenceFlow {ends}{attributes}>{inner}</bpmn:sequenceFlow>"


def when(text):
    return f"<bpmn:conditionExpression>{text}</bpmn:conditionExpression>"


def task(inner="", attributes="", kind="task"):
    return line(f"<bpmn:{kind} id='a'{attributes}>{inner}</bpmn:{kind}>", roots=ROOTS)


def data(content, inputs="<bpmn:inputSet/>", outputs="<bpmn:outputSet/>"):
    return f"<bpmn:ioSpecification>{content}{inputs}{outputs}</bpmn:ioSpecification>"


def loop(inner="", attributes=""):
    kind = "multiInstanceLoopCharacteristics"
    return task(f"<bpmn:{kind}{attributes}>{LOOP}{inner}</bpmn:{kind}>")


def into(source, target="d1", more=""):
    ends = f"<bpmn:sourceRef>{source}</bpmn:sourceRef><bpmn:targetRef>{target}</bpmn:targetRef>"
    return f"<bpmn:dataInputAssociation id='x'>{more}{ends}</bpmn:dataInputAssociation>"


def choice(kind, *ways, attributes=""):
    gateway = f"<bpmn:{kind} id='g'{attributes}/>"
    return diagram(START + gateway + TASK + END + "".join(ways) + flows(("start", "g"), ("a", "end")))


def between(flow_ends, body=BASE):
    partners = "<bpmn:participant id='pool' processRef='p'/><bpmn:participant id='other'/>"
    drawn = f"{partners}<bpmn:messageFlow id='mf' {flow_ends}/>"
    return diagram(body, f"<bpmn:collaboration id='c'>{drawn}</bpmn:collaboration>{MESSAGE}{SECOND}")


def waits(first, second, attributes=""):
    gateway = f"<bpmn:eventBasedGateway id='g'{attributes}/>"
    ways = flows(("start", "g"), ("g", "t"), ("g", "r"), ("t", "end"), ("r", "end"))
    return diagram(START + gateway + first + second + END + ways, MESSAGE + SECOND)


def lanes(*contents):
    drawn = "".join(
        f"<bpmn:lane id='lane{number}'><bpmn:flowNodeRef>{content}</bpmn:flowNodeRef></bpmn:lane>"
        for number, content in enumerate(contents)
    )
    return diagram(f"<bpmn:laneSet id='ls'>{drawn}</bpmn:laneSet><bpmn:dataObject id='d'/>" + BASE)


OPERATION = (
    "<bpmn:interface id='if' name='x'><bpmn:operation id='o' name='o'>"
    "<bpmn:inMessageRef>m</bpmn:inMessageRef></bpmn:operation></bpmn:interface>"
)
ROOTS = MESSAGE.replace("id='m'", "id='m' itemRef='i1'") + SECOND + ITEMS + OPERATION + SIGNAL
CATCH_TIMER = f"<bpmn:intermediateCatchEvent id='t'>{TIMER}</bpmn:intermediateCatchEvent>"
CATCH_PAID = f"<bpmn:intermediateCatchEvent id='t'>{PAID}</bpmn:intermediateCatchEvent>"
RECEIVE = "<bpmn:receiveTask id='r' messageRef='m2'/>"
SCRIPT = (
    "<bpmn:extensionElements><zeebe:script expression='=1' resultVariable='r'/></bpmn:extensionElements>"
    "<bpmn:script>x</bpmn:script>"
)

WARNED = {
    # ways in and out
    "a default flow with a condition": (
        choice(
            "exclusiveGateway",
            flow("x", "g", "a", when("=x")),
            flow("y", "g", "end", when("=y")),
            attributes=" default='y'",
        ),
        ("y", "DEFAULT_WITH_CONDITION"),
    ),
    "a default flow of a parallel gateway": (
        choice("parallelGateway", flow("x", "g", "a"), flow("y", "g", "end"), attributes=" default='y'"),
        ("g", "DEFAULT_IGNORED"),
    ),
    "the only way on has a condition": (
        diagram(START + TASK + END + flows(("start", "a")) + flow("x", "a", "end", when("=x"))),
        ("x", "CONDITION_ALONE"),
    ),
    "nothing after a start event": (diagram(START), ("start", "NO_WAY_OUT")),
    "a start event but no end event": (
        diagram(START + TASK + flows(("start", "a"))),
        ("p", "END_EVENT_MISSING"),
    ),
    "nothing after a boundary event": (
        diagram(BASE + f"<bpmn:boundaryEvent id='b' attachedToRef='a'>{TIMER}</bpmn:boundaryEvent>"),
        ("b", "NO_WAY_OUT"),
    ),
    "nothing after a throw event": (
        diagram(START + "<bpmn:intermediateThrowEvent id='t'/>" + flows(("start", "t"))),
        ("t", "NO_WAY_OUT"),
    ),
    "nothing after a catch event": (
        diagram(START + CATCH_TIMER + flows(("start", "t"))),
        ("t", "NO_WAY_OUT"),
    ),
    "message event and receive task behind one gateway": (
        waits(CATCH_PAID, RECEIVE),
        ("g", "EVENT_GATEWAY_MIXED"),
    ),
    "a parallel event gateway": (
        waits(CATCH_TIMER, RECEIVE, " eventGatewayType='Parallel'"),
        ("g", "EVENT_GATEWAY_PARALLEL"),
    ),
    "a diverging gateway with one way out": (
        choice("parallelGateway", flow("x", "g", "a"), attributes=" gatewayDirection='Diverging'"),
        ("g", "GATEWAY_DIRECTION"),
    ),
    "a converging gateway with two ways out, listed by flows only": (
        choice(
            "parallelGateway",
            flow("x", "g", "a"),
            flow("y", "g", "end"),
            attributes=" gatewayDirection='Converging'",
        ),
        ("g", "GATEWAY_DIRECTION"),
    ),
    "a flow that is not immediate": (
        diagram(
            START + TASK + END + flow("x", "start", "a", "", " isImmediate='false'") + flows(("a", "end"))
        ),
        ("x", "FLOW_IMMEDIATE"),
    ),
    "a start event of a process that does not interrupt": (
        diagram(BASE.replace("id='start'", "id='start' isInterrupting='false'")),
        ("start", "INTERRUPTING_IGNORED"),
    ),
    "compensation of an activity without handler": (
        diagram(
            START
            + TASK
            + "<bpmn:intermediateThrowEvent id='t'><bpmn:compensateEventDefinition activityRef='a'/>"
            + "</bpmn:intermediateThrowEvent>"
            + END
            + flows(("start", "a"), ("a", "t"), ("t", "end"))
        ),
        ("t", "COMPENSATION_NOTHING"),
    ),
    "an ad-hoc subprocess in order": (
        diagram(
            START
            + "<bpmn:adHocSubProcess id='s' ordering='Sequential'><bpmn:task id='t'/></bpmn:adHocSubProcess>"
            + END
            + flows(("start", "s"), ("s", "end"))
        ),
        ("s", "AD_HOC_ORDERING"),
    ),
    # lanes, pools, message flows, conversations
    "a lane with data in it": (lanes("d"), ("lane0", "REFERENCE_UNKNOWN")),
    "an element in two lanes": (lanes("a", "a"), ("a", "TWO_LANES")),
    "a message flow to a data object": (
        between("sourceRef='other' targetRef='d'", BASE + "<bpmn:dataObject id='d'/>"),
        ("mf", "MESSAGE_FLOW"),
    ),
    "a message flow to a text annotation": (
        between("sourceRef='other' targetRef='n'", BASE + "<bpmn:textAnnotation id='n'/>"),
        ("mf", "MESSAGE_FLOW"),
    ),
    "a message flow from a receive task": (
        between(
            "sourceRef='r' targetRef='other'", START + RECEIVE + END + flows(("start", "r"), ("r", "end"))
        ),
        ("mf", "MESSAGE_FLOW"),
    ),
    "a conversation of one": (
        diagram(
            BASE,
            "<bpmn:collaboration id='c'><bpmn:participant id='pool' processRef='p'/>"
            "<bpmn:conversation id='cv'><bpmn:participantRef>pool</bpmn:participantRef></bpmn:conversation>"
            "</bpmn:collaboration>",
        ),
        ("cv", "CONVERSATION"),
    ),
    # what is missing or has the wrong form
    "an association without target": (
        diagram(BASE + "<bpmn:association id='as' sourceRef='a'/>"),
        ("as", "ATTRIBUTE_MISSING"),
    ),
    "a data object without id": (diagram(BASE + "<bpmn:dataObject/>"), ("p", "ATTRIBUTE_MISSING")),
    "a transaction whose method is no URI": (
        diagram(
            START
            + "<bpmn:transaction id='s' method='no URI'><bpmn:startEvent id='b'/></bpmn:transaction>"
            + END
            + flows(("start", "s"), ("s", "end"))
        ),
        ("s", "URI_INVALID"),
    ),
    "a script without format": (task(SCRIPT, kind="scriptTask"), ("a", "SCRIPT_FORMAT")),
    "a script in no known format": (
        task(SCRIPT, " scriptFormat='x y'", "scriptTask"),
        ("a", "SCRIPT_FORMAT"),
    ),
    "an extension that must be understood": (
        diagram(BASE, "<bpmn:extension mustUnderstand='true' definition='x:y'/>"),
        ("", "EXTENSION_UNKNOWN"),
    ),
    # operations
    "a service task without data for its operation": (
        task(JOB, " operationRef='o'", "serviceTask"),
        ("a", "OPERATION_DATA"),
    ),
    "a send task with another message than its operation": (
        task(JOB, " operationRef='o' messageRef='m2'", "sendTask"),
        ("a", "OPERATION_MESSAGE"),
    ),
    "a receive task with data of another item": (
        task(
            data("<bpmn:dataOutput id='o1' itemSubjectRef='i2'/>", outputs=ONE_OUTPUT),
            " messageRef='m'",
            "receiveTask",
        ),
        ("a", "OPERATION_DATA"),
    ),
    "a send task with two pieces of data": (
        task(JOB + data("<bpmn:dataInput id='d1'/><bpmn:dataInput id='d2'/>"), " messageRef='m'", "sendTask"),
        ("a", "OPERATION_DATA"),
    ),
    "an interface without operation": (
        diagram(BASE, "<bpmn:interface id='if' name='x'/>"),
        ("if", "OPERATION_MISSING"),
    ),
    "an operation without message": (
        diagram(BASE, "<bpmn:interface id='if' name='x'><bpmn:operation id='o' name='o'/></bpmn:interface>"),
        ("o", "OPERATION_MESSAGE"),
    ),
    # data
    "a data input in no set": (task(data("<bpmn:dataInput id='d1'/>")), ("a", "DATA_SET")),
    "a data output in no set": (task(data("<bpmn:dataOutput id='o1'/>")), ("a", "DATA_SET")),
    "no input set": (task(data("", inputs="")), ("a", "DATA_SET")),
    "no output set": (task(data("", outputs="")), ("a", "DATA_SET")),
    "an optional input that is none": (
        task(
            data(
                "<bpmn:dataInput id='d1'/>",
                ONE_INPUT.replace(
                    "</bpmn:inputSet>", "<bpmn:optionalInputRefs>d2</bpmn:optionalInputRefs></bpmn:inputSet>"
                ),
            )
        ),
        ("a", "DATA_SET"),
    ),
    "sets that do not name each other": (
        task(data("", "<bpmn:inputSet id='is'><bpmn:outputSetRefs>os</bpmn:outputSetRefs></bpmn:inputSet>")),
        ("a", "DATA_SET"),
    ),
    "a data input from itself": (
        task(data("<bpmn:dataInput id='d1'/>", ONE_INPUT) + into("d1")),
        ("x", "DATA_SET"),
    ),
    "several sources without transformation": (
        task(
            "<bpmn:property id='p1'/>"
            + data("<bpmn:dataInput id='d1'/>", ONE_INPUT)
            + into("p1", more="<bpmn:sourceRef>p1</bpmn:sourceRef>")
        ),
        ("x", "DATA_SET"),
    ),
    "data of another item without transformation": (
        task(
            "<bpmn:property id='p1' itemSubjectRef='i2'/>"
            + data("<bpmn:dataInput id='d1' itemSubjectRef='i1'/>", ONE_INPUT)
            + into("p1")
        ),
        ("x", "DATA_SET"),
    ),
    "a manual task with data": (task(data(""), kind="manualTask"), ("a", "DATA_SET")),
    "a reference to no data object": (
        diagram(BASE + "<bpmn:dataObjectReference id='r'/>"),
        ("r", "DATA_SET"),
    ),
    "a data object that is a collection of what is none": (
        diagram(BASE + "<bpmn:dataObject id='d' isCollection='true' itemSubjectRef='i1'/>", ITEMS),
        ("d", "DATA_SET"),
    ),
    "a limited data store without capacity": (
        diagram(BASE, "<bpmn:dataStore id='ds' name='x' isUnlimited='false'/>"),
        ("ds", "DATA_SET"),
    ),
    "an item without its collection": (loop("<bpmn:inputDataItem id='it'/>"), ("a", "DATA_SET")),
    "an event for a behavior that it has not": (
        loop(attributes=" oneBehaviorEventRef='sg'"),
        ("a", "DATA_SET"),
    ),
    "a performer who is nobody": (task("<bpmn:performer id='pf'/>"), ("pf", "DATA_SET")),
}


@pytest.mark.parametrize("case", WARNED)
def test_the_standard_is_kept_by_a_warning_at_the_element(case: str) -> None:
    source, expected = WARNED[case]

    assert expected in pairs(problem for problem in read(source).problems if not problem.is_error)


@pytest.mark.parametrize("case", WARNED)
def test_what_is_only_warned_of_can_be_deployed(case: str) -> None:
    assert errors(WARNED[case][0]) == []


def test_a_property_in_the_place_of_data_is_how_drawing_tools_write_it() -> None:
    reference = "<bpmn:dataObject id='do'/><bpmn:dataObjectReference id='dor' dataObjectRef='do'/>"
    body = BASE.replace(TASK, f"<bpmn:task id='a'><bpmn:property id='p1'/>{into('dor', 'p1')}</bpmn:task>")

    assert pairs(read(diagram(body + reference)).problems) == []


def test_an_import_is_not_read() -> None:
    imported = b"<bpmn:import namespace='x' location='other.bpmn' importType='http://x'/><bpmn:process"

    assert ("", "IMPORT_IGNORED") in pairs(read(diagram(BASE).replace(b"<bpmn:process", imported)).problems)


REFUSED = {
    "a date that no calendar has": ("timeDate", "2026-13-41T00:00:00Z"),
    "a zone that nobody knows": ("timeDate", "2026-01-01T00:00:00[Mars/Olympus]"),
    "a cron text with a minute too many": ("timeCycle", "0 99 * * * *"),
    "an unknown cron word": ("timeCycle", "@often"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_timer_text_that_can_never_be_due_is_refused(case: str) -> None:
    kind, text = REFUSED[case]
    timer = f"<bpmn:timerEventDefinition><bpmn:{kind}>{text}</bpmn:{kind}></bpmn:timerEventDefinition>"
    body = f"<bpmn:startEvent id='s'>{timer}</bpmn:startEvent>{END}" + flows(("s", "end"))

    assert errors(diagram(body)) == [("s", "TIMER_INVALID")]


def test_an_interrupting_event_subprocess_does_not_start_in_a_cycle() -> None:
    timer = "<bpmn:timerEventDefinition><bpmn:timeCycle>R3/PT1H</bpmn:timeCycle></bpmn:timerEventDefinition>"
    start = f"<bpmn:startEvent id='s'>{timer}</bpmn:startEvent><bpmn:endEvent id='e'/>" + flows(("s", "e"))
    body = BASE + f"<bpmn:subProcess id='es' triggeredByEvent='true'>{start}</bpmn:subProcess>"

    assert errors(diagram(body)) == [("s", "TIMER_CYCLE")]
    assert errors(diagram(body.replace("id='s'", "id='s' isInterrupting='false'", 1))) == []


def test_compensation_that_does_not_wait_is_refused() -> None:
    compensate = "<bpmn:compensateEventDefinition waitForCompletion='false'/>"
    throw = f"<bpmn:intermediateThrowEvent id='a'>{compensate}</bpmn:intermediateThrowEvent>"

    assert errors(line(throw)) == [("a", "COMPENSATION_WAITS")]


def test_a_thrown_error_has_a_code() -> None:
    end = "<bpmn:endEvent id='e1'><bpmn:errorEventDefinition errorRef='e'/></bpmn:endEvent>"
    body = START + end + flows(("start", "e1"))

    (problem,) = read(diagram(body, ERROR.replace("errorCode='NO'", ""))).errors

    assert (problem.element_id, problem.message) == ("e1", "ErrorCode must be present and not empty")
