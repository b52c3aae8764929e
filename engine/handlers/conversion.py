"""Between the JSON of process variables and the types that handlers declare."""

from __future__ import annotations

import copy
import dataclasses
import re
import types
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MAX_DIGITS = 100
"""How long a whole number may be; a number like 1e999999 must not fill the memory."""


class Unfit(Exception):
    """A value does not fit a type. `path` leads to the place inside the value (`bids[2].price`)."""

    def __init__(self, path: str, expected: str, value: object) -> None:
        self.path, self.expected, self.value = path, expected, value
        self.reason = f"expected {expected}, got {_shown(value)}"
        super().__init__(f"{path}: {self.reason}")


class UnsupportedType(TypeError):
    """A handler declares a type that no process variable can have."""


def camel_case(name: str) -> str:
    """`tender_id` -> `tenderId`; a trailing underscore (`from_`) is dropped."""
    head, *rest = name.rstrip("_").split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)


def snake_case(name: str) -> str:
    """`tenderId` -> `tender_id`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def check_type(annotation: Any) -> None:
    """Raise UnsupportedType when `convert` could never serve this annotation."""
    _describe(annotation, set())


def describe(annotation: Any) -> str:
    """The type in an analyst's words: `a whole number`, `a list of text`."""
    return _describe(annotation, set())


def accepts_none(annotation: Any) -> bool:
    if annotation in (Any, object, None, type(None)):
        return True
    return _is_union(annotation) and any(accepts_none(a) for a in get_args(annotation))


def convert(value: Any, annotation: Any, path: str) -> Any:
    """`value` (JSON) as the annotated type, the handler's own to change. Raises Unfit, naming the place."""
    if annotation is Any or annotation is object:
        return copy.deepcopy(value)
    if annotation is None or annotation is type(None):
        return _expect(value is None, None, path, "nothing", value)
    if _is_union(annotation):
        return _convert_union(value, annotation, path)
    origin = get_origin(annotation)
    if origin is Literal:
        return _convert_literal(value, annotation, path)
    if origin is not None or annotation in _BARE_COLLECTIONS:
        return _convert_collection(value, annotation, origin or annotation, path)
    if isinstance(annotation, type):
        return _convert_class(value, annotation, path)
    raise UnsupportedType(f"{annotation!r} is no type for a process variable")


def to_variables(result: Any) -> dict[str, Any]:
    """What a handler answered, as variables: the fields of a dataclass or the keys of a dict, in camelCase.

    Raises TypeError when it is neither, or holds something that is no JSON value.
    """
    if result is None:
        return {}
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        return _dataclass_to_json(result)
    if isinstance(result, Mapping):
        return {camel_case(str(name)): to_json_value(value) for name, value in result.items()}
    raise TypeError(f"a result of {type(result).__name__} has no names; set the header resultVariable")


def to_json_value(value: Any) -> Any:
    """Dates as ISO text, dataclasses as contexts in camelCase, floats as exact decimals, ..."""
    if value is None or isinstance(value, bool | int | Decimal) or type(value) is str:
        return value
    if isinstance(value, Enum):
        return to_json_value(value.value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float):
        return _exact(value)
    if isinstance(value, datetime):
        return _datetime_text(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _duration_text(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _dataclass_to_json(value)
    if isinstance(value, Mapping):
        return {str(name): to_json_value(item) for name, item in value.items()}
    if isinstance(value, AbstractSet):
        return [to_json_value(item) for item in sorted(value)]
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [to_json_value(item) for item in value]
    raise TypeError(f"a {type(value).__name__} cannot be kept in a process variable")


# --- converting ----------------------------------------------------------------------------------


def _convert_union(value: Any, annotation: Any, path: str) -> Any:
    if value is None and accepts_none(annotation):
        return None
    members = [a for a in get_args(annotation) if a is not type(None)]
    failure: Unfit | None = None
    for member in members:
        try:
            return convert(value, member, path)
        except Unfit as unfit:
            failure = unfit
    if len(members) == 1 and failure is not None:
        raise failure
    raise Unfit(path, describe(annotation), value)


def _convert_literal(value: Any, annotation: Any, path: str) -> Any:
    for choice in get_args(annotation):
        if value == choice and isinstance(value, bool) == isinstance(choice, bool):
            return choice
    raise Unfit(path, describe(annotation), value)


def _convert_collection(value: Any, annotation: Any, origin: Any, path: str) -> Any:
    arguments = get_args(annotation)
    if issubclass(origin, Mapping):
        _expect(isinstance(value, Mapping), None, path, describe(annotation), value)
        of = arguments[1] if len(arguments) == 2 else Any
        return {str(name): convert(item, of, f"{path}.{name}") for name, item in value.items()}
    _expect(isinstance(value, list | tuple), None, path, describe(annotation), value)
    if origin is tuple and arguments and arguments[-1] is not Ellipsis:
        _expect(len(value) == len(arguments), None, path, f"{len(arguments)} items", value)
        pairs = enumerate(zip(value, arguments, strict=True))
        return tuple(convert(item, of, f"{path}[{i}]") for i, (item, of) in pairs)
    of = arguments[0] if arguments else Any
    items = [convert(item, of, f"{path}[{i}]") for i, item in enumerate(value)]
    if origin is tuple:
        return tuple(items)
    return (
        frozenset(items)
        if issubclass(origin, frozenset)
        else set(items)
        if issubclass(origin, AbstractSet)
        else items
    )


def _convert_class(value: Any, annotation: type, path: str) -> Any:
    expected = describe(annotation)
    if annotation is bool:
        return _expect(isinstance(value, bool), value, path, expected, value)
    if annotation is int:
        return _whole_number(value, path)
    if annotation is Decimal:
        number = isinstance(value, int | Decimal | float) and not isinstance(value, bool)
        _expect(number, None, path, expected, value)
        return _exact(value) if isinstance(value, float) else Decimal(value)
    if annotation is str:
        return _expect(isinstance(value, str), value, path, expected, value)
    if annotation in (date, datetime, time, timedelta):
        return _convert_temporal(value, annotation, path, expected)
    if issubclass(annotation, Enum):
        return _convert_enum(value, annotation, path)
    return _convert_dataclass(value, annotation, path)


def _whole_number(value: Any, path: str) -> int:
    whole = isinstance(value, int | Decimal | float) and not isinstance(value, bool)
    if whole and not isinstance(value, int):
        number = Decimal(value)
        whole = number.is_finite() and number.adjusted() < MAX_DIGITS and number == number.to_integral_value()
    return int(_expect(whole, value, path, "a whole number", value))


def _convert_temporal(value: Any, annotation: type, path: str, expected: str) -> Any:
    if type(value) is annotation:
        return value
    _expect(isinstance(value, str), None, path, expected, value)
    try:
        if annotation is date:
            return date.fromisoformat(value)
        if annotation is time:
            return time.fromisoformat(value)
        if annotation is timedelta:
            return parse_duration(value)
        return _parse_datetime(value)
    except ValueError as error:
        raise Unfit(path, expected, value) from error


def _convert_enum(value: Any, annotation: type[Enum], path: str) -> Enum:
    for member in annotation:
        if member.value == value or member is value:
            return member
    raise Unfit(path, describe(annotation), value)


def _convert_dataclass(value: Any, annotation: type, path: str) -> Any:
    if isinstance(value, annotation):
        return value
    _expect(isinstance(value, Mapping), None, path, describe(annotation), value)
    hints = get_type_hints(annotation)
    found: dict[str, Any] = {}
    for field in dataclasses.fields(annotation):
        name = camel_case(field.name)
        if name in value and not (
            value[name] is None and _has_default(field) and not accepts_none(hints[field.name])
        ):
            found[field.name] = convert(value[name], hints[field.name], f"{path}.{name}")
        elif not _has_default(field):
            if not accepts_none(hints[field.name]):
                raise Unfit(f"{path}.{name}", describe(hints[field.name]), None)
            found[field.name] = None
    return annotation(**found)


def parse_duration(text: str) -> timedelta:
    """An ISO 8601 duration of weeks, days, hours, minutes and seconds. Raises ValueError."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or text.strip().endswith(("P", "T")):
        raise ValueError(f"{text!r} is no duration like PT5M or P1DT12H")
    sign, weeks, days, hours, minutes, seconds = match.groups(default="0")
    amount = timedelta(
        weeks=int(weeks), days=int(days), hours=int(hours), minutes=int(minutes), seconds=float(seconds)
    )
    return -amount if sign == "-" else amount


_DURATION = re.compile(
    r"(-)?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII
)


def _parse_datetime(text: str) -> datetime:
    moment, _, zone = text.partition("@")
    found = datetime.fromisoformat(moment)
    if zone:
        try:
            found = found.replace(tzinfo=ZoneInfo(zone))
        except ZoneInfoNotFoundError as error:
            raise ValueError(f"no time zone {zone!r}") from error
    if found.tzinfo is None:
        raise ValueError("a time needs a zone")
    return found.astimezone(UTC)


# --- describing ----------------------------------------------------------------------------------

_WORDS: dict[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    Decimal: "a number",
    str: "text",
    date: "a date like 2026-03-01",
    datetime: "a time with zone like 2026-03-01T10:00:00Z",
    time: "a time of day like 10:00",
    timedelta: "a duration like PT5M",
}
_BARE_COLLECTIONS = (list, tuple, set, frozenset, dict, Mapping, Sequence)


def _describe(annotation: Any, seen: set[Any]) -> str:
    if annotation is Any or annotation is object:
        return "a value"
    if annotation is None or annotation is type(None):
        return "nothing"
    if annotation in _WORDS:
        return _WORDS[annotation]
    if annotation is float:
        raise UnsupportedType("float loses digits; declare Decimal")
    if _is_union(annotation):
        return " or ".join(_describe(a, seen) for a in get_args(annotation))
    origin = get_origin(annotation)
    if origin is Literal:
        return "one of " + ", ".join(map(str, get_args(annotation)))
    if origin is not None or annotation in _BARE_COLLECTIONS:
        return _describe_collection(annotation, origin or annotation, seen)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "one of " + ", ".join(str(member.value) for member in annotation)
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        if annotation not in seen:
            hints = get_type_hints(annotation)
            for field in dataclasses.fields(annotation):
                _describe(hints[field.name], seen | {annotation})
        return "a context"
    raise UnsupportedType(f"{annotation!r} is no type for a process variable")


def _describe_collection(annotation: Any, origin: Any, seen: set[Any]) -> str:
    arguments = [a for a in get_args(annotation) if a is not Ellipsis]
    words = [_describe(a, seen) for a in arguments]
    if not isinstance(origin, type):
        raise UnsupportedType(f"{annotation!r} is no type for a process variable")
    if issubclass(origin, Mapping):
        return "a context"
    if issubclass(origin, Sequence | AbstractSet):
        plain = {"a value": "", "text": " of text"}.get(words[0], f" ({words[0]} each)") if words else ""
        return "a list" + plain
    raise UnsupportedType(f"{annotation!r} is no type for a process variable")


# --- small things --------------------------------------------------------------------------------


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType)


def _has_default(field: dataclasses.Field[Any]) -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def _expect(fits: bool, result: Any, path: str, expected: str, value: object) -> Any:
    if not fits:
        raise Unfit(path, expected, value)
    return result


def _shown(value: object) -> str:
    if value is None:
        return "nothing (null)"
    text = str(value) if isinstance(value, Decimal) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _dataclass_to_json(value: Any) -> dict[str, Any]:
    return {camel_case(f.name): to_json_value(getattr(value, f.name)) for f in dataclasses.fields(value)}


def _exact(value: float) -> Decimal:
    number = Decimal(repr(value))
    if not number.is_finite():
        raise TypeError(f"{value} cannot be kept in a process variable")
    return number


def _datetime_text(value: datetime) -> str:
    if value.tzinfo is None:
        raise TypeError("a time without zone cannot be kept in a process variable")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _duration_text(value: timedelta) -> str:
    sign, value = ("-", -value) if value < timedelta() else ("", value)
    seconds = Decimal(value.seconds % 60) + Decimal(value.microseconds) / 1_000_000
    hours, minutes = divmod(value.seconds // 60, 60)
    days = f"{value.days}D" if value.days else ""
    clock = (
        (f"{hours}H" if hours else "")
        + (f"{minutes}M" if minutes else "")
        + (f"{seconds.normalize():f}S" if seconds else "")
    )
    return f"{sign}P{days}" + (f"T{clock}" if clock else "") if days or clock else "PT0S"
