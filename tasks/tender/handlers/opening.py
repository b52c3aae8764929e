"""Registering sealed bids, and opening them by two people after the deadline."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy.orm import Session

from engine import BpmnError, HandlerFailed, JobContext, handler
from tasks.records_base import get, lock
from tasks.tender.bids import STILL_IN, bidder_of, bids_of_round, contacts_of, price_facts, reject
from tasks.tender.receiving import is_invited
from tasks.tender.records import Bid, BidState, Tender, TenderState
from tasks.tender.sealing import SEAL_KEYS, Offer, SealBroken, SealKeys, fingerprint, open_offer, open_price

LATE = "LATE"
NOT_INVITED = "NOT_INVITED"
OPENING_INVALID = "OPENING_INVALID"


@dataclass(frozen=True, kw_only=True)
class Registered:
    sha256: str
    receipt: str


@dataclass(frozen=True, kw_only=True)
class Opened:
    bids: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class ValidBids:
    valid_bids: int
    retender_count: int


@dataclass(frozen=True, kw_only=True)
class Finding:
    reason: str
    action: str = "reject"


@dataclass(frozen=True, kw_only=True)
class Responsiveness:
    bid_id: int
    findings: list[Finding] | None = None


@handler(
    "bid.register_sealed",
    error_codes=[LATE, NOT_INVITED],
    names={"zh": "登记密封投标", "en": "Register a sealed bid"},
)
def register_sealed(job: JobContext, tender_id: int, bid_id: int) -> Registered:
    """Take note of a bid that was sealed and stored when it was handed in; only its id travels.

    Error LATE: received (server time) at the deadline or after. Error NOT_INVITED.
    """
    records: Session = job.records
    tender, bid = get(records, Tender, tender_id), get(records, Bid, bid_id)
    if bid.tender_id != tender_id:
        raise HandlerFailed(f"bid {bid_id} belongs to tender {bid.tender_id}, not to {tender_id}")
    if bid.late or bid.round != tender.round:
        raise BpmnError(LATE, f"bid {bid_id} came after the deadline of round {tender.round}")
    supplier = bidder_of(records, bid)
    if not is_invited(records, tender, supplier):
        raise BpmnError(NOT_INVITED, f"{supplier.name} was not invited to {tender.code}")
    job.log(f"bid {bid_id} of {supplier.name} sealed, sha256 {bid.sha256}")
    return Registered(sha256=bid.sha256, receipt=bid.receipt)


@handler("tender.unseal", error_codes=[OPENING_INVALID], names={"zh": "开标", "en": "Open the sealed bids"})
def unseal(
    job: JobContext,
    tender_id: int,
    openers: list[str],
    envelope: Literal["technical", "price"] = "technical",
) -> Opened:
    """Open the offers, or later the prices of those bids that are still in.

    Two different people, the deadline passed, every hash as on its receipt; else error OPENING_INVALID with
    `openingProblem`, and nothing is opened. A late bid stays shut. A price above the ceiling is out.
    """
    records: Session = job.records
    keys = _keys(job)
    tender = lock(records, Tender, tender_id)
    bids = bids_of_round(
        records, tender, [BidState.SEALED, BidState.OPENED] if envelope == "technical" else STILL_IN
    )
    _refuse_unlawful(job, tender, openers, bids)
    if envelope == "technical":
        _open_offers(job, keys, tender, bids)
        return Opened(bids=_offer_facts(records, tender, bids))
    _open_prices(job, keys, tender, bids)
    return Opened(bids=price_facts(records, tender, bids_of_round(records, tender, STILL_IN)))


@handler("tender.count_valid", names={"zh": "统计有效投标", "en": "Count the valid bids"})
def count_valid(job: JobContext, tender_id: int, responsiveness: list[Responsiveness]) -> ValidBids:
    """Keep the findings of the responsiveness table and count the bids that no finding rejects."""
    records: Session = job.records
    tender = get(records, Tender, tender_id)
    findings = {row.bid_id: row.findings or [] for row in responsiveness}
    valid = 0
    for bid in bids_of_round(records, tender, [BidState.OPENED, *STILL_IN, BidState.REJECTED]):
        if bid.state == BidState.OPENED:
            bid.findings = [{"reason": f.reason, "action": f.action} for f in findings.get(bid.id, [])]
            rejected = any(f["action"] == "reject" for f in bid.findings)
            bid.move_to(BidState.REJECTED if rejected else BidState.RESPONSIVE, now=job.now)
        valid += bid.state in STILL_IN
    return ValidBids(valid_bids=valid, retender_count=tender.round - 1)


def _keys(job: JobContext) -> SealKeys:
    keys = job.services.get(SEAL_KEYS)
    if not isinstance(keys, SealKeys):
        raise HandlerFailed(f"no key to open bids with: start the program with the service '{SEAL_KEYS}'")
    return keys


def _refuse_unlawful(job: JobContext, tender: Tender, openers: list[str], bids: list[Bid]) -> None:
    problem = ""
    if len(set(openers)) < 2 or not all(openers):
        problem = "two different people open the bids"
    elif tender.deadline is None or job.now < tender.deadline:
        problem = f"the bids stay shut until the deadline {tender.deadline}"
    else:
        for bid in bids:
            if fingerprint(bid.sealed_offer, bid.sealed_price) != bid.sha256:
                problem = f"bid {bid.receipt} is not the one that was handed in: its hash differs"
                break
    if problem:
        raise BpmnError(OPENING_INVALID, problem, {"openingProblem": problem})


def _broken(bid: Bid, error: SealBroken) -> BpmnError:
    problem = f"bid {bid.receipt} does not open: {error}"
    return BpmnError(OPENING_INVALID, problem, {"openingProblem": problem})


def _open_offers(job: JobContext, keys: SealKeys, tender: Tender, bids: list[Bid]) -> None:
    assert tender.deadline is not None
    for bid in bids:
        if bid.state == BidState.OPENED:
            continue
        try:
            offer = open_offer(keys, bid.sealed_offer, bid.receipt)
        except SealBroken as error:
            raise _broken(bid, error) from error
        bid.move_to(BidState.OPENED, now=job.now)
        bid.summary = offer.summary
        bid.signed = offer.signed
        bid.bond_ok = not tender.bond_amount or bool(offer.bond_reference.strip())
        bid.mandatory_missing = 0 if offer.summary.strip() else 1
        bid.valid_until = (tender.deadline + timedelta(days=offer.validity_days)).date()
        bid.documents = _store(job, offer)
        bid.bond_reference = offer.bond_reference.strip()
    tender.offers_opened_at = tender.offers_opened_at or job.now
    tender.move_to(TenderState.OPENED, now=job.now)
    job.records.flush()
    job.log(f"{len(bids)} offers of {tender.code} opened")


def _open_prices(job: JobContext, keys: SealKeys, tender: Tender, bids: list[Bid]) -> None:
    for bid in bids:
        if bid.price is not None:
            continue
        try:
            price = open_price(keys, bid.sealed_price, bid.receipt)
        except SealBroken as error:
            raise _broken(bid, error) from error
        bid.price = price.amount
        bid.touch(job.now)
        if tender.ceiling_price is not None and bid.price > tender.ceiling_price:
            reject(bid, "ABOVE_CEILING")
            bid.move_to(BidState.REJECTED, now=job.now)
    tender.prices_opened_at = tender.prices_opened_at or job.now
    tender.touch(job.now)
    job.records.flush()


def _store(job: JobContext, offer: Offer) -> list[dict[str, Any]]:
    stored: list[dict[str, Any]] = []
    for attachment in offer.attachments:
        document = job.documents.store(attachment.name, attachment.content, media_type=attachment.media_type)
        digest = hashlib.sha256(attachment.content).hexdigest()
        stored.append({"key": document.key, "name": attachment.name, "sha256": digest})
    return stored


def _offer_facts(records: Session, tender: Tender, bids: list[Bid]) -> list[dict[str, Any]]:
    """What the table `bid_responsiveness` asks, and who may be asked about the bid."""
    facts: list[dict[str, Any]] = []
    for bid in bids:
        supplier = bidder_of(records, bid)
        assert bid.valid_until is not None
        assert tender.deadline is not None
        offered = (bid.valid_until - tender.deadline.date()).days
        facts.append(
            {
                "bidId": bid.id,
                "bidder": supplier.name,
                "supplierId": supplier.id,
                "contacts": contacts_of(records, supplier.id),
                "late": bid.late,
                "signed": bid.signed,
                "bondOk": bid.bond_ok,
                "validityGapDays": offered - tender.bid_validity_days,
                "mandatoryMissing": bid.mandatory_missing,
                "bidsBySupplier": sum(1 for other in bids if other.supplier_id == bid.supplier_id),
                "collusionSignals": _signals(bid, bids),
            }
        )
    return facts


def _signals(bid: Bid, bids: list[Bid]) -> int:
    """How many other bids hold the same file or name the same bond."""
    files = {document["sha256"] for document in bid.documents}
    return sum(
        1
        for other in bids
        if other.id != bid.id
        and (
            files & {document["sha256"] for document in other.documents}
            or (bid.bond_reference and bid.bond_reference == other.bond_reference)
        )
    )
