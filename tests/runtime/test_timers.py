"""When timers are due."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.bpmn.cron import CronSchedule
from engine.bpmn.model import TimerDefinition, TimerKind
from engine.feel import compile_expression
from engine.runtime.failures import Failure
from engine.runtime.periods import add_period, parse_period
from engine.runtime.timers import (
    ENDLESS,
    at_due_time,
    from_data,
    next_schedule,
    parse_moment,
    schedule,
    to_data,
)

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def due(kind, value, now=NOW, variables=None):
    if value.startswith("="):
        value = compile_expression(value[1:])
    return schedule(TimerDefinition(kind=kind, value=value), variables or {}, now)


def dues(kind, value, count, now=NOW):
    """The first `count` due times, with the state stored between them."""
    found = []
    current = due(kind, value, now)
    while current is not None and len(found) < count:
        found.append(current.due_at)
        current = next_schedule(from_data(to_data(current)))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T08:16:23+02:00", "2026-03-02T06:16:23+00:00"),
        ("2026-03-02T08:16:23Z", "2026-03-02T08:16:23+00:00"),
        ("2026-03-02T08:00:00[Asia/Shanghai]", "2026-03-02T00:00:00+00:00"),
        ("2026-03-02", "2026-03-02T00:00:00+00:00"),
        ('=date and time("2026-03-02T08:00:00@Asia/Shanghai")', "2026-03-02T00:00:00+00:00"),
        ('=date("2026-03-02")', "2026-03-02T00:00:00+00:00"),
        ('="2026-03-02T10:00:00Z"', "2026-03-02T10:00:00+00:00"),
    ],
)
def test_dates(text, expected):
    assert due(TimerKind.DATE, text).due_at == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT1H", "2026-03-02T09:00:00+00:00"),
        ("P1M", "2026-04-02T08:00:00+00:00"),
        ("P1Y2M3DT4H5M6S", "2027-05-05T12:05:06+00:00"),
        ("P2W", "2026-03-16T08:00:00+00:00"),
        ("PT-1H", None),
        ("-PT1H", "2026-03-02T07:00:00+00:00"),
        ('=duration("PT90S")', "2026-03-02T08:01:30+00:00"),
        ('=duration("P2M")', "2026-05-02T08:00:00+00:00"),
        ('="PT" + string(3) + "H"', "2026-03-02T11:00:00+00:00"),
    ],
)
def test_durations(text, expected):
    if expected is None:
        with pytest.raises(Failure):
            due(TimerKind.DURATION, text)
    else:
        assert due(TimerKind.DURATION, text).due_at == datetime.fromisoformat(expected)


def test_a_cycle_fires_as_often_as_it_says():
    assert len(dues(TimerKind.CYCLE, "R3/PT1H", 10)) == 3
    assert due(TimerKind.CYCLE, "R/PT1H").repetitions == ENDLESS
    assert len(dues(TimerKind.CYCLE, "R/PT1H", 10)) == 10


def test_a_monthly_cycle_keeps_to_the_end_of_the_month():
    found = dues(TimerKind.CYCLE, "R/2026-01-31T00:00:00+08:00/P1M", 5, datetime(2026, 1, 1, tzinfo=UTC))

    local = [moment + timedelta(hours=8) for moment in found]
    assert [(m.month, m.day, m.hour) for m in local] == [
        (1, 31, 0),
        (2, 28, 0),
        (3, 31, 0),
        (4, 30, 0),
        (5, 31, 0),
    ]


def test_an_endless_cycle_that_began_long_ago_goes_on_from_its_next_turn():
    found = dues(TimerKind.CYCLE, "R/2020-01-01T00:00:00+08:00/P1M", 2)

    assert [m.isoformat() for m in found] == ["2026-03-31T16:00:00+00:00", "2026-04-30T16:00:00+00:00"]


@pytest.mark.parametrize("text", ["R/PT1H", "R9/2026-03-02T09:00:00+08:00/PT30M", "R/P1M", "0 0 9 * * *"])
def test_a_round_of_a_cycle_is_found_again_by_its_due_time(text):
    first = due(TimerKind.CYCLE, text)
    rounds = [first]
    for _ in range(6):
        rounds.append(next_schedule(rounds[-1]))

    for one in rounds:
        assert at_due_time(first, one.due_at, one.repetitions) == one


def test_a_daily_cycle_keeps_the_wall_clock_over_daylight_saving():
    found = dues(
        TimerKind.CYCLE, "R/2026-03-28T09:00:00[Europe/Berlin]/P1D", 3, datetime(2026, 3, 1, tzinfo=UTC)
    )

    assert [m.hour for m in found] == [8, 7, 7]


def test_hours_are_exact_over_daylight_saving():
    before = parse_moment("2026-03-28T12:00:00[Europe/Berlin]")

    after = add_period(before, parse_period("PT24H"))

    assert after.astimezone(UTC) - before.astimezone(UTC) == timedelta(hours=24)
    assert after.hour == 13


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 0 9 * * MON-FRI", ["2026-03-02T09:00", "2026-03-03T09:00", "2026-03-04T09:00"]),
        ("*/30 * * * * *", ["2026-03-02T08:00:30", "2026-03-02T08:01", "2026-03-02T08:01:30"]),
        ("0 0 0 L * *", ["2026-03-31T00:00", "2026-04-30T00:00", "2026-05-31T00:00"]),
        ("0 0 12 ? * 5L", ["2026-03-27T12:00", "2026-04-24T12:00", "2026-05-29T12:00"]),
        ("0 0 12 ? * 1#1", ["2026-03-02T12:00", "2026-04-06T12:00", "2026-05-04T12:00"]),
        ("0 0 8 15W * *", ["2026-03-16T08:00", "2026-04-15T08:00", "2026-05-15T08:00"]),
        ("0 0 0 29 2 *", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ("@monthly", ["2026-04-01T00:00", "2026-05-01T00:00"]),
    ],
)
def test_cron(text, expected):
    moments = dues(TimerKind.CYCLE, text, len(expected))

    assert moments == [datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in expected]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (TimerKind.DATE, "tomorrow"),
        (TimerKind.DATE, "2026-13-01T00:00:00Z"),
        (TimerKind.DATE, "2026-01-01T00:00:00[Nowhere/Land]"),
        (TimerKind.DURATION, "1 hour"),
        (TimerKind.DURATION, "P"),
        (TimerKind.DURATION, "PT"),
        (TimerKind.CYCLE, "PT1H"),
        (TimerKind.CYCLE, "R0/PT1H"),
        (TimerKind.CYCLE, "R3/often"),
        (TimerKind.CYCLE, "R/PT0S"),
        (TimerKind.CYCLE, "R3/-PT1H"),
        (TimerKind.CYCLE, "0 0 25 * * *"),
        (TimerKind.CYCLE, "0 0 9 * * MON-XYZ"),
        (TimerKind.DURATION, "P99999999Y"),
    ],
)
def test_what_is_no_time_is_a_failure_that_shows_the_text(kind, text):
    with pytest.raises(Failure) as caught:
        due(kind, text)

    assert text in caught.value.message
    assert caught.value.error_type == "EXTRACT_VALUE_ERROR"
    assert caught.value.hint


def test_cron_never_returns_the_moment_itself():
    cron = CronSchedule.parse("0 0 8 * * *")

    assert cron.after(NOW) == NOW + timedelta(days=1)
