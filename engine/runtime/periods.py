"""ISO 8601 durations with calendar months, added the way a calendar does."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal


class PeriodSyntaxError(ValueError):
    """The text is no ISO 8601 duration."""


@dataclass(frozen=True, kw_only=True)
class Period:
    """Whole months (years are twelve) and an exact time; days follow the calendar of a zone."""

    months: int = 0
    days: int = 0
    time: timedelta = timedelta()


def parse_period(text: str) -> Period:
    """`P1M`, `P3DT4H`, `-PT30S`, `P2W`; raises PeriodSyntaxError."""
    found = _PERIOD.fullmatch(text.strip())
    if found is None or not any(found[name] for name in _PARTS):
        raise PeriodSyntaxError(f"'{text}' is no duration such as PT1H or P3D")
    part = {name: Decimal(found[name] or 0) for name in _PARTS}
    sign = -1 if found["sign"] == "-" else 1
    seconds = part["hours"] * 3600 + part["minutes"] * 60 + part["seconds"]
    return Period(
        months=sign * int(part["years"] * 12 + part["months"]),
        days=sign * int(part["weeks"] * 7 + part["days"]),
        time=sign * timedelta(microseconds=int(seconds * 1_000_000)),
    )


def add_period(moment: datetime, period: Period, times: int = 1) -> datetime:
    """`moment` and `times` periods more, counted from `moment`: January 31 and two months is March 31.

    Months and days keep the wall clock of the moment's zone; hours are exact.
    """
    months = moment.month - 1 + period.months * times
    year, month = moment.year + months // 12, months % 12 + 1
    day = min(moment.day, monthrange(year, month)[1])
    local = moment.replace(year=year, month=month, day=day) + timedelta(days=period.days * times)
    if not period.time:
        return local
    zone = local.tzinfo
    if zone is None:
        return local + period.time * times
    utc = local - (local.utcoffset() or timedelta())
    shifted = utc.replace(tzinfo=None) + period.time * times
    return zone.fromutc(shifted.replace(tzinfo=zone))


_PARTS = ("years", "months", "weeks", "days", "hours", "minutes", "seconds")
_PERIOD = re.compile(
    r"(?P<sign>[+-]?)P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
