"""The decision log: what each evaluated decision saw, matched and answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from ..model import DecisionEntry
from ..runtime.changes import DecisionEvaluated
from .link import Link, as_dict
from .schema import decision_entry as table


class DecisionLog:
    def __init__(self, link: Link) -> None:
        self._link = link

    def of_instance(self, process_instance_key: int) -> tuple[DecisionEntry, ...]:
        """In the order of evaluation."""
        query = select(table).where(table.c.process_instance_key == process_instance_key)
        return tuple(_value(row) for row in self._link.rows(query.order_by(table.c.at, table.c.key)))

    def add(self, evaluated: Sequence[DecisionEvaluated]) -> None:
        rows = []
        for one in evaluated:
            fields = vars(one) | {"key": self._link.keys.next(), "at": one.evaluated_at}
            del fields["evaluated_at"]
            rows.append(fields | {"matched_rules": list(one.matched_rules)})
        self._link.insert(table, rows)


def _value(row: Row[Any]) -> DecisionEntry:
    return DecisionEntry(**as_dict(row) | {"matched_rules": tuple(row.matched_rules)})
