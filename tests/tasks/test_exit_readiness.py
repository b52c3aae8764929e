"""Formula 10: readiness of an exit."""

from __future__ import annotations

from decimal import Decimal as D

from tasks.exit.readiness import ItemProgress, readiness
from tests.tasks.vectors import vectors

ITEMS = [(5, True), (3, True), (2, False), (5, True), (1, False)]


def progress(pairs, *, mandatory=True):
    return [ItemProgress(weight=D(weight), done=done, mandatory=mandatory) for weight, done in pairs]


def test_13_of_16_is_81_25_percent_and_may_not_close():
    result = readiness(progress(ITEMS))

    assert result.readiness_pct == D("81.25")
    assert not result.can_close


def test_one_open_mandatory_item_keeps_the_exit_open_however_light_it_is():
    items = [*progress([(99, True)]), *progress([(1, False)])]

    assert not readiness(items).can_close


def test_open_items_that_are_not_mandatory_do_not_hold_the_exit_up():
    items = [*progress([(5, True)]), *progress([(5, False)], mandatory=False)]

    result = readiness(items)

    assert result.readiness_pct == D("50.00")
    assert result.can_close


def test_with_nothing_to_hand_over_the_exit_is_ready():
    assert readiness([]).readiness_pct == D("100.00")
    assert readiness([]).can_close


def test_the_items_of_the_shared_vectors():
    given = vectors()["exit_readiness"]

    result = readiness([ItemProgress(weight=i["weight"], done=i["done"]) for i in given["items"]])

    assert str(result.readiness_pct) == given["readiness_pct"]
    assert result.can_close == given["can_close"]
