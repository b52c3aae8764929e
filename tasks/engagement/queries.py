"""The register of engagements, and one engagement on one page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from tasks.approval.records import LateApproval
from tasks.contract.queries import ContractView, contract_view
from tasks.contract.records import Contract
from tasks.engagement.provenance import Provenance, provenance_of
from tasks.engagement.records import Engagement
from tasks.exit.queries import ExitView, exit_views
from tasks.performance.queries import ReviewView, review_views
from tasks.records_base import RecordNotFound, get
from tasks.tender.queries import TenderView, tender_views
from tasks.tender.records import Bid, Tender


@dataclass(frozen=True, kw_only=True)
class EngagementRow:
    engagement_id: int
    code: str
    title: str
    service_category: str
    state: str
    criticality: str
    business_owner: str
    created_at: datetime
    provenance: Provenance


@dataclass(frozen=True, kw_only=True)
class LateApprovalView:
    doc_type: str
    doc_title: str
    level: str
    noticed_at: datetime


@dataclass(frozen=True, kw_only=True)
class EngagementPage:
    """Everything there is to show. `provenance.is_invented(kind)` tells which values to mark."""

    engagement_id: int
    code: str
    title: str
    description: str
    service_category: str
    state: str
    business_owner: str
    service_owner: str
    target_start: date | None
    estimated_annual_cost: Decimal | None
    currency: str
    data_class: str
    criticality: str
    exit_plan_required: bool
    regulator_notice: bool
    provenance: Provenance
    tenders: tuple[TenderView, ...]
    contract: ContractView | None
    reviews: tuple[ReviewView, ...]
    exits: tuple[ExitView, ...]
    late_approvals: tuple[LateApprovalView, ...]


def engagements(records: Session, *, text: str = "", state: str = "") -> tuple[EngagementRow, ...]:
    """The newest first; `text` searches code and title."""
    query = select(Engagement).where(Engagement.archived_at.is_(None)).order_by(Engagement.id.desc())
    if state:
        query = query.where(Engagement.state == state)
    if text.strip():
        query = query.where(
            or_(
                Engagement.code.icontains(text.strip(), autoescape=True),
                Engagement.title.icontains(text.strip(), autoescape=True),
            )
        )
    return tuple(_row(engagement) for engagement in records.scalars(query))


def engagement_page(
    records: Session, engagement_id: int, *, as_suppliers: Collection[int] | None = None
) -> EngagementPage:
    """One engagement with its tenders, contract, reviews and exits.

    `as_suppliers`: as the contacts of these suppliers see it: their own scores and contract and nothing of
    others; an engagement they have no part in is not found. Raises RecordNotFound.
    """
    engagement = get(records, Engagement, engagement_id)
    contract = contract_view(records, engagement_id)
    inside = as_suppliers is None
    if as_suppliers is not None:
        if not _takes_part(records, engagement_id, as_suppliers):
            raise RecordNotFound("engagement", engagement_id)
        contract = contract if contract is not None and contract.supplier_id in as_suppliers else None
    return EngagementPage(
        engagement_id=engagement.id,
        code=engagement.code,
        title=engagement.title,
        description=engagement.description,
        service_category=engagement.service_category,
        state=engagement.state,
        business_owner=engagement.business_owner,
        service_owner=engagement.service_owner,
        target_start=engagement.target_start,
        estimated_annual_cost=engagement.estimated_annual_cost if inside else None,
        currency=engagement.currency,
        data_class=engagement.data_class,
        criticality=engagement.criticality or "",
        exit_plan_required=engagement.exit_plan_required,
        regulator_notice=engagement.regulator_notice,
        provenance=provenance_of(engagement),
        tenders=tender_views(records, engagement_id, as_suppliers=as_suppliers),
        contract=contract,
        reviews=review_views(records, contract.contract_id) if contract else (),
        exits=exit_views(records, engagement_id) if inside or contract else (),
        late_approvals=_late(records, engagement_id) if inside else (),
    )


def _row(engagement: Engagement) -> EngagementRow:
    return EngagementRow(
        engagement_id=engagement.id,
        code=engagement.code,
        title=engagement.title,
        service_category=engagement.service_category,
        state=engagement.state,
        criticality=engagement.criticality or "",
        business_owner=engagement.business_owner,
        created_at=engagement.created_at,
        provenance=provenance_of(engagement),
    )


def _takes_part(records: Session, engagement_id: int, suppliers: Collection[int]) -> bool:
    bid = (
        select(Bid.id)
        .join(Tender, Tender.id == Bid.tender_id)
        .where(Tender.engagement_id == engagement_id, Bid.supplier_id.in_(list(suppliers)))
    )
    contract = select(Contract.id).where(
        Contract.engagement_id == engagement_id, Contract.supplier_id.in_(list(suppliers))
    )
    return records.scalar(bid) is not None or records.scalar(contract) is not None


def _late(records: Session, engagement_id: int) -> tuple[LateApprovalView, ...]:
    tenders = select(Tender.id).where(Tender.engagement_id == engagement_id)
    contracts = select(Contract.id).where(Contract.engagement_id == engagement_id)
    found = records.scalars(
        select(LateApproval)
        .where(
            or_(
                and_(
                    LateApproval.doc_type.in_(["tender", "award", "method_switch"]),
                    LateApproval.doc_id.in_(tenders),
                ),
                and_(LateApproval.doc_type == "contract", LateApproval.doc_id.in_(contracts)),
            )
        )
        .order_by(LateApproval.noticed_at)
    )
    return tuple(
        LateApprovalView(
            doc_type=late.doc_type, doc_title=late.doc_title, level=late.level, noticed_at=late.noticed_at
        )
        for late in found
    )
