"""Finding reviews, measurements and credits."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from tasks.performance.records import CreditState, Measurement, Review, ServiceCredit


def reviews_of(records: Session, contract_id: int) -> list[Review]:
    """Oldest period first."""
    return list(
        records.scalars(select(Review).where(Review.contract_id == contract_id).order_by(Review.period))
    )


def current_measurements(records: Session, review_id: int) -> dict[int, Measurement]:
    """KPI id to the newest revision."""
    found = records.scalars(
        select(Measurement).where(Measurement.review_id == review_id).order_by(Measurement.revision)
    )
    return {measurement.kpi_id: measurement for measurement in found}


def credits_of(records: Session, review_id: int) -> list[ServiceCredit]:
    return list(
        records.scalars(
            select(ServiceCredit).where(ServiceCredit.review_id == review_id).order_by(ServiceCredit.id)
        )
    )


def unapplied_credits(records: Session, contract_id: int) -> list[ServiceCredit]:
    """Confirmed credits that were not deducted from anything yet, oldest first."""
    return list(
        records.scalars(
            select(ServiceCredit)
            .join(Review, Review.id == ServiceCredit.review_id)
            .where(Review.contract_id == contract_id, ServiceCredit.state == str(CreditState.CONFIRMED))
            .order_by(Review.period, ServiceCredit.id)
        )
    )
