"""A process that offers the same user task again and again: the subject of several benchmarks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import SYSTEM, Actor, Database, ProcessEngine, Resource
from tests.engine.diagrams import process, start, user_task

ANNA, BEN = Actor(user_id="anna"), Actor(user_id="ben")


class Loop:
    """One running instance of it. Several may stand in one database."""

    def __init__(
        self,
        database: Database,
        variables: Mapping[str, Any] | None = None,
        *,
        four_eyes: bool = False,
        rounds: int = 0,
    ) -> None:
        """After so many rounds. With `four_eyes` Anna's task is followed by one that is not for her."""
        process_id = "four-eyes" if four_eyes else "loop"
        quick = Database(database.url, durable=False)  # what comes before need not wait for the disk
        self.engine, self.database = ProcessEngine(quick), quick
        if not self.engine.users():
            self.engine.create_group("buyers", "Buyers", by=SYSTEM)
            for user in (ANNA, BEN):
                self.engine.create_user(user.user_id, user.user_id, groups=["buyers"], by=SYSTEM)
        self.engine.deploy([diagram(process_id)], by=SYSTEM)
        self.key = self.engine.start_process_instance(process_id, variables=variables, by=SYSTEM).key
        for _ in range(rounds):
            self.complete()
        quick.close()
        self.engine, self.database = ProcessEngine(database), database

    def task(self) -> int:
        """The key of the open task."""
        with self.database.read() as view:
            (task,) = view.user_tasks.open_of_instance(self.key)
        return task.key

    def complete(self, variables: Mapping[str, Any] | None = None, *, by: Actor = ANNA) -> None:
        self.engine.complete_user_task(self.task(), variables, by=by)


def diagram(process_id: str) -> Resource:
    nodes, flows = [start(), user_task("approve", groups="buyers")], "start>approve>approve"
    if process_id == "four-eyes":
        nodes.append(user_task("check", groups="buyers", tenure__excludeActorsOf="approve"))
        flows = "start>approve>check>approve"
    return process(process_id, *nodes, flows=flows)
