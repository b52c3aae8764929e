"""Formula 4 and 5: service credits with their monthly cap and earn-back, and damages for delay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tasks.amounts import ZERO, to_money

_TWICE = Decimal(2)
_MULTIPLIERS = (Decimal(1), Decimal("1.5"), _TWICE)


@dataclass(frozen=True, kw_only=True)
class KpiDefault:
    """A KPI below its minimum in a month. `consecutive` counts the months in a row, this one included.

    Defaults with the same `incident` have one cause, so only the largest credit is due.
    """

    kpi: int
    pool: Decimal
    allocation: Decimal
    consecutive: int = 1
    is_critical: bool = False
    incident: str = ""


@dataclass(frozen=True, kw_only=True)
class Credit:
    """`raw` is what the formula gives, `amount` what is left after the incident rule and the cap."""

    kpi: int
    raw: Decimal
    amount: Decimal
    multiplier: Decimal


def multiplier(consecutive: int, *, is_critical: bool = False) -> Decimal:
    """1, 1.5 and 2 for the first, second and later default in a row; a critical default at least 2.

    Raises ValueError for a count below 1.
    """
    if consecutive < 1:
        raise ValueError(f"a default is at least the first in a row, not number {consecutive}")
    factor = _MULTIPLIERS[min(consecutive, len(_MULTIPLIERS)) - 1]
    return max(factor, _TWICE) if is_critical else factor


def monthly_credits(
    defaults: Sequence[KpiDefault], *, invoice: Decimal, at_risk_pct: Decimal
) -> list[Credit]:
    """pool × allocation × at-risk share × invoice × multiplier per default, in the order given.

    Their sum never exceeds at-risk share × invoice; above it every credit shrinks in proportion, and what
    rounding leaves goes to the largest.
    """
    cap = to_money(at_risk_pct * invoice)
    factors = [multiplier(d.consecutive, is_critical=d.is_critical) for d in defaults]
    raws = [
        to_money(d.pool * d.allocation * at_risk_pct * invoice * factor)
        for d, factor in zip(defaults, factors, strict=True)
    ]
    due = [raw if _is_due(i, defaults, raws) else ZERO for i, raw in enumerate(raws)]
    amounts = _capped(due, cap)
    return [
        Credit(kpi=d.kpi, raw=raw, amount=amount, multiplier=factor)
        for d, raw, amount, factor in zip(defaults, raws, amounts, factors, strict=True)
    ]


def earned_back(
    credit: Decimal, *, defaults_next_12_months: int, mean_next_12_months: Decimal | None, target: Decimal
) -> Decimal:
    """What the supplier gets back of a credit: all of it after twelve months without a default on that KPI
    whose mean reaches the target (already turned so that more is better), else nothing."""
    if defaults_next_12_months or mean_next_12_months is None or mean_next_12_months < target:
        return to_money(ZERO)
    return to_money(credit)


def delay_damages(value: Decimal, *, rate_per_day: Decimal, days: int, cap_pct: Decimal) -> Decimal:
    """min(cap × value, rate × days × value). Raises ValueError for a negative number of days."""
    if days < 0:
        raise ValueError(f"a delay of {days} days is no delay")
    return to_money(min(cap_pct * value, rate_per_day * days * value))


def _is_due(i: int, defaults: Sequence[KpiDefault], raws: Sequence[Decimal]) -> bool:
    """Of one incident only the largest credit, the first of equals."""
    incident = defaults[i].incident
    if not incident:
        return True
    same = [j for j, other in enumerate(defaults) if other.incident == incident]
    return i == max(same, key=lambda j: (raws[j], -j))


def _capped(due: Sequence[Decimal], cap: Decimal) -> list[Decimal]:
    total = sum(due, ZERO)
    if total <= cap:
        return list(due)
    shares = [to_money(amount * cap / total) for amount in due]
    largest = shares.index(max(shares))
    shares[largest] += cap - sum(shares, ZERO)
    return shares
