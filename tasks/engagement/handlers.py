"""Steps of the engagement: opening its file, its profile, going live, closing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from sqlalchemy.orm import Session

from engine import BpmnError, JobContext, handler
from tasks.amounts import to_money
from tasks.contract.lookups import active_contract
from tasks.engagement.records import Criticality, DataClass, Engagement, EngagementState, ServiceCategory
from tasks.exit.lookups import open_items, running_plan
from tasks.numbering import next_number
from tasks.records_base import get, made, made_before

CONTRACT_NOT_ACTIVE = "CONTRACT_NOT_ACTIVE"
OPEN_ITEMS = "OPEN_ITEMS"


@dataclass(frozen=True, kw_only=True)
class Created:
    engagement_id: int
    code: str


@handler("engagement.create", names={"zh": "建立外包项目", "en": "Create the engagement"})
def create_engagement(
    job: JobContext,
    title: str,
    service_category: ServiceCategory,
    data_class: DataClass,
    description: str = "",
    service_owner: str | None = None,
    target_start: date | None = None,
    estimated_annual_cost: Decimal | None = None,
    currency: str = "CNY",
    rto_hours: int | None = None,
    rpo_hours: int | None = None,
    substitutability: str | None = None,
) -> Created:
    """Open the file of a new outsourced service under the next OUT-YYYY-NNNN, gap-free per year.

    Whoever started the process is its business owner, and its service owner unless another is named.
    """
    records: Session = job.records
    engagement = made_before(records, Engagement, job.idempotency_key)
    if engagement is None:
        engagement = Engagement(
            code=next_number(records, "OUT", job),
            state=EngagementState.STRATEGY,
            title=title.strip(),
            description=description,
            service_category=service_category,
            business_owner=job.actor,
            service_owner=service_owner or job.actor,
            target_start=target_start,
            estimated_annual_cost=None if estimated_annual_cost is None else to_money(estimated_annual_cost),
            currency=currency,
            data_class=data_class,
            rto_hours=rto_hours,
            rpo_hours=rpo_hours,
            substitutability=substitutability,
            **made(job, origin=job.idempotency_key),
        )
        records.add(engagement)
        records.flush()
    return Created(engagement_id=engagement.id, code=engagement.code)


@handler("engagement.set_profile", names={"zh": "确定项目画像", "en": "Set the engagement's profile"})
def set_profile(
    job: JobContext,
    engagement_id: int,
    criticality: Criticality,
    dd_level: Literal["basic", "standard", "enhanced"],
    exit_plan_required: bool,
    regulator_notice: bool,
) -> None:
    """Keep what the decision table `criticality` said."""
    engagement = get(job.records, Engagement, engagement_id)
    engagement.criticality = criticality
    engagement.dd_level = dd_level
    engagement.exit_plan_required = exit_plan_required
    engagement.regulator_notice = regulator_notice
    engagement.touch(job.now)


@handler(
    "engagement.go_live",
    error_codes=[CONTRACT_NOT_ACTIVE],
    names={"zh": "投入运行", "en": "Take the service live"},
)
def go_live(job: JobContext, engagement_id: int) -> None:
    """The service is in operation. Error CONTRACT_NOT_ACTIVE: there is no active contract."""
    records: Session = job.records
    engagement = get(records, Engagement, engagement_id)
    if active_contract(records, engagement_id) is None:
        raise BpmnError(CONTRACT_NOT_ACTIVE, f"engagement {engagement.code} has no active contract")
    engagement.move_to(EngagementState.OPERATING, now=job.now)


@handler(
    "engagement.close", error_codes=[OPEN_ITEMS], names={"zh": "关闭外包项目", "en": "Close the engagement"}
)
def close_engagement(
    job: JobContext, engagement_id: int, outcome: Literal["closed", "cancelled", "rejected"] = "closed"
) -> None:
    """The end of the engagement. Error OPEN_ITEMS: a mandatory hand-over item is not accepted."""
    records: Session = job.records
    engagement = get(records, Engagement, engagement_id)
    plan = running_plan(records, engagement_id)
    open_ = [item.title for item in open_items(records, plan.id) if item.mandatory] if plan else []
    if outcome == "closed" and open_:
        raise BpmnError(OPEN_ITEMS, f"not accepted yet: {', '.join(open_)}", {"openItems": open_})
    engagement.move_to(EngagementState(outcome), now=job.now)
