"""Everything one step did to process instances, as records to write in one transaction.

The lists hold the net effect: what began and ended within the step appears only as ended, and work
opened and closed within it not at all. Keys are given by the runtime.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..model import ElementInstance, FlowTaken, InstanceState, JobKind, UserTaskState
from .records import LiveElement, LiveInstance


@dataclass(frozen=True, kw_only=True)
class InstanceEnded:
    key: int
    state: InstanceState
    ended_at: datetime


@dataclass(frozen=True, kw_only=True)
class VariableSet:
    """`scope_key` is the element instance that owns the variable; the value is JSON, decimals exact."""

    process_instance_key: int
    scope_key: int
    name: str
    value: Any


@dataclass(frozen=True, kw_only=True)
class UserTaskCreated:
    """A new user task, every expression evaluated. `form_key` is set when the form is a deployed one;
    `form_id` then repeats its id. `external_form` is a key the engine does not look into."""

    key: int
    element_instance_key: int
    process_instance_key: int
    root_process_instance_key: int
    definition_key: int
    process_id: str
    process_version: int
    business_key: str
    element_id: str
    name: str
    names: Mapping[str, str]
    assignee: str | None
    candidate_groups: tuple[str, ...]
    candidate_users: tuple[str, ...]
    excluded_users: tuple[str, ...]
    due_at: datetime | None
    follow_up_at: datetime | None
    priority: int
    form_id: str
    form_key: int | None
    external_form: str
    outcomes: tuple[str, ...]
    outcome_variable: str
    inbox: Mapping[str, Any]
    created_at: datetime
    state: UserTaskState = UserTaskState.CREATED


@dataclass(frozen=True, kw_only=True)
class UserTaskDenied:
    """A task listener has stopped a transition; `event`: assigning, updating or completing."""

    key: int
    event: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class JobCreated:
    """A new job, free to take at once. `listener_event` is set for listener jobs (`start`, `end`, ...)."""

    key: int
    type: str
    kind: JobKind
    retries: int
    headers: Mapping[str, str]
    element_id: str
    element_instance_key: int
    process_instance_key: int
    root_process_instance_key: int
    definition_key: int
    process_id: str
    process_version: int
    listener_event: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class TimerOpened:
    """`element_id` is the event that fires, `element_instance_key` the instance that waits for it:
    call `trigger(element_instance_key, element_id)` when it is due. `repetitions` left: -1 is endless."""

    key: int
    due_at: datetime
    repetitions: int
    element_id: str
    element_instance_key: int
    process_instance_key: int
    root_process_instance_key: int
    definition_key: int


@dataclass(frozen=True, kw_only=True)
class MessageSubscriptionOpened:
    """One message of this name and correlation key triggers `element_id` at `element_instance_key`.

    After an interrupting trigger the runtime closes it; a non-interrupting one stays open.
    """

    key: int
    message_name: str
    correlation_key: str
    element_id: str
    element_instance_key: int
    process_instance_key: int
    root_process_instance_key: int
    definition_key: int
    process_id: str
    interrupting: bool
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class SignalSubscriptionOpened:
    key: int
    signal_name: str
    element_id: str
    element_instance_key: int
    process_instance_key: int
    root_process_instance_key: int
    definition_key: int
    interrupting: bool
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class IncidentRaised:
    """`error_type` is Camunda's word; `hint` says what would help; `job_key` is set when a job ran out of
    retries."""

    key: int
    error_type: str
    message: str
    hint: str
    trace: str
    element_id: str
    element_instance_key: int
    process_instance_key: int
    root_process_instance_key: int
    definition_key: int
    job_key: int | None
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Renamed:
    """A record that belongs to an element of another id from now on."""

    key: int
    element_id: str


@dataclass(frozen=True, kw_only=True)
class UserTaskMigrated(Renamed):
    name: str
    names: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class SubscriptionMigrated(Renamed):
    interrupting: bool


@dataclass(frozen=True, kw_only=True)
class InstanceMigrated:
    """An instance goes on under another definition. The lists name all open records of it that were there
    before; those of the step itself have the new definition already."""

    key: int
    definition_key: int
    process_id: str
    version: int
    elements: list[Renamed]
    user_tasks: list[UserTaskMigrated]
    jobs: list[Renamed]
    incidents: list[Renamed]
    timers: list[Renamed]
    message_subscriptions: list[SubscriptionMigrated]
    signal_subscriptions: list[SubscriptionMigrated]


@dataclass(frozen=True, kw_only=True)
class DecisionEvaluated:
    """One decision of a business rule task; a required decision comes before the one that requires it.

    `decision_key` and `decision_version` are those of the decision that the task called.
    """

    decision_id: str
    decision_key: int
    decision_version: int
    process_instance_key: int
    element_id: str
    element_instance_key: int
    evaluated_at: datetime
    inputs: Any
    output: Any
    matched_rules: tuple[int, ...]
    explanation: Any


@dataclass(frozen=True, kw_only=True)
class SignalThrown:
    """A signal event of the process was reached: broadcast it once the step has been written.

    The instance itself and those that called it have got it already, before the token went on: leave the
    subscriptions of the instances in `reached` out.
    """

    name: str
    variables: Mapping[str, Any]
    process_instance_key: int
    element_id: str
    reached: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class MessageThrown:
    """A message event of the process that needs no worker was reached: publish the message in this step."""

    name: str
    correlation_key: str
    message_id: str
    time_to_live: timedelta
    variables: Mapping[str, Any]
    process_instance_key: int
    element_id: str


@dataclass(frozen=True, kw_only=True)
class LogEntry:
    """A line for the audit trail of the instance: `action` is a stable word such as `error-caught`."""

    process_instance_key: int
    action: str
    element_id: str
    element_instance_key: int | None
    details: Mapping[str, Any]


@dataclass(kw_only=True)
class Changes:
    """What to insert, update and delete. Order inside a list is the order of events.

    - `instances_changed` are rows to update (position, incidents, state); instances that began in this
      step stand in `instances_started` with their final values instead. `instances_ended` comes on top.
    - `instances_migrated` come before all that follows: the rest may close or change what they rename.
    - `elements_started` to insert, `elements_changed` to update; `elements_ended` go to history and,
      where the live record existed before the step, it is deleted (deleting what is not there is harmless).
    - `user_tasks_changed` maps the key of a task that existed before to its new state, assignee, candidates,
      times, priority: those that a task listener's transition has changed. `outcomes` are the decisions of
      tasks whose completion had to wait for a listener.
    - `variables_set` belong to scopes that live on, or to the process instance, which keeps its variables
      when it ends. The variables of `scopes_dropped` are live no longer; their last values, as far as this
      step knows them, stand in `variables_ended` for history.
    """

    instances_started: list[LiveInstance] = field(default_factory=list)
    instances_changed: list[LiveInstance] = field(default_factory=list)
    instances_ended: list[InstanceEnded] = field(default_factory=list)
    instances_migrated: list[InstanceMigrated] = field(default_factory=list)
    elements_started: list[LiveElement] = field(default_factory=list)
    elements_changed: list[LiveElement] = field(default_factory=list)
    elements_ended: list[ElementInstance] = field(default_factory=list)
    flows_taken: list[FlowTaken] = field(default_factory=list)
    variables_set: list[VariableSet] = field(default_factory=list)
    variables_ended: list[VariableSet] = field(default_factory=list)
    scopes_dropped: list[int] = field(default_factory=list)
    user_tasks_created: list[UserTaskCreated] = field(default_factory=list)
    user_tasks_changed: dict[int, dict[str, Any]] = field(default_factory=dict)
    user_tasks_denied: list[UserTaskDenied] = field(default_factory=list)
    outcomes: dict[int, str] = field(default_factory=dict)
    user_tasks_completed: list[int] = field(default_factory=list)
    user_tasks_cancelled: list[int] = field(default_factory=list)
    jobs_created: list[JobCreated] = field(default_factory=list)
    jobs_completed: list[int] = field(default_factory=list)
    jobs_cancelled: list[int] = field(default_factory=list)
    timers_opened: list[TimerOpened] = field(default_factory=list)
    timers_closed: list[int] = field(default_factory=list)
    message_subscriptions_opened: list[MessageSubscriptionOpened] = field(default_factory=list)
    message_subscriptions_closed: list[int] = field(default_factory=list)
    signal_subscriptions_opened: list[SignalSubscriptionOpened] = field(default_factory=list)
    signal_subscriptions_closed: list[int] = field(default_factory=list)
    incidents_raised: list[IncidentRaised] = field(default_factory=list)
    incidents_resolved: list[int] = field(default_factory=list)
    decisions_evaluated: list[DecisionEvaluated] = field(default_factory=list)
    signals_thrown: list[SignalThrown] = field(default_factory=list)
    messages_thrown: list[MessageThrown] = field(default_factory=list)
    log: list[LogEntry] = field(default_factory=list)
