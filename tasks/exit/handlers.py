"""Steps of the exit: opening, notice, the plan, each section of the hand-over, and the end."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import BpmnError, HandlerFailed, JobContext, handler
from tasks.amounts import ZERO, to_money, to_ratio
from tasks.contract.lookups import active_contract, clause_checks, latest_contract, orders_of, payments_of
from tasks.contract.records import ClauseStatus, Contract, ContractState
from tasks.currency import EXCHANGE_RATES, to_cny
from tasks.dates import add_months, add_period
from tasks.engagement.records import Engagement, EngagementState
from tasks.exit.access import ACCESS_SYSTEMS, AccessSystem
from tasks.exit.export import engagement_data
from tasks.exit.lookups import approved_plan, items_of, open_grants, running_plan
from tasks.exit.readiness import ItemProgress, readiness
from tasks.exit.records import (
    ExitMode,
    ExitPlan,
    ExitPlanState,
    HandoverItem,
    ItemKind,
    ItemState,
    TargetService,
)
from tasks.performance.lookups import unapplied_credits
from tasks.performance.records import CreditState
from tasks.records_base import get, made
from tasks.tender.bids import contacts_of

NO_STEP_IN_RIGHT = "NO_STEP_IN_RIGHT"
REVOKE_FAILED = "REVOKE_FAILED"
EXIT_TRIGGERED = "exit_triggered"

_RETENTION_MONTHS = 15 * 12
_STEP_IN_CLAUSE = "STEP_IN"
_OWN_SECTIONS = {
    ItemKind.DATA: "数据导出与删除 / Data exported and deleted",
    ItemKind.ACCESS: "访问权限收回 / Access revoked",
    ItemKind.PAYMENT: "最终结算 / Final settlement",
}
"""Mandatory in every exit; they have sections of their own in the process."""


@dataclass(frozen=True, kw_only=True)
class ExitOpened:
    exit_plan_id: int
    contract_id: int
    supplier_id: int
    supplier_contacts: list[str]
    engagement_title: str
    criticality: str
    amount_cny: Decimal


@dataclass(frozen=True, kw_only=True)
class Noticed:
    effective_date: date


@dataclass(frozen=True, kw_only=True)
class PlannedItem:
    kind: ItemKind
    title: str
    mandatory: bool = True
    weight: Decimal = Decimal(1)
    due: date | None = None


@dataclass(frozen=True, kw_only=True)
class SavedItem:
    item_id: int
    kind: str
    title: str
    mandatory: bool
    weight: Decimal
    due: date | None


@dataclass(frozen=True, kw_only=True)
class PlanSaved:
    items: list[SavedItem]


@dataclass(frozen=True, kw_only=True)
class Exported:
    export_document_id: int
    export_sha256: str


@dataclass(frozen=True, kw_only=True)
class Revoked:
    revoked: int
    failed: list[dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class Settlement:
    due_to_supplier: Decimal
    due_to_us: Decimal


@dataclass(frozen=True, kw_only=True)
class ReadinessNow:
    readiness_pct: Decimal
    can_close: bool
    open_items: list[str]


@handler("exit.trigger", names={"zh": "触发退出", "en": "Trigger the exit"})
def trigger_exit(
    job: JobContext, engagement_id: int, trigger: str, reason: str = "", curable: bool = False
) -> None:
    """Tell the engagement's process that its exit begins (message exit_triggered)."""
    job.publish_message(
        EXIT_TRIGGERED,
        str(engagement_id),
        {"trigger": trigger, "reason": reason, "curable": curable},
        time_to_live=timedelta(days=1),
    )


@handler("exit.open", names={"zh": "启动退出", "en": "Open the exit"})
def open_exit(
    job: JobContext,
    engagement_id: int,
    trigger: str,
    reason: str = "",
    requested_date: date | None = None,
) -> ExitOpened:
    """Take up the approved exit plan, or begin a new one; the engagement is exiting."""
    records: Session = job.records
    engagement = get(records, Engagement, engagement_id)
    contract = latest_contract(records, engagement_id)
    if contract is None:
        raise HandlerFailed(f"engagement {engagement.code} has no contract to leave")
    plan = running_plan(records, engagement_id) or approved_plan(records, engagement_id)
    if plan is None:
        plan = ExitPlan(
            engagement_id=engagement_id,
            mode=ExitMode.PLANNED,
            state=ExitPlanState.DRAFT,
            **made(job, origin=job.idempotency_key),
        )
        records.add(plan)
    plan.trigger, plan.reason, plan.requested_on = trigger, reason, requested_date
    plan.move_to(ExitPlanState.RUNNING, now=job.now)
    engagement.move_to(EngagementState.EXITING, now=job.now)
    records.flush()
    amount = contract.amount_cny
    if amount is None:
        amount = to_cny(contract.value, contract.currency, job.services.get(EXCHANGE_RATES))
    return ExitOpened(
        exit_plan_id=plan.id,
        contract_id=contract.id,
        supplier_id=contract.supplier_id,
        supplier_contacts=contacts_of(records, contract.supplier_id),
        engagement_title=engagement.title,
        criticality=engagement.criticality or "standard",
        amount_cny=amount,
    )


@handler("exit.notice", names={"zh": "发出退出通知", "en": "Give notice of the exit"})
def give_notice(job: JobContext, engagement_id: int, mode: ExitMode, notice: str) -> Noticed:
    """Give notice and set the effective date: as requested, but never before the notice is over.

    `notice` is a period (P30D), `contract` (the contract's own days) or `as_ordered` (at once). Except for a
    notice to cure, new orders are frozen.
    """
    records: Session = job.records
    plan = _running(records, engagement_id)
    contract = latest_contract(records, engagement_id)
    today = job.now.date()
    earliest = _after_notice(today, notice, contract)
    plan.mode = mode
    plan.notice_on = today
    plan.effective_on = max(plan.requested_on or earliest, earliest)
    plan.touch(job.now)
    if mode != ExitMode.CURE_NOTICE and contract is not None:
        contract.orders_frozen_at = contract.orders_frozen_at or job.now
        contract.touch(job.now)
    job.log(f"notice of exit ({mode}), effective on {plan.effective_on}")
    return Noticed(effective_date=plan.effective_on)


@handler("exit.withdraw", names={"zh": "撤回退出", "en": "Withdraw the exit"})
def withdraw_exit(job: JobContext, exit_plan_id: int, reason: str | None = None) -> None:
    """The exit does not happen: cured or refused. The service goes on and orders may be placed again."""
    records: Session = job.records
    plan = get(records, ExitPlan, exit_plan_id)
    plan.move_to(ExitPlanState.WITHDRAWN, now=job.now)
    plan.reason = reason or plan.reason
    engagement = get(records, Engagement, plan.engagement_id)
    engagement.move_to(EngagementState.OPERATING, now=job.now)
    contract = active_contract(records, plan.engagement_id)
    if contract is not None:
        contract.orders_frozen_at = None
        contract.touch(job.now)


@handler("stepin.activate", error_codes=[NO_STEP_IN_RIGHT], names={"zh": "启动介入", "en": "Step in"})
def step_in(job: JobContext, engagement_id: int, scope: str = "service", days: int = 90) -> None:
    """Take the service over for a time. Error NO_STEP_IN_RIGHT: the contract has no such clause."""
    records: Session = job.records
    contract = active_contract(records, engagement_id)
    clauses = clause_checks(records, contract.id) if contract else []
    if not any(c.clause == _STEP_IN_CLAUSE and c.status == ClauseStatus.PRESENT for c in clauses):
        raise BpmnError(NO_STEP_IN_RIGHT, f"engagement {engagement_id} has no clause {_STEP_IN_CLAUSE}")
    plan = _running(records, engagement_id)
    plan.step_in = True
    plan.touch(job.now)
    job.log(f"stepped in: {scope}, for {days} days")


@handler("exit.save_plan", names={"zh": "保存退出计划", "en": "Save the exit plan"})
def save_plan(
    job: JobContext,
    exit_plan_id: int,
    target_service: TargetService,
    items: list[PlannedItem],
    cost: Decimal | None = None,
) -> PlanSaved:
    """Keep the plan and its items, and add the mandatory ones for data, access and payment.

    Answers the items that the supplier hands over one by one.
    """
    records: Session = job.records
    plan = get(records, ExitPlan, exit_plan_id)
    plan.target_service = target_service
    plan.cost = None if cost is None else to_money(cost)
    plan.touch(job.now)
    known = items_of(records, exit_plan_id)
    if not known:
        planned = [item for item in items if item.kind not in _OWN_SECTIONS]
        own = [PlannedItem(kind=kind, title=title) for kind, title in _OWN_SECTIONS.items()]
        for item in [*planned, *own]:
            records.add(
                HandoverItem(
                    exit_plan_id=exit_plan_id,
                    kind=item.kind,
                    title=item.title,
                    mandatory=item.mandatory,
                    weight=to_ratio(item.weight),
                    due=item.due,
                    state=ItemState.OPEN,
                    **made(job),
                )
            )
        records.flush()
        known = items_of(records, exit_plan_id)
    return PlanSaved(
        items=[
            SavedItem(
                item_id=item.id,
                kind=item.kind,
                title=item.title,
                mandatory=item.mandatory,
                weight=item.weight,
                due=item.due,
            )
            for item in known
            if item.kind not in _OWN_SECTIONS
        ]
    )


@handler("exit.accept_item", names={"zh": "验收交接事项", "en": "Accept a hand-over item"})
def accept_item(
    job: JobContext, item_id: int, delivered_by: str | None = None, accepted_by: str | None = None
) -> None:
    """An item was handed over and accepted, by two different people."""
    item = get(job.records, HandoverItem, item_id)
    _accept(job, item, accepted_by or job.actor, delivered_by)


@handler("exit.export_data", names={"zh": "导出数据", "en": "Export the data"})
def export_data(job: JobContext, engagement_id: int) -> Exported:
    """Everything the register knows of the engagement as one JSON document, with its SHA-256."""
    content = json.dumps(
        engagement_data(job.records, engagement_id), ensure_ascii=False, indent=1, sort_keys=True
    ).encode()
    document = job.documents.store(f"engagement-{engagement_id}.json", content, media_type="application/json")
    return Exported(export_document_id=document.key, export_sha256=hashlib.sha256(content).hexdigest())


@handler("exit.accept_deletion", names={"zh": "确认数据删除", "en": "Accept the deletion of data"})
def accept_deletion(
    job: JobContext,
    exit_plan_id: int,
    method: str,
    systems: str,
    deleted_on: date,
    signer: str,
    accepted_by: str | None = None,
) -> None:
    """Keep the certificate of deletion; the data are handed over and gone."""
    certificate = {
        "method": method,
        "systems": systems,
        "deletedOn": deleted_on.isoformat(),
        "signer": signer,
    }
    _accept_section(job, exit_plan_id, ItemKind.DATA, accepted_by or job.actor, certificate)


@handler(
    "access.revoke_all", error_codes=[REVOKE_FAILED], names={"zh": "收回访问权限", "en": "Revoke all access"}
)
def revoke_all(job: JobContext, engagement_id: int) -> Revoked:
    """Take away every access that was granted, through the adapters of the systems.

    Error REVOKE_FAILED with `failed`: systems without an adapter, or that refused; a person does those.
    """
    records: Session = job.records
    systems: dict[str, AccessSystem] = job.services.get(ACCESS_SYSTEMS) or {}
    revoked, failed = 0, []
    for grant in open_grants(records, engagement_id):
        system = systems.get(grant.system)
        if system is not None and system.revoke(grant.person, grant.role):
            grant.revoked_at, grant.revoked_by = job.now, job.actor
            grant.touch(job.now)
            revoked += 1
        else:
            failed.append({"person": grant.person, "system": grant.system, "role": grant.role})
    if failed:
        raise BpmnError(REVOKE_FAILED, f"{len(failed)} grants are to be revoked by hand", {"failed": failed})
    _accept_access(job, engagement_id)
    return Revoked(revoked=revoked, failed=[])


@handler("access.confirm_revoked", names={"zh": "确认权限已收回", "en": "Confirm that access is revoked"})
def confirm_revoked(job: JobContext, engagement_id: int) -> None:
    """Somebody revoked by hand what no adapter could."""
    for grant in open_grants(job.records, engagement_id):
        grant.revoked_at, grant.revoked_by = job.now, job.actor
        grant.touch(job.now)
    _accept_access(job, engagement_id)


@handler("exit.settlement", names={"zh": "计算结算款", "en": "Work out the settlement"})
def settlement(job: JobContext, engagement_id: int) -> Settlement:
    """Due to the supplier: accepted and unpaid − confirmed credits not applied yet; below 0 due to us."""
    records: Session = job.records
    contract = latest_contract(records, engagement_id)
    if contract is None:
        return Settlement(due_to_supplier=to_money(ZERO), due_to_us=to_money(ZERO))
    accepted = sum((order.accepted_amount for order in orders_of(records, contract.id)), ZERO)
    paid = sum((payment.amount for payment in payments_of(records, contract.id)), ZERO)
    credits = sum((credit.amount for credit in unapplied_credits(records, contract.id)), ZERO)
    balance = max(accepted - paid, ZERO) - credits
    return Settlement(due_to_supplier=to_money(max(balance, ZERO)), due_to_us=to_money(max(-balance, ZERO)))


@handler("exit.record_settlement", names={"zh": "登记最终结算", "en": "Record the final settlement"})
def record_settlement(job: JobContext, exit_plan_id: int, settled_amount: Decimal, settled_on: date) -> None:
    """The last payment either way is made; credits are used up with it."""
    records: Session = job.records
    plan = get(records, ExitPlan, exit_plan_id)
    plan.settlement = {"amount": to_money(settled_amount), "settledOn": settled_on.isoformat()}
    plan.touch(job.now)
    contract = latest_contract(records, plan.engagement_id)
    for credit in unapplied_credits(records, contract.id) if contract else []:
        credit.move_to(CreditState.APPLIED, now=job.now)
        credit.applied_on = settled_on
    _accept_section(job, exit_plan_id, ItemKind.PAYMENT, job.actor, plan.settlement)


@handler("exit.readiness", names={"zh": "计算交接完成度", "en": "Work out the readiness"})
def readiness_now(job: JobContext, engagement_id: int) -> ReadinessNow:
    """Σ accepted weight ÷ Σ weight; closing needs every mandatory item."""
    records: Session = job.records
    items = items_of(records, _running(records, engagement_id).id)
    result = readiness(
        [
            ItemProgress(weight=i.weight, done=i.state == ItemState.ACCEPTED, mandatory=i.mandatory)
            for i in items
        ]
    )
    return ReadinessNow(
        readiness_pct=result.readiness_pct,
        can_close=result.can_close,
        open_items=[item.title for item in items if item.state != ItemState.ACCEPTED],
    )


@handler("register.close", names={"zh": "登记簿结项", "en": "Close the register"})
def close_register(
    job: JobContext, engagement_id: int, exit_plan_id: int, lessons: str | None = None
) -> None:
    """The contract ends with its reason, what is kept is kept for 15 years, the exit is done."""
    records: Session = job.records
    plan = get(records, ExitPlan, exit_plan_id)
    contract = latest_contract(records, engagement_id)
    if contract is not None:
        expired = contract.end is not None and contract.end <= job.now.date()
        contract.move_to(ContractState.EXPIRED if expired else ContractState.TERMINATED, now=job.now)
        contract.end_reason, contract.end_note = plan.trigger, plan.reason
        contract.retention_until = add_months(job.now.date(), _RETENTION_MONTHS)
    plan.lessons = lessons or ""
    plan.closed_at = job.now
    plan.move_to(ExitPlanState.DONE, now=job.now)


def _running(records: Session, engagement_id: int) -> ExitPlan:
    plan = running_plan(records, engagement_id)
    if plan is None:
        raise HandlerFailed(f"engagement {engagement_id} has no exit under way")
    return plan


def _after_notice(today: date, notice: str, contract: Contract | None) -> date:
    if notice == "contract":
        return today + timedelta(days=contract.notice_days_us if contract else 0)
    if notice in ("", "as_ordered"):
        return today
    try:
        return add_period(today, notice)
    except ValueError as error:
        raise HandlerFailed(f"variable 'notice': {error}") from error


def _accept(
    job: JobContext,
    item: HandoverItem,
    accepted_by: str,
    delivered_by: str | None,
    certificate: dict[str, Any] | None = None,
) -> None:
    item.delivered_by = delivered_by
    item.accepted_by = accepted_by
    item.accepted_at = item.accepted_at or job.now
    item.certificate = certificate or item.certificate
    item.move_to(ItemState.ACCEPTED, now=job.now)
    job.records.flush()


def _accept_section(
    job: JobContext,
    exit_plan_id: int,
    kind: Literal[ItemKind.DATA, ItemKind.ACCESS, ItemKind.PAYMENT],
    accepted_by: str,
    certificate: dict[str, Any],
) -> None:
    items = job.records.scalars(
        select(HandoverItem).where(HandoverItem.exit_plan_id == exit_plan_id, HandoverItem.kind == kind)
    )
    for item in items:
        _accept(job, item, accepted_by, None, certificate)


def _accept_access(job: JobContext, engagement_id: int) -> None:
    plan = running_plan(job.records, engagement_id)
    if plan is not None:
        at = {"revokedAt": job.now.isoformat()}
        _accept_section(job, plan.id, ItemKind.ACCESS, job.actor, at)
