"""Bringing a database to the schema of this program, and refusing one that does not fit.

The migration scripts belong to the program; `scripts` says where they are, as `package:folder`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, NullPool, create_engine, func, inspect, select

from ..errors import EngineError, SchemaTooNew, SchemaTooOld
from .connections import BEGIN, database_url, open_sqlite, sqlite_file
from .database import Database
from .errors import translated
from .executor_lock import executor_lock

_MIGRATION_LOCK = 0x6D696772617465


class MigrationFailed(EngineError):
    """The upgrade was undone; the database is as it was."""

    code = "MIGRATION_FAILED"


def upgrade_schema(url: str, scripts: str) -> Path | None:
    """Bring the database up to the newest schema, from whatever earlier one, or from nothing.

    It happens in one transaction; a second node that tries at the same moment waits and finds it done.
    A SQLite file with data in it is copied first: answers the copy. Raises SchemaTooNew,
    DatabaseUnavailable, MigrationFailed, and ExecutorAlreadyRunning when a process that knows the old
    tables executes on the SQLite file (on PostgreSQL, stop the nodes first).
    """
    config = _config(scripts)
    head = ScriptDirectory.from_config(config).get_current_head()
    chosen = database_url(url)
    place = chosen.render_as_string(hide_password=True)
    if chosen.get_backend_name() == "sqlite":
        sqlite_file(chosen).parent.mkdir(parents=True, exist_ok=True)
    with translated(place):
        with _looking(url) as connection:
            before = _revision(connection)
            if before == head:
                return None
            _refuse_unknown(before, config, place)
            has_data = bool(inspect(connection).get_table_names())
        with _nobody_executing(chosen):
            copy = _copied(url, before) if has_data else None
            with _migrating(url) as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                _check_foreign_keys(connection)
                connection.commit()
    return copy


def check_schema(database: Database, scripts: str) -> None:
    """Raises SchemaTooOld (naming the mend) or SchemaTooNew when the schema is not this program's."""
    config = _config(scripts)
    head = ScriptDirectory.from_config(config).get_current_head()
    current = schema_revision(database)
    if current == head:
        return
    _refuse_unknown(current, config, database.place)
    state = f"has schema {current}" if current else "has no tables yet"
    raise SchemaTooOld(
        f"the database {database.place} {state}, this program needs {head}; run `tenure db upgrade`"
    )


def schema_revision(database: Database) -> str | None:
    """The schema that the database has now; None when it has none."""
    if database.file is not None and not database.file.exists():
        return None
    with translated(database.place), _looking(database.url) as connection:
        return _revision(connection)


def _config(scripts: str) -> Config:
    config = Config()
    config.set_main_option("script_location", scripts)
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_unknown(revision: str | None, config: Config, place: str) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise SchemaTooNew(
            f"the database {place} has schema {revision}, which this program does not know: "
            "it was written by a later Tenure; install that version"
        )


@contextmanager
def _looking(url: str) -> Iterator[Connection]:
    """A plain connection, without the settings that would make a file of what is not there."""
    engine = create_engine(database_url(url), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _migrating(url: str) -> Iterator[Connection]:
    """A connection in a transaction that may rebuild tables: nobody else migrates at the same time."""
    chosen = database_url(url)
    if chosen.get_backend_name() == "sqlite":
        # Rebuilding a table drops it; with foreign keys on, that would drop what refers to it. They can
        # be switched only outside a transaction.
        engine = open_sqlite(chosen, durable=True, read_only=False, pool_size=1, foreign_keys=False)
    else:
        engine = create_engine(chosen, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            connection = connection.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _nobody_executing(url: URL) -> Iterator[None]:
    if url.get_backend_name() != "sqlite":
        yield
        return
    with executor_lock(sqlite_file(url), f"an upgrade of the schema (process {os.getpid()})"):
        yield


def _check_foreign_keys(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        tables = ", ".join(sorted({f"{row[0]} -> {row[2]}" for row in broken}))
        raise MigrationFailed(
            f"after the upgrade {len(broken)} rows would refer to rows that do not exist ({tables}); "
            "nothing was changed"
        )


def _copied(url: str, revision: str | None) -> Path | None:
    """Copy a SQLite file, with what stands in its write-ahead log, next to itself."""
    chosen = database_url(url)
    if chosen.get_backend_name() != "sqlite":
        return None
    source = sqlite_file(chosen)
    copy = source.with_name(f"{source.name}.schema-{revision or 'none'}")
    number = 1
    while copy.exists():
        number += 1
        copy = source.with_name(f"{source.name}.schema-{revision or 'none'}-{number}")
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(copy)) as new:
        old.backup(new)
    return copy
