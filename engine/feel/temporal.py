"""Dates, times and durations: reading them from text, writing them, and their parts.

A date is datetime.date, a time datetime.time, a date and time datetime.datetime; with an offset or a zone
they are aware. Durations of days and time are timedelta, of years and months YearMonthDuration.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import total_ordering
from typing import Any
from zoneinfo import ZoneInfo

from engine.feel.far import (
    CYCLE,
    CYCLE_YEARS,
    FAR_TYPES,
    FIRST_NEAR,
    Day,
    FarDate,
    FarDateTime,
    combine,
    far_day,
    settled,
    split,
    year_text,
)


@total_ordering
class YearMonthDuration:
    """A duration of whole months; a negative one goes back."""

    __slots__ = ("months",)

    def __init__(self, months: int) -> None:
        self.months = months

    def __eq__(self, other: object) -> bool:
        return isinstance(other, YearMonthDuration) and self.months == other.months

    def __lt__(self, other: YearMonthDuration) -> bool:
        return self.months < other.months

    def __hash__(self) -> int:
        return hash((YearMonthDuration, self.months))

    def __repr__(self) -> str:
        return f"YearMonthDuration({self.months})"

    def __str__(self) -> str:
        return format_months(self.months)


Duration = timedelta | YearMonthDuration
Moment = datetime | FarDateTime
Temporal = date | time | datetime | timedelta | YearMonthDuration | FarDate

_DATE = re.compile(r"(-?(?:\d{4}|[1-9]\d{4,8}))-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(
    r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:@([^\[\]@]+)|(Z|z|[+-]\d\d:\d\d(?::\d\d)?)?(?:\[([^\[\]@]+)\])?)",
    re.ASCII,
)
_ZONE = re.compile(r"[A-Za-z0-9_+\-]{1,30}(?:/[A-Za-z0-9_+\-]{1,30}){0,2}", re.ASCII)
_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)(?::(\d\d))?", re.ASCII)
_MONTHS = re.compile(r"(-?)P(?:(-?\d{1,12})Y)?(?:(-?\d{1,12})M)?", re.ASCII)
_DAYS = re.compile(
    r"(-?)P(?:(-?\d{1,12})W)?(?:(-?\d{1,12})D)?"
    r"(T(?:(-?\d{1,15})H)?(?:(-?\d{1,15})M)?(?:(-?\d{1,15})(?:\.(\d{0,9}))?S)?)?",
    re.ASCII,
)
_DAY = timedelta(days=1)
_EPOCH_DAY = date(2024, 1, 1)


# --- from text -----------------------------------------------------------------------------------


def parse_date(text: str) -> Day | None:
    """A date, none when the text is no such date."""
    found = _DATE.fullmatch(text)
    return far_day(*map(int, found.groups())) if found else None


def parse_time(text: str, *, strict: bool = False) -> time | None:
    """A time with or without offset (`+01:00`, `Z`) or zone (`@Europe/Berlin`)."""
    found = _TIME.fullmatch(text[1:] if text.startswith("T") else text)
    return _time(found, strict=strict) if found else None


def parse_date_time(text: str, *, strict: bool = False) -> Moment | None:
    """A date and time; a date alone is its midnight, and 24:00:00 the midnight after it."""
    day_text, separator, time_text = text.partition("T")
    day = parse_date(day_text)
    if day is None:
        return None
    if not separator:
        return combine(day, time())
    if time_text.startswith("24:00:00"):
        midnight = parse_date_time(f"{day_text}T00{time_text[2:]}", strict=strict)
        return None if midnight is None else add_duration(midnight, _DAY)
    found = _TIME.fullmatch(time_text)
    clock = _time(found, strict=strict) if found else None
    return None if clock is None else in_gap(combine(day, clock))


def parse_duration(text: str) -> Duration | None:
    """`P1Y2M` or `P1DT2H3M4.5S`, also with negative parts; both kinds mixed are none."""
    found = _MONTHS.fullmatch(text)
    if found and (found[2] or found[3]):
        months = int(found[2] or 0) * 12 + int(found[3] or 0)
        return YearMonthDuration(-months if found[1] else months)
    found = _DAYS.fullmatch(text)
    if not found or not any(found.group(2, 3, 5, 6, 7)) or found[4] == "T":
        return None
    seconds = (int(found[2] or 0) * 7 + int(found[3] or 0)) * 86400
    seconds += int(found[5] or 0) * 3600 + int(found[6] or 0) * 60 + int(found[7] or 0)
    micros = int((found[8] or "0")[:6].ljust(6, "0"))
    if (found[7] or "").startswith("-"):
        micros = -micros
    try:
        result = timedelta(seconds=seconds, microseconds=micros)
        return -result if found[1] else result
    except OverflowError:
        return None


def parse_temporal(text: str, *, strict: bool = False) -> Temporal | None:
    """Whatever kind of temporal value an `@` literal writes."""
    if text.startswith(("P", "-P")):
        return parse_duration(text)
    if "T" in text[1:]:
        return parse_date_time(text, strict=strict)
    if ":" in text[:6]:
        return parse_time(text, strict=strict)
    return parse_date(text)


def parse_zone(text: str) -> tzinfo | None:
    """`Z`, `+01:00` or a zone of the IANA database."""
    if text in ("Z", "z", "UTC", "GMT", "Etc/UTC"):
        return UTC if text in ("Z", "z") else ZoneInfo(text)
    found = _OFFSET.fullmatch(text)
    if found:
        return _offset(*found.groups())
    if not _ZONE.fullmatch(text):
        return None
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        return None


# --- to text -------------------------------------------------------------------------------------


def format_temporal(value: Temporal) -> str:
    """The text from which the same value can be read."""
    if isinstance(value, (date, FarDate)):
        day = f"{year_text(value.year)}-{value.month:02}-{value.day:02}"
        if not isinstance(value, (datetime, FarDateTime)):
            return day
        return f"{day}T{_format_clock(value.time())}{format_zone(value)}"
    if isinstance(value, time):
        return _format_clock(value) + format_zone(value)
    if isinstance(value, timedelta):
        return format_duration(value)
    return format_months(value.months)


def format_months(months: int, zero: str = "P0Y") -> str:
    years, rest = divmod(abs(months), 12)
    if not months:
        return zero
    return ("-P" if months < 0 else "P") + (f"{years}Y" if years else "") + (f"{rest}M" if rest else "")


def format_duration(value: timedelta, zero: str = "P0D") -> str:
    if not value:
        return zero
    sign, value = ("-", -value) if value < timedelta() else ("", value)
    hours, seconds = divmod(value.seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    text = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if seconds or value.microseconds:
        text += f"{seconds}{_fraction(value.microseconds)}S"
    return sign + "P" + (f"{value.days}D" if value.days else "") + (f"T{text}" if text else "")


def format_zone(value: time | Moment) -> str:
    """`@Europe/Berlin`, `+01:00`, `Z` or nothing."""
    zone = value.tzinfo
    if zone is None:
        return ""
    if isinstance(zone, ZoneInfo):
        return f"@{zone.key}"
    return format_offset(offset_of(value) or timedelta())


def format_offset(offset: timedelta) -> str:
    if not offset:
        return "Z"
    sign, offset = ("-", -offset) if offset < timedelta() else ("+", offset)
    minutes, seconds = divmod(offset.seconds, 60)
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")


def json_text(value: Temporal) -> str:
    """ISO text; a zone is shown with its offset, as Java does: `+02:00[Europe/Berlin]`."""
    if isinstance(value, (datetime, time, FarDateTime)) and isinstance(value.tzinfo, ZoneInfo):
        clock = format_temporal(value.replace(tzinfo=None))
        return f"{clock}{format_offset(offset_of(value) or timedelta())}[{value.tzinfo.key}]"
    return format_temporal(value)


# --- zones and instants ----------------------------------------------------------------------------


def offset_of(value: time | Moment) -> timedelta | None:
    """The offset from UTC. A time without a date takes the standard offset of its zone."""
    if isinstance(value, FarDateTime):
        return offset_of(value.near)
    if isinstance(value, datetime) or not isinstance(value.tzinfo, ZoneInfo):
        return value.utcoffset()
    noon = datetime.combine(_EPOCH_DAY, time(12), value.tzinfo)
    offset = noon.utcoffset()
    return None if offset is None else offset - (noon.dst() or timedelta())


def instant(value: datetime) -> datetime:
    """The same moment without a zone, in UTC, so that two can be compared and subtracted."""
    offset = value.utcoffset()
    bare = value.replace(tzinfo=None)
    return bare - offset if offset else bare


def seconds_of(value: time) -> timedelta:
    """The time since midnight in UTC (or since local midnight, without an offset)."""
    since = timedelta(
        hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond
    )
    offset = offset_of(value)
    return since - offset if offset else since


def in_gap(value: Any) -> Any:
    """A local time that a zone skips in spring, moved on by the length of the gap."""
    if isinstance(value, datetime) and isinstance(value.tzinfo, ZoneInfo):
        try:
            return value.astimezone(UTC).astimezone(value.tzinfo)
        except OverflowError:
            return value
    return value


# --- arithmetic ------------------------------------------------------------------------------------


def add_months(value: Any, months: int) -> Any:
    """The same day of another month, or the last one that it has."""
    _, near = split(value)
    total = value.year * 12 + value.month - 1 + months
    year, month = divmod(total, 12)
    cycles, rest = divmod(year - FIRST_NEAR, CYCLE_YEARS)
    day = min(value.day, days_in_month(year, month + 1))
    return in_gap(settled(cycles, near.replace(year=FIRST_NEAR + rest, month=month + 1, day=day)))


def add_duration(value: Any, duration: timedelta) -> Any:
    """So much real time later: over a change of the clocks the local hour moves."""
    try:
        if isinstance(value, datetime):
            if isinstance(value.tzinfo, ZoneInfo):
                return (value.astimezone(UTC) + duration).astimezone(value.tzinfo)
            return value + duration
    except OverflowError:
        pass
    cycles, near = split(value)
    more, rest = divmod(duration, CYCLE)
    return settled(cycles + more, near + rest)


def add_to_date(value: Any, duration: timedelta) -> Any:
    """The day in which the moment after `duration` from midnight falls."""
    cycles, near = split(value)
    more, days = divmod(duration // _DAY, CYCLE.days)
    return settled(cycles + more, near + timedelta(days=days))


def difference(a: Any, b: Any) -> timedelta | None:
    """The time from b to a, of two dates or of two moments; none when only one of them has a zone."""
    if isinstance(a, (datetime, FarDateTime)):
        if (a.tzinfo is None) is not (b.tzinfo is None):
            return None
        if isinstance(a, datetime) and isinstance(b, datetime):
            return instant(a) - instant(b)
        (cycles_a, near_a), (cycles_b, near_b) = split(a), split(b)
        near_a, near_b = instant(near_a), instant(near_b)
    else:
        (cycles_a, near_a), (cycles_b, near_b) = split(a), split(b)
    apart: timedelta = near_a - near_b
    return (cycles_a - cycles_b) * CYCLE + apart


def add_to_time(value: time, duration: timedelta) -> time:
    """Around the clock."""
    bare = value.replace(tzinfo=None)
    micros = (seconds_of(bare) + duration % _DAY) % _DAY
    moved = (datetime.combine(_EPOCH_DAY, time()) + micros).time()
    return moved.replace(tzinfo=value.tzinfo)


def days_in_month(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _time(found: re.Match[str], *, strict: bool) -> time | None:
    hour, minute, second, fraction, zone_text, offset_text, bracket = found.groups()
    if strict and (second is None or bracket):
        return None
    zone: tzinfo | None = None
    if zone_text or bracket:
        zone = parse_zone(zone_text or bracket)
        if zone is None:
            return None
    elif offset_text:
        zone = parse_zone(offset_text)
        if zone is None:
            return None
    try:
        micros = int((fraction or "0")[:6].ljust(6, "0"))
        return time(int(hour), int(minute), int(second or 0), micros, zone)
    except ValueError:
        return None


def _offset(sign: str, hours: str, minutes: str, seconds: str | None) -> tzinfo | None:
    offset = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds or 0))
    if offset > timedelta(hours=18) or int(minutes) > 59 or int(seconds or 0) > 59:
        return None
    if not offset:
        return UTC
    return timezone(-offset if sign == "-" else offset)


def _format_clock(value: time) -> str:
    return f"{value.hour:02}:{value.minute:02}:{value.second:02}{_fraction(value.microsecond)}"


def _fraction(micros: int) -> str:
    return f".{micros:06}".rstrip("0") if micros else ""


__all__ = ["FAR_TYPES", "FarDate", "FarDateTime", "YearMonthDuration"]
