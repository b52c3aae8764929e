"""Steps of a performance review: the period, measurements, scores, credits, the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import BpmnError, HandlerFailed, JobContext, handler
from tasks.amounts import HUNDRED, ZERO, to_money, to_ratio
from tasks.contract.lookups import active_kpis
from tasks.contract.records import Contract, ContractState, KpiDefinition
from tasks.dates import months_between, months_of
from tasks.performance.credits import KpiDefault, monthly_credits
from tasks.performance.lookups import credits_of, current_measurements, reviews_of
from tasks.performance.records import CreditState, Measurement, Review, ReviewState, ServiceCredit
from tasks.performance.scoring import Direction, MissingCause, WeightedKpi, kpi_score, weighted_score
from tasks.performance.sources import KPI_SOURCE, KpiSource
from tasks.records_base import get, made
from tasks.tender.bids import contacts_of

PERIOD_EXISTS = "PERIOD_EXISTS"
NO_DATA = "NO_DATA"

SERVICE_LEVEL_DEFAULT = "service_level_default"
CRITICAL_DEFAULT = "critical_default"

_ROLLING = 6
_BELOW = Decimal(75)
_ABOVE = Decimal(90)


@dataclass(frozen=True, kw_only=True)
class KpiToMeasure:
    kpi_id: int
    code: str
    name: str
    unit: str
    direction: str
    target: Decimal
    minimum: Decimal
    critical: Decimal
    weight: Decimal
    source: str


@dataclass(frozen=True, kw_only=True)
class PeriodOpened:
    review_id: int
    engagement_id: int
    supplier_id: int
    contract_title: str
    supplier_contacts: list[str]
    formal_review: bool
    invoice_amount: Decimal
    kpis: list[KpiToMeasure]


@dataclass(frozen=True, kw_only=True)
class Collected:
    numerator: Decimal
    denominator: Decimal


@dataclass(frozen=True, kw_only=True)
class Entered:
    kpi_id: int
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    missing_cause: MissingCause = MissingCause.NONE
    correction_reason: str | None = None
    entered_by: str | None = None


@dataclass(frozen=True, kw_only=True)
class Measured:
    kpi_id: int
    value: Decimal | None
    target: Decimal
    minimum: Decimal
    critical: Decimal
    direction: str
    weight: Decimal
    missing_cause: str


@dataclass(frozen=True, kw_only=True)
class Recorded:
    measured: list[Measured]


@dataclass(frozen=True, kw_only=True)
class KpiScore:
    kpi_score: Decimal | None


@dataclass(frozen=True, kw_only=True)
class ScoredKpi:
    kpi_id: int
    weight: Decimal
    missing_cause: MissingCause = MissingCause.NONE
    kpi_score: Decimal | None = None
    band: str | None = None
    default: str | None = None


@dataclass(frozen=True, kw_only=True)
class Weighted:
    weighted_score: Decimal | None
    critical_defaults: int
    critical_defaults_rolling6: int
    consecutive_below75: int
    consecutive_above90: int


@dataclass(frozen=True, kw_only=True)
class CreditLine:
    kpi_id: int
    code: str
    raw: Decimal
    amount: Decimal
    multiplier: Decimal


@dataclass(frozen=True, kw_only=True)
class Credits:
    credits: list[CreditLine]
    total: Decimal


@handler("kpi.open_period", error_codes=[PERIOD_EXISTS], names={"zh": "开启评估期", "en": "Open the period"})
def open_period(
    job: JobContext, contract_id: int, period: str, formal_cycle: str | None = None
) -> PeriodOpened:
    """Begin the review of one month (`YYYY-MM`) of a contract. Error PERIOD_EXISTS: there is one already.

    The review is formal when whole cycles have passed since the contract's first month. The invoice amount
    to start from is the contract's value spread over its months.
    """
    records: Session = job.records
    contract = get(records, Contract, contract_id)
    if contract.state not in (ContractState.ACTIVE, ContractState.EXPIRING):
        raise HandlerFailed(f"contract {contract.number} is {contract.state}; reviews need an active one")
    review = records.scalar(select(Review).where(Review.contract_id == contract_id, Review.period == period))
    if review is not None and review.origin != job.idempotency_key:
        raise BpmnError(PERIOD_EXISTS, f"{period} of contract {contract.number} was reviewed already")
    if review is None:
        review = Review(
            contract_id=contract_id,
            period=period,
            formal=_is_formal(contract, period, formal_cycle),
            state=ReviewState.OPEN,
            **made(job, origin=job.idempotency_key),
        )
        records.add(review)
        records.flush()
    return PeriodOpened(
        review_id=review.id,
        engagement_id=contract.engagement_id,
        supplier_id=contract.supplier_id,
        contract_title=contract.title,
        supplier_contacts=contacts_of(records, contract.supplier_id),
        formal_review=review.formal,
        invoice_amount=_monthly_fee(contract),
        kpis=[_to_measure(kpi) for kpi in active_kpis(records, contract_id)],
    )


@handler("kpi.collect", error_codes=[NO_DATA], names={"zh": "采集指标", "en": "Collect a measurement"})
def collect_kpi(job: JobContext, kpi_id: int, period: str) -> Collected:
    """Read a KPI from its source system. Error NO_DATA: no source, no value, or a denominator of 0."""
    records: Session = job.records
    kpi = get(records, KpiDefinition, kpi_id)
    contract = get(records, Contract, kpi.contract_id)
    source: KpiSource | None = job.services.get(KPI_SOURCE)
    reading = source.read(contract.number, kpi.code, period) if source else None
    if reading is None:
        raise BpmnError(NO_DATA, f"no measurement of {kpi.code} for {period} of {contract.number}")
    return Collected(numerator=reading.numerator, denominator=reading.denominator)


@handler("kpi.record", names={"zh": "登记指标数据", "en": "Record the measurements"})
def record_measurements(
    job: JobContext,
    review_id: int,
    measurements: list[Entered],
    verified_by: str | None = None,
) -> Recorded:
    """Keep what was entered and verified: value = numerator ÷ denominator, in percent for the unit %.

    A correction makes a new row. A denominator of 0 is no data. The cause of a missing value that nobody
    named is `supplier`.
    """
    records: Session = job.records
    review = get(records, Review, review_id)
    if review.state == ReviewState.CLOSED:
        raise HandlerFailed(f"review {review.period} is closed and its measurements are locked")
    if review.state == ReviewState.SCORED:
        review.recalculations += 1
        review.touch(job.now)
    known = current_measurements(records, review_id)
    measured: list[Measured] = []
    for entered in measurements:
        kpi = get(records, KpiDefinition, entered.kpi_id)
        record = _measurement(job, review, kpi, entered, known.get(kpi.id), verified_by)
        measured.append(
            Measured(
                kpi_id=kpi.id,
                value=record.value,
                target=kpi.target,
                minimum=kpi.minimum,
                critical=kpi.critical,
                direction=kpi.direction,
                weight=kpi.weight,
                missing_cause=record.missing_cause,
            )
        )
    records.flush()
    return Recorded(measured=measured)


@handler("kpi.score", names={"zh": "计算指标得分", "en": "Score a KPI"})
def score_kpi(
    target: Decimal,
    minimum: Decimal,
    critical: Decimal,
    direction: Direction,
    value: Decimal | None = None,
) -> KpiScore:
    """0..100: 100 from the target on, 60 at the minimum, 0 at the critical value, straight lines between;
    null without a value."""
    return KpiScore(kpi_score=kpi_score(value, target, minimum, critical, direction))


@handler("kpi.weight", names={"zh": "加权汇总", "en": "Weigh the scores"})
def weigh_scores(job: JobContext, review_id: int, scores: list[ScoredKpi]) -> Weighted:
    """The weighted score of the period and the streaks that decide about consequences.

    Missing by the supplier counts 0; missing otherwise is left out; more than 0.40 of the weight missing
    gives null. The counters include this period; periods without a score neither end nor lengthen a streak.
    """
    records: Session = job.records
    review = get(records, Review, review_id)
    known = current_measurements(records, review_id)
    for scored in scores:
        record = known.get(scored.kpi_id)
        if record is None:
            raise HandlerFailed(f"variable 'scores': KPI {scored.kpi_id} was not measured in {review.period}")
        record.score, record.band, record.default = scored.kpi_score, scored.band, scored.default
        record.touch(job.now)
    review.weighted_score = weighted_score(
        [WeightedKpi(weight=s.weight, score=s.kpi_score, cause=s.missing_cause) for s in scores]
    )
    review.critical_defaults = sum(1 for s in scores if s.default == CRITICAL_DEFAULT)
    review.touch(job.now)
    records.flush()
    until_now = [r for r in reviews_of(records, review.contract_id) if r.period <= review.period]
    results = [r.weighted_score for r in reversed(until_now) if r.weighted_score is not None]
    return Weighted(
        weighted_score=review.weighted_score,
        critical_defaults=review.critical_defaults,
        critical_defaults_rolling6=sum(r.critical_defaults for r in until_now[-_ROLLING:]),
        consecutive_below75=_streak([score < _BELOW for score in results]),
        consecutive_above90=_streak([score >= _ABOVE for score in results]),
    )


@handler("credit.calculate", names={"zh": "计算服务抵扣", "en": "Calculate service credits"})
def calculate_credits(job: JobContext, review_id: int, invoice_amount: Decimal) -> Credits:
    """pool × allocation × at-risk share × invoice × multiplier per default, capped at at-risk × invoice.

    Without a weighted score there are no credits. A recalculation replaces what was proposed.
    """
    records: Session = job.records
    review = get(records, Review, review_id)
    contract = get(records, Contract, review.contract_id)
    review.invoice_amount = to_money(invoice_amount)
    review.touch(job.now)
    kpis = {kpi.id: kpi for kpi in active_kpis(records, contract.id)}
    defaults = _defaults(records, review, kpis) if review.weighted_score is not None else []
    lines = [
        CreditLine(
            kpi_id=credit.kpi,
            code=kpis[credit.kpi].code,
            raw=credit.raw,
            amount=credit.amount,
            multiplier=credit.multiplier,
        )
        for credit in monthly_credits(
            defaults, invoice=review.invoice_amount, at_risk_pct=contract.at_risk_pct
        )
    ]
    _propose(job, review, lines)
    return Credits(credits=lines, total=to_money(sum((line.amount for line in lines), ZERO)))


@handler("review.publish", names={"zh": "发布记分卡", "en": "Publish the scorecard"})
def publish_review(
    job: JobContext, review_id: int, grade: str, weighted_score: Decimal | None = None
) -> None:
    """The supplier may see the scorecard of this period from now on, and dispute it."""
    review = get(job.records, Review, review_id)
    review.grade = grade
    review.published_at = job.now
    review.move_to(ReviewState.SCORED, now=job.now)
    review.touch(job.now)


@handler("review.close", names={"zh": "关闭评估", "en": "Close the review"})
def close_review(
    job: JobContext,
    review_id: int,
    grade: str,
    consequence: str,
    minutes: str | None = None,
    attendees: Any = None,
    actions: list[dict[str, Any]] | None = None,
) -> None:
    """Decided: measurements are locked, credits confirmed, minutes and actions kept."""
    records: Session = job.records
    review = get(records, Review, review_id)
    review.grade, review.consequence = grade, consequence
    review.minutes = minutes or ""
    review.attendees = attendees if isinstance(attendees, list) else [attendees] if attendees else []
    review.actions = actions or []
    review.closed_at = job.now
    review.move_to(ReviewState.CLOSED, now=job.now)
    for measurement in current_measurements(records, review_id).values():
        measurement.locked = True
        measurement.touch(job.now)
    for credit in credits_of(records, review_id):
        if credit.state == CreditState.PROPOSED and credit.amount > 0:
            credit.move_to(CreditState.CONFIRMED, now=job.now)


def _is_formal(contract: Contract, period: str, cycle: str | None) -> bool:
    """Whether this month completes a cycle, counted from the month the contract began in."""
    if not cycle or contract.start is None:
        return False
    try:
        months, year_month = months_of(cycle), date.fromisoformat(f"{period}-01")
    except ValueError as error:
        raise HandlerFailed(f"variable 'formalCycle' or 'period': {error}") from error
    passed = (year_month.year - contract.start.year) * 12 + year_month.month - contract.start.month + 1
    return months > 0 and passed > 0 and passed % months == 0


def _monthly_fee(contract: Contract) -> Decimal:
    if contract.start is None or contract.end is None:
        return to_money(ZERO)
    return to_money(contract.value / months_between(contract.start, contract.end))


def _to_measure(kpi: KpiDefinition) -> KpiToMeasure:
    return KpiToMeasure(
        kpi_id=kpi.id,
        code=kpi.code,
        name=kpi.name,
        unit=kpi.unit,
        direction=kpi.direction,
        target=kpi.target,
        minimum=kpi.minimum,
        critical=kpi.critical,
        weight=kpi.weight,
        source=kpi.source,
    )


def _measurement(
    job: JobContext,
    review: Review,
    kpi: KpiDefinition,
    entered: Entered,
    known: Measurement | None,
    verified_by: str | None,
) -> Measurement:
    value = _value(kpi, entered)
    cause = MissingCause.NONE
    if value is None:
        cause = MissingCause.SUPPLIER if entered.missing_cause == MissingCause.NONE else entered.missing_cause
    if known is not None and (known.value, known.missing_cause) == (value, cause):
        return known
    record = Measurement(
        kpi_id=kpi.id,
        review_id=review.id,
        period=review.period,
        revision=known.revision + 1 if known else 1,
        numerator=None if entered.numerator is None else to_ratio(entered.numerator),
        denominator=None if entered.denominator is None else to_ratio(entered.denominator),
        value=value,
        missing_cause=cause,
        entered_by=entered.entered_by,
        verified_by=verified_by,
        reason=entered.correction_reason or "",
        **made(job),
    )
    job.records.add(record)
    return record


def _value(kpi: KpiDefinition, entered: Entered) -> Decimal | None:
    if entered.missing_cause != MissingCause.NONE or entered.numerator is None or not entered.denominator:
        return None
    share = entered.numerator / entered.denominator
    return to_ratio(share * HUNDRED if kpi.unit == "%" else share)


def _streak(hits: list[bool]) -> int:
    """How many from the start are true."""
    return hits.index(False) if False in hits else len(hits)


def _defaults(records: Session, review: Review, kpis: dict[int, KpiDefinition]) -> list[KpiDefault]:
    earlier = [r for r in reviews_of(records, review.contract_id) if r.period < review.period]
    history = [current_measurements(records, r.id) for r in reversed(earlier)]
    found: list[KpiDefault] = []
    for kpi_id, measurement in current_measurements(records, review.id).items():
        if kpi_id not in kpis or measurement.default not in (SERVICE_LEVEL_DEFAULT, CRITICAL_DEFAULT):
            continue
        before = [_is_default(past.get(kpi_id)) for past in history]
        found.append(
            KpiDefault(
                kpi=kpi_id,
                pool=kpis[kpi_id].pool,
                allocation=kpis[kpi_id].allocation,
                consecutive=1 + _streak(before),
                is_critical=measurement.default == CRITICAL_DEFAULT,
                incident=measurement.incident,
            )
        )
    return found


def _is_default(measurement: Measurement | None) -> bool:
    return measurement is not None and measurement.default in (SERVICE_LEVEL_DEFAULT, CRITICAL_DEFAULT)


def _propose(job: JobContext, review: Review, lines: list[CreditLine]) -> None:
    records: Session = job.records
    known = {credit.kpi_id: credit for credit in credits_of(records, review.id)}
    for credit in known.values():
        credit.raw = credit.amount = to_money(ZERO)
        credit.touch(job.now)
    for line in lines:
        found = known.get(line.kpi_id)
        if found is None:
            found = ServiceCredit(
                review_id=review.id, kpi_id=line.kpi_id, state=CreditState.PROPOSED, **made(job)
            )
            records.add(found)
        found.raw, found.amount, found.multiplier = line.raw, line.amount, line.multiplier
    records.flush()
