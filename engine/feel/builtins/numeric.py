"""Functions on numbers: rounding and a little mathematics."""

from __future__ import annotations

import math
import secrets
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
)

from engine.feel.builtins.registry import Null, builtin
from engine.feel.numbers import DECIMAL, Number, from_float, integral, whole

_WIDE = Context(prec=7000, Emin=-20_000, Emax=20_000)
_MODES = {
    "UP": ROUND_UP,
    "DOWN": ROUND_DOWN,
    "CEILING": ROUND_CEILING,
    "FLOOR": ROUND_FLOOR,
    "HALF_UP": ROUND_HALF_UP,
    "HALF_DOWN": ROUND_HALF_DOWN,
    "HALF_EVEN": ROUND_HALF_EVEN,
}


def rounded(value: Number, scale: Number, mode: str) -> Number:
    """`value` with `scale` digits after the point."""
    places = whole(scale) if isinstance(scale, int) else int(scale)
    if places is None or not -6111 <= places <= 6176:
        raise Null("the scale must be from -6111 to 6176")
    exact = Decimal(value)
    if -exact.as_tuple().exponent <= places:  # type: ignore[operator]
        return value
    return integral(exact.quantize(Decimal((0, (1,), -places)), rounding=mode, context=_WIDE))


@builtin("decimal", "n: number, scale: number")
def decimal(value: Number, scale: Number) -> Number:
    return rounded(value, scale, ROUND_HALF_EVEN)


@builtin("decimal", "n: number, scale: number, mode: string")
def decimal_with_mode(value: Number, scale: Number, mode: str) -> Number:
    mode = mode.upper()
    if mode == "UNNECESSARY":
        result = rounded(value, scale, ROUND_DOWN)
        if result != value:
            raise Null("rounding is necessary")
        return result
    if mode not in _MODES:
        raise Null(f"no rounding mode '{mode[:20]}'; known: {', '.join(_MODES)}, UNNECESSARY")
    return rounded(value, scale, _MODES[mode])


@builtin("floor", "n: number, scale?: number")
def floor(value: Number, scale: Number | None = 0) -> Number:
    return rounded(value, _scale(scale), ROUND_FLOOR)


@builtin("ceiling", "n: number, scale?: number")
def ceiling(value: Number, scale: Number | None = 0) -> Number:
    return rounded(value, _scale(scale), ROUND_CEILING)


def _scale(scale: Number | None) -> Number:
    if scale is None:
        raise Null("the scale must be a number")
    return scale


@builtin("round up", "n: number, scale: number")
def round_up(value: Number, scale: Number) -> Number:
    return rounded(value, scale, ROUND_UP)


@builtin("round down", "n: number, scale: number")
def round_down(value: Number, scale: Number) -> Number:
    return rounded(value, scale, ROUND_DOWN)


@builtin("round half up", "n: number, scale: number")
def round_half_up(value: Number, scale: Number) -> Number:
    return rounded(value, scale, ROUND_HALF_UP)


@builtin("round half down", "n: number, scale: number")
def round_half_down(value: Number, scale: Number) -> Number:
    return rounded(value, scale, ROUND_HALF_DOWN)


@builtin("abs", "n: number")
@builtin("abs", "number: number")
def absolute(value: Number) -> Number:
    return abs(value) if type(value) is int else DECIMAL.abs(value)


@builtin("modulo", "dividend: number, divisor: number")
def modulo(dividend: Number, divisor: Number) -> Number:
    """With the sign of the divisor."""
    if divisor == 0:
        raise Null("division by zero")
    if type(dividend) is int and type(divisor) is int:
        return dividend % divisor
    rest = _WIDE.remainder(Decimal(dividend), Decimal(divisor))
    if rest and (rest < 0) is not (divisor < 0):
        rest = _WIDE.add(rest, divisor)
    return integral(DECIMAL.plus(rest))


@builtin("sqrt", "number: number")
def square_root(value: Number) -> Number:
    if value < 0:
        raise Null("no root of a negative number")
    exact = DECIMAL.sqrt(value)
    if exact * exact == value and len(exact.as_tuple().digits) < 30:
        return integral(exact)
    return _double(math.sqrt(value)) if _fits_double(value) else exact


@builtin("log", "number: number")
def logarithm(value: Number) -> Number:
    if value <= 0:
        raise Null("no logarithm of zero or less")
    return _double(math.log(value)) if _fits_double(value) else DECIMAL.ln(value)


@builtin("exp", "number: number")
def exponential(value: Number) -> Number:
    try:
        return _double(math.exp(value))
    except OverflowError:
        raise Null("too large") from None


def _fits_double(value: Number) -> bool:
    return -300 < Decimal(value).adjusted() < 300


def _double(value: float) -> Number:
    number = from_float(value)
    if number is None:
        raise Null("too large")
    return number


@builtin("odd", "number: number")
def odd(value: Number) -> bool:
    return _WIDE.remainder(Decimal(value), 2) in (1, -1)


@builtin("even", "number: number")
def even(value: Number) -> bool:
    return _WIDE.remainder(Decimal(value), 2) == 0


@builtin("random number")
def random_number() -> Number:
    """From 0 up to, not including, 1."""
    return integral(DECIMAL.divide(secrets.randbelow(10**16), 10**16))
