"""What stands in the database, read once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import select

from engine import Database, Element, ElementType, ProcessModel
from engine.bpmn import read_bpmn
from engine.storage.schema import (
    audit_entry,
    document,
    element_instance,
    flow_taken,
    incident,
    job,
    message_start,
    message_subscription,
    process_instance,
    signal_subscription,
    timer,
    token,
    user_task,
    user_task_candidate,
    variable,
)

from ..models import MODELS
from ..outside import EXTERNAL, TRANSACTIONAL

Row = Mapping[str, Any]
BODY = ElementType.MULTI_INSTANCE_BODY
TABLES = (
    *(audit_entry, document, element_instance, flow_taken, incident, job, message_start),
    *(message_subscription, process_instance, signal_subscription, timer, token),
    *(user_task, user_task_candidate, variable),
)


@dataclass(frozen=True)
class Facts:
    """`rows` by table name, `models` by definition key."""

    rows: Mapping[str, list[Row]]
    models: Mapping[int, ProcessModel]

    @cached_property
    def instances(self) -> dict[int, Row]:
        return {row["key"]: row for row in self.rows["process_instance"]}

    @cached_property
    def user_tasks(self) -> dict[int, Row]:
        return {row["key"]: row for row in self.rows["user_task"]}

    @property
    def audit(self) -> list[Row]:
        return self.rows["audit_entry"]

    @cached_property
    def ran(self) -> dict[int, Counter[str]]:
        """How often each element ran, by instance; bodies of a multi-instance and the whole both count."""
        return self._count(lambda row: True)

    @cached_property
    def completed(self) -> dict[int, Counter[str]]:
        """How often an element came to its end. The whole of a multi-instance is no activity of its own."""
        return self._count(lambda row: row["state"] == "COMPLETED" and row["element_type"] != BODY)

    def small(self) -> Iterator[Row]:
        """The instances of the torture's own processes."""
        return (row for row in self.instances.values() if row["process_id"] in MODELS)

    def elements(self, instance: Row) -> Mapping[str, Element]:
        return self.models[instance["definition_key"]].elements

    def transactional(self, instance: Row) -> list[str]:
        return [e.id for e in self.elements(instance).values() if _job_type(e) in TRANSACTIONAL]

    def external(self, instance: Row) -> list[str]:
        return [e.id for e in self.elements(instance).values() if _job_type(e) in EXTERNAL]

    def timers(self, instance: Row) -> list[str]:
        return [e.id for e in self.elements(instance).values() if e.event.timer is not None]

    def _count(self, wanted: Any) -> dict[int, Counter[str]]:
        found: dict[int, Counter[str]] = defaultdict(Counter)
        for row in self.rows["element_instance"]:
            if wanted(row):
                found[row["process_instance_key"]][row["element_id"]] += 1
        return found


def read_facts(database: Database) -> Facts:
    with database.read() as view:
        connection = view.session.connection()
        rows = {
            table.name: [dict(row._mapping) for row in connection.execute(select(table))] for table in TABLES
        }
        models = {}
        for key in {row["definition_key"] for row in rows["process_instance"]}:
            definition = view.definitions.process(key)
            file = read_bpmn(view.definitions.source(key), definition.resource_name)
            models[key] = next(m for m in file.processes if m.process_id == definition.process_id)
    return Facts(rows, models)


def _job_type(element: Element) -> str:
    return str(element.job.type) if element.job is not None else ""
