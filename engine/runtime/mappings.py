"""Input and output mappings: what an element takes in as its own, and what it gives back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..bpmn.model import IoMapping
from .expressions import json_value
from .failures import IncidentType


def mapped(
    mappings: Sequence[IoMapping], variables: Mapping[str, Any], now: datetime, *, merge: bool
) -> dict[str, Any]:
    """The variables that the mappings make, evaluated in order over `variables` and what they made so far.

    A dotted target makes a context. With `merge` (outputs) its other entries are those that the variable of
    that name has already; without (inputs) it starts empty.
    Raises Failure IO_MAPPING_ERROR before anything is written.
    """
    made: dict[str, Any] = {}
    for mapping in mappings:
        if mapping.source is None or isinstance(mapping.source, str):
            value: Any = mapping.source
        else:
            seen = _Layered(made, variables) if made else variables
            value = json_value(mapping.source, seen, now, IncidentType.IO_MAPPING_ERROR)
        _put(made, mapping.target, value, variables if merge else {})
    return made


def _put(made: dict[str, Any], target: str, value: Any, variables: Mapping[str, Any]) -> None:
    name, *rest = target.split(".")
    if not rest:
        made[name] = value
        return
    if name not in made:
        before = variables.get(name)
        made[name] = dict(before) if isinstance(before, dict) else {}
    elif not isinstance(made[name], dict):
        made[name] = {}
    context = made[name]
    for step in rest[:-1]:
        inner = context.get(step)
        context[step] = dict(inner) if isinstance(inner, dict) else {}
        context = context[step]
    context[rest[-1]] = value


class _Layered(Mapping[str, Any]):
    """`first` before `second`, without copying either."""

    def __init__(self, first: Mapping[str, Any], second: Mapping[str, Any]) -> None:
        self._first, self._second = first, second

    def __getitem__(self, name: str) -> Any:
        return self._first[name] if name in self._first else self._second[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._first
        yield from (name for name in self._second if name not in self._first)

    def __len__(self) -> int:
        return sum(1 for _ in self)
