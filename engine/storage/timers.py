"""Open timers. A fired or cancelled one has no row any more; what happened stands in the history."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, delete, or_, select, update

from ..model import InstanceState, Timer
from .link import Link
from .schema import process_definition, process_instance
from .schema import timer as table


class Timers:
    def __init__(self, link: Link) -> None:
        self._link = link

    def due(self, now: datetime, *, limit: int) -> list[Timer]:
        """Timers whose time has come, the longest overdue first. Look again under `lock` before firing.

        Those of suspended instances stay: however many there are, they hold up nobody.
        """
        query = _of_the_living(select(table)).where(table.c.due_at <= now)
        ordered = query.order_by(table.c.due_at, table.c.key)
        return [_value(row) for row in self._link.rows(ordered.limit(limit))]

    def lock(self, key: int) -> Timer | None:
        """The timer, locked until the transaction ends; None when it is gone or another node has it."""
        row = self._link.row(select(table).where(table.c.key == key).with_for_update(skip_locked=True))
        return None if row is None else _value(row)

    def next_due(self) -> datetime | None:
        """When the next timer is due; it may have passed already. Those of suspended instances wait."""
        query = _of_the_living(select(table.c.due_at)).order_by(table.c.due_at).limit(1)
        found: datetime | None = self._link.value(query)
        return found

    def of_instance(self, process_instance_key: int) -> tuple[Timer, ...]:
        """By due date."""
        query = select(table).where(table.c.process_instance_key == process_instance_key)
        return tuple(_value(row) for row in self._link.rows(query.order_by(table.c.due_at, table.c.key)))

    def starts_of(self, definition_key: int) -> tuple[Timer, ...]:
        """The open timers of the start events of a definition."""
        query = select(table).where(
            table.c.definition_key == definition_key, table.c.process_instance_key.is_(None)
        )
        return tuple(_value(row) for row in self._link.rows(query.order_by(table.c.key)))

    def open_start(self, timer: Timer) -> None:
        """A timer of a start event: it belongs to no instance."""
        self._link.insert(table, [vars(timer)])

    def close_starts(self, process_id: str) -> None:
        """Close the timers of the start events of every version of a process."""
        versions = select(process_definition.c.key).where(process_definition.c.process_id == process_id)
        self._link.execute(
            delete(table).where(table.c.definition_key.in_(versions), table.c.process_instance_key.is_(None))
        )

    def reschedule(self, key: int, *, due_at: datetime, repetitions: int) -> None:
        self._link.execute(
            update(table).where(table.c.key == key).values(due_at=due_at, repetitions=repetitions)
        )

    def close(self, keys: Iterable[int]) -> None:
        self._link.delete(table, "key", keys)


def _of_the_living(query: Select[Any]) -> Select[Any]:
    """Timers of start events, and of instances that are not suspended."""
    owner = process_instance.c
    return query.outerjoin(process_instance, owner.key == table.c.process_instance_key).where(
        or_(table.c.process_instance_key.is_(None), owner.state != InstanceState.SUSPENDED)
    )


def _value(row: Row[Any]) -> Timer:
    return Timer(
        key=row.key,
        due_at=row.due_at,
        repetitions=row.repetitions,
        element_id=row.element_id,
        element_instance_key=row.element_instance_key,
        process_instance_key=row.process_instance_key,
        root_process_instance_key=row.root_process_instance_key,
        definition_key=row.definition_key,
    )
