"""Contracts as pages show them: terms, clauses, KPIs, spend."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from tasks.contract.lookups import (
    active_kpis,
    clause_checks,
    latest_contract,
    orders_of,
    payments_of,
    spend_of,
)
from tasks.contract.records import Contract
from tasks.contract.spend import Spend
from tasks.dates import working_day_before
from tasks.records_base import get
from tasks.supplier.records import Supplier


@dataclass(frozen=True, kw_only=True)
class ClauseView:
    clause: str
    level: str
    status: str
    basis: str
    text_ref: str
    is_gap: bool


@dataclass(frozen=True, kw_only=True)
class KpiView:
    kpi_id: int
    code: str
    name: str
    unit: str
    direction: str
    target: Decimal
    minimum: Decimal
    critical: Decimal
    weight: Decimal


@dataclass(frozen=True, kw_only=True)
class OrderView:
    number: str
    title: str
    amount: Decimal
    accepted_amount: Decimal
    ordered_on: date
    due_on: date | None


@dataclass(frozen=True, kw_only=True)
class PaymentView:
    """`cumulative_pct` is what was spent up to here, in percent of the contract's value."""

    number: str
    paid_on: date
    amount: Decimal
    cumulative: Decimal
    cumulative_pct: Decimal


@dataclass(frozen=True, kw_only=True)
class ContractView:
    """`notice_by` is the last day to give notice for the end of the term."""

    contract_id: int
    number: str
    title: str
    supplier_id: int
    supplier_name: str
    state: str
    value: Decimal
    currency: str
    amount_cny: Decimal | None
    start: date | None
    end: date | None
    notice_by: date | None
    signed_on: date | None
    our_signatory: str
    supplier_signatory: str
    at_risk_pct: Decimal
    orders_frozen: bool
    end_reason: str
    retention_until: date | None
    warnings: tuple[str, ...]
    clauses: tuple[ClauseView, ...]
    kpis: tuple[KpiView, ...]
    orders: tuple[OrderView, ...]
    payments: tuple[PaymentView, ...]
    spend: Spend


def contract_view(records: Session, engagement_id: int) -> ContractView | None:
    """The engagement's contract: the newest that was signed, else the newest draft."""
    contract = latest_contract(records, engagement_id)
    return None if contract is None else view_of(records, contract)


def view_of(records: Session, contract: Contract) -> ContractView:
    spend = spend_of(records, contract)
    return ContractView(
        contract_id=contract.id,
        number=contract.number,
        title=contract.title,
        supplier_id=contract.supplier_id,
        supplier_name=get(records, Supplier, contract.supplier_id).name,
        state=contract.state,
        value=contract.value,
        currency=contract.currency,
        amount_cny=contract.amount_cny,
        start=contract.start,
        end=contract.end,
        notice_by=_notice_by(contract),
        signed_on=contract.signed_on,
        our_signatory=contract.our_signatory,
        supplier_signatory=contract.supplier_signatory,
        at_risk_pct=contract.at_risk_pct,
        orders_frozen=contract.orders_frozen_at is not None,
        end_reason=contract.end_reason or "",
        retention_until=contract.retention_until,
        warnings=tuple(warning.code for warning in contract.warnings()),
        clauses=tuple(
            ClauseView(
                clause=c.clause,
                level=c.level,
                status=c.status,
                basis=c.basis,
                text_ref=c.text_ref,
                is_gap=c.is_gap,
            )
            for c in clause_checks(records, contract.id)
        ),
        kpis=tuple(
            KpiView(
                kpi_id=k.id,
                code=k.code,
                name=k.name,
                unit=k.unit,
                direction=k.direction,
                target=k.target,
                minimum=k.minimum,
                critical=k.critical,
                weight=k.weight,
            )
            for k in active_kpis(records, contract.id)
        ),
        orders=tuple(
            OrderView(
                number=o.number,
                title=o.title,
                amount=o.amount,
                accepted_amount=o.accepted_amount,
                ordered_on=o.ordered_on,
                due_on=o.due_on,
            )
            for o in orders_of(records, contract.id)
        ),
        payments=tuple(
            PaymentView(
                number=payment.number,
                paid_on=payment.paid_on,
                amount=payment.amount,
                cumulative=point.cumulative,
                cumulative_pct=point.cumulative_pct,
            )
            for payment, point in zip(payments_of(records, contract.id), spend.points, strict=True)
        ),
        spend=spend,
    )


def _notice_by(contract: Contract) -> date | None:
    if contract.end is None:
        return None
    return working_day_before(contract.end - timedelta(days=contract.notice_days_us))
