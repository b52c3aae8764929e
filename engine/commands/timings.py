"""How long commands took in this process, and how they ended: counted since its start, for metrics."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: the upper ends of the ranges in which commands are counted."""

UNAVAILABLE, REFUSED, UNEXPECTED = "unavailable", "refused", "unexpected"


@dataclass(frozen=True, kw_only=True)
class CommandTimes:
    """The commands of one kind. `counts[i]` committed within `BOUNDS[i]` seconds but not within the bound
    before, the last one later than all; `seconds` is their sum. A command that collided and was run again
    counts once, with all its time. `failures` says for what reason others did not commit."""

    counts: tuple[int, ...] = (0,) * (len(BOUNDS) + 1)
    seconds: float = 0.0
    collisions: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)


class Timings:
    """Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: dict[str, _Counter] = {}

    def committed(self, command: str, seconds: float) -> None:
        with self._lock:
            counter = self._counter(command)
            counter.counts[bisect_left(BOUNDS, seconds)] += 1
            counter.seconds += seconds

    def collided(self, command: str) -> None:
        with self._lock:
            self._counter(command).collisions += 1

    def failed(self, command: str, reason: str) -> None:
        with self._lock:
            failures = self._counter(command).failures
            failures[reason] = failures.get(reason, 0) + 1

    def taken(self) -> dict[str, CommandTimes]:
        """Name of the command -> its times up to now."""
        with self._lock:
            return {
                name: CommandTimes(
                    counts=tuple(counter.counts),
                    seconds=counter.seconds,
                    collisions=counter.collisions,
                    failures=dict(counter.failures),
                )
                for name, counter in self._of.items()
            }

    def _counter(self, command: str) -> _Counter:
        return self._of.setdefault(command, _Counter())


@dataclass
class _Counter:
    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0
    collisions: int = 0
    failures: dict[str, int] = field(default_factory=dict)
