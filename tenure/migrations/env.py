"""Alembic's entry: runs on the connection that it is given, inside the caller's transaction."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from engine import Json, Key, Money, Ratio, UtcDateTime, engine_metadata
from tasks.all_records import metadata as tasks_metadata

NAMES = {Key: "key", UtcDateTime: "utc_time", Json: "json", Money: "money", Ratio: "ratio"}


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Write our column types by the names of `column_types`."""
    name = NAMES.get(type(item)) if kind == "type" else None
    if name is None:
        return False
    autogen_context.imports.add("from tenure.migrations import column_types")
    return f"column_types.{name}()"


def run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=[engine_metadata, tasks_metadata],
        render_item=render_item,
        # SQLite cannot alter much: batch mode rebuilds a table instead.
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    context.run_migrations()


run()
