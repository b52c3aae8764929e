"""Dates beyond the years 1 to 9999 that Python's own can hold: a near date and a number of 400-year cycles.

The calendar repeats after 400 years to the day of the week, so everything but the year can be read off the
near date, and arithmetic happens there.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

CYCLE_YEARS = 400
CYCLE = timedelta(days=146_097)
FIRST_NEAR = 2000
LAST_YEAR = 999_999_999


class FarDate:
    """A date. `near` lies in the years 2000 to 2399."""

    __slots__ = ("cycles", "near")

    def __init__(self, cycles: int, near: Any) -> None:
        self.cycles, self.near = cycles, near

    @property
    def year(self) -> int:
        return int(self.near.year) + self.cycles * CYCLE_YEARS

    def __getattr__(self, name: str) -> Any:
        return getattr(self.near, name)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and (self.cycles, self.near) == (other.cycles, other.near)

    def __hash__(self) -> int:
        return hash((self.cycles, self.near))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.year}, {self.near!r})"


class FarDateTime(FarDate):
    """A date and time, with or without a zone."""

    __slots__ = ()

    def date(self) -> FarDate:
        return FarDate(self.cycles, self.near.date())

    def replace(self, **parts: Any) -> FarDateTime:
        return FarDateTime(self.cycles, self.near.replace(**parts))


FAR_TYPES = frozenset((FarDate, FarDateTime))
Day = date | FarDate


def far_day(year: int, month: int, day: int) -> Day | None:
    """The date, near or far; none when there is no such day."""
    if not -LAST_YEAR <= year <= LAST_YEAR:
        return None
    cycles, rest = divmod(year - FIRST_NEAR, CYCLE_YEARS)
    try:
        day_found: Day = settled(cycles, date(FIRST_NEAR + rest, month, day))
    except (ValueError, OverflowError):
        return None
    return day_found


def combine(day: Day, clock: time) -> datetime | FarDateTime:
    if isinstance(day, FarDate):
        return FarDateTime(day.cycles, datetime.combine(day.near, clock))
    return datetime.combine(day, clock)


def split(value: Any) -> tuple[int, Any]:
    """The cycles and the near date of any date or date and time."""
    if isinstance(value, FarDate):
        return value.cycles, value.near
    cycles, rest = divmod(value.year - FIRST_NEAR, CYCLE_YEARS)
    return cycles, value.replace(year=FIRST_NEAR + rest)


def settled(cycles: int, near: Any) -> Any:
    """A date of Python where that is possible, else a far one. `near` may lie outside the first cycle."""
    more, rest = divmod(near.year - FIRST_NEAR, CYCLE_YEARS)
    cycles, near = cycles + more, near.replace(year=FIRST_NEAR + rest)
    year = FIRST_NEAR + rest + cycles * CYCLE_YEARS
    if 1 <= year <= 9999:
        return near.replace(year=year)
    if abs(year) > LAST_YEAR:
        raise OverflowError("a year beyond 999999999")
    return (FarDateTime if isinstance(near, datetime) else FarDate)(cycles, near)


def year_text(year: int) -> str:
    return f"{'-' if year < 0 else ''}{abs(year):04}"
