"""A real engine for one case: its own SQLite database, a clock that stands still, nothing but the facade."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine import (
    SYSTEM,
    Database,
    DeploymentResult,
    ElementInstance,
    FixedClock,
    Incident,
    IncidentFilter,
    InstanceState,
    Job,
    JobFilter,
    JobState,
    ProcessEngine,
    ProcessInstance,
    Resource,
    UserTask,
    UserTaskFilter,
)

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
MANY = 500
OPEN_JOBS = (JobState.CREATED, JobState.FAILED)


@dataclass(frozen=True)
class Outcome:
    """What became of one case. `seen` is empty when it passed; `skipped` says why it is not asked for."""

    case_id: str
    expected: str = ""
    seen: str = ""
    skipped: str = ""

    @property
    def passed(self) -> bool:
        return not self.seen


class Room:
    """An engine and its clock; every verb runs until no more work can be done."""

    def __init__(self, engine: ProcessEngine, clock: FixedClock) -> None:
        self.engine, self.clock = engine, clock

    def deploy(self, files: Mapping[str, bytes]) -> DeploymentResult:
        """Raises DeploymentRejected."""
        resources = [Resource(name=name, content=content) for name, content in files.items()]
        result = self.engine.deploy(resources, by=SYSTEM)
        self.settle()
        return result

    def settle(self) -> None:
        self.engine.run_until_idle()

    def advance(self, step: timedelta) -> None:
        """Move the clock, stopping at everything that becomes due on the way."""
        self.advance_to(self.clock.now() + step)

    def advance_to(self, goal: datetime) -> None:
        for _ in range(10_000):
            due = self.engine.next_due()
            if due is None or due > goal:
                break
            self.clock.set(max(due, self.clock.now()))
            if not self.engine.run_until_idle():
                break
        self.clock.set(max(goal, self.clock.now()))
        self.settle()

    def start(self, process_id: str, variables: Mapping[str, Any]) -> int:
        instance = self.engine.start_process_instance(process_id, variables=variables, by=SYSTEM)
        self.settle()
        return instance.key

    def complete_job(self, job: Job, variables: Mapping[str, Any] | None = None) -> None:
        self.engine.complete_job(job.key, variables or {}, by=SYSTEM)
        self.settle()

    def throw_error(
        self, job: Job, code: str, message: str = "", variables: Mapping[str, Any] | None = None
    ) -> None:
        self.engine.throw_job_error(job.key, code, message=message, variables=variables, by=SYSTEM)
        self.settle()

    def publish(self, name: str, key: str = "", variables: Any = None, ttl: timedelta = timedelta()) -> None:
        self.engine.publish_message(name, key, variables=variables, time_to_live=ttl, by=SYSTEM)
        self.settle()

    def broadcast(self, name: str, variables: Mapping[str, Any] | None = None) -> None:
        self.engine.broadcast_signal(name, variables=variables, by=SYSTEM)
        self.settle()

    def complete_user_task(self, task: UserTask, variables: Mapping[str, Any] | None = None) -> None:
        self.engine.complete_user_task(task.key, variables or {}, by=SYSTEM, form=False)
        self.settle()

    # --- looking ---------------------------------------------------------------------------------

    def instances(self) -> list[ProcessInstance]:
        """All, in the order in which they began."""
        return sorted(self.engine.process_instances(by=SYSTEM, limit=MANY).items, key=lambda i: i.key)

    def active(self) -> list[ProcessInstance]:
        return [i for i in self.instances() if i.state is InstanceState.ACTIVE]

    def open_jobs(self, job_type: str | None = None) -> list[Job]:
        """Oldest first, those that have failed for good too."""
        wanted = JobFilter(type=job_type, states=OPEN_JOBS)
        return sorted(self.engine.jobs(wanted, by=SYSTEM, limit=MANY).items, key=lambda job: job.key)

    def user_tasks(self, element_id: str | None = None) -> list[UserTask]:
        found = self.engine.user_tasks(UserTaskFilter(element_id=element_id), by=SYSTEM, limit=MANY)
        return sorted(found.items, key=lambda task: task.key)

    def incidents(self) -> list[Incident]:
        return sorted(self.engine.incidents(by=SYSTEM, limit=MANY).items, key=lambda i: i.key)

    def incidents_ever(self) -> list[Incident]:
        wanted = IncidentFilter(state=None)
        return sorted(self.engine.incidents(wanted, by=SYSTEM, limit=MANY).items, key=lambda i: i.key)

    def elements(self, instance: int) -> list[ElementInstance]:
        """In the order of their activation."""
        return sorted(
            self.engine.element_instances(instance, by=SYSTEM), key=lambda element: element.started_position
        )

    def events(self, instance: int) -> list[str]:
        """`id:activated`, `id:completed`, `id:terminated`, `flow:taken` in order; `id[body]` for bodies."""
        found: list[tuple[int, str]] = []
        for element in self.elements(instance):
            name = shown(element)
            found.append((element.started_position, f"{name}:activated"))
            if element.ended_position is not None:
                found.append((element.ended_position, f"{name}:{element.state.value.lower()}"))
        for flow in self.engine.flows_taken(instance, by=SYSTEM):
            found.append((flow.position, f"{flow.flow_id}:taken"))
        return [event for _, event in sorted(found)]

    def variables(self, instance: int) -> dict[int, dict[str, Any]]:
        """Scope key -> name -> value, those of finished scopes too."""
        scopes: dict[int, dict[str, Any]] = {}
        for variable in self.engine.variables(instance, by=SYSTEM):
            scopes.setdefault(variable.scope_key, {})[variable.name] = variable.value
        return scopes


class Rooms:
    """Makes rooms, one after the other, on one SQLite database that is emptied in between."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "conformance.db"
        self._database = Database(f"sqlite:///{self._path}", durable=False)
        self._database.create_schema()
        with self._connection() as connection:
            names = [
                row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
            ]
            filled = [n for n in names if connection.execute(f'SELECT 1 FROM "{n}"').fetchone()]
            self._tables = set(names) - {*filled, "key_sequence", "counter"}

    @contextmanager
    def open(self) -> Iterator[Room]:
        clock = FixedClock(START)
        yield Room(ProcessEngine(self._database, clock=clock), clock)
        with self._connection() as connection:
            connection.executescript(";".join(f'DELETE FROM "{name}"' for name in self._tables))

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path)) as connection:
            yield connection
            connection.commit()


@contextmanager
def rooms() -> Iterator[Rooms]:
    with TemporaryDirectory(prefix="tenure-conformance-") as folder:
        opened = Rooms(Path(folder))
        try:
            yield opened
        finally:
            opened.close()


def shown(element: ElementInstance) -> str:
    """`id`, or `id[body]` for the body of a multi-instance activity."""
    body = element.element_type == "MULTI_INSTANCE_BODY"
    return f"{element.element_id}[body]" if body else element.element_id


def plain_files(folder: Path, names: Sequence[str]) -> dict[str, bytes]:
    """The files by their plain names."""
    return {Path(name).name: (folder / name).read_bytes() for name in names}
