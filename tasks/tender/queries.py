"""Tenders as pages show them. Nothing of a bid's content before the opening, no price or score of anybody
before the candidates are published, and a supplier never sees another's."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tasks.records_base import get
from tasks.supplier.records import Supplier
from tasks.tender.bids import bidder_of, bids_of_round
from tasks.tender.receiving import is_invited, suppliers_of
from tasks.tender.records import Bid, BidState, Tender, TenderState
from tasks.tender.scoring import PRICE


@dataclass(frozen=True, kw_only=True)
class CriterionView:
    key: str
    name: str
    weight: Decimal
    maximum: Decimal
    threshold: Decimal | None


@dataclass(frozen=True, kw_only=True)
class RankingRow:
    """One bid after the release. `rank` is None for a bid that was rejected; `reasons` say why."""

    bid_id: int
    bidder: str
    price: Decimal | None
    criterion_scores: dict[str, Decimal]
    price_score: Decimal | None
    total: Decimal | None
    rank: int | None
    tied: bool
    state: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TenderView:
    """`ranking` is empty until `released`. `bids_received` counts, and tells no more."""

    tender_id: int
    engagement_id: int
    code: str
    title: str
    method: str
    state: str
    round: int
    currency: str
    budget: Decimal | None
    ceiling_price: Decimal | None
    should_cost: Decimal | None
    price_formula: str
    criteria: tuple[CriterionView, ...]
    published_at: datetime | None
    deadline: datetime | None
    offers_opened_at: datetime | None
    prices_opened_at: datetime | None
    bids_received: int
    released: bool
    released_at: datetime | None
    base_price: Decimal | None
    score_gap: Decimal | None
    ranking: tuple[RankingRow, ...]
    close_reason: str


@dataclass(frozen=True, kw_only=True)
class OwnBid:
    """A bid as its bidder sees it: that it is there, never what stands in it."""

    receipt: str
    sha256: str
    received_at: datetime
    late: bool
    replaced: bool
    round: int
    state: str


@dataclass(frozen=True, kw_only=True)
class BiddingView:
    """What the page for handing in a bid shows to one supplier."""

    tender_id: int
    code: str
    title: str
    currency: str
    deadline: datetime
    open: bool
    bid_validity_days: int
    bond_amount: Decimal | None
    criteria: tuple[CriterionView, ...]
    supplier_id: int
    supplier_name: str
    own_bids: tuple[OwnBid, ...]


def tender_views(
    records: Session, engagement_id: int, *, as_suppliers: Collection[int] | None = None
) -> tuple[TenderView, ...]:
    """The tenders of an engagement, newest last. `as_suppliers`: as these suppliers see them, None: as the
    buyer does."""
    found = records.scalars(select(Tender).where(Tender.engagement_id == engagement_id).order_by(Tender.id))
    return tuple(_view(records, tender, as_suppliers) for tender in found)


def tender_view(
    records: Session, tender_id: int, *, as_suppliers: Collection[int] | None = None
) -> TenderView:
    """Raises RecordNotFound."""
    return _view(records, get(records, Tender, tender_id), as_suppliers)


def tenders_to_bid_for(records: Session, user_id: str, now: datetime) -> tuple[BiddingView, ...]:
    """The published tenders that a supplier's contact may bid for, the next deadline first."""
    suppliers = [get(records, Supplier, key) for key in suppliers_of(records, user_id)]
    tenders = records.scalars(
        select(Tender)
        .where(Tender.state == str(TenderState.PUBLISHED), Tender.published_at.is_not(None))
        .order_by(Tender.deadline, Tender.id)
    ).all()
    return tuple(
        _bidding(records, tender, supplier, now)
        for tender in tenders
        for supplier in suppliers
        if supplier.may_be_invited and is_invited(records, tender, supplier)
    )


def bidding_view(records: Session, tender_id: int, user_id: str, now: datetime) -> tuple[BiddingView, ...]:
    """One tender as the suppliers that the user acts for see it; empty when none of them is invited."""
    tender = get(records, Tender, tender_id)
    if tender.published_at is None:
        return ()
    suppliers = [get(records, Supplier, key) for key in suppliers_of(records, user_id)]
    return tuple(_bidding(records, tender, s, now) for s in suppliers if is_invited(records, tender, s))


def _view(records: Session, tender: Tender, as_suppliers: Collection[int] | None) -> TenderView:
    released = tender.released_at is not None
    inside = as_suppliers is None
    ranking = _ranking(records, tender, as_suppliers) if released else ()
    return TenderView(
        tender_id=tender.id,
        engagement_id=tender.engagement_id,
        code=tender.code,
        title=tender.title,
        method=tender.method,
        state=tender.state,
        round=tender.round,
        currency=tender.currency,
        budget=tender.budget if inside else None,
        ceiling_price=tender.ceiling_price,
        should_cost=tender.should_cost if inside else None,
        price_formula=tender.price_formula,
        criteria=_criteria(tender),
        published_at=tender.published_at,
        deadline=tender.deadline,
        offers_opened_at=tender.offers_opened_at,
        prices_opened_at=tender.prices_opened_at,
        bids_received=len(bids_of_round(records, tender)) if inside else 0,
        released=released,
        released_at=tender.released_at,
        base_price=tender.base_price if released and inside else None,
        score_gap=tender.score_gap if released and inside else None,
        ranking=ranking,
        close_reason=tender.close_reason or "",
    )


def _criteria(tender: Tender) -> tuple[CriterionView, ...]:
    return tuple(
        CriterionView(
            key=c["key"],
            name=c["name"],
            weight=Decimal(c["weight"]),
            maximum=Decimal(c["max"]),
            threshold=None if c["threshold"] is None or c["key"] == PRICE else Decimal(c["threshold"]),
        )
        for c in tender.criteria
    )


def _ranking(
    records: Session, tender: Tender, as_suppliers: Collection[int] | None
) -> tuple[RankingRow, ...]:
    """Ranked bids first, then those that dropped out; a supplier sees its own alone."""
    bids = [
        bid
        for bid in bids_of_round(records, tender)
        if bid.state != BidState.SEALED and (as_suppliers is None or bid.supplier_id in as_suppliers)
    ]
    bids.sort(key=lambda bid: (bid.rank is None, bid.rank or 0, bid.id))
    return tuple(_row(records, bid) for bid in bids)


def _row(records: Session, bid: Bid) -> RankingRow:
    return RankingRow(
        bid_id=bid.id,
        bidder=bidder_of(records, bid).name,
        price=bid.price,
        criterion_scores={key: Decimal(score) for key, score in bid.criterion_scores.items()},
        price_score=bid.price_score,
        total=bid.total_score,
        rank=bid.rank,
        tied=bid.tied,
        state=bid.state,
        reasons=tuple(_reasons(bid.findings)),
    )


def _reasons(findings: list[Any]) -> list[str]:
    return [str(finding["reason"]) for finding in findings if finding["action"] == "reject"]


def _bidding(records: Session, tender: Tender, supplier: Supplier, now: datetime) -> BiddingView:
    assert tender.deadline is not None
    own = records.scalars(
        select(Bid)
        .where(Bid.tender_id == tender.id, Bid.supplier_id == supplier.id)
        .order_by(Bid.received_at, Bid.id)
    )
    return BiddingView(
        tender_id=tender.id,
        code=tender.code,
        title=tender.title,
        currency=tender.currency,
        deadline=tender.deadline,
        open=tender.state == TenderState.PUBLISHED and now < tender.deadline,
        bid_validity_days=tender.bid_validity_days,
        bond_amount=tender.bond_amount,
        criteria=_criteria(tender),
        supplier_id=supplier.id,
        supplier_name=supplier.name,
        own_bids=tuple(
            OwnBid(
                receipt=bid.receipt,
                sha256=bid.sha256,
                received_at=bid.received_at,
                late=bid.late,
                replaced=bid.archived_at is not None,
                round=bid.round,
                state=bid.state if tender.released_at is not None or bid.is_sealed else BidState.OPENED,
            )
            for bid in own
        ),
    )
