"""Formula 3: the score of one KPI from its value, and the weighted score of a period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tasks.amounts import HUNDRED, ONE, ZERO, to_score

_MINIMUM_SCORE = Decimal(60)
_MOST_MISSING = Decimal("0.40")


class Direction(StrEnum):
    """Which way is better."""

    UP = "up"
    DOWN = "down"


class MissingCause(StrEnum):
    """Why a KPI has no value in a period. `none` means that it has one."""

    NONE = "none"
    SUPPLIER = "supplier"
    US = "us"
    EXCUSED = "excused"


@dataclass(frozen=True, kw_only=True)
class WeightedKpi:
    """One KPI in the weighing: `score` is None when the value is missing, `cause` says why."""

    weight: Decimal
    score: Decimal | None
    cause: MissingCause = MissingCause.NONE


def kpi_score(
    value: Decimal | None, target: Decimal, minimum: Decimal, critical: Decimal, direction: Direction
) -> Decimal | None:
    """0..100 to 2 places; None without a value.

    Up: from the target 100; from minimum to target 60 + 40 × (v−min)/(target−min); from critical to minimum
    60 × (v−crit)/(min−crit); at critical and worse 0. Down is the mirror. When target = minimum there is
    nothing between them: 100, or the branch below the minimum.
    """
    if value is None:
        return None
    if direction is Direction.DOWN:
        value, target, minimum, critical = -value, -target, -minimum, -critical
    if value >= target:
        return to_score(HUNDRED)
    if value >= minimum:
        return to_score(_MINIMUM_SCORE + (HUNDRED - _MINIMUM_SCORE) * (value - minimum) / (target - minimum))
    if value > critical:
        return to_score(_MINIMUM_SCORE * (value - critical) / (minimum - critical))
    return to_score(ZERO)


def weighted_score(kpis: Sequence[WeightedKpi]) -> Decimal | None:
    """Σ weight × score to 2 places, None when too little is known (grade N, no credits).

    A value the supplier did not deliver counts 0. Values missing for other reasons are left out and the
    weights of the rest scaled up, unless more than 0.40 of the weight is missing so. (What the supplier
    withheld is not missing: otherwise a supplier could escape a bad grade by silence.)
    """
    missing = sum((k.weight for k in kpis if k.score is None and k.cause is not MissingCause.SUPPLIER), ZERO)
    known = ONE - missing
    if not kpis or missing > _MOST_MISSING or known <= 0:
        return None
    return to_score(sum((k.weight * (k.score or ZERO) for k in kpis), ZERO) / known)
