"""The contract, its clauses, KPI definitions, orders and payments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tasks.contract.rules import contract_breaches, kpi_breaches
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


class ContractState(StrEnum):
    DRAFT = "draft"
    REVIEW = "review"
    NEGOTIATION = "negotiation"
    APPROVAL = "approval"
    REGULATOR_WAIT = "regulator_wait"
    SIGNING = "signing"
    ACTIVE = "active"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    TERMINATED = "terminated"
    RENEWED = "renewed"


class ClauseLevel(StrEnum):
    MANDATORY = "M"
    RECOMMENDED = "R"


class ClauseStatus(StrEnum):
    PRESENT = "present"
    DEVIATION = "deviation"
    MISSING = "missing"
    WAIVED = "waived"


_S = ContractState
_BEFORE_SIGNATURE = frozenset(
    {_S.DRAFT, _S.REVIEW, _S.NEGOTIATION, _S.APPROVAL, _S.REGULATOR_WAIT, _S.SIGNING}
)


class Contract(Stateful, Record):
    """`CT-YYYY-NNNN`. `value` stays the original value: increases are measured from it.

    `orders_frozen_at` stands while no new order may be placed (exit, stop).
    """

    __tablename__ = "contract"

    number: Mapped[str] = mapped_column(String(20), unique=True)
    engagement_id: Mapped[int] = references("engagement")
    supplier_id: Mapped[int] = references("supplier")
    award_id: Mapped[int] = references("award")
    title: Mapped[str] = mapped_column(String(200))
    value: Mapped[MoneyAmount]
    currency: Mapped[str] = mapped_column(String(3))
    amount_cny: Mapped[MoneyAmount | None]
    start: Mapped[date | None]
    end: Mapped[date | None]
    options: Mapped[JsonObject] = mapped_column(default=dict)
    notice_days_us: Mapped[int] = mapped_column(default=90)
    notice_days_supplier: Mapped[int] = mapped_column(default=180)
    payment_terms_days: Mapped[int] = mapped_column(default=30)
    at_risk_pct: Mapped[RatioValue]
    liability_cap: Mapped[MoneyAmount | None]
    governing_law: Mapped[str] = mapped_column(String(60), default="")
    service_country: Mapped[str] = mapped_column(String(2), default="")
    data_country: Mapped[str] = mapped_column(String(2), default="")
    processing_country: Mapped[str] = mapped_column(String(2), default="")
    ict_service_type: Mapped[str] = mapped_column(String(3), default="")
    check_rounds: Mapped[int] = mapped_column(default=0)
    signed_on: Mapped[date | None]
    our_signatory: Mapped[str] = mapped_column(String(100), default="")
    supplier_signatory: Mapped[str] = mapped_column(String(100), default="")
    activated_at: Mapped[Moment | None]
    orders_frozen_at: Mapped[Moment | None]
    end_reason: Mapped[Word | None]
    end_note: Mapped[LongText] = mapped_column(default="")
    retention_until: Mapped[date | None]

    transitions: ClassVar[Mapping[str, frozenset[str]]] = {
        **{state: (_BEFORE_SIGNATURE | {_S.TERMINATED}) - {state} for state in _BEFORE_SIGNATURE},
        _S.SIGNING: (_BEFORE_SIGNATURE | {_S.ACTIVE, _S.TERMINATED}) - {_S.SIGNING},
        _S.ACTIVE: frozenset({_S.EXPIRING, _S.EXPIRED, _S.TERMINATED, _S.RENEWED}),
        _S.EXPIRING: frozenset({_S.EXPIRED, _S.TERMINATED, _S.RENEWED}),
    }

    def label(self) -> object:
        return self.number

    @property
    def is_signed(self) -> bool:
        """By both sides, with a date."""
        return self.signed_on is not None and bool(self.our_signatory) and bool(self.supplier_signatory)

    def breaches(self) -> list[Breach]:
        found = contract_breaches(self)
        if self.state in (_S.ACTIVE, _S.EXPIRING) and not self.is_signed:
            found.append(
                Breach(code="MISSING_SIGNATURE", message="an active contract is signed by both sides")
            )
        return found

    def warnings(self) -> list[Breach]:
        """What is odd but allowed: a signature later than 30 days after the start."""
        if self.signed_on and self.start and self.signed_on > self.start + timedelta(days=30):
            return [
                Breach(
                    code="SIGNED_LATE",
                    field="signed_on",
                    message=f"signed on {self.signed_on}, more than 30 days after the start {self.start}",
                )
            ]
        return []


class ClauseCheck(Record):
    """One required clause and how it stands in the text. A waiver of a mandatory one names who granted it."""

    __tablename__ = "clause_check"
    __table_args__ = (UniqueConstraint("contract_id", "clause"),)

    contract_id: Mapped[int] = references("contract", index=False)
    clause: Mapped[Word]
    level: Mapped[str] = mapped_column(String(1))
    basis: Mapped[str] = mapped_column(String(200), default="")
    status: Mapped[Word] = mapped_column(default=ClauseStatus.MISSING)
    text_ref: Mapped[str] = mapped_column(String(200), default="")
    reviewer: Mapped[UserId | None]
    waived_by: Mapped[UserId | None]

    @property
    def is_gap(self) -> bool:
        """Mandatory, and neither present nor waived."""
        return self.level == ClauseLevel.MANDATORY and self.status in (
            ClauseStatus.MISSING,
            ClauseStatus.DEVIATION,
        )

    def breaches(self) -> list[Breach]:
        found: list[Breach] = []
        if self.level not in [str(level) for level in ClauseLevel]:
            found.append(
                Breach(code="UNKNOWN_VALUE", field="level", message=f"level {self.level!r} is unknown")
            )
        if self.status not in [str(status) for status in ClauseStatus]:
            found.append(
                Breach(code="UNKNOWN_VALUE", field="status", message=f"status {self.status!r} is unknown")
            )
        if self.status == ClauseStatus.WAIVED and self.level == ClauseLevel.MANDATORY and not self.waived_by:
            found.append(
                Breach(
                    code="WAIVER_WITHOUT_COUNSEL",
                    field="waived_by",
                    message=f"waiving the mandatory clause {self.clause} needs the general counsel",
                )
            )
        return found


class KpiDefinition(Record):
    """What is measured. `pool` and `allocation` share out the amount at risk; `version` of the row apart,
    a change after activation is a new definition."""

    __tablename__ = "kpi_definition"
    __table_args__ = (UniqueConstraint("contract_id", "code"),)

    contract_id: Mapped[int] = references("contract", index=False)
    code: Mapped[Word]
    name: Mapped[str] = mapped_column(String(200))
    unit: Mapped[str] = mapped_column(String(20), default="")
    direction: Mapped[Word]
    target: Mapped[RatioValue]
    minimum: Mapped[RatioValue]
    critical: Mapped[RatioValue]
    weight: Mapped[RatioValue]
    category: Mapped[Word]
    pool: Mapped[RatioValue]
    allocation: Mapped[RatioValue]
    source: Mapped[Word] = mapped_column(default="manual")
    active: Mapped[bool] = mapped_column(default=True)

    def label(self) -> object:
        return self.code

    def breaches(self) -> list[Breach]:
        return kpi_breaches(self)


class PurchaseOrder(Record):
    """An order placed under a contract."""

    __tablename__ = "purchase_order"
    __table_args__ = (UniqueConstraint("contract_id", "number"),)

    contract_id: Mapped[int] = references("contract", index=False)
    number: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    amount: Mapped[MoneyAmount]
    accepted_amount: Mapped[MoneyAmount]
    """What of it was delivered and accepted."""
    ordered_on: Mapped[date]
    due_on: Mapped[date | None]
    source: Mapped[LongText] = mapped_column(default="")

    def breaches(self) -> list[Breach]:
        if self.amount > 0:
            return []
        return [Breach(code="AMOUNT_NOT_POSITIVE", field="amount", message="an order is above 0")]


class Payment(Record):
    """Money paid for an order: together they are the spend of the contract."""

    __tablename__ = "payment"
    __table_args__ = (UniqueConstraint("contract_id", "number"),)

    contract_id: Mapped[int] = references("contract", index=False)
    order_id: Mapped[int | None] = references("purchase_order")
    number: Mapped[str] = mapped_column(String(40))
    amount: Mapped[MoneyAmount]
    paid_on: Mapped[date]
    source: Mapped[LongText] = mapped_column(default="")

    def breaches(self) -> list[Breach]:
        if self.amount > 0:
            return []
        return [Breach(code="AMOUNT_NOT_POSITIVE", field="amount", message="a payment is above 0")]
