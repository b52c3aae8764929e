"""Dates as contracts count them: whole months, notice periods, working days."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta

_PERIOD = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?", re.ASCII)


def add_months(day: date, months: int) -> date:
    """The same day some months later, or the last day of a shorter month."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def add_period(day: date, period: str) -> date:
    """`day` plus an ISO 8601 period of years, months, weeks and days. Raises ValueError."""
    years, months, weeks, days = _parts(period)
    return add_months(day, years * 12 + months) + timedelta(weeks=weeks, days=days)


def months_of(period: str) -> int:
    """The whole months of a period like P3M or P1Y; 0 when it has none. Raises ValueError."""
    years, months, _, _ = _parts(period)
    return years * 12 + months


def months_between(start: date, end: date) -> int:
    """Months from start to end (both included), begun ones counted."""
    following = end + timedelta(days=1)
    months = (following.year - start.year) * 12 + following.month - start.month
    return max(months + (following.day > start.day), 1)


def working_day_before(day: date) -> date:
    """`day` itself, or the Friday before when it falls on a weekend. (Public holidays are not known.)"""
    return day - timedelta(days=max(day.weekday() - 4, 0))


def _parts(period: str) -> tuple[int, int, int, int]:
    match = _PERIOD.fullmatch(period)
    if match is None or period == "P":
        raise ValueError(f"{period!r} is no period like P30D, P6M or P1Y")
    years, months, weeks, days = (int(group or 0) for group in match.groups())
    return years, months, weeks, days
