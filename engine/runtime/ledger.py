"""Ledger: writes down what a step does, and nets it: what began and ended within the step leaves no trace
but history."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from ..model import ElementInstance, ElementState, FlowTaken
from .changes import (
    Changes,
    DecisionEvaluated,
    IncidentRaised,
    InstanceEnded,
    InstanceMigrated,
    JobCreated,
    LogEntry,
    MessageSubscriptionOpened,
    MessageThrown,
    SignalSubscriptionOpened,
    SignalThrown,
    TimerOpened,
    UserTaskCreated,
    UserTaskDenied,
    VariableSet,
)
from .records import LiveElement, LiveInstance

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Ledger:
    """Collects the changes of all instances that a step touches."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._instances_new: dict[int, LiveInstance] = {}
        self._instances_dirty: dict[int, LiveInstance] = {}
        self._instances_ended: list[InstanceEnded] = []
        self._instances_migrated: list[InstanceMigrated] = []
        self._elements_new: dict[int, LiveElement] = {}
        self._elements_dirty: dict[int, LiveElement] = {}
        self._elements_ended: list[ElementInstance] = []
        self._variables: dict[int, dict[str, Any]] = {}
        self._variable_instance: dict[int, int] = {}
        self._variables_ended: list[VariableSet] = []
        self._scopes_dropped: list[int] = []
        self._user_tasks: dict[int, UserTaskCreated] = {}
        self._user_tasks_changed: dict[int, dict[str, Any]] = {}
        self._user_tasks_completed: list[int] = []
        self._user_tasks_cancelled: list[int] = []
        self._jobs: dict[int, JobCreated] = {}
        self._jobs_completed: list[int] = []
        self._jobs_cancelled: list[int] = []
        self._timers: dict[int, TimerOpened] = {}
        self._timers_closed: list[int] = []
        self._messages: dict[int, MessageSubscriptionOpened] = {}
        self._messages_closed: list[int] = []
        self._signals: dict[int, SignalSubscriptionOpened] = {}
        self._signals_closed: list[int] = []
        self._incidents: dict[int, IncidentRaised] = {}
        self._incidents_resolved: list[int] = []
        self.user_tasks_denied: list[UserTaskDenied] = []
        self.outcomes: dict[int, str] = {}
        self.flows_taken: list[FlowTaken] = []
        self.decisions_evaluated: list[DecisionEvaluated] = []
        self.signals_thrown: list[SignalThrown] = []
        self.messages_thrown: list[MessageThrown] = []
        self.log: list[LogEntry] = []

    # --- instances and elements ---------------------------------------------------------------

    def instance_started(self, instance: LiveInstance) -> None:
        self._instances_new[instance.key] = instance

    def instance_changed(self, instance: LiveInstance) -> None:
        if instance.key not in self._instances_new:
            self._instances_dirty[instance.key] = instance

    def instance_ended(self, instance: LiveInstance, at: datetime) -> None:
        self.instance_changed(instance)
        self._instances_ended.append(InstanceEnded(key=instance.key, state=instance.state, ended_at=at))

    def instance_migrated(self, instance: LiveInstance, migrated: InstanceMigrated) -> None:
        self.instance_changed(instance)
        self._instances_migrated.append(migrated)

    def element_started(self, element: LiveElement) -> None:
        self._elements_new[element.key] = element

    def element_changed(self, element: LiveElement) -> None:
        if element.key not in self._elements_new:
            self._elements_dirty[element.key] = element

    def element_ended(
        self, element: LiveElement, state: ElementState, at: datetime, position: int, actor: str
    ) -> None:
        self._elements_new.pop(element.key, None)
        self._elements_dirty.pop(element.key, None)
        element.state = state
        self._elements_ended.append(
            ElementInstance(
                key=element.key,
                process_instance_key=element.process_instance_key,
                scope_key=element.scope_key,
                element_id=element.element_id,
                element_type=element.element_type,
                state=state,
                started_at=element.started_at,
                ended_at=at,
                started_position=element.started_position,
                ended_position=position,
                loop_counter=element.loop_counter,
                actor=actor,
            )
        )

    def completers(self, process_instance_key: int, element_id: str) -> set[str]:
        """The users who completed this element within the step."""
        return {
            e.actor
            for e in self._elements_ended
            if e.element_id == element_id
            and e.process_instance_key == process_instance_key
            and e.actor
            and e.state is ElementState.COMPLETED
        }

    # --- variables ----------------------------------------------------------------------------

    def variable_set(self, process_instance_key: int, scope_key: int, name: str, value: Any) -> None:
        scope = self._variables.get(scope_key)
        if scope is None:
            scope = self._variables[scope_key] = {}
            self._variable_instance[scope_key] = process_instance_key
        scope[name] = value

    def scope_dropped(self, process_instance_key: int, scope_key: int, last: dict[str, Any]) -> None:
        """The locals of a scope end with it; `last` are their values as far as they are in memory."""
        self._variables.pop(scope_key, None)
        self._scopes_dropped.append(scope_key)
        self._variables_ended.extend(
            VariableSet(
                process_instance_key=process_instance_key, scope_key=scope_key, name=name, value=value
            )
            for name, value in last.items()
        )

    # --- open work ----------------------------------------------------------------------------

    def user_task_created(self, task: UserTaskCreated) -> None:
        self._user_tasks[task.key] = task

    def user_task_changed(self, key: int, changes: Mapping[str, Any]) -> None:
        """New values of a user task that stays open."""
        created = self._user_tasks.get(key)
        if created is not None:
            self._user_tasks[key] = replace(created, **changes)
        else:
            self._user_tasks_changed.setdefault(key, {}).update(changes)

    def user_task(self, key: int) -> tuple[UserTaskCreated | None, Mapping[str, Any]]:
        """What this step knows of a user task: its record, if it began here, and what was changed."""
        return self._user_tasks.get(key), self._user_tasks_changed.get(key, {})

    def user_task_completed(self, key: int) -> None:
        _close(key, self._user_tasks, self._user_tasks_completed)

    def user_task_cancelled(self, key: int) -> None:
        _close(key, self._user_tasks, self._user_tasks_cancelled)

    def job_created(self, job: JobCreated) -> None:
        self._jobs[job.key] = job

    def job_completed(self, key: int) -> None:
        _close(key, self._jobs, self._jobs_completed)

    def job_cancelled(self, key: int) -> None:
        _close(key, self._jobs, self._jobs_cancelled)

    def timer_opened(self, timer: TimerOpened) -> None:
        self._timers[timer.key] = timer

    def timer_closed(self, key: int) -> None:
        _close(key, self._timers, self._timers_closed)

    def message_subscription_opened(self, subscription: MessageSubscriptionOpened) -> None:
        self._messages[subscription.key] = subscription

    def message_subscription_closed(self, key: int) -> None:
        _close(key, self._messages, self._messages_closed)

    def signal_subscription_opened(self, subscription: SignalSubscriptionOpened) -> None:
        self._signals[subscription.key] = subscription

    def signal_subscription_closed(self, key: int) -> None:
        _close(key, self._signals, self._signals_closed)

    def incident_raised(self, incident: IncidentRaised) -> None:
        self._incidents[incident.key] = incident

    def incident_resolved(self, key: int) -> None:
        _close(key, self._incidents, self._incidents_resolved)

    def open_jobs(self) -> list[JobCreated]:
        """The jobs of this step that still wait."""
        return list(self._jobs.values())

    def open_message_subscriptions(self) -> list[MessageSubscriptionOpened]:
        """The message subscriptions of this step that still wait."""
        return list(self._messages.values())

    # --- hand out -----------------------------------------------------------------------------

    def drain(self) -> Changes:
        """The changes so far; the ledger is empty afterwards."""
        changes = Changes(
            instances_started=list(self._instances_new.values()),
            instances_changed=list(self._instances_dirty.values()),
            instances_ended=self._instances_ended,
            instances_migrated=self._instances_migrated,
            elements_started=list(self._elements_new.values()),
            elements_changed=list(self._elements_dirty.values()),
            elements_ended=self._elements_ended,
            flows_taken=self.flows_taken,
            variables_set=list(self._variables_set()),
            variables_ended=self._variables_ended,
            scopes_dropped=self._scopes_dropped,
            user_tasks_created=list(self._user_tasks.values()),
            user_tasks_changed=self._user_tasks_changed,
            user_tasks_denied=self.user_tasks_denied,
            outcomes=self.outcomes,
            user_tasks_completed=self._user_tasks_completed,
            user_tasks_cancelled=self._user_tasks_cancelled,
            jobs_created=list(self._jobs.values()),
            jobs_completed=self._jobs_completed,
            jobs_cancelled=self._jobs_cancelled,
            timers_opened=list(self._timers.values()),
            timers_closed=self._timers_closed,
            message_subscriptions_opened=list(self._messages.values()),
            message_subscriptions_closed=self._messages_closed,
            signal_subscriptions_opened=list(self._signals.values()),
            signal_subscriptions_closed=self._signals_closed,
            incidents_raised=list(self._incidents.values()),
            incidents_resolved=self._incidents_resolved,
            decisions_evaluated=self.decisions_evaluated,
            signals_thrown=self.signals_thrown,
            messages_thrown=self.messages_thrown,
            log=self.log,
        )
        self._clear()
        return changes

    def _variables_set(self) -> Iterable[VariableSet]:
        for scope_key, variables in self._variables.items():
            process_instance_key = self._variable_instance[scope_key]
            for name, value in variables.items():
                yield VariableSet(
                    process_instance_key=process_instance_key, scope_key=scope_key, name=name, value=value
                )


def _close(key: K, opened: dict[K, V], closed: list[K]) -> None:
    if opened.pop(key, None) is None:
        closed.append(key)
