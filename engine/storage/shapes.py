"""Where running instances stand, counted by the set of their active elements and not one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, ColumnElement, Text, case, cast, func, select, type_coerce

from ..bpmn.model import ElementType
from ..model import InstanceState
from . import json_text
from .link import Link
from .schema import process_definition, process_instance, token

_FIELD, _LINE = "\x1f", "\x1e"


@dataclass(frozen=True, kw_only=True)
class ActiveElement:
    """`flows` are those on which tokens wait at joins inside it."""

    element_id: str
    element_type: ElementType
    flows: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """`instances` running instances of a definition whose active elements are these, however many of each."""

    definition_key: int
    elements: tuple[ActiveElement, ...]
    instances: int


class Shapes:
    def __init__(self, link: Link) -> None:
        self._link = link

    def of_other_versions(self, process_id: str, definition_key: int) -> list[Shape]:
        """Of the running instances of a process that are not of this definition: one row per shape."""
        others = select(process_definition.c.key).where(
            process_definition.c.process_id == process_id, process_definition.c.key != definition_key
        )
        instance = process_instance.c
        lines = (
            select(instance.definition_key, instance.key, self._line().label("line"))
            .join(token, token.c.process_instance_key == instance.key)
            .where(
                instance.definition_key.in_(others),
                instance.state.in_([InstanceState.ACTIVE, InstanceState.SUSPENDED]),
            )
            .distinct()
            .order_by(instance.key, "line")
            .subquery()
        )
        each = (
            select(lines.c.definition_key, func.aggregate_strings(lines.c.line, _LINE).label("lines"))
            .group_by(lines.c.definition_key, lines.c.key)
            .subquery()
        )
        counted = select(each.c.definition_key, each.c.lines, func.count().label("number"))
        rows = self._link.rows(counted.group_by(each.c.definition_key, each.c.lines))
        return [
            Shape(definition_key=row.definition_key, elements=_elements(row.lines), instances=row.number)
            for row in rows
        ]

    def _line(self) -> ColumnElement[Any]:
        """Element, type and waiting flows as text; the data is read only where tokens wait at a join."""
        data = type_coerce(token.c.data, Text)
        joins: ColumnElement[Any]
        if self._link.is_postgres:
            joins = cast(data, JSON)["joins"].as_string()
        else:
            joins = func.json_extract(data, "$.joins")
        waiting = case((data.like('%"joins"%'), func.coalesce(joins, "")), else_="")
        return token.c.element_id + _FIELD + token.c.element_type + _FIELD + waiting


def _elements(lines: str) -> tuple[ActiveElement, ...]:
    return tuple(_element(line.split(_FIELD)) for line in sorted(lines.split(_LINE)))


def _element(fields: Sequence[str]) -> ActiveElement:
    element_id, element_type, joins = fields
    flows = tuple(sorted(json_text.loads(joins))) if joins else ()
    return ActiveElement(element_id=element_id, element_type=ElementType(element_type), flows=flows)
