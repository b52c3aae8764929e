"""The clock that wakes the job executor at the next due time. The only APScheduler of the program.

It keeps nothing: due times stand in our own tables, and are looked up again after every restart.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from ..clock import SystemClock

_NEXT = "next-due"


class WakeUpClock:
    """Calls back once after a while, and at regular intervals; from a thread of its own."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._scheduler = BackgroundScheduler(timezone=UTC)

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=False)

    def wake_in(self, delay: timedelta | None) -> None:
        """Wake after `delay` instead of what was said before. None: not before somebody else wakes."""
        if delay is None:
            if self._scheduler.get_job(_NEXT) is not None:
                self._scheduler.remove_job(_NEXT)
            return
        moment = SystemClock().now() + delay
        self._scheduler.add_job(
            self._wake, DateTrigger(moment), id=_NEXT, replace_existing=True, misfire_grace_time=None
        )

    def every(self, interval: timedelta, action: Callable[[], None]) -> None:
        trigger = IntervalTrigger(seconds=max(1, int(interval.total_seconds())))
        self._scheduler.add_job(action, trigger, coalesce=True, misfire_grace_time=None)
