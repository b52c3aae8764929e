from __future__ import annotations

import pytest

from engine.bpmn.model import Binding, Element, TimerKind
from engine.feel import Expression
from tests.bpmn.diagrams import JOB, diagram, element, errors, flows, line, model


def extended(tag: str, extensions: str) -> bytes:
    return line(
        f"<bpmn:{tag} id='a'><bpmn:extensionElements>{extensions}</bpmn:extensionElements></bpmn:{tag}>"
    )


def text(value: object) -> str:
    return "=" + value.text if isinstance(value, Expression) else str(value)


def test_a_job_has_type_retries_and_headers() -> None:
    job = element(
        extended(
            "serviceTask",
            "<zeebe:taskDefinition type='=kind' retries='5'/>"
            "<zeebe:taskHeaders><zeebe:header key='k' value='v'/></zeebe:taskHeaders>",
        )
    ).job

    assert job is not None
    assert (text(job.type), job.retries, job.headers) == ("=kind", "5", {"k": "v"})


def test_mappings_keep_order_static_text_and_missing_sources() -> None:
    found = element(
        extended(
            "task",
            "<zeebe:ioMapping><zeebe:input target='none'/><zeebe:input source='plain' target='t'/>"
            "<zeebe:input source='=a.b' target='x.y'/>"
            "<zeebe:output source='=x' target='z'/></zeebe:ioMapping>",
        )
    )

    assert [(m.source if m.source is None else text(m.source), m.target) for m in found.inputs] == [
        (None, "none"),
        ("plain", "t"),
        ("=a.b", "x.y"),
    ]
    assert [m.target for m in found.outputs] == ["z"]


def user_task(properties: str = "", extensions: str = "<zeebe:userTask/>") -> Element:
    found = f"{extensions}<zeebe:properties>{properties}</zeebe:properties>"
    return element(extended("userTask", found))


def test_a_user_task_without_its_mark_is_a_job() -> None:
    found = user_task(extensions="")

    assert found.user_task is not None
    assert found.user_task.is_job
    assert found.job is not None
    assert found.job.type == "io.camunda.zeebe:userTask"


def test_a_user_task_knows_assignment_schedule_priority_and_form() -> None:
    found = user_task(
        extensions="<zeebe:userTask/><zeebe:assignmentDefinition assignee='=who' candidateGroups='a,b'/>"
        "<zeebe:taskSchedule dueDate='=now()' followUpDate='2026-01-01T00:00:00Z'/>"
        "<zeebe:priorityDefinition priority='80'/>"
        "<zeebe:formDefinition formId='f' bindingType='versionTag' versionTag='v1'/>"
    ).user_task

    assert found is not None
    assert not found.is_job
    assert (text(found.assignee), found.candidate_groups, found.priority) == ("=who", "a,b", "80")
    assert found.form is not None
    assert (found.form.form_id, found.form.binding, found.form.version_tag) == (
        "f",
        Binding.VERSION_TAG,
        "v1",
    )


def test_the_rules_of_the_house_are_read_from_properties() -> None:
    found = user_task(
        "<zeebe:property name='tenure:excludeActorsOf' value='start, parent:x'/>"
        "<zeebe:property name='tenure:excludeUsers' value='=panel'/>"
        "<zeebe:property name='tenure:outcomes' value='approve,return'/>"
        "<zeebe:property name='tenure:outcomeVariable' value='decision'/>"
        "<zeebe:property name='tenure:inboxColumns' value='title, amount'/>"
        "<zeebe:property name='tenure:actorVariable' value='opener'/>"
        "<zeebe:property name='label:zh' value='审批'/>"
    )

    task = found.user_task
    assert task is not None
    assert task.excluded_elements == ("start", "parent:x")
    assert text(task.excluded_users) == "=panel"
    assert (task.outcomes, task.outcome_variable) == (("approve", "return"), "decision")
    assert (task.inbox_columns, task.actor_variable) == (("title", "amount"), "opener")
    assert found.names == {"zh": "审批"}


def test_a_process_has_version_tag_starters_and_labels() -> None:
    process = model(
        diagram(
            "<bpmn:extensionElements><zeebe:versionTag value='v2'/><zeebe:properties>"
            "<zeebe:property name='tenure:candidateStarters' value='a,b'/>"
            "<zeebe:property name='label:en' value='Buy'/></zeebe:properties></bpmn:extensionElements>"
            "<bpmn:startEvent id='start'><bpmn:extensionElements><zeebe:formDefinition formId='f'/>"
            "</bpmn:extensionElements></bpmn:startEvent>"
        )
    )

    assert (process.version_tag, process.candidate_starters, process.names) == (
        "v2",
        ("a", "b"),
        {"en": "Buy"},
    )
    assert process.start_form is not None
    assert process.start_form.form_id == "f"


def test_an_embedded_form_is_found_in_the_process() -> None:
    body = (
        "<bpmn:extensionElements><zeebe:userTaskForm id='F'>{}</zeebe:userTaskForm></bpmn:extensionElements>"
        "<bpmn:startEvent id='start'/><bpmn:userTask id='a'><bpmn:extensionElements><zeebe:userTask/>"
        "<zeebe:formDefinition formKey='camunda-forms:bpmn:F'/></bpmn:extensionElements></bpmn:userTask>"
    )

    task = element(diagram(body + flows(("start", "a")))).user_task

    assert task is not None
    assert task.form is not None
    assert task.form.embedded == "{}"


def test_a_call_activity_propagates_everything_unless_told_otherwise() -> None:
    plain = element(extended("callActivity", "<zeebe:calledElement processId='other'/>")).called_element
    told = element(
        extended(
            "callActivity",
            "<zeebe:calledElement processId='=which' propagateAllChildVariables='false' "
            "propagateAllParentVariables='false' bindingType='deployment'/>",
        )
    ).called_element

    assert plain is not None
    assert plain.propagate_parent_variables
    assert plain.propagate_child_variables
    assert told is not None
    assert (told.propagate_parent_variables, told.propagate_child_variables) == (False, False)
    assert told.binding is Binding.DEPLOYMENT


def test_scripts_and_decisions_have_their_result_variable() -> None:
    script = element(extended("scriptTask", "<zeebe:script expression='=1+1' resultVariable='two'/>")).script
    decision = element(
        extended("businessRuleTask", "<zeebe:calledDecision decisionId='d' resultVariable='r'/>")
    ).called_decision

    assert script is not None
    assert (script.expression.text, script.result_variable) == ("1+1", "two")
    assert decision is not None
    assert (decision.decision_id, decision.result_variable) == ("d", "r")


def test_a_multi_instance_has_collections_elements_and_a_condition() -> None:
    loop = (
        "<bpmn:multiInstanceLoopCharacteristics isSequential='true'><bpmn:extensionElements>"
        "<zeebe:loopCharacteristics inputCollection='=items' inputElement='item' outputCollection='out' "
        "outputElement='=item + 1'/></bpmn:extensionElements>"
        "<bpmn:completionCondition>=done</bpmn:completionCondition></bpmn:multiInstanceLoopCharacteristics>"
    )

    found = element(line(f"<bpmn:task id='a'>{loop}</bpmn:task>")).multi_instance

    assert found is not None
    assert (found.sequential, text(found.input_collection), found.input_element) == (True, "=items", "item")
    assert (found.output_collection, text(found.output_element), text(found.completion_condition)) == (
        "out",
        "=item + 1",
        "=done",
    )


def test_a_loop_cardinality_becomes_a_collection() -> None:
    loop = (
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>3</bpmn:loopCardinality>"
        "</bpmn:multiInstanceLoopCharacteristics>"
    )

    found = element(line(f"<bpmn:task id='a'>{loop}</bpmn:task>")).multi_instance

    assert found is not None
    assert found.input_collection.evaluate({}).value == [1, 2, 3]


def test_a_standard_loop_may_write_its_condition_without_equals_sign() -> None:
    loop = (
        "<bpmn:standardLoopCharacteristics testBefore='true' loopMaximum='4'><bpmn:loopCondition>n &lt; 3"
        "</bpmn:loopCondition></bpmn:standardLoopCharacteristics>"
    )

    found = element(line(f"<bpmn:task id='a'>{loop}</bpmn:task>")).standard_loop

    assert found is not None
    assert (found.test_before, found.maximum, text(found.condition)) == (True, 4, "=n < 3")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("timeDuration", "PT1H"),
        ("timeDate", "2026-01-31T09:00:00+08:00"),
        ("timeDate", "=deadline"),
    ],
)
def test_timers_keep_kind_and_text(kind: str, value: str) -> None:
    timer = f"<bpmn:timerEventDefinition><bpmn:{kind}>{value}</bpmn:{kind}></bpmn:timerEventDefinition>"

    found = element(
        line(f"<bpmn:intermediateCatchEvent id='a'>{timer}</bpmn:intermediateCatchEvent>")
    ).event.timer

    assert found is not None
    assert found.kind is {"timeDuration": TimerKind.DURATION, "timeDate": TimerKind.DATE}[kind]
    assert text(found.value) == value


def test_listeners_are_sorted_by_their_event() -> None:
    found = element(
        extended(
            "userTask",
            "<zeebe:userTask/><zeebe:executionListeners><zeebe:executionListener eventType='start' type='s'/>"
            "<zeebe:executionListener eventType='end' type='e'/></zeebe:executionListeners>"
            "<zeebe:taskListeners><zeebe:taskListener eventType='complete' type='t'/></zeebe:taskListeners>",
        )
    )

    assert [listener.type for listener in found.start_listeners + found.end_listeners] == ["s", "e"]
    assert [(listener.event, listener.type) for listener in found.task_listeners] == [("completing", "t")]


def test_a_throwing_message_event_may_publish_by_itself() -> None:
    throw = (
        "<bpmn:endEvent id='e1'><bpmn:extensionElements><zeebe:publishMessage correlationKey='=k' "
        "messageId='=i' timeToLive='PT1H'/></bpmn:extensionElements>"
        "<bpmn:messageEventDefinition messageRef='m'/></bpmn:endEvent>"
    )
    body = "<bpmn:startEvent id='start'/>" + throw + flows(("start", "e1"))

    event = element(diagram(body, "<bpmn:message id='m' name='hello'/>"), "e1").event

    assert (event.name, text(event.correlation_key), event.time_to_live) == ("hello", "=k", "PT1H")


@pytest.mark.parametrize(
    ("tag", "extensions", "code"),
    [
        ("serviceTask", "<zeebe:taskDefinition type=''/>", "JOB_TYPE_MISSING"),
        ("scriptTask", "<zeebe:script expression='=1'/>", "SCRIPT_INCOMPLETE"),
        ("businessRuleTask", "<zeebe:calledDecision decisionId='d'/>", "DECISION_INCOMPLETE"),
        ("callActivity", "<zeebe:calledElement processId=''/>", "PROCESS_ID_MISSING"),
        ("callActivity", "<zeebe:calledElement processId='x' bindingType='newest'/>", "BINDING_UNKNOWN"),
        (
            "callActivity",
            "<zeebe:calledElement processId='x' bindingType='versionTag'/>",
            "VERSION_TAG_MISSING",
        ),
        ("userTask", "<zeebe:userTask/><zeebe:formDefinition/>", "FORM_REFERENCE"),
        (
            "userTask",
            "<zeebe:userTask/><zeebe:formDefinition formKey='camunda-forms:bpmn:X'/>",
            "FORM_UNKNOWN",
        ),
        ("task", "<zeebe:ioMapping><zeebe:input source='=a'/></zeebe:ioMapping>", "MAPPING_WITHOUT_TARGET"),
        (
            "task",
            "<zeebe:executionListeners><zeebe:executionListener eventType='start'/>"
            "</zeebe:executionListeners>",
            "LISTENER_INCOMPLETE",
        ),
    ],
)
def test_an_incomplete_extension_is_refused(tag: str, extensions: str, code: str) -> None:
    assert ("a", code) in errors(extended(tag, extensions))


@pytest.mark.parametrize(
    ("loop", "code"),
    [
        ("<zeebe:loopCharacteristics inputElement='x'/>", "MULTI_INSTANCE_INPUT"),
        ("<zeebe:loopCharacteristics inputCollection='=a' outputCollection='o'/>", "MULTI_INSTANCE_OUTPUT"),
        ("", "MULTI_INSTANCE_INPUT"),
    ],
)
def test_an_incomplete_multi_instance_is_refused(loop: str, code: str) -> None:
    found = (
        f"<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>{loop}</bpmn:extensionElements>"
        "</bpmn:multiInstanceLoopCharacteristics>"
    )

    assert ("a", code) in errors(line(f"<bpmn:task id='a'>{found}</bpmn:task>"))


def test_jobs_on_compensation_handlers_are_read_too() -> None:
    body = f"<bpmn:serviceTask id='h' isForCompensation='true'>{JOB}</bpmn:serviceTask>"
    body = "<bpmn:startEvent id='start'/>" + body

    assert element(diagram(body), "h").is_for_compensation
