"""Measurements of KPIs, the review of a period, and service credits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tasks.performance.scoring import MissingCause
from tasks.records_base import (
    Breach,
    JsonList,
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

_PERIOD = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


class ReviewState(StrEnum):
    OPEN = "open"
    SCORED = "scored"
    CLOSED = "closed"


class CreditState(StrEnum):
    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    APPLIED = "applied"
    EARNED_BACK = "earned_back"


class Review(Stateful, Record):
    """One period (`YYYY-MM`) of one contract. `weighted_score` is empty when too little was measured."""

    __tablename__ = "review"
    __table_args__ = (UniqueConstraint("contract_id", "period"),)

    contract_id: Mapped[int] = references("contract", index=False)
    period: Mapped[str] = mapped_column(String(7))
    formal: Mapped[bool] = mapped_column(default=False)
    invoice_amount: Mapped[MoneyAmount | None]
    weighted_score: Mapped[RatioValue | None]
    grade: Mapped[str | None] = mapped_column(String(1))
    consequence: Mapped[Word | None]
    new_orders: Mapped[Word | None]
    critical_defaults: Mapped[int] = mapped_column(default=0)
    recalculations: Mapped[int] = mapped_column(default=0)
    minutes: Mapped[LongText] = mapped_column(default="")
    attendees: Mapped[JsonList] = mapped_column(default=list)
    actions: Mapped[JsonList] = mapped_column(default=list)
    published_at: Mapped[Moment | None]
    """When the scorecard was released to the supplier."""
    closed_at: Mapped[Moment | None]

    transitions: ClassVar[Mapping[str, frozenset[str]]] = {
        ReviewState.OPEN: frozenset({ReviewState.SCORED}),
        ReviewState.SCORED: frozenset({ReviewState.CLOSED}),
    }

    def breaches(self) -> list[Breach]:
        if _PERIOD.fullmatch(self.period):
            return []
        return [Breach(code="PERIOD", field="period", message=f"a period is YYYY-MM, not {self.period!r}")]


class Measurement(Record):
    """One value of one KPI in one period. A correction is a new row with the next `revision`."""

    __tablename__ = "measurement"
    __table_args__ = (UniqueConstraint("kpi_id", "period", "revision"),)

    kpi_id: Mapped[int] = references("kpi_definition", index=False)
    review_id: Mapped[int] = references("review")
    period: Mapped[str] = mapped_column(String(7))
    revision: Mapped[int] = mapped_column(default=1)
    numerator: Mapped[RatioValue | None]
    denominator: Mapped[RatioValue | None]
    value: Mapped[RatioValue | None]
    missing_cause: Mapped[Word] = mapped_column(default=MissingCause.NONE)
    score: Mapped[RatioValue | None]
    band: Mapped[Word | None]
    default: Mapped[Word | None]
    incident: Mapped[str] = mapped_column(String(40), default="")
    entered_by: Mapped[UserId | None]
    verified_by: Mapped[UserId | None]
    reason: Mapped[LongText] = mapped_column(default="")
    locked: Mapped[bool] = mapped_column(default=False)

    def breaches(self) -> list[Breach]:
        found: list[Breach] = []
        if self.verified_by is not None and self.verified_by == self.entered_by:
            found.append(
                Breach(
                    code="SAME_PERSON",
                    field="verified_by",
                    message=f"{self.verified_by} entered the value and cannot verify it",
                )
            )
        if (self.value is None) != (self.missing_cause != MissingCause.NONE):
            found.append(
                Breach(
                    code="MISSING_CAUSE",
                    field="missing_cause",
                    message="a value has no cause for missing, and a missing value has one",
                )
            )
        return found


class ServiceCredit(Stateful, Record):
    """What a default costs the supplier: `raw` by the formula, `amount` after incident rule and cap."""

    __tablename__ = "service_credit"
    __table_args__ = (UniqueConstraint("review_id", "kpi_id"),)

    review_id: Mapped[int] = references("review", index=False)
    kpi_id: Mapped[int] = references("kpi_definition")
    raw: Mapped[MoneyAmount]
    amount: Mapped[MoneyAmount]
    multiplier: Mapped[RatioValue]
    applied_on: Mapped[date | None]

    transitions: ClassVar[Mapping[str, frozenset[str]]] = {
        CreditState.PROPOSED: frozenset({CreditState.CONFIRMED, CreditState.DISPUTED}),
        CreditState.DISPUTED: frozenset({CreditState.PROPOSED, CreditState.CONFIRMED}),
        CreditState.CONFIRMED: frozenset({CreditState.APPLIED, CreditState.EARNED_BACK}),
        CreditState.APPLIED: frozenset({CreditState.EARNED_BACK}),
    }

    def breaches(self) -> list[Breach]:
        if 0 <= self.amount <= self.raw:
            return []
        return [
            Breach(
                code="CREDIT_AMOUNT",
                field="amount",
                message=f"a credit is 0 to its raw amount {self.raw}, not {self.amount}",
            )
        ]
