"""Steps of contract approval: the draft, its check, signature, and giving up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import BpmnError, JobContext, handler
from tasks.amounts import to_money, to_ratio
from tasks.contract.lookups import clause_checks
from tasks.contract.records import (
    ClauseCheck,
    ClauseLevel,
    ClauseStatus,
    Contract,
    ContractState,
    KpiDefinition,
)
from tasks.contract.rules import contract_breaches, kpi_set_breaches
from tasks.contract.templates import STANDARD_KPIS
from tasks.currency import EXCHANGE_RATES, to_cny
from tasks.dates import add_months, months_between, working_day_before
from tasks.engagement.records import Engagement, EngagementState, ServiceCategory
from tasks.exit.lookups import approved_plan
from tasks.exit.records import ExitMode, ExitPlan, ExitPlanState, TargetService
from tasks.numbering import next_number
from tasks.records_base import Breach, get, made, made_before
from tasks.supplier.records import Supplier
from tasks.tender.records import Award, Tender

CONTRACT_INVALID = "CONTRACT_INVALID"
MISSING_SIGNATURE = "MISSING_SIGNATURE"
CLAUSE_GAP = "CLAUSE_GAP"

_AT_RISK = Decimal("0.10")


@dataclass(frozen=True, kw_only=True)
class ContractCreated:
    contract_id: int
    contract_number: str
    engagement_id: int
    supplier_id: int
    supplier_name: str
    contract_title: str
    criticality: str
    data_class: str
    method: str
    cross_border: bool
    onsite_staff: bool
    subcontracting: bool
    ict: bool
    related_party: bool
    exit_plan_required: bool
    amount_cny: Decimal
    terms: dict[str, Any]
    kpis: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Terms:
    value: Decimal
    currency: str
    start_date: date
    end_date: date
    notice_days_us: int
    notice_days_supplier: int
    payment_terms_days: int
    at_risk_pct: Decimal
    liability_cap: Decimal | None = None
    governing_law: str = ""
    service_country: str = ""
    data_country: str = ""
    processing_country: str = ""
    ict_service_type: str | None = None


@dataclass(frozen=True, kw_only=True)
class Kpi:
    """A KPI as it is drafted; the same words as in the record."""

    code: str
    direction: str
    target: Decimal
    minimum: Decimal
    critical: Decimal
    weight: Decimal
    category: str
    pool: Decimal
    allocation: Decimal
    name: str = ""
    unit: str = ""
    source: str = "manual"


@dataclass(frozen=True, kw_only=True)
class RequiredClause:
    clause: str
    level: str
    basis: str = ""


@dataclass(frozen=True, kw_only=True)
class DraftedClause:
    clause: str
    status: str = ClauseStatus.MISSING
    text_ref: str | None = None
    waived_by: str | None = None


@dataclass(frozen=True, kw_only=True)
class Gap:
    clause: str
    level: str
    status: str


@dataclass(frozen=True, kw_only=True)
class Checked:
    gaps: list[Gap]
    round: int
    amount_cny: Decimal
    term_months: int
    mandatory_deviations: int
    unlimited_liability: bool


@dataclass(frozen=True, kw_only=True)
class PlannedExit:
    mode: ExitMode = ExitMode.PLANNED
    target_service: TargetService | None = None
    duration_days: int | None = None
    cost: Decimal | None = None
    planned_scenario: str = ""
    stressed_scenario: str = ""


@dataclass(frozen=True, kw_only=True)
class Activated:
    renewal_dates: list[date]


@handler("contract.create", names={"zh": "建立合同", "en": "Create the contract"})
def create_contract(job: JobContext, award_id: int) -> ContractCreated:
    """A draft contract under the next CT-YYYY-NNNN, with the terms of the award and a first set of KPIs."""
    records: Session = job.records
    award = get(records, Award, award_id)
    tender, supplier = get(records, Tender, award.tender_id), get(records, Supplier, award.supplier_id)
    engagement = get(records, Engagement, tender.engagement_id)
    contract = made_before(records, Contract, job.idempotency_key)
    if contract is None:
        engagement.move_to(EngagementState.CONTRACTING, now=job.now)
        contract = Contract(
            number=next_number(records, "CT", job),
            engagement_id=engagement.id,
            supplier_id=supplier.id,
            award_id=award.id,
            title=tender.title,
            value=award.amount,
            currency=award.currency,
            at_risk_pct=_AT_RISK,
            state=ContractState.DRAFT,
            **made(job, origin=job.idempotency_key),
        )
        records.add(contract)
        records.flush()
    return ContractCreated(
        contract_id=contract.id,
        contract_number=contract.number,
        engagement_id=engagement.id,
        supplier_id=supplier.id,
        supplier_name=supplier.name,
        contract_title=contract.title,
        criticality=engagement.criticality or "standard",
        data_class=engagement.data_class,
        method=tender.method,
        cross_border=tender.cross_border,
        onsite_staff=tender.onsite_staff,
        subcontracting=tender.subcontracting,
        ict=engagement.service_category == ServiceCategory.IT,
        related_party=supplier.related_party,
        exit_plan_required=engagement.exit_plan_required and approved_plan(records, engagement.id) is None,
        amount_cny=to_cny(contract.value, contract.currency, job.services.get(EXCHANGE_RATES)),
        terms=_prefilled(job, contract, engagement),
        kpis=[dict(kpi) for kpi in STANDARD_KPIS],
    )


@handler(
    "contract.check", error_codes=[CONTRACT_INVALID], names={"zh": "检查合同", "en": "Check the contract"}
)
def check_contract(
    job: JobContext,
    contract_id: int,
    terms: Terms,
    required: list[RequiredClause],
    clauses: list[DraftedClause] | None = None,
    kpis: list[Kpi] | None = None,
) -> Checked:
    """Keep the draft and name the clauses that are not as required. A missing M clause is a deviation.

    The level comes from `required`, never from the draft. `round` counts the checks. Error
    CONTRACT_INVALID with `contractProblems`: an invariant of the contract, its KPIs or a waiver is broken.
    """
    records: Session = job.records
    contract = get(records, Contract, contract_id)
    kpis = [_rounded(kpi) for kpi in kpis or []]
    drafted = {clause.clause: clause for clause in clauses or []}
    problems = _problems(terms, kpis, required, drafted)
    if problems:
        messages = [problem.message for problem in problems]
        raise BpmnError(CONTRACT_INVALID, "; ".join(messages), {"contractProblems": messages})
    _apply_terms(job, contract, terms)
    _replace_kpis(job, contract, kpis)
    checks = _replace_clauses(job, contract, required, drafted)
    gaps = [Gap(clause=c.clause, level=c.level, status=c.status) for c in checks if _deviates(c)]
    contract.check_rounds += 1
    contract.move_to(ContractState.NEGOTIATION if gaps else ContractState.REVIEW, now=job.now)
    contract.touch(job.now)
    records.flush()
    assert contract.amount_cny is not None
    return Checked(
        gaps=gaps,
        round=contract.check_rounds,
        amount_cny=contract.amount_cny,
        term_months=months_between(terms.start_date, terms.end_date),
        mandatory_deviations=sum(1 for c in checks if c.is_gap),
        unlimited_liability=terms.liability_cap is None,
    )


@handler(
    "contract.activate",
    error_codes=[MISSING_SIGNATURE, CLAUSE_GAP],
    names={"zh": "合同生效", "en": "Put the contract into force"},
)
def activate_contract(
    job: JobContext,
    contract_id: int,
    signed_on: date | None = None,
    our_signatory: str | None = None,
    supplier_signatory: str | None = None,
    exit_plan: PlannedExit | None = None,
) -> Activated:
    """Both have signed: the contract is in force, and the dates to give notice by are known.

    Notice deadline = end − days of notice, moved back to a working day. Error MISSING_SIGNATURE: a name or
    the date is missing, or the date lies in the future. Error CLAUSE_GAP: a mandatory clause is neither
    present nor waived. Both carry `activationProblem`.
    """
    records: Session = job.records
    contract = get(records, Contract, contract_id)
    if not signed_on or not our_signatory or not supplier_signatory:
        raise _refused(MISSING_SIGNATURE, "both signatories and the date of signature are needed")
    if signed_on > job.now.date():
        raise _refused(MISSING_SIGNATURE, f"signed on {signed_on}: that day has not come yet")
    gaps = [check.clause for check in clause_checks(records, contract_id) if check.is_gap]
    if gaps:
        raise _refused(CLAUSE_GAP, f"mandatory clauses are missing: {', '.join(gaps)}")
    contract.signed_on = signed_on
    contract.our_signatory, contract.supplier_signatory = our_signatory, supplier_signatory
    contract.activated_at = contract.activated_at or job.now
    contract.move_to(ContractState.SIGNING, now=job.now)
    contract.move_to(ContractState.ACTIVE, now=job.now)
    for warning in contract.warnings():
        job.log(warning.message)
    engagement = get(records, Engagement, contract.engagement_id)
    engagement.move_to(EngagementState.TRANSITION, now=job.now)
    if exit_plan is not None:
        _save_exit_plan(job, engagement, exit_plan)
    records.flush()
    assert contract.end is not None
    notices = {contract.notice_days_us, contract.notice_days_supplier}
    return Activated(
        renewal_dates=sorted(working_day_before(contract.end - timedelta(days=days)) for days in notices)
    )


@handler("contract.abandon", names={"zh": "放弃合同", "en": "Give the contract up"})
def abandon_contract(job: JobContext, contract_id: int, reason: str | None = None) -> None:
    """The draft ends without a signature; the engagement goes back to sourcing."""
    records: Session = job.records
    contract = get(records, Contract, contract_id)
    contract.move_to(ContractState.TERMINATED, now=job.now)
    contract.end_reason, contract.end_note = "abandoned", reason or ""
    get(records, Engagement, contract.engagement_id).move_to(EngagementState.SOURCING, now=job.now)


def _prefilled(job: JobContext, contract: Contract, engagement: Engagement) -> dict[str, Any]:
    start = max(engagement.target_start or job.now.date(), job.now.date())
    return {
        "value": contract.value,
        "currency": contract.currency,
        "startDate": start.isoformat(),
        "endDate": (add_months(start, 12) - timedelta(days=1)).isoformat(),
        "noticeDaysUs": 90,
        "noticeDaysSupplier": 180,
        "paymentTermsDays": 30,
        "atRiskPct": contract.at_risk_pct,
        "liabilityCap": contract.value,
        "governingLaw": "",
        "serviceCountry": "",
        "dataCountry": "",
        "processingCountry": "",
        "ictServiceType": None,
    }


def _rounded(kpi: Kpi) -> Kpi:
    """To the places that are stored."""
    names = ("target", "minimum", "critical", "weight", "pool", "allocation")
    return Kpi(**{**vars(kpi), **{name: to_ratio(getattr(kpi, name)) for name in names}})


def _problems(
    terms: Terms, kpis: list[Kpi], required: list[RequiredClause], drafted: dict[str, DraftedClause]
) -> list[Breach]:
    draft = Contract(
        value=to_money(terms.value),
        start=terms.start_date,
        end=terms.end_date,
        payment_terms_days=terms.payment_terms_days,
        at_risk_pct=to_ratio(terms.at_risk_pct),
        notice_days_us=terms.notice_days_us,
        notice_days_supplier=terms.notice_days_supplier,
    )
    found = contract_breaches(draft) + kpi_set_breaches(kpis)
    codes = [kpi.code for kpi in kpis]
    if len(set(codes)) < len(codes):
        found.append(Breach(code="KPI_TWICE", message="a KPI code stands there twice"))
    for clause in required:
        given = drafted.get(clause.clause, DraftedClause(clause=clause.clause))
        check = ClauseCheck(
            clause=clause.clause, level=clause.level, status=given.status, waived_by=given.waived_by
        )
        found.extend(check.breaches())
    return found


def _apply_terms(job: JobContext, contract: Contract, terms: Terms) -> None:
    contract.value = to_money(terms.value)
    contract.currency = terms.currency
    contract.amount_cny = to_cny(contract.value, terms.currency, job.services.get(EXCHANGE_RATES))
    contract.start, contract.end = terms.start_date, terms.end_date
    contract.notice_days_us = terms.notice_days_us
    contract.notice_days_supplier = terms.notice_days_supplier
    contract.payment_terms_days = terms.payment_terms_days
    contract.at_risk_pct = to_ratio(terms.at_risk_pct)
    contract.liability_cap = None if terms.liability_cap is None else to_money(terms.liability_cap)
    contract.governing_law = terms.governing_law
    contract.service_country = terms.service_country
    contract.data_country = terms.data_country
    contract.processing_country = terms.processing_country
    contract.ict_service_type = terms.ict_service_type or ""


def _replace_kpis(job: JobContext, contract: Contract, kpis: list[Kpi]) -> None:
    """Definitions by code: changed in place while the contract is a draft; those left out become inactive."""
    records: Session = job.records
    known = {
        kpi.code: kpi
        for kpi in records.scalars(select(KpiDefinition).where(KpiDefinition.contract_id == contract.id))
    }
    for code, record in known.items():
        record.active = code in {kpi.code for kpi in kpis}
    for kpi in kpis:
        fields = {**vars(kpi), "name": kpi.name or kpi.code}
        if kpi.code in known:
            for name, value in fields.items():
                setattr(known[kpi.code], name, value)
        else:
            records.add(KpiDefinition(contract_id=contract.id, active=True, **fields, **made(job)))


def _replace_clauses(
    job: JobContext,
    contract: Contract,
    required: list[RequiredClause],
    drafted: dict[str, DraftedClause],
) -> list[ClauseCheck]:
    records: Session = job.records
    known = {check.clause: check for check in clause_checks(records, contract.id)}
    checks: list[ClauseCheck] = []
    for clause in required:
        given = drafted.get(clause.clause, DraftedClause(clause=clause.clause))
        check = known.get(clause.clause)
        if check is None:
            check = ClauseCheck(contract_id=contract.id, clause=clause.clause, **made(job))
            records.add(check)
        check.level, check.basis = clause.level, clause.basis[:200]
        check.status, check.text_ref = given.status, (given.text_ref or "")[:200]
        check.waived_by, check.reviewer = given.waived_by, job.actor
        check.touch(job.now)
        checks.append(check)
    for name, check in known.items():
        if name not in {clause.clause for clause in required}:
            check.archived_at = job.now
    records.flush()
    return checks


def _deviates(check: ClauseCheck) -> bool:
    return check.is_gap or (
        check.level == ClauseLevel.RECOMMENDED
        and check.status in (ClauseStatus.MISSING, ClauseStatus.DEVIATION)
    )


def _refused(code: str, problem: str) -> BpmnError:
    return BpmnError(code, problem, {"activationProblem": problem})


def _save_exit_plan(job: JobContext, engagement: Engagement, plan: PlannedExit) -> None:
    """The plan went through the approval of the contract, so it is approved with it."""
    records: Session = job.records
    if made_before(records, ExitPlan, job.idempotency_key) is not None:
        return
    if approved_plan(records, engagement.id) is not None:
        return
    records.add(
        ExitPlan(
            engagement_id=engagement.id,
            mode=plan.mode,
            target_service=plan.target_service,
            duration_days=plan.duration_days,
            cost=None if plan.cost is None else to_money(plan.cost),
            planned_scenario=plan.planned_scenario,
            stressed_scenario=plan.stressed_scenario,
            approved_on=job.now.date(),
            state=ExitPlanState.APPROVED,
            **made(job, origin=job.idempotency_key),
        )
    )
