"""Reviews and credits as pages show them. A score is hidden until its scorecard is published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from tasks.amounts import ZERO
from tasks.contract.records import KpiDefinition
from tasks.performance.lookups import credits_of, current_measurements, reviews_of
from tasks.performance.records import Review
from tasks.records_base import get


@dataclass(frozen=True, kw_only=True)
class MeasurementView:
    kpi_id: int
    code: str
    name: str
    unit: str
    target: Decimal
    minimum: Decimal
    value: Decimal | None
    missing_cause: str
    score: Decimal | None
    band: str
    default: str


@dataclass(frozen=True, kw_only=True)
class CreditView:
    code: str
    raw: Decimal
    amount: Decimal
    multiplier: Decimal
    state: str


@dataclass(frozen=True, kw_only=True)
class ReviewView:
    """Until `published` there are no scores, grades or credits in it."""

    review_id: int
    period: str
    formal: bool
    state: str
    published: bool
    published_at: datetime | None
    weighted_score: Decimal | None
    grade: str
    consequence: str
    invoice_amount: Decimal | None
    credit_total: Decimal
    minutes: str
    measurements: tuple[MeasurementView, ...]
    credits: tuple[CreditView, ...]


def review_views(records: Session, contract_id: int) -> tuple[ReviewView, ...]:
    """All reviews of a contract, oldest period first."""
    return tuple(_view(records, review) for review in reviews_of(records, contract_id))


def _view(records: Session, review: Review) -> ReviewView:
    published = review.published_at is not None
    credits = _credits(records, review) if published else ()
    return ReviewView(
        review_id=review.id,
        period=review.period,
        formal=review.formal,
        state=review.state,
        published=published,
        published_at=review.published_at,
        weighted_score=review.weighted_score if published else None,
        grade=(review.grade or "") if published else "",
        consequence=(review.consequence or "") if published else "",
        invoice_amount=review.invoice_amount if published else None,
        credit_total=sum((credit.amount for credit in credits), ZERO),
        minutes=review.minutes,
        measurements=_measurements(records, review) if published else (),
        credits=credits,
    )


def _measurements(records: Session, review: Review) -> tuple[MeasurementView, ...]:
    found: list[MeasurementView] = []
    for kpi_id, measurement in sorted(current_measurements(records, review.id).items()):
        kpi = get(records, KpiDefinition, kpi_id)
        found.append(
            MeasurementView(
                kpi_id=kpi_id,
                code=kpi.code,
                name=kpi.name,
                unit=kpi.unit,
                target=kpi.target,
                minimum=kpi.minimum,
                value=measurement.value,
                missing_cause=measurement.missing_cause,
                score=measurement.score,
                band=measurement.band or "",
                default=measurement.default or "",
            )
        )
    return tuple(found)


def _credits(records: Session, review: Review) -> tuple[CreditView, ...]:
    return tuple(
        CreditView(
            code=get(records, KpiDefinition, credit.kpi_id).code,
            raw=credit.raw,
            amount=credit.amount,
            multiplier=credit.multiplier,
            state=credit.state,
        )
        for credit in credits_of(records, review.id)
        if credit.raw > 0
    )
