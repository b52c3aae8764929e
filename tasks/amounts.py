"""Exact amounts: how money, scores and ratios are rounded, in one place.

Everything is Decimal and half-up: money and scores to 2 places, ratios to 4.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

HUNDRED = Decimal(100)
ONE = Decimal(1)
ZERO = Decimal(0)

_HUNDREDTH = Decimal("0.01")
_TEN_THOUSANDTH = Decimal("0.0001")


def to_money(amount: Decimal) -> Decimal:
    """To 2 places, half-up."""
    return amount.quantize(_HUNDREDTH, rounding=ROUND_HALF_UP)


def to_score(score: Decimal) -> Decimal:
    """To 2 places, half-up. Ranks and grades are decided on the rounded score that people see."""
    return score.quantize(_HUNDREDTH, rounding=ROUND_HALF_UP)


def to_ratio(ratio: Decimal) -> Decimal:
    """To 4 places, half-up."""
    return ratio.quantize(_TEN_THOUSANDTH, rounding=ROUND_HALF_UP)


def mean(values: Iterable[Decimal]) -> Decimal:
    """The arithmetic mean, unrounded. Raises ValueError without values."""
    amounts = list(values)
    if not amounts:
        raise ValueError("there is no mean of nothing")
    return sum(amounts, ZERO) / len(amounts)


def percent(part: Decimal, whole: Decimal) -> Decimal:
    """`part` as a percentage of `whole`, to 2 places. Raises ZeroDivisionError when `whole` is 0."""
    if not whole:
        raise ZeroDivisionError("a percentage of 0 says nothing")
    return to_score(part / whole * HUNDRED)
