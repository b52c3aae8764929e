"""What one transaction offers: a store per noun, keys, savepoints, and what follows the commit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import NoReturn

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from ..runtime.changes import Changes
from .audit import AuditTrail
from .batch_operations import BatchOperations
from .comments import Comments
from .decisions import DecisionLog
from .definitions import Definitions
from .documents import Documents
from .drafts import Drafts
from .history import History
from .identity import IdentityStore
from .incidents import Incidents
from .instances import Instances
from .jobs import Jobs
from .keys import KeyReserve, Keys
from .link import Link
from .messages import Messages
from .settings import Settings
from .shapes import Shapes
from .subscriptions import Subscriptions
from .timers import Timers
from .tokens import Tokens
from .user_tasks import UserTasks
from .variables import Variables
from .workload import Workload, workload
from .write_changes import write_changes

logger = logging.getLogger(__name__)


class StepSession(Session):
    """The session of a step: handlers add their own rows with it, the unit of work commits."""

    def commit(self) -> NoReturn:
        raise RuntimeError("only the unit of work commits; leave the session as it is")

    def rollback(self) -> NoReturn:
        raise RuntimeError("only the unit of work rolls back; raise an exception instead")


class View:
    """A transaction to look through: one store per noun. Values that come out are frozen or a copy."""

    def __init__(self, connection: Connection, reserve: KeyReserve, *, is_postgres: bool) -> None:
        self._link = Link(connection, is_postgres, Keys(connection, reserve, is_postgres=is_postgres))
        self._session: StepSession | None = None

    @property
    def session(self) -> Session:
        """A SQLAlchemy session on the same connection and in the same transaction."""
        if self._session is None:
            self._session = StepSession(
                self._link.connection, join_transaction_mode="rollback_only", expire_on_commit=False
            )
        return self._session

    @property
    def keys(self) -> Keys:
        return self._link.keys

    @cached_property
    def instances(self) -> Instances:
        return Instances(self._link)

    @cached_property
    def tokens(self) -> Tokens:
        return Tokens(self._link)

    @cached_property
    def history(self) -> History:
        return History(self._link)

    @cached_property
    def shapes(self) -> Shapes:
        return Shapes(self._link)

    @cached_property
    def variables(self) -> Variables:
        return Variables(self._link)

    @cached_property
    def user_tasks(self) -> UserTasks:
        return UserTasks(self._link)

    @cached_property
    def comments(self) -> Comments:
        return Comments(self._link)

    @cached_property
    def drafts(self) -> Drafts:
        return Drafts(self._link)

    @cached_property
    def jobs(self) -> Jobs:
        return Jobs(self._link)

    @cached_property
    def timers(self) -> Timers:
        return Timers(self._link)

    def workload(self, now: datetime) -> Workload:
        """How much open work there is."""
        return workload(self._link, now)

    @cached_property
    def messages(self) -> Messages:
        return Messages(self._link)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        return Subscriptions(self._link)

    @cached_property
    def incidents(self) -> Incidents:
        return Incidents(self._link)

    @cached_property
    def batch_operations(self) -> BatchOperations:
        return BatchOperations(self._link)

    @cached_property
    def definitions(self) -> Definitions:
        return Definitions(self._link)

    @cached_property
    def decisions(self) -> DecisionLog:
        return DecisionLog(self._link)

    @cached_property
    def audit(self) -> AuditTrail:
        return AuditTrail(self._link, self.instances.audit_heads)

    @cached_property
    def documents(self) -> Documents:
        return Documents(self._link)

    @cached_property
    def identity(self) -> IdentityStore:
        return IdentityStore(self._link)

    @cached_property
    def settings(self) -> Settings:
        return Settings(self._link)

    def abandon(self) -> None:
        """The transaction ends without a trace. Called by `Database`."""
        if self._session is not None:
            self._session.close()


class UnitOfWork(View):
    """A transaction that writes. `Database.write` commits it."""

    def __init__(self, connection: Connection, reserve: KeyReserve, *, is_postgres: bool) -> None:
        super().__init__(connection, reserve, is_postgres=is_postgres)
        self._callbacks: list[Callable[[], None]] = []
        self._topics: list[str] = []

    @property
    def topics(self) -> frozenset[str]:
        return frozenset(self._topics)

    def write_changes(
        self, changes: Changes, *, at: datetime, by: str, outcomes: Mapping[int, str] | None = None
    ) -> None:
        """Write what a step did, one statement per table. The caller holds the lock of the root instance.

        Completed user tasks are completed by `by` at `at`, with the outcome of `outcomes` by key. Not
        written: `signals_thrown` and `log`, which are the caller's to broadcast and to audit.
        """
        heads = self.audit.settle({one.key for one in changes.instances_changed})
        write_changes(self._link, changes, heads, at=at, by=by, outcomes=outcomes or {})
        self.audit.began(one.key for one in changes.instances_started)
        if changes.jobs_created:
            self.notify("jobs")
        if changes.timers_opened:
            self.notify("timers")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that can fail alone: an exception undoes the block, its audit lines and its callbacks."""
        callbacks, topics = len(self._callbacks), len(self._topics)
        keys, audit = self.keys.mark, self.audit.mark
        try:
            with self.session.begin_nested():
                # The session sets its savepoint when it first touches the connection; stores do not wait.
                self.session.connection()
                yield
        except BaseException:
            del self._callbacks[callbacks:]
            del self._topics[topics:]
            self.audit.undone_to(audit)
            self.keys.undone_to(keys)
            raise

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the transaction is committed; never, if it is undone."""
        self._callbacks.append(callback)

    def notify(self, *topics: str) -> None:
        """Wake whoever listens to these topics, on all nodes, after the commit."""
        self._topics.extend(topics)

    def finish(self) -> None:
        """Write what is still held back. Called by `Database` just before the commit."""
        if self._session is not None:
            self._session.flush()
            self._session.close()
        self.audit.flush()

    def committed(self) -> None:
        self.keys.keep_rest()

    def run_after_commit(self) -> None:
        for callback in self._callbacks:
            try:
                callback()
            except Exception:
                logger.exception("a callback after the commit failed; the commit stands")
