"""The company of the stories: sample accounts, the shipped processes, the real handlers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine import SYSTEM, Database, FixedClock, HandlerRegistry, ProcessEngine
from tasks.wiring import handler_services
from tenure.sample_accounts import create_roles, sample_account_names
from tenure.shipped import deploy_shipped
from tests.stories.company import HANDLERS, Company

FOUNDED = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def _engine(database: Database, clock: FixedClock) -> ProcessEngine:
    services = handler_services(seal_key=b"k" * 32)
    return ProcessEngine(database, clock=clock, handlers=HANDLERS, services=services)


def _found(engine: ProcessEngine) -> None:
    """The people come, the shipped processes are deployed."""
    create_roles(engine)
    for user_id, name, group in sample_account_names():
        engine.create_user(user_id, name, by=SYSTEM, groups=[group])
    deploy_shipped(engine)


@pytest.fixture(scope="session")
def sqlite_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file in which the company stands already, to copy."""
    path = tmp_path_factory.mktemp("company") / "tenure.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{path}", durable=False)
    _found(_engine(database, FixedClock(FOUNDED)))
    database.close()
    return path


@pytest.fixture
def handlers() -> HandlerRegistry:
    return HANDLERS


@pytest.fixture
def engine(database: Database, clock: FixedClock) -> ProcessEngine:
    return _engine(database, clock)


@pytest.fixture
def company(engine: ProcessEngine, clock: FixedClock) -> Company:
    if not engine.users():
        _found(engine)
    return Company(engine=engine, clock=clock)
