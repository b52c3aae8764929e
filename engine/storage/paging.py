"""Lists in pages: keyset pagination, so that page one thousand costs what page one costs.

A cursor holds the order values of the last row seen; rows that come or go in between neither repeat
nor hide others.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Row, Select, and_, func, literal, or_, select

from ..errors import InvalidInput
from ..model import Page
from . import json_text
from .columns import UtcDateTime
from .link import Link

T = TypeVar("T")

Order = Sequence[tuple[str, str]]
"""Fields to sort by, first one first, each with "asc" or "desc"."""

TOTAL_LIMIT = 10_000
"""`Page.total` is exact up to here: nobody waits for a million rows to be counted."""

LAST = literal(datetime(9999, 1, 1, tzinfo=UTC), UtcDateTime)
"""Stands in the order where a time is missing."""


def page(
    link: Link,
    query: Select[Any],
    *,
    fields: Mapping[str, ColumnElement[Any]],
    key: ColumnElement[int],
    order: Order,
    limit: int,
    cursor: str | None,
    value: Callable[[Row[Any]], T],
) -> Page[T]:
    """One page of `query`. `fields` are the sortable expressions, none of which may be null; `key` is
    unique and breaks ties in the direction of the first field.

    Raises InvalidInput for an unknown field, direction or cursor.
    """
    if not 0 <= limit <= TOTAL_LIMIT:
        raise InvalidInput(f"a page has between 0 and {TOTAL_LIMIT} rows, not {limit}")
    total = link.value(select(func.count()).select_from(_counted(query, key)))
    sorting = [(_field(fields, name), _descending(direction)) for name, direction in order]
    sorting.append((key, sorting[0][1] if sorting else True))
    labelled = [column.label(f"order_{n}") for n, (column, _) in enumerate(sorting)]
    chosen = query.add_columns(*labelled)
    if cursor is not None:
        chosen = chosen.where(_after(sorting, _decode(cursor, len(sorting))))
    chosen = chosen.order_by(*(c.desc() if down else c.asc() for c, down in sorting)).limit(limit + 1)
    rows = link.rows(chosen)
    more = len(rows) > limit
    shown = rows[:limit]
    following = _encode([shown[-1]._mapping[c.name] for c in labelled]) if more and shown else None
    return Page(items=tuple(value(row) for row in shown), total=total, next_cursor=following)


def matching(query: Select[Any], wanted: Mapping[Column[Any], Any]) -> Select[Any]:
    """`query` narrowed to rows in which each column has its value; None asks for nothing."""
    return query.where(*(column == value for column, value in wanted.items() if value is not None))


def contains(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Whether a text column contains `text`, whatever the case."""
    return column.icontains(text, autoescape=True)


def _counted(query: Select[Any], key: ColumnElement[int]) -> Any:
    return query.with_only_columns(key).order_by(None).limit(TOTAL_LIMIT).subquery()


def _field(fields: Mapping[str, ColumnElement[Any]], name: str) -> ColumnElement[Any]:
    if name not in fields:
        raise InvalidInput(f"cannot sort by '{name}'; known fields: {', '.join(sorted(fields))}")
    return fields[name]


def _descending(direction: str) -> bool:
    if direction.lower() not in ("asc", "desc"):
        raise InvalidInput(f"a sort direction is asc or desc, not '{direction}'")
    return direction.lower() == "desc"


def _after(sorting: Sequence[tuple[ColumnElement[Any], bool]], values: Sequence[Any]) -> ColumnElement[bool]:
    """Rows behind the one with `values`: the first field further on, or equal and the next further on."""
    alternatives = []
    for n, (column, down) in enumerate(sorting):
        equal = [sorting[m][0] == values[m] for m in range(n)]
        further = column < values[n] if down else column > values[n]
        alternatives.append(and_(*equal, further))
    return or_(*alternatives)


def _encode(values: Sequence[Any]) -> str:
    plain = [{"t": v.isoformat()} if isinstance(v, datetime) else v for v in values]
    return base64.urlsafe_b64encode(json_text.dumps(plain).encode()).decode().rstrip("=")


def _decode(cursor: str, length: int) -> list[Any]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        plain = json_text.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
        values = [datetime.fromisoformat(v["t"]) if isinstance(v, dict) else v for v in plain]
        if len(values) != length:
            raise ValueError("it belongs to another order")
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise InvalidInput(f"the cursor '{cursor}' is not one of this list: {error}") from error
    return values
