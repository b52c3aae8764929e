"""One period of a contract: measured by two hands, scored, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine import SYSTEM, FourEyesViolation, ProcessInstance, UserTaskNotFound
from tests.stories.company import Company
from tests.stories.scenes import in_force

GOOD = {"availability": ("9995", "10000"), "p1_resolution_h": ("4", "1")}
FAIR = {"availability": ("9960", "10000"), "p1_resolution_h": ("5", "1")}
BAD = {"availability": ("9700", "10000"), "p1_resolution_h": ("20", "1")}
Readings = Mapping[str, tuple[str, str]]


def begin(company: Company, period: str = "2026-04", **more: Any) -> ProcessInstance:
    contract = in_force(company)
    return again(company, contract["contractId"], period, **more)


def again(company: Company, contract_id: int, period: str, **more: Any) -> ProcessInstance:
    return company.run("performance_review", contractId=contract_id, period=period, **more)


def enter(company: Company, readings: Readings, by: str = "supplier_contact1") -> None:
    """The supplier enters one reading after the other."""

    def reading(shown: Mapping[str, Any]) -> Mapping[str, Any]:
        numerator, denominator = readings[shown["kpi"]["code"]]
        return {"numerator": numerator, "denominator": denominator}

    while "enter_measurements" in company.inbox():
        company.do(by, "enter_measurements", reading)


def verify(company: Company, **corrections: tuple[str, str]) -> None:
    def form(shown: Mapping[str, Any]) -> Mapping[str, Any]:
        rows = []
        for row in shown["measurements"]:
            numerator, denominator = corrections.get(row["code"], (row["numerator"], row["denominator"]))
            rows.append(
                {
                    "numerator": numerator,
                    "denominator": denominator,
                    "missingCause": row["missingCause"],
                    "correctionReason": "checked" if row["code"] in corrections else "",
                }
            )
        return {"measurements": rows, "invoiceAmount": 100_000}

    company.do("service_owner", "verify_measurements", form)


def confirm(company: Company, by: str = "contract_manager", **changes: str) -> None:
    company.do(
        by,
        "decide_consequence",
        lambda shown: {
            "consequence": shown["verdict"]["consequence"],
            "newOrders": shown["verdict"]["newOrders"],
            **changes,
        },
    )


def test_a_good_period_is_praised(company: Company) -> None:
    review = begin(company)
    enter(company, GOOD)
    verify(company)
    company.wait(days=5, hours=1)
    confirm(company)

    found = company.variables(review)
    assert (str(found["weightedScore"]), found["grade"], found["consequence"]) == ("100.00", "A", "PRAISE")
    assert company.ended_at(review)[-1] == "reviewed"
    assert company.incidents() == []


def test_a_bad_period_costs_service_credits_and_goes_to_the_cpo(company: Company) -> None:
    review = begin(company)
    enter(company, BAD)
    verify(company)
    company.wait(days=5, hours=1)

    found = company.variables(review)
    assert (str(found["weightedScore"]), found["grade"]) == ("0.00", "D")
    assert found["total"] > 0
    assert company.task("decide_consequence").candidate_groups == ("cpo",)


def test_what_is_not_entered_counts_as_missing_through_the_supplier(company: Company) -> None:
    review = begin(company)

    company.wait(days=10, hours=1)

    assert company.inbox() == ["verify_measurements"]
    assert {m["missingCause"] for m in company.variables(review)["measurements"]} == {"supplier"}


def test_another_supplier_does_not_see_the_readings(company: Company) -> None:
    begin(company)
    company.engine.create_user("stranger", "Stranger", by=SYSTEM, groups=["supplier_contact"])

    with pytest.raises(UserTaskNotFound):
        enter(company, GOOD, by="stranger")


def test_whoever_entered_does_not_verify(company: Company) -> None:
    company.engine.add_to_group("supplier_contact1", "service_owner", by=SYSTEM)
    begin(company)
    enter(company, GOOD)

    with pytest.raises(FourEyesViolation):
        company.do("supplier_contact1", "verify_measurements", {})


def test_a_corrected_reading_is_scored_anew(company: Company) -> None:
    review = begin(company)
    enter(company, BAD)

    verify(company, availability=GOOD["availability"])

    assert str(company.variables(review)["weightedScore"]) == "60.00"


def test_a_dispute_may_lead_to_one_recalculation(company: Company) -> None:
    review = begin(company)
    enter(company, FAIR)
    verify(company)
    review_id = company.variables(review)["reviewId"]

    company.publish("result_disputed", review_id, disputeReason="you counted a holiday")
    company.do(
        "contract_manager", "dispute_result", {"disputeAnswer": "we look again"}, outcome="recalculate"
    )
    verify(company, availability=GOOD["availability"])
    company.publish("result_disputed", review_id, disputeReason="once more")
    company.do("contract_manager", "dispute_result", {"disputeAnswer": "no"}, outcome="recalculate")

    assert company.inbox() == ["decide_consequence"]
    assert str(company.variables(review)["weightedScore"]) == "92.00"


def test_a_formal_review_holds_a_meeting(company: Company) -> None:
    review = begin(company, formalCycle="P1M")
    enter(company, FAIR)
    verify(company)
    company.wait(days=5, hours=1)
    assert company.inbox() == ["hold_review_meeting"]

    company.do(
        "contract_manager",
        "hold_review_meeting",
        {
            "attendees": "all",
            "minutes": "we talked",
            "actions": [{"what": "more staff", "owner": "supplier", "due": "2026-06-01"}],
        },
    )
    confirm(company)

    assert company.ended_at(review)[-1] == "reviewed"


def test_a_period_is_reviewed_once(company: Company) -> None:
    contract = in_force(company)
    again(company, contract["contractId"], "2026-04")

    second = again(company, contract["contractId"], "2026-04")

    assert company.ended_at(second) == ["nothing_to_do"]


def test_two_bad_periods_lead_to_an_exit_review(company: Company) -> None:
    contract = in_force(company)
    for period in ("2026-04", "2026-05"):
        review = again(company, contract["contractId"], period)
        enter(company, BAD)
        verify(company)
        company.wait(days=5, hours=1)
        confirm(company, by="cpo")
    assert company.variables(review)["grade"] == "E"
    assert company.inbox() == ["review_exit"]

    company.do("outsourcing_committee", "review_exit", {"exitReason": "no hope"}, outcome="exit")

    assert company.ended_at(review)[-1] == "exit_triggered"
    assert company.incidents() == []
