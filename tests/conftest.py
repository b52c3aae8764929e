"""Fixtures for all tests: databases of both kinds, each test its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import MetaData

from engine import (
    SYSTEM,
    Actor,
    DeploymentResult,
    FixedClock,
    HandlerRegistry,
    ProcessEngine,
    Resource,
)
from engine.storage import Database
from tests.databases import NoPostgres, OwnServer, PostgresServer, own_server, postgres

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
def own_postgres() -> Iterator[OwnServer]:
    """A PostgreSQL server of the test's own, to stop and to start again."""
    try:
        with own_server() as server:
            yield server
    except NoPostgres as missing:
        if os.environ.get("CI"):
            pytest.fail(f"no PostgreSQL to stop: {missing}")
        pytest.skip(f"no PostgreSQL to stop: {missing}")


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


# --- the engine -----------------------------------------------------------------------------------------


@pytest.fixture
def clock() -> FixedClock:
    """Stands at eight in the morning (UTC) of 2 March 2026 until a test moves it."""
    return FixedClock(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))


@pytest.fixture
def handlers() -> HandlerRegistry:
    """The handlers that `engine` knows; a test module may have its own fixture of this name."""
    return HandlerRegistry()


@pytest.fixture
def engine(database: Database, clock: FixedClock, handlers: HandlerRegistry) -> ProcessEngine:
    """A real engine: once on SQLite, once on PostgreSQL."""
    return ProcessEngine(database, clock=clock, handlers=handlers)


@pytest.fixture
def deploy(engine: ProcessEngine) -> Callable[..., DeploymentResult]:
    """`deploy(*resources)` deploys files, given as `Resource` or as paths, as the system."""

    def deploy(*resources: Resource | Path, draft: bool = False) -> DeploymentResult:
        files = [
            Resource(name=one.name, content=one.read_bytes()) if isinstance(one, Path) else one
            for one in resources
        ]
        return engine.deploy(files, by=SYSTEM, draft=draft)

    return deploy


@pytest.fixture
def account(engine: ProcessEngine) -> Callable[..., Actor]:
    """`account("anna", groups=["buyers"], permissions=["operate"])` creates a user and answers the actor.

    Groups come into being; permissions are those of a group of the user's own.
    """

    def account(
        user_id: str,
        password: str | None = None,
        *,
        groups: Sequence[str] = (),
        permissions: Sequence[str] = (),
    ) -> Actor:
        known = {group.group_id for group in engine.groups()}
        own = [f"only-{user_id}"] if permissions else []
        if permissions:
            engine.create_group(own[0], own[0], permissions=permissions, by=SYSTEM)
        for group in groups:
            if group not in known:
                engine.create_group(group, group, by=SYSTEM)
        engine.create_user(user_id, user_id.title(), password=password, groups=[*groups, *own], by=SYSTEM)
        return Actor(user_id=user_id)

    return account


@pytest.fixture
def admin(engine: ProcessEngine, account: Callable[..., Actor]) -> Actor:
    """A user in the group `admin`, which may do everything."""
    return account("admin", groups=["admin"])
