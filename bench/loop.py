"""A process that offers the same user task again and again: the subject of several benchmarks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import SYSTEM, Actor, Database, ProcessEngine, Resource
from tests.engine.diagrams import process, start, user_task

ANNA = Actor(user_id="anna")


class Loop:
    """One running instance of it. Several may stand in one database."""

    def __init__(self, database: Database, variables: Mapping[str, Any] | None = None) -> None:
        self.engine = ProcessEngine(database)
        self.database = database
        if not self.engine.users():
            self.engine.create_group("buyers", "Buyers", by=SYSTEM)
            self.engine.create_user("anna", "Anna", groups=["buyers"], by=SYSTEM)
        self.engine.deploy([diagram()], by=SYSTEM)
        self.key = self.engine.start_process_instance("loop", variables=variables, by=SYSTEM).key

    def task(self) -> int:
        """The key of the open task."""
        with self.database.read() as view:
            (task,) = view.user_tasks.open_of_instance(self.key)
        return task.key

    def complete(self, variables: Mapping[str, Any] | None = None) -> None:
        self.engine.complete_user_task(self.task(), variables, by=ANNA)


def diagram() -> Resource:
    nodes = [start(), user_task("approve", groups="buyers")]
    return process("loop", *nodes, flows="start>approve>approve")
