"""Approvals that were not given in time."""

from __future__ import annotations

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine import Key
from tasks.records_base import Moment, Record, Word


class LateApproval(Record):
    """A level of approval that let its time pass. `doc_type` and `doc_id` name what waits."""

    __tablename__ = "late_approval"
    __table_args__ = (UniqueConstraint("doc_type", "doc_id", "level"),)

    doc_type: Mapped[Word]
    doc_id: Mapped[int] = mapped_column(Key)
    doc_title: Mapped[str] = mapped_column(String(200), default="")
    level: Mapped[Word]
    noticed_at: Mapped[Moment]
