"""The engagement page shows what is released, marks what was invented, and a supplier its own part alone."""

import pytest

from engine import SYSTEM
from tasks.engagement.provenance import state_provenance
from tests.tasks.desk import Desk
from tests.tasks.selection import NO_THRESHOLD, PRICES, evaluated
from tests.tasks.signed import signed
from tests.tasks.test_exit_handlers import planned
from tests.tasks.test_review_handlers import GOOD, review
from tests.webui.pages.conftest import words


@pytest.fixture
def desk(engine):
    """Runs handlers on the engine's own database."""
    desk = Desk()
    with engine.transaction(by=SYSTEM, action="test") as transaction:
        desk.records = transaction.records
        yield desk


def test_prices_and_scores_are_shown_once_released(person, engine):
    desk = Desk()
    with engine.transaction(by=SYSTEM, action="test") as transaction:
        desk.records = transaction.records
        tender_id, bids, _ = evaluated(desk, PRICES, criteria=NO_THRESHOLD)
        desk.run("evaluation.score", tenderId=tender_id)
    lina = person("lina")
    hidden = words(lina.get("/engagements/1"))
    with engine.transaction(by=SYSTEM, action="test") as transaction:
        desk.records = transaction.records
        desk.run("award.publish_candidates", tenderId=tender_id, winnerBidId=bids["A"])

    shown = words(lina.get("/engagements/1"))

    assert "Prices and scores are shown once the candidates are published" in hidden
    assert "1,180,000" not in hidden
    assert "1,180,000.00" in shown
    assert shown.index("Supplier A") < shown.index("Supplier B") < shown.index("Supplier C")
    assert "89.62" in shown


def test_contract_reviews_and_exit_stand_on_one_page_and_inventions_are_marked(person, engine):
    desk = Desk()
    with engine.transaction(by=SYSTEM, action="test") as transaction:
        desk.records = transaction.records
        contract = signed(desk)
        review(desk, contract, "2026-04", GOOD)
        planned(desk, contract)
        state_provenance(
            desk.records,
            contract.engagement_id,
            desk,
            source="City of Portland",
            note="",
            invented=["kpi.measurement"],
        )
        number, key = contract.number, contract.engagement_id

    page = words(person("lina").get(f"/engagements/{key}"))

    assert number in page
    assert "2026-04" in page
    assert "Handover readiness" in page
    assert "Demonstration on public records: City of Portland" in page
    assert "Weighted score invented" in page
    assert "demonstration" in words(person("tom").get("/engagements"))


def test_an_unknown_engagement_is_not_found(person):
    assert person("lina").get("/engagements/77").status_code == 404


def test_the_register_is_searched_and_says_when_it_is_empty(person, engine):
    lina = person("lina")
    assert "No engagements yet" in words(lina.get("/engagements"))
    desk = Desk()
    with engine.transaction(by=SYSTEM, action="test") as transaction:
        desk.records = transaction.records
        signed(desk)

    assert "OUT-2026-0001" in words(lina.get("/engagements?q=OUT-2026"))
    assert "Nothing fits the filter" in words(lina.get("/engagements?state=closed"))


def test_a_supplier_sees_nothing_of_an_engagement_it_has_no_part_in(person, engine):
    desk = Desk()
    with engine.transaction(by=SYSTEM, action="test") as transaction:
        desk.records = transaction.records
        contract = signed(desk)
        desk.supplier("Supplier Z", contacts=["zoe"])
        key = contract.engagement_id
    zoe = person("zoe", groups=["supplier_contact"])

    assert zoe.get("/engagements").location == "/bids"
    assert zoe.get(f"/engagements/{key}").status_code == 404
