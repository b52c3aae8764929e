"""World: a small engine around the runtime for tests, with jobs, timers, messages and signals in memory.

With `reload=True` every step begins with what the store holds as JSON text, as in production.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from engine.bpmn import read_bpmn
from engine.bpmn.model import Binding, Element, ElementType, EventType, ProcessModel
from engine.clock import FixedClock
from engine.runtime import timers
from engine.runtime.changes import Changes, InstanceMigrated
from engine.runtime.migration import MigrationPlan
from engine.runtime.sources import DeployedDecision, DeployedProcess
from engine.spiff import Limits, ProcessRuntime

from .memory_store import MemoryStore

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass
class Message:
    name: str
    key: str
    variables: dict[str, Any]
    expires: datetime
    taken_by: set[str] = field(default_factory=set)


class World:
    """Deploy, start, complete, advance the clock; every verb runs until nothing more can happen."""

    def __init__(
        self, *, reload: bool = True, limits: Limits | None = None, groups: Mapping[str, Any] = {}
    ) -> None:
        self.reload, self.limits, self.groups = reload, limits, groups
        self.clock = FixedClock(START)
        self.store = MemoryStore()
        self._keys = count(1)
        self.processes: dict[int, DeployedProcess] = {}
        self.decisions: dict[str, DeployedDecision] = {}
        self.forms: dict[str, int] = {}
        self.jobs: dict[int, Any] = {}
        self.done_jobs: list[Any] = []
        self.user_tasks: dict[int, Any] = {}
        self.timers: dict[int, Any] = {}
        self.start_timers: list[tuple[int, Element, timers.Schedule]] = []
        self.messages: list[Message] = []
        self.subscriptions: dict[int, Any] = {}
        self.signal_subscriptions: dict[int, Any] = {}
        self.incidents: dict[int, Any] = {}
        self.incidents_raised: list[Any] = []
        self.timers_created: list[str] = []
        self.instances: list[tuple[int, str]] = []
        self.running_by_key: dict[tuple[str, str], int] = {}
        self.root_of: dict[int, int] = {}
        self.parents: dict[int, int | None] = {}
        self.signals: list[str] = []
        self.denied: list[tuple[str, str]] = []
        self.outcomes: dict[int, str] = {}
        self.actor = "tester"
        self._runtime: ProcessRuntime | None = None

    # --- Definitions ----------------------------------------------------------------------------

    def process(self, definition_key: int) -> DeployedProcess:
        return self.processes[definition_key]

    def find_process(self, process_id: str, *, binding: Binding, version_tag: str, caller: int) -> int | None:
        found = [d.key for d in self.processes.values() if d.process_id == process_id]
        return found[-1] if found else None

    def find_decision(self, decision_id: str, **_: Any) -> DeployedDecision | None:
        return self.decisions.get(decision_id)

    def find_form(self, form_id: str, **_: Any) -> int | None:
        return self.forms.get(form_id)

    def eligible_users(self, groups: Collection[str], users: Collection[str]) -> set[str]:
        return {user for group in groups for user in self.groups.get(group, ())} | set(users)

    # --- deploying ------------------------------------------------------------------------------

    def deploy(self, *sources: bytes | Path) -> list[DeployedProcess]:
        deployed = []
        for source in sources:
            name = source.name if isinstance(source, Path) else "test.bpmn"
            file = read_bpmn(source.read_bytes() if isinstance(source, Path) else source, name)
            errors = [str(problem) for problem in file.problems if problem.is_error]
            assert not errors, errors
            deployed += [self.deploy_model(model) for model in file.processes if model.executable]
        return deployed

    def deploy_model(self, model: ProcessModel) -> DeployedProcess:
        key = next(self._keys)
        deployed = DeployedProcess(
            key=key, process_id=model.process_id, version=1, deployment_key=1, model=model
        )
        self.processes[key] = deployed
        for start in model.root.start_events:
            if start.event.timer is not None:
                due = timers.schedule(start.event.timer, {}, self.clock.now())
                self.timers_created.append(start.id)
                self.start_timers.append((key, start, due))
        return deployed

    # --- verbs ----------------------------------------------------------------------------------

    def start(
        self, process_id: str, variables: Mapping[str, Any] = {}, start_event: str | None = None
    ) -> int:
        key = self.find_process(process_id, binding=Binding.LATEST, version_tag="", caller=0)
        assert key is not None, process_id
        runtime = self.runtime()
        instance = runtime.start_instance(key, variables, start_event_id=start_event)
        self.settle(runtime)
        return instance

    def complete_job(self, job_type: str, variables: Mapping[str, Any] = {}, result: Any = None) -> Any:
        job = self.job(job_type)
        runtime = self.runtime()
        runtime.complete_element(job.element_instance_key, variables, result=result)
        self.done_jobs.append(job)
        self.settle(runtime)
        return job

    def fail_job(self, job_type: str, retries: int = 0, message: str = "No more retries left.") -> None:
        job = self.job(job_type)
        runtime = self.runtime()
        if retries == 0:
            runtime.job_failed(job.element_instance_key, job.key, message)
        self.settle(runtime)

    def throw_error(self, job_type: str, code: str, message: str = "", variables: Any = None) -> None:
        job = self.job(job_type)
        runtime = self.runtime()
        runtime.throw_error(job.element_instance_key, code, message, variables or {})
        self.settle(runtime)

    def complete_user_task(
        self, element_id: str, variables: Mapping[str, Any] = {}, by: str = "tester", outcome: str = ""
    ) -> None:
        task = self.user_task(element_id)
        runtime = self.runtime(by)
        runtime.complete_element(task.element_instance_key, variables, outcome=outcome)
        self.settle(runtime)

    def change_user_task(self, element_id: str, event: str, action: str = "", **changes: Any) -> None:
        runtime = self.runtime()
        runtime.change_user_task(self.user_task(element_id).element_instance_key, event, action, changes)
        self.settle(runtime)

    def set_variables(self, scope_key: int, variables: Mapping[str, Any], *, local: bool = False) -> None:
        runtime = self.runtime()
        runtime.set_variables(scope_key, variables, local=local)
        self.settle(runtime)

    def resolve_incident(self, element_id: str) -> None:
        incident = next(i for i in self.incidents.values() if i.element_id == element_id)
        runtime = self.runtime()
        runtime.resolve_incident(incident.element_instance_key)
        self.settle(runtime)

    def cancel(self, process_instance_key: int) -> None:
        runtime = self.runtime()
        runtime.cancel_instance(process_instance_key)
        self.settle(runtime)

    def publish(
        self, name: str, key: str = "", variables: Any = None, ttl: timedelta = timedelta(hours=1)
    ) -> None:
        message = Message(name, key, dict(variables or {}), self.clock.now() + ttl)
        self._correlate(message)
        if message.expires > self.clock.now():
            self.messages.append(message)

    def broadcast(self, name: str, variables: Mapping[str, Any] = {}, reached: Collection[int] = ()) -> None:
        for subscription in list(self.signal_subscriptions.values()):
            if subscription.signal_name != name or subscription.process_instance_key in reached:
                continue
            if subscription.key in self.signal_subscriptions:
                self._trigger(subscription, variables)
        for deployed in list(self.processes.values()):
            for start in deployed.model.root.start_events:
                if start.event.type is EventType.SIGNAL and start.event.name == name:
                    self.start(deployed.process_id, variables, start.id)

    def advance(self, step: timedelta) -> None:
        """Move the clock, firing what becomes due on the way at its own time."""
        goal = self.clock.now() + step
        while True:
            due = [(t.due_at, 0, t.key) for t in self.timers.values() if t.due_at <= goal]
            due += [(s.due_at, 1, i) for i, (_, _, s) in enumerate(self.start_timers) if s.due_at <= goal]
            if not due:
                break
            at, kind, key = min(due)
            self.clock.set(max(at, self.clock.now()))
            if kind == 0:
                assert self._trigger(self.timers[key], {}), f"nobody waits for the timer {key} any more"
                continue
            definition, start, schedule = self.start_timers.pop(key)
            following = timers.next_schedule(schedule)
            if following is not None:
                self.start_timers.append((definition, start, following))
            self.start(self.processes[definition].process_id, {}, start.id)
        self.clock.set(goal)
        self.messages = [m for m in self.messages if m.expires > self.clock.now()]

    def migrate(
        self, instance: int, target: DeployedProcess, mapping: Mapping[str, str] | None = None
    ) -> MigrationPlan:
        """The plan; carried out when it is possible."""
        runtime = self.runtime()
        plan = runtime.migrate(instance, target.key, mapping)
        self.settle(runtime)
        return plan

    # --- looking --------------------------------------------------------------------------------

    def job(self, job_type: str) -> Any:
        found = [job for job in self.jobs.values() if job.type == job_type]
        assert found, f"no job of type {job_type}; open: {[job.type for job in self.jobs.values()]}"
        return found[0]

    def user_task(self, element_id: str) -> Any:
        found = [task for task in self.user_tasks.values() if task.element_id == element_id]
        assert found, f"no user task {element_id}; open: {[t.element_id for t in self.user_tasks.values()]}"
        return found[0]

    def state(self, instance: int) -> str:
        return self.store.ended[instance].value if instance in self.store.ended else "ACTIVE"

    def variables(self, instance: int) -> dict[str, Any]:
        return self.store.variables_of(instance)

    def active(self, instance: int) -> list[str]:
        """The ids of the live element instances, the process itself left out."""
        return [e.element_id for e in self.store.load_elements(instance) if e.key != instance]

    def events(self, instance: int) -> list[str]:
        """`id:activated`, `id:completed`, `id:terminated`, `flow:taken` in order; `id[body]` for bodies."""
        found: list[tuple[int, str]] = []
        for element in self.store.history:
            if element.process_instance_key == instance:
                name = shown(element)
                found.append((element.started_position, f"{name}:activated"))
                found.append((element.ended_position, f"{name}:{element.state.value.lower()}"))
        for element in self.store.load_elements(instance):
            found.append((element.started_position, f"{shown(element)}:activated"))
        for flow in self.store.flows:
            if flow.process_instance_key == instance:
                found.append((flow.position, f"{flow.flow_id}:taken"))
        return [event for _, event in sorted(found)]

    def count(self, instance: int, event: str) -> int:
        return self.events(instance).count(event)

    # --- inside ---------------------------------------------------------------------------------

    def runtime(self, actor: str = "tester") -> ProcessRuntime:
        if self._runtime is None or self.reload:
            self._runtime = ProcessRuntime(
                store=self.store,
                definitions=self,
                keys=lambda: next(self._keys),
                clock=self.clock,
                actor=actor,
                limits=self.limits,
            )
        self._runtime._step.actor = actor
        return self._runtime

    def settle(self, runtime: ProcessRuntime) -> None:
        runtime.run()
        changes = runtime.changes()
        self._write(changes)
        for message in changes.messages_thrown:
            self.publish(message.name, message.correlation_key, dict(message.variables), message.time_to_live)
        for signal in changes.signals_thrown:
            self.signals.append(signal.name)
            self.broadcast(signal.name, signal.variables, signal.reached)
        for subscription in changes.message_subscriptions_opened:
            self._take_buffered(subscription)
        for timer in changes.timers_opened:
            if timer.due_at <= self.clock.now() and timer.key in self.timers:
                self._trigger(timer, {})
        for ended in changes.instances_ended:
            for held in [k for k, v in self.running_by_key.items() if v == ended.key]:
                del self.running_by_key[held]

    def _write(self, changes: Changes) -> None:
        self.store.write(changes)
        for migrated in changes.instances_migrated:
            self._rename(migrated)
        for instance in changes.instances_started:
            self.instances.append((instance.key, self.processes[instance.definition_key].process_id))
            self.parents[instance.key] = instance.parent_key
        for created, closed, open_ in (
            (changes.jobs_created, [*changes.jobs_completed, *changes.jobs_cancelled], self.jobs),
            (
                changes.user_tasks_created,
                [*changes.user_tasks_completed, *changes.user_tasks_cancelled],
                self.user_tasks,
            ),
            (changes.timers_opened, changes.timers_closed, self.timers),
            (
                changes.message_subscriptions_opened,
                changes.message_subscriptions_closed,
                self.subscriptions,
            ),
            (
                changes.signal_subscriptions_opened,
                changes.signal_subscriptions_closed,
                self.signal_subscriptions,
            ),
            (changes.incidents_raised, changes.incidents_resolved, self.incidents),
        ):
            for key in closed:
                assert open_.pop(key, None) is not None, f"{key} was closed but never open"
            open_.update((record.key, record) for record in created)
        for key, changed in changes.user_tasks_changed.items():
            if key in self.user_tasks:
                self.user_tasks[key] = replace(self.user_tasks[key], **changed)
        self.denied += [(denied.event, denied.reason) for denied in changes.user_tasks_denied]
        self.outcomes |= changes.outcomes
        self.incidents_raised += changes.incidents_raised
        self.timers_created += [timer.element_id for timer in changes.timers_opened]

    def _rename(self, migrated: InstanceMigrated) -> None:
        for rows, open_ in (
            (migrated.jobs, self.jobs),
            (migrated.user_tasks, self.user_tasks),
            (migrated.timers, self.timers),
            (migrated.message_subscriptions, self.subscriptions),
            (migrated.signal_subscriptions, self.signal_subscriptions),
            (migrated.incidents, self.incidents),
        ):
            for row in rows:
                changed = {k: v for k, v in vars(row).items() if k != "key"}
                open_[row.key] = replace(open_[row.key], definition_key=migrated.definition_key, **changed)

    def _trigger(self, record: Any, variables: Mapping[str, Any]) -> bool:
        runtime = self.runtime()
        happened = runtime.trigger(record.element_instance_key, record.element_id, variables)
        self.settle(runtime)
        return happened

    def _correlate(self, message: Message) -> None:
        for subscription in list(self.subscriptions.values()):
            if subscription.key in self.subscriptions:
                self._offer(message, subscription)
        for deployed in list(self.processes.values()):
            for start in deployed.model.root.start_events:
                if start.event.type is EventType.MESSAGE and start.event.name == message.name:
                    self._offer_start(message, deployed, start)

    def _offer(self, message: Message, subscription: Any) -> bool:
        if (message.name, message.key) != (subscription.message_name, subscription.correlation_key):
            return False
        if subscription.process_id in message.taken_by:
            return False
        message.taken_by.add(subscription.process_id)
        return self._trigger(subscription, message.variables)

    def _offer_start(self, message: Message, deployed: DeployedProcess, start: Element) -> None:
        lock = (deployed.process_id, message.key)
        if deployed.process_id in message.taken_by or (message.key and lock in self.running_by_key):
            return
        message.taken_by.add(deployed.process_id)
        runtime = self.runtime()
        key = runtime.start_instance(deployed.key, message.variables, start_event_id=start.id)
        if message.key:
            self.running_by_key[lock] = key
        self.settle(runtime)

    def _take_buffered(self, subscription: Any) -> None:
        for message in self.messages:
            if subscription.key not in self.subscriptions:
                return
            if message.expires > self.clock.now():
                self._offer(message, subscription)


def shown(element: Any) -> str:
    """`id`, or `id[body]` for the body of a multi-instance activity."""
    body = element.element_type is ElementType.MULTI_INSTANCE_BODY
    return f"{element.element_id}[body]" if body else element.element_id
