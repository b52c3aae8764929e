"""The exit as pages show it: the plan, its items, how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tasks.exit.lookups import items_of
from tasks.exit.readiness import ItemProgress, readiness
from tasks.exit.records import ExitPlan, ItemState


@dataclass(frozen=True, kw_only=True)
class ItemView:
    item_id: int
    kind: str
    title: str
    mandatory: bool
    weight: Decimal
    due: date | None
    state: str
    delivered_by: str
    accepted_by: str
    accepted_at: datetime | None
    certificate: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ExitView:
    exit_plan_id: int
    state: str
    mode: str
    trigger: str
    reason: str
    target_service: str
    notice_on: date | None
    effective_on: date | None
    approved_on: date | None
    step_in: bool
    readiness_pct: Decimal
    can_close: bool
    items: tuple[ItemView, ...]
    settlement: dict[str, Any]
    lessons: str
    closed_at: datetime | None


def exit_views(records: Session, engagement_id: int) -> tuple[ExitView, ...]:
    """The exit plans of an engagement, newest last."""
    plans = records.scalars(
        select(ExitPlan).where(ExitPlan.engagement_id == engagement_id).order_by(ExitPlan.id)
    )
    return tuple(_view(records, plan) for plan in plans)


def _view(records: Session, plan: ExitPlan) -> ExitView:
    items = items_of(records, plan.id)
    now = readiness(
        [
            ItemProgress(weight=i.weight, done=i.state == ItemState.ACCEPTED, mandatory=i.mandatory)
            for i in items
        ]
    )
    return ExitView(
        exit_plan_id=plan.id,
        state=plan.state,
        mode=plan.mode,
        trigger=plan.trigger or "",
        reason=plan.reason,
        target_service=plan.target_service or "",
        notice_on=plan.notice_on,
        effective_on=plan.effective_on,
        approved_on=plan.approved_on,
        step_in=plan.step_in,
        readiness_pct=now.readiness_pct,
        can_close=now.can_close,
        items=tuple(
            ItemView(
                item_id=i.id,
                kind=i.kind,
                title=i.title,
                mandatory=i.mandatory,
                weight=i.weight,
                due=i.due,
                state=i.state,
                delivered_by=i.delivered_by or "",
                accepted_by=i.accepted_by or "",
                accepted_at=i.accepted_at,
                certificate=i.certificate,
            )
            for i in items
        ),
        settlement=plan.settlement,
        lessons=plan.lessons,
        closed_at=plan.closed_at,
    )
