"""JobExecutor: a bounded pool of threads that fires timers, runs jobs and works off batch operations."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from types import NoneType
from typing import Any, Protocol

from ..commands import Command, CommandExecutor
from ..commands.jobs import ExtendLocks
from ..commands.messages import ExpireMessages
from ..commands.timers import FireTimer
from ..errors import Unavailable
from ..model import SYSTEM, Job, Timer
from .batch_runner import active_batches, run_batch
from .idle import due_timers, next_due
from .job_runner import LOCK_TIME, JobRunner
from .patience import pauses
from .scheduler import WakeUpClock

log = logging.getLogger(__name__)

POLL = timedelta(seconds=5)
EXPIRE = timedelta(minutes=1)
RECONSIDER = timedelta(seconds=1)
REST_AFTER_FAULT = timedelta(minutes=1)


class Engine(Protocol):
    """What the executor needs of a ProcessEngine."""

    @property
    def commands(self) -> CommandExecutor: ...


class JobExecutor:
    """One per node. Any number of nodes may share a PostgreSQL database; on SQLite a second one is refused.

    It wakes after commits that made work, at the next due time, and every `poll` in case a hint was lost.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        threads: int = 4,
        worker: str = "",
        poll: timedelta = POLL,
        lock_time: timedelta = LOCK_TIME,
    ) -> None:
        self._commands = engine.commands
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._runner = JobRunner(engine.commands, worker=worker, lock_time=lock_time, stopping=self._stopping)
        self.threads = threads
        self._poll = poll.total_seconds()
        self._lock_time = lock_time
        self._in_flight: dict[object, Timer | Job | None] = {}
        self._resting: dict[object, float] = {}
        self._lock = threading.Lock()
        self._clock = WakeUpClock(self._wake.set)
        self._thread: threading.Thread | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._held = ExitStack()
        self._trouble = "it has not started"

    @property
    def worker(self) -> str:
        return self._runner.worker

    @property
    def healthy(self) -> bool:
        """Whether the threads run and the database answered last time."""
        return not self.trouble

    @property
    def trouble(self) -> str:
        """Why it takes no work now; empty when it does."""
        if self._thread is None or not self._thread.is_alive():
            return self._trouble or "it has stopped"
        return self._trouble

    def in_flight(self) -> dict[str, int]:
        """How many jobs, timers and shares of batch operations its threads are at now; together at most
        `threads`."""
        with self._lock:
            kinds = Counter(type(due) for due in self._in_flight.values())
        return {"job": kinds[Job], "timer": kinds[Timer], "batch": kinds[NoneType]}

    def start(self) -> None:
        """Raises ExecutorAlreadyRunning when another process executes on this SQLite file."""
        engine = self._commands.engine
        self._held.enter_context(engine.database.executor(self.worker, engine.clock.now()))
        self._held.callback(engine.database.listen(lambda topic: self._wake.set()))
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="tenure-job")
        self._clock.start()
        self._clock.every(EXPIRE, self._expire_messages)
        self._clock.every(self._lock_time / 3, self._extend_locks)
        self._thread = threading.Thread(target=self._dispatch_until_stopped, name="tenure-jobs", daemon=True)
        self._trouble = ""
        self._thread.start()
        self._wake.set()

    def stop(self, timeout: float = 30.0) -> None:
        """Take nothing new, let what runs come to its end, and let go. Safe to call twice."""
        if self._thread is None or self._pool is None:
            return
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout)
        self._pool.shutdown(wait=True)
        self._clock.stop()
        self._held.close()
        self._thread = self._pool = None

    # --- in the dispatching thread ---------------------------------------------------------------

    def _dispatch_until_stopped(self) -> None:
        waits = pauses()
        while not self._stopping.is_set():
            self._wake.wait(self._poll)
            self._wake.clear()
            if self._stopping.is_set():
                return
            try:
                self._dispatch()
            except Unavailable as trouble:
                self._trouble = str(trouble)
                log.warning("waiting for the database: %s", trouble)
            except Exception as error:
                self._trouble = f"{type(error).__name__}: {error}"
                log.exception("the job executor met something unexpected and goes on")
            else:
                self._trouble, waits = "", pauses()
                continue
            self._stopping.wait(next(waits))
            self._wake.set()

    def _dispatch(self) -> None:
        for timer in self._due_timers():
            self._submit(timer.key, partial(self._fire, timer), timer)
        for job in self._runner.take(self._free_slots()):
            self._submit(job.key, partial(self._do, job), job)
        self._dispatch_batches()
        if self._free_slots():
            self._clock.wake_in(self._until_next())

    def _dispatch_batches(self) -> None:
        """Batch operations get what timers and jobs leave, and half of the threads at most: what falls due
        meanwhile shall find one free."""
        keys = active_batches(self._commands)
        places = range(max(1, self.threads // 2)) if keys else ()
        for place in places:
            if self._free_slots() > 0:
                key = keys[place % len(keys)]
                self._submit(("batch", place), partial(self._work_off, key))

    def _until_next(self) -> timedelta | None:
        """How long nothing falls due. What is overdue and could not be done now is not asked for in haste:
        another node has it, or its instance is suspended."""
        moment = next_due(self._commands)
        return None if moment is None else max(moment - self._commands.engine.clock.now(), RECONSIDER)

    def _due_timers(self) -> list[Timer]:
        """As many as there are slots, without those at work and those that rest after a fault."""
        now = time.monotonic()
        with self._lock:
            self._resting = {key: until for key, until in self._resting.items() if until > now}
            passed_by = {*self._resting, *self._in_flight}
        slots = self._free_slots()
        if not slots:
            return []
        found = due_timers(self._commands, slots + len(passed_by))
        return [timer for timer in found if timer.key not in passed_by][:slots]

    def _free_slots(self) -> int:
        with self._lock:
            return self.threads - len(self._in_flight)

    def _submit(self, key: object, work: Callable[[], bool], due: Timer | Job | None = None) -> None:
        with self._lock:
            if key in self._in_flight or key in self._resting or self._pool is None:
                return
            self._in_flight[key] = due
        self._pool.submit(work).add_done_callback(partial(self._finished, key))

    # --- in the threads of the pool --------------------------------------------------------------

    def _fire(self, timer: Timer) -> bool:
        return self._commands.run(FireTimer(timer=timer), SYSTEM)

    def _do(self, job: Job) -> bool:
        self._runner.run(job)
        return True

    def _work_off(self, key: int) -> bool:
        return run_batch(self._commands, key, go_on=lambda: not self._stopping.is_set()) > 0

    def _finished(self, key: object, done: Future[bool]) -> None:
        """Look for more, unless this led to nothing: then the next hint or poll is soon enough."""
        error = done.exception()
        with self._lock:
            del self._in_flight[key]
            if error is not None and not isinstance(error, Unavailable):
                self._resting[key] = time.monotonic() + REST_AFTER_FAULT.total_seconds()
        if isinstance(error, Unavailable):
            log.warning("work on %s has to wait: %s", key, error)
        elif error is not None:
            log.error("work on %s ended with %s; it will be tried again", key, error, exc_info=error)
        if error is not None or done.result():
            self._wake.set()

    # --- at intervals, in the clock's threads ----------------------------------------------------

    def _expire_messages(self) -> None:
        self._at_interval(ExpireMessages())

    def _extend_locks(self) -> None:
        """What takes longer than the lock time goes on being ours, as long as this node lives."""
        with self._lock:
            jobs = tuple(due for due in self._in_flight.values() if isinstance(due, Job))
        if jobs:
            self._at_interval(ExtendLocks(jobs=jobs, lock_time=self._lock_time))

    def _at_interval(self, command: Command[Any]) -> None:
        try:
            self._commands.run(command, SYSTEM)
        except Unavailable as trouble:
            log.warning("%s has to wait: %s", type(command).__name__, trouble)
