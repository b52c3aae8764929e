"""The database: where transactions begin and end.

`with database.write() as unit:` is one transaction that commits at its end; `with database.read() as
view:` is a snapshot that cannot change anything. Nothing else commits.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, QueuePool, select
from sqlalchemy.exc import IntegrityError

from .connections import BEGIN, BUSY_SECONDS, database_url, open_postgres, open_sqlite, sqlite_file
from .errors import ConstraintBroken, TransactionConflict, translated
from .executor_lock import executor_lock
from .keys import KeyReserve
from .notifications import Notifications
from .schema import metadata
from .unit_of_work import UnitOfWork, View

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PoolUse:
    """Connections that are in use, and how many may be at most."""

    in_use: int
    most: int


class Database:
    """One SQLite file or one PostgreSQL database. Safe to share between threads."""

    def __init__(self, url: str, *, durable: bool = True, pool_size: int = 10) -> None:
        """Opens nothing yet. `durable=False` lets SQLite not wait for the disk: for tests.

        Raises InvalidInput when `url` names something that is neither.
        """
        self._url = database_url(url)
        self.is_postgres = self._url.get_backend_name() == "postgresql"
        self._keys = KeyReserve()
        self._writer: Engine
        self._reader: Engine
        if self.is_postgres:
            self._writer = self._reader = open_postgres(self._url, pool_size=pool_size)
        else:
            self._writer = open_sqlite(self._url, durable=durable, read_only=False, pool_size=pool_size)
            self._reader = open_sqlite(self._url, durable=durable, read_only=True, pool_size=pool_size)
        self._turn = _Turn() if not self.is_postgres else None
        self._notifications = Notifications(self._url if self.is_postgres else None)

    def __repr__(self) -> str:
        return f"<Database {self.place}>"

    @property
    def url(self) -> str:
        """The URL with its password: for opening the same database again, not for showing."""
        return self._url.render_as_string(hide_password=False)

    @property
    def place(self) -> str:
        """The URL without its password."""
        return self._url.render_as_string(hide_password=True)

    @property
    def file(self) -> Path | None:
        """The file of a SQLite database; None on PostgreSQL."""
        return None if self.is_postgres else sqlite_file(self._url)

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """One transaction. Commits at the end of the block, or undoes everything on an exception.

        Raises TransactionConflict when another transaction was in the way (run it again; a broken
        constraint is a kind of it), and DatabaseUnavailable.
        """
        with translated(self.place), self._writing() as connection:
            # At once, not with the first statement: what is read must already stand under the lock.
            connection.begin()
            unit = UnitOfWork(connection, self._keys, is_postgres=self.is_postgres)
            try:
                yield unit
                unit.finish()
                connection.commit()
            except BaseException as error:
                unit.abandon()
                connection.rollback()
                if isinstance(error, IntegrityError):
                    raise ConstraintBroken(f"a rule of the database is broken: {error.orig}") from error
                raise
        unit.committed()
        self._notifications.publish(unit.topics)
        unit.run_after_commit()

    @contextmanager
    def read(self) -> Iterator[View]:
        """A consistent snapshot to look at; writing raises."""
        with translated(self.place), self._reader.connect() as connection:
            if self.is_postgres:
                connection = connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            connection.begin()
            view = View(connection, self._keys, is_postgres=self.is_postgres)
            try:
                yield view
            finally:
                view.abandon()
                connection.rollback()

    def listen(self, on_wake: Callable[[str], None]) -> Callable[[], None]:
        """Call `on_wake(topic)` after commits that called `notify(topic)`, on any node. It may come late,
        twice or not at all: poll as well. Answers a function that ends it."""
        return self._notifications.listen(on_wake)

    @contextmanager
    def executor(self, node: str, now: datetime) -> Iterator[None]:
        """Hold the right to execute while the block runs; `node` says who, in messages.

        On SQLite one process at a time may: raises ExecutorAlreadyRunning, naming the other. On
        PostgreSQL any number.
        """
        if self.file is None:
            yield
            return
        holder = f"{node} (process {os.getpid()}, since {now:%Y-%m-%d %H:%M} UTC)"
        with executor_lock(self.file, holder):
            yield

    def pools(self) -> Mapping[str, PoolUse]:
        """Name -> the connections of this process."""
        if self.is_postgres:
            return {"all": _use(self._writer)}
        return {"writing": _use(self._writer), "reading": _use(self._reader)}

    def ping(self) -> None:
        """Raises DatabaseUnavailable when the database does not answer."""
        with translated(self.place), self._reader.connect() as connection:
            connection.execute(select(1))

    def create_schema(self, *more: MetaData) -> None:
        """Create all tables without a migration history: for tests."""
        with self.connect() as connection:
            for one in (metadata, *more):
                one.create_all(connection)
            connection.commit()

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A bare connection for writing: for migrations and tests."""
        with translated(self.place), self._writing() as connection:
            yield connection

    def close(self) -> None:
        self._notifications.close()
        self._writer.dispose()
        self._reader.dispose()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        if self._turn is None:
            with self._writer.connect() as connection:
                yield connection
        else:
            with self._turn, self._writer.connect() as connection:
                yield connection.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})


def _use(engine: Engine) -> PoolUse:
    pool = engine.pool
    assert isinstance(pool, QueuePool)
    return PoolUse(in_use=pool.checkedout(), most=pool.size() + pool._max_overflow)


class _Turn:
    """Writers of one process queue here rather than sleep and retry at SQLite's file lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: int | None = None

    def __enter__(self) -> None:
        if self._owner == threading.get_ident():
            raise RuntimeError("this thread already has a unit of work open; use that one")
        if not self._lock.acquire(timeout=BUSY_SECONDS):
            raise TransactionConflict(f"the database was busy for {BUSY_SECONDS} seconds; try again")
        self._owner = threading.get_ident()

    def __exit__(self, *_: object) -> None:
        self._owner = None
        self._lock.release()
