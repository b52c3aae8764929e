"""Formulas 4 and 5: service credits, earn-back, delay damages."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from tasks.performance.credits import KpiDefault, delay_damages, earned_back, monthly_credits, multiplier
from tests.tasks.vectors import vectors


def test_the_worked_example_of_the_texas_clause_gives_2000():
    credits = monthly_credits(
        [KpiDefault(kpi=1, pool=D("0.5"), allocation=D("0.4"))], invoice=D(100000), at_risk_pct=D("0.10")
    )

    assert [c.amount for c in credits] == [D("2000.00")]


def test_the_sum_of_a_month_is_capped_at_the_amount_at_risk():
    credits = monthly_credits(
        [
            KpiDefault(kpi=1, pool=D("0.8"), allocation=D("0.5"), is_critical=True),
            KpiDefault(kpi=2, pool=D("0.8"), allocation=D("0.4")),
        ],
        invoice=D(1000000),
        at_risk_pct=D("0.12"),
    )

    assert [c.raw for c in credits] == [D("96000.00"), D("38400.00")]
    assert sum(c.amount for c in credits) == D("120000.00")
    assert [c.amount for c in credits] == [D("85714.29"), D("34285.71")]


def test_one_incident_costs_its_largest_credit_only():
    credits = monthly_credits(
        [
            KpiDefault(kpi=1, pool=D("0.8"), allocation=D("0.5"), incident="INC-1"),
            KpiDefault(kpi=2, pool=D("0.8"), allocation=D("0.4"), incident="INC-1"),
        ],
        invoice=D(1000000),
        at_risk_pct=D("0.12"),
    )

    assert [(c.raw, c.amount) for c in credits] == [
        (D("48000.00"), D("48000.00")),
        (D("38400.00"), D("0")),
    ]


def test_without_an_invoice_there_is_nothing_to_credit():
    credits = monthly_credits(
        [KpiDefault(kpi=1, pool=D("0.5"), allocation=D("0.4"))], invoice=D(0), at_risk_pct=D("0.10")
    )

    assert [c.amount for c in credits] == [D("0.00")]


@pytest.mark.parametrize(
    ("consecutive", "is_critical", "factor"),
    [(1, False, "1"), (2, False, "1.5"), (3, False, "2"), (7, False, "2"), (1, True, "2"), (3, True, "2")],
)
def test_the_multiplier_grows_with_defaults_in_a_row_and_is_at_least_2_when_critical(
    consecutive, is_critical, factor
):
    assert multiplier(consecutive, is_critical=is_critical) == D(factor)


def test_a_zeroth_default_is_refused():
    with pytest.raises(ValueError, match="first in a row"):
        multiplier(0)


def test_rounding_never_pushes_the_sum_over_the_cap():
    credits = monthly_credits(
        [KpiDefault(kpi=k, pool=D(1), allocation=D("0.3333"), consecutive=3) for k in range(3)],
        invoice=D("1000.01"),
        at_risk_pct=D("0.10"),
    )

    assert sum(c.amount for c in credits) == D("100.00")


def test_twelve_good_months_earn_a_credit_back_and_one_default_voids_it():
    good = earned_back(D(48000), defaults_next_12_months=0, mean_next_12_months=D("99.93"), target=D("99.9"))
    void = earned_back(D(48000), defaults_next_12_months=1, mean_next_12_months=D("99.93"), target=D("99.9"))
    below = earned_back(D(48000), defaults_next_12_months=0, mean_next_12_months=D("99.8"), target=D("99.9"))

    assert (good, void, below) == (D("48000.00"), D("0.00"), D("0.00"))


@pytest.mark.parametrize(("days", "amount"), [(0, "0.00"), (30, "15000.00"), (240, "100000.00")])
def test_delay_damages_grow_by_the_day_up_to_their_cap(days, amount):
    damages = delay_damages(D(1000000), rate_per_day=D("0.0005"), days=days, cap_pct=D("0.1"))

    assert damages == D(amount)


def test_a_negative_delay_is_refused():
    with pytest.raises(ValueError, match="no delay"):
        delay_damages(D(1), rate_per_day=D("0.1"), days=-1, cap_pct=D("0.1"))


def test_the_damages_of_the_shared_vectors():
    for case in vectors()["liquidated_damages"]:
        damages = delay_damages(
            case["value"], rate_per_day=case["rate_per_day"], days=int(case["days"]), cap_pct=case["cap_pct"]
        )
        assert str(damages) == case["amount"]


def test_the_credits_of_the_shared_vectors():
    for case in vectors()["service_credit"][:2]:
        consecutive = {D(1): 1, D("1.5"): 2, D(2): 3}
        credits = monthly_credits(
            [
                KpiDefault(
                    kpi=i,
                    pool=default["category_pool"],
                    allocation=default["allocation"],
                    consecutive=consecutive[default["multiplier"]],
                )
                for i, default in enumerate(case["defaults"])
            ],
            invoice=case["invoice"],
            at_risk_pct=case["at_risk_pct"],
        )
        assert str(sum(c.amount for c in credits)) == case["credit"]
