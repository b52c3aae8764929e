"""The end of an outsourced service: noticed, handed over in parallel, closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine import SYSTEM, FourEyesViolation, ProcessInstance
from tasks.exit.records import AccessGrant
from tests.stories.company import Company
from tests.stories.scenes import in_force
from tests.stories.selection import approve

ITEMS = [
    {"kind": "knowledge", "title": "Runbook", "mandatory": True, "weight": 5},
    {"kind": "asset", "title": "Laptops", "mandatory": False, "weight": 2},
]


def begin(
    company: Company, trigger: str = "convenience", curable: bool = False, **engagement: Any
) -> ProcessInstance:
    contract = in_force(company, **engagement)
    return company.start(
        "exit_handover",
        "contract_manager",
        engagementId=contract["engagementId"],
        trigger=trigger,
        reason="as told",
        curable=curable,
    )


def freeze(company: Company) -> None:
    company.do("contract_manager", "freeze_plan", {"targetService": "insource", "items": ITEMS})


def hand_over(company: Company) -> None:
    """All items are handed over and accepted."""
    while "handover_item" in company.inbox():
        company.do("supplier_contact1", "handover_item", {"deliverable": "on the shelf"})
    while "accept_item" in company.inbox():
        company.do("service_owner", "accept_item", {}, outcome="accept")


def delete_data(company: Company) -> None:
    company.do(
        "supplier_contact1",
        "certify_deletion",
        {
            "deletionMethod": "overwrite",
            "deletionSystems": "all",
            "deletedOn": company.today.isoformat(),
            "deletionSigner": "Sam",
        },
    )
    company.do("dpo", "accept_deletion", {}, outcome="accept")


def settle(company: Company) -> None:
    company.do("finance", "final_settlement", {"settledAmount": "0", "settledOn": company.today.isoformat()})


def finish(company: Company) -> None:
    company.do("service_owner", "accept_transition", {"serviceStable": True})
    company.do("contract_manager", "lessons_learned", {"lessons": "plan earlier", "wouldUseAgain": "yes"})


def test_a_planned_exit_hands_over_in_parallel_and_closes_the_register(company: Company) -> None:
    leaving = begin(company)
    approve(company)
    freeze(company)
    assert company.inbox() == ["certify_deletion", "final_settlement", "handover_item", "handover_item"]

    settle(company)
    hand_over(company)
    delete_data(company)
    assert company.inbox() == []
    company.wait(days=91)
    finish(company)

    assert company.ended_at(leaving)[-1] == "closed"
    assert company.variables(leaving)["exitOutcome"] == "closed"
    assert str(company.variables(leaving)["readinessPct"]) == "100.00"
    assert company.incidents() == []


def test_an_item_is_sent_back_until_it_is_right(company: Company) -> None:
    begin(company)
    approve(company)
    freeze(company)
    company.do("supplier_contact1", "handover_item", {"deliverable": "half of it"})

    company.do("service_owner", "accept_item", {"rejectReason": "pages are missing"}, outcome="reject")

    again = [t for t in company.tasks() if t.element_id == "handover_item"]
    assert len(again) == 2
    shown = [company.engine.user_task_variables(t.key, by=SYSTEM) for t in again]
    assert [s.get("rejectReason") for s in shown].count("pages are missing") == 1


def test_whoever_hands_over_does_not_accept(company: Company) -> None:
    company.engine.add_to_group("supplier_contact1", "service_owner", by=SYSTEM)
    begin(company)
    approve(company)
    freeze(company)
    company.do("supplier_contact1", "handover_item", {"deliverable": "all"})

    with pytest.raises(FourEyesViolation):
        company.do("supplier_contact1", "accept_item", {}, outcome="accept")


def test_a_curable_breach_gets_thirty_days(company: Company) -> None:
    leaving = begin(company, "material_breach", curable=True)
    assert company.inbox() == []

    company.wait(days=29)
    assert company.inbox() == []
    company.wait(days=1, hours=1)

    assert company.inbox() == ["approve"]
    assert company.state(leaving) == "ACTIVE"


def test_a_cured_breach_ends_the_exit(company: Company) -> None:
    leaving = begin(company, "material_breach", curable=True)

    company.publish("cured", company.variables(leaving)["contractId"])

    assert company.ended_at(leaving)[-1] == "cured"
    assert company.variables(leaving)["exitOutcome"] == "cured"


def test_a_refused_exit_leaves_the_service_running(company: Company) -> None:
    leaving = begin(company)

    company.do("dept_head", "approve", {"comment": "not now"}, outcome="reject")

    assert company.variables(leaving)["exitOutcome"] == "refused"
    assert company.incidents() == []


def test_under_stress_we_step_in_first(company: Company) -> None:
    leaving = begin(company, "insolvency", criticality="critical")

    approve(company)

    assert "step_in" in company.passed(leaving)
    due = company.task("freeze_plan").due_at
    assert due is not None
    assert (due - company.clock.now()).days == 2


def test_access_is_revoked_by_hand_where_no_system_answers(company: Company) -> None:
    leaving = begin(company, "sanctions")
    grant(company, company.variables(leaving))
    approve(company)
    freeze(company)

    company.wait(hours=1)

    assert "revoke_manually" in company.inbox()
    company.do("infosec", "revoke_manually", {"allRevoked": True})
    assert "revoke_manually" not in company.inbox()
    assert company.incidents() == []


def grant(company: Company, variables: Mapping[str, Any]) -> None:
    now = company.clock.now()
    with company.engine.transaction(by=SYSTEM, action="grant access") as transaction:
        transaction.records.add(
            AccessGrant(
                engagement_id=variables["engagementId"],
                person="Sam",
                system="wiki",
                role="editor",
                granted_on=now.date(),
                created_at=now,
                created_by="story",
                updated_at=now,
            )
        )
