"""What every benchmark answers: figures beside what they are held against, and the table of all of them."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

RUNS = 5


@dataclass(frozen=True, kw_only=True)
class Result:
    """`bar` is the largest ratio that is good enough; with `at_least` the smallest. None: no bar is set."""

    what: str
    ours: str
    beside: str
    ratio: float | None = None
    bar: float | None = None
    at_least: bool = False

    @property
    def holds(self) -> bool:
        if self.ratio is None or self.bar is None:
            return True
        return self.ratio >= self.bar if self.at_least else self.ratio <= self.bar

    @property
    def line(self) -> str:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        bar = "" if self.bar is None else f"{'≥' if self.at_least else '≤'} {self.bar:g}"
        return f"| {self.what} | {self.ours} | {self.beside} | {ratio} | {bar} | {self._verdict} |"

    @property
    def _verdict(self) -> str:
        if self.bar is None:
            return ""
        return "yes" if self.holds else "**no**"


def table(results: Sequence[Result]) -> str:
    head = "| what | measured | beside | ratio | bar | holds |\n|---|---|---|---|---|---|"
    return "\n".join([head, *(result.line for result in results)])


@dataclass(frozen=True)
class Taken:
    """Seconds of one call: as the clock on the wall has it, and of this thread's own work."""

    wall: float
    cpu: float


def taken(call: Callable[[], object]) -> Taken:
    """One call, undisturbed by the garbage of what came before it."""
    gc.disable()
    try:
        wall, cpu = time.perf_counter(), time.thread_time()
        call()
        return Taken(time.perf_counter() - wall, time.thread_time() - cpu)
    finally:
        gc.enable()


def middle(samples: Sequence[Taken]) -> Taken:
    return Taken(median(s.wall for s in samples), median(s.cpu for s in samples))


def ms(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms"
