"""What is drawn beside the process never stops it, and is named when it breaks BPMN's rules."""

from __future__ import annotations

import pytest

from tests.bpmn.diagrams import diagram, errors, flows, line, warnings

ENDS = "<bpmn:startEvent id='start'/><bpmn:endEvent id='end'/>" + flows(("start", "end"))


def collaboration(message_flow: str) -> bytes:
    return diagram(
        ENDS,
        "<bpmn:collaboration id='c'><bpmn:participant id='pool' processRef='p'/>"
        f"<bpmn:participant id='black'/>{message_flow}</bpmn:collaboration>",
    )


NAMED = {
    "message flow inside one pool": (
        collaboration("<bpmn:messageFlow id='mf' sourceRef='start' targetRef='end'/>"),
        "mf",
        "MESSAGE_FLOW",
    ),
    "message flow to a plain start": (
        collaboration("<bpmn:messageFlow id='mf' sourceRef='black' targetRef='start'/>"),
        "mf",
        "MESSAGE_FLOW",
    ),
    "message flow to nowhere": (
        collaboration("<bpmn:messageFlow id='mf' sourceRef='black' targetRef='gone'/>"),
        "mf",
        "MESSAGE_FLOW",
    ),
    "choreography": (diagram(ENDS, "<bpmn:choreography id='ch'/>"), "ch", "CHOREOGRAPHY"),
    "documentation in no format": (
        line("<bpmn:task id='a'><bpmn:documentation textFormat='INVALID'>x</bpmn:documentation></bpmn:task>"),
        "a",
        "TEXT_FORMAT",
    ),
    "direction of a gateway": (
        line(
            "<bpmn:parallelGateway id='a' gatewayDirection='Mixed'><bpmn:incoming>start-a</bpmn:incoming>"
            "<bpmn:outgoing>a-end</bpmn:outgoing></bpmn:parallelGateway>"
        ),
        "a",
        "GATEWAY_DIRECTION",
    ),
    "public and executable": (diagram(ENDS, attributes=" processType='Public'"), "p", "PUBLIC_PROCESS"),
    "collection of an item": (
        line(
            "<bpmn:task id='a'><bpmn:ioSpecification><bpmn:dataInput id='d' itemSubjectRef='i'/>"
            "</bpmn:ioSpecification></bpmn:task>",
            roots="<bpmn:itemDefinition id='i' isCollection='true'/>",
        ),
        "d",
        "DATA_COLLECTION",
    ),
    "association with no data": (
        line(
            "<bpmn:task id='a'><bpmn:dataInputAssociation id='x'><bpmn:sourceRef>start</bpmn:sourceRef>"
            "</bpmn:dataInputAssociation></bpmn:task>"
        ),
        "x",
        "DATA_ASSOCIATION",
    ),
    "a value that is none": (line("<bpmn:task id='a' isForCompensation='maybe'/>"), "a", "ATTRIBUTE_VALUE"),
    "a task outside a process": (diagram(ENDS, "<bpmn:task id='x'/>"), "x", "ELEMENT_PLACE"),
    "fewer than none": (
        diagram(
            ENDS,
            "<bpmn:collaboration id='c'><bpmn:participant id='x' processRef='p'>"
            "<bpmn:participantMultiplicity minimum='3' maximum='2'/></bpmn:participant></bpmn:collaboration>",
        ),
        "x",
        "MULTIPLICITY",
    ),
    "any reference to nothing": (
        diagram(
            ENDS,
            "<bpmn:collaboration id='c'><bpmn:choreographyRef>gone</bpmn:choreographyRef>"
            "</bpmn:collaboration>",
        ),
        "c",
        "REFERENCE_UNKNOWN",
    ),
    "property out of place": (diagram(ENDS, "<bpmn:property id='x'/>"), "x", "PROPERTY_PLACE"),
    "starting gateway": (
        line("<bpmn:receiveTask id='a' messageRef='m' instantiate='true'/>", roots=""),
        "a",
        "INSTANTIATE_IGNORED",
    ),
}


@pytest.mark.parametrize("name", NAMED)
def test_named_as_a_warning(name: str) -> None:
    source, identity, code = NAMED[name]

    assert (identity, code) in warnings(source)


def test_a_message_flow_between_pools_is_fine() -> None:
    ends = "<bpmn:startEvent id='start'/><bpmn:endEvent id='end'/>"
    body = ends + "<bpmn:task id='a'/>" + flows(("start", "a"), ("a", "end"))
    roots = (
        "<bpmn:collaboration id='c'><bpmn:participant id='pool' processRef='p'/>"
        "<bpmn:participant id='black'/><bpmn:messageFlow id='mf' sourceRef='a' targetRef='black'/>"
        "</bpmn:collaboration>"
    )

    assert errors(diagram(body, roots)) == []
    assert warnings(diagram(body, roots)) == []


def test_data_objects_groups_and_notes_are_kept_without_a_word() -> None:
    body = (
        ENDS + "<bpmn:dataObject id='d'/><bpmn:dataObjectReference id='r' dataObjectRef='d'/>"
        "<bpmn:textAnnotation id='t'><bpmn:text>note</bpmn:text></bpmn:textAnnotation>"
        "<bpmn:association id='as' sourceRef='start' targetRef='t'/><bpmn:group id='g'/>"
    )

    assert errors(diagram(body)) + warnings(diagram(body)) == []
