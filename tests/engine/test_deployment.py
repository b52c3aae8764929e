"""Deploying: all files or none, versions by content, every problem at once."""

import json

import pytest

from engine import (
    SYSTEM,
    DeploymentRejected,
    PermissionDenied,
    ProcessDefinitionFilter,
    ProcessDefinitionNotFound,
    Resource,
    Severity,
)

from .diagrams import end, process, service_task, start, user_task


def simple(process_id="approval", label="Approve", **more):
    task = user_task("approve", groups="buyers")
    return process(process_id, start(), task, end(), flows="start>approve>end", name=label, **more)


def form(form_id="order", label="Amount"):
    schema = {
        "type": "default",
        "schemaVersion": 16,
        "id": form_id,
        "components": [{"type": "number", "key": "amount", "id": "f1", "label": label}],
    }
    return Resource(name=f"{form_id}.form", content=json.dumps(schema).encode())


DECISION = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="levels" name="Levels" namespace="t">
  <decision id="level" name="Level"><variable name="level" />
    <literalExpression><text>if amount &gt; 10 then "high" else "{low}"</text></literalExpression>
  </decision>
</definitions>"""


def decision(low="low"):
    return Resource(name="levels.dmn", content=DECISION.replace("{low}", low).encode())


def test_a_new_process_is_version_one_and_is_answered(engine, deploy):
    result = deploy(simple())

    (definition,) = result.processes
    assert (definition.process_id, definition.version, definition.name) == ("approval", 1, "Approve")
    assert definition.resource_name == "approval.bpmn"
    assert result.is_new(definition.key)
    assert engine.process_definition_source(definition.key) == simple().content
    assert engine.process_model(definition.key).process_id == "approval"


def test_an_unchanged_file_keeps_its_version_and_is_still_answered(deploy):
    first = deploy(simple(), form(), decision())

    again = deploy(simple(), form(), decision())

    assert again.processes == first.processes
    assert again.forms == first.forms
    assert again.decisions == first.decisions
    assert again.requirements == first.requirements
    assert again.key != first.key
    assert again.new_keys == frozenset()


def test_only_what_changed_gets_a_new_version(engine, deploy):
    deploy(simple(), form(), decision())

    result = deploy(simple(label="Approve it"), form(), decision("small"))

    assert result.processes[0].version == 2
    assert result.forms[0].version == 1
    assert result.decisions[0].version == 2
    assert engine.latest_process_definition("approval").version == 2


def test_an_earlier_content_deployed_again_is_the_newest_version(engine, deploy):
    deploy(simple(label="One"))
    deploy(simple(label="Two"))

    result = deploy(simple(label="One"))

    assert result.processes[0].version == 3


def test_a_wrong_file_undoes_the_whole_deployment_and_every_problem_is_told(engine, deploy):
    broken = process("broken", start(), user_task("approve"), end(), flows="start>approve>nowhere")
    wrong_xml = Resource(name="cut.bpmn", content=b"<bpmn:definitions")
    unknown = Resource(name="notes.txt", content=b"")

    with pytest.raises(DeploymentRejected) as rejected:
        deploy(simple(), broken, wrong_xml, unknown)

    files = {problem.file for problem in rejected.value.problems if problem.is_error}
    assert files == {"broken.bpmn", "cut.bpmn", "notes.txt"}
    with pytest.raises(ProcessDefinitionNotFound):
        engine.latest_process_definition("approval")


def test_nothing_to_deploy_is_refused(deploy):
    with pytest.raises(DeploymentRejected):
        deploy()


def test_one_process_id_in_two_files_is_refused(deploy):
    with pytest.raises(DeploymentRejected, match="approval"):
        deploy(simple(), simple(label="Other", file="other.bpmn"))


def test_two_files_of_one_name_are_refused(deploy):
    with pytest.raises(DeploymentRejected, match="DUPLICATE_FILE"):
        deploy(simple(), simple("other", file="approval.bpmn"))


def test_an_unknown_job_type_is_a_warning_with_its_element(deploy):
    task = service_task("send", "send-mial")

    result = deploy(process("mailing", start(), task, end(), flows="start>send>end"))

    warnings = [p for p in result.warnings if p.element_id == "send"]
    assert [w.severity for w in warnings] == [Severity.WARNING]
    assert "send-mial" in warnings[0].message


def test_a_draft_keeps_a_drawing_with_its_report_and_cannot_be_started(engine, deploy):
    drawn = process("idea", start(), user_task("think"), end(), flows="start>think")

    result = deploy(drawn, draft=True)

    assert result.processes[0].draft
    assert engine.process_definitions(by=SYSTEM).items == ()
    drafts = engine.process_definitions(ProcessDefinitionFilter(draft=True), by=SYSTEM)
    assert [d.process_id for d in drafts.items] == ["idea"]
    with pytest.raises(ProcessDefinitionNotFound):
        engine.start_process_instance("idea", by=SYSTEM)


def test_checking_tells_the_same_problems_and_changes_nothing(engine):
    broken = process("broken", start(), end(), flows="start>nowhere")

    problems = engine.check([broken])

    assert any(problem.is_error for problem in problems)
    assert engine.process_definitions(by=SYSTEM).total == 0


def test_bytes_that_were_deployed_once_are_known_in_any_version(engine, deploy):
    deploy(simple(label="One"))
    deploy(simple(label="Two"))

    assert engine.was_deployed(simple(label="One"))
    assert not engine.was_deployed(simple(label="Three"))


def test_deploying_needs_the_permission(engine, account):
    anna = account("anna", permissions=["start"])

    with pytest.raises(PermissionDenied, match="deploy"):
        engine.deploy([simple()], by=anna)


def test_a_deployment_leaves_a_line_in_the_trail(engine, deploy, admin):
    result = deploy(simple())

    from engine import AuditFilter

    (line,) = engine.audit(AuditFilter(action="deploy"), by=admin).items
    assert line.subject_key == str(result.key)
    assert line.details["new"] == ["approval.bpmn version 1"]


def test_a_decision_is_evaluated_outside_any_instance(engine, deploy, admin):
    deploy(decision())

    result = engine.evaluate_decision("level", variables={"amount": 11}, by=admin)

    assert result.output == "high"


def test_the_latest_versions_that_somebody_may_start_are_offered(engine, deploy, account):
    deploy(simple(), simple("secret", properties={"tenure:candidateStarters": "buyers"}))
    anna = account("anna", groups=["buyers"])
    bert = account("bert", permissions=["start"])

    assert {d.process_id for d in engine.startable_processes(by=anna)} == {"secret"}
    assert {d.process_id for d in engine.startable_processes(by=bert)} == {"approval"}
