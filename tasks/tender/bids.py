"""Which bids count: those of the current round that came in time and were not replaced."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from tasks.supplier.records import Supplier, SupplierContact
from tasks.tender.records import Bid, BidState, Tender
from tasks.tender.scoring import low_bid_ratios

STILL_IN = (BidState.RESPONSIVE, BidState.SCORED)


def bids_of_round(records: Session, tender: Tender, states: Collection[str] | None = None) -> list[Bid]:
    """In order of arrival."""
    query = (
        select(Bid)
        .where(
            Bid.tender_id == tender.id,
            Bid.round == tender.round,
            Bid.archived_at.is_(None),
            Bid.late.is_(False),
        )
        .order_by(Bid.received_at, Bid.id)
    )
    if states is not None:
        query = query.where(Bid.state.in_([str(s) for s in states]))
    return list(records.scalars(query))


def bidder_of(records: Session, bid: Bid) -> Supplier:
    supplier = records.get(Supplier, bid.supplier_id)
    assert supplier is not None
    return supplier


def contacts_of(records: Session, supplier_id: int) -> list[str]:
    """The users who act for a supplier, in order."""
    return list(
        records.scalars(
            select(SupplierContact.user_id)
            .where(SupplierContact.supplier_id == supplier_id, SupplierContact.archived_at.is_(None))
            .order_by(SupplierContact.user_id)
        )
    )


def price_of(bid: Bid) -> Decimal:
    """The opened price. Raises ValueError for one that is still sealed."""
    if bid.price is None:
        raise ValueError(f"the price of bid {bid.id} is still sealed")
    return bid.price


def price_facts(records: Session, tender: Tender, bids: list[Bid]) -> list[dict[str, object]]:
    """The opened prices with what `abnormally_low_bid` asks; a ratio to something unknown is 1."""
    prices = {bid.id: price_of(bid) for bid in bids}
    facts: list[dict[str, object]] = []
    for bid in bids:
        supplier = bidder_of(records, bid)
        ratios = low_bid_ratios(bid.id, prices, ceiling=tender.ceiling_price, should_cost=tender.should_cost)
        facts.append(
            {
                "bidId": bid.id,
                "bidder": supplier.name,
                "supplierId": supplier.id,
                "contacts": contacts_of(records, supplier.id),
                "price": bid.price,
                "bidCount": ratios.bid_count,
                "ratioToMean": _or_one(ratios.ratio_to_mean),
                "ratioToNextLowest": _or_one(ratios.ratio_to_next_lowest),
                "ratioToCeiling": _or_one(ratios.ratio_to_ceiling),
                "ratioToShouldCost": _or_one(ratios.ratio_to_should_cost),
            }
        )
    return facts


def reject(bid: Bid, reason: str, action: str = "reject") -> None:
    """Note why; the state is the caller's to change."""
    bid.findings = [*bid.findings, {"reason": reason, "action": action}]


def _or_one(ratio: Decimal | None) -> Decimal:
    return Decimal(1) if ratio is None else ratio
