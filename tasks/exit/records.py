"""The exit plan of an engagement and what is handed over, item by item."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from tasks.records_base import (
    Breach,
    JsonObject,
    LongText,
    Moment,
    MoneyAmount,
    RatioValue,
    Record,
    Stateful,
    UserId,
    Word,
    references,
)


class ExitPlanState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    RUNNING = "running"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class ExitMode(StrEnum):
    PLANNED = "planned"
    STRESSED = "stressed"
    REVIEW = "review"
    CURE_NOTICE = "cure_notice"


class TargetService(StrEnum):
    INSOURCE = "insource"
    NEW_SUPPLIER = "new_supplier"
    STOP = "stop"


class ItemKind(StrEnum):
    KNOWLEDGE = "knowledge"
    ASSET = "asset"
    DATA = "data"
    ACCESS = "access"
    PEOPLE = "people"
    CONTRACT = "contract"
    WIP = "wip"
    PAYMENT = "payment"


class ItemState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"


class ExitPlan(Stateful, Record):
    """One way out. Approved before signature where the engagement needs it, run when the exit comes."""

    __tablename__ = "exit_plan"

    engagement_id: Mapped[int] = references("engagement")
    mode: Mapped[Word]
    trigger: Mapped[Word | None]
    reason: Mapped[LongText] = mapped_column(default="")
    target_service: Mapped[Word | None]
    planned_scenario: Mapped[LongText] = mapped_column(default="")
    stressed_scenario: Mapped[LongText] = mapped_column(default="")
    duration_days: Mapped[int | None]
    cost: Mapped[MoneyAmount | None]
    requested_on: Mapped[date | None]
    notice_on: Mapped[date | None]
    effective_on: Mapped[date | None]
    approved_on: Mapped[date | None]
    tested_on: Mapped[date | None]
    step_in: Mapped[bool] = mapped_column(default=False)
    settlement: Mapped[JsonObject] = mapped_column(default=dict)
    lessons: Mapped[LongText] = mapped_column(default="")
    closed_at: Mapped[Moment | None]

    transitions: ClassVar[Mapping[str, frozenset[str]]] = {
        ExitPlanState.DRAFT: frozenset(
            {ExitPlanState.APPROVED, ExitPlanState.RUNNING, ExitPlanState.WITHDRAWN}
        ),
        ExitPlanState.APPROVED: frozenset({ExitPlanState.RUNNING, ExitPlanState.WITHDRAWN}),
        ExitPlanState.RUNNING: frozenset({ExitPlanState.DONE, ExitPlanState.WITHDRAWN}),
    }

    def breaches(self) -> list[Breach]:
        found: list[Breach] = []
        if self.mode not in [str(m) for m in ExitMode]:
            found.append(Breach(code="UNKNOWN_VALUE", field="mode", message=f"mode {self.mode!r} is unknown"))
        if self.target_service is not None and self.target_service not in [str(t) for t in TargetService]:
            found.append(
                Breach(
                    code="UNKNOWN_VALUE",
                    field="target_service",
                    message=f"{self.target_service!r} is no target: {', '.join(TargetService)}",
                )
            )
        if self.state == ExitPlanState.APPROVED and self.approved_on is None:
            found.append(
                Breach(
                    code="APPROVED_ON", field="approved_on", message="an approved plan has a date of approval"
                )
            )
        return found


class HandoverItem(Stateful, Record):
    """One thing to hand over. Who accepts it is never who delivered it; until then it is open."""

    __tablename__ = "handover_item"

    exit_plan_id: Mapped[int] = references("exit_plan")
    kind: Mapped[Word]
    title: Mapped[str] = mapped_column(String(200))
    mandatory: Mapped[bool] = mapped_column(default=True)
    weight: Mapped[RatioValue]
    from_party: Mapped[str] = mapped_column(String(100), default="")
    to_party: Mapped[str] = mapped_column(String(100), default="")
    due: Mapped[date | None]
    delivered_by: Mapped[UserId | None]
    accepted_by: Mapped[UserId | None]
    accepted_at: Mapped[Moment | None]
    certificate: Mapped[JsonObject] = mapped_column(default=dict)

    transitions: ClassVar[Mapping[str, frozenset[str]]] = {
        ItemState.OPEN: frozenset({ItemState.ACCEPTED}),
    }

    def label(self) -> object:
        return self.title

    def breaches(self) -> list[Breach]:
        found: list[Breach] = []
        if self.kind not in [str(k) for k in ItemKind]:
            found.append(Breach(code="UNKNOWN_VALUE", field="kind", message=f"kind {self.kind!r} is unknown"))
        if self.weight <= 0:
            found.append(Breach(code="WEIGHT", field="weight", message="a hand-over item weighs more than 0"))
        if self.accepted_by is not None and self.accepted_by == self.delivered_by:
            found.append(
                Breach(
                    code="SAME_PERSON",
                    field="accepted_by",
                    message=f"{self.accepted_by} delivered the item and cannot accept it",
                )
            )
        if self.state == ItemState.ACCEPTED and self.accepted_by is None:
            found.append(
                Breach(
                    code="ACCEPTED_BY",
                    field="accepted_by",
                    message="an accepted item names who accepted it",
                )
            )
        return found


class AccessGrant(Record):
    """Somebody of the supplier may use one of our systems. `revoked_at` ends it."""

    __tablename__ = "access_grant"

    engagement_id: Mapped[int] = references("engagement")
    person: Mapped[str] = mapped_column(String(100))
    system: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(100), default="")
    granted_on: Mapped[date]
    until: Mapped[date | None]
    revoked_at: Mapped[Moment | None]
    revoked_by: Mapped[UserId | None]
