"""Sealed bids: unreadable before the opening wherever one looks; opened by two people, all or none."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from sqlalchemy import select, text

from engine import BpmnError, HandlerFailed
from tasks.records_base import InvariantBroken
from tasks.tender.receiving import BidRefused, suppliers_of
from tasks.tender.records import Bid, BidState, Tender
from tasks.tender.sealing import (
    Attachment,
    BidTooLarge,
    Offer,
    Price,
    SealBroken,
    SealKeys,
    open_offer,
    open_price,
    seal_offer,
    seal_price,
)
from tests.tasks.desk import KEY, create_tender, publish_tender

SECRET_PRICE = "1180000.55"
SECRET_WORDS = "unmistakable technical approach"


@pytest.fixture
def keys() -> SealKeys:
    return SealKeys(KEY)


def test_an_envelope_opens_with_its_key_and_gives_back_every_part(keys):
    offer = Offer(
        summary="方案",
        signed=True,
        validity_days=90,
        bond_reference="B-1",
        attachments=(Attachment(name="a.pdf", media_type="application/pdf", content=b"\x00\xff"),),
    )

    sealed = seal_offer(keys, offer, "R-1")

    assert open_offer(keys, sealed, "R-1") == offer


def test_two_sealings_of_the_same_price_differ_and_have_the_same_length_as_any_other(keys):
    first = seal_price(keys, Price(amount=D("5"), currency="CNY"), "R-1")
    second = seal_price(keys, Price(amount=D("5"), currency="CNY"), "R-1")
    longer = seal_price(keys, Price(amount=D("5887608832.99"), currency="PYG"), "R-1")

    assert first != second
    assert len(first) == len(longer)


@pytest.mark.parametrize("spoil", ["altered", "moved", "swapped", "other key", "cut"])
def test_an_envelope_that_is_not_the_one_handed_in_does_not_open(keys, spoil):
    sealed = seal_price(keys, Price(amount=D(5), currency="CNY"), "R-1")
    receipt, opener = "R-1", keys
    if spoil == "altered":
        sealed = sealed[:20] + bytes([sealed[20] ^ 1]) + sealed[21:]
    elif spoil == "moved":
        receipt = "R-2"
    elif spoil == "swapped":
        sealed = seal_offer(keys, Offer(summary="", signed=True, validity_days=1), "R-1")
    elif spoil == "other key":
        opener = SealKeys(bytes(32))
    else:
        sealed = sealed[:5]

    with pytest.raises(SealBroken):
        open_price(opener, sealed, receipt)


def test_a_key_has_32_bytes_and_does_not_show_itself(keys):
    with pytest.raises(ValueError, match="32 bytes"):
        SealKeys(b"short")

    assert KEY.hex() not in repr(keys)


def test_a_bid_that_is_too_large_is_refused(keys):
    files = (Attachment(name="huge", media_type="", content=bytes(20_000_001)),)

    with pytest.raises(BidTooLarge, match="leave out a file"):
        seal_offer(keys, Offer(summary="", signed=True, validity_days=1, attachments=files), "R-1")


def test_nothing_of_a_sealed_bid_can_be_read_from_the_database_the_message_or_the_audit(desk):
    tender_id = publish_tender(desk)
    supplier = desk.supplier("Supplier A")

    receipt = desk.hand_in(
        tender_id,
        supplier,
        SECRET_PRICE,
        summary=SECRET_WORDS,
        bond="BOND-77",
        files=[("plan.txt", b"our plan")],
    )

    desk.records.flush()
    row = desk.records.execute(text("select * from bid")).mappings().one()
    everything = b" ".join(v if isinstance(v, bytes) else str(v).encode() for v in row.values())
    told = repr(desk.messages) + repr(desk.audited) + repr(desk.log)
    for secret in (SECRET_PRICE, "118000055", SECRET_WORDS, "BOND-77", "our plan", "plan.txt"):
        assert secret.encode() not in everything
        assert secret not in told
    assert (row["price"], row["summary"], row["bond_reference"], row["valid_until"]) == (None,) * 4
    assert desk.messages == [("bid_submitted", str(tender_id), {"bidId": receipt.bid_id})]


def test_the_process_registers_a_bid_by_its_id_alone(desk):
    tender_id = publish_tender(desk)
    receipt = desk.hand_in(tender_id, desk.supplier("Supplier A"), "100")

    registered = desk.run("bid.register_sealed", tenderId=tender_id, bidId=receipt.bid_id)

    assert registered == {"sha256": receipt.sha256, "receipt": receipt.receipt}
    assert len(receipt.sha256) == 64


def test_a_newer_bid_of_the_same_supplier_replaces_the_older(desk):
    tender_id = publish_tender(desk)
    supplier, other = desk.supplier("Supplier A"), desk.supplier("Supplier B")
    first = desk.hand_in(tender_id, supplier, "100")
    kept = desk.hand_in(tender_id, other, "90")
    second = desk.hand_in(tender_id, supplier, "80")
    desk.wait(days=25)

    opened = desk.run("tender.unseal", tenderId=tender_id, openers=["ann", "bob"], envelope="technical")

    assert second.replaced
    assert not kept.replaced
    assert {bid["bidId"] for bid in opened["bids"]} == {kept.bid_id, second.bid_id}
    old = desk.records.get(Bid, first.bid_id)
    assert (old.state, old.price, old.archived_at is not None) == (BidState.WITHDRAWN, None, True)


def test_a_bid_at_the_deadline_is_late_kept_unopened_and_told_to_nobody(desk):
    tender_id = publish_tender(desk)
    supplier = desk.supplier("Supplier A")
    in_time = desk.hand_in(tender_id, supplier, "100")
    desk.messages.clear()
    desk.wait(days=25)

    late = desk.hand_in(tender_id, supplier, "80")

    assert late.late
    assert not late.replaced
    assert desk.messages == []
    with pytest.raises(BpmnError) as refused:
        desk.run("bid.register_sealed", tenderId=tender_id, bidId=late.bid_id)
    assert refused.value.code == "LATE"
    opened = desk.run("tender.unseal", tenderId=tender_id, openers=["ann", "bob"], envelope="technical")
    assert [bid["bidId"] for bid in opened["bids"]] == [in_time.bid_id]
    assert desk.records.get(Bid, late.bid_id).state == BidState.RECEIVED


def test_a_supplier_that_was_not_invited_cannot_bid(desk):
    invited = [desk.supplier(f"Invited {n}") for n in range(3)]
    stranger = desk.supplier("Stranger")
    tender_id = publish_tender(desk, method="invited_tender", invited=[str(s.id) for s in invited])

    with pytest.raises(BidRefused) as refused:
        desk.hand_in(tender_id, stranger, "100")

    assert refused.value.reason == "NOT_INVITED"
    assert desk.records.scalars(select(Bid)).all() == []
    assert desk.hand_in(tender_id, invited[0], "100").bid_id


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        ({"new_orders": "stop"}, "STANDING"),
        ({"state": "barred"}, "STANDING"),
        ({"state": "suspended"}, "STANDING"),
    ],
)
def test_a_stopped_or_barred_supplier_cannot_bid(desk, standing, reason):
    tender_id = publish_tender(desk)

    with pytest.raises(BidRefused) as refused:
        desk.hand_in(tender_id, desk.supplier("Supplier A", **standing), "100")

    assert refused.value.reason == reason


@pytest.mark.parametrize("price", ["0", "-1", "10.001"])
def test_a_price_must_be_above_0_with_at_most_two_places(desk, price):
    tender_id = publish_tender(desk)

    with pytest.raises(BidRefused) as refused:
        desk.hand_in(tender_id, desk.supplier("Supplier A"), price)

    assert refused.value.reason == "PRICE"


def test_a_price_in_another_currency_is_refused(desk):
    tender_id = publish_tender(desk)

    with pytest.raises(BidRefused) as refused:
        desk.hand_in(tender_id, desk.supplier("Supplier A"), "100", currency="USD")

    assert refused.value.reason == "CURRENCY"


def test_before_publication_there_is_nothing_to_bid_for(desk):
    tender_id = create_tender(desk)

    with pytest.raises(BidRefused) as refused:
        desk.hand_in(tender_id, desk.supplier("Supplier A"), "100")

    assert refused.value.reason == "NOT_OPEN"


@pytest.mark.parametrize("openers", [["ann", "ann"], ["ann"], [], ["ann", ""]])
def test_one_person_alone_cannot_open_the_bids(desk, openers):
    tender_id = publish_tender(desk)
    receipt = desk.hand_in(tender_id, desk.supplier("Supplier A"), "100")
    desk.wait(days=25)

    with pytest.raises(BpmnError) as refused:
        desk.run("tender.unseal", tenderId=tender_id, openers=openers, envelope="technical")

    assert refused.value.code == "OPENING_INVALID"
    assert "two different people" in refused.value.variables["openingProblem"]
    assert desk.records.get(Bid, receipt.bid_id).summary is None


def test_before_the_deadline_nobody_can_open_the_bids(desk):
    tender_id = publish_tender(desk)
    desk.hand_in(tender_id, desk.supplier("Supplier A"), "100")
    desk.wait(days=24, hours=23)

    with pytest.raises(BpmnError) as refused:
        desk.run("tender.unseal", tenderId=tender_id, openers=["ann", "bob"], envelope="technical")

    assert refused.value.code == "OPENING_INVALID"
    assert "deadline" in refused.value.message


def test_one_bid_whose_hash_differs_stops_the_whole_opening(desk):
    tender_id = publish_tender(desk)
    good = desk.hand_in(tender_id, desk.supplier("Supplier A"), "100")
    bad = desk.hand_in(tender_id, desk.supplier("Supplier B"), "90")
    desk.records.execute(text(f"update bid set sealed_price = x'00' where id = {bad.bid_id}"))
    desk.records.expire_all()
    desk.wait(days=25)

    with pytest.raises(BpmnError) as refused:
        desk.run("tender.unseal", tenderId=tender_id, openers=["ann", "bob"], envelope="technical")

    assert refused.value.code == "OPENING_INVALID"
    assert bad.receipt in refused.value.message
    assert desk.records.get(Bid, good.bid_id).state == BidState.SEALED


def test_envelopes_exchanged_together_with_their_hashes_still_do_not_open(desk):
    tender_id = publish_tender(desk)
    a = desk.hand_in(tender_id, desk.supplier("Supplier A"), "100")
    b = desk.hand_in(tender_id, desk.supplier("Supplier B"), "90")
    for column in ("sealed_offer", "sealed_price", "sha256"):
        desk.records.execute(
            text(
                f"update bid set {column} = (select {column} from bid where id = {b.bid_id}) "
                f"where id = {a.bid_id}"
            )
        )
    desk.records.expire_all()
    desk.wait(days=25)

    with pytest.raises(BpmnError) as refused:
        desk.run("tender.unseal", tenderId=tender_id, openers=["ann", "bob"], envelope="technical")

    assert refused.value.code == "OPENING_INVALID"


def test_opening_the_offers_leaves_the_prices_shut(desk):
    tender_id = publish_tender(desk)
    receipt = desk.hand_in(
        tender_id, desk.supplier("Supplier A", contacts=["sally"]), "100.25", files=[("a.txt", b"A")]
    )
    desk.wait(days=25)

    opened = desk.run("tender.unseal", tenderId=tender_id, openers=["ann", "bob"], envelope="technical")

    assert opened["bids"] == [
        {
            "bidId": receipt.bid_id,
            "bidder": "Supplier A",
            "supplierId": 1,
            "contacts": ["sally"],
            "late": False,
            "signed": True,
            "bondOk": True,
            "validityGapDays": 0,
            "mandatoryMissing": 0,
            "bidsBySupplier": 1,
            "collusionSignals": 0,
        }
    ]
    bid = desk.records.get(Bid, receipt.bid_id)
    assert (bid.state, bid.price, bid.summary) == (BidState.OPENED, None, "We do it well.")
    assert desk.files.kept[bid.documents[0]["key"]].content == b"A"


def test_the_same_file_or_bond_in_two_bids_is_a_signal_of_collusion(desk):
    tender_id = publish_tender(desk, bondAmount=1000)
    desk.hand_in(tender_id, desk.supplier("Supplier A"), "100", files=[("a.txt", b"same")], bond="B-1")
    desk.hand_in(tender_id, desk.supplier("Supplier B"), "90", files=[("b.txt", b"same")], bond="B-2")
    desk.hand_in(tender_id, desk.supplier("Supplier C"), "95", bond="B-2")
    desk.hand_in(tender_id, desk.supplier("Supplier D"), "95", bond="")
    desk.wait(days=25)

    opened = desk.run("tender.unseal", tenderId=tender_id, openers=["ann", "bob"], envelope="technical")

    assert [bid["collusionSignals"] for bid in opened["bids"]] == [1, 2, 1, 0]
    assert [bid["bondOk"] for bid in opened["bids"]] == [True, True, True, False]


def test_without_a_key_the_opening_fails_and_says_what_is_missing(desk):
    tender_id = publish_tender(desk)
    desk.hand_in(tender_id, desk.supplier("Supplier A"), "100")
    desk.services.clear()
    desk.wait(days=25)

    with pytest.raises(HandlerFailed, match="seal_keys"):
        desk.run("tender.unseal", tenderId=tender_id, openers=["ann", "bob"], envelope="technical")


def test_a_record_refuses_to_show_content_while_it_is_sealed(desk):
    tender_id = publish_tender(desk)
    receipt = desk.hand_in(tender_id, desk.supplier("Supplier A"), "100")
    desk.records.get(Bid, receipt.bid_id).price = D(100)

    with pytest.raises(InvariantBroken, match="sealed bid shows nothing"):
        desk.records.flush()


def test_a_bid_after_the_opening_is_late_even_if_the_clock_stood(desk):
    tender_id = publish_tender(desk)
    desk.records.get(Tender, tender_id).offers_opened_at = desk.now
    desk.records.flush()

    assert desk.hand_in(tender_id, desk.supplier("Supplier A"), "100").late


def test_a_contact_acts_for_the_own_supplier_only(desk):
    mine = desk.supplier("Supplier A", contacts=["sally"])
    desk.supplier("Supplier B", contacts=["otto"])

    assert suppliers_of(desk.records, "sally") == [mine.id]
    assert suppliers_of(desk.records, "nobody") == []
