"""Where listeners may stand, and which: Camunda's list, checked at deployment."""

import pytest

from tests.bpmn.diagrams import TIMER, diagram, errors, flows, line, read, warnings


def listeners(*given, kind="execution"):
    written = "".join(
        f"<zeebe:{kind}Listener eventType='{event}' type='{job}'/>"
        for event, job in (one.split(" ") for one in given)
    )
    return extended(f"<zeebe:{kind}Listeners>{written}</zeebe:{kind}Listeners>")


def extended(text):
    return f"<bpmn:extensionElements>{text}</bpmn:extensionElements>"


def end_event(*given, definition=""):
    body = f"<bpmn:endEvent id='a'>{listeners(*given)}{definition}</bpmn:endEvent>"
    return diagram("<bpmn:startEvent id='start'/>" + body + flows(("start", "a")))


def gateway(*given):
    text = f"<bpmn:exclusiveGateway id='a'>{listeners(*given)}</bpmn:exclusiveGateway>"
    return line(text)


def start_event(*given):
    return diagram(
        f"<bpmn:startEvent id='a'>{listeners(*given)}</bpmn:startEvent><bpmn:endEvent id='end'/>"
        + flows(("a", "end"))
    )


def boundary(*given, definition=TIMER):
    return diagram(
        "<bpmn:startEvent id='start'/><bpmn:task id='t'/><bpmn:endEvent id='end'/>"
        f"<bpmn:boundaryEvent id='a' attachedToRef='t'>{listeners(*given)}{definition}</bpmn:boundaryEvent>"
        + flows(("start", "t"), ("t", "end"), ("a", "end"))
    )


ERROR_END = "<bpmn:errorEventDefinition/>"
REFUSED = {
    "start listener of a start event": start_event("start x"),
    "start listener of a boundary event": boundary("start x"),
    "end listener of a gateway": gateway("end x"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_listener_is_refused_where_its_element_has_no_room_for_it(case):
    assert errors(REFUSED[case]) == [("a", "LISTENER_PLACE")]


def test_an_error_end_event_has_no_end_listener():
    assert ("a", "LISTENER_PLACE") in errors(end_event("end x", definition=ERROR_END))


@pytest.mark.parametrize(
    "accepted", [start_event("end x"), boundary("end x"), gateway("start x"), end_event("end x")]
)
def test_elsewhere_it_is_accepted(accepted):
    assert not errors(accepted)


def test_the_same_type_at_the_same_moment_is_refused():
    found = errors(line(f"<bpmn:task id='a'>{listeners('start x', 'start x')}</bpmn:task>"))

    assert found == [("a", "LISTENER_DOUBLED")]


def test_the_same_type_at_two_moments_is_accepted():
    assert not errors(line(f"<bpmn:task id='a'>{listeners('start x', 'end x')}</bpmn:task>"))


@pytest.mark.parametrize(
    ("kind", "event"), [("execution", "cancel"), ("execution", "beforeAll"), ("task", "reading")]
)
def test_an_event_that_camunda_8_9_does_not_have_is_refused_and_says_which_there_are(kind, event):
    tag = "userTask" if kind == "task" else "task"
    inside = listeners(f"{event} x", kind=kind).replace(
        "<bpmn:extensionElements>",
        "<bpmn:extensionElements><zeebe:userTask/>" if kind == "task" else "<bpmn:extensionElements>",
    )

    (problem,) = read(line(f"<bpmn:{tag} id='a'>{inside}</bpmn:{tag}>")).errors

    assert problem.code == "LISTENER_EVENT"
    assert ("canceling" if kind == "task" else "start, end") in problem.message


def test_task_listeners_of_a_job_based_user_task_are_warned_of():
    found = warnings(line(f"<bpmn:userTask id='a'>{listeners('creating x', kind='task')}</bpmn:userTask>"))

    assert "TASK_LISTENER_UNUSED" in {code for _, code in found}


def test_an_ad_hoc_subprocess_with_a_worker_is_warned_that_its_collection_is_not_looked_at():
    both = "<zeebe:adHoc activeElementsCollection='=[]'/><zeebe:taskDefinition type='x'/>"
    inside = extended(both) + "<bpmn:task id='t'/>"
    found = warnings(line(f"<bpmn:adHocSubProcess id='a'>{inside}</bpmn:adHocSubProcess>"))

    assert "AD_HOC_WORKER" in {code for _, code in found}


def test_an_ad_hoc_subprocess_collects_only_with_both_attributes():
    inside = extended("<zeebe:adHoc outputCollection='x'/>") + "<bpmn:task id='t'/>"
    found = errors(line(f"<bpmn:adHocSubProcess id='a'>{inside}</bpmn:adHocSubProcess>"))

    assert [code for _, code in found] == ["AD_HOC_OUTPUT"]
