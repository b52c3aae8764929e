"""Where the time comes from: the system's clock, or one that a test or a demonstration sets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time. Every time in Tenure comes from one of these."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is moved; for tests and for the demonstration."""

    def __init__(self, start: datetime) -> None:
        """Raises ValueError when `start` has no time zone."""
        self._now = _aware(start)

    def now(self) -> datetime:
        return self._now

    def set(self, moment: datetime) -> None:
        """Move to `moment` (aware). Raises ValueError when it has no time zone."""
        self._now = _aware(moment)

    def advance(self, step: timedelta) -> datetime:
        """Move forward by `step` and answer the new time."""
        self._now += step
        return self._now


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"a clock needs a time with a zone, not {moment.isoformat()}")
    return moment.astimezone(UTC)
