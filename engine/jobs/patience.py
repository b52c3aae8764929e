"""Waiting for a database that is away: a little at first, then longer, until it is back or the node stops."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

from ..errors import Unavailable

T = TypeVar("T")

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0

log = logging.getLogger(__name__)


def pauses() -> Iterator[float]:
    """Seconds: each about twice the one before, up to a bound; never the same on two nodes."""
    pause = FIRST_PAUSE
    while True:
        yield random.uniform(0.5, 1) * pause
        pause = min(2 * pause, LONGEST_PAUSE)


def until_reachable(work: Callable[[], T], stopping: threading.Event) -> T:
    """Do `work` again while it raises Unavailable; that is raised when `stopping` is set."""
    for pause in pauses():
        try:
            return work()
        except Unavailable as trouble:
            log.warning("waiting for the database: %s", trouble)
            if stopping.wait(pause):
                raise
    raise AssertionError("there is always another pause")
