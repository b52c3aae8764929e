"""What an amount is in CNY, to choose the level of approval. Planning rates, not market rates."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from engine import HandlerFailed
from tasks.amounts import to_money

CNY = "CNY"
EXCHANGE_RATES = "exchange_rates"
"""The name under which handlers find other rates in `job.services`: currency to CNY per unit."""

PLANNING_RATES: Mapping[str, Decimal] = {
    CNY: Decimal(1),
    "USD": Decimal("7.20"),
    "EUR": Decimal("7.80"),
    "GBP": Decimal("9.10"),
    "HKD": Decimal("0.92"),
    "JPY": Decimal("0.048"),
    "NOK": Decimal("0.68"),
}


def to_cny(amount: Decimal, currency: str, rates: Mapping[str, Decimal] | None = None) -> Decimal:
    """`rates` go before the planning rates. Raises HandlerFailed for a currency without a rate."""
    known = {**PLANNING_RATES, **(rates or {})}
    if currency not in known:
        raise HandlerFailed(
            f"no exchange rate from {currency} to {CNY}; known: {', '.join(sorted(known))}. "
            f"Give one in the service '{EXCHANGE_RATES}' or state the amount in a known currency"
        )
    return to_money(amount * known[currency])
