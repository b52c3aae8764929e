"""How connections to SQLite and PostgreSQL are opened, and how their transactions begin."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

from ..errors import InvalidInput

BUSY_SECONDS = 30
KEEP_ALIVE = {
    "connect_timeout": 5,
    # A node or a server that vanished without a word must not be waited for, nor keep row locks, for hours.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": BUSY_SECONDS * 1000,
}
BEGIN = "tenure_begin"
"""Execution option: the statement that begins a transaction on SQLite."""


def database_url(text: str) -> URL:
    """The URL with the driver that Tenure uses. Raises InvalidInput for other databases."""
    try:
        url = make_url(text)
    except Exception as error:
        raise InvalidInput(
            f"'{text.split('@')[-1]}' is not a database URL; write sqlite:///path/to/file.db "
            "or postgresql+psycopg://user:password@host/name"
        ) from error
    backend = url.get_backend_name()
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if backend == "sqlite":
        if url.database in (None, "", ":memory:"):
            raise InvalidInput("Tenure needs a SQLite file, not a database in memory")
        return url.set(drivername="sqlite+pysqlite")
    raise InvalidInput(f"Tenure runs on SQLite and PostgreSQL, not on {backend}")


def sqlite_file(url: URL) -> Path:
    return Path(url.database or "").absolute()


def open_postgres(url: URL, *, pool_size: int) -> Engine:
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=BUSY_SECONDS,
        pool_pre_ping=True,
        connect_args=KEEP_ALIVE | {"options": f"-c timezone=UTC -c lock_timeout={BUSY_SECONDS}s"},
    )


def open_sqlite(
    url: URL, *, durable: bool, read_only: bool, pool_size: int, foreign_keys: bool = True
) -> Engine:
    """An engine on a SQLite file. `durable` waits for the disk at each commit; tests need not."""
    sqlite_file(url).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=BUSY_SECONDS,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        # The driver's own idea of when a transaction begins knows neither BEGIN IMMEDIATE nor savepoints.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        cursor.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))

    return engine
