"""Everything the register knows of an engagement, as JSON, for whoever takes over."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from tasks.contract.lookups import clause_checks, latest_contract, orders_of, payments_of
from tasks.contract.records import KpiDefinition
from tasks.engagement.records import Engagement
from tasks.exit.lookups import items_of, running_plan
from tasks.performance.lookups import credits_of, current_measurements, reviews_of
from tasks.records_base import Record, get


def engagement_data(records: Session, engagement_id: int) -> dict[str, Any]:
    """The engagement with its contract, clauses, KPIs, orders, payments, reviews and hand-over items.

    Bids are not part of it: they belong to the bidders.
    """
    contract = latest_contract(records, engagement_id)
    plan = running_plan(records, engagement_id)
    data: dict[str, Any] = {
        "engagement": plain(get(records, Engagement, engagement_id)),
        "handoverItems": [plain(item) for item in items_of(records, plan.id)] if plan else [],
    }
    if contract is not None:
        kpis = records.scalars(select(KpiDefinition).where(KpiDefinition.contract_id == contract.id))
        data |= {
            "contract": plain(contract),
            "clauses": [plain(clause) for clause in clause_checks(records, contract.id)],
            "kpis": [plain(kpi) for kpi in kpis],
            "orders": [plain(order) for order in orders_of(records, contract.id)],
            "payments": [plain(payment) for payment in payments_of(records, contract.id)],
            "reviews": [
                {
                    **plain(review),
                    "measurements": [plain(m) for m in current_measurements(records, review.id).values()],
                    "credits": [plain(credit) for credit in credits_of(records, review.id)],
                }
                for review in reviews_of(records, contract.id)
            ],
        }
    return data


def plain(record: Record) -> dict[str, Any]:
    """A record's columns as JSON: exact numbers and dates as text."""
    return {
        attribute.key: _plain(getattr(record, attribute.key))
        for attribute in inspect(type(record)).column_attrs
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
