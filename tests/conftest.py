"""Fixtures for all tests: databases of both kinds, each test its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData

from engine.storage import Database
from tests.databases import NoPostgres, PostgresServer, postgres

# --- databases ------------------------------------------------------------------------------------------

BOTH = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgres", id="postgres", marks=pytest.mark.postgres),
]


def _record_metadata() -> list[MetaData]:
    from tasks.all_records import metadata

    return [metadata]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real PostgreSQL server. Without one the test is skipped, or fails where CI is set."""
    try:
        with postgres() as server:
            yield server
    except NoPostgres as missing:
        if os.environ.get("CI"):
            pytest.fail(f"no PostgreSQL to test on: {missing}")
        pytest.skip(f"no PostgreSQL to test on: {missing}")


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    with postgres_server.empty() as url:
        yield url


@pytest.fixture(params=BOTH)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables: once SQLite, once PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to copy."""
    path = tmp_path_factory.mktemp("template") / "tenure.db"
    database = Database(f"sqlite:///{path}", durable=False)
    database.create_schema(*_record_metadata())
    database.close()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a SQLite database with all tables."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'tenure.db')}"


@pytest.fixture
def filled_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of a PostgreSQL database with all tables."""
    with postgres_server.filled(_record_metadata) as url:
        yield url


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database with all tables: once SQLite, once PostgreSQL."""
    name = "sqlite_url" if request.param == "sqlite" else "filled_postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with all tables: once SQLite, once PostgreSQL."""
    opened = Database(database_url, durable=False)
    yield opened
    opened.close()
