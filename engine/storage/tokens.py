"""Live element instances: one row each, gone when the element has ended."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from ..bpmn.model import ElementType
from ..filters import ProcessInstanceFilter
from ..model import ElementState
from ..runtime.records import LiveElement
from .instances import keys_of
from .link import Link
from .schema import process_instance
from .schema import token as table

_OF_INSTANCE = (
    select(table).where(table.c.process_instance_key == bindparam("instance")).order_by(table.c.key)
)

_DATA = select(table.c.data).where(table.c.key == bindparam("element"))


class Tokens:
    def __init__(self, link: Link) -> None:
        self._link = link

    def of_instance(self, process_instance_key: int) -> list[LiveElement]:
        """All live element instances of one process instance, by key; the process itself included."""
        return [_value(row) for row in self._link.rows(_OF_INSTANCE, instance=process_instance_key)]

    def get(self, key: int) -> LiveElement | None:
        row = self._link.row(select(table).where(table.c.key == key))
        return None if row is None else _value(row)

    def process_instance_of(self, element_instance_key: int) -> int | None:
        """The process instance of a live element instance."""
        found = self._link.value(
            select(table.c.process_instance_key).where(table.c.key == element_instance_key)
        )
        return None if found is None else int(found)

    def at(self, element_ids: Collection[str], filter: ProcessInstanceFilter) -> set[int]:
        """Which of the process instances that fit have a token at one of these elements."""
        query = select(table.c.process_instance_key).where(
            table.c.element_id.in_(element_ids), table.c.process_instance_key.in_(keys_of(filter))
        )
        return {row.process_instance_key for row in self._link.rows(query.distinct())}

    def data_of(self, key: int) -> dict[str, Any]:
        """The data of a live element instance; empty when there is none."""
        data: dict[str, Any] | None = self._link.value(_DATA, element=key)
        return data or {}

    def counts(self, definition_key: int) -> dict[str, int]:
        """Element id -> how many live element instances all running instances of a definition have."""
        query = (
            select(table.c.element_id, func.count().label("number"))
            .join(process_instance, process_instance.c.key == table.c.process_instance_key)
            .where(process_instance.c.definition_key == definition_key)
            .group_by(table.c.element_id)
        )
        return {row.element_id: row.number for row in self._link.rows(query)}


def _value(row: Row[Any]) -> LiveElement:
    return LiveElement(
        key=row.key,
        process_instance_key=row.process_instance_key,
        scope_key=row.scope_key,
        element_id=row.element_id,
        element_type=ElementType(row.element_type),
        state=ElementState(row.state),
        started_at=row.started_at,
        started_position=row.started_position,
        loop_counter=row.loop_counter,
        data=row.data,
    )
