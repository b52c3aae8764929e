"""`+ - * / **` over numbers, strings, dates, times and durations."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from engine.feel.errors import FeelLimitExceeded
from engine.feel.far import combine
from engine.feel.limits import MAX_STRING_LENGTH
from engine.feel.numbers import DECIMAL, NUMERIC, Number, bounded, from_float, integral
from engine.feel.temporal import (
    FarDate,
    FarDateTime,
    YearMonthDuration,
    add_duration,
    add_months,
    add_to_date,
    add_to_time,
    difference,
    seconds_of,
)
from engine.feel.values import KINDS, kind_of, normalise

_MICROSECOND = timedelta(microseconds=1)


class NoResult(Exception):
    """The operation has no value. `code` is the warning's."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(message)


def calculate(operator: str, a: object, b: object, strict: bool = False) -> object:
    """The value of `a operator b`. Raises NoResult when there is none."""
    type_a, type_b = type(a), type(b)
    if type_a in NUMERIC and type_b in NUMERIC:
        return calculate_numbers(operator, a, b)
    if type_a not in KINDS or type_b not in KINDS:
        return calculate(operator, normalise(a), normalise(b), strict)
    rule = _STRICT_RULES.get((operator, type_a, type_b)) if strict else None
    rule = rule or _RULES.get((operator, type_a, type_b))
    if rule is not None:
        result: object = None
        with suppress(OverflowError):
            result = rule(a, b)
        if result is None:
            raise NoResult("OUT_OF_RANGE", f"{a} {operator} {b} is beyond what dates and durations can hold")
        return result
    raise NoResult("INVALID_TYPE", f"can't apply '{operator}' to {kind_of(a)} and {kind_of(b)}")


def calculate_numbers(operator: str, a: Any, b: Any) -> Number:
    """Exact while the result has at most 34 digits, else rounded half-even."""
    try:
        if type(a) is int and type(b) is int:
            if operator == "+":
                return bounded(a + b)
            if operator == "-":
                return bounded(a - b)
            if operator == "*":
                return bounded(a * b)
        if operator == "+":
            return integral(DECIMAL.add(a, b))
        if operator == "-":
            return integral(DECIMAL.subtract(a, b))
        if operator == "*":
            return integral(DECIMAL.multiply(a, b))
        if operator == "/":
            if b == 0:
                raise NoResult("DIVISION_BY_ZERO", "division by zero")
            return integral(DECIMAL.divide(a, b))
        return power(a, b)
    except ArithmeticError:
        raise NoResult("OUT_OF_RANGE", f"'{operator}' has no result that a number can hold") from None


def power(a: Number, b: Number) -> Number:
    """Exact for whole exponents; for others with the precision of a double, as in Java."""
    if -1_000_000 < b < 1_000_000 and b == int(b):
        return integral(DECIMAL.power(a, b))
    try:
        number = from_float(math.pow(a, b))
    except (OverflowError, ValueError):
        number = None
    if number is None:
        raise NoResult("OUT_OF_RANGE", "'**' has no result that a number can hold")
    return number


def negate(value: object) -> object:
    """`-value`; None when it has no negative."""
    kind = type(value)
    if kind in NUMERIC:
        return DECIMAL.minus(value) if kind is Decimal else -value  # type: ignore[arg-type,operator]
    if kind is timedelta:
        return -value  # type: ignore[operator]
    if kind is YearMonthDuration:
        return YearMonthDuration(-value.months)  # type: ignore[attr-defined]
    return None


# --- the rules by operator and types ---------------------------------------------------------------


def _concatenate(a: str, b: str) -> str:
    if len(a) + len(b) > MAX_STRING_LENGTH:
        raise FeelLimitExceeded(f"a text of more than {MAX_STRING_LENGTH:,} characters")
    return a + b


def _between_times(a: time, b: time) -> timedelta | None:
    return seconds_of(a) - seconds_of(b) if (a.tzinfo is None) is (b.tzinfo is None) else None


def _midnight(value: Any) -> Any:
    """A date among moments is its midnight in UTC."""
    return combine(value, time(tzinfo=UTC))


def _times_months(a: YearMonthDuration, b: Number) -> YearMonthDuration:
    return YearMonthDuration(a.months * int(b))


def _times_duration(a: timedelta, b: Number) -> timedelta:
    return a * int(b)


def _times_months_exactly(a: YearMonthDuration, b: Number) -> YearMonthDuration:
    return YearMonthDuration(int(DECIMAL.multiply(a.months, b)))


def _times_duration_exactly(a: timedelta, b: Number) -> timedelta:
    micros = DECIMAL.multiply(a // _MICROSECOND, b)
    return timedelta(microseconds=int(micros.to_integral_value(ROUND_HALF_EVEN)))


def _divide_months(a: YearMonthDuration, b: Number) -> YearMonthDuration:
    _not_zero(b)
    return YearMonthDuration(int(Decimal(a.months) / b))


def _divide_duration(a: timedelta, b: Number) -> timedelta:
    _not_zero(b)
    micros = DECIMAL.divide(a // _MICROSECOND, b)
    return timedelta(microseconds=int(micros.to_integral_value(ROUND_HALF_EVEN)))


def _ratio_of_months(a: YearMonthDuration, b: YearMonthDuration) -> Number:
    _not_zero(b.months)
    return integral(DECIMAL.divide(a.months, b.months))


def _ratio_of_durations(a: timedelta, b: timedelta) -> Number:
    _not_zero(b // _MICROSECOND)
    return integral(DECIMAL.divide(a // _MICROSECOND, b // _MICROSECOND))


def _not_zero(value: Number) -> None:
    if value == 0:
        raise NoResult("DIVISION_BY_ZERO", "division by zero")


_Rule = Callable[..., object]
_RULES: dict[tuple[str, type, type], _Rule] = {
    ("+", str, str): _concatenate,
    ("-", time, time): _between_times,
    ("+", timedelta, timedelta): lambda a, b: a + b,
    ("-", timedelta, timedelta): lambda a, b: a - b,
    ("/", timedelta, timedelta): _ratio_of_durations,
    ("+", YearMonthDuration, YearMonthDuration): lambda a, b: YearMonthDuration(a.months + b.months),
    ("-", YearMonthDuration, YearMonthDuration): lambda a, b: YearMonthDuration(a.months - b.months),
    ("/", YearMonthDuration, YearMonthDuration): _ratio_of_months,
}
_STRICT_RULES: dict[tuple[str, type, type], _Rule] = {}
_DATES: tuple[type, ...] = (date, FarDate)
_MOMENTS: tuple[type, ...] = (datetime, FarDateTime)
for _a in _DATES:
    for _b in _DATES:
        _RULES["-", _a, _b] = difference
    for _b in _MOMENTS:
        _RULES["-", _a, _b] = lambda a, b: difference(_midnight(a), b)
        _RULES["-", _b, _a] = lambda a, b: difference(a, _midnight(b))
for _a in _MOMENTS:
    for _b in _MOMENTS:
        _RULES["-", _a, _b] = difference
_ADDING: list[tuple[type, _Rule]] = [(time, add_to_time)]
_ADDING += [(each, add_to_date) for each in _DATES] + [(each, add_duration) for each in _MOMENTS]
for _moment, _add in _ADDING:
    _RULES["+", _moment, timedelta] = _add
    _RULES["+", timedelta, _moment] = lambda a, b, add=_add: add(b, a)
    _RULES["-", _moment, timedelta] = lambda a, b, add=_add: add(a, -b)
for _moment in _DATES + _MOMENTS:
    _RULES["+", _moment, YearMonthDuration] = lambda a, b: add_months(a, b.months)
    _RULES["+", YearMonthDuration, _moment] = lambda a, b: add_months(b, a.months)
    _RULES["-", _moment, YearMonthDuration] = lambda a, b: add_months(a, -b.months)
for _number in (int, Decimal):
    _RULES["*", timedelta, _number] = _times_duration
    _RULES["*", _number, timedelta] = lambda a, b: _times_duration(b, a)
    _RULES["/", timedelta, _number] = _divide_duration
    _RULES["*", YearMonthDuration, _number] = _times_months
    _RULES["*", _number, YearMonthDuration] = lambda a, b: _times_months(b, a)
    _RULES["/", YearMonthDuration, _number] = _divide_months
_STRICT_RULES["*", timedelta, Decimal] = _times_duration_exactly
_STRICT_RULES["*", Decimal, timedelta] = lambda a, b: _times_duration_exactly(b, a)
_STRICT_RULES["*", YearMonthDuration, Decimal] = _times_months_exactly
_STRICT_RULES["*", Decimal, YearMonthDuration] = lambda a, b: _times_months_exactly(b, a)
