"""Formula 3: scores of KPIs and of a period."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from tasks.performance.scoring import Direction, MissingCause, WeightedKpi, kpi_score, weighted_score
from tests.tasks.vectors import vectors

AVAILABILITY = {"target": D("99.9"), "minimum": D("99.5"), "critical": D(98), "direction": Direction.UP}


@pytest.mark.parametrize(
    ("value", "score"),
    [
        ("99.95", "100.00"),
        ("99.9", "100.00"),
        ("99.7", "80.00"),
        ("99.5", "60.00"),
        ("98.75", "30.00"),
        ("98.0", "0.00"),
        ("90", "0.00"),
    ],
)
def test_availability_scores_by_the_piecewise_line(value, score):
    assert kpi_score(D(value), **AVAILABILITY) == D(score)


@pytest.mark.parametrize(
    ("value", "score"),
    [("3", "100.00"), ("4", "100.00"), ("5", "80.00"), ("6", "60.00"), ("9", "30.00"), ("12", "0.00")],
)
def test_resolution_hours_score_as_the_mirror_image(value, score):
    assert kpi_score(D(value), D(4), D(6), D(12), Direction.DOWN) == D(score)


def test_quality_of_96_scores_73_33():
    assert kpi_score(D(96), D(98), D(95), D(90), Direction.UP) == D("73.33")


def test_target_equal_to_minimum_needs_no_division():
    assert kpi_score(D(95), D(95), D(95), D(90), Direction.UP) == D("100.00")
    assert kpi_score(D("92.5"), D(95), D(95), D(90), Direction.UP) == D("30.00")


def test_without_a_value_there_is_no_score():
    assert kpi_score(None, **AVAILABILITY) is None


def scored(cause: MissingCause, missing_weight: str = "0.15") -> list[WeightedKpi]:
    return [
        WeightedKpi(weight=D("0.40"), score=D(80)),
        WeightedKpi(weight=D("0.25"), score=D(80)),
        WeightedKpi(weight=D("0.20"), score=D("73.33")),
        WeightedKpi(weight=D(missing_weight), score=None, cause=cause),
    ]


def test_what_the_supplier_did_not_deliver_counts_0():
    assert weighted_score(scored(MissingCause.SUPPLIER)) == D("66.67")


@pytest.mark.parametrize("cause", [MissingCause.US, MissingCause.EXCUSED])
def test_what_is_missing_for_other_reasons_is_left_out_and_the_rest_scaled_up(cause):
    assert weighted_score(scored(cause)) == D("78.43")


def test_with_more_than_40_percent_of_the_weight_missing_there_is_no_grade():
    at_the_limit = [
        WeightedKpi(weight=D("0.60"), score=D(80)),
        WeightedKpi(weight=D("0.40"), score=None, cause=MissingCause.US),
    ]
    above = [
        WeightedKpi(weight=D("0.59"), score=D(80)),
        WeightedKpi(weight=D("0.41"), score=None, cause=MissingCause.US),
    ]

    assert weighted_score(at_the_limit) == D("80.00")
    assert weighted_score(above) is None
    assert weighted_score([]) is None


def test_a_silent_supplier_gets_0_and_not_the_grade_nobody_can_judge():
    silent = [WeightedKpi(weight=D(1), score=None, cause=MissingCause.SUPPLIER)]

    assert weighted_score(silent) == D("0.00")


def test_the_kpis_of_the_shared_vectors():
    given = vectors()["kpi_score"]

    for kpi in given["kpis"]:
        score = kpi_score(
            kpi["actual"], kpi["target"], kpi["minimum"], kpi["critical"], Direction(kpi["direction"])
        )
        assert score == (D(kpi["score"]) if kpi["score"] else None), kpi["code"]
    for point in given["points"]:
        assert str(kpi_score(point["actual"], **AVAILABILITY)) == point["score"]
