"""Doing everything that is due at the engine's clock, in the calling thread."""

from __future__ import annotations

from datetime import datetime

from ..commands import CommandExecutor
from ..commands.timers import FireTimer
from ..model import SYSTEM, Timer
from .batch_runner import active_batches, run_batch
from .job_runner import JobRunner

BATCH = 100


def run_until_idle(commands: CommandExecutor, limit: int) -> int:
    """Fire due timers, run due jobs and work off batch operations until nothing is due; at most `limit`.
    Answers how many."""
    runner = JobRunner(commands)
    done = 0
    while done < limit:
        progress = fire_due_timers(commands, limit - done)
        jobs = runner.take(min(BATCH, limit - done - progress))
        for job in jobs:
            runner.run(job)
        progress += len(jobs)
        for key in active_batches(commands):
            progress += run_batch(commands, key, limit=max(1, min(BATCH, limit - done - progress)))
        if not progress:
            break
        done += progress
    return done


def fire_due_timers(commands: CommandExecutor, limit: int) -> int:
    """Answers how many fired: those of suspended instances, and those another node has, do not."""
    timers = due_timers(commands, min(limit, BATCH))
    return sum(commands.run(FireTimer(timer=timer), SYSTEM) for timer in timers)


def due_timers(commands: CommandExecutor, limit: int) -> list[Timer]:
    engine = commands.engine
    with engine.database.read() as view:
        return view.timers.due(engine.clock.now(), limit=limit)


def next_due(commands: CommandExecutor) -> datetime | None:
    """When the next timer or job falls due; it may have passed already."""
    engine = commands.engine
    with engine.database.read() as view:
        moments = [view.timers.next_due(), view.jobs.next_due(engine.handlers.types)]
    return min((moment for moment in moments if moment is not None), default=None)
