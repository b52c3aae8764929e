"""What happened inside process instances: element instances, live and finished, and the flows taken."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    BindParameter,
    Integer,
    Row,
    Select,
    bindparam,
    literal,
    literal_column,
    null,
    or_,
    select,
    union_all,
)

from ..errors import ElementInstanceNotFound
from ..model import ElementInstance, ElementState, FlowTaken, Page
from .columns import UtcDateTime
from .link import Link
from .paging import Order, page
from .schema import element_instance, flow_taken, token


class History:
    def __init__(self, link: Link) -> None:
        self._link = link

    def element_instances(self, process_instance_key: int) -> tuple[ElementInstance, ...]:
        """Live and finished ones, in the order in which they started."""
        both = _both(
            token.c.process_instance_key == process_instance_key,
            element_instance.c.process_instance_key == process_instance_key,
        )
        rows = self._link.rows(select(both).order_by(both.c.started_position, both.c.key))
        return tuple(_value(row) for row in rows)

    def element_instance(self, key: int) -> ElementInstance:
        """Live or finished. Raises ElementInstanceNotFound."""
        both = _both(token.c.key == key, element_instance.c.key == key)
        row = self._link.row(select(both))
        if row is None:
            raise ElementInstanceNotFound(key)
        return _value(row)

    def search(
        self,
        process_instance_key: int,
        *,
        element_id: str | None = None,
        state: ElementState | None = None,
        order: Order = (),
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[ElementInstance]:
        both = _both(
            token.c.process_instance_key == process_instance_key,
            element_instance.c.process_instance_key == process_instance_key,
        )
        query: Select[Any] = select(both)
        if element_id is not None:
            query = query.where(both.c.element_id == element_id)
        if state is not None:
            query = query.where(both.c.state == state)
        return page(
            self._link,
            query,
            fields={name: both.c[name] for name in _SORTABLE},
            key=both.c.key,
            order=order or (("started_position", "asc"),),
            limit=limit,
            cursor=cursor,
            value=_value,
        )

    def flows_taken(self, process_instance_key: int) -> tuple[FlowTaken, ...]:
        """In the order in which they were taken."""
        query = select(flow_taken).where(flow_taken.c.process_instance_key == process_instance_key)
        return tuple(
            FlowTaken(
                process_instance_key=row.process_instance_key, flow_id=row.flow_id, position=row.position
            )
            for row in self._link.rows(query.order_by(flow_taken.c.position))
        )

    def completers(
        self,
        process_instance_key: int,
        element_ids: Collection[str],
        after: int = 0,
        until: int | None = None,
    ) -> set[str]:
        """Who completed one of these elements in this instance: all rounds, all multi-instance bodies.

        `after` and `until` bound the position in its history.
        """
        found: set[str] = set()
        for element_id in element_ids:
            rows = self._link.rows(
                _COMPLETERS, instance=process_instance_key, element=element_id, after=after, until=until
            )
            found.update(row.actor for row in rows)
        return found


def _completers() -> Select[Any]:
    """Each completer once: from one name to the next along the index, whatever the number of rounds."""
    history = element_instance.c
    until: BindParameter[int | None] = bindparam("until", type_=Integer)
    completed = (
        select(history.actor)
        .where(
            history.process_instance_key == bindparam("instance"),
            history.element_id == bindparam("element"),
            history.state == ElementState.COMPLETED,
            history.ended_position > bindparam("after"),
            or_(until.is_(None), history.ended_position <= until),
        )
        .order_by(history.actor)
        .limit(1)
    )
    first = select(completed.where(history.actor > literal_column("''")).scalar_subquery().label("actor"))
    found = first.cte("found", recursive=True)
    following = completed.where(history.actor > found.c.actor).correlate(found).scalar_subquery()
    found = found.union_all(select(following).where(found.c.actor.is_not(None)))
    return select(found.c.actor).where(found.c.actor.is_not(None))


_COMPLETERS = _completers()
_SORTABLE = ("key", "element_id", "state", "started_at", "started_position")


def _both(live: Any, finished: Any) -> Any:
    """One list of live tokens and finished element instances."""
    history = element_instance.c
    return union_all(
        select(
            token.c.key,
            token.c.process_instance_key,
            token.c.scope_key,
            token.c.element_id,
            token.c.element_type,
            token.c.state,
            token.c.started_at,
            null().cast(UtcDateTime).label("ended_at"),
            token.c.started_position,
            null().cast(Integer).label("ended_position"),
            token.c.loop_counter,
            literal("").label("actor"),
        ).where(live),
        select(
            history.key,
            history.process_instance_key,
            history.scope_key,
            history.element_id,
            history.element_type,
            history.state,
            history.started_at,
            history.ended_at,
            history.started_position,
            history.ended_position,
            history.loop_counter,
            history.actor,
        ).where(finished),
    ).subquery("element")


def _value(row: Row[Any]) -> ElementInstance:
    return ElementInstance(
        key=row.key,
        process_instance_key=row.process_instance_key,
        scope_key=row.scope_key,
        element_id=row.element_id,
        element_type=row.element_type,
        state=ElementState(row.state),
        started_at=row.started_at,
        ended_at=row.ended_at,
        started_position=row.started_position,
        ended_position=row.ended_position,
        loop_counter=row.loop_counter,
        actor=row.actor,
    )
