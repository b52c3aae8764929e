"""The in-memory world as a driver of zeebe cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from engine.bpmn import read_bpmn
from engine.bpmn.model import ElementType
from engine.bpmn.report import rejection_text
from engine.dmn import compile_dmn, evaluate_decision
from engine.runtime.sources import DeployedDecision

from .world import World, shown


class WorldDriver:
    def __init__(self, models: Path, *, reload: bool) -> None:
        self.world, self._models = World(reload=reload), models
        self._deployed: list[str] = []

    def deploy_files(self, names: Sequence[str]) -> list[str]:
        problems: list[str] = []
        for name in names:
            content = (self._models / name).read_bytes()
            if name.endswith(".dmn"):
                self._deploy_decisions(content, name)
                continue
            file = read_bpmn(content, name)
            if any(problem.is_error for problem in file.problems):
                problems.append(rejection_text(file.problems))
            for model in file.processes:
                if model.executable and not problems:
                    self._deployed.append(self.world.deploy_model(model).process_id)
        return problems

    def _deploy_decisions(self, content: bytes, name: str) -> None:
        model = compile_dmn(content, name)
        for decision_id in model.decisions:
            self.world.decisions[decision_id] = DeployedDecision(
                key=1,
                decision_id=decision_id,
                version=1,
                evaluate=lambda variables, now, d=decision_id: evaluate_decision(
                    model, d, variables, now=now
                ),
            )

    def deployed_processes(self) -> list[str]:
        return self._deployed

    def start(self, process_id: str, variables: Mapping[str, Any]) -> int:
        return self.world.start(process_id, variables)

    def complete_job(self, job_type: str, variables: Mapping[str, Any]) -> Any:
        return self.world.complete_job(job_type, variables)

    def fail_job(self, job_type: str, retries: int) -> None:
        self.world.fail_job(job_type, retries)

    def update_retries(self, job_type: str, retries: int) -> None:
        self.world.job(job_type)

    def throw_error(self, job_type: str, code: str, message: str, variables: Mapping[str, Any]) -> None:
        self.world.throw_error(job_type, code, message, variables)

    def publish(self, name: str, key: str, variables: Mapping[str, Any], ttl: timedelta) -> None:
        self.world.publish(name, key, variables, ttl)

    def broadcast(self, name: str, variables: Mapping[str, Any]) -> None:
        self.world.broadcast(name, variables)

    def advance(self, step: timedelta) -> None:
        self.world.advance(step)

    def set_variables_at(self, place: str, variables: Mapping[str, Any], local: bool) -> None:
        if place == "process":
            scope = self.world.instances[0][0]
        elif place == "incident":
            scope = next(iter(self.world.incidents.values())).element_instance_key
        else:
            scope = next(
                element.key
                for key, _ in self.world.instances
                for element in self.world.store.load_elements(key)
                if element.element_id == place
            )
        self.world.set_variables(scope, variables, local=local)

    def resolve_incident(self, element_id: str) -> None:
        self.world.resolve_incident(element_id)

    def complete_user_task(self, element_id: str, variables: Mapping[str, Any]) -> None:
        self.world.complete_user_task(element_id, variables)

    def cancel(self, instance: int) -> None:
        self.world.cancel(instance)

    def open_job_types(self) -> list[str]:
        return [job.type for job in self.world.jobs.values()]

    def completed_jobs(self) -> list[tuple[str, str]]:
        return [(job.type, job.kind.value) for job in self.world.done_jobs]

    def open_user_task(self, element_id: str) -> Mapping[str, Any]:
        task = self.world.user_task(element_id)
        return {
            "assignee": task.assignee,
            "candidateGroups": task.candidate_groups,
            "candidateUsers": task.candidate_users,
            "dueDate": task.due_at,
            "followUpDate": task.follow_up_at,
            "priority": task.priority,
        }

    def open_incidents(self) -> list[tuple[str, str, str]]:
        return [(i.error_type, i.element_id, i.message) for i in self.world.incidents.values()]

    def incidents_created(self) -> int:
        return len(self.world.incidents_raised)

    def all_instances(self) -> list[tuple[int, str, int | None]]:
        return [(key, process, self.world.parents[key]) for key, process in self.world.instances]

    def state(self, instance: int) -> str:
        return self.world.state(instance)

    def events(self, instance: int) -> list[str]:
        return self.world.events(instance)

    def variables(self, instance: int) -> Mapping[str, Any]:
        return self.world.variables(instance)

    def local_variables(self, element_id: str) -> list[Mapping[str, Any]]:
        store = self.world.store
        found = [store.local_history.get(e.key, {}) for e in store.history if shown(e) == element_id]
        for key, _ in self.world.instances:
            for element in store.load_elements(key):
                if shown(element) == element_id:
                    found.append(store.variables_of(key, element.key))
        return found

    def variable_history(self, name: str) -> list[Any]:
        return [value for _, variable, value in self.world.store.value_history if variable == name]

    def timers_created_for(self, element_id: str) -> int:
        return self.world.timers_created.count(element_id)

    def open_timers(self) -> int:
        return len(self.world.timers)

    def signals_broadcast(self) -> list[str]:
        return self.world.signals

    def end_events(self) -> set[str]:
        return {
            element.id
            for deployed in self.world.processes.values()
            for element in deployed.model.elements.values()
            if element.type is ElementType.END_EVENT
        }
