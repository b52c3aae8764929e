from __future__ import annotations

from itertools import pairwise

import pytest

from engine.bpmn import read_bpmn, rejection_text
from engine.bpmn.model import ElementType, EventType
from tests.bpmn.diagrams import (
    HEAD,
    JOB,
    MESSAGE,
    diagram,
    element,
    errors,
    flows,
    line,
    model,
    read,
    warnings,
)


def test_elements_and_flows_are_linked_in_document_order() -> None:
    process = model(line("<bpmn:task id='a' name=' Do &#10; it '/>", "<bpmn:manualTask id='b'/>"))

    assert list(process.elements) == ["p", "start", "a", "b", "end"]
    assert [flow.target.id for flow in process.elements["start"].outgoing] == ["a"]
    assert process.elements["a"].name == "Do it"
    assert process.elements["a"].parent is process.root
    assert process.root.none_start is process.elements["start"]


def test_namespaces_are_known_by_uri_not_by_prefix() -> None:
    source = line(f"<bpmn:serviceTask id='a'>{JOB}</bpmn:serviceTask>").replace(b"bpmn:", b"x:")
    source = (
        source.replace(b"xmlns:bpmn", b"xmlns:x")
        .replace(b"zeebe:", b"y:")
        .replace(b"xmlns:zeebe", b"xmlns:y")
    )

    job = element(source).job

    assert job is not None
    assert job.type == "work"


def test_extensions_of_other_vendors_are_ignored() -> None:
    foreign = (
        "<bpmn:task id='a' xmlns:f='urn:other' f:color='red'><bpmn:extensionElements>"
        "<f:thing a='1'><f:deep/></f:thing></bpmn:extensionElements></bpmn:task>"
    )

    assert element(line(foreign)).type is ElementType.TASK


def test_a_flow_may_be_known_by_incoming_and_outgoing_alone() -> None:
    body = (
        "<bpmn:startEvent id='start'><bpmn:outgoing>f</bpmn:outgoing></bpmn:startEvent>"
        "<bpmn:endEvent id='end'><bpmn:incoming>f</bpmn:incoming></bpmn:endEvent><bpmn:sequenceFlow id='f'/>"
    )

    assert model(diagram(body)).flows["f"].target.id == "end"


def test_a_flow_whose_two_truths_disagree_is_refused() -> None:
    body = (
        "<bpmn:startEvent id='start'><bpmn:outgoing>f</bpmn:outgoing></bpmn:startEvent><bpmn:task id='a'/>"
        "<bpmn:endEvent id='end'/><bpmn:sequenceFlow id='f' sourceRef='a' targetRef='end'/>"
    )

    assert ("f", "FLOW_DISAGREES") in errors(diagram(body))


def test_an_element_that_lists_an_unknown_flow_is_refused() -> None:
    body = "<bpmn:startEvent id='start'><bpmn:outgoing>gone</bpmn:outgoing></bpmn:startEvent>"

    assert ("start", "FLOW_UNKNOWN") in errors(diagram(body))


@pytest.mark.parametrize(
    ("flow", "code"),
    [
        ("<bpmn:sequenceFlow id='f' sourceRef='start' targetRef='nowhere'/>", "FLOW_WITHOUT_TARGET"),
        ("<bpmn:sequenceFlow id='f' sourceRef='start'/>", "FLOW_WITHOUT_TARGET"),
        ("<bpmn:sequenceFlow id='f' sourceRef='gone' targetRef='start'/>", "FLOW_WITHOUT_SOURCE"),
    ],
)
def test_a_flow_to_nowhere_is_refused(flow: str, code: str) -> None:
    assert ("f", code) in errors(diagram("<bpmn:startEvent id='start'/>" + flow))


def test_a_flow_across_the_border_of_a_subprocess_is_refused() -> None:
    body = (
        "<bpmn:startEvent id='start'/><bpmn:subProcess id='s'><bpmn:startEvent id='inner'/>"
        "<bpmn:endEvent id='done'/></bpmn:subProcess>"
        + flows(("start", "s"), ("inner", "done"), ("start", "done"))
    )

    assert ("start-done", "FLOW_CROSSES_SCOPES") in errors(diagram(body))


def test_every_problem_is_told_at_once_with_line_and_hint() -> None:
    body = "<bpmn:startEvent id='start'/>\n<bpmn:serviceTask id='a'/>\n<bpmn:callActivity id='b'/>"
    body += flows(("start", "a"), ("a", "b"))

    found = read(diagram(body)).errors

    assert [(p.element_id, p.line) for p in found] == [("a", 4), ("b", 5)]
    assert all(problem.hint for problem in found)


def test_a_feel_error_names_element_part_and_position() -> None:
    body = (
        "<bpmn:startEvent id='start'/><bpmn:exclusiveGateway id='g'/><bpmn:endEvent id='x'/>"
        "<bpmn:sequenceFlow id='f' sourceRef='g' targetRef='x'><bpmn:conditionExpression>=a + "
        "</bpmn:conditionExpression></bpmn:sequenceFlow>" + flows(("start", "g"))
    )

    problem = read(diagram(body)).errors[0]

    assert (problem.element_id, problem.part, problem.code) == ("f", "conditionExpression", "FEEL_SYNTAX")
    assert problem.position is not None
    assert "Element: f > conditionExpression" in rejection_text([problem])


def test_a_condition_without_equals_sign_is_refused_with_the_mend() -> None:
    condition = "<bpmn:conditionExpression>a &gt; 1</bpmn:conditionExpression>"
    body = (
        "<bpmn:startEvent id='start'/><bpmn:exclusiveGateway id='g'/><bpmn:endEvent id='x'/>"
        f"<bpmn:sequenceFlow id='f' sourceRef='g' targetRef='x'>{condition}</bpmn:sequenceFlow>"
    )

    problem = read(diagram(body + flows(("start", "g")))).errors[0]

    assert problem.code == "EXPRESSION_EXPECTED"
    assert "'=a > 1'" in problem.hint


def test_a_drawn_process_keeps_its_lint_report_as_warnings() -> None:
    source = diagram("<bpmn:startEvent id='start'/><bpmn:serviceTask id='a'/>", executable=False)

    assert errors(source) == [("p", "NO_EXECUTABLE_PROCESS")]
    assert ("a", "WORK_MISSING") in warnings(source)


def test_several_processes_of_one_file_are_read() -> None:
    second = "<bpmn:process id='q' isExecutable='true'><bpmn:startEvent id='s2'/></bpmn:process>"
    collaboration = (
        "<bpmn:collaboration id='c'><bpmn:participant id='x' processRef='p'/>"
        "<bpmn:participant id='black'/></bpmn:collaboration>"
    )

    file = read(diagram("<bpmn:startEvent id='start'/>", second + collaboration))

    assert [process.process_id for process in file.executable_processes] == ["p", "q"]
    assert file.errors == ()


def test_a_lane_names_the_group_of_user_tasks_that_name_nobody() -> None:
    task = "<bpmn:extensionElements><zeebe:userTask/>{}</bpmn:extensionElements>"
    named = task.format("<zeebe:assignmentDefinition assignee='kim'/>")
    body = (
        "<bpmn:laneSet><bpmn:lane id='l' name='buyers'><bpmn:flowNodeRef>a</bpmn:flowNodeRef>"
        "<bpmn:flowNodeRef>b</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet><bpmn:startEvent id='start'/>"
        f"<bpmn:userTask id='a'>{task.format('')}</bpmn:userTask>"
        f"<bpmn:userTask id='b'>{named}</bpmn:userTask>"
    )

    process = model(diagram(body + flows(("start", "a"), ("a", "b"))))

    first, second = process.elements["a"].user_task, process.elements["b"].user_task
    assert first is not None
    assert first.candidate_groups == "buyers"
    assert second is not None
    assert second.candidate_groups is None


def test_boundary_events_and_compensation_handlers_are_attached() -> None:
    body = (
        f"<bpmn:startEvent id='start'/><bpmn:serviceTask id='a'>{JOB}</bpmn:serviceTask>"
        "<bpmn:boundaryEvent id='undo' attachedToRef='a'><bpmn:compensateEventDefinition/>"
        "</bpmn:boundaryEvent>"
        f"<bpmn:serviceTask id='h' isForCompensation='true'>{JOB}</bpmn:serviceTask>"
        "<bpmn:association id='as' sourceRef='undo' targetRef='h'/>" + flows(("start", "a"))
    )

    process = model(diagram(body))

    assert process.elements["a"].compensation_boundary is process.elements["undo"]
    assert process.elements["undo"].handler is process.elements["h"]


def test_message_events_know_name_and_correlation_key() -> None:
    catch = (
        "<bpmn:intermediateCatchEvent id='a'><bpmn:messageEventDefinition messageRef='m'/>"
        "</bpmn:intermediateCatchEvent>"
    )

    event = element(line(catch, roots=MESSAGE)).event

    assert (event.type, event.name) == (EventType.MESSAGE, "paid")
    assert event.correlation_key is not None


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"", "XML_EMPTY"),
        (b"<a>", "XML_NOT_WELL_FORMED"),
        (b"<a/>", "NOT_BPMN"),
        (b"\xff\xfe\x00broken", "XML_NOT_WELL_FORMED"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "XML_DOCTYPE"),
        (line()[:-40], "XML_NOT_WELL_FORMED"),
    ],
)
def test_a_file_that_is_no_diagram_is_one_clear_problem(source: bytes, code: str) -> None:
    file = read_bpmn(source, "broken.bpmn")

    assert [problem.code for problem in file.problems] == [code]
    assert file.problems[0].file == "broken.bpmn"


def test_two_thousand_nodes_in_a_row_are_read() -> None:
    ids = ["start", *(f"t{number}" for number in range(2000))]
    body = "<bpmn:startEvent id='start'/>" + "".join(f"<bpmn:task id='{i}'/>" for i in ids[1:])

    process = model(diagram(body + flows(*pairwise(ids))))

    assert len(process.flows) == 2000


@pytest.mark.parametrize("depth", [120, 1000])
def test_subprocesses_nested_too_deep_are_refused_not_crashed_on(depth: int) -> None:
    inner = "<bpmn:startEvent id='s{0}'/><bpmn:subProcess id='n{0}'>"
    body = "".join(inner.format(number) for number in range(depth)) + "</bpmn:subProcess>" * depth

    codes = {problem.code for problem in read(diagram(body)).errors}

    assert codes & {"NESTING_TOO_DEEP", "XML_TOO_DEEP"}


def test_ids_used_twice_are_refused_with_the_first_line() -> None:
    body = "<bpmn:startEvent id='start'/>\n<bpmn:task id='a'/>\n<bpmn:task id='a'/>" + flows(("start", "a"))

    problem = next(p for p in read(diagram(body)).errors if p.code == "ID_DOUBLED")

    assert (problem.element_id, problem.line) == ("a", 5)
    assert "line 4" in problem.message


def test_a_reference_to_nothing_is_told() -> None:
    body = "<bpmn:startEvent id='start'><bpmn:messageEventDefinition messageRef='gone'/></bpmn:startEvent>"

    assert ("start", "REFERENCE_UNKNOWN") in errors(diagram(body))


def test_an_unknown_root_element_is_no_bpmn() -> None:
    assert read(HEAD.replace("bpmn:definitions", "bpmn:process").encode() + b"</bpmn:process>").errors[
        0
    ].code == ("NOT_BPMN")
