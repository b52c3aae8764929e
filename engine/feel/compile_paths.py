"""Compiles `value.name` and `list[condition]`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.feel.code import Code, Compiler, Layer, nearest, rule
from engine.feel.compile_names import root_variable
from engine.feel.limits import Scope
from engine.feel.nodes import Filter, Literal, Name, Negation, Node, Path
from engine.feel.numbers import NUMERIC, negate_number, whole
from engine.feel.temporal import FarDate, FarDateTime, YearMonthDuration, offset_of
from engine.feel.values import KINDS, Range, kind_of, normalise

_NOTHING: dict[str, object] = {}
_UNCOUNTED = 32  # lists that are too short to be worth counting steps for


# --- properties ------------------------------------------------------------------------------------


def _zone_name(value: datetime | time) -> str | None:
    zone = value.tzinfo
    return zone.key if isinstance(zone, ZoneInfo) else None


_DATE_PARTS: dict[str, Callable[[Any], object]] = {
    "year": lambda value: value.year,
    "month": lambda value: value.month,
    "day": lambda value: value.day,
    "weekday": lambda value: value.isoweekday(),
}
_TIME_PARTS: dict[str, Callable[[Any], object]] = {
    "hour": lambda value: value.hour,
    "minute": lambda value: value.minute,
    "second": lambda value: value.second,
    "time offset": offset_of,
    "timezone": _zone_name,
}


def _part_of_days(unit: int, modulus: int) -> Callable[[timedelta], int]:
    def part(value: timedelta) -> int:
        seconds = abs(value) // timedelta(seconds=1) // unit
        rest = seconds % modulus if modulus else seconds
        return -rest if value < timedelta() else rest

    return part


def _months(value: YearMonthDuration) -> int:
    rest = abs(value.months) % 12
    return -rest if value.months < 0 else rest


def _years(value: YearMonthDuration) -> int:
    years = abs(value.months) // 12
    return -years if value.months < 0 else years


PROPERTIES: dict[type, dict[str, Callable[[Any], object]]] = {
    date: _DATE_PARTS,
    time: _TIME_PARTS,
    datetime: _DATE_PARTS | _TIME_PARTS,
    FarDate: _DATE_PARTS,
    FarDateTime: _DATE_PARTS | _TIME_PARTS,
    timedelta: {
        "days": _part_of_days(86400, 0),
        "hours": _part_of_days(3600, 24),
        "minutes": _part_of_days(60, 60),
        "seconds": _part_of_days(1, 60),
    },
    YearMonthDuration: {"years": _years, "months": _months},
    Range: {
        "start": lambda value: value.start,
        "end": lambda value: value.end,
        "start included": lambda value: value.start_included,
        "end included": lambda value: value.end_included,
    },
}


@rule(Path)
def _path(compiler: Compiler, node: Path, layer: Layer) -> Code:
    value, name, position = compiler.code(node.value, layer), node.name, node.position

    def evaluate(scope: Scope) -> object:
        holder = value(scope)
        if type(holder) is dict and name in holder:
            entry = holder[name]
            return entry if type(entry) in KINDS else normalise(entry)
        return _entry(holder, name, position, scope)

    return evaluate


def _entry(holder: object, name: str, position: int, scope: Scope) -> object:
    kind = type(holder)
    if kind is dict:
        return _entry_of_context(holder, name, position, scope)  # type: ignore[arg-type]
    if kind is list:
        items: list[object] = holder  # type: ignore[assignment]
        scope.run.budget.charge(len(items), position)
        return [_entry(item, name, position, scope) for item in items]
    if kind not in KINDS:
        return _entry(normalise(holder), name, position, scope)
    properties = PROPERTIES.get(kind)
    if properties is None:
        scope.run.warn("NO_CONTEXT_ENTRY_FOUND", position, "%s has no entry '%s'", kind_of(holder), name)
        return None
    part = properties.get(name)
    if part is None:
        known = ", ".join(properties)
        scope.run.warn("NO_PROPERTY_FOUND", position, "%s has no '%s', only %s", kind_of(holder), name, known)
        return None
    return part(holder)


def _entry_of_context(holder: dict[str, object], name: str, position: int, scope: Scope) -> object:
    try:
        entry = holder[name]
    except KeyError:
        hint = nearest(name, holder)
        scope.run.warn("NO_CONTEXT_ENTRY_FOUND", position, "no entry '%s'%s", name, hint)
        return None
    return entry if type(entry) in KINDS else normalise(entry)


# --- filters -----------------------------------------------------------------------------------------


@rule(Filter)
def _filter(compiler: Compiler, node: Filter, layer: Layer) -> Code:
    source = compiler.code(node.value, layer)
    if isinstance(node.value, Name) and node.value.name == "partial":
        compiler.partials -= 1
    index = _constant_index(node.condition)
    if index is not None:
        return _at_index(source, index, node.position)
    condition, cost, has_function, _ = compiler.measured(node.condition, Layer((), layer, is_item=True))
    position = node.position
    if isinstance(node.condition, Name) and node.condition.name not in ("item", "?"):
        return _by_entry(source, condition, node, root_variable(node.value, layer))

    def evaluate(scope: Scope) -> object:
        items = source(scope)
        if type(items) is not list:
            items = _as_list(items)
            if items is None:
                return None
        run = scope.run
        budget = run.budget
        kept = []
        frame = Scope(_NOTHING, scope, run)
        if not items:
            return _from_nothing(condition, frame)
        for index, item in enumerate(items):
            budget.steps -= cost
            if budget.steps < budget.floor:
                budget.check(position)
            if has_function:
                frame = Scope(_NOTHING, scope, run)
            frame.item = item
            frame.values = item if type(item) is dict else _NOTHING
            passed = condition(frame)
            if passed is True:
                kept.append(item)
            elif not index and type(passed) in NUMERIC:
                return item_at(items, passed, position, scope)
        return kept

    return evaluate


def _by_entry(source: Code, condition: Code, node: Filter, variable: str | None) -> Code:
    """`bids[passed]`: the commonest filter, without a scope for each item that has the entry."""
    assert isinstance(node.condition, Name)
    name, position = node.condition.name, node.position

    def one_by_one(items: list[object], scope: Scope) -> object:
        run = scope.run
        kept = []
        for index, item in enumerate(items):
            is_context = type(item) is dict
            passed = condition(Scope(item if is_context else _NOTHING, scope, run, item))  # type: ignore[arg-type]
            if passed is True:
                kept.append(item)
            elif not index and type(passed) in NUMERIC:
                return item_at(items, passed, position, scope)
        return kept if items else _from_nothing(condition, Scope(_NOTHING, scope, run))

    def evaluate(scope: Scope) -> object:
        items: Any = scope.values.get(variable) if variable else source(scope)
        if type(items) is not list:
            items = _as_list(source(scope))
            if items is None:
                return None
        if len(items) > _UNCOUNTED:
            scope.run.budget.charge(len(items), position)
        try:
            if type(items[0][name]) in NUMERIC:
                return item_at(items, items[0][name], position, scope)
            return [item for item in items if item[name] is True]
        except (KeyError, TypeError, IndexError):
            return one_by_one(items, scope)

    return evaluate


def _from_nothing(condition: Code, frame: Scope) -> object:
    """An empty list, filtered: null if the condition is an index, else an empty list again."""
    budget = frame.run.budget
    muted, budget.muted = budget.muted, True
    try:
        return None if type(condition(frame)) in NUMERIC else []
    finally:
        budget.muted = muted


def _as_list(value: object) -> list[object] | None:
    """A single value is a list of one; null stays null."""
    if value is None:
        return None
    value = normalise(value)
    return value if type(value) is list else [value]


def _constant_index(condition: Node) -> object | None:
    if isinstance(condition, Negation):
        index = _constant_index(condition.value)
        return None if index is None else negate_number(index)  # type: ignore[arg-type]
    if isinstance(condition, Literal) and type(condition.value) in NUMERIC:
        return condition.value
    return None


def _at_index(source: Code, index: object, position: int) -> Code:
    def evaluate(scope: Scope) -> object:
        items = source(scope)
        if type(items) is not list:
            items = _as_list(items)
            if items is None:
                return None
        return item_at(items, index, position, scope)

    return evaluate


def item_at(items: list[object], index: object, position: int, scope: Scope) -> object:
    """The item at a position that counts from 1, or from -1 backwards."""
    place = int(index) if isinstance(index, Decimal) and abs(index) < 10**9 else whole(index)
    if place and 0 < place <= len(items):
        return items[place - 1]
    if place and 0 < -place <= len(items):
        return items[place]
    scope.run.warn("OUT_OF_BOUNDS", position, "no item %s in a list of %s", index, len(items))
    return None
