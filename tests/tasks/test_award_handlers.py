"""The service steps from the ranking to the award, on a real session."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal as D

import pytest

from engine import HandlerFailed
from tasks.tender.records import Award, Bid, BidState, Tender, TenderState
from tests.tasks.selection import NO_THRESHOLD, PRICES, evaluated


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
