"""`python -m tests.torture.node serve`: the program itself, with the torture's handlers and, when
TENURE_FAULTS says so, with faults. Locks of jobs are short, so that a dead node's work is soon taken over."""

from __future__ import annotations

import functools
import os
import sys
from datetime import timedelta

from engine import HandlerRegistry, JobExecutor
from tenure import command_line, serving, wiring

from . import faults, leaping_clock, outside

LOCK_TIME = timedelta(seconds=3)
POLL = timedelta(seconds=1)


class _Registry(HandlerRegistry):
    """What the program finds when it looks for handlers."""

    @classmethod
    def from_packages(cls, *packages: str) -> HandlerRegistry:
        registry = HandlerRegistry.from_packages(*packages)
        registry.register_module(outside)
        return registry


def main() -> None:
    chosen = faults.faults(os.environ.get(faults.VARIABLE, ""))
    if chosen:
        faults.install(chosen)
    wiring.HandlerRegistry = _Registry  # type: ignore[misc]
    if leaping_clock.FILE in os.environ:
        clock = leaping_clock.LeapingClock.of_this_room()
        serving.open_engine = functools.partial(wiring.open_engine, clock=clock)
    serving.JobExecutor = functools.partial(  # type: ignore[misc,assignment]
        JobExecutor, lock_time=LOCK_TIME, poll=POLL
    )
    command_line.main(sys.argv[1:])


if __name__ == "__main__":
    main()
