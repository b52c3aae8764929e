"""A supplier is selected: sealed bids, two openers, a panel without conflicts, prices last."""

from __future__ import annotations

import pytest

from engine import SYSTEM, FourEyesViolation, IncidentFilter
from tests.stories import selection as buy
from tests.stories.company import Company

PORTLAND = {"A": "911020.00", "B": "1236869.00", "C": "1314785.00"}
"""Solicitation 2024-10519 of the Port of Portland (workbook of 2026-01-26)."""

EXAMPLE = {"A": 1_180_000, "B": 1_050_000, "C": 980_000, "D": 1_320_000}
EXAMPLE_SCORES = {
    "A": {"technical": 92, "service": 90, "commercial": 95},
    "B": {"technical": 88, "service": 85, "commercial": 90},
    "C": {"technical": 71, "service": 80, "commercial": 85},
    "D": buy.GOOD,
}


def test_the_best_bid_of_a_real_solicitation_wins(company: Company) -> None:
    selection = buy.begin(company, budget=1_490_473)
    tender_id = buy.publish(company, budget=1_490_473, ceilingPrice=1_490_473, shouldCost=1_490_473)
    handed_in = buy.bids(company, tender_id, PORTLAND)
    buy.open_bids(company)
    buy.declare(company)
    buy.score(company)
    buy.open_prices(company)

    found = company.variables(selection)
    assert [(place["bidder"], str(place["priceScore"])) for place in found["ranking"]] == [
        ("A", "100.00"),
        ("B", "73.66"),
        ("C", "69.29"),
    ]
    flags = {bid["bidder"]: [flag["flag"] for flag in bid["flags"]] for bid in found["lowBidFlags"]}
    assert flags["A"] == ["MEAN_90", "SHOULD_COST_90"]

    buy.award(company)

    assert company.ended_at(selection)[-1] == "awarded"
    assert company.variables(selection)["winnerBidId"] == handed_in["A"]
    assert company.incidents() == []


def test_the_technical_threshold_comes_before_the_price(company: Company) -> None:
    selection, tender_id = buy.published(company)
    handed_in = buy.bids(company, tender_id, EXAMPLE)
    buy.open_bids(company)
    buy.declare(company)

    buy.score(company, EXAMPLE_SCORES)
    assert company.variables(selection)["bidsLeft"] == 3
    buy.open_prices(company)

    ranking = company.variables(selection)["ranking"]
    assert [place["bidder"] for place in ranking] == ["B", "A"]
    assert str(company.variables(selection)["basePrice"]) == "1050000.00"
    buy.award(company)
    assert company.variables(selection)["winnerBidId"] == handed_in["B"]
    assert company.ended_at(selection)[-1] == "awarded"


def test_a_broken_rule_goes_back_to_the_sourcing_manager_with_the_list(company: Company) -> None:
    selection = buy.begin(company)

    buy.prepare(company, ceilingPrice=2_000_000, bondAmount=900_000)

    assert company.inbox() == ["prepare_tender"]
    assert len(company.variables(selection)["tenderProblems"]) == 2
    buy.prepare(company)
    assert company.variables(selection)["tenderProblems"] == []
    assert set(company.inbox()) == {"review_tender"}


def test_a_reviewer_and_an_approver_may_send_the_tender_back(company: Company) -> None:
    buy.begin(company, dataClass="personal")
    buy.prepare(company)
    assert company.inbox() == ["review_tender"] * 3

    company.do("infosec", "review_tender", {"comment": "where is the data?"}, outcome="return")
    buy.review(company)
    assert company.inbox() == ["prepare_tender"]

    buy.prepare(company)
    buy.review(company)
    company.do("dept_head", "approve", {"comment": "too large"}, outcome="return")
    assert company.inbox() == ["prepare_tender"]


def test_the_fourth_return_ends_the_tender_without_an_award(company: Company) -> None:
    selection = buy.begin(company)
    for _ in range(4):
        buy.prepare(company)
        buy.review(company)
        company.do("dept_head", "approve", {"comment": "no"}, outcome="return")

    assert company.ended_at(selection)[-1] == "not_awarded"
    assert company.state(selection) == "COMPLETED"
    assert company.incidents() == []


def test_bids_are_opened_by_two_different_people_who_did_not_write_the_tender(company: Company) -> None:
    company.engine.add_to_group("sourcing_manager", "bid_opener", by=SYSTEM)
    _, tender_id = buy.published(company)
    buy.bids(company, tender_id, PORTLAND)
    company.wait(days=26)

    with pytest.raises(FourEyesViolation):
        company.do("sourcing_manager", "confirm_opening_1", {"sealsIntact": True})
    company.do("bid_opener1", "confirm_opening_1", {"sealsIntact": True})
    with pytest.raises(FourEyesViolation):
        company.do("bid_opener1", "confirm_opening_2", {"sealsIntact": True})

    assert company.inbox() == ["confirm_opening_2"]


def test_whoever_has_a_conflict_or_keeps_silent_is_replaced(company: Company) -> None:
    selection, tender_id = buy.published(company)
    buy.bids(company, tender_id, PORTLAND)
    buy.open_bids(company)
    first = [task.assignee for task in company.tasks()]
    assert len(first) == 3
    conflicted, silent, fine = first

    company.do(str(conflicted), "declare_conflict", {"coi": "declared", "relation": "owner"})
    company.do(str(fine), "declare_conflict", {"coi": "none"})
    company.wait(days=2, hours=1)

    replaced = {task.assignee for task in company.tasks()}
    assert company.inbox() == ["declare_conflict"] * 2
    assert not replaced & set(first)
    buy.declare(company)
    panel = set(company.variables(selection)["panel"])
    assert panel == replaced | {fine}
    assert silent not in panel


def test_too_few_bids_are_tendered_once_more(company: Company) -> None:
    selection, tender_id = buy.published(company)
    buy.bids(company, tender_id, {"A": 900_000})
    buy.open_bids(company)
    assert company.variables(selection)["round"] == 2
    buy.bids(company, tender_id, PORTLAND)

    buy.open_bids(company)

    assert company.inbox() == ["declare_conflict"] * 3
    assert len(company.variables(selection)["bids"]) == 3


def test_no_bid_twice_ends_without_an_award(company: Company) -> None:
    selection, _ = buy.published(company)
    buy.open_bids(company)

    buy.open_bids(company)

    assert company.ended_at(selection)[-1] == "not_awarded"
    assert company.incidents() == []


def test_one_bid_twice_may_be_negotiated_when_that_is_approved(company: Company) -> None:
    selection, tender_id = buy.published(company)
    buy.open_bids(company)
    buy.bids(company, tender_id, {"A": 1_250_000})
    buy.open_bids(company)
    assert company.inbox() == ["approve"]

    buy.approve(company)
    buy.declare(company)
    buy.score(company)
    buy.open_prices(company)

    assert company.variables(selection)["method"] == "competitive_negotiation"
    buy.award(company)
    assert company.ended_at(selection)[-1] == "awarded"


def test_an_abnormally_low_price_must_be_explained(company: Company) -> None:
    selection, tender_id = buy.published(company)
    company.supplier("Contact of E", "supplier_contact1")
    buy.bids(company, tender_id, {"A": 1_180_000, "B": 1_050_000})
    low = company.supplier("E", "")
    company.bid(tender_id, low, "470000")
    buy.open_bids(company)
    buy.declare(company)
    buy.score(company)
    buy.open_prices(company)
    assert company.inbox() == ["explain_price"]

    company.do("sourcing_manager", "explain_price", {"explanation": "we own the tools"})
    company.do("panel_chair", "judge_explanation", {"judgementReason": "not enough"}, outcome="reject")

    assert [place["bidder"] for place in company.variables(selection)["ranking"]] == ["B", "A"]


def test_no_explanation_in_three_days_is_judged_as_it_is(company: Company) -> None:
    _, tender_id = buy.published(company)
    buy.bids(company, tender_id, {"A": 1_180_000, "B": 1_050_000, "E": 470_000})
    buy.open_bids(company)
    buy.declare(company)
    buy.score(company)
    buy.open_prices(company)

    company.wait(days=3, hours=1)

    assert company.inbox() == ["judge_explanation"]


def test_panel_and_openers_may_not_approve_the_award(company: Company) -> None:
    for member in ("bid_opener1", *(f"bid_evaluator{number}" for number in range(1, 6))):
        company.engine.add_to_group(member, "dept_head", by=SYSTEM)
    selection, tender_id = buy.published(company)
    buy.bids(company, tender_id, PORTLAND)
    buy.open_bids(company)
    buy.declare(company)
    buy.score(company)
    buy.open_prices(company)

    for member in ("bid_opener1", *company.variables(selection)["panel"]):
        with pytest.raises(FourEyesViolation):
            company.do(member, "approve", {}, outcome="approve")


def test_an_equal_result_is_settled_by_the_chair(company: Company) -> None:
    selection, tender_id = buy.published(company)
    handed_in = buy.bids(company, tender_id, {"A": 1_000_000, "B": 1_000_000, "C": 1_200_000})
    buy.open_bids(company)
    buy.declare(company)
    buy.score(company)
    buy.open_prices(company)
    assert company.inbox() == ["draw_or_decide"]

    company.do(
        "panel_chair", "draw_or_decide", {"winnerBidId": handed_in["B"], "awardReason": "drawn by lot"}
    )
    buy.award(company)

    assert company.variables(selection)["winnerBidId"] == handed_in["B"]
    assert company.ended_at(selection)[-1] == "awarded"


@pytest.mark.parametrize(
    ("outcome", "end"), [("reject", "awarded"), ("cancel", "not_awarded"), ("reevaluate", None)]
)
def test_an_objection_is_heard_before_the_award(company: Company, outcome: str, end: str | None) -> None:
    selection, tender_id = buy.published(company)
    buy.bids(company, tender_id, PORTLAND)
    buy.open_bids(company)
    buy.declare(company)
    buy.score(company)
    buy.open_prices(company)
    buy.approve(company)

    company.publish("objection", tender_id, objector="C", grounds="we were cheaper last year")
    company.do("legal", "handle_objection", {"objectionAnswer": "heard"}, outcome=outcome)

    if end:
        assert company.ended_at(selection)[-1] == end
    else:
        assert company.inbox() == ["draw_or_decide"]


def test_a_tender_may_be_cancelled_while_bids_come_in(company: Company) -> None:
    selection, tender_id = buy.published(company)

    company.publish("tender_cancelled", tender_id, reason="no longer needed")

    assert company.ended_at(selection)[-1] == "not_awarded"
    assert company.state(selection) == "COMPLETED"


def test_an_outlying_score_is_confirmed_and_stays(company: Company) -> None:
    selection, tender_id = buy.published(company, panelSize=5)
    buy.bids(company, tender_id, PORTLAND)
    buy.open_bids(company)
    buy.declare(company)
    panel = company.variables(selection)["panel"]
    low = {name: {**buy.GOOD, "service": 60} for name in PORTLAND}
    first = company.task("score_bid").assignee
    company.do(
        str(first),
        "score_bid",
        lambda shown: {
            "scores": [{**row, "score": low[row["bidder"]][row["criterion"]]} for row in shown["scores"]]
        },
    )
    buy.score(company)

    assert len(panel) == 5
    assert company.inbox() == ["confirm_outlier"] * 3
    while "confirm_outlier" in company.inbox():
        assert company.task("confirm_outlier").assignee == first
        company.do(str(first), "confirm_outlier", {"outlierReason": "I saw them work"})
    assert company.inbox() == ["confirm_price_opening_1", "confirm_price_opening_2"]


def test_an_admin_mends_a_broken_input_and_the_selection_goes_on(company: Company) -> None:
    selection = buy.begin(company)
    buy.prepare(company)
    buy.review(company)
    tender_id = company.variables(selection)["tenderId"]
    company.engine.set_variables(selection.key, {"tenderId": "x"}, by=SYSTEM, reason="a slip")
    buy.approve(company)
    (incident,) = company.engine.incidents(IncidentFilter(), by=SYSTEM).items
    assert "tenderId" in incident.message

    company.engine.set_variables(selection.key, {"tenderId": tender_id}, by=SYSTEM, reason="mended")
    company.engine.resolve_incident(incident.key, by=SYSTEM)
    company.engine.run_until_idle()

    assert company.incidents() == []
    assert "bidding" in company.passed(selection)
