"""Lists as clients ask for them: how many, from where, in which order; and the page they get."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from engine import Page

from .problems import invalid

T = TypeVar("T")

DEFAULT_LIMIT = 100
MAX_LIMIT = 10_000


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """`start` rows are passed over; `order` is a field of the engine, with `-` descending."""

    limit: int
    start: int
    cursor: str | None
    order: str


def wanted_page(body: Mapping[str, Any], fields: Mapping[str, str], order: str) -> Wanted:
    """What `page` and `sort` of a search request say; `fields` maps Camunda's names to the engine's. Raises
    ApiError (400)."""
    page = body.get("page", {})
    if not isinstance(page, dict):
        raise invalid("page must be an object")
    if page.get("before") is not None:
        raise invalid("page.before is not offered; page forwards with page.after")
    cursor = page.get("after")
    if cursor is not None and not isinstance(cursor, str):
        raise invalid("page.after must be a cursor of an earlier answer")
    return Wanted(
        limit=_number(page, "limit", DEFAULT_LIMIT),
        start=_number(page, "from", 0),
        cursor=cursor or None,
        order=_order(body.get("sort", []), fields, order),
    )


def search_result(
    wanted: Wanted, look: Callable[[int, str | None], Page[T]], shown: Callable[[T], dict[str, Any]]
) -> dict[str, Any]:
    """Camunda's answer to a search; `look(limit, cursor)` asks the engine."""
    found = look(min(wanted.start + wanted.limit, MAX_LIMIT), wanted.cursor)
    return {
        "items": [shown(item) for item in found.items[wanted.start :]],
        "page": {
            "totalItems": found.total,
            "hasMoreTotalItems": found.total >= MAX_LIMIT,
            "startCursor": None,
            "endCursor": found.next_cursor,
        },
    }


def _number(page: Mapping[str, Any], name: str, default: int) -> int:
    value = page.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_LIMIT:
        raise invalid(f"page.{name} must be a whole number between 0 and {MAX_LIMIT}")
    return value


def _order(sort: Any, fields: Mapping[str, str], order: str) -> str:
    if not isinstance(sort, list) or len(sort) > 1:
        raise invalid("sort must be a list of one field at most")
    if not sort:
        return order
    chosen = sort[0] if isinstance(sort[0], dict) else {}
    name, direction = chosen.get("field"), chosen.get("order", "ASC")
    if not isinstance(name, str) or name not in fields:
        raise invalid(f"cannot sort by '{name}'; known: {', '.join(fields)}")
    if direction not in ("ASC", "DESC"):
        raise invalid("sort.order is ASC or DESC")
    return ("-" if direction == "DESC" else "") + fields[name]
