"""Approvals that are under way go on under a version with one more step."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from engine import SYSTEM, FourEyesViolation, ProcessDefinition, Resource
from tests.stories.company import Company

SOURCE = Path(__file__).parents[2] / "processes" / "approval_chain" / "approval_chain.bpmn"
SIGN_OFF = """<bpmn:userTask id="sign_off" name="Sign off">
      <bpmn:extensionElements>
        <zeebe:userTask />
        <zeebe:assignmentDefinition candidateGroups="ceo,dept_head" />
        <zeebe:properties>
          <zeebe:property name="tenure:excludeActorsOf" value="approve" />
        </zeebe:properties>
      </bpmn:extensionElements>
      <bpmn:incoming>flow_decided_to_approved</bpmn:incoming>
      <bpmn:outgoing>flow_sign_off_to_approved</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="flow_sign_off_to_approved" sourceRef="sign_off" targetRef="approved" />
    """


@pytest.fixture
def signed_off(company: Company) -> ProcessDefinition:
    """Version 2 of `approval_chain`: what is approved must be signed off by somebody else."""
    text = SOURCE.read_text()
    text = text.replace(
        'sourceRef="decided" targetRef="approved"', 'sourceRef="decided" targetRef="sign_off"'
    )
    before, after = text.split('<bpmn:endEvent id="approved"')
    after = after.replace("flow_decided_to_approved</", "flow_sign_off_to_approved</", 1)
    text = before + SIGN_OFF + '<bpmn:endEvent id="approved"' + after
    deployed = company.engine.deploy([Resource(name=SOURCE.name, content=text.encode())], by=SYSTEM)
    return deployed.processes[0]


def test_an_approval_under_way_is_signed_off_at_last(
    company: Company, request: pytest.FixtureRequest
) -> None:
    chain = company.run(
        "approval_chain",
        docType="tender",
        docId=7,
        docTitle="Cleaning of the office",
        criticality="standard",
        amountCny=5_000_000,
    )
    company.do("dept_head", "approve", {"comment": "fine"}, outcome="approve")
    late = company.engine.next_due()
    assert late is not None
    company.wait(days=1)
    target: ProcessDefinition = request.getfixturevalue("signed_off")

    plan = company.engine.migrate_process_instance(chain.key, target.key, by=SYSTEM)

    assert [(e.element_id, e.count) for e in plan.elements] == [("level_review", 1), ("approve", 1)]
    assert {event.event_id for event in plan.kept} == {"late"}
    company.wait_until(late - timedelta(seconds=1))
    assert "late_marked" not in company.ended_at(chain)
    company.wait(seconds=1)
    assert company.ended_at(chain).count("late_marked") == 1
    while company.inbox() == ["approve"]:
        (level,) = company.task("approve").candidate_groups
        company.do(level, "approve", {"comment": "well"}, outcome="approve")
    assert company.inbox() == ["sign_off"]
    with pytest.raises(FourEyesViolation):
        company.do("dept_head", "sign_off")
    company.do("ceo", "sign_off")
    assert company.state(chain) == "COMPLETED"
    assert company.ended_at(chain)[-1] == "approved"
    assert {step["decision"] for step in company.variables(chain)["trail"]} == {"approve"}
    assert company.variables(chain)["trail"][0]["level"] == "dept_head"
    assert company.variables(chain)["decision"] == "approve"
    assert company.incidents() == []
