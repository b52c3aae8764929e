"""The records of the business, the audit trail, and what falls due."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from ..commands.timings import CommandTimes
from ..commands.transaction import RunInTransaction, Transaction
from ..filters import AuditFilter
from ..identity import READ_AUDIT
from ..jobs import next_due, run_until_idle
from ..model import Actor, AuditEntry, Page
from ..storage import AuditHead, Workload
from .part import EnginePart

T = TypeVar("T")


class RecordsPart(EnginePart):
    """Reading and writing beside the processes; the clock's work."""

    @contextmanager
    def records(self) -> Iterator[Any]:
        """A read-only SQLAlchemy session over one consistent view, for registers and scorecards."""
        with self.database.read() as view:
            yield view.session

    @contextmanager
    def transaction(self, *, by: Actor, action: str) -> Iterator[Transaction]:
        """A write outside a step, with messages, documents and audit lines in the same transaction.

        Commits at the end of the block. It is not run again when it collides with another change (Conflict):
        where people wait for the answer, use `in_transaction`.
        """
        with self.commands.transaction(by, action) as transaction:
            yield transaction

    def in_transaction(self, work: Callable[[Transaction], T], *, by: Actor, action: str) -> T:
        """Like `transaction`, with `work` as the block; it is called again, in a new transaction, when the
        first collided with another change. A page that holds a record and tells a process, and a step of
        the process that wants the record, wait for each other: one of them has to begin again."""
        return self.commands.run(RunInTransaction(work=work, action=action), by)

    def audit(
        self, filter: AuditFilter | None = None, *, by: Actor, limit: int = 100, cursor: str | None = None
    ) -> Page[AuditEntry]:
        with self._look() as (view, rights):
            rights.need(by, READ_AUDIT, "read the audit trail")
            return view.audit.search(filter or AuditFilter(), limit=limit, cursor=cursor)

    def audit_heads(self, *, by: Actor) -> tuple[AuditHead, ...]:
        """Where every hash chain ends now: what a seal keeps elsewhere."""
        with self._look() as (view, rights):
            rights.need(by, READ_AUDIT, "seal the audit trail")
            return tuple(view.audit.heads())

    def verify_audit(self, *, by: Actor, sealed: Iterable[AuditHead] = ()) -> list[str]:
        """What is wrong with the hash chains, one sentence each; empty when they hold, and when the `sealed`
        heads of an earlier time stand in them still."""
        with self._look() as (view, rights):
            rights.need(by, READ_AUDIT, "verify the audit trail")
            return [str(found) for found in view.audit.verify(sealed)]

    def run_until_idle(self, limit: int = 10_000) -> int:
        """Fire due timers and run due jobs, at the engine's clock, until nothing is due. Answers how many.

        For tests, the demonstration and single commands; a program uses `JobExecutor`.
        """
        return run_until_idle(self.commands, limit)

    def next_due(self) -> datetime | None:
        """When the next timer or job falls due; what `FixedClock` may be moved to."""
        return next_due(self.commands)

    def workload(self) -> Workload:
        """How much open work there is in the whole installation: for metrics."""
        with self.database.read() as view:
            return view.workload(self.clock.now())

    def command_times(self) -> Mapping[str, CommandTimes]:
        """Name of the command -> what this process has run of it since its start: for metrics."""
        return self.commands.timings.taken()

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every commit that made work for the machine (it must not block)."""
        self.commands.on_commit(listener)
