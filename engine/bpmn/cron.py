"""Cron with six fields (second minute hour day-of-month month day-of-week), as Camunda reads it."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MACROS = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 0",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_YEARS_AHEAD = 12


@dataclass(frozen=True, kw_only=True)
class CronSchedule:
    """Times are in UTC. Days of the month know `L`, `L-3` and `15W`; days of the week `5L` and `5#2`."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: str
    months: frozenset[int]
    weekdays: str

    @classmethod
    def parse(cls, text: str) -> CronSchedule:
        """Raises ValueError with the field that is wrong."""
        fields = _MACROS.get(text.strip().lower(), text).split()
        if len(fields) != 6:
            raise ValueError(f"the cron expression '{text}' has {len(fields)} fields, not 6")
        second, minute, hour, day, month, weekday = (field.upper() for field in fields)
        month, weekday = _numbered(month, _MONTHS, 1), _numbered(weekday, _DAYS, 0)
        cron = cls(
            seconds=_values(second, 0, 59),
            minutes=_values(minute, 0, 59),
            hours=_values(hour, 0, 23),
            days=day,
            months=_values(month, 1, 12),
            weekdays=weekday,
        )
        cron._days_of(2026, 1)
        return cron

    def after(self, moment: datetime) -> datetime | None:
        """The first time later than `moment`, in UTC; None when there is none within twelve years."""
        start = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        year, month = start.year, start.month
        while year <= start.year + _YEARS_AHEAD:
            if month in self.months:
                for day in sorted(self._days_of(year, month)):
                    found = self._time_on(datetime(year, month, day, tzinfo=UTC), start)
                    if found is not None:
                        return found
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        return None

    def _time_on(self, day: datetime, start: datetime) -> datetime | None:
        if day.date() < start.date():
            return None
        for hour in sorted(self.hours):
            for minute in sorted(self.minutes):
                if day.replace(hour=hour, minute=minute, second=59) < start:
                    continue
                for second in sorted(self.seconds):
                    found = day.replace(hour=hour, minute=minute, second=second)
                    if found >= start:
                        return found
        return None

    def _days_of(self, year: int, month: int) -> set[int]:
        last = monthrange(year, month)[1]
        days = set(range(1, last + 1))
        if self.days not in ("*", "?"):
            days &= _days_of_month(self.days, year, month, last)
        if self.weekdays not in ("*", "?"):
            days &= _days_of_week(self.weekdays, year, month, last)
        return days


def _days_of_month(field: str, year: int, month: int, last: int) -> set[int]:
    days: set[int] = set()
    for part in field.split(","):
        if part == "L":
            days.add(last)
        elif part == "LW":
            days.add(_nearest_workday(year, month, last, last))
        elif part.startswith("L-"):
            days.add(last - _number(part[2:], 0, 30))
        elif part.endswith("W"):
            days.add(_nearest_workday(year, month, min(_number(part[:-1], 1, 31), last), last))
        else:
            days |= set(_values(part, 1, 31))
    return {day for day in days if 1 <= day <= last}


def _days_of_week(field: str, year: int, month: int, last: int) -> set[int]:
    days: set[int] = set()
    for part in field.split(","):
        if "#" in part:
            weekday, nth = part.split("#", 1)
            matching = _on_weekday({_number(weekday, 0, 7) % 7}, year, month, last)
            days |= set(matching[_number(nth, 1, 5) - 1 :][:1])
        elif part.endswith("L") and part != "L":
            days.add(_on_weekday({_number(part[:-1], 0, 7) % 7}, year, month, last)[-1])
        else:
            days |= set(_on_weekday({value % 7 for value in _values(part, 0, 7)}, year, month, last))
    return days


def _on_weekday(weekdays: set[int], year: int, month: int, last: int) -> list[int]:
    first = datetime(year, month, 1, tzinfo=UTC).isoweekday() % 7
    return [day for day in range(1, last + 1) if (first + day - 1) % 7 in weekdays]


def _nearest_workday(year: int, month: int, day: int, last: int) -> int:
    weekday = datetime(year, month, day, tzinfo=UTC).isoweekday()
    if weekday == 6:
        return day - 1 if day > 1 else day + 2
    if weekday == 7:
        return day + 1 if day < last else day - 2
    return day


def _values(field: str, low: int, high: int) -> frozenset[int]:
    values: set[int] = set()
    for part in field.split(","):
        span, _, step_text = part.partition("/")
        step = _number(step_text, 1, high or 1) if step_text else 1
        if span in ("*", "?"):
            first, last = low, high
        elif "-" in span:
            first, last = (_number(text, low, high) for text in span.split("-", 1))
        else:
            first = _number(span, low, high)
            last = high if step_text else first
        if first > last:
            raise ValueError(f"the cron range '{part}' goes backwards")
        values |= set(range(first, last + 1, step))
    return frozenset(values)


def _number(text: str, low: int, high: int) -> int:
    if not text.isdecimal() or not low <= int(text) <= high:
        raise ValueError(f"'{text}' in a cron expression is no number from {low} to {high}")
    return int(text)


def _numbered(field: str, names: tuple[str, ...], first: int) -> str:
    for number, name in enumerate(names, start=first):
        field = field.replace(name, str(number))
    return field
