"""The engagement: one outsourced service over its whole life."""

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
    MoneyAmount,
    Record,
    Stateful,
    UserId,
    Word,
)


class EngagementState(StrEnum):
    DRAFT = "draft"
    STRATEGY = "strategy"
    SOURCING = "sourcing"
    CONTRACTING = "contracting"
    TRANSITION = "transition"
    OPERATING = "operating"
    EXITING = "exiting"
    CLOSED = "closed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class ServiceCategory(StrEnum):
    IT = "it"
    BPO = "bpo"
    HR = "hr"
    FACILITY = "facility"
    LOGISTICS = "logistics"
    CALLCENTER = "callcenter"
    SECURITY = "security"
    OTHER = "other"


class Criticality(StrEnum):
    STANDARD = "standard"
    IMPORTANT = "important"
    CRITICAL = "critical"


class DataClass(StrEnum):
    NONE = "none"
    INTERNAL = "internal"
    PERSONAL = "personal"
    SENSITIVE_PERSONAL = "sensitive_personal"
    IMPORTANT = "important"


_ENDS = frozenset({EngagementState.REJECTED, EngagementState.CANCELLED})


class Engagement(Stateful, Record):
    """`OUT-YYYY-NNNN`. Its criticality is what the decision table said in `engagement_lifecycle`.

    `provenance` is empty for real work. A demonstration names there where its input comes from (`source`)
    and which kinds of values were invented (`invented`, see tasks.engagement.provenance).
    """

    __tablename__ = "engagement"

    code: Mapped[str] = mapped_column(String(20), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[LongText] = mapped_column(default="")
    service_category: Mapped[Word]
    business_owner: Mapped[UserId]
    service_owner: Mapped[UserId]
    target_start: Mapped[date | None]
    estimated_annual_cost: Mapped[MoneyAmount | None]
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    data_class: Mapped[Word]
    rto_hours: Mapped[int | None]
    rpo_hours: Mapped[int | None]
    substitutability: Mapped[Word | None]
    criticality: Mapped[Word | None]
    dd_level: Mapped[Word | None]
    exit_plan_required: Mapped[bool] = mapped_column(default=False)
    regulator_notice: Mapped[bool] = mapped_column(default=False)
    provenance: Mapped[JsonObject] = mapped_column(default=dict)

    transitions: ClassVar[Mapping[str, frozenset[str]]] = {
        EngagementState.DRAFT: frozenset({EngagementState.STRATEGY, EngagementState.SOURCING}) | _ENDS,
        EngagementState.STRATEGY: frozenset({EngagementState.SOURCING}) | _ENDS,
        EngagementState.SOURCING: frozenset({EngagementState.CONTRACTING}) | _ENDS,
        EngagementState.CONTRACTING: frozenset({EngagementState.SOURCING, EngagementState.TRANSITION})
        | _ENDS,
        EngagementState.TRANSITION: frozenset({EngagementState.OPERATING, EngagementState.EXITING}) | _ENDS,
        EngagementState.OPERATING: frozenset({EngagementState.EXITING}),
        EngagementState.EXITING: frozenset(
            {EngagementState.TRANSITION, EngagementState.OPERATING, EngagementState.CLOSED}
        ),
    }

    def label(self) -> object:
        return self.code

    def breaches(self) -> list[Breach]:
        found: list[Breach] = []
        if not 5 <= len(self.title) <= 120:
            found.append(
                Breach(
                    code="TITLE_LENGTH",
                    field="title",
                    message=f"a title has 5 to 120 characters, not {len(self.title)}",
                )
            )
        for column, allowed in _ALLOWED.items():
            value = getattr(self, column)
            if value is not None and value not in allowed:
                found.append(
                    Breach(
                        code="UNKNOWN_VALUE",
                        field=column,
                        message=f"{column} is {value!r}; known are {', '.join(allowed)}",
                    )
                )
        if self.estimated_annual_cost is not None and self.estimated_annual_cost <= 0:
            found.append(
                Breach(
                    code="COST_NOT_POSITIVE",
                    field="estimated_annual_cost",
                    message=f"the estimated annual cost must be above 0, not {self.estimated_annual_cost}",
                )
            )
        return found


_ALLOWED: dict[str, list[str]] = {
    "service_category": [str(c) for c in ServiceCategory],
    "data_class": [str(c) for c in DataClass],
    "criticality": [str(c) for c in Criticality],
}
