"""CommandExecutor: runs a command in a unit of work, again when it collided with another."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from ..errors import EngineError, Unavailable
from ..model import Actor
from ..storage import TransactionConflict
from .command import Command, CommandContext, Engine
from .follow_ups import send_follow_ups
from .timings import REFUSED, UNAVAILABLE, UNEXPECTED, Timings
from .transaction import Transaction

T = TypeVar("T")

log = logging.getLogger(__name__)


class CommandExecutor:
    """Thread-safe; the only place that opens a writing transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._listeners: list[Callable[[], None]] = []
        self._timings = Timings()

    @property
    def timings(self) -> Timings:
        """How many commands of each kind have run in this process, how long they took and how they ended."""
        return self._timings

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each commit, in the thread of the command; it must not block or raise."""
        self._listeners.append(listener)

    def run(self, command: Command[T], by: Actor) -> T:
        """Run to the commit and answer the command's result. Nothing of a failed command stays."""
        name, begin = type(command).__name__, time.perf_counter()
        try:
            result = self._until_committed(command, by)
        except Unavailable:
            self._timings.failed(name, UNAVAILABLE)
            raise
        except EngineError:
            self._timings.failed(name, REFUSED)
            raise
        except Exception:
            self._timings.failed(name, UNEXPECTED)
            raise
        self._timings.committed(name, time.perf_counter() - begin)
        self._committed()
        return result

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

    def _until_committed(self, command: Command[T], by: Actor) -> T:
        last: TransactionConflict | None = None
        for attempt in range(self.engine.limits.conflict_retries):
            try:
                return self._once(command, by)
            except TransactionConflict as conflict:
                last = conflict
                self._timings.collided(type(command).__name__)
                log.debug("%s collided: %s", type(command).__name__, conflict)
                time.sleep(random.uniform(0.2, 1) * min(0.005 * 2**attempt, 0.5))
        raise Unavailable(
            f"{type(command).__name__} collided with other changes again and again; try once more"
        ) from last

    def _once(self, command: Command[T], by: Actor) -> T:
        with self.engine.database.write() as uow:
            context = CommandContext(engine=self.engine, uow=uow, actor=by, now=self.engine.clock.now())
            result = command.run(context)
            send_follow_ups(context)
            context.write_log()
            return result
