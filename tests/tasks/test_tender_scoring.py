"""Formulas 1 and 2: price scores, totals, ranks, outliers, low bids."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from tasks.tender.scoring import (
    InvalidPrice,
    PriceFormula,
    low_bid_ratios,
    outliers,
    price_scores,
    rank_bids,
)
from tests.tasks.vectors import vectors

WEIGHTS = {"technical": D("0.5"), "service": D("0.1"), "commercial": D("0.1"), "price": D("0.3")}
PRICES = {"A": D(1180000), "B": D(1050000), "C": D(980000)}
MEANS = {
    "A": {"technical": D("92.4"), "service": D(90), "commercial": D(95)},
    "B": {"technical": D(88), "service": D(85), "commercial": D(90)},
    "C": {"technical": D("71.2"), "service": D(80), "commercial": D(85)},
}


def test_without_a_threshold_the_dearest_but_best_bid_wins_by_twelve_hundredths():
    ranking = rank_bids(PRICES, MEANS, WEIGHTS)

    assert [(p.bid, p.price_score, p.total, p.rank) for p in ranking.places] == [
        ("A", D("83.05"), D("89.62"), 1),
        ("B", D("93.33"), D("89.50"), 2),
        ("C", D("100.00"), D("82.10"), 3),
    ]
    assert ranking.base_price == D("980000.00")
    assert ranking.score_gap == D("0.12")
    assert not ranking.tied


def test_the_base_price_is_taken_after_the_technical_threshold_so_another_bid_wins():
    still_in = {bid: price for bid, price in PRICES.items() if MEANS[bid]["technical"] >= 75}

    ranking = rank_bids(still_in, MEANS, WEIGHTS)

    assert [(p.bid, p.price_score, p.total) for p in ranking.places] == [
        ("B", D("100.00"), D("91.50")),
        ("A", D("88.98"), D("91.39")),
    ]
    assert ranking.score_gap == D("0.11")


def test_a_low_bid_left_in_would_crush_the_price_scores_of_the_others():
    _, scores = price_scores({**PRICES, "E": D(470000)}, PriceFormula.LOWEST_PRICE)

    assert scores["A"] == D("39.83")


def test_mean_deviation_scores_fall_faster_above_the_mean_than_below():
    base, scores = price_scores(PRICES, PriceFormula.MEAN_DEVIATION)

    assert base == D("1070000.00")
    assert scores == {"A": D("89.72"), "B": D("99.07"), "C": D("95.79")}


def test_the_scores_and_ranks_of_the_shared_vectors():
    given = vectors()["bid_score"]
    prices = {name: bid["price"] for name, bid in given["bids"].items() if name in "ABC"}
    means = {name: {k: D(v) for k, v in bid.items()} for name, bid in given["bids"].items()}

    ranking = rank_bids(prices, means, given["weights"])

    for place in ranking.places:
        expected = given["no_threshold"][place.bid]
        assert (str(place.price_score), str(place.total), place.rank) == (
            expected["price_score"],
            expected["total"],
            expected["rank"],
        )
    assert str(ranking.score_gap) == given["no_threshold"]["scoreGap"]


def test_of_two_equal_totals_the_lower_price_comes_first():
    ranking = rank_bids(
        {"X": D(1000000), "Y": D(990000)},
        {"X": {"technical": D("88.50")}, "Y": {"technical": D("88.50")}},
        {"technical": D(1)},
    )

    assert [(p.bid, p.rank, p.tied) for p in ranking.places] == [("Y", 1, False), ("X", 2, False)]
    assert ranking.score_gap == D(0)
    assert not ranking.tied


def test_equal_total_and_equal_price_is_a_tie_for_people_to_settle():
    ranking = rank_bids(
        {"X": D(990000), "Y": D(990000), "Z": D(1990000)},
        {"X": {"technical": D("88.50")}, "Y": {"technical": D("88.50")}, "Z": {"technical": D(1)}},
        {"technical": D(1)},
    )

    assert [(p.bid, p.rank, p.tied) for p in ranking.places] == [
        ("X", 1, True),
        ("Y", 1, True),
        ("Z", 3, False),
    ]
    assert ranking.tied


def test_a_single_bid_scores_100_and_its_gap_is_100():
    ranking = rank_bids({"A": D("837232.50")}, {}, {"price": D(1)})

    assert ranking.places[0].price_score == D("100.00")
    assert ranking.score_gap == D(100)


@pytest.mark.parametrize("prices", [{}, {"A": D(0)}, {"A": D(10), "B": D(-1)}])
def test_no_bid_or_a_price_that_is_not_above_0_is_an_invalid_price(prices):
    with pytest.raises(InvalidPrice):
        price_scores(prices, PriceFormula.LOWEST_PRICE)


def test_a_criterion_without_a_score_is_named():
    with pytest.raises(KeyError, match="service"):
        rank_bids({"A": D(1)}, {"A": {"technical": D(1), "commercial": D(1)}}, WEIGHTS)


@pytest.mark.parametrize(
    ("scores", "standing_out"),
    [([92, 95, 90, 93, 92], []), ([92, 95, 90, 60, 93], [3]), ([0, 0], []), ([], [])],
)
def test_a_score_more_than_20_percent_from_the_mean_stands_out(scores, standing_out):
    assert outliers([D(s) for s in scores]) == standing_out


def test_a_very_low_bid_is_compared_with_the_mean_the_next_and_the_ceiling():
    ratios = low_bid_ratios("E", {**PRICES, "E": D(470000)}, ceiling=D(1300000), should_cost=None)

    assert ratios.bid_count == 4
    assert ratios.ratio_to_mean == D("0.5109")
    assert ratios.ratio_to_next_lowest == D("0.4796")
    assert ratios.ratio_to_ceiling == D("0.3615")
    assert ratios.ratio_to_should_cost is None


@pytest.mark.parametrize("solicitation", ["2024-10691", "2024-10569", "2024-10519", "2024-10566"])
def test_the_real_bids_of_the_port_of_portland(solicitation):
    case = next(c for c in vectors()["real_bids"] if c["solicitation"] == solicitation)
    prices = dict(enumerate(case["bids"]))

    _, scores = price_scores(prices, PriceFormula.LOWEST_PRICE)
    ratios = low_bid_ratios(0, prices, ceiling=None, should_cost=case["should_cost"])

    assert [str(score) for score in scores.values()] == case["price_scores"]
    assert str(ratios.ratio_to_should_cost) == case["lowest_to_should_cost"]
    if len(prices) > 1:
        assert str(ratios.ratio_to_mean) == case["lowest_to_mean"]
        assert str(ratios.ratio_to_next_lowest) == case["lowest_to_next"]
    else:
        assert ratios.ratio_to_next_lowest is None
