"""Batch operations and their items.

An item is free as long as it is ACTIVE and nobody has its row locked. Whoever does it holds that lock
until the repair and its outcome commit together, so a node that dies gives it back at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select, update

from ..batch import (
    BatchItemFilter,
    BatchItemState,
    BatchOperation,
    BatchOperationFilter,
    BatchOperationItem,
    BatchOperationNotFound,
    BatchOperationState,
    BatchOperationType,
    BatchRepair,
)
from ..model import Actor, Channel, Page
from .link import Link
from .paging import LAST, Order, page
from .schema import batch_operation as table
from .schema import batch_operation_item as item_table

CHUNK = 5_000


@dataclass(frozen=True, kw_only=True)
class BatchOrder:
    """What whoever does an item has to know of its batch."""

    state: BatchOperationState
    repair: BatchRepair
    actor: Actor


class BatchOperations:
    def __init__(self, link: Link) -> None:
        self._link = link

    def add(self, batch: BatchOperation, items: Iterable[BatchOperationItem]) -> None:
        self._link.insert(
            table,
            [
                {
                    "key": batch.key,
                    "type": batch.type,
                    "state": batch.state,
                    "repair": _repair_as_json(batch.repair),
                    "actor": batch.actor.user_id,
                    "channel": batch.actor.channel,
                    "by_system": batch.actor.is_system,
                    "total": batch.total,
                    "started_at": batch.started_at,
                    "ended_at": batch.ended_at,
                }
            ],
        )
        rows = [vars(item) for item in items]
        for begin in range(0, len(rows), CHUNK):
            self._link.insert(item_table, rows[begin : begin + CHUNK])

    def get(self, key: int) -> BatchOperation:
        """Raises BatchOperationNotFound."""
        row = self._link.row(select(table).where(table.c.key == key))
        if row is None:
            raise BatchOperationNotFound(key)
        return self._values([row])[0]

    def lock(self, key: int) -> BatchOperation:
        """The batch as it is now; nobody changes its state until the transaction ends."""
        if self._link.value(select(table.c.key).where(table.c.key == key).with_for_update()) is None:
            raise BatchOperationNotFound(key)
        return self.get(key)

    def set_state(self, key: int, state: BatchOperationState, *, ended_at: datetime | None = None) -> None:
        self._link.execute(update(table).where(table.c.key == key).values(state=state, ended_at=ended_at))

    def active(self) -> list[int]:
        """Keys of the batches that are to be worked on, oldest first."""
        query = select(table.c.key).where(
            table.c.ended_at.is_(None), table.c.state == BatchOperationState.ACTIVE
        )
        return [row.key for row in self._link.rows(query.order_by(table.c.key))]

    def order(self, key: int) -> BatchOrder:
        """What is to be done with each item, in whose name, and whether to go on."""
        query = select(table.c.state, table.c.repair, table.c.actor, table.c.channel, table.c.by_system)
        row = self._link.row(query.where(table.c.key == key))
        if row is None:
            raise BatchOperationNotFound(key)
        return BatchOrder(state=BatchOperationState(row.state), repair=_repair(row.repair), actor=_actor(row))

    def open_items(self, key: int, *, limit: int) -> list[BatchOperationItem]:
        """Items that are still to be done, some perhaps by another node just now. Look again under
        `lock_item`."""
        query = select(item_table).where(
            item_table.c.batch_operation_key == key, item_table.c.processed_at.is_(None)
        )
        return [_item(row) for row in self._link.rows(query.order_by(item_table.c.item_key).limit(limit))]

    def lock_item(self, key: int, item_key: int, *, wait: bool = True) -> BatchOperationItem | None:
        """One item as it is now, locked until the transaction ends; None when it is not there or, without
        `wait`, when another node has it."""
        query = select(item_table).where(
            item_table.c.batch_operation_key == key, item_table.c.item_key == item_key
        )
        row = self._link.row(query.with_for_update(skip_locked=not wait))
        return None if row is None else _item(row)

    def end_item(
        self,
        key: int,
        item_key: int,
        state: BatchItemState,
        at: datetime,
        *,
        error_code: str = "",
        error_message: str = "",
    ) -> None:
        """The caller holds the lock of the item."""
        self._link.execute(
            update(item_table)
            .where(item_table.c.batch_operation_key == key, item_table.c.item_key == item_key)
            .values(state=state, processed_at=at, error_code=error_code, error_message=error_message)
        )

    def cancel_items(self, key: int, at: datetime) -> int:
        """Give up what is still to be done; waits for items in progress. Answers how many."""
        done = self._link.execute(
            update(item_table)
            .where(item_table.c.batch_operation_key == key, item_table.c.processed_at.is_(None))
            .values(state=BatchItemState.CANCELED, processed_at=at)
        )
        return int(done.rowcount)

    def has_open_items(self, key: int) -> bool:
        query = select(item_table.c.item_key).where(
            item_table.c.batch_operation_key == key, item_table.c.processed_at.is_(None)
        )
        return self._link.value(query.limit(1)) is not None

    def search(
        self, filter: BatchOperationFilter, *, order: Order = (), limit: int = 50, cursor: str | None = None
    ) -> Page[BatchOperation]:
        """Newest first unless `order` says otherwise."""
        found = page(
            self._link,
            _narrowed(select(table), filter),
            fields=_FIELDS,
            key=table.c.key,
            order=order,
            limit=limit,
            cursor=cursor,
            value=lambda row: row,
        )
        values = self._values(found.items)
        return Page(items=tuple(values), total=found.total, next_cursor=found.next_cursor)

    def items(
        self, filter: BatchItemFilter, *, order: Order = (), limit: int = 50, cursor: str | None = None
    ) -> Page[BatchOperationItem]:
        direction = order[0][1] if order else "asc"
        return page(
            self._link,
            _narrowed_items(select(item_table), filter),
            fields=_ITEM_FIELDS,
            key=item_table.c.item_key,
            # The same instance may be an item of several batches.
            order=[*order, ("batch_operation_key", direction)],
            limit=limit,
            cursor=cursor,
            value=_item,
        )

    def _values(self, rows: Iterable[Row[Any]]) -> list[BatchOperation]:
        chosen = list(rows)
        counted: dict[int, dict[str, int]] = {row.key: {} for row in chosen}
        query = (
            select(item_table.c.batch_operation_key, item_table.c.state, func.count().label("number"))
            .where(item_table.c.batch_operation_key.in_(list(counted)))
            .group_by(item_table.c.batch_operation_key, item_table.c.state)
        )
        for row in self._link.rows(query) if chosen else ():
            counted[row.batch_operation_key][row.state] = row.number
        return [_value(row, counted[row.key]) for row in chosen]


_FIELDS = {
    "key": table.c.key,
    "type": table.c.type,
    "state": table.c.state,
    "actor": table.c.actor,
    "started_at": table.c.started_at,
    "ended_at": func.coalesce(table.c.ended_at, table.c.started_at),
}
_ITEM_FIELDS = {
    "batch_operation_key": item_table.c.batch_operation_key,
    "item_key": item_table.c.item_key,
    "process_instance_key": item_table.c.process_instance_key,
    "state": item_table.c.state,
    "processed_at": func.coalesce(item_table.c.processed_at, LAST),
}


def _narrowed(query: Select[Any], wanted: BatchOperationFilter) -> Select[Any]:
    for column, values in (
        (table.c.key, wanted.keys),
        (table.c.type, wanted.types),
        (table.c.state, wanted.states),
    ):
        if values is not None:
            query = query.where(column.in_(values))
    return query if wanted.actor is None else query.where(table.c.actor == wanted.actor)


def _narrowed_items(query: Select[Any], wanted: BatchItemFilter) -> Select[Any]:
    if wanted.batch_operation_key is not None:
        query = query.where(item_table.c.batch_operation_key == wanted.batch_operation_key)
    if wanted.process_instance_key is not None:
        query = query.where(item_table.c.process_instance_key == wanted.process_instance_key)
    for column, values in (
        (item_table.c.type, wanted.types),
        (item_table.c.item_key, wanted.item_keys),
        (item_table.c.state, wanted.states),
    ):
        if values is not None:
            query = query.where(column.in_(values))
    return query


def _value(row: Row[Any], counted: Mapping[str, int]) -> BatchOperation:
    return BatchOperation(
        key=row.key,
        state=BatchOperationState(row.state),
        repair=_repair(row.repair),
        actor=_actor(row),
        started_at=row.started_at,
        ended_at=row.ended_at,
        total=row.total,
        completed=counted.get(BatchItemState.COMPLETED, 0),
        failed=counted.get(BatchItemState.FAILED, 0),
        canceled=counted.get(BatchItemState.CANCELED, 0),
    )


def _actor(row: Row[Any]) -> Actor:
    return Actor(user_id=row.actor, channel=Channel(row.channel), is_system=row.by_system)


def _item(row: Row[Any]) -> BatchOperationItem:
    return BatchOperationItem(
        batch_operation_key=row.batch_operation_key,
        type=BatchOperationType(row.type),
        item_key=row.item_key,
        process_instance_key=row.process_instance_key,
        root_process_instance_key=row.root_process_instance_key,
        state=BatchItemState(row.state),
        processed_at=row.processed_at,
        error_code=row.error_code,
        error_message=row.error_message,
    )


def _repair_as_json(repair: BatchRepair) -> dict[str, Any]:
    return {name: value for name, value in vars(repair).items() if value is not None}


def _repair(stored: Mapping[str, Any]) -> BatchRepair:
    return BatchRepair(**{**stored, "type": BatchOperationType(stored["type"])})
