"""The service steps of contract approval."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from sqlalchemy import select

from engine import BpmnError
from tasks.contract.lookups import active_kpis, clause_checks
from tasks.contract.records import Contract, ContractState
from tasks.dates import add_months, add_period, months_between, working_day_before
from tasks.engagement.records import Engagement, EngagementState
from tasks.exit.records import ExitPlan
from tests.tasks.signed import CLAUSES, KPIS, REQUIRED, awarded, check, signed, terms


@pytest.fixture
def draft(desk):
    return desk.run("contract.create", awardId=awarded(desk))


def refuse(desk, code, **variables):
    with pytest.raises(BpmnError) as refused:
        desk.run("contract.activate", **variables)
    assert refused.value.code == code
    assert refused.value.variables["activationProblem"]


def test_a_draft_starts_from_the_award_and_says_what_the_tables_ask(desk, draft):
    assert draft["contractNumber"] == "CT-2026-0001"
    assert (draft["supplierName"], draft["amountCny"]) == ("Supplier A", D("1200000.00"))
    assert (draft["criticality"], draft["dataClass"], draft["method"]) == (
        "important",
        "personal",
        "open_tender",
    )
    assert draft["ict"] is True
    assert draft["exitPlanRequired"] is False
    assert draft["terms"]["value"] == D("1200000.00")
    assert sum(kpi["weight"] for kpi in draft["kpis"]) == 1
    assert desk.records.get(Engagement, draft["engagementId"]).state == EngagementState.CONTRACTING


def test_an_exit_plan_is_asked_for_until_one_is_approved(desk):
    award_id = awarded(desk)
    desk.records.scalar(select(Engagement)).exit_plan_required = True

    first = desk.run("contract.create", awardId=award_id)
    check(desk, first["contractId"])
    desk.run(
        "contract.activate",
        contractId=first["contractId"],
        signedOn="2026-03-27",
        ourSignatory="Olga",
        supplierSignatory="Sam",
        exitPlan={
            "mode": "stressed",
            "targetService": "insource",
            "durationDays": 90,
            "cost": D(5),
            "plannedScenario": "x",
            "stressedScenario": "y",
        },
    )

    plan = desk.records.scalar(select(ExitPlan))
    assert first["exitPlanRequired"] is True
    assert (plan.state, plan.mode, plan.approved_on) == ("approved", "stressed", date(2026, 3, 27))


def test_a_complete_draft_has_no_gaps_and_is_kept(desk, draft):
    checked = check(desk, draft["contractId"])

    assert checked == {
        "gaps": [],
        "round": 1,
        "amountCny": D("1200000.00"),
        "termMonths": 12,
        "mandatoryDeviations": 0,
        "unlimitedLiability": True,
    }
    contract = desk.records.get(Contract, draft["contractId"])
    assert (contract.state, contract.end) == (ContractState.REVIEW, date(2027, 3, 31))
    assert [kpi.code for kpi in active_kpis(desk.records, contract.id)] == [k["code"] for k in KPIS]
    assert {c.clause for c in clause_checks(desk.records, contract.id)} == {c["clause"] for c in REQUIRED}


def test_a_missing_mandatory_clause_is_a_deviation_and_a_recommended_one_only_a_gap(desk, draft):
    clauses = [{"clause": "STEP_IN", "status": "deviation"}]

    checked = check(desk, draft["contractId"], clauses=clauses)

    assert checked["gaps"] == [
        {"clause": "SCOPE", "level": "M", "status": "missing"},
        {"clause": "STEP_IN", "level": "M", "status": "deviation"},
        {"clause": "IP_OWNERSHIP", "level": "R", "status": "missing"},
    ]
    assert checked["mandatoryDeviations"] == 2
    assert desk.records.get(Contract, draft["contractId"]).state == ContractState.NEGOTIATION


def test_every_check_is_a_round(desk, draft):
    rounds = [check(desk, draft["contractId"], clauses=c)["round"] for c in ([], CLAUSES[:1], CLAUSES)]

    assert rounds == [1, 2, 3]


def test_the_draft_cannot_lower_the_level_of_a_clause(desk, draft):
    clauses = [{"clause": "SCOPE", "level": "R", "status": "missing"}, *CLAUSES[1:]]

    assert check(desk, draft["contractId"], clauses=clauses)["mandatoryDeviations"] == 1


def test_all_that_is_wrong_with_a_draft_is_told_at_once(desk, draft):
    kpis = [{**KPIS[0], "weight": D("0.5")}, *KPIS[1:]]

    with pytest.raises(BpmnError) as refused:
        check(
            desk,
            draft["contractId"],
            terms=terms(atRiskPct=D("0.25"), endDate="2026-01-01"),
            kpis=kpis,
            clauses=[{"clause": "SCOPE", "status": "waived"}],
        )

    problems = refused.value.variables["contractProblems"]
    assert refused.value.code == "CONTRACT_INVALID"
    assert len(problems) == 4
    assert any("general counsel" in p for p in problems)
    assert any("sum to 1" in p for p in problems)


def test_a_kpi_that_is_left_out_becomes_inactive(desk, draft):
    check(desk, draft["contractId"])

    check(desk, draft["contractId"], kpis=[{**KPIS[0], "weight": D(1), "target": D("99.95")}])

    kpis = active_kpis(desk.records, draft["contractId"])
    assert [(k.code, k.target, k.weight) for k in kpis] == [("availability", D("99.95"), D(1))]


def test_signed_by_both_the_contract_is_in_force_and_its_notice_days_are_known(desk, draft):
    check(desk, draft["contractId"])

    activated = desk.run(
        "contract.activate",
        contractId=draft["contractId"],
        signedOn="2026-03-27",
        ourSignatory="Olga",
        supplierSignatory="Sam",
    )

    assert activated == {"renewalDates": ["2026-10-02", "2026-12-31"]}
    assert desk.records.get(Contract, draft["contractId"]).state == ContractState.ACTIVE


@pytest.mark.parametrize(
    "changes",
    [{"ourSignatory": ""}, {"supplierSignatory": None}, {"signedOn": None}, {"signedOn": "2026-03-28"}],
)
def test_without_both_signatures_it_is_not(desk, draft, changes):
    check(desk, draft["contractId"])
    given = {"signedOn": "2026-03-27", "ourSignatory": "Olga", "supplierSignatory": "Sam", **changes}

    refuse(desk, "MISSING_SIGNATURE", contractId=draft["contractId"], **given)


def test_a_gap_in_a_mandatory_clause_keeps_it_out_of_force(desk, draft):
    check(desk, draft["contractId"], clauses=CLAUSES[1:])

    refuse(
        desk,
        "CLAUSE_GAP",
        contractId=draft["contractId"],
        signedOn="2026-03-27",
        ourSignatory="Olga",
        supplierSignatory="Sam",
    )


def test_a_late_signature_is_noted_in_the_timeline(desk):
    signed(desk, terms=terms(startDate="2026-01-01"))

    assert any("more than 30 days after the start" in line for line in desk.log)


def test_a_contract_given_up_sends_the_engagement_back_to_sourcing(desk, draft):
    desk.run("contract.abandon", contractId=draft["contractId"], reason="declined")

    contract = desk.records.get(Contract, draft["contractId"])
    assert (contract.state, contract.end_reason, contract.end_note) == ("terminated", "abandoned", "declined")
    assert desk.records.get(Engagement, draft["engagementId"]).state == EngagementState.SOURCING


@pytest.mark.parametrize(
    ("day", "before"),
    [("2026-10-02", "2026-10-02"), ("2026-10-03", "2026-10-02"), ("2026-10-04", "2026-10-02")],
)
def test_a_notice_deadline_on_a_weekend_moves_back_to_friday(day, before):
    assert working_day_before(date.fromisoformat(day)) == date.fromisoformat(before)


def test_months_are_counted_as_contracts_count_them():
    assert months_between(date(2026, 1, 1), date(2026, 12, 31)) == 12
    assert months_between(date(2026, 1, 15), date(2026, 2, 14)) == 1
    assert months_between(date(2015, 9, 23), date(2016, 12, 31)) == 16
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_period(date(2026, 1, 31), "P1Y1M1D") == date(2027, 3, 1)
    with pytest.raises(ValueError, match="no period"):
        add_period(date(2026, 1, 31), "soon")
