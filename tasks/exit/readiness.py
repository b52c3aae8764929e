"""Formula 10: how far a hand-over is, and whether the exit may close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tasks.amounts import HUNDRED, ZERO, to_score


@dataclass(frozen=True, kw_only=True)
class ItemProgress:
    """One hand-over item: `done` means accepted by the receiving side."""

    weight: Decimal
    done: bool
    mandatory: bool = True


@dataclass(frozen=True, kw_only=True)
class Readiness:
    readiness_pct: Decimal
    can_close: bool


def readiness(items: Sequence[ItemProgress]) -> Readiness:
    """Σ done weight ÷ Σ weight in percent. Closing needs every mandatory item, however small.

    With nothing to hand over the exit is ready.
    """
    whole = sum((item.weight for item in items), ZERO)
    done = sum((item.weight for item in items if item.done), ZERO)
    share = done / whole * HUNDRED if whole else HUNDRED
    return Readiness(
        readiness_pct=to_score(share), can_close=all(item.done for item in items if item.mandatory)
    )
