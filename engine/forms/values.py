"""Turns what was submitted for one field into a typed value, and checks a value against its rules.

Codes, not sentences: pages translate them. What is accepted follows form-js, except that a wrong type
is refused instead of being changed in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

import regex

from .components import MULTIPLE_CHOICES, SINGLE_CHOICES, TEXT_INPUTS, Component, Limit, Option

Error = tuple[str, Mapping[str, Any]]

MAX_TEXT = 100_000
MAX_DIGITS = 34
PATTERN_SECONDS = 0.2

_EMAIL = regex.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_PHONE = regex.compile(r"(\+|00)[\d\s()./-]{4,25}")
_JS_WHITE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)


@dataclass(frozen=True)
class Rejected(Exception):
    """The submitted value is not of the field's type. `code` and `params` are for the page."""

    code: str
    params: Mapping[str, Any]


def typed_value(component: Component, raw: Any, options: Sequence[Option], zone: tzinfo) -> Any:
    """The JSON value that `raw` (typed JSON, or text as HTML sends it) means for the field.

    Raises Rejected when it cannot mean one.
    """
    if component.type in TEXT_INPUTS:
        return _text(raw)
    if component.type == "number":
        number = _number(raw)
        return str(number) if component.as_string and number is not None else number
    if component.type == "checkbox":
        return _boolean(raw)
    if component.type in SINGLE_CHOICES:
        return None if raw is None or raw == "" else _chosen(raw, options)
    if component.type in MULTIPLE_CHOICES:
        return [_chosen(item, options) for item in _items(raw)]
    if component.type == "datetime":
        return _moment(component, raw, zone)
    if component.type == "filepicker":
        return _files(raw)
    return raw


def check_value(
    component: Component,
    value: Any,
    required: bool,
    number_of: Callable[[Limit], Any],
    today: date,
    now: datetime,
) -> Error | None:
    """What is wrong with a typed value, or None. `number_of` evaluates a limit."""
    if is_empty(component, value):
        return ("required", {}) if required else None
    if component.type in TEXT_INPUTS:
        return _check_text(component, value, required, number_of)
    if component.type == "number":
        return _check_number(component, value, number_of)
    if component.type == "datetime" and component.disallow_passed:
        return _check_passed(component, value, today, now)
    return None


def is_empty(component: Component, value: Any) -> bool:
    if component.type == "checkbox":
        return value is not True
    return value is None or value == "" or value == []


def utf16_length(text: str) -> int:
    """Length as JavaScript counts it: a character outside the basic plane is two."""
    return len(text) + sum(1 for char in text if ord(char) > 0xFFFF)


# --- types ------------------------------------------------------------------------------------


def _text(raw: Any) -> str:
    if raw is None:
        return ""
    if not isinstance(raw, str):
        raise Rejected("text", {})
    if len(raw) > MAX_TEXT:
        raise Rejected("max_length", {"limit": MAX_TEXT})
    if "\x00" in raw:
        raise Rejected("text", {})
    return raw.replace("\r\n", "\n")


def _number(raw: Any) -> int | Decimal | None:
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    if isinstance(raw, bool) or not isinstance(raw, (int, Decimal, str)):
        raise Rejected("number", {})
    try:
        number = Decimal(raw.strip() if isinstance(raw, str) else raw)
    except InvalidOperation as error:
        raise Rejected("number", {}) from error
    if not number.is_finite():
        raise Rejected("number", {})
    if len(number.as_tuple().digits) > MAX_DIGITS or abs(number.adjusted()) > MAX_DIGITS:
        raise Rejected("number_too_long", {"limit": MAX_DIGITS})
    return int(number) if number == number.to_integral_value() else number


def _boolean(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    if raw in (None, "", "false", "off"):
        return False
    if raw in ("true", "on"):
        return True
    raise Rejected("boolean", {})


def _chosen(raw: Any, options: Sequence[Option]) -> Any:
    for option in options:
        if option.value == raw and isinstance(option.value, bool) == isinstance(raw, bool):
            return option.value
    if isinstance(raw, str):
        for option in options:
            if option_text(option.value) == raw:
                return option.value
    raise Rejected("option", {"value": raw if isinstance(raw, (str, int)) else str(raw)})


def option_text(value: Any) -> str:
    """An option's value as an HTML control carries it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _items(raw: Any) -> list[Any]:
    if raw is None or raw == "":
        return []
    return list(raw) if isinstance(raw, (list, tuple)) else [raw]


def _moment(component: Component, raw: Any, zone: tzinfo) -> str | None:
    if raw is None or raw == "":
        return None
    kind = component.subtype
    if not isinstance(raw, str):
        raise Rejected(kind, {})
    try:
        if kind == "date":
            return date.fromisoformat(raw).isoformat() if len(raw) == 10 else _refuse(kind)
        if kind == "time":
            return time.fromisoformat(raw).isoformat(timespec="minutes" if len(raw) == 5 else "auto")
        moment = datetime.fromisoformat(raw)
    except ValueError as error:
        raise Rejected(kind, {}) from error
    if len(raw) < 16:
        _refuse(kind)
    if component.time_format != "no_timezone" and moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.isoformat(timespec="minutes" if moment.second == 0 else "seconds")


def _refuse(kind: str) -> str:
    raise Rejected(kind, {})


def _files(raw: Any) -> list[dict[str, Any]]:
    """References to stored documents: objects with a `documentId`."""
    files = _items(raw)
    if not all(isinstance(item, dict) and isinstance(item.get("documentId"), str) for item in files):
        raise Rejected("file", {})
    return files


# --- rules ------------------------------------------------------------------------------------


def _check_text(
    component: Component, value: str, required: bool, number_of: Callable[[Limit], Any]
) -> Error | None:
    rules = component.rules
    trimmed = value.strip(_JS_WHITE)
    if required and not trimmed:
        return "required", {}
    length = utf16_length(trimmed)
    if (limit := _limit(rules.min_length, number_of)) is not None and length < limit:
        return "min_length", {"limit": limit}
    if (limit := _limit(rules.max_length, number_of)) is not None and length > limit:
        return "max_length", {"limit": limit}
    if rules.pattern and not _matches(rules.pattern, value):
        return "pattern", {"message": rules.pattern_message}
    if rules.kind == "email" and not _EMAIL.fullmatch(value):
        return "email", {}
    if rules.kind == "phone" and not _PHONE.fullmatch(value):
        return "phone", {}
    return None


def _matches(pattern: str, value: str) -> bool:
    try:
        return regex.search(pattern, value, timeout=PATTERN_SECONDS) is not None
    except TimeoutError:
        return False


def _check_number(component: Component, value: Any, number_of: Callable[[Limit], Any]) -> Error | None:
    number = Decimal(value)
    if (limit := _limit(component.rules.minimum, number_of)) is not None and number < limit:
        return "min", {"limit": limit}
    if (limit := _limit(component.rules.maximum, number_of)) is not None and number > limit:
        return "max", {"limit": limit}
    exponent = number.normalize().as_tuple().exponent
    if (
        component.decimal_digits is not None
        and isinstance(exponent, int)
        and -exponent > component.decimal_digits
    ):
        return "digits", {"limit": component.decimal_digits}
    if component.increment and number % Decimal(component.increment) != 0:
        return "increment", {"limit": component.increment}
    return None


def _limit(limit: Limit | None, number_of: Callable[[Limit], Any]) -> Any:
    if limit is None:
        return None
    number = number_of(limit)
    return number if isinstance(number, (int, Decimal)) and not isinstance(number, bool) else None


def _check_passed(component: Component, value: str, today: date, now: datetime) -> Error | None:
    if component.subtype == "date" and date.fromisoformat(value) < today:
        return "date_passed", {"today": today.isoformat()}
    if component.subtype == "datetime":
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=now.tzinfo)
        if moment < now:
            return "date_passed", {"today": today.isoformat()}
    return None
