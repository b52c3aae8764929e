"""Writing migrations: every open row of an instance goes under the new definition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, Update, bindparam, update

from ..runtime.changes import InstanceMigrated, Renamed, SubscriptionMigrated
from .link import Link
from .schema import (
    incident,
    job,
    message_subscription,
    process_instance,
    signal_subscription,
    timer,
    token,
    user_task,
)

_DEFINITION = ("definition_key", "process_id", "process_version")


def write_migrations(link: Link, migrated: Sequence[InstanceMigrated]) -> None:
    """History is left as it was written. Who reads a row by its key finds it under the same key."""
    link.many(
        _put_under(process_instance, *_DEFINITION),
        [{"of_key": one.key, **_definition(one)} for one in migrated],
    )
    for one in migrated:
        definition = _definition(one)
        for table, columns, rows in (
            (token, ("element_id",), one.elements),
            (user_task, (*_DEFINITION, "element_id", "name", "names"), one.user_tasks),
            (job, (*_DEFINITION, "element_id"), one.jobs),
            (incident, ("definition_key", "process_id", "element_id"), one.incidents),
            (timer, ("definition_key", "element_id"), one.timers),
            (message_subscription, _SUBSCRIPTION, one.message_subscriptions),
            (signal_subscription, _SUBSCRIPTION, one.signal_subscriptions),
        ):
            link.many(_put_under(table, *columns), [_row(row, definition, columns) for row in rows])


_SUBSCRIPTION = ("definition_key", "process_id", "element_id", "interrupting")


def _put_under(table: Table, *columns: str) -> Update:
    return (
        update(table)
        .where(table.c.key == bindparam("of_key"))
        .values({name: bindparam(f"new_{name}", type_=table.c[name].type) for name in columns})
    )


def _definition(one: InstanceMigrated) -> dict[str, Any]:
    return {
        "new_definition_key": one.definition_key,
        "new_process_id": one.process_id,
        "new_process_version": one.version,
    }


def _row(
    row: Renamed | SubscriptionMigrated, definition: dict[str, Any], columns: Sequence[str]
) -> dict[str, Any]:
    own = {f"new_{name}": value for name, value in vars(row).items() if name != "key"}
    wanted = {f"new_{name}" for name in columns}
    return {"of_key": row.key} | {name: v for name, v in (definition | own).items() if name in wanted}
