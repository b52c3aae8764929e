"""Who approves, in which order, and what happens when somebody may not or does not."""

from __future__ import annotations

import pytest

from engine import SYSTEM, FormInvalid, FourEyesViolation, PermissionDenied
from tests.stories.company import Company


def ask(company: Company, amount: int = 150_000, criticality: str = "standard", **more):
    return company.run(
        "approval_chain",
        docType="tender",
        docId=7,
        docTitle="Cleaning of the office",
        criticality=criticality,
        amountCny=amount,
        **more,
    )


def levels(company: Company) -> list[str]:
    return [group for task in company.tasks() for group in task.candidate_groups]


def test_a_small_amount_needs_one_level(company: Company) -> None:
    chain = ask(company)

    assert levels(company) == ["dept_head"]
    company.do("dept_head", "approve", {"comment": "fine"}, outcome="approve")

    assert company.ended_at(chain)[-1] == "approved"
    assert company.variables(chain)["decision"] == "approve"


def test_a_large_critical_amount_goes_up_level_by_level(company: Company) -> None:
    chain = ask(company, 12_000_000, "critical", termMonths=48)
    order = []

    while company.tasks():
        (level,) = levels(company)
        order.append(level)
        company.do(level, "approve", {"comment": ""}, outcome="approve")

    assert order == ["cfo", "dept_head", "cpo", "cro", "ceo", "outsourcing_committee"]
    assert [step["decision"] for step in company.variables(chain)["trail"]] == ["approve"] * 6
    assert company.state(chain) == "COMPLETED"


@pytest.mark.parametrize(("outcome", "end"), [("return", "returned"), ("reject", "rejected")])
def test_a_return_or_a_reject_ends_the_chain(company: Company, outcome: str, end: str) -> None:
    chain = ask(company, 5_000_000)
    company.do("dept_head", "approve", {}, outcome="approve")

    company.do("cpo", "approve", {"comment": "too dear"}, outcome=outcome)

    assert company.ended_at(chain)[-1] == end
    assert company.variables(chain)["trail"][1]["comment"] == "too dear"
    assert company.tasks() == []


def test_a_return_needs_a_reason(company: Company) -> None:
    ask(company)

    with pytest.raises(FormInvalid):
        company.do("dept_head", "approve", {"comment": ""}, outcome="return")

    assert company.inbox() == ["approve"]


def test_somebody_of_another_level_may_not_approve(company: Company) -> None:
    ask(company)

    with pytest.raises(PermissionDenied):
        company.do("cfo", "approve", {}, outcome="approve")


def test_nobody_approves_two_levels(company: Company) -> None:
    company.engine.add_to_group("dept_head", "cpo", by=SYSTEM)
    ask(company, 500_000)
    company.do("dept_head", "approve", {}, outcome="approve")

    with pytest.raises(FourEyesViolation):
        company.do("dept_head", "approve", {}, outcome="approve")

    company.do("cpo", "approve", {}, outcome="approve")
    assert company.tasks() == []


def test_a_level_without_anybody_eligible_is_skipped_and_the_next_takes_it(company: Company) -> None:
    chain = ask(company, 500_000, excluded=["dept_head"])

    assert levels(company) == ["cpo"]
    company.do("cpo", "approve", {}, outcome="approve")

    assert [step["decision"] for step in company.variables(chain)["trail"]] == ["skipped", "approve"]
    assert company.ended_at(chain)[-1] == "approved"


def test_nobody_at_the_last_level_is_an_incident_and_never_an_approval(company: Company) -> None:
    chain = ask(company, excluded=["dept_head"])

    assert company.state(chain) == "ACTIVE"
    assert any("NO_ELIGIBLE_APPROVER" in message for message in company.incidents())


def test_a_late_level_is_marked_and_still_decides(company: Company) -> None:
    chain = ask(company)

    company.wait(days=4, hours=1)

    assert "late_marked" in company.ended_at(chain)
    assert levels(company) == ["dept_head"]
    company.do("dept_head", "approve", {}, outcome="approve")
    assert company.state(chain) == "COMPLETED"
