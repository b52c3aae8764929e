"""`python -m tests.tenure.node_program worker`: the program itself with two handlers for tests.

Locks of jobs are short, so that a dead node's work is soon taken over.
"""

from __future__ import annotations

import functools
import os
import sys
import time
from datetime import timedelta
from pathlib import Path

from engine import HandlerRegistry, JobContext, JobExecutor, handler
from tenure import command_line, serving, wiring

LOG, HOLD = "TENURE_TEST_LOG", "TENURE_TEST_HOLD"


@handler("nodes.note", external=True)
def note(job: JobContext) -> None:
    """One line for each call: which process, for which job."""
    with open(os.environ[LOG], "a", encoding="ascii") as log:
        log.write(f"{os.getpid()} {job.idempotency_key}\n")


@handler("nodes.hold", external=True)
def hold(job: JobContext) -> None:
    """Note it, and take as long as the file is there."""
    note(job)
    while Path(os.environ[HOLD]).exists():
        time.sleep(0.05)


class _Registry(HandlerRegistry):
    @classmethod
    def from_packages(cls, *packages: str) -> HandlerRegistry:
        return HandlerRegistry([note, hold])


def main() -> None:
    wiring.HandlerRegistry = _Registry  # type: ignore[misc]
    serving.JobExecutor = functools.partial(  # type: ignore[misc,assignment]
        JobExecutor, lock_time=timedelta(seconds=3), poll=timedelta(seconds=1)
    )
    command_line.main(sys.argv[1:])


if __name__ == "__main__":
    main()
