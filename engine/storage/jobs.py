"""Jobs: work for the machine, taken by one worker at a time.

A job is free when `available_at` has passed; taking it moves that time to the end of the lock, so an
expired lock frees the job by itself. `attempt` counts how often a job was taken: with the worker's name
it tells the present holder from one that comes back late.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, case, func, literal, null, select, update

from ..errors import JobNotFound
from ..filters import JobFilter
from ..model import InstanceState, Job, JobKind, JobState, Page
from .columns import UtcDateTime
from .link import Link
from .paging import Order, matching, page
from .schema import job as table
from .schema import process_instance


class Jobs:
    def __init__(self, link: Link) -> None:
        self._link = link

    def get(self, key: int, *, lock: bool = False) -> Job:
        """With `lock` nobody takes the job before the transaction ends. Raises JobNotFound."""
        query = select(table).where(table.c.key == key)
        row = self._link.row(query.with_for_update(key_share=True) if lock else query)
        if row is None:
            raise JobNotFound(key)
        return _value(row)

    def activate(
        self,
        types: Collection[str],
        *,
        worker: str,
        now: datetime,
        lock_time: timedelta,
        limit: int,
        kinds: Collection[JobKind] = (),
    ) -> list[Job]:
        """Take up to `limit` free jobs of these types, longest waiting first, and lock them.

        Jobs of suspended instances stay. On PostgreSQL, jobs that another node is taking are passed by.
        """
        if not types or limit <= 0:
            return []
        free = (
            select(table.c.key)
            .join(process_instance, process_instance.c.key == table.c.process_instance_key)
            .where(
                table.c.type.in_(list(types)),
                table.c.available_at <= now,
                process_instance.c.state == InstanceState.ACTIVE,
            )
            .order_by(table.c.available_at, table.c.key)
            .limit(limit)
            .with_for_update(of=table, skip_locked=True)
        )
        if kinds:
            free = free.where(table.c.kind.in_(list(kinds)))
        keys = [row.key for row in self._link.rows(free)]
        if not keys:
            return []
        until = now + lock_time
        taken = self._link.execute(
            update(table)
            .where(table.c.key.in_(keys))
            .values(worker=worker, locked_until=until, available_at=until, attempt=table.c.attempt + 1)
            .returning(table)
        ).all()
        by_key = {row.key: _value(row) for row in taken}
        return [by_key[key] for key in keys]

    def extend(self, key: int, locked_until: datetime) -> None:
        """Hold a job longer."""
        self._change(key, locked_until=locked_until, available_at=locked_until)

    def extend_held(self, key: int, locked_until: datetime, *, worker: str, attempt: int) -> bool:
        """Hold a job longer if this attempt of this worker still holds it; answers whether it does."""
        held = update(table).where(
            table.c.key == key,
            table.c.worker == worker,
            table.c.attempt == attempt,
            table.c.ended_at.is_(None),
        )
        # Null stays null: that of a suspended instance.
        available = case((table.c.available_at.is_not(None), literal(locked_until, UtcDateTime)))
        changed = self._link.execute(held.values(locked_until=locked_until, available_at=available))
        return changed.rowcount > 0

    def release(self, key: int, now: datetime) -> None:
        """Give a job back untried: free at once."""
        self._change(key, worker="", locked_until=None, available_at=now)

    def end(
        self,
        key: int,
        state: JobState,
        at: datetime,
        *,
        error_code: str = "",
        error_message: str = "",
    ) -> None:
        """COMPLETED, ERROR_THROWN or CANCELED: it is open work no longer."""
        self._change(
            key,
            state=state,
            ended_at=at,
            available_at=None,
            locked_until=None,
            error_code=error_code,
            error_message=error_message,
        )

    def fail(self, key: int, *, retries: int, message: str, due_at: datetime) -> None:
        """The attempt failed. With `retries` left it is free again at `due_at`, else not at all."""
        self._change(
            key,
            state=JobState.FAILED,
            retries=retries,
            error_message=message,
            worker="",
            locked_until=None,
            due_at=due_at,
            available_at=due_at if retries > 0 else None,
        )

    def set_retries(self, key: int, retries: int, *, due_at: datetime) -> None:
        """Allow (or forbid, with 0) further attempts; a job that is locked stays so until its lock ends."""
        free_at: Any = null()
        if retries > 0:
            free_at = case(
                (table.c.locked_until > due_at, table.c.locked_until), else_=literal(due_at, UtcDateTime)
            )
        self._change(key, retries=retries, available_at=free_at)

    def next_due(self, types: Collection[str]) -> datetime | None:
        """When the next job of these types is free; it may have passed already."""
        query = select(func.min(table.c.available_at)).where(
            table.c.type.in_(list(types)), table.c.available_at.is_not(None)
        )
        found: datetime | None = self._link.value(query)
        return found

    def open_of_element(self, element_instance_key: int) -> tuple[Job, ...]:
        query = select(table).where(
            table.c.element_instance_key == element_instance_key, table.c.ended_at.is_(None)
        )
        return tuple(_value(row) for row in self._link.rows(query.order_by(table.c.key)))

    def search(
        self, filter: JobFilter, *, order: Order = (), limit: int = 50, cursor: str | None = None
    ) -> Page[Job]:
        return page(
            self._link,
            _narrowed(select(table), filter),
            fields=_FIELDS,
            key=table.c.key,
            order=order,
            limit=limit,
            cursor=cursor,
            value=_value,
        )

    def _change(self, key: int, **values: Any) -> None:
        changed = self._link.execute(
            update(table).where(table.c.key == key, table.c.ended_at.is_(None)).values(**values)
        )
        if changed.rowcount == 0:
            raise JobNotFound(key, "it has ended already")


_FIELDS = {
    "key": table.c.key,
    "type": table.c.type,
    "state": table.c.state,
    "retries": table.c.retries,
    "due_at": table.c.due_at,
    "created_at": table.c.created_at,
    "element_id": table.c.element_id,
}

_OPEN = (JobState.CREATED, JobState.FAILED)


def _narrowed(query: Select[Any], wanted: JobFilter) -> Select[Any]:
    narrowing = {
        table.c.type: wanted.type,
        table.c.process_instance_key: wanted.process_instance_key,
        table.c.element_instance_key: wanted.element_instance_key,
        table.c.element_id: wanted.element_id,
    }
    query = matching(query, narrowing)
    if wanted.keys is not None:
        query = query.where(table.c.key.in_(wanted.keys))
    if wanted.states is not None:
        query = query.where(table.c.state.in_(wanted.states))
        if all(state in _OPEN for state in wanted.states):
            query = query.where(table.c.ended_at.is_(None))
    if wanted.without_retries is not None:
        stuck = table.c.retries <= 0
        query = query.where(table.c.ended_at.is_(None), stuck if wanted.without_retries else ~stuck)
    return query


def _value(row: Row[Any]) -> Job:
    return Job(
        key=row.key,
        type=row.type,
        kind=JobKind(row.kind),
        state=JobState(row.state),
        retries=row.retries,
        headers=row.headers,
        element_id=row.element_id,
        element_instance_key=row.element_instance_key,
        process_instance_key=row.process_instance_key,
        root_process_instance_key=row.root_process_instance_key,
        definition_key=row.definition_key,
        process_id=row.process_id,
        process_version=row.process_version,
        worker=row.worker,
        locked_until=row.locked_until,
        due_at=row.due_at,
        created_at=row.created_at,
        error_message=row.error_message,
        listener_event=row.listener_event,
        attempt=row.attempt,
        actor=row.actor,
    )
