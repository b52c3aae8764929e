"""Functions that make a value of one kind from another: numbers, texts, dates, times, durations, JSON."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from engine.feel.builtins.registry import Null, builtin
from engine.feel.far import FarDateTime, combine, far_day
from engine.feel.limits import MAX_VALUE_DEPTH
from engine.feel.numbers import DECIMAL, Number, integral, parse_number, plain_text, whole
from engine.feel.temporal import (
    Duration,
    YearMonthDuration,
    in_gap,
    parse_date,
    parse_date_time,
    parse_duration,
    parse_time,
    parse_zone,
)
from engine.feel.values import limited, to_json, to_text

# --- text and numbers ----------------------------------------------------------------------------


@builtin("string", "from: any")
@builtin("string", "value: any")
def string(value: object) -> str | None:
    return None if value is None else to_text(value)


_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,5})?")


@builtin("number", "from: string")
@builtin("number", "value: string")
def number(text: str) -> Number:
    return _read_number(text)


def _read_number(text: str) -> Number:
    if not _NUMBER.fullmatch(text) or len(text) > 10_000:
        raise Null(f"'{text[:40]}' is no number")
    return parse_number(text)


@builtin("number", "from: number")
def number_itself(value: Number) -> Number:
    return value


@builtin("number", "from: string, grouping separator: string|null, decimal separator?: string|null")
def number_with_separators(text: str, grouping: str | None, decimal: str | None = None) -> Number:
    if grouping not in (None, " ", ",", ".") or decimal not in (None, ",", "."):
        raise Null(
            "a grouping separator is a blank, a comma or a point, a decimal separator a comma or a point"
        )
    if grouping is not None and grouping == decimal:
        raise Null("both separators are the same")
    if grouping:
        text = text.replace(grouping, "")
    if decimal:
        if decimal != "." and "." in text:
            raise Null(f"'{text[:40]}' is no number")
        text = text.replace(decimal, ".")
    return _read_number(text)


# --- dates and times -------------------------------------------------------------------------------


@builtin("date", "from: string")
def date_from_text(text: str) -> Any:
    return _present(parse_date(text), text)


@builtin("date", "from: datetime")
def date_of(moment: Any) -> Any:
    return moment.date()


@builtin("date", "from: date")
def date_itself(value: Any) -> Any:
    return value


@builtin("date", "year: number, month: number, day: number")
def date_from_parts(year: Number, month: Number, day: Number) -> Any:
    parts = whole(year), whole(month), whole(day)
    if None in parts:
        raise Null("expected whole numbers")
    return _present(far_day(*parts), parts)  # type: ignore[arg-type]


@builtin("time", "from: string")
def time_from_text(text: str) -> Any:
    return _present(parse_time(text), text)


@builtin("time", "from: datetime")
def time_of(moment: Any) -> Any:
    return moment.timetz()


@builtin("time", "from: time")
def time_itself(value: time) -> time:
    return value


@builtin("time", "from: date")
def time_of_date(value: date) -> time:
    return time(tzinfo=UTC)


@builtin("time", "hour: number, minute: number, second: number, offset?: days|null")
def time_from_parts(hour: Number, minute: Number, second: Number, offset: timedelta | None = None) -> time:
    if whole(hour) is None or whole(minute) is None:
        raise Null("expected whole hours and minutes")
    zone: tzinfo | None = None
    if offset is not None:
        sign = "-" if offset < timedelta() else "+"
        minutes, seconds = divmod(int(abs(offset).total_seconds()), 60)
        zone = parse_zone(f"{sign}{minutes // 60:02}:{minutes % 60:02}:{seconds:02}")
        if zone is None:
            raise Null("no such offset")
    micros = int((Decimal(second) - int(second)) * 1_000_000)
    try:
        return time(int(hour), int(minute), int(second), micros, zone)
    except (ValueError, OverflowError):
        raise Null("no such time") from None


@builtin("date and time", "from: string")
def date_time_from_text(text: str) -> Any:
    return _present(parse_date_time(text), text)


@builtin("date and time", "from: datetime")
def date_time_itself(value: Any) -> Any:
    return value


@builtin("date and time", "date: date|datetime, time: time")
def date_time_from_parts(day: Any, clock: time) -> Any:
    if isinstance(day, (datetime, FarDateTime)):
        day = day.date()
    return in_gap(combine(day, clock))


@builtin("date and time", "date: datetime, timezone: string")
@builtin("date and time", "from: datetime, timezone: string")
def date_time_in_zone(moment: Any, timezone: str) -> Any:
    zone = parse_zone(timezone)
    if zone is None:
        raise Null(f"no time zone '{timezone[:40]}'")
    if moment.tzinfo is None:
        return in_gap(moment.replace(tzinfo=zone))
    try:
        return moment.astimezone(zone)
    except OverflowError:
        raise Null("beyond the years 1 to 9999") from None


@builtin("duration", "from: string")
def duration_from_text(text: str) -> Any:
    return _present(parse_duration(text), text)


@builtin("duration", "from: duration")
def duration_itself(value: Duration) -> Duration:
    return value


@builtin("years and months duration", "from: date|datetime, to: date|datetime")
def months_between(start: Any, end: Any) -> YearMonthDuration:
    """Whole months from day to day; the time of day does not count."""
    backwards = (start.year, start.month, start.day) > (end.year, end.month, end.day)
    if backwards:
        start, end = end, start
    months = (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
    return YearMonthDuration(-months if backwards else months)


def _present(value: Any, source: object) -> Any:
    if value is None:
        raise Null(f"'{str(source)[:60]}' is not written as it must be, or there is no such value")
    return value


# --- JSON --------------------------------------------------------------------------------------------


@builtin("from json", "value: string")
def from_json(text: str) -> object:
    try:
        return json.loads(
            text,
            parse_float=lambda digits: integral(DECIMAL.create_decimal(digits)),
            parse_int=parse_number_or_null,
            parse_constant=lambda _: None,
        )
    except (ValueError, RecursionError, ArithmeticError):
        raise Null("the text is no JSON") from None


def parse_number_or_null(digits: str) -> Number:
    return int(digits) if len(digits) <= 34 else integral(DECIMAL.create_decimal(digits))


@builtin("to json", "value: any")
def to_json_text(value: object) -> str:
    parts: list[str] = []
    _write_json(to_json(value), parts, 0)
    return limited("".join(parts))


def _write_json(value: object, parts: list[str], depth: int) -> None:
    if depth > MAX_VALUE_DEPTH:
        raise Null("nested too deep")
    if isinstance(value, dict):
        parts.append("{")
        for index, (key, item) in enumerate(value.items()):
            parts.append(("," if index else "") + json.dumps(key, ensure_ascii=False) + ":")
            _write_json(item, parts, depth + 1)
        parts.append("}")
    elif isinstance(value, list):
        parts.append("[")
        for index, item in enumerate(value):
            if index:
                parts.append(",")
            _write_json(item, parts, depth + 1)
        parts.append("]")
    elif isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        parts.append(plain_text(value))
    else:
        parts.append(json.dumps(value, ensure_ascii=False))
