"""What a timer needs: a duration or a moment, from a FEEL value or from ISO text."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from engine.feel.errors import FeelError
from engine.feel.temporal import Duration, YearMonthDuration, parse_date_time, parse_duration
from engine.feel.values import kind_of


def to_duration(value: object) -> Duration:
    """A duration as it is, or read from text such as `PT15M` or `P1M`. Raises FeelError for anything else."""
    if isinstance(value, (timedelta, YearMonthDuration)):
        return value
    if isinstance(value, str):
        duration = parse_duration(value.strip())
        if duration is not None:
            return duration
    raise FeelError(f"expected a duration such as PT15M or P1M, found {_shown(value)}")


def to_datetime(value: object) -> datetime:
    """An aware moment: as it is, or read from text; without an offset it is UTC, a date is its midnight.

    Raises FeelError for anything else.
    """
    if isinstance(value, str):
        value = parse_date_time(value.strip()) or value
    elif isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    raise FeelError(f"expected a date and time such as 2026-03-02T08:00:00Z, found {_shown(value)}")


def _shown(value: object) -> str:
    return f"'{value[:60]}'" if isinstance(value, str) else kind_of(value)
