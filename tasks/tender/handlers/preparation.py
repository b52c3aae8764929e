"""From an empty tender to a published one, and its end without an award."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import BpmnError, HandlerFailed, JobContext, handler
from tasks.amounts import to_money
from tasks.currency import EXCHANGE_RATES, to_cny
from tasks.engagement.records import Criticality, DataClass, Engagement, EngagementState, ServiceCategory
from tasks.numbering import next_number
from tasks.records_base import Breach, get, made, made_before
from tasks.supplier.records import Supplier
from tasks.tender.records import Invitation, Tender, TenderState
from tasks.tender.rules import OPEN_TENDER_DAYS, Method, tender_breaches
from tasks.tender.scoring import PriceFormula

TENDER_INVALID = "TENDER_INVALID"

_RETENDER_DAYS = 10


@dataclass(frozen=True, kw_only=True)
class Option:
    label: str
    value: str


@dataclass(frozen=True, kw_only=True)
class TenderCreated:
    tender_id: int
    engagement_id: int
    tender_code: str
    supplier_options: list[Option]


@dataclass(frozen=True, kw_only=True)
class TenderFacts:
    amount_cny: Decimal
    ict: bool
    related_party: bool


@dataclass(frozen=True, kw_only=True)
class Published:
    deadline: datetime
    ocid: str


@dataclass(frozen=True, kw_only=True)
class Retendered:
    round: int
    deadline: datetime


@dataclass(frozen=True, kw_only=True)
class _Terms:
    method: str
    currency: str
    budget: Decimal
    ceiling_price: Decimal | None
    should_cost: Decimal | None
    bond_amount: Decimal | None
    criteria: list[Any]
    price_formula: str
    bid_validity_days: int
    panel_size: int
    deadline: datetime | None
    cross_border: bool
    onsite_staff: bool
    subcontracting: bool
    published_at: datetime | None = None


@handler("tender.create", names={"zh": "建立招标项目", "en": "Create the tender"})
def create_tender(
    job: JobContext,
    title: str,
    service_category: ServiceCategory,
    criticality: Criticality,
    data_class: DataClass,
    budget: Decimal,
    currency: str,
    description: str = "",
    engagement_id: int | None = None,
) -> TenderCreated:
    """Open the file of a tender under the next TN-YYYY-NNNN, and that of its engagement when there is none.

    `supplierOptions` lists the suppliers that may be invited.
    """
    records: Session = job.records
    tender = made_before(records, Tender, job.idempotency_key)
    if tender is None:
        engagement = (
            get(records, Engagement, engagement_id)
            if engagement_id is not None
            else _new_engagement(
                job, title, service_category, criticality, data_class, budget, currency, description
            )
        )
        engagement.move_to(EngagementState.SOURCING, now=job.now)
        tender = Tender(
            code=next_number(records, "TN", job),
            engagement_id=engagement.id,
            state=TenderState.PLANNED,
            title=title.strip(),
            method=Method.OPEN_TENDER,
            currency=currency,
            budget=to_money(budget),
            criteria=[],
            **made(job, origin=job.idempotency_key),
        )
        records.add(tender)
        records.flush()
    return TenderCreated(
        tender_id=tender.id,
        engagement_id=tender.engagement_id,
        tender_code=tender.code,
        supplier_options=_options(records),
    )


@handler(
    "tender.validate", error_codes=[TENDER_INVALID], names={"zh": "校验招标文件", "en": "Check the tender"}
)
def validate_tender(
    job: JobContext,
    tender_id: int,
    method: str,
    budget: Decimal,
    currency: str,
    criteria: list[dict[str, Any]],
    bid_validity_days: int,
    panel_size: int,
    deadline: datetime | None = None,
    ceiling_price: Decimal | None = None,
    price_formula: str = PriceFormula.LOWEST_PRICE,
    bond_amount: Decimal | None = None,
    should_cost: Decimal | None = None,
    invited: list[Any] | None = None,
    cross_border: bool | None = None,
    onsite_staff: bool | None = None,
    subcontracting: bool | None = None,
) -> TenderFacts:
    """Check every invariant of a tender at once and keep its terms when all hold.

    Weights sum to 1, price at least 0.10; ceiling within budget; bond at most 2 % of it; an open tender
    leaves 20 days for bids; three or more are invited to an invited tender. Error TENDER_INVALID with
    `tenderProblems`.
    """
    records: Session = job.records
    tender = get(records, Tender, tender_id)
    terms = _Terms(
        method=method,
        currency=currency,
        budget=to_money(budget),
        ceiling_price=_money(ceiling_price),
        should_cost=_money(should_cost),
        bond_amount=_money(bond_amount),
        criteria=_criteria(criteria),
        price_formula=price_formula,
        bid_validity_days=bid_validity_days,
        panel_size=panel_size,
        deadline=deadline,
        cross_border=bool(cross_border),
        onsite_staff=bool(onsite_staff),
        subcontracting=bool(subcontracting),
    )
    suppliers, unknown = _invited(records, invited or [])
    breaches = [*tender_breaches(terms, published_at=job.now, invited=len(suppliers)), *unknown]
    if breaches:
        raise BpmnError(
            TENDER_INVALID,
            "; ".join(b.message for b in breaches),
            {"tenderProblems": [b.message for b in breaches]},
        )
    for name in _Terms.__dataclass_fields__:
        if name != "published_at":
            setattr(tender, name, getattr(terms, name))
    tender.move_to(TenderState.REVIEW, now=job.now)
    _invite(job, tender, suppliers)
    tender.touch(job.now)
    engagement = get(records, Engagement, tender.engagement_id)
    return TenderFacts(
        amount_cny=to_cny(tender.budget, tender.currency, job.services.get(EXCHANGE_RATES)),
        ict=engagement.service_category == ServiceCategory.IT,
        related_party=any(supplier.related_party for supplier in suppliers),
    )


@handler("tender.publish", names={"zh": "发布招标公告", "en": "Publish the tender"})
def publish_tender(job: JobContext, tender_id: int) -> Published:
    """Open the tender for bids and note the invitations as sent.

    When approvals took so long that the deadline is no longer a legal one, it moves to the first that is.
    """
    records: Session = job.records
    tender = get(records, Tender, tender_id)
    tender.published_at = job.now
    tender.ocid = tender.ocid or f"tenure-{tender.code}"
    deadline = _legal_deadline(tender, job.now)
    if tender.deadline != deadline:
        job.log(f"the deadline of {tender.code} moves to {deadline:%Y-%m-%d %H:%M} UTC")
        tender.deadline = deadline
    tender.move_to(TenderState.PUBLISHED, now=job.now)
    for invitation in records.scalars(
        select(Invitation).where(Invitation.tender_id == tender_id, Invitation.archived_at.is_(None))
    ):
        invitation.sent_at = invitation.sent_at or job.now
    records.flush()
    return Published(deadline=deadline, ocid=tender.ocid)


@handler("tender.retender", names={"zh": "重新招标", "en": "Tender again"})
def retender(job: JobContext, tender_id: int) -> Retendered:
    """The next round: ten more days for bids, or the legal minimum if that is longer. Old bids stay as they
    are and take no part."""
    tender = get(job.records, Tender, tender_id)
    tender.move_to(TenderState.PLANNED, now=job.now)
    tender.round += 1
    tender.published_at = None
    tender.offers_opened_at = None
    tender.prices_opened_at = None
    tender.released_at = None
    tender.deadline = job.now + timedelta(days=_RETENDER_DAYS)
    tender.deadline = _legal_deadline(tender, job.now)
    return Retendered(round=tender.round, deadline=tender.deadline)


@handler("tender.close_unawarded", names={"zh": "终止招标", "en": "Close the tender without an award"})
def close_unawarded(job: JobContext, tender_id: int, reason: str | None = None) -> None:
    """The tender ends without an award; the reason stays with it."""
    tender = get(job.records, Tender, tender_id)
    tender.move_to(TenderState.FAILED, now=job.now)
    tender.close_reason = reason or ""
    job.log(f"tender {tender.code} ended without an award")


def _new_engagement(
    job: JobContext,
    title: str,
    service_category: str,
    criticality: str,
    data_class: str,
    budget: Decimal,
    currency: str,
    description: str,
) -> Engagement:
    engagement = Engagement(
        code=next_number(job.records, "OUT", job),
        state=EngagementState.STRATEGY,
        title=title.strip(),
        description=description,
        service_category=service_category,
        business_owner=job.actor,
        service_owner=job.actor,
        estimated_annual_cost=to_money(budget),
        currency=currency,
        criticality=criticality,
        data_class=data_class,
        **made(job, origin=job.idempotency_key),
    )
    job.records.add(engagement)
    job.records.flush()
    return engagement


def _options(records: Session) -> list[Option]:
    suppliers = records.scalars(
        select(Supplier).where(Supplier.archived_at.is_(None)).order_by(Supplier.name)
    )
    return [Option(label=s.name, value=str(s.id)) for s in suppliers if s.may_be_invited]


def _money(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else to_money(amount)


def _criteria(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with exact numbers; what is no number becomes 0 and is refused by the rules."""
    return [
        {
            "key": str(row.get("key") or "").strip(),
            "name": str(row.get("name") or row.get("key") or ""),
            "weight": _number(row.get("weight")),
            "max": _number(row.get("max")) or Decimal(100),
            "threshold": None if row.get("threshold") in (None, "") else _number(row.get("threshold")),
        }
        for row in rows
    ]


def _number(value: Any) -> Decimal:
    try:
        return Decimal(value if isinstance(value, int | Decimal) else str(value or 0))
    except InvalidOperation:
        return Decimal(0)


def _invited(records: Session, ids: Sequence[Any]) -> tuple[list[Supplier], list[Breach]]:
    suppliers: list[Supplier] = []
    unknown: list[Breach] = []
    for value in dict.fromkeys(ids):
        supplier = records.get(Supplier, _supplier_id(value))
        if supplier is None or not supplier.may_be_invited:
            name = supplier.name if supplier else value
            unknown.append(
                Breach(code="NOT_INVITABLE", field="invited", message=f"{name} may not be invited")
            )
        else:
            suppliers.append(supplier)
    return suppliers, unknown


def _supplier_id(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise HandlerFailed(f"variable 'invited': {value!r} is no id of a supplier") from error


def _invite(job: JobContext, tender: Tender, suppliers: Sequence[Supplier]) -> None:
    """Those listed are invited; an invitation that is listed no longer is archived."""
    records: Session = job.records
    listed = {supplier.id for supplier in suppliers}
    known = {
        invitation.supplier_id: invitation
        for invitation in records.scalars(select(Invitation).where(Invitation.tender_id == tender.id))
    }
    for supplier_id, invitation in known.items():
        invitation.archived_at = None if supplier_id in listed else job.now
    for supplier_id in listed - known.keys():
        records.add(Invitation(tender_id=tender.id, supplier_id=supplier_id, **made(job)))


def _legal_deadline(tender: Tender, now: datetime) -> datetime:
    """The planned deadline, or the first legal one when that is too early by now."""
    if tender.method == Method.OPEN_TENDER:
        earliest = now + timedelta(days=OPEN_TENDER_DAYS)
        return max(tender.deadline or earliest, earliest)
    if tender.deadline is None or tender.deadline <= now:
        return now + timedelta(days=1)
    return tender.deadline
