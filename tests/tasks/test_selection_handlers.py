"""The service steps of supplier selection, one after the other on a real session."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal as D

import pytest
from sqlalchemy import select

from engine import BpmnError, HandlerFailed
from tasks.engagement.records import Engagement
from tasks.tender.records import (
    Award,
    Bid,
    BidState,
    Evaluation,
    Invitation,
    PanelMember,
    Tender,
    TenderState,
)
from tests.tasks.desk import CRITERIA, create_tender, publish_tender, tender_terms

POOL = ["eve", "fay", "gus", "hal", "ida"]
SCORES = {"A": ("92.4", "90", "95"), "B": ("88", "85", "90"), "C": ("71.2", "80", "85")}


def refuse(desk, type, code, **variables):
    with pytest.raises(BpmnError) as refused:
        desk.run(type, **variables)
    assert refused.value.code == code
    return refused.value


def open_bids(desk, prices, **changes):
    """A tender whose offers are open and responsive; answers its id and bid ids by name."""
    tender_id = publish_tender(desk, **changes)
    bids = {
        name: desk.hand_in(
            tender_id, desk.supplier(f"Supplier {name}", contacts=[name.lower()]), price
        ).bid_id
        for name, price in prices.items()
    }
    desk.wait(days=25)
    opened = desk.run("tender.unseal", tenderId=tender_id, openers=["ann", "bob"], envelope="technical")
    responsiveness = [{"bidId": bid["bidId"], "findings": []} for bid in opened["bids"]]
    desk.run("tender.count_valid", tenderId=tender_id, responsiveness=responsiveness)
    return tender_id, bids


def seat_panel(desk, tender_id, size=3):
    desk.groups["bid_evaluator"] = POOL
    drawn = desk.run(
        "panel.draw", tenderId=tender_id, poolGroup="bid_evaluator", size=size, seed="x", excluded=[]
    )
    desk.run("evaluation.open", tenderId=tender_id, panel=drawn["panel"])
    return drawn["panel"]


def sheets(panel, bids, scores=SCORES):
    keys = ("technical", "service", "commercial")
    return [
        {
            "evaluator": evaluator,
            "scores": [
                {"bidId": bids[name], "criterion": key, "score": D(score), "comment": ""}
                for name, given in scores.items()
                for key, score in zip(keys, given, strict=True)
            ],
        }
        for evaluator in panel
    ]


def evaluated(desk, prices, scores=SCORES, **changes):
    """Opened, scored, and the prices open: ready to be ranked."""
    tender_id, bids = open_bids(desk, prices, **changes)
    panel = seat_panel(desk, tender_id)
    desk.run("evaluation.aggregate", tenderId=tender_id, scoreSheets=sheets(panel, bids, scores))
    opened = desk.run("tender.unseal", tenderId=tender_id, openers=["ann", "bob"], envelope="price")
    return tender_id, bids, opened["bids"]


PRICES = {"A": "1180000", "B": "1050000", "C": "980000"}
NO_THRESHOLD = [{**c, "threshold": None} for c in CRITERIA]


# --- preparation ----------------------------------------------------------------------------------------


def test_a_tender_without_an_engagement_opens_one_and_offers_only_suppliers_that_may_be_invited(desk):
    good = desk.supplier("Supplier A")
    desk.supplier("Barred", state="barred")

    created = desk.run(
        "tender.create",
        title="Application maintenance",
        serviceCategory="it",
        criticality="important",
        dataClass="personal",
        budget=1_300_000,
        currency="CNY",
    )

    engagement = desk.records.get(Engagement, created["engagementId"])
    assert (engagement.code, engagement.state, engagement.criticality) == (
        "OUT-2026-0001",
        "sourcing",
        "important",
    )
    assert created["tenderCode"] == "TN-2026-0001"
    assert created["supplierOptions"] == [{"label": "Supplier A", "value": str(good.id)}]


def test_creating_a_tender_again_in_the_same_job_finds_the_first(desk):
    first = create_tender(desk, job_key=77)
    second = create_tender(desk, job_key=77)

    assert first == second
    assert len(desk.records.scalars(select(Tender)).all()) == 1


def test_validation_names_every_broken_rule_at_once_and_keeps_nothing(desk):
    tender_id = create_tender(desk)

    refused = refuse(
        desk,
        "tender.validate",
        "TENDER_INVALID",
        tenderId=tender_id,
        **tender_terms(ceilingPrice=2_000_000, panelSize=2, deadline="2026-03-03T08:00:00Z"),
    )

    problems = refused.variables["tenderProblems"]
    assert len(problems) == 3
    assert any("ceiling price" in p for p in problems)
    assert any("panel is odd" in p for p in problems)
    assert any("deadline" in p for p in problems)
    assert desk.records.get(Tender, tender_id).state == TenderState.PLANNED


def test_a_weight_that_is_no_number_is_a_problem_and_not_a_crash(desk):
    tender_id = create_tender(desk)
    criteria = [{"key": "price", "weight": "much"}, {"key": "technical", "weight": D("0.5"), "max": 100}]

    refused = refuse(
        desk, "tender.validate", "TENDER_INVALID", tenderId=tender_id, **tender_terms(criteria=criteria)
    )

    assert any("sum to 1" in p for p in refused.variables["tenderProblems"])


def test_a_valid_tender_keeps_its_terms_and_tells_the_amount_in_cny(desk):
    tender_id = create_tender(desk)

    facts = desk.run(
        "tender.validate",
        tenderId=tender_id,
        **tender_terms(currency="USD", crossBorder=True, onsiteStaff=None),
    )

    assert facts == {"amountCny": D("9360000.00"), "ict": True, "relatedParty": False}
    tender = desk.records.get(Tender, tender_id)
    assert (tender.state, tender.cross_border, tender.onsite_staff) == (TenderState.REVIEW, True, False)
    assert tender.weights["technical"] == D("0.5")


def test_an_unknown_currency_needs_a_rate(desk):
    tender_id = create_tender(desk)

    with pytest.raises(HandlerFailed, match="no exchange rate from PYG"):
        desk.run("tender.validate", tenderId=tender_id, **tender_terms(currency="PYG"))

    desk.services["exchange_rates"] = {"PYG": D("0.001")}
    facts = desk.run("tender.validate", tenderId=tender_id, **tender_terms(currency="PYG"))
    assert facts["amountCny"] == D("1300.00")


def test_a_supplier_that_may_not_be_invited_is_a_problem_of_the_tender(desk):
    tender_id = create_tender(desk)
    stopped = desk.supplier("Supplier S", new_orders="stop")

    refused = refuse(
        desk, "tender.validate", "TENDER_INVALID", tenderId=tender_id, **tender_terms(invited=[stopped.id])
    )

    assert refused.variables["tenderProblems"] == ["Supplier S may not be invited"]


def test_an_invitation_that_is_listed_no_longer_is_archived_not_deleted(desk):
    tender_id = create_tender(desk)
    a, b = desk.supplier("Supplier A"), desk.supplier("Supplier B", related_party=True)

    facts = desk.run("tender.validate", tenderId=tender_id, **tender_terms(invited=[a.id, b.id]))
    desk.run("tender.validate", tenderId=tender_id, **tender_terms(invited=[str(a.id)]))

    assert facts["relatedParty"] is True
    invitations = desk.records.scalars(select(Invitation).order_by(Invitation.supplier_id)).all()
    assert [i.archived_at is None for i in invitations] == [True, False]


def test_publishing_moves_a_deadline_that_approvals_have_made_too_early(desk):
    tender_id = create_tender(desk)
    desk.run("tender.validate", tenderId=tender_id, **tender_terms())
    desk.wait(days=10)

    published = desk.run("tender.publish", tenderId=tender_id)

    assert published["deadline"] == "2026-04-01T08:00:00Z"
    assert published["ocid"] == "tenure-TN-2026-0001"
    assert "moves" in desk.log[-1]


def test_a_retender_is_the_next_round_and_leaves_the_old_bids_out(desk):
    tender_id, bids = open_bids(desk, {"A": "100"})

    again = desk.run("tender.retender", tenderId=tender_id)
    published = desk.run("tender.publish", tenderId=tender_id)

    assert again["round"] == 2
    assert published["deadline"] == again["deadline"]
    newer = desk.hand_in(tender_id, desk.supplier("Supplier Z"), "90")
    desk.wait(days=21)
    opened = desk.run("tender.unseal", tenderId=tender_id, openers=["ann", "bob"], envelope="technical")
    assert [bid["bidId"] for bid in opened["bids"]] == [newer.bid_id]
    assert newer.bid_id != bids["A"]
    counted = desk.run("tender.count_valid", tenderId=tender_id, responsiveness=[{"bidId": newer.bid_id}])
    assert counted == {"validBids": 1, "retenderCount": 1}


def test_a_bid_for_another_tender_is_not_registered_here(desk):
    one, other = publish_tender(desk), publish_tender(desk)
    receipt = desk.hand_in(one, desk.supplier("Supplier A"), "100")

    with pytest.raises(HandlerFailed, match="belongs to tender"):
        desk.run("bid.register_sealed", tenderId=other, bidId=receipt.bid_id)


def test_counting_rejects_by_findings_and_keeps_what_is_only_referred(desk):
    tender_id = publish_tender(desk)
    bids = [
        desk.hand_in(tender_id, desk.supplier(n), "100").bid_id
        for n in ("Supplier A", "Supplier B", "Supplier C")
    ]
    desk.wait(days=25)
    desk.run("tender.unseal", tenderId=tender_id, openers=["ann", "bob"], envelope="technical")

    counted = desk.run(
        "tender.count_valid",
        tenderId=tender_id,
        responsiveness=[
            {"bidId": bids[0], "findings": None},
            {"bidId": bids[1], "findings": [{"reason": "NOT_SIGNED", "action": "reject"}]},
            {"bidId": bids[2], "findings": [{"reason": "COLLUSION_SIGNAL", "action": "refer"}]},
        ],
    )

    assert counted == {"validBids": 2, "retenderCount": 0}
    assert [desk.records.get(Bid, b).state for b in bids] == ["responsive", "rejected", "responsive"]


def test_a_tender_without_an_award_keeps_the_reason(desk):
    tender_id = publish_tender(desk)

    desk.run("tender.close_unawarded", tenderId=tender_id, reason="no valid bid")

    tender = desk.records.get(Tender, tender_id)
    assert (tender.state, tender.close_reason) == (TenderState.FAILED, "no valid bid")


# --- the panel ------------------------------------------------------------------------------------------


def test_the_panel_is_drawn_by_the_seed_alone(desk):
    tender_id = publish_tender(desk)
    desk.groups["bid_evaluator"] = list(reversed(POOL))

    drawn = desk.run(
        "panel.draw", tenderId=tender_id, poolGroup="bid_evaluator", size=3, seed="tenure-1", excluded=["eve"]
    )

    assert len(drawn["panel"]) == 3
    assert drawn["panel"] == drawn["drawn"]
    assert "eve" not in drawn["panel"]
    assert drawn["panel"] == ["fay", "gus", "hal"]
    assert "tenure-1" in desk.log[-1]


def test_who_declares_a_conflict_or_stays_silent_is_replaced(desk):
    tender_id = publish_tender(desk)
    desk.groups["bid_evaluator"] = POOL
    ask = {"tenderId": tender_id, "poolGroup": "bid_evaluator", "size": 3, "seed": "x", "excluded": []}
    first = desk.run("panel.draw", **ask)["drawn"]

    second = desk.run(
        "panel.draw",
        **ask,
        declarations=[
            {"evaluator": first[0], "coi": "declared", "relation": "my brother"},
            {"evaluator": first[1], "coi": "no_answer"},
            {"evaluator": first[2], "coi": "none"},
        ],
    )

    assert len(second["panel"]) == 3
    assert first[2] in second["panel"]
    assert not {first[0], first[1]} & set(second["panel"])
    assert set(second["drawn"]) == set(second["panel"]) - {first[2]}
    members = desk.records.scalars(select(PanelMember)).all()
    assert {m.evaluator: m.coi for m in members}[first[0]] == "declared"


def test_a_pool_that_is_used_up_is_an_error(desk):
    tender_id = publish_tender(desk)
    desk.groups["bid_evaluator"] = POOL[:3]
    ask = {"tenderId": tender_id, "poolGroup": "bid_evaluator", "size": 3, "seed": "x"}
    drawn = desk.run("panel.draw", **ask)["drawn"]

    refuse(
        desk,
        "panel.draw",
        "PANEL_TOO_SMALL",
        **ask,
        declarations=[{"evaluator": drawn[0], "coi": "declared"}],
    )


def test_the_score_sheet_has_no_price(desk):
    tender_id, bids = open_bids(desk, PRICES)
    desk.groups["bid_evaluator"] = POOL
    panel = desk.run("panel.draw", tenderId=tender_id, poolGroup="bid_evaluator", size=3, seed="x")["panel"]

    opened = desk.run("evaluation.open", tenderId=tender_id, panel=panel)

    lines = opened["scoreSheet"]
    assert len(lines) == 9
    assert {line["criterion"] for line in lines} == {"technical", "service", "commercial"}
    assert {line["bidId"] for line in lines} == set(bids.values())
    assert "1180000" not in repr(lines)


def test_somebody_who_was_not_drawn_cannot_sit_on_the_panel(desk):
    tender_id, _ = open_bids(desk, PRICES)

    with pytest.raises(HandlerFailed, match="not drawn"):
        desk.run("evaluation.open", tenderId=tender_id, panel=["mallory"])


# --- evaluation -----------------------------------------------------------------------------------------


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


# --- the award ------------------------------------------------------------------------------------------


def ranked(desk):
    tender_id, bids, _ = evaluated(desk, PRICES, criteria=NO_THRESHOLD)
    desk.run("evaluation.score", tenderId=tender_id)
    return tender_id, bids


def test_candidates_are_released_when_they_are_published(desk):
    tender_id, bids = ranked(desk)

    published = desk.run("award.publish_candidates", tenderId=tender_id, winnerBidId=bids["A"])

    assert published["publishedAt"] == "2026-03-27T08:00:00Z"
    assert desk.records.get(Tender, tender_id).released_at == desk.now


def test_each_bidder_gets_a_letter_with_own_scores_only(desk):
    tender_id, bids = ranked(desk)

    desk.run("award.notify", tenderId=tender_id, winnerBidId=bids["A"])

    letters = {letter.readers: letter.content.decode() for letter in desk.files.kept.values()}
    assert set(letters) == {("a", "sourcing_manager"), ("b", "sourcing_manager"), ("c", "sourcing_manager")}
    assert "中标" in letters["a", "sourcing_manager"]
    assert "89.62" in letters["a", "sourcing_manager"]
    assert "89.62" not in letters["b", "sourcing_manager"]
    assert "89.50" in letters["b", "sourcing_manager"]
    assert [desk.records.get(Bid, bids[n]).state for n in "ABC"] == ["winner", "lost", "lost"]
    assert desk.records.get(Tender, tender_id).state == TenderState.AWARDED


def test_recording_the_award_finds_the_one_that_notification_made(desk):
    tender_id, bids = ranked(desk)
    notified = desk.run("award.notify", tenderId=tender_id, winnerBidId=bids["A"])

    recorded = desk.run("award.record", tenderId=tender_id, bidId=bids["A"])

    assert recorded == notified
    award = desk.records.get(Award, recorded["awardId"])
    assert (award.amount, award.currency) == (D("1180000.00"), "CNY")


def test_a_revoked_award_goes_to_the_next_whose_bid_still_binds(desk):
    tender_id, bids = ranked(desk)
    award = desk.run("award.record", tenderId=tender_id, bidId=bids["A"])

    revoked = desk.run("award.revoke", **award)
    again = desk.run("award.record", tenderId=tender_id, bidId=revoked["nextBidId"])

    assert revoked["nextBidId"] == bids["B"]
    assert desk.records.get(Bid, bids["A"]).state == BidState.WITHDRAWN
    assert desk.records.get(Bid, bids["B"]).state == BidState.WINNER
    assert again["awardId"] != award["awardId"]


def test_when_every_other_bid_has_run_out_nobody_is_next(desk):
    tender_id, bids = ranked(desk)
    award = desk.run("award.record", tenderId=tender_id, bidId=bids["A"])
    desk.now += timedelta(days=91)

    assert desk.run("award.revoke", **award) == {"nextBidId": None}


def test_a_bid_outside_the_ranking_cannot_win(desk):
    tender_id, bids, _ = evaluated(desk, PRICES)
    desk.run("evaluation.score", tenderId=tender_id)

    with pytest.raises(HandlerFailed, match="not in the ranking"):
        desk.run("award.publish_candidates", tenderId=tender_id, winnerBidId=bids["C"])
