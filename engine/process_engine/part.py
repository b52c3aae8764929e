"""What every part of the facade stands on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, tzinfo
from typing import Any

from ..clock import Clock, SystemClock
from ..commands import CommandExecutor, Engine, Limits
from ..commands.deployed import DefinitionCache
from ..handlers import HandlerRegistry
from ..identity import Rights
from ..storage import Database, View


class EnginePart:
    """The parts that live as long as the program, and how to look into the database."""

    def __init__(
        self,
        database: Database | str,
        *,
        clock: Clock | None = None,
        handlers: HandlerRegistry | None = None,
        services: Mapping[str, Any] | None = None,
        zone: tzinfo = UTC,
        limits: Limits | None = None,
    ) -> None:
        """`database` may be a URL; its schema must be up to date. `services` is what handlers find in
        `job.services`: the mail sender, keys that live outside the database. `zone` is where people's
        local times are meant."""
        self.database = Database(database) if isinstance(database, str) else database
        self.clock: Clock = clock or SystemClock()
        self.handlers = handlers or HandlerRegistry()
        self.services: Mapping[str, Any] = services or {}
        self._definitions = DefinitionCache()
        self.commands = CommandExecutor(
            Engine(
                database=self.database,
                clock=self.clock,
                handlers=self.handlers,
                services=self.services,
                definitions=self._definitions,
                zone=zone,
                limits=limits or Limits(),
            )
        )

    @contextmanager
    def _look(self) -> Iterator[tuple[View, Rights]]:
        """One consistent view, and the rights as they are in it."""
        with self.database.read() as view:
            yield view, Rights(view.identity, self.clock.now())


def order_of(text: str) -> list[tuple[str, str]]:
    """`-created_at` as the stores want it."""
    return [(text.removeprefix("-"), "desc" if text.startswith("-") else "asc")] if text else []
