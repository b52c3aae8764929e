from __future__ import annotations

import json

import pytest

from engine.bpmn import juel
from tests.bpmn.diagrams import element, errors, line, read
from tests.bpmn.test_extensions import text


@pytest.mark.parametrize(
    ("java", "feel"),
    [
        ("${amount}", "amount"),
        ("#{order.total}", "order.total"),
        ("${amount > 100 && ok}", "amount > 100 and ok"),
        ("${status == 'new' || status eq 'old'}", 'status = "new" or status = "old"'),
        ("${!ok}", "not(ok)"),
        ("${empty name}", "name = null"),
        ("${execution.getVariable('x') != 1.5}", "x != 1.5"),
        ("Order ${id}", '"Order " + string(id)'),
    ],
)
def test_simple_java_expressions_mean_the_same_in_feel(java: str, feel: str) -> None:
    assert juel.to_feel(java) == feel


@pytest.mark.parametrize("java", ["${bean.method(x)}", "${a ? b : c}", "${}", "${!(a && b)}", "${not}"])
def test_other_java_expressions_have_no_equivalent(java: str) -> None:
    with pytest.raises(juel.NoEquivalent):
        juel.to_feel(java)


@pytest.mark.parametrize(
    ("attributes", "job_type"),
    [
        ("camunda:type='external' camunda:topic='charge'", "charge"),
        ("camunda:class='com.example.Charge'", "com.example.Charge"),
        ("camunda:delegateExpression='${charge}'", "charge"),
        ("camunda:expression='${charge}'", "charge"),
    ],
)
def test_java_work_becomes_a_job_type(attributes: str, job_type: str) -> None:
    job = element(line(f"<bpmn:serviceTask id='a' {attributes}/>")).job

    assert job is not None
    assert job.type == job_type


def test_a_user_task_is_the_engines_own_and_keeps_its_assignment() -> None:
    task = element(
        line(
            "<bpmn:userTask id='a' camunda:assignee='${who}' camunda:candidateGroups='x,y' "
            "camunda:dueDate='2026-01-01T00:00:00' camunda:formRef='f' camunda:formRefBinding='deployment'/>"
        )
    ).user_task

    assert task is not None
    assert not task.is_job
    assert (text(task.assignee), task.candidate_groups) == ("=who", "x,y")
    assert task.form is not None
    assert task.form.form_id == "f"


def test_a_generated_form_becomes_an_embedded_one() -> None:
    data = (
        "<bpmn:extensionElements><camunda:formData><camunda:formField id='n' label='Number' type='long'/>"
        "<camunda:formField id='c' type='enum'><camunda:value id='r' name='Red'/></camunda:formField>"
        "</camunda:formData></bpmn:extensionElements>"
    )

    task = element(line(f"<bpmn:userTask id='a'>{data}</bpmn:userTask>")).user_task

    assert task is not None
    assert task.form is not None
    components = json.loads(task.form.embedded)["components"]
    assert [(c["type"], c["key"]) for c in components] == [("number", "n"), ("select", "c")]
    assert components[1]["values"] == [{"value": "r", "label": "Red"}]


def test_mappings_of_tasks_and_calls_are_read() -> None:
    inputs = (
        "<bpmn:extensionElements><camunda:inputOutput><camunda:inputParameter name='x'>${a + 1}"
        "</camunda:inputParameter><camunda:outputParameter name='y'><camunda:list><camunda:value>one"
        "</camunda:value></camunda:list></camunda:outputParameter></camunda:inputOutput></bpmn:extensionElements>"
    )
    call = (
        "<bpmn:extensionElements><camunda:in source='a' target='b'/><camunda:in businessKey='${key}'/>"
        "<camunda:out variables='all'/></bpmn:extensionElements>"
    )

    task = element(line(f"<bpmn:task id='a'>{inputs}</bpmn:task>"))
    called = element(line(f"<bpmn:callActivity id='a' calledElement='other'>{call}</bpmn:callActivity>"))

    assert [(text(m.source), m.target) for m in task.inputs] == [("=a + 1", "x")]
    assert [(text(m.source), m.target) for m in task.outputs] == [('=["one"]', "y")]
    assert called.called_element is not None
    assert (
        called.called_element.propagate_parent_variables,
        called.called_element.propagate_child_variables,
    ) == (
        False,
        True,
    )
    assert [(text(m.source), m.target) for m in called.inputs] == [("=a", "b")]


def test_decisions_scripts_loops_and_retries_are_mapped() -> None:
    rule = element(line("<bpmn:businessRuleTask id='a' camunda:decisionRef='d' camunda:resultVariable='r'/>"))
    script = element(
        line(
            "<bpmn:scriptTask id='a' scriptFormat='feel' camunda:resultVariable='r'>"
            "<bpmn:script>1 + 1</bpmn:script></bpmn:scriptTask>"
        )
    )
    loop = element(
        line(
            "<bpmn:serviceTask id='a' camunda:type='external' camunda:topic='t'><bpmn:extensionElements>"
            "<camunda:failedJobRetryTimeCycle>R5/PT1M</camunda:failedJobRetryTimeCycle></bpmn:extensionElements>"
            "<bpmn:multiInstanceLoopCharacteristics camunda:collection='items' camunda:elementVariable='i'/>"
            "</bpmn:serviceTask>"
        )
    )

    assert rule.called_decision is not None
    assert rule.called_decision.result_variable == "r"
    assert script.script is not None
    assert script.script.result_variable == "r"
    assert loop.multi_instance is not None
    assert text(loop.multi_instance.input_collection) == "=items"
    assert loop.job is not None
    assert loop.job.retries == "5"


@pytest.mark.parametrize(
    "task",
    [
        "<bpmn:serviceTask id='a' camunda:expression='${bean.run(execution)}'/>",
        "<bpmn:callActivity id='a' calledElement='x' camunda:variableMappingClass='M'/>",
        "<bpmn:callActivity id='a' calledElement='x' camunda:calledElementBinding='version'/>",
        "<bpmn:serviceTask id='a' camunda:class='C'><bpmn:extensionElements><camunda:field name='f'/>"
        "</bpmn:extensionElements></bpmn:serviceTask>",
        "<bpmn:serviceTask id='a' camunda:class='C'><bpmn:extensionElements><camunda:connector/>"
        "</bpmn:extensionElements></bpmn:serviceTask>",
        "<bpmn:task id='a'><bpmn:extensionElements><camunda:executionListener event='start'>"
        "<camunda:script/></camunda:executionListener></bpmn:extensionElements></bpmn:task>",
    ],
)
def test_what_has_no_equivalent_is_refused_with_the_reason(task: str) -> None:
    problem = read(line(task)).errors[0]

    assert (problem.element_id, problem.code) == ("a", "CAMUNDA_7_NO_EQUIVALENT")
    assert len(problem.message) > 30


def test_scripts_in_other_languages_are_refused() -> None:
    task = "<bpmn:scriptTask id='a' scriptFormat='groovy'><bpmn:script>1</bpmn:script></bpmn:scriptTask>"

    assert ("a", "SCRIPT_LANGUAGE") in errors(line(task))


def test_what_only_tunes_camunda_7_is_dropped() -> None:
    task = "<bpmn:task id='a' camunda:asyncBefore='true' camunda:exclusive='false'/>"

    assert read(line(task)).problems == ()
