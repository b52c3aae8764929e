"""From an award to a contract in force, or to its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine import SYSTEM, FourEyesViolation, ProcessInstance
from tests.stories.company import Company
from tests.stories.scenes import KPIS, awarded, terms
from tests.stories.selection import approve


def clauses(shown: Mapping[str, Any], **statuses: str) -> list[dict[str, Any]]:
    """Every clause is there, but for those named."""
    return [
        {**row, "status": statuses.get(row["clause"], "present"), "textRef": "§ 1", "waivedBy": ""}
        for row in shown["clauses"]
    ]


def begin(company: Company, **engagement: Any) -> ProcessInstance:
    award_id = awarded(company, **engagement)
    return company.start("contract_approval", "contract_manager", awardId=award_id)


def draft(company: Company, missing: str = "", **changes: Any) -> None:
    statuses = {missing: "missing"} if missing else {}
    company.do(
        "contract_manager",
        "draft_contract",
        lambda shown: {
            "terms": terms(company, **changes),
            "kpis": KPIS,
            "clauses": clauses(shown, **statuses),
        },
    )


def review(company: Company, missing: str = "", outcome: str = "approve") -> None:
    statuses = {missing: "missing"} if missing else {}
    company.do(
        "legal",
        "legal_review",
        lambda shown: {"clauses": clauses(shown, **statuses), "legalComment": "see the list"},
        outcome=outcome,
    )
    while "specialist_review" in company.inbox():
        (group,) = company.task("specialist_review").candidate_groups
        company.do(group, "specialist_review", {}, outcome="approve")


def negotiate(company: Company) -> None:
    company.do(
        "contract_manager",
        "negotiate_clauses",
        lambda shown: {"clauses": clauses(shown), "negotiationNotes": "they agree"},
    )


def sign(company: Company, outcome: str = "signed", **form: Any) -> None:
    typed = {
        "signedOn": company.today.isoformat(),
        "ourSignatory": "Olga",
        "supplierSignatory": "Sam",
        "declineReason": "too late",
        **form,
    }
    company.do("contract_manager", "upload_signed", typed, outcome=outcome)


def test_a_contract_is_drafted_reviewed_approved_and_signed(company: Company) -> None:
    contract = begin(company)
    draft(company)
    review(company)
    approve(company)
    sign(company)

    assert company.ended_at(contract)[-1] == "active"
    assert company.variables(contract)["renewalDates"]
    assert company.incidents() == []


def test_who_reviews_follows_from_data_and_criticality(company: Company) -> None:
    begin(company, dataClass="personal", criticality="critical")
    draft(company)

    specialists = {
        g for t in company.tasks() if t.element_id == "specialist_review" for g in t.candidate_groups
    }

    assert specialists == {"finance", "service_owner", "infosec", "dpo", "risk"}


def test_a_missing_clause_is_negotiated_with_the_supplier(company: Company) -> None:
    contract = begin(company)
    draft(company, missing="LIABILITY")
    review(company, missing="LIABILITY")
    assert [gap["clause"] for gap in company.variables(contract)["gaps"]] == ["LIABILITY"]
    assert company.inbox() == ["negotiate_clauses"]
    negotiate(company)
    assert company.inbox() == []

    company.publish("supplier_comments", company.variables(contract)["contractId"], supplierComments="agreed")

    assert set(company.inbox()) == {"legal_review", "specialist_review"}
    review(company)
    assert company.inbox() == ["approve"]


def test_a_silent_supplier_does_not_stop_the_negotiation(company: Company) -> None:
    begin(company)
    draft(company)
    review(company, outcome="return")
    negotiate(company)

    company.wait(days=10, hours=1)

    assert set(company.inbox()) == {"legal_review", "specialist_review"}


def test_after_five_rounds_the_negotiation_has_failed(company: Company) -> None:
    contract = begin(company)
    draft(company)
    for _ in range(4):
        review(company, outcome="return")
        negotiate(company)
        company.wait(days=11)

    review(company, outcome="return")

    assert company.ended_at(contract)[-1] == "negotiation_failed"
    assert company.state(contract) == "COMPLETED"
    assert company.incidents() == []


def test_terms_that_break_a_rule_go_back_to_the_draft(company: Company) -> None:
    contract = begin(company)
    draft(company, endDate=company.today.replace(year=2020).isoformat())
    review(company)

    assert company.inbox() == ["draft_contract"]
    assert company.variables(contract)["contractProblems"]


def test_legal_does_not_review_what_legal_drafted(company: Company) -> None:
    company.engine.add_to_group("contract_manager", "legal", by=SYSTEM)
    begin(company)
    draft(company)

    with pytest.raises(FourEyesViolation):
        company.do("contract_manager", "legal_review", {}, outcome="approve")


def test_the_drafter_does_not_approve(company: Company) -> None:
    company.engine.add_to_group("contract_manager", "dept_head", by=SYSTEM)
    begin(company)
    draft(company)
    review(company)

    with pytest.raises(FourEyesViolation):
        company.do("contract_manager", "approve", {}, outcome="approve")


@pytest.mark.parametrize(("outcome", "end"), [("return", None), ("reject", "contract_rejected")])
def test_approvers_may_return_or_reject(company: Company, outcome: str, end: str | None) -> None:
    contract = begin(company)
    draft(company)
    review(company)

    company.do("dept_head", "approve", {"comment": "no"}, outcome=outcome)

    if end:
        assert company.ended_at(contract)[-1] == end
    else:
        assert company.inbox() == ["draft_contract"]


@pytest.mark.parametrize("silent", [True, False])
def test_without_a_signature_the_contract_is_given_up(company: Company, silent: bool) -> None:
    contract = begin(company)
    draft(company)
    review(company)
    approve(company)

    if silent:
        company.wait(days=14, hours=1)
    else:
        sign(company, "declined")

    assert company.ended_at(contract)[-1] == "signature_declined"
    assert company.incidents() == []


def test_a_signature_of_tomorrow_is_refused(company: Company) -> None:
    contract = begin(company)
    draft(company)
    review(company)
    approve(company)

    sign(company, signedOn=company.today.replace(year=company.today.year + 1).isoformat())

    assert company.inbox() == ["upload_signed"]
    assert "has not come yet" in company.variables(contract)["activationProblem"]
