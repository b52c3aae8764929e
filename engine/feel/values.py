"""What FEEL values are, when two are equal, how they compare and how they read as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum

from engine.feel.errors import FeelLimitExceeded
from engine.feel.limits import MAX_STRING_LENGTH, MAX_VALUE_DEPTH, Meter, Run
from engine.feel.numbers import NUMERIC, from_float, plain_text
from engine.feel.temporal import (
    FAR_TYPES,
    FarDate,
    FarDateTime,
    YearMonthDuration,
    difference,
    format_temporal,
    instant,
    json_text,
    seconds_of,
)

KINDS: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    Decimal: "number",
    str: "string",
    list: "list",
    dict: "context",
    date: "date",
    time: "time",
    datetime: "date and time",
    timedelta: "days and time duration",
    YearMonthDuration: "years and months duration",
    FarDate: "date",
    FarDateTime: "date and time",
}
TEMPORAL_TYPES = frozenset((date, time, datetime, timedelta, YearMonthDuration, *FAR_TYPES))


class Range:
    """From `start` to `end`; a missing one (None) leaves that side open for any value."""

    __slots__ = ("end", "end_included", "is_point", "start", "start_included")

    def __init__(
        self, start: object, end: object, start_included: bool, end_included: bool, *, is_point: bool = False
    ) -> None:
        self.start, self.end = start, end
        self.is_point = is_point  # written as (= 10): not the same as [10..10]
        self.start_included, self.end_included = start_included, end_included

    def contains(self, value: object) -> bool | None:
        """Whether `value` lies inside; None when it can't be compared."""
        above: bool | None = True
        below: bool | None = True
        if self.start is not None:
            above = compare(">=" if self.start_included else ">", value, self.start)
        if self.end is not None:
            below = compare("<=" if self.end_included else "<", value, self.end)
        if above is None or below is None:
            return None
        return above and below

    def __str__(self) -> str:
        opening = "[" if self.start_included else "("
        closing = "]" if self.end_included else ")"
        return f"{opening}{_side(self.start)}..{_side(self.end)}{closing}"

    def __repr__(self) -> str:
        return f"Range({self})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Range):
            return False
        return (
            self.is_point is other.is_point
            and self.start_included is other.start_included
            and self.end_included is other.end_included
            and equal(self.start, other.start) is True
            and equal(self.end, other.end) is True
        )

    def __hash__(self) -> int:
        return hash((self.start_included, self.end_included))


class Function:
    """A value that can be called. `invoke` takes the run of the caller and the arguments in order."""

    __slots__ = ("invoke", "name", "parameters", "signature")

    def __init__(
        self,
        parameters: Sequence[str],
        invoke: Callable[[Run, list[object]], object],
        name: str = "",
        signature: object = None,
    ) -> None:
        self.parameters = tuple(parameters)
        self.invoke = invoke
        self.name = name
        self.signature = signature

    def __str__(self) -> str:
        return f"function({', '.join(self.parameters)})"


KINDS[Range] = "range"
KINDS[Function] = "function"


def kind_of(value: object) -> str:
    """The name of the FEEL type of `value`."""
    return KINDS.get(type(value)) or KINDS[type(normalise(value))]


def normalise(value: object) -> object:
    """A value of Python made one of FEEL: floats, tuples, enums and mappings of other classes."""
    if type(value) in KINDS:
        return value
    if isinstance(value, Enum):
        return normalise(value.value)
    if isinstance(value, bool):
        return bool(value)
    if isinstance(value, float):
        return from_float(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): entry for key, entry in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value)
    return _normalise_temporal(value)


def _normalise_temporal(value: object) -> object:
    if isinstance(value, datetime):
        return datetime.combine(value.date(), value.timetz())
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    if isinstance(value, timedelta):
        return timedelta(value.days, value.seconds, value.microseconds)
    return str(value)


# --- equality and order ----------------------------------------------------------------------------


def equal(a: object, b: object, meter: Meter | None = None) -> bool | None:
    """Whether both are the same; None when they are of kinds that can't be compared."""
    type_a, type_b = type(a), type(b)
    if type_a is type_b:
        if type_a is list:
            return _equal_lists(a, b, meter or Meter())  # type: ignore[arg-type]
        if type_a is dict:
            return _equal_contexts(a, b, meter or Meter())  # type: ignore[arg-type]
        if type_a is datetime or type_a is time:
            return _compare_clocks("=", a, b)
        return a is b if type_a is Function else a == b
    if type_a in NUMERIC and type_b in NUMERIC:
        return a == b
    if a is None or b is None:
        return False
    if type_a in KINDS and type_b in KINDS:
        return _compare_far("=", a, b) if type_a in FAR_TYPES or type_b in FAR_TYPES else None
    return equal(normalise(a), normalise(b), meter)


def _equal_lists(a: list[object], b: list[object], meter: Meter) -> bool:
    if len(a) != len(b):
        return False
    meter.count(len(a) + 1)
    return a is b or all(equal(x, y, meter) is True for x, y in zip(a, b, strict=True))


def _equal_contexts(a: dict[str, object], b: dict[str, object], meter: Meter) -> bool:
    if a.keys() != b.keys():
        return False
    meter.count(len(a) + 1)
    return a is b or all(equal(value, b[key], meter) is True for key, value in a.items())


_COMPARE: dict[str, Callable[[object, object], bool]] = {
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,  # type: ignore[operator]
    "<=": lambda a, b: a <= b,  # type: ignore[operator]
    ">": lambda a, b: a > b,  # type: ignore[operator]
    ">=": lambda a, b: a >= b,  # type: ignore[operator]
}
_ORDERED = frozenset((str, date, timedelta, YearMonthDuration))


def compare(operator: str, a: object, b: object) -> bool | None:
    """`a < b` and its like; None when there is no order between them."""
    type_a, type_b = type(a), type(b)
    if (type_a is type_b and type_a in _ORDERED) or (type_a in NUMERIC and type_b in NUMERIC):
        return _COMPARE[operator](a, b)
    if type_a is type_b and (type_a is datetime or type_a is time):
        return _compare_clocks(operator, a, b)
    if type_a in KINDS and type_b in KINDS:
        return _compare_far(operator, a, b) if type_a in FAR_TYPES or type_b in FAR_TYPES else None
    return compare(operator, normalise(a), normalise(b))


def _compare_clocks(operator: str, a: object, b: object) -> bool | None:
    """Local times with local ones, others as instants; one of each can't be compared."""
    if isinstance(a, datetime) and isinstance(b, datetime):
        if (a.tzinfo is None) is not (b.tzinfo is None):
            return None
        return _COMPARE[operator](instant(a), instant(b))
    assert isinstance(a, time)
    assert isinstance(b, time)
    if (a.tzinfo is None) is not (b.tzinfo is None):
        return None
    return _COMPARE[operator](seconds_of(a), seconds_of(b))


def _compare_far(operator: str, a: object, b: object) -> bool | None:
    if a is None or b is None or kind_of(a) != kind_of(b):
        return None
    apart = difference(a, b)
    return None if apart is None else _COMPARE[operator](apart, timedelta())


def identity(value: object, meter: Meter | None = None) -> object:
    """A hashable stand-in: equal values have equal ones (used to find doubles in long lists)."""
    if isinstance(value, (list, dict)):
        meter = meter or Meter()
        meter.count(8 * len(value) + 1)  # tuples are dearer than a look
        if isinstance(value, list):
            return ("list", tuple(identity(item, meter) for item in value))
        return ("context", frozenset((key, identity(item, meter)) for key, item in value.items()))
    kind = type(value)
    if isinstance(value, datetime):
        return ("date and time", value.tzinfo is None, instant(value))
    if isinstance(value, time):
        return ("time", value.tzinfo is None, seconds_of(value))
    if kind is Function:
        return ("function", id(value))
    if kind in KINDS:
        return (KINDS[kind], value)
    return identity(normalise(value), meter)


# --- text ------------------------------------------------------------------------------------------


def to_text(value: object) -> str:
    """The text of a value as `string()` gives it; strings inside lists and contexts stand in quotes."""
    if type(value) is str:
        return value
    parts: list[str] = []
    _write(value, parts, 0, Meter())
    return limited("".join(parts))


def limited(text: str, position: int = 0) -> str:
    """`text`, unless it is longer than any text may become."""
    if len(text) > MAX_STRING_LENGTH:
        raise FeelLimitExceeded(f"a text of more than {MAX_STRING_LENGTH:,} characters", position)
    return text


def _write(value: object, parts: list[str], depth: int, meter: Meter) -> None:
    kind = type(value)
    if isinstance(value, (list, dict)):
        _write_all(value, parts, depth, meter)
    elif isinstance(value, str):
        meter.count(len(value) >> 1)
        parts.append(quoted(value))
    elif value is None:
        parts.append("null")
    elif kind is bool:
        parts.append("true" if value else "false")
    elif kind in NUMERIC:
        parts.append(plain_text(value))  # type: ignore[arg-type]
    elif kind in TEMPORAL_TYPES:
        parts.append(format_temporal(value))  # type: ignore[arg-type]
    elif kind in KINDS:
        parts.append(str(value))
    else:
        _write(normalise(value), parts, depth, meter)


def _write_all(value: list[object] | dict[str, object], parts: list[str], depth: int, meter: Meter) -> None:
    if depth > MAX_VALUE_DEPTH:
        raise FeelLimitExceeded(f"a value nested more than {MAX_VALUE_DEPTH} deep")
    meter.count(len(value) + 1)
    is_list = isinstance(value, list)
    parts.append("[" if is_list else "{")
    for index, item in enumerate(value):
        if index:
            parts.append(", ")
        if isinstance(value, dict):
            parts.append(f"{item}:")
            item = value[item]  # type: ignore[index]
        _write(item, parts, depth + 1, meter)
    parts.append("]" if is_list else "}")


def quoted(text: str) -> str:
    """`text` as a string literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _side(value: object) -> str:
    if value is None:
        return ""
    return quoted(value) if type(value) is str else to_text(value)


# --- to JSON -----------------------------------------------------------------------------------------


def to_json(value: object) -> object:
    """The JSON value that stands for `value`: temporal values become ISO text, functions their heading."""
    return _to_json(value, 0, None)


def _to_json(value: object, depth: int, meter: Meter | None) -> object:
    kind = type(value)
    if kind in NUMERIC or kind is str or kind is bool or value is None:
        return value
    if isinstance(value, (list, dict)):
        if depth > MAX_VALUE_DEPTH:
            raise FeelLimitExceeded(f"a value nested more than {MAX_VALUE_DEPTH} deep")
        meter = meter or Meter()
        meter.count(len(value) + 1)
        if isinstance(value, list):
            return [_to_json(item, depth + 1, meter) for item in value]
        return {key: _to_json(item, depth + 1, meter) for key, item in value.items()}
    if kind in TEMPORAL_TYPES:
        return json_text(value)  # type: ignore[arg-type]
    if kind in KINDS:
        return str(value)
    return _to_json(normalise(value), depth, meter)
