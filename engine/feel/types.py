"""The types that a text may name, after `instance of` and for the parameters of functions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from engine.feel.nodes import TypeName
from engine.feel.numbers import NUMERIC
from engine.feel.temporal import YearMonthDuration
from engine.feel.values import Function, Range

Check = Callable[[object], bool]

_SIMPLE: dict[str, frozenset[type]] = {
    "boolean": frozenset((bool,)),
    "number": NUMERIC,
    "string": frozenset((str,)),
    "date": frozenset((date,)),
    "time": frozenset((time,)),
    "date and time": frozenset((datetime,)),
    "datetime": frozenset((datetime,)),
    "days and time duration": frozenset((timedelta,)),
    "day-time-duration": frozenset((timedelta,)),
    "daytimeduration": frozenset((timedelta,)),
    "years and months duration": frozenset((YearMonthDuration,)),
    "year-month-duration": frozenset((YearMonthDuration,)),
    "yearmonthduration": frozenset((YearMonthDuration,)),
    "list": frozenset((list,)),
    "context": frozenset((dict,)),
    "range": frozenset((Range,)),
    "function": frozenset((Function,)),
    "null": frozenset((type(None),)),
}


def type_check(type_name: TypeName, *, strict: bool = False) -> Check | None:
    """The test whether a value has this type; none when there is no such type."""
    name = type_name.name.lower()
    if name == "any":
        return lambda value: value is not None
    allowed = _SIMPLE.get(name)
    if allowed is None:
        return None
    if type_name.entries is not None:
        return _entries_check(type_name, strict)
    if type_name.parameters is not None:
        count = len(type_name.parameters)
        return lambda value: isinstance(value, Function) and len(value.parameters) == count
    if type_name.element is not None:
        return _element_check(type_name.element, name, strict)
    return lambda value: type(value) in allowed


def _element_check(element: TypeName, name: str, strict: bool) -> Check | None:
    inner = type_check(element, strict=strict)
    if inner is None:
        return None
    if name == "list":
        return lambda value: type(value) is list and all(inner(item) for item in value)
    return lambda value: isinstance(value, Range) and _sides_fit(value, inner)


def _sides_fit(value: Range, inner: Check) -> bool:
    sides = [side for side in (value.start, value.end) if side is not None]
    return all(inner(side) for side in sides)


def _entries_check(type_name: TypeName, strict: bool) -> Check | None:
    checks: list[tuple[str, Check]] = []
    for name, entry in type_name.entries or ():
        check = type_check(entry, strict=strict)
        if check is None:
            return None
        checks.append((name, check))

    def check_entries(value: object) -> bool:
        return type(value) is dict and all(name in value and check(value[name]) for name, check in checks)

    return check_entries
