"""Formula 1 and 2: price scores, totals and ranks of bids, and scores that stand out.

Pure functions on Decimals; bids are named by any hashable id. The order of business is the rule: the base
price is taken among the bids still in *after* responsiveness, technical threshold and rejected low bids.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar

from tasks.amounts import HUNDRED, ONE, ZERO, mean, to_money, to_ratio, to_score

PRICE = "price"
"""The key of the criterion that the price formula scores; all others are scored by people."""

GAP_OF_ONE_BID = HUNDRED
_OUTLIER_LIMIT = Decimal("0.20")

Id = TypeVar("Id", bound=Hashable)


class PriceFormula(StrEnum):
    """How a price becomes a score of at most 100."""

    LOWEST_PRICE = "lowest_price"
    MEAN_DEVIATION = "mean_deviation"


class InvalidPrice(ValueError):
    """No price at all, or a price that is not above 0."""


@dataclass(frozen=True, kw_only=True)
class Ranked(Generic[Id]):
    """One place in the ranking. Bids with the same total and price share a rank and are `tied`."""

    bid: Id
    price: Decimal
    price_score: Decimal
    total: Decimal
    rank: int
    tied: bool


@dataclass(frozen=True, kw_only=True)
class Ranking(Generic[Id]):
    """The places, best first. `score_gap` is first minus second total, 100 with a single bid.

    `tied` means that the first place is shared.
    """

    places: tuple[Ranked[Id], ...]
    base_price: Decimal
    score_gap: Decimal
    tied: bool


@dataclass(frozen=True, kw_only=True)
class LowBidRatios:
    """What the table `abnormally_low_bid` asks about one bid; None where there is nothing to compare with."""

    bid_count: int
    ratio_to_mean: Decimal | None
    ratio_to_next_lowest: Decimal | None
    ratio_to_ceiling: Decimal | None
    ratio_to_should_cost: Decimal | None


def price_scores(prices: Mapping[Id, Decimal], formula: PriceFormula) -> tuple[Decimal, dict[Id, Decimal]]:
    """The base price and the score of each price.

    `lowest_price`: 100 × lowest ÷ price. `mean_deviation`: 100 − k × |deviation from the mean in %|, where k
    is 1 above and 0.5 below the mean. A single bid scores 100. Raises InvalidPrice.
    """
    _check(prices)
    if formula is PriceFormula.MEAN_DEVIATION:
        middle = mean(prices.values())
        return to_money(middle), {bid: _deviation_score(price, middle) for bid, price in prices.items()}
    lowest = min(prices.values())
    return to_money(lowest), {bid: to_score(HUNDRED * lowest / price) for bid, price in prices.items()}


def rank_bids(
    prices: Mapping[Id, Decimal],
    means: Mapping[Id, Mapping[str, Decimal]],
    weights: Mapping[str, Decimal],
    formula: PriceFormula = PriceFormula.LOWEST_PRICE,
) -> Ranking[Id]:
    """Total = Σ weight × score; rank by total down, then price up, else tied.

    `means` holds the criterion scores of each bid (0..100) for every criterion but the price. Raises
    InvalidPrice, and KeyError when a criterion has no score.
    """
    base, scores = price_scores(prices, formula)
    totals = {bid: total_score({**means.get(bid, {}), PRICE: scores[bid]}, weights) for bid in prices}
    order = sorted(prices, key=lambda bid: (-totals[bid], prices[bid]))
    places: list[Ranked[Id]] = []
    for bid in order:
        twins = [other for other in order if (totals[other], prices[other]) == (totals[bid], prices[bid])]
        places.append(
            Ranked(
                bid=bid,
                price=prices[bid],
                price_score=scores[bid],
                total=totals[bid],
                rank=order.index(twins[0]) + 1,
                tied=len(twins) > 1,
            )
        )
    gap = places[0].total - places[1].total if len(places) > 1 else GAP_OF_ONE_BID
    return Ranking(places=tuple(places), base_price=base, score_gap=gap, tied=places[0].tied)


def total_score(scores: Mapping[str, Decimal], weights: Mapping[str, Decimal]) -> Decimal:
    """Σ weight × score to 2 places. Raises KeyError naming the criterion that has no score."""
    return to_score(sum((weight * scores[key] for key, weight in weights.items()), ZERO))


def outliers(scores: Sequence[Decimal]) -> list[int]:
    """The positions of scores that lie more than 20 % of the mean from the mean; none when the mean is 0.

    Nothing is corrected: whoever gave such a score is asked to confirm it.
    """
    if not scores:
        return []
    middle = mean(scores)
    if not middle:
        return []
    return [i for i, score in enumerate(scores) if abs(score - middle) / middle > _OUTLIER_LIMIT]


def low_bid_ratios(
    bid: Id, prices: Mapping[Id, Decimal], *, ceiling: Decimal | None, should_cost: Decimal | None
) -> LowBidRatios:
    """Compare one price with the mean of all, the next lowest of the others, the ceiling and the should-cost.

    Raises InvalidPrice.
    """
    _check(prices)
    price = prices[bid]
    others = [other for key, other in prices.items() if key != bid]
    return LowBidRatios(
        bid_count=len(prices),
        ratio_to_mean=to_ratio(price / mean(prices.values())) if others else ONE,
        ratio_to_next_lowest=to_ratio(price / min(others)) if others else None,
        ratio_to_ceiling=to_ratio(price / ceiling) if ceiling else None,
        ratio_to_should_cost=to_ratio(price / should_cost) if should_cost else None,
    )


def _deviation_score(price: Decimal, middle: Decimal) -> Decimal:
    deviation = (price - middle) / middle * HUNDRED
    factor = ONE if deviation > 0 else Decimal("0.5")
    return to_score(HUNDRED - factor * abs(deviation))


def _check(prices: Mapping[Id, Decimal]) -> None:
    if not prices:
        raise InvalidPrice("no bid with a price is left")
    for bid, price in prices.items():
        if price <= 0:
            raise InvalidPrice(f"bid {bid} has the price {price}; a price must be above 0")
