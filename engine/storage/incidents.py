"""Incidents: what stopped an instance, until somebody mends it; kept afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, or_, select, update

from ..errors import IncidentNotFound
from ..filters import IncidentFilter, ProcessInstanceFilter
from ..model import Incident, IncidentState, Page
from .instances import keys_of
from .link import Link
from .paging import Order, matching, page
from .schema import incident as table


class Incidents:
    def __init__(self, link: Link) -> None:
        self._link = link

    def get(self, key: int) -> Incident:
        """Raises IncidentNotFound."""
        row = self._link.row(select(table).where(table.c.key == key))
        if row is None:
            raise IncidentNotFound(key)
        return _value(row)

    def open_of_instance(self, process_instance_key: int) -> tuple[Incident, ...]:
        query = select(table).where(
            table.c.process_instance_key == process_instance_key, table.c.resolved_at.is_(None)
        )
        return tuple(_value(row) for row in self._link.rows(query.order_by(table.c.key)))

    def open_of_matching(self, filter: ProcessInstanceFilter, *, limit: int) -> list[Incident]:
        """The open ones of the instances that fit; with an outermost instance also of those it called."""
        chosen = keys_of(filter)
        query = select(table).where(
            table.c.resolved_at.is_(None),
            or_(table.c.process_instance_key.in_(chosen), table.c.root_process_instance_key.in_(chosen)),
        )
        return [_value(row) for row in self._link.rows(query.order_by(table.c.key).limit(limit))]

    def open_of_job(self, job_key: int) -> Incident | None:
        row = self._link.row(select(table).where(table.c.job_key == job_key, table.c.resolved_at.is_(None)))
        return None if row is None else _value(row)

    def resolve(self, keys: Iterable[int], *, at: datetime, by: str) -> None:
        """Those that are resolved already stay as they are."""
        self._link.execute(
            update(table)
            .where(table.c.key.in_(list(keys)), table.c.resolved_at.is_(None))
            .values(state=IncidentState.RESOLVED, resolved_at=at, resolved_by=by)
        )

    def search(
        self, filter: IncidentFilter, *, order: Order = (), limit: int = 50, cursor: str | None = None
    ) -> Page[Incident]:
        """Newest first unless `order` says otherwise."""
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


_FIELDS = {
    "key": table.c.key,
    "created_at": table.c.created_at,
    "error_type": table.c.error_type,
    "element_id": table.c.element_id,
    "process_id": table.c.process_id,
    "state": table.c.state,
}


def _narrowed(query: Select[Any], wanted: IncidentFilter) -> Select[Any]:
    if wanted.state is IncidentState.ACTIVE:
        query = query.where(table.c.resolved_at.is_(None))
    elif wanted.state is not None:
        query = query.where(table.c.resolved_at.is_not(None))
    narrowing = {
        table.c.error_type: wanted.error_type,
        table.c.process_id: wanted.process_id,
        table.c.process_instance_key: wanted.process_instance_key,
        table.c.root_process_instance_key: wanted.root_process_instance_key,
        table.c.element_id: wanted.element_id,
        table.c.definition_key: wanted.definition_key,
    }
    query = matching(query, narrowing)
    if wanted.keys is not None:
        query = query.where(table.c.key.in_(wanted.keys))
    return query


def _value(row: Row[Any]) -> Incident:
    return Incident(
        key=row.key,
        error_type=row.error_type,
        message=row.message,
        hint=row.hint,
        trace=row.trace,
        state=IncidentState(row.state),
        element_id=row.element_id,
        element_instance_key=row.element_instance_key,
        process_instance_key=row.process_instance_key,
        root_process_instance_key=row.root_process_instance_key,
        definition_key=row.definition_key,
        job_key=row.job_key,
        created_at=row.created_at,
        resolved_at=row.resolved_at,
        resolved_by=row.resolved_by,
    )
