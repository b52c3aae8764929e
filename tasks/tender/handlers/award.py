"""Publishing candidates, telling everybody, and the award with its way back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import HandlerFailed, JobContext, handler
from tasks.records_base import get, made
from tasks.tender.bids import bidder_of, bids_of_round, contacts_of, price_of
from tasks.tender.letters import award_letter
from tasks.tender.records import Award, AwardState, Bid, BidState, Tender, TenderState


@dataclass(frozen=True, kw_only=True)
class CandidatesPublished:
    published_at: datetime


@dataclass(frozen=True, kw_only=True)
class Awarded:
    award_id: int


@dataclass(frozen=True, kw_only=True)
class Revoked:
    next_bid_id: int | None


@handler("award.publish_candidates", names={"zh": "公示中标候选人", "en": "Publish the candidates for award"})
def publish_candidates(job: JobContext, tender_id: int, winner_bid_id: int) -> CandidatesPublished:
    """The first three may be seen from now on, with the one proposed for award."""
    records: Session = job.records
    tender = get(records, Tender, tender_id)
    bid = _ranked(records, tender, winner_bid_id)
    tender.released_at = job.now
    tender.touch(job.now)
    job.log(f"candidates of {tender.code} published; proposed: {bidder_of(records, bid).name}")
    return CandidatesPublished(published_at=job.now)


@handler("award.notify", names={"zh": "发出中标通知", "en": "Notify the bidders"})
def notify_bidders(
    job: JobContext, tender_id: int, winner_bid_id: int, award_reason: str | None = None
) -> Awarded:
    """The award is made: a letter to each bidder, with that bidder's own scores only.

    `awardReason` says why when people decided and not the ranking alone.
    """
    records: Session = job.records
    tender = get(records, Tender, tender_id)
    _ranked(records, tender, winner_bid_id)
    award = _award(job, tender, winner_bid_id)
    award.reason = award_reason or ""
    for bid in bids_of_round(records, tender):
        if bid.state in (BidState.SCORED, BidState.RESPONSIVE):
            bid.move_to(BidState.LOST, now=job.now)
        supplier = bidder_of(records, bid)
        job.documents.store(
            f"{tender.code}-{bid.receipt}.txt",
            award_letter(tender, bid, supplier.name, won=bid.id == winner_bid_id).encode(),
            media_type="text/plain; charset=utf-8",
            readers=[*contacts_of(records, supplier.id), "sourcing_manager"],
        )
    return Awarded(award_id=award.id)


@handler("award.record", names={"zh": "登记中标结果", "en": "Record the award"})
def record_award(job: JobContext, tender_id: int, bid_id: int) -> Awarded:
    """The award in force for this bid; made if notification has not made it already."""
    records: Session = job.records
    tender = get(records, Tender, tender_id)
    return Awarded(award_id=_award(job, tender, bid_id).id)


@handler("award.revoke", names={"zh": "撤销中标结果", "en": "Revoke the award"})
def revoke_award(job: JobContext, award_id: int) -> Revoked:
    """Undo an award: the winner is withdrawn. Answers the next ranked bid that still binds its bidder."""
    records: Session = job.records
    award = get(records, Award, award_id)
    tender, bid = get(records, Tender, award.tender_id), get(records, Bid, award.bid_id)
    if award.state != AwardState.REVOKED:
        award.move_to(AwardState.REVOKED, now=job.now)
        bid.move_to(BidState.WITHDRAWN, now=job.now)
        tender.move_to(TenderState.EVALUATED, now=job.now)
    today = job.now.date()
    following = [
        other
        for other in bids_of_round(records, tender, [BidState.LOST, BidState.SCORED])
        if other.rank is not None and other.valid_until is not None and other.valid_until >= today
    ]
    following.sort(key=lambda other: (other.rank, other.id))
    return Revoked(next_bid_id=following[0].id if following else None)


def _ranked(records: Session, tender: Tender, bid_id: int) -> Bid:
    bid = get(records, Bid, bid_id)
    if bid.tender_id != tender.id or bid.round != tender.round or bid.rank is None:
        raise HandlerFailed(f"variable 'winnerBidId': bid {bid_id} is not in the ranking of {tender.code}")
    return bid


def _award(job: JobContext, tender: Tender, bid_id: int) -> Award:
    records: Session = job.records
    award = records.scalar(select(Award).where(Award.bid_id == bid_id, Award.state == AwardState.RECORDED))
    if award is None:
        bid = _ranked(records, tender, bid_id)
        award = Award(
            tender_id=tender.id,
            bid_id=bid.id,
            supplier_id=bid.supplier_id,
            amount=price_of(bid),
            currency=tender.currency,
            awarded_at=job.now,
            state=AwardState.RECORDED,
            **made(job),
        )
        records.add(award)
        bid.move_to(BidState.WINNER, now=job.now)
        tender.released_at = tender.released_at or job.now
        tender.move_to(TenderState.AWARDED, now=job.now)
        records.flush()
    return award
