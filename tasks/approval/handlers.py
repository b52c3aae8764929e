"""Steps of the approval chain."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import BpmnError, JobContext, handler
from tasks.approval.records import LateApproval
from tasks.records_base import made

NO_ELIGIBLE_APPROVER = "NO_ELIGIBLE_APPROVER"


@dataclass(frozen=True, kw_only=True)
class Levels:
    levels: list[str]


@handler(
    "approval.order",
    error_codes=[NO_ELIGIBLE_APPROVER],
    names={"zh": "排定审批顺序", "en": "Order the approval levels"},
)
def order_levels(base: list[str], extra: list[str] | None = None) -> Levels:
    """Who approves, in which order: extra reviewers first, duplicates dropped, base order kept.

    Error NO_ELIGIBLE_APPROVER: nobody at all.
    """
    levels = list(dict.fromkeys([*(extra or []), *base]))
    if not levels:
        raise BpmnError(NO_ELIGIBLE_APPROVER, "no level of approval applies")
    return Levels(levels=levels)


@handler("task.escalate", names={"zh": "审批逾期升级", "en": "Note a late approval"})
def note_late_approval(job: JobContext, level: str, doc_type: str, doc_id: int, doc_title: str = "") -> None:
    """Note that a level of approval let its time pass; the page of the document shows it."""
    records: Session = job.records
    known = records.scalar(
        select(LateApproval).where(
            LateApproval.doc_type == doc_type, LateApproval.doc_id == doc_id, LateApproval.level == level
        )
    )
    if known is None:
        known = LateApproval(doc_type=doc_type, doc_id=doc_id, level=level, **made(job))
        records.add(known)
    known.doc_title = doc_title[:200]
    known.noticed_at = job.now
    known.touch(job.now)
    job.log(f"approval of {doc_type} {doc_id} by {level} is late")
