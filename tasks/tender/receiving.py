"""Handing in a bid: sealed before anything of it is stored, and before the process hears of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import Refused
from tasks.records_base import get, lock
from tasks.supplier.records import Supplier, SupplierContact
from tasks.tender.records import Bid, BidState, Invitation, Tender, TenderState
from tasks.tender.rules import Method
from tasks.tender.sealing import Offer, Price, SealKeys, fingerprint, new_receipt, seal_offer, seal_price

BID_SUBMITTED = "bid_submitted"
_KEPT_FOR = timedelta(days=1)


class BidRefused(Refused):
    """The bid cannot be taken at all; nothing of it was stored. `reason` is stable, for pages to translate:
    NOT_OPEN, NOT_INVITED, STANDING, PRICE, CURRENCY, INCOMPLETE."""

    code = "BID_REFUSED"

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


class Unit(Protocol):
    """The transaction that a page opens with `engine.in_transaction(..., action="receive bid")`."""

    @property
    def records(self) -> Any: ...

    @property
    def now(self) -> datetime: ...

    def publish_message(
        self,
        name: str,
        correlation_key: str = "",
        variables: Mapping[str, Any] | None = None,
        *,
        time_to_live: timedelta = timedelta(),
        message_id: str = "",
    ) -> Any: ...

    def audit(self, subject_kind: str, subject_key: str, **details: Any) -> Any: ...


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the supplier takes home. A `late` bid is kept unopened and takes no part."""

    bid_id: int
    receipt: str
    sha256: str
    received_at: datetime
    late: bool
    replaced: bool


def receive_bid(
    unit: Unit,
    keys: SealKeys,
    *,
    tender_id: int,
    supplier_id: int,
    actor: str,
    offer: Offer,
    price: Decimal,
    currency: str,
) -> Receipt:
    """Seal a bid and store it; tell the process its `bidId` and nothing else.

    The time is the server's. A newer bid of the same supplier replaces the older; after the deadline the
    bid is stored unopened and does not replace. Who may act for the supplier is the caller's to check
    (`suppliers_of`). Raises BidRefused, BidTooLarge, RecordNotFound.
    """
    records: Session = unit.records
    tender = lock(records, Tender, tender_id)
    supplier = get(records, Supplier, supplier_id)
    _refuse_unfit(records, tender, supplier, offer, price, currency)
    assert tender.deadline is not None
    late = unit.now >= tender.deadline or tender.offers_opened_at is not None
    receipt = new_receipt(tender.code)
    sealed_offer = seal_offer(keys, offer, receipt)
    sealed_price = seal_price(keys, Price(amount=price, currency=currency), receipt)
    replaced = not late and _archive_earlier(records, tender, supplier, unit.now)
    bid = Bid(
        tender_id=tender.id,
        supplier_id=supplier.id,
        round=tender.round,
        received_at=unit.now,
        late=late,
        key_id=keys.key_id,
        sealed_offer=sealed_offer,
        sealed_price=sealed_price,
        sha256=fingerprint(sealed_offer, sealed_price),
        receipt=receipt,
        state=BidState.RECEIVED if late else BidState.SEALED,
        created_at=unit.now,
        created_by=actor,
        updated_at=unit.now,
    )
    records.add(bid)
    records.flush()
    unit.audit("bid", str(bid.id), tenderId=tender.id, sha256=bid.sha256, late=late, replaced=replaced)
    if not late:
        unit.publish_message(
            BID_SUBMITTED,
            str(tender.id),
            {"bidId": bid.id},
            time_to_live=_KEPT_FOR,
            message_id=receipt,
        )
    return Receipt(
        bid_id=bid.id,
        receipt=receipt,
        sha256=bid.sha256,
        received_at=unit.now,
        late=late,
        replaced=replaced,
    )


def suppliers_of(records: Session, user_id: str) -> list[int]:
    """The suppliers that a user acts for."""
    return list(
        records.scalars(
            select(SupplierContact.supplier_id)
            .where(SupplierContact.user_id == user_id, SupplierContact.archived_at.is_(None))
            .order_by(SupplierContact.supplier_id)
        )
    )


def is_invited(records: Session, tender: Tender, supplier: Supplier) -> bool:
    """In an open tender everybody is; else those with an invitation."""
    if tender.method == Method.OPEN_TENDER:
        return True
    return (
        records.scalar(
            select(Invitation.id).where(
                Invitation.tender_id == tender.id,
                Invitation.supplier_id == supplier.id,
                Invitation.archived_at.is_(None),
            )
        )
        is not None
    )


def _refuse_unfit(
    records: Session, tender: Tender, supplier: Supplier, offer: Offer, price: Decimal, currency: str
) -> None:
    if tender.published_at is None or tender.state not in (
        TenderState.PUBLISHED,
        TenderState.OPENED,
        TenderState.EVALUATED,
    ):
        raise BidRefused("NOT_OPEN", f"tender {tender.code} takes no bids: it is {tender.state}")
    if not is_invited(records, tender, supplier):
        raise BidRefused("NOT_INVITED", f"{supplier.name} was not invited to tender {tender.code}")
    if not supplier.may_be_invited:
        raise BidRefused(
            "STANDING", f"{supplier.name} may not bid: {supplier.state}, new orders {supplier.new_orders}"
        )
    if price <= 0 or price != round(price, 2):
        raise BidRefused("PRICE", "the price must be above 0 and have at most 2 decimal places")
    if currency != tender.currency:
        raise BidRefused("CURRENCY", f"tender {tender.code} asks for prices in {tender.currency}")
    if offer.validity_days < 0 or offer.validity_days > 3650:
        raise BidRefused("INCOMPLETE", "the days of validity are a whole number from 0 to 3650")


def _archive_earlier(records: Session, tender: Tender, supplier: Supplier, now: datetime) -> bool:
    earlier = records.scalars(
        select(Bid)
        .where(
            Bid.tender_id == tender.id,
            Bid.supplier_id == supplier.id,
            Bid.round == tender.round,
            Bid.archived_at.is_(None),
            Bid.late.is_(False),
        )
        .with_for_update()
    ).all()
    for bid in earlier:
        bid.move_to(BidState.WITHDRAWN, now=now)
        bid.archived_at = now
    records.flush()
    return bool(earlier)
