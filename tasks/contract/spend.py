"""What was paid against a contract: cumulative spend, alerts and the overrun over the original value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tasks.amounts import ZERO, percent, to_money

ALERT_LEVELS = (80, 100)
"""Percent of the original value at which somebody should look."""


@dataclass(frozen=True, kw_only=True)
class SpendPoint:
    """One payment and what was spent up to and including it."""

    on: date
    amount: Decimal
    cumulative: Decimal
    cumulative_pct: Decimal


@dataclass(frozen=True, kw_only=True)
class Spend:
    """`overrun` and `overrun_pct` are 0 up to the original value; `alerts` maps a level to the day it was
    reached."""

    points: tuple[SpendPoint, ...]
    total: Decimal
    overrun: Decimal
    overrun_pct: Decimal
    alerts: dict[int, date]


def spend_over_time(original_value: Decimal, payments: Iterable[tuple[date, Decimal]]) -> Spend:
    """Payments in order of date (those of one day in the order given) against the original value.

    Raises ZeroDivisionError when the original value is 0.
    """
    points: list[SpendPoint] = []
    total = ZERO
    for on, amount in sorted(payments, key=lambda payment: payment[0]):
        total += amount
        points.append(
            SpendPoint(on=on, amount=amount, cumulative=total, cumulative_pct=percent(total, original_value))
        )
    overrun = max(total - original_value, ZERO)
    return Spend(
        points=tuple(points),
        total=to_money(total),
        overrun=to_money(overrun),
        overrun_pct=percent(overrun, original_value),
        alerts=_alerts(points),
    )


def cumulative_increase_pct(original_value: Decimal, amendments: Iterable[Decimal]) -> Decimal:
    """Σ amendments ÷ original value in percent, always from the original value.

    Raises ZeroDivisionError when the original value is 0.
    """
    return percent(sum(amendments, ZERO), original_value)


def _alerts(points: Sequence[SpendPoint]) -> dict[int, date]:
    reached: dict[int, date] = {}
    for level in ALERT_LEVELS:
        for point in points:
            if point.cumulative_pct >= level:
                reached[level] = point.on
                break
    return reached
