"""What people said about a user task; kept for good."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from ..model import Comment
from .link import Link, as_dict
from .schema import comment as table


class Comments:
    def __init__(self, link: Link) -> None:
        self._link = link

    def add(self, comment: Comment) -> None:
        self._link.insert(table, [vars(comment)])

    def of_task(self, user_task_key: int) -> tuple[Comment, ...]:
        """Oldest first."""
        return self._found(table.c.user_task_key == user_task_key)

    def of_instance(self, process_instance_key: int) -> tuple[Comment, ...]:
        """Oldest first."""
        return self._found(table.c.process_instance_key == process_instance_key)

    def _found(self, condition: ColumnElement[bool]) -> tuple[Comment, ...]:
        rows = self._link.rows(select(table).where(condition).order_by(table.c.at, table.c.key))
        return tuple(Comment(**as_dict(row)) for row in rows)
