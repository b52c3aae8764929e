"""Databases for benchmarks, set up as the program sets them up: SQLite in a file that waits for the disk, and
a real PostgreSQL. And how many statements were sent to one of them."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import event

from engine import Database
from tests.databases import NoPostgres, PostgresServer, postgres


@dataclass(frozen=True)
class Room:
    """Where databases of one kind are made; each has all tables and no rows."""

    name: str
    _open: Callable[[], AbstractContextManager[str]]

    @contextmanager
    def database(self) -> Iterator[Database]:
        with self._open() as url:
            database = Database(url)
            database.create_schema()
            try:
                yield database
            finally:
                database.close()


def rooms() -> Iterator[Room]:
    """SQLite, and PostgreSQL if there is one."""
    with tempfile.TemporaryDirectory() as folder:
        yield Room("SQLite", lambda: _file(Path(folder)))
    with ExitStack() as stack:
        try:
            server = stack.enter_context(postgres())
        except NoPostgres as missing:
            print(f"PostgreSQL left out: {missing}")
            return
        yield Room(f"PostgreSQL {_version(server)}", server.empty)


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that the writer sends inside the block."""
    sent: list[str] = []

    def count(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(database._writer, "before_cursor_execute", count)
    try:
        yield sent
    finally:
        event.remove(database._writer, "before_cursor_execute", count)


@contextmanager
def _file(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / uuid.uuid4().hex}.db"


def _version(server: PostgresServer) -> str:
    with server.empty() as url, psycopg.connect(url.replace("+psycopg", "")) as connection:
        version = connection.info.server_version
    return f"{version // 10_000}.{version % 10_000}"
