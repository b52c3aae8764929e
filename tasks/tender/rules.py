"""The invariants of a tender, all of them at once, so that its author can mend them in one go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from tasks.amounts import ONE, ZERO
from tasks.records_base import Breach
from tasks.tender.scoring import PRICE, PriceFormula

LEAST_PRICE_WEIGHT = Decimal("0.10")
MOST_BOND_SHARE = Decimal("0.02")
OPEN_TENDER_DAYS = 20
LEAST_INVITED = 3


class Method(StrEnum):
    OPEN_TENDER = "open_tender"
    INVITED_TENDER = "invited_tender"
    COMPETITIVE_NEGOTIATION = "competitive_negotiation"
    SINGLE_SOURCE = "single_source"


class TenderTerms(Protocol):
    """What the rules look at."""

    @property
    def method(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def budget(self) -> Decimal: ...
    @property
    def ceiling_price(self) -> Decimal | None: ...
    @property
    def bond_amount(self) -> Decimal | None: ...
    @property
    def criteria(self) -> list[Any]: ...
    @property
    def price_formula(self) -> str: ...
    @property
    def bid_validity_days(self) -> int: ...
    @property
    def panel_size(self) -> int: ...
    @property
    def published_at(self) -> datetime | None: ...
    @property
    def deadline(self) -> datetime | None: ...


def tender_breaches(
    tender: TenderTerms, *, published_at: datetime | None = None, invited: int | None = None
) -> list[Breach]:
    """Every invariant that the tender breaks.

    `published_at` is the time of publication to judge by while the tender has none. `invited` counts the
    invitations; None leaves that rule out.
    """
    return [
        *_choice_breaches(tender),
        *_money_breaches(tender),
        *_criteria_breaches(tender.criteria),
        *_time_breaches(tender, tender.published_at or published_at),
        *_invitation_breaches(tender.method, invited),
    ]


def _choice_breaches(tender: TenderTerms) -> list[Breach]:
    found: list[Breach] = []
    if tender.method not in [str(m) for m in Method]:
        found.append(_breach("METHOD", "method", f"the method {tender.method!r} is unknown"))
    if tender.price_formula not in [str(f) for f in PriceFormula]:
        found.append(_breach("FORMULA", "price_formula", f"the formula {tender.price_formula!r} is unknown"))
    if len(tender.currency) != 3 or not tender.currency.isupper():
        found.append(_breach("CURRENCY", "currency", f"{tender.currency!r} is no ISO 4217 currency"))
    if tender.panel_size < 1 or tender.panel_size % 2 == 0:
        found.append(_breach("PANEL_SIZE", "panel_size", f"a panel is odd, not {tender.panel_size}"))
    return found


def _money_breaches(tender: TenderTerms) -> list[Breach]:
    found: list[Breach] = []
    if tender.budget <= 0:
        found.append(_breach("BUDGET", "budget", f"the budget must be above 0, not {tender.budget}"))
    if tender.ceiling_price is not None and not 0 < tender.ceiling_price <= tender.budget:
        found.append(
            _breach(
                "CEILING_OVER_BUDGET",
                "ceiling_price",
                f"the ceiling price {tender.ceiling_price} must lie within the budget {tender.budget}",
            )
        )
    most = tender.budget * MOST_BOND_SHARE
    if tender.bond_amount is not None and not 0 <= tender.bond_amount <= most:
        found.append(
            _breach(
                "BOND_OVER_2_PERCENT",
                "bond_amount",
                f"the bond {tender.bond_amount} is more than 2 % of the budget ({most})",
            )
        )
    return found


def _criteria_breaches(criteria: Sequence[dict[str, Any]]) -> list[Breach]:
    keys = [str(c.get("key", "")) for c in criteria]
    if not criteria or not all(keys):
        return [_breach("CRITERIA", "criteria", "at least one criterion is needed, each with a key")]
    found: list[Breach] = []
    if len(set(keys)) < len(keys):
        found.append(_breach("CRITERIA_TWICE", "criteria", "a criterion stands there twice"))
    weights = {str(c["key"]): Decimal(c.get("weight") or 0) for c in criteria}
    total = sum((Decimal(c.get("weight") or 0) for c in criteria), ZERO)
    if total != ONE or any(w < 0 for w in weights.values()):
        found.append(_breach("WEIGHTS_SUM", "criteria", f"the weights must sum to 1, they sum to {total}"))
    if weights.get(PRICE, ZERO) < LEAST_PRICE_WEIGHT:
        found.append(
            _breach(
                "PRICE_WEIGHT",
                "criteria",
                f"the price weighs at least {LEAST_PRICE_WEIGHT}, not {weights.get(PRICE, ZERO)}",
            )
        )
    for criterion in criteria:
        if criterion["key"] != PRICE and not 0 < Decimal(criterion.get("max") or 0) <= 100:
            found.append(
                _breach("CRITERION_MAX", "criteria", f"{criterion['key']} needs a maximum score of 1 to 100")
            )
    return found


def _time_breaches(tender: TenderTerms, published_at: datetime | None) -> list[Breach]:
    if tender.deadline is None:
        return [_breach("DEADLINE", "deadline", "a deadline for bids is needed")]
    found: list[Breach] = []
    if tender.bid_validity_days < 1:
        found.append(_breach("VALIDITY", "bid_validity_days", "bids must be valid for at least a day"))
    if published_at is None:
        return found
    least = timedelta(days=OPEN_TENDER_DAYS if tender.method == Method.OPEN_TENDER else 0)
    if tender.deadline < published_at + least or tender.deadline <= published_at:
        found.append(
            _breach(
                "DEADLINE_TOO_EARLY",
                "deadline",
                f"the deadline {tender.deadline:%Y-%m-%d %H:%M} UTC is too early: the earliest is "
                f"{published_at + least:%Y-%m-%d %H:%M}",
            )
        )
    return found


def _invitation_breaches(method: str, invited: int | None) -> list[Breach]:
    if invited is None or method != Method.INVITED_TENDER or invited >= LEAST_INVITED:
        return []
    return [
        _breach("TOO_FEW_INVITED", "invited", f"{LEAST_INVITED} suppliers or more are invited, not {invited}")
    ]


def _breach(code: str, field: str, message: str) -> Breach:
    return Breach(code=code, field=field, message=message)
