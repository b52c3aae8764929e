"""The company of the stories: sample accounts, the shipped processes, the real handlers."""

from __future__ import annotations

import pytest

from engine import SYSTEM, Database, FixedClock, HandlerRegistry, ProcessEngine
from tasks.wiring import handler_services
from tenure.sample_accounts import create_roles, sample_account_names
from tenure.shipped import deploy_shipped
from tests.stories.company import Company


@pytest.fixture
def handlers() -> HandlerRegistry:
    return HandlerRegistry.from_packages("tasks")


@pytest.fixture
def engine(database: Database, clock: FixedClock, handlers: HandlerRegistry) -> ProcessEngine:
    return ProcessEngine(
        database, clock=clock, handlers=handlers, services=handler_services(seal_key=b"k" * 32)
    )


@pytest.fixture
def company(engine: ProcessEngine, clock: FixedClock) -> Company:
    create_roles(engine)
    for user_id, name, group in sample_account_names():
        engine.create_user(user_id, name, by=SYSTEM, groups=[group])
    deploy_shipped(engine)
    return Company(engine=engine, clock=clock)
