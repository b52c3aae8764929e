"""Functions on dates: `now`, `today` and the place of a day in its week, month and year."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from engine.feel.builtins.registry import builtin
from engine.feel.far import Day, far_day
from engine.feel.limits import Run
from engine.feel.temporal import YearMonthDuration, days_in_month

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


@builtin("now", run=True)
def now(run: Run, position: int) -> datetime:
    return run.now


@builtin("today", run=True)
def today(run: Run, position: int) -> date:
    return run.now.date()


@builtin("day of year", "date: date|datetime")
def day_of_year(day: date) -> int:
    return day.timetuple().tm_yday


@builtin("day of week", "date: date|datetime")
def day_of_week(day: date) -> str:
    return _DAYS[day.weekday()]


@builtin("week of year", "date: date|datetime")
def week_of_year(day: date) -> int:
    return day.isocalendar().week


@builtin("month of year", "date: date|datetime")
def month_of_year(day: date) -> str:
    return _MONTHS[day.month - 1]


@builtin("last day of month", "date: date|datetime")
def last_day_of_month(day: date) -> Day | None:
    return far_day(day.year, day.month, days_in_month(day.year, day.month))


@builtin("abs", "n: duration")
@builtin("abs", "number: duration")
def absolute_duration(value: timedelta | YearMonthDuration) -> timedelta | YearMonthDuration:
    return abs(value) if isinstance(value, timedelta) else YearMonthDuration(abs(value.months))
