"""Finding the contract of an engagement and what belongs to it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from tasks.contract.records import (
    ClauseCheck,
    Contract,
    ContractState,
    KpiDefinition,
    Payment,
    PurchaseOrder,
)
from tasks.contract.spend import Spend, spend_over_time


def latest_contract(records: Session, engagement_id: int) -> Contract | None:
    """The newest contract of an engagement that was not abandoned before its signature, else the newest."""
    found = list(
        records.scalars(
            select(Contract).where(Contract.engagement_id == engagement_id).order_by(Contract.id.desc())
        )
    )
    signed = [contract for contract in found if contract.is_signed]
    return next(iter(signed or found), None)


def active_contract(records: Session, engagement_id: int) -> Contract | None:
    """The contract in force."""
    return records.scalar(
        select(Contract)
        .where(
            Contract.engagement_id == engagement_id,
            Contract.state.in_([str(ContractState.ACTIVE), str(ContractState.EXPIRING)]),
        )
        .order_by(Contract.id.desc())
    )


def clause_checks(records: Session, contract_id: int) -> list[ClauseCheck]:
    return list(
        records.scalars(
            select(ClauseCheck)
            .where(ClauseCheck.contract_id == contract_id, ClauseCheck.archived_at.is_(None))
            .order_by(ClauseCheck.id)
        )
    )


def active_kpis(records: Session, contract_id: int) -> list[KpiDefinition]:
    return list(
        records.scalars(
            select(KpiDefinition)
            .where(KpiDefinition.contract_id == contract_id, KpiDefinition.active.is_(True))
            .order_by(KpiDefinition.id)
        )
    )


def orders_of(records: Session, contract_id: int) -> list[PurchaseOrder]:
    return list(
        records.scalars(
            select(PurchaseOrder)
            .where(PurchaseOrder.contract_id == contract_id)
            .order_by(PurchaseOrder.ordered_on, PurchaseOrder.id)
        )
    )


def payments_of(records: Session, contract_id: int) -> list[Payment]:
    return list(
        records.scalars(
            select(Payment).where(Payment.contract_id == contract_id).order_by(Payment.paid_on, Payment.id)
        )
    )


def spend_of(records: Session, contract: Contract) -> Spend:
    """All payments against the contract's original value."""
    payments: list[tuple[date, Decimal]] = [(p.paid_on, p.amount) for p in payments_of(records, contract.id)]
    return spend_over_time(contract.value, payments)
