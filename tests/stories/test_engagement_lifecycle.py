"""The whole life of one outsourced service."""

from __future__ import annotations

from typing import Any

import pytest

from engine import FormInvalid, PermissionDenied, ProcessInstance
from tests.stories import selection as buy
from tests.stories import test_contract_approval as sign
from tests.stories import test_exit_handover as leave
from tests.stories import test_performance_review as measure
from tests.stories.company import Company

WISH = {
    "title": "Application maintenance",
    "serviceCategory": "it",
    "description": "We want to concentrate on our own products.",
    "serviceOwner": "service_owner",
    "targetStart": "2026-06-01",
    "estimatedAnnualCost": 1_300_000,
    "currency": "CNY",
    "supportsLicensedActivity": False,
    "impactOfFailure": "high",
    "rtoHours": 8,
    "substitutability": "medium",
    "dataClass": "none",
}


def begin(company: Company, **changes: Any) -> ProcessInstance:
    return company.start("engagement_lifecycle", "business_owner", **{**WISH, **changes})


def award(company: Company, prices: dict[str, object] | None = None) -> dict[str, int]:
    tender_id = buy.publish(company)
    company.engine.run_until_idle()
    found = buy.bids(company, tender_id, prices or {"A": 1_180_000, "B": 1_050_000, "C": 1_250_000}, "")
    buy.open_bids(company)
    buy.declare(company)
    buy.score(company)
    buy.open_prices(company)
    buy.award(company)
    return found


def conclude(company: Company) -> None:
    sign.draft(company)
    sign.review(company)
    if "plan_exit" in company.inbox():
        plan = {
            "targetService": "insource",
            "durationDays": 90,
            "cost": 100_000,
            "plannedScenario": "we take it back",
            "stressedScenario": "we take it back at once",
        }
        company.do("service_owner", "plan_exit", {"exitPlan": plan})
    buy.approve(company)
    sign.sign(company)


def test_from_the_wish_to_the_closed_register(company: Company) -> None:
    life = begin(company)
    assert company.variables(life)["criticality"] == "important"
    award(company)
    conclude(company)
    assert company.inbox() == []
    assert "operate" in company.passed(life)

    company.wait(days=31)
    assert company.inbox() == ["enter_measurements"] * 2
    measure.enter(company, measure.GOOD, by="contract_manager")
    measure.verify(company)
    company.wait(days=5, hours=1)
    measure.confirm(company)
    assert company.variables(life)["lastGrade"] == "A"

    company.publish(
        "exit_triggered",
        company.variables(life)["engagementId"],
        trigger="convenience",
        reason="we do it ourselves",
        curable=False,
        effectiveDate=None,
    )
    buy.approve(company)
    leave.freeze(company)
    leave.settle(company)
    while "handover_item" in company.inbox():
        company.do("contract_manager", "handover_item", {"deliverable": "on the shelf"})
    while "accept_item" in company.inbox():
        company.do("service_owner", "accept_item", {}, outcome="accept")
    company.do(
        "contract_manager",
        "certify_deletion",
        {
            "deletionMethod": "overwrite",
            "deletionSystems": "all",
            "deletedOn": company.today.isoformat(),
            "deletionSigner": "Sam",
        },
    )
    company.do("dpo", "accept_deletion", {}, outcome="accept")
    company.wait(days=200)
    leave.finish(company)

    assert company.ended_at(life)[-1] == "closed"
    assert company.state(life) == "COMPLETED"
    assert company.incidents() == []
    assert company.engine.next_due() is None


def test_no_award_is_decided_by_the_business_owner(company: Company) -> None:
    life = begin(company)
    tender_id = buy.publish(company)
    company.publish("tender_cancelled", tender_id, reason="wrong scope")
    assert company.inbox() == ["decide_next_step"]

    company.do("business_owner", "decide_next_step", {"nextStepReason": "once more"}, outcome="again")
    assert company.inbox() == ["prepare_tender"]
    tender_id = buy.publish(company)
    company.publish("tender_cancelled", tender_id, reason="wrong again")
    company.do("business_owner", "decide_next_step", {"nextStepReason": "we stop"}, outcome="stop")

    assert company.ended_at(life)[-1] == "cancelled"
    assert company.incidents() == []


def test_without_a_contract_the_award_goes_to_the_next_bid(company: Company) -> None:
    life = begin(company, impactOfFailure="low", rtoHours=100)
    found = award(company)
    assert company.variables(life)["winnerBidId"] == found["B"]
    sign.draft(company)
    sign.review(company)
    buy.approve(company)

    sign.sign(company, "declined")

    assert company.variables(life)["winnerBidId"] == found["A"]
    assert company.inbox() == ["draft_contract"]
    assert "revoke_award" in company.passed(life)
    conclude(company)
    assert "operate" in company.passed(life)
    assert company.incidents() == []


def test_a_refused_exit_goes_back_to_operation(company: Company) -> None:
    life = begin(company)
    award(company)
    conclude(company)
    company.publish(
        "exit_triggered",
        company.variables(life)["engagementId"],
        trigger="convenience",
        reason="an idea",
        curable=False,
        effectiveDate=None,
    )

    company.do("dept_head", "approve", {"comment": "no"}, outcome="reject")

    assert company.passed(life).count("operate") == 2
    assert company.state(life) == "ACTIVE"
    assert company.incidents() == []


def test_only_a_business_owner_starts_an_engagement(company: Company) -> None:
    with pytest.raises(PermissionDenied):
        company.start("engagement_lifecycle", "bid_opener1", **WISH)


def test_a_wish_without_a_title_or_with_a_past_start_is_refused(company: Company) -> None:
    with pytest.raises(FormInvalid) as refused:
        begin(company, title="", targetStart="2020-01-01")

    assert set(refused.value.errors) == {"title", "targetStart"}
