"""What pages may show: prices and other people's scores stay hidden until they are released."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from tasks.engagement.provenance import state_provenance
from tasks.engagement.queries import engagement_page, engagements
from tasks.engagement.records import Engagement
from tasks.records_base import RecordNotFound
from tasks.supplier.queries import suppliers
from tasks.tender.queries import bidding_view, tender_view, tenders_to_bid_for
from tests.tasks.desk import CRITERIA, publish_tender
from tests.tasks.selection import PRICES, evaluated
from tests.tasks.signed import signed
from tests.tasks.test_exit_handlers import planned, spend
from tests.tasks.test_review_handlers import GOOD, review

NO_THRESHOLD = [{**c, "threshold": None} for c in CRITERIA]


def ids(desk):
    return {s.name[-1]: s.supplier_id for s in suppliers(desk.records)}


def test_before_the_opening_a_page_knows_how_many_bids_there_are_and_no_more(desk):
    tender_id = publish_tender(desk)
    desk.hand_in(tender_id, desk.supplier("Supplier A"), "1180000.55", summary="secret plan")

    view = tender_view(desk.records, tender_id)

    assert (view.bids_received, view.ranking, view.released) == (1, (), False)
    assert "1180000" not in repr(view)
    assert "secret plan" not in repr(view)


def test_scores_and_prices_stay_hidden_until_candidates_are_published(desk):
    tender_id, bids, _ = evaluated(desk, PRICES, criteria=NO_THRESHOLD)
    desk.run("evaluation.score", tenderId=tender_id)

    hidden = tender_view(desk.records, tender_id)
    desk.run("award.publish_candidates", tenderId=tender_id, winnerBidId=bids["A"])
    shown = tender_view(desk.records, tender_id)

    assert (hidden.ranking, hidden.base_price, hidden.score_gap) == ((), None, None)
    assert "1180000" not in repr(hidden)
    assert [(row.bidder, row.total, row.rank) for row in shown.ranking] == [
        ("Supplier A", D("89.62"), 1),
        ("Supplier B", D("89.50"), 2),
        ("Supplier C", D("82.10"), 3),
    ]
    assert shown.ranking[0].criterion_scores["technical"] == D("92.4")
    assert (shown.base_price, shown.score_gap) == (D(980000), D("0.12"))


def test_a_rejected_bid_comes_last_with_its_reason_and_its_price_never_opened(desk):
    tender_id, bids, _ = evaluated(desk, PRICES)
    desk.run("evaluation.score", tenderId=tender_id)
    desk.run("award.publish_candidates", tenderId=tender_id, winnerBidId=bids["B"])

    last = tender_view(desk.records, tender_id).ranking[-1]

    assert (last.bidder, last.rank, last.price, last.reasons) == (
        "Supplier C",
        None,
        None,
        ("BELOW_THRESHOLD",),
    )


def test_a_supplier_sees_its_own_line_and_nothing_of_others_also_after_the_release(desk):
    tender_id, bids, _ = evaluated(desk, PRICES, criteria=NO_THRESHOLD)
    desk.run("evaluation.score", tenderId=tender_id)
    desk.run("award.publish_candidates", tenderId=tender_id, winnerBidId=bids["A"])
    mine = ids(desk)["B"]

    view = tender_view(desk.records, tender_id, as_suppliers={mine})

    assert [row.bidder for row in view.ranking] == ["Supplier B"]
    assert (view.budget, view.base_price, view.score_gap, view.bids_received) == (None, None, None, 0)
    assert "Supplier A" not in repr(view)
    assert "1180000" not in repr(view)


def test_an_engagement_is_not_found_for_a_supplier_that_has_no_part_in_it(desk):
    tender_id, _, _ = evaluated(desk, PRICES)
    engagement_id = tender_view(desk.records, tender_id).engagement_id
    stranger = desk.supplier("Supplier Z")

    assert engagement_page(desk.records, engagement_id, as_suppliers={ids(desk)["A"]}).tenders
    with pytest.raises(RecordNotFound):
        engagement_page(desk.records, engagement_id, as_suppliers={stranger.id})


def test_the_page_of_a_contact_lists_open_tenders_and_receipts_without_content(desk):
    tender_id = publish_tender(desk)
    supplier = desk.supplier("Supplier A", contacts=["sally"])
    first = desk.hand_in(tender_id, supplier, "1180000.55")
    second = desk.hand_in(tender_id, supplier, "1170000.55")

    (view,) = tenders_to_bid_for(desk.records, "sally", desk.now)

    assert (view.tender_id, view.open, view.supplier_name) == (tender_id, True, "Supplier A")
    assert [(bid.receipt, bid.replaced) for bid in view.own_bids] == [
        (first.receipt, True),
        (second.receipt, False),
    ]
    assert "1170000" not in repr(view)
    assert tenders_to_bid_for(desk.records, "nobody", desk.now) == ()


def test_after_the_deadline_the_tender_is_shown_as_closed(desk):
    tender_id = publish_tender(desk)
    desk.supplier("Supplier A", contacts=["sally"])
    desk.wait(days=25)

    (view,) = bidding_view(desk.records, tender_id, "sally", desk.now)

    assert view.open is False


def test_a_contact_of_a_supplier_that_was_not_invited_sees_no_tender(desk):
    invited = [desk.supplier(f"Supplier {n}", contacts=[n]) for n in "ABC"]
    desk.supplier("Supplier Z", contacts=["zoe"])
    tender_id = publish_tender(desk, method="invited_tender", invited=[s.id for s in invited])

    assert tenders_to_bid_for(desk.records, "zoe", desk.now) == ()
    assert bidding_view(desk.records, tender_id, "zoe", desk.now) == ()
    assert len(tenders_to_bid_for(desk.records, "A", desk.now)) == 1


def test_a_rejection_is_not_told_before_the_release(desk):
    tender_id, _, _ = evaluated(desk, PRICES)

    (view,) = bidding_view(desk.records, tender_id, "c", desk.now)

    assert view.own_bids[0].state == "opened"


def test_a_review_shows_no_scores_until_its_scorecard_is_published(desk):
    contract = signed(desk)
    opened = desk.run("kpi.open_period", contractId=contract.id, period="2026-04")
    review(desk, contract, "2026-05", {**GOOD, "availability": "99.0"})

    hidden, shown = engagement_page(desk.records, contract.engagement_id).reviews

    assert (hidden.review_id, hidden.published, hidden.weighted_score, hidden.measurements) == (
        opened["reviewId"],
        False,
        None,
        (),
    )
    assert shown.weighted_score == D(76)
    assert (shown.grade, shown.credit_total, shown.credits[0].state) == ("B", D(4800), "confirmed")
    assert [m.code for m in shown.measurements] == ["availability", "p1_resolution_h", "quality_pass", "csat"]


def test_the_page_of_an_engagement_holds_contract_spend_reviews_and_exit(desk):
    contract = signed(desk)
    spend(desk, contract, accepted="1300000", paid="1300000")
    planned(desk, contract)

    page = engagement_page(desk.records, contract.engagement_id)

    assert page.state == "exiting"
    assert (page.contract.number, page.contract.notice_by) == ("CT-2026-0001", date(2026, 12, 31))
    assert (page.contract.spend.overrun_pct, page.contract.payments[0].cumulative_pct) == (
        D("8.33"),
        D("108.33"),
    )
    assert [clause.clause for clause in page.contract.clauses] == ["SCOPE", "STEP_IN", "IP_OWNERSHIP"]
    assert [item.title for item in page.exits[0].items][:2] == ["Runbooks", "Laptops"]
    assert page.exits[0].readiness_pct == D("0.00")


def test_a_supplier_sees_its_own_contract_and_another_bidder_does_not(desk):
    contract = signed(desk)

    mine = engagement_page(desk.records, contract.engagement_id, as_suppliers={contract.supplier_id})

    assert mine.contract is not None
    assert mine.estimated_annual_cost is None


def test_late_approvals_are_shown_on_the_engagement(desk):
    contract = signed(desk)
    desk.run("task.escalate", level="cfo", docType="contract", docId=contract.id, docTitle="Maintenance")
    desk.run("task.escalate", level="cfo", docType="contract", docId=contract.id + 1, docTitle="Other")

    page = engagement_page(desk.records, contract.engagement_id)

    assert [(late.level, late.doc_title) for late in page.late_approvals] == [("cfo", "Maintenance")]


def test_what_a_demonstration_invented_is_known_for_every_page(desk):
    contract = signed(desk)
    state_provenance(
        desk.records,
        contract.engagement_id,
        desk,
        source="City of Portland",
        note="transcribed",
        invented=["kpi.measurement", "criticality"],
    )

    page = engagement_page(desk.records, contract.engagement_id)

    assert page.provenance.is_demonstration
    assert page.provenance.is_invented("criticality")
    assert not page.provenance.is_invented("contract.value")


def test_the_register_searches_code_and_title(desk):
    for title in ("Canteen services", "100% remote desk"):
        desk.run("engagement.create", title=title, serviceCategory="facility", dataClass="none", actor="olga")

    assert [row.title for row in engagements(desk.records)] == ["100% remote desk", "Canteen services"]
    assert [row.code for row in engagements(desk.records, text="canteen")] == ["OUT-2026-0001"]
    assert [row.title for row in engagements(desk.records, text="0% r")] == ["100% remote desk"]
    assert engagements(desk.records, text="%%%") == ()
    assert len(engagements(desk.records, state="strategy")) == 2
    assert desk.records.get(Engagement, 1).provenance == {}


def test_the_register_of_suppliers_searches_names_and_codes(desk):
    desk.supplier("Supplier A", uscc="91330100799655058B")
    desk.supplier("Supplier B", new_orders="stop")

    assert [s.name for s in suppliers(desk.records, text="91330100")] == ["Supplier A"]
    assert [s.may_be_invited for s in suppliers(desk.records)] == [True, False]
