"""FEEL numbers: int while integral, else Decimal with 34 digits, half-even. Never float."""

from __future__ import annotations

from decimal import (
    ROUND_HALF_EVEN,
    Clamped,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    Subnormal,
    Underflow,
)

DIGITS = 34
LARGEST = 10**DIGITS

DECIMAL = Context(
    prec=DIGITS,
    rounding=ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
for _flag in (Clamped, Subnormal, Underflow):
    DECIMAL.traps[_flag] = False

Number = int | Decimal
NUMERIC = frozenset((int, Decimal))


def parse_number(text: str) -> Number:
    """The number that `text` writes. Raises ArithmeticError when it is too large."""
    if len(text) <= DIGITS and text.isascii() and text.isdigit():
        return int(text)
    return integral(DECIMAL.create_decimal(text))


def integral(value: Decimal) -> Number:
    """The same number, as an int when it has no fraction."""
    if value.adjusted() < DIGITS and (number := int(value)) == value:
        return number
    return value


def bounded(value: int) -> Number:
    """An int result; beyond 34 digits it is rounded as every other number."""
    if -LARGEST < value < LARGEST:
        return value
    return DECIMAL.create_decimal(value) if value.bit_length() < 25_000 else DECIMAL.create_decimal("1E+9999")


def from_float(value: float) -> Number | None:
    """The number that a float shows; none for NaN and the infinities."""
    if value != value or value in (float("inf"), float("-inf")):
        return None
    return integral(DECIMAL.create_decimal(repr(value)))


def plain_text(value: Number) -> str:
    """The digits of a number without an exponent, as long as that is short."""
    if type(value) is int:
        return str(value)
    assert isinstance(value, Decimal)
    if -40 < value.adjusted() < 40:
        return format(value, "f")
    return str(value)


def whole(value: object) -> int | None:
    """The int that a number is; none when it has a fraction or is no number."""
    if type(value) is int:
        return value
    if type(value) is Decimal and value == value.to_integral_value() and value.adjusted() < DIGITS:
        return int(value)
    return None


def negate_number(value: Number) -> Number:
    return -value if type(value) is int else DECIMAL.minus(value)
