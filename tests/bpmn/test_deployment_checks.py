from __future__ import annotations

from engine.bpmn import KnownResources, deployment_problems
from tests.bpmn.diagrams import diagram, flows, line, pairs, read

EVERYTHING = (
    "<bpmn:extensionElements><zeebe:properties>"
    "<zeebe:property name='tenure:candidateStarters' value='buyers'/>"
    "</zeebe:properties></bpmn:extensionElements>"
    "<bpmn:startEvent id='start'><bpmn:extensionElements><zeebe:formDefinition formId='asked'/>"
    "</bpmn:extensionElements></bpmn:startEvent>"
    "<bpmn:serviceTask id='job'><bpmn:extensionElements><zeebe:taskDefinition type='send-mial'/>"
    "</bpmn:extensionElements></bpmn:serviceTask>"
    "<bpmn:callActivity id='call'><bpmn:extensionElements><zeebe:calledElement processId='other'/>"
    "</bpmn:extensionElements></bpmn:callActivity>"
    "<bpmn:businessRuleTask id='rule'><bpmn:extensionElements><zeebe:calledDecision decisionId='d' "
    "resultVariable='r'/></bpmn:extensionElements></bpmn:businessRuleTask>"
    "<bpmn:userTask id='task'><bpmn:extensionElements><zeebe:userTask/><zeebe:assignmentDefinition "
    "candidateGroups='nobody, known'/></bpmn:extensionElements></bpmn:userTask>"
) + flows(("start", "job"), ("job", "call"), ("call", "rule"), ("rule", "task"))


def test_what_a_diagram_names_and_nothing_has_is_a_warning() -> None:
    known = KnownResources(job_types=["send-mail"], processes=[], decisions=[], forms=[], groups=["known"])

    found = deployment_problems([read(diagram(EVERYTHING))], known)

    assert not any(problem.is_error for problem in found)
    assert pairs(found) == [
        ("p", "GROUP_EMPTY"),
        ("start", "FORM_UNKNOWN"),
        ("job", "JOB_TYPE_UNKNOWN"),
        ("call", "PROCESS_UNKNOWN"),
        ("rule", "DECISION_UNKNOWN"),
        ("task", "GROUP_EMPTY"),
    ]
    assert found[2].hint == "did you mean 'send-mail'?"


def test_what_is_not_known_is_not_checked() -> None:
    assert deployment_problems([read(diagram(EVERYTHING))], KnownResources()) == []


def test_processes_of_the_same_deployment_count_as_known() -> None:
    other = read(diagram("<bpmn:startEvent id='start'/>").replace(b'id="p"', b'id="other"'))

    found = deployment_problems([read(diagram(EVERYTHING)), other], KnownResources(processes=[]))

    assert found == []


def test_one_process_id_in_two_files_is_an_error() -> None:
    first = read(line())
    second = type(first)(name="second.bpmn", processes=first.processes, problems=())

    found = deployment_problems([first, second], KnownResources())

    assert pairs(found) == [("p", "PROCESS_DOUBLED")]
    assert found[0].is_error
