"""Drafts: what a person has typed into a form and not sent; one per person and task."""

from __future__ import annotations

from sqlalchemy import delete, select

from ..model import Draft
from .link import Link, as_dict
from .schema import draft as table


class Drafts:
    def __init__(self, link: Link) -> None:
        self._link = link

    def get(self, user_task_key: int, user_id: str) -> Draft | None:
        row = self._link.row(
            select(table).where(table.c.user_task_key == user_task_key, table.c.user_id == user_id)
        )
        return None if row is None else Draft(**as_dict(row))

    def save(self, draft: Draft) -> None:
        """Takes the place of an earlier one."""
        statement = self._link.upsert(table).values(**vars(draft))
        self._link.execute(
            statement.on_conflict_do_update(
                index_elements=[table.c.user_task_key, table.c.user_id],
                set_={"values": statement.excluded["values"], "saved_at": statement.excluded.saved_at},
            )
        )

    def discard(self, user_task_key: int, user_id: str) -> None:
        """One person's draft."""
        self._link.execute(
            delete(table).where(table.c.user_task_key == user_task_key, table.c.user_id == user_id)
        )

    def delete(self, user_task_key: int) -> None:
        """All drafts of a task: it has ended."""
        self._link.delete(table, "user_task_key", [user_task_key])
