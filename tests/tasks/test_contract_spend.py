"""Spend against the contract value, on the City of Portland's record."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from tasks.contract.spend import cumulative_increase_pct, spend_over_time
from tests.tasks.vectors import vectors

PAYMENTS = [
    (date(2016, 6, 30), D(4960)),
    (date(2016, 6, 30), D(75680)),
    (date(2016, 12, 31), D(325760)),
    (date(2017, 6, 30), D(2560)),
    (date(2017, 6, 30), D(78320)),
]


def test_the_portland_services_ran_24_43_percent_over_their_award():
    spend = spend_over_time(D(391600), PAYMENTS)

    assert spend.total == D("487280.00")
    assert spend.overrun == D("95680.00")
    assert spend.overrun_pct == D("24.43")
    assert spend.alerts == {80: date(2016, 12, 31), 100: date(2016, 12, 31)}


def test_the_cumulative_percentages_of_the_shared_vectors():
    given = vectors()["real_spend"]
    payments = [(date.fromisoformat(on), amount) for on, amount, _ in given["spend_by_date"]]

    spend = spend_over_time(given["award"], payments)

    assert [str(p.cumulative_pct) for p in spend.points] == [pct for _, _, pct in given["spend_by_date"]]
    assert str(spend.overrun) == given["overrun"]
    assert str(spend.overrun_pct) == given["overrun_pct"]
    assert {str(k): v.isoformat() for k, v in spend.alerts.items()} == given["alerts"]


def test_within_the_value_there_is_no_overrun_and_no_alert():
    spend = spend_over_time(D(1000), [(date(2016, 1, 1), D("799.90"))])

    assert (spend.overrun, spend.overrun_pct, spend.alerts) == (D("0.00"), D("0.00"), {})


def test_increases_are_measured_from_the_original_value():
    assert cumulative_increase_pct(D(391600), [D(4960), D(75680), D(2560), D(12480)]) == D("24.43")


def test_a_contract_without_a_value_has_no_percentages():
    with pytest.raises(ZeroDivisionError):
        spend_over_time(D(0), PAYMENTS)
