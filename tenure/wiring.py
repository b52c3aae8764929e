"""Puts the program together: settings, database, handlers, keys."""

from __future__ import annotations

import logging
from pathlib import Path

from engine import (
    Clock,
    Database,
    HandlerRegistry,
    ProcessEngine,
    check_schema,
    upgrade_schema,
)
from tasks.wiring import handler_services

from .keys import read_or_create_key
from .settings import Settings

MIGRATIONS = "tenure:migrations"

logger = logging.getLogger("tenure")


def configure_logging(settings: Settings) -> None:
    """One line an event on standard error; UTC."""
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def prepare_home(settings: Settings) -> None:
    """Make the folder for the SQLite file and the keys, closed to others."""
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if settings.uses_sqlite:
        sqlite_file(settings).parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def sqlite_file(settings: Settings) -> Path:
    """The SQLite file of a `sqlite:///…` URL."""
    return Path(settings.database_url.removeprefix("sqlite:///"))


def upgrade(settings: Settings) -> None:
    """Bring the schema up to date (a SQLite file is copied first). Raises SchemaTooNew."""
    upgrade_schema(settings.database_url, MIGRATIONS)


def open_database(settings: Settings, *, pool_size: int | None = None) -> Database:
    """Open the database and check that its schema is this program's.

    Raises DatabaseUnavailable, SchemaTooOld, SchemaTooNew.
    """
    database = Database(
        settings.database_url, pool_size=pool_size or settings.web_threads + settings.job_threads + 2
    )
    try:
        check_schema(database, MIGRATIONS)
    except BaseException:
        database.close()
        raise
    return database


def open_engine(settings: Settings, database: Database, *, clock: Clock | None = None) -> ProcessEngine:
    """The engine with every handler of `tasks`, and the keys that live outside the database."""
    services = handler_services(seal_key=read_or_create_key(settings.seal_key_file))
    return ProcessEngine(
        database,
        clock=clock,
        handlers=HandlerRegistry.from_packages("tasks"),
        services=services,
        zone=settings.time_zone,
    )
