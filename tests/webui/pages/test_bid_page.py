"""Handing in a bid: sealed before it is stored, and readable nowhere."""

import io
import logging
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine import SYSTEM
from tests.tasks.desk import Desk, publish_tender
from tests.webui.pages.conftest import words

BID = {"price": "1,180,000.55", "summary": "two teams on site", "validity_days": "90", "signed": "yes"}


@pytest.fixture
def tender(engine):
    """An open tender, and a supplier whose contact is `sally`. Answers the tender's id."""
    desk = Desk()
    with engine.transaction(by=SYSTEM, action="test") as transaction:
        desk.records = transaction.records
        tender_id = publish_tender(desk)
        desk.supplier("Supplier A", contacts=["sally"])
    return tender_id


@pytest.fixture
def sally(person):
    sally = person("sally", groups=["supplier_contact"])
    sally.get("/bids")
    return sally


def test_open_tenders_are_listed_for_the_supplier(tender, sally, person):
    assert "takes bids" in words(sally.get("/bids"))
    assert "no bid yet" in words(sally.last)
    assert "No tender is open for you" in words(person("tom").get("/bids"))
    assert person("tim").get(f"/bids/{tender}").status_code == 404


def test_a_bid_is_sealed_and_answered_with_a_receipt(tender, sally, sqlite_url, caplog):
    caplog.set_level(logging.DEBUG)
    files = {"files": [(io.BytesIO(b"our secret method"), "offer.pdf")]}

    answer = sally.post(f"/bids/{tender}", {**BID, **files})

    page = words(sally.get(f"/bids/{tender}"))
    assert answer.status_code == 303
    assert "Your bid is sealed. Receipt:" in page
    assert "bid handed in" in words(sally.get("/bids"))
    stored = b"".join(
        path.read_bytes() for path in Path(sqlite_url.removeprefix("sqlite:///")).parent.glob("tenure.db*")
    )
    for secret in ("1180000", "1,180,000", "two teams on site", "our secret method", "offer.pdf"):
        assert secret not in page
        assert secret.encode() not in stored
        assert secret not in caplog.text


def test_a_wrong_bid_is_marked_at_its_fields_and_stays_typed(tender, sally):
    answer = sally.post(
        f"/bids/{tender}", {"price": "a lot", "summary": "", "validity_days": "x", "bond": "B-77"}
    )

    assert answer.status_code == 422
    assert 'value="a lot"' in answer.text
    assert 'value="B-77"' in answer.text
    for name in ("price", "summary", "validity_days", "signed"):
        assert f'id="{name}-error"' in answer.text
    assert "Your bids" not in words(sally.get(f"/bids/{tender}"))


def test_a_price_below_zero_is_refused_by_the_rule_of_the_tender(tender, sally):
    answer = sally.post(f"/bids/{tender}", {**BID, "price": "-5"})

    assert answer.status_code == 422
    assert "The price must be above 0" in words(answer)


def test_a_newer_bid_replaces_the_older(tender, sally):
    sally.post(f"/bids/{tender}", BID)
    sally.post(f"/bids/{tender}", {**BID, "price": "1170000"})

    page = words(sally.get(f"/bids/{tender}"))
    assert page.count("replaced") == 1
    assert page.count(" sealed") >= 1


def test_a_bid_after_the_deadline_is_kept_unopened(tender, sally, clock):
    clock.advance(timedelta(days=30))
    assert "The deadline has passed" in words(sally.get(f"/bids/{tender}"))

    sally.post(f"/bids/{tender}", BID)

    page = words(sally.get(f"/bids/{tender}"))
    assert "came after the deadline" in page
    assert "late, unopened" in page


def test_the_deadline_is_the_servers(tender, sally, clock):
    assert isinstance(clock.now(), datetime)
    clock.advance(timedelta(days=24, hours=23))

    sally.post(f"/bids/{tender}", BID)

    assert "Your bid is sealed" in words(sally.get(f"/bids/{tender}"))
