"""The service steps that prepare a tender and count its bids, on a real session."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from sqlalchemy import select

from engine import HandlerFailed
from tasks.engagement.records import Engagement
from tasks.tender.records import Bid, Invitation, Tender, TenderState
from tests.tasks.desk import create_tender, publish_tender, tender_terms
from tests.tasks.selection import open_bids, refuse


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
