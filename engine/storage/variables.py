"""Variables: a row per scope and name, so that a small step does not rewrite a large document.

Values above `LARGE` characters are not read with the others, only when somebody asks for one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, bindparam, case, null, select

from ..errors import NotFound
from ..model import Variable
from ..runtime.sources import UNLOADED
from . import json_text
from .link import Link
from .schema import variable as table

LARGE = 8192


_LIVE = select(
    table.c.scope_key,
    table.c.name,
    case((table.c.size <= LARGE, table.c.value), else_=null()).label("value"),
).where(table.c.process_instance_key == bindparam("instance"), table.c.live)


class VariableNotFound(NotFound):
    noun = "variable"


class Variables:
    def __init__(self, link: Link) -> None:
        self._link = link

    def load(self, process_instance_key: int) -> dict[int, dict[str, Any]]:
        """The live variables of an instance: scope key -> name -> value, `UNLOADED` for a large one."""
        scopes: dict[int, dict[str, Any]] = {}
        for row in self._link.rows(_LIVE, instance=process_instance_key):
            value = UNLOADED if row.value is None else json_text.loads(row.value)
            scopes.setdefault(row.scope_key, {})[row.name] = value
        return scopes

    def value(self, scope_key: int, name: str) -> Any:
        """The value of one variable, however large. Raises VariableNotFound."""
        text = self._link.value(
            select(table.c.value).where(table.c.scope_key == scope_key, table.c.name == name)
        )
        if text is None:
            raise VariableNotFound(f"{name} in scope {scope_key}")
        return json_text.loads(text)

    def of_scope(self, scope_key: int, names: Iterable[str] | None = None) -> dict[str, Any]:
        """Name -> value of one scope, large ones included; only `names` when given."""
        query = select(table.c.name, table.c.value).where(table.c.scope_key == scope_key)
        if names is not None:
            query = query.where(table.c.name.in_(list(names)))
        return {row.name: json_text.loads(row.value) for row in self._link.rows(query.order_by(table.c.name))}

    def of_instance(self, process_instance_key: int) -> tuple[Variable, ...]:
        """All variables of an instance, those of finished scopes with their last values."""
        query = select(table).where(table.c.process_instance_key == process_instance_key)
        rows = self._link.rows(query.order_by(table.c.scope_key, table.c.name))
        return tuple(_value(row) for row in rows)

    def get(self, key: int) -> Variable:
        """Raises VariableNotFound."""
        row = self._link.row(select(table).where(table.c.key == key))
        if row is None:
            raise VariableNotFound(key)
        return _value(row)


def _value(row: Row[Any]) -> Variable:
    return Variable(
        key=row.key,
        name=row.name,
        value=json_text.loads(row.value),
        scope_key=row.scope_key,
        process_instance_key=row.process_instance_key,
    )
