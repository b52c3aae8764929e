"""The zeebe suite (cases.jsonl from the tests of Camunda's engine) on the real engine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from engine import SYSTEM, DeploymentRejected, ElementState, ElementType, JobFilter, JobState, rejection_text
from tests.runtime.zeebe_player import play

from .room import MANY, Outcome, Room, Rooms, plain_files, shown

THROWING = ("INTERMEDIATE_THROW_EVENT", "END_EVENT")


def run(folder: Path, rooms: Rooms) -> Iterator[Outcome]:
    for line in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield run_case(json.loads(line), folder, rooms)


def run_case(case: Mapping[str, Any], folder: Path, rooms: Rooms) -> Outcome:
    with rooms.open() as room:
        try:
            play(case, EngineDriver(room, folder / "models"))
        except Exception as error:
            expected = json.dumps(case.get("expect", {}))[:300]
            return Outcome(case["id"], expected, f"{type(error).__name__}: {error}"[:600])
    return Outcome(case["id"])


class EngineDriver:
    """`tests.runtime.zeebe_player.Driver` on the facade."""

    def __init__(self, room: Room, models: Path) -> None:
        self.room, self.engine, self._models = room, room.engine, models
        self._deployed: list[str] = []
        self._done: list[tuple[str, str]] = []
        self._broadcast: list[str] = []
        self._timers: dict[int, str] = {}
        self._values: list[tuple[int, str, Any]] = []
        self._last: dict[tuple[int, str], Any] = {}

    def deploy_files(self, names: Sequence[str]) -> list[str]:
        try:
            result = self.room.deploy(plain_files(self._models, names))
        except DeploymentRejected as rejected:
            return [rejection_text(rejected.problems)]
        self._deployed += [definition.process_id for definition in result.processes]
        return []

    def deployed_processes(self) -> list[str]:
        return self._deployed

    # --- verbs -------------------------------------------------------------------------------------

    def start(self, process_id: str, variables: Mapping[str, Any]) -> int:
        return self._noted(self.room.start(process_id, variables))

    def complete_job(self, job_type: str, variables: Mapping[str, Any]) -> None:
        job = self._job(job_type)
        self.room.complete_job(job, variables)
        self._done.append((job.type, job.kind.value))
        self._note()

    def fail_job(self, job_type: str, retries: int) -> None:
        message = "" if retries else "No more retries left."
        self.engine.fail_job(self._job(job_type).key, retries=retries, message=message, by=SYSTEM)
        self._note()

    def update_retries(self, job_type: str, retries: int) -> None:
        self.engine.update_job(self._job(job_type).key, retries=retries, by=SYSTEM)

    def throw_error(self, job_type: str, code: str, message: str, variables: Mapping[str, Any]) -> None:
        self.room.throw_error(self._job(job_type), code, message, variables)
        self._note()

    def publish(self, name: str, key: str, variables: Mapping[str, Any], ttl: timedelta) -> None:
        self.room.publish(name, key, variables, ttl)
        self._note()

    def broadcast(self, name: str, variables: Mapping[str, Any]) -> None:
        self._broadcast.append(name)
        self.room.broadcast(name, variables)
        self._note()

    def advance(self, step: timedelta) -> None:
        goal = self.room.clock.now() + step
        while (due := self.engine.next_due()) is not None and self.room.clock.now() < due <= goal:
            self.room.advance_to(due)
            self._note()
        self.room.advance_to(goal)
        self._note()

    def set_variables_at(self, place: str, variables: Mapping[str, Any], local: bool) -> None:
        if place == "process":
            scope = self.room.instances()[0].key
        elif place == "incident":
            scope = self.room.incidents()[0].element_instance_key
        else:
            scope = next(
                element.key
                for instance in self.room.instances()
                for element in self.room.elements(instance.key)
                if element.element_id == place and not element.state.is_final
            )
        self.engine.set_variables(scope, variables, local=local, by=SYSTEM)
        self.room.settle()
        self._note()

    def resolve_incident(self, element_id: str) -> None:
        incident = next(i for i in self.room.incidents() if i.element_id == element_id)
        self.engine.resolve_incident(incident.key, by=SYSTEM)
        self.room.settle()
        self._note()

    def complete_user_task(self, element_id: str, variables: Mapping[str, Any]) -> None:
        self.room.complete_user_task(self.room.user_tasks(element_id)[0], variables)
        self._note()

    def cancel(self, instance: int) -> None:
        self.engine.cancel_process_instance(instance, by=SYSTEM)
        self.room.settle()
        self._note()

    # --- looking -----------------------------------------------------------------------------------

    def open_job_types(self) -> list[str]:
        return [job.type for job in self.room.open_jobs()]

    def completed_jobs(self) -> list[tuple[str, str]]:
        completed = self.engine.jobs(JobFilter(states=(JobState.COMPLETED,)), by=SYSTEM, limit=MANY)
        assert len(completed.items) == len(self._done), (completed.items, self._done)
        return self._done

    def open_user_task(self, element_id: str) -> Mapping[str, Any]:
        task = self.room.user_tasks(element_id)[0]
        return {
            "assignee": task.assignee,
            "candidateGroups": task.candidate_groups,
            "candidateUsers": task.candidate_users,
            "dueDate": task.due_at,
            "followUpDate": task.follow_up_at,
            "priority": task.priority,
        }

    def open_incidents(self) -> list[tuple[str, str, str]]:
        return [(i.error_type, i.element_id, i.message) for i in self.room.incidents()]

    def incidents_created(self) -> int:
        return len(self.room.incidents_ever())

    def all_instances(self) -> list[tuple[int, str, int | None]]:
        return [(i.key, i.process_id, i.parent_key) for i in self.room.instances()]

    def state(self, instance: int) -> str:
        return self.engine.process_instance(instance, by=SYSTEM).state.value

    def events(self, instance: int) -> list[str]:
        return self.room.events(instance)

    def variables(self, instance: int) -> Mapping[str, Any]:
        return self.room.variables(instance).get(instance, {})

    def local_variables(self, element_id: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        for instance in self.room.instances():
            scopes = self.room.variables(instance.key)
            elements = self.room.elements(instance.key)
            found += [scopes.get(e.key, {}) for e in elements if shown(e) == element_id]
        return found

    def variable_history(self, name: str) -> list[Any]:
        return [value for _, variable, value in self._values if variable == name]

    def timers_created_for(self, element_id: str) -> int:
        return list(self._timers.values()).count(element_id)

    def open_timers(self) -> int:
        return sum(len(self.engine.timers(i.key, by=SYSTEM)) for i in self.room.instances())

    def signals_broadcast(self) -> list[str]:
        """Those of the case and those of the events that have thrown one."""
        thrown = []
        for instance in self.room.instances():
            model = self.engine.process_model(instance.definition_key)
            for element in self.room.elements(instance.key):
                event = model.elements[element.element_id].event
                thrower = element.element_type in THROWING and element.state is ElementState.COMPLETED
                if thrower and event.type.value == "signal":
                    thrown.append(self._text(event.name, self.variables(instance.key)))
        return [*self._broadcast, *thrown]

    def end_events(self) -> set[str]:
        keys = {i.definition_key for i in self.room.instances()}
        return {
            element.id
            for key in keys
            for element in self.engine.process_model(key).elements.values()
            if element.type is ElementType.END_EVENT
        }

    # --- inside ------------------------------------------------------------------------------------

    def _job(self, job_type: str) -> Any:
        found = self.room.open_jobs(job_type)
        assert found, f"no job of type {job_type}; open: {self.open_job_types()}"
        return found[0]

    def _text(self, value: Any, variables: Mapping[str, Any]) -> str:
        return value if isinstance(value, str) else str(value.evaluate(variables).value)

    def _noted(self, instance: int) -> int:
        self._note()
        return instance

    def _note(self) -> None:
        """Remember which timers there were, and how values changed."""
        for instance in self.room.instances():
            self._timers |= {t.key: t.element_id for t in self.engine.timers(instance.key, by=SYSTEM)}
            live = {e.key for e in self.room.elements(instance.key) if not e.state.is_final} | {instance.key}
            for scope, variables in self.room.variables(instance.key).items():
                if scope not in live:
                    continue
                for name, value in variables.items():
                    if self._last.get((scope, name), self) != value:
                        self._values.append((scope, name, value))
                        self._last[scope, name] = value
