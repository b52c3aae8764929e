"""Handing in a bid as the page for suppliers does it."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import Actor, Channel
from tasks.tender.receiving import receive_bid
from tasks.tender.records import Bid, Tender
from tasks.tender.sealing import Offer, SealKeys

from .cast import contact_of, supplier_id
from .player import Player


def tender_of(records: Session, engagement_id: int) -> Tender | None:
    """The newest tender of an engagement."""
    return records.scalar(
        select(Tender).where(Tender.engagement_id == engagement_id).order_by(Tender.id.desc())
    )


def count_bids(records: Session, tender: Tender, letter: str, *, late: bool) -> int:
    """How many bids a supplier has handed in for this round, replaced ones included."""
    found = records.scalars(
        select(Bid.id).where(
            Bid.tender_id == tender.id,
            Bid.supplier_id == supplier_id(records, letter),
            Bid.round == tender.round,
            Bid.late.is_(late),
        )
    )
    return len(found.all())


def hand_in(
    player: Player, keys: SealKeys, tender_id: int, letter: str, price: Decimal, currency: str
) -> None:
    """The supplier's contact hands in a bid at the player's clock."""
    actor = Actor(user_id=contact_of(letter), channel=Channel.DEMO)
    offer = Offer(
        summary=f"Invented offer of Supplier {letter}: staff, method and schedule as asked for.",
        signed=True,
        validity_days=120,
    )
    with player.engine.transaction(by=actor, action="receive bid") as transaction:
        supplier = supplier_id(transaction.records, letter)
        assert supplier is not None
        receive_bid(
            transaction,
            keys,
            tender_id=tender_id,
            supplier_id=supplier,
            actor=actor.user_id,
            offer=offer,
            price=price,
            currency=currency,
        )
