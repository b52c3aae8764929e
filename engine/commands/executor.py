"""CommandExecutor: runs a command in a unit of work, again when it collided with another."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from ..errors import Unavailable
from ..model import Actor
from ..storage import TransactionConflict
from .command import Command, CommandContext, Engine
from .follow_ups import send_follow_ups
from .transaction import Transaction

T = TypeVar("T")

log = logging.getLogger(__name__)


class Timings:
    """Counted since the start of the program, for the metrics page."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.commands = 0
        self.seconds = 0.0
        self.collisions = 0

    def ran(self, seconds: float) -> None:
        with self._lock:
            self.commands += 1
            self.seconds += seconds

    def collided(self) -> None:
        with self._lock:
            self.collisions += 1


class CommandExecutor:
    """Thread-safe; the only place that opens a writing transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._listeners: list[Callable[[], None]] = []
        self._timings = Timings()

    @property
    def timings(self) -> Timings:
        """How many commands have run in this process, and how long they took."""
        return self._timings

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each commit, in the thread of the command; it must not block or raise."""
        self._listeners.append(listener)

    def run(self, command: Command[T], by: Actor) -> T:
        """Run to the commit and answer the command's result. Nothing of a failed command stays."""
        begin = time.perf_counter()
        last: TransactionConflict | None = None
        for attempt in range(self.engine.limits.conflict_retries):
            try:
                result = self._once(command, by)
            except TransactionConflict as conflict:
                last = conflict
                self._timings.collided()
                log.debug("%s collided: %s", type(command).__name__, conflict)
                time.sleep(random.uniform(0.2, 1) * min(0.005 * 2**attempt, 0.5))
                continue
            self._timings.ran(time.perf_counter() - begin)
            self._committed()
            return result
        raise Unavailable(
            f"{type(command).__name__} collided with other changes again and again; try once more"
        ) from last

    @contextmanager
    def transaction(self, by: Actor, action: str) -> Iterator[Transaction]:
        """A write that is not a command. Commits at the end of the block, which runs only once: a collision
        raises TransactionConflict."""
        with self.engine.database.write() as uow:
            context = CommandContext(engine=self.engine, uow=uow, actor=by, now=self.engine.clock.now())
            transaction = Transaction(context, action)
            yield transaction
            transaction.close()
            send_follow_ups(context)
            context.write_log()
        self._committed()

    def _committed(self) -> None:
        for listener in self._listeners:
            listener()

    def _once(self, command: Command[T], by: Actor) -> T:
        with self.engine.database.write() as uow:
            context = CommandContext(engine=self.engine, uow=uow, actor=by, now=self.engine.clock.now())
            result = command.run(context)
            send_follow_ups(context)
            context.write_log()
            return result
