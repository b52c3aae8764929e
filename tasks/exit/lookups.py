"""Finding the exit plan of an engagement and its items."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from tasks.exit.records import AccessGrant, ExitPlan, ExitPlanState, HandoverItem, ItemState


def approved_plan(records: Session, engagement_id: int) -> ExitPlan | None:
    """The newest plan that was approved and is not used up."""
    return _latest(records, engagement_id, ExitPlanState.APPROVED)


def running_plan(records: Session, engagement_id: int) -> ExitPlan | None:
    """The plan by which the engagement is being left."""
    return _latest(records, engagement_id, ExitPlanState.RUNNING)


def items_of(records: Session, exit_plan_id: int) -> list[HandoverItem]:
    return list(
        records.scalars(
            select(HandoverItem)
            .where(HandoverItem.exit_plan_id == exit_plan_id, HandoverItem.archived_at.is_(None))
            .order_by(HandoverItem.id)
        )
    )


def open_items(records: Session, exit_plan_id: int) -> list[HandoverItem]:
    return [item for item in items_of(records, exit_plan_id) if item.state != ItemState.ACCEPTED]


def open_grants(records: Session, engagement_id: int) -> list[AccessGrant]:
    return list(
        records.scalars(
            select(AccessGrant)
            .where(AccessGrant.engagement_id == engagement_id, AccessGrant.revoked_at.is_(None))
            .order_by(AccessGrant.id)
        )
    )


def _latest(records: Session, engagement_id: int, state: ExitPlanState) -> ExitPlan | None:
    return records.scalar(
        select(ExitPlan)
        .where(ExitPlan.engagement_id == engagement_id, ExitPlan.state == str(state))
        .order_by(ExitPlan.id.desc())
    )
