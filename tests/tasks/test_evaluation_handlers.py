"""The service steps that score, rank and explain, on a real session."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from sqlalchemy import select

from engine import HandlerFailed
from tasks.tender.records import (
    Bid,
    BidState,
    Evaluation,
    PanelMember,
    Tender,
    TenderState,
)
from tests.tasks.selection import (
    NO_THRESHOLD,
    PRICES,
    SCORES,
    evaluated,
    open_bids,
    refuse,
    seat_panel,
    sheets,
)


def test_the_mean_of_the_panel_decides_about_the_threshold_and_outliers_are_named(desk):
    tender_id, bids = open_bids(desk, {"A": "1180000", "C": "980000"})
    panel = seat_panel(desk, tender_id, size=5)
    technical = dict(zip(panel, ("92", "95", "90", "60", "93"), strict=True))
    given = [
        {
            "evaluator": evaluator,
            "scores": [
                {"bidId": bids["A"], "criterion": "technical", "score": D(technical[evaluator])},
                {"bidId": bids["C"], "criterion": "technical", "score": D("71.2")},
                *[
                    {"bidId": bids[n], "criterion": k, "score": D(80)}
                    for n in bids
                    for k in ("service", "commercial")
                ],
            ],
        }
        for evaluator in panel
    ]

    gathered = desk.run("evaluation.aggregate", tenderId=tender_id, scoreSheets=given)

    assert gathered["means"][str(bids["A"])]["technical"] == D("86.00")
    assert gathered["outliers"] == [
        {
            "evaluator": panel[3],
            "bidId": bids["A"],
            "bidder": "Supplier A",
            "criterion": "technical",
            "score": D(60),
            "mean": D("86.00"),
        }
    ]
    assert gathered["validBids"] == 1
    out = desk.records.get(Bid, bids["C"])
    assert (out.state, out.findings) == (
        BidState.REJECTED,
        [{"reason": "BELOW_THRESHOLD", "action": "reject"}],
    )


def test_a_criterion_with_another_maximum_counts_in_percent_of_it(desk):
    criteria = [{"key": "price", "weight": D("0.5")}, {"key": "technical", "weight": D("0.5"), "max": 20}]
    tender_id, bids = open_bids(desk, {"A": "100"}, criteria=criteria)
    panel = seat_panel(desk, tender_id)
    given = [
        {"evaluator": e, "scores": [{"bidId": bids["A"], "criterion": "technical", "score": D(15)}]}
        for e in panel
    ]

    gathered = desk.run("evaluation.aggregate", tenderId=tender_id, scoreSheets=given)

    assert gathered["means"] == {str(bids["A"]): {"technical": D("75.00")}}


@pytest.mark.parametrize(
    ("spoil", "code"), [("absent", "MISSING_SCORE"), ("null", "MISSING_SCORE"), ("101", "SCORE_INVALID")]
)
def test_a_missing_score_and_one_out_of_range_are_told_apart(desk, spoil, code):
    tender_id, bids = open_bids(desk, PRICES)
    panel = seat_panel(desk, tender_id)
    given = sheets(panel, bids)
    if spoil == "absent":
        del given[1]["scores"][0]
    else:
        given[1]["scores"][0]["score"] = None if spoil == "null" else D(spoil)

    refuse(desk, "evaluation.aggregate", code, tenderId=tender_id, scoreSheets=given)


def test_scores_of_somebody_with_a_conflict_do_not_count(desk):
    tender_id, bids = open_bids(desk, PRICES)
    panel = seat_panel(desk, tender_id)
    desk.records.scalar(select(PanelMember).where(PanelMember.evaluator == panel[0])).coi = "declared"

    refuse(desk, "evaluation.aggregate", "SCORE_INVALID", tenderId=tender_id, scoreSheets=sheets(panel, bids))


def test_scoring_twice_the_same_changes_nothing_and_differently_keeps_the_first(desk):
    tender_id, bids = open_bids(desk, PRICES, criteria=NO_THRESHOLD)
    panel = seat_panel(desk, tender_id)
    desk.run("evaluation.aggregate", tenderId=tender_id, scoreSheets=sheets(panel, bids))
    desk.run("evaluation.aggregate", tenderId=tender_id, scoreSheets=sheets(panel, bids))
    assert len(desk.records.scalars(select(Evaluation)).all()) == 27

    changed = {**SCORES, "A": ("50", "90", "95")}
    desk.run("evaluation.aggregate", tenderId=tender_id, scoreSheets=sheets(panel, bids, changed))

    found = desk.records.scalars(select(Evaluation)).all()
    assert len([e for e in found if e.archived_at is None]) == 27
    assert {e.score for e in found if e.archived_at is not None} == {D("92.4")}


def test_the_worked_example_without_a_threshold(desk):
    tender_id, bids, _ = evaluated(desk, PRICES, criteria=NO_THRESHOLD)

    result = desk.run("evaluation.score", tenderId=tender_id, formula="lowest_price", judgements=[])

    assert [(p["bidId"], p["total"], p["rank"]) for p in result["ranking"]] == [
        (bids["A"], D("89.62"), 1),
        (bids["B"], D("89.50"), 2),
        (bids["C"], D("82.10"), 3),
    ]
    assert (result["basePrice"], result["scoreGap"], result["tied"]) == (D("980000.00"), D("0.12"), False)
    assert result["winnerBidId"] == bids["A"]
    assert result["amountCny"] == D("1180000.00")
    assert desk.records.get(Tender, tender_id).state == TenderState.EVALUATED


def test_the_worked_example_with_a_threshold_turns_the_winner(desk):
    tender_id, bids, opened = evaluated(desk, PRICES)

    result = desk.run("evaluation.score", tenderId=tender_id, formula="lowest_price")

    assert {bid["bidId"] for bid in opened} == {bids["A"], bids["B"]}
    assert [(p["bidId"], p["total"]) for p in result["ranking"]] == [
        (bids["B"], D("91.50")),
        (bids["A"], D("91.39")),
    ]
    assert desk.records.get(Bid, bids["C"]).price is None


def test_a_price_above_the_ceiling_is_out_when_prices_are_opened(desk):
    scores = {**SCORES, "D": ("90", "90", "90")}

    _, bids, opened = evaluated(desk, {**PRICES, "D": "1300000.01"}, scores)

    assert bids["D"] not in {bid["bidId"] for bid in opened}
    rejected = desk.records.get(Bid, bids["D"])
    assert (rejected.state, rejected.findings[-1]["reason"]) == (BidState.REJECTED, "ABOVE_CEILING")


def test_a_low_price_comes_with_its_ratios_and_leaves_when_it_is_not_explained(desk):
    scores = {**SCORES, "E": ("80", "80", "80")}
    tender_id, bids, opened = evaluated(desk, {**PRICES, "E": "470000"}, scores, criteria=NO_THRESHOLD)
    low = next(bid for bid in opened if bid["bidId"] == bids["E"])

    result = desk.run(
        "evaluation.score",
        tenderId=tender_id,
        judgements=[{"bidId": bids["E"], "accepted": False, "explanation": "", "reason": "no answer"}],
    )

    assert (low["bidCount"], low["ratioToMean"], low["ratioToNextLowest"], low["ratioToCeiling"]) == (
        4,
        D("0.5109"),
        D("0.4796"),
        D("0.3615"),
    )
    assert low["ratioToShouldCost"] == 1
    assert bids["E"] not in {p["bidId"] for p in result["ranking"]}
    assert result["basePrice"] == D("980000.00")
    assert desk.records.get(Bid, bids["E"]).findings[-1]["reason"] == "LOW_PRICE_UNEXPLAINED"


def test_an_accepted_explanation_keeps_the_low_bid_in(desk):
    tender_id, bids, _ = evaluated(desk, PRICES, criteria=NO_THRESHOLD)

    result = desk.run(
        "evaluation.score",
        tenderId=tender_id,
        judgements=[{"bidId": bids["C"], "accepted": True, "explanation": "own premises"}],
    )

    assert len(result["ranking"]) == 3
    assert desk.records.get(Bid, bids["C"]).explanation == "own premises"


def test_equal_totals_and_prices_have_no_winner_until_people_decide(desk):
    scores = {"A": ("90", "90", "90"), "B": ("90", "90", "90")}

    tender_id, _, _ = evaluated(desk, {"A": "990000", "B": "990000"}, scores)
    result = desk.run("evaluation.score", tenderId=tender_id)

    assert (result["tied"], result["winnerBidId"], result["scoreGap"]) == (True, None, D("0.00"))


def test_when_nobody_is_left_the_result_is_empty_and_no_failure(desk):
    tender_id, _, opened = evaluated(desk, {"C": "980000"}, {"C": SCORES["C"]})

    result = desk.run("evaluation.score", tenderId=tender_id)

    assert opened == []
    assert (result["ranking"], result["validBids"], result["winnerBidId"]) == ([], 0, None)


def test_the_top_may_be_over_budget(desk):
    tender_id, _, _ = evaluated(
        desk, {"A": "1180000"}, {"A": SCORES["A"]}, budget=1_000_000, ceilingPrice=None
    )

    result = desk.run("evaluation.score", tenderId=tender_id)

    assert result["topOverBudget"] is True
    assert result["scoreGap"] == D(100)


def test_negotiated_offers_replace_prices_and_the_earlier_ones_stay(desk):
    tender_id, bids, _ = evaluated(desk, PRICES, criteria=NO_THRESHOLD)
    desk.run("evaluation.score", tenderId=tender_id)

    offered = desk.run(
        "tender.record_offers",
        tenderId=tender_id,
        offers=[{"bidId": bids["A"], "price": D(1100000), "bidder": "Supplier A"}],
    )
    result = desk.run("evaluation.score", tenderId=tender_id)

    assert offered["negotiationRound"] == 1
    assert next(b for b in offered["bids"] if b["bidId"] == bids["A"])["price"] == D("1100000.00")
    assert desk.records.get(Bid, bids["A"]).offers[0]["price"] == D("1180000.00")
    assert result["ranking"][0]["total"] == D("91.43")


def test_an_offer_for_a_bid_that_is_out_is_refused(desk):
    tender_id, bids, _ = evaluated(desk, PRICES)

    with pytest.raises(HandlerFailed, match="takes no part"):
        desk.run("tender.record_offers", tenderId=tender_id, offers=[{"bidId": bids["C"], "price": D(1)}])
