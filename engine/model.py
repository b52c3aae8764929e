"""What the engine hands out: frozen values, one per noun of BPMN and Camunda.

Keys are 64-bit integers, unique over all kinds. Times are aware and in UTC. `names` maps a language
(`zh`, `en`) to the name an analyst gave; `name` is the name in the diagram.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

Variables = Mapping[str, Any]

T = TypeVar("T")


# --- who acts ------------------------------------------------------------------------------------


class Channel(StrEnum):
    """The way a command came in; part of the audit line."""

    WEB = "web"
    API = "api"
    COMMAND_LINE = "command-line"
    ENGINE = "engine"
    DEMO = "demo"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who asks. The engine looks up groups and permissions itself, inside the transaction.

    A system actor (`is_system`) is the program itself: the clock, the job executor, the start-up.
    """

    user_id: str
    channel: Channel = Channel.ENGINE
    is_system: bool = False
    ip: str | None = None


SYSTEM = Actor(user_id="system", is_system=True)


@dataclass(frozen=True, kw_only=True)
class User:
    """A person with an account. `groups` are ids. `credential_version` goes up when the password changes:
    a session that was opened with an older one is over."""

    user_id: str
    name: str
    email: str = ""
    language: str = ""
    active: bool = True
    groups: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()
    created_at: datetime | None = None
    credential_version: int = 0


@dataclass(frozen=True, kw_only=True)
class NewUser:
    """A person who gets an account."""

    user_id: str
    name: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Group:
    group_id: str
    name: str
    names: Mapping[str, str] = field(default_factory=dict)
    permissions: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Absence:
    """While `user_id` is away, `substitute_id` may act in that person's place."""

    user_id: str
    substitute_id: str
    start: datetime
    end: datetime


# --- what was deployed -----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A file to deploy: `name` is the file's name verbatim, its extension tells the kind."""

    name: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class ProcessDefinition:
    key: int
    process_id: str
    version: int
    name: str
    names: Mapping[str, str]
    version_tag: str
    resource_name: str
    checksum: str
    deployment_key: int
    deployed_at: datetime
    deployed_by: str
    draft: bool = False
    candidate_starters: tuple[str, ...] = ()
    start_form_id: str = ""


@dataclass(frozen=True, kw_only=True)
class DecisionRequirements:
    key: int
    requirements_id: str
    version: int
    name: str
    resource_name: str
    checksum: str
    deployment_key: int
    deployed_at: datetime


@dataclass(frozen=True, kw_only=True)
class DecisionDefinition:
    key: int
    decision_id: str
    version: int
    name: str
    names: Mapping[str, str]
    version_tag: str
    requirements_key: int
    requirements_id: str
    deployment_key: int


@dataclass(frozen=True, kw_only=True)
class Form:
    key: int
    form_id: str
    version: int
    version_tag: str
    resource_name: str
    checksum: str
    deployment_key: int
    deployed_at: datetime
    schema: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class EarlierInstances:
    """Running instances of other versions of a process: how many, and how many of them could go on under the
    new one with everything under its own id."""

    running: int
    could_migrate: int


@dataclass(frozen=True, kw_only=True)
class DeploymentResult:
    """What a deployment holds, also the definitions that did not change (`is_new` tells which did).

    `earlier` has the keys of new versions of which others still run.
    """

    key: int
    deployed_at: datetime
    processes: tuple[ProcessDefinition, ...] = ()
    decisions: tuple[DecisionDefinition, ...] = ()
    requirements: tuple[DecisionRequirements, ...] = ()
    forms: tuple[Form, ...] = ()
    new_keys: frozenset[int] = frozenset()
    warnings: tuple[Any, ...] = ()
    earlier: Mapping[int, EarlierInstances] = field(default_factory=dict)

    def is_new(self, key: int) -> bool:
        return key in self.new_keys


# --- what runs ---------------------------------------------------------------------------------------


class InstanceState(StrEnum):
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    COMPLETED = "COMPLETED"
    TERMINATED = "TERMINATED"


class ElementState(StrEnum):
    ACTIVATING = "ACTIVATING"
    ACTIVE = "ACTIVE"
    COMPLETING = "COMPLETING"
    COMPLETED = "COMPLETED"
    TERMINATING = "TERMINATING"
    TERMINATED = "TERMINATED"

    @property
    def is_final(self) -> bool:
        return self in (ElementState.COMPLETED, ElementState.TERMINATED)


@dataclass(frozen=True, kw_only=True)
class ProcessInstance:
    """`root_key` is the key of the outermost calling instance, or its own."""

    key: int
    root_key: int
    parent_key: int | None
    parent_element_instance_key: int | None
    definition_key: int
    process_id: str
    process_version: int
    business_key: str
    state: InstanceState
    has_incident: bool
    version: int
    started_at: datetime
    started_by: str
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ElementInstance:
    """One activation of one element. `started_position` and `ended_position` order all lifecycle
    events of a process instance."""

    key: int
    process_instance_key: int
    scope_key: int | None
    element_id: str
    element_type: str
    state: ElementState
    started_at: datetime
    ended_at: datetime | None
    started_position: int
    ended_position: int | None
    loop_counter: int | None = None
    actor: str = ""


@dataclass(frozen=True, kw_only=True)
class RepairEffect:
    """What a repair did or, as a preview, would do: the elements that wait or run now, those that ended and
    how, incidents (element and message), and the process instances that ended with it.

    `retried` are elements whose job gets one more attempt; `instances_changed` are process instances that
    stand still or go on from now; `variables` are the changed ones; `migrated` are the ids that an element
    had and has after a migration. `user_tasks`, `jobs` and `timers` count
    the open work that this touches: it ends, stands still or goes on with the instances."""

    started: tuple[str, ...] = ()
    ended: tuple[tuple[str, ElementState], ...] = ()
    incidents: tuple[tuple[str, str], ...] = ()
    instances_ended: tuple[int, ...] = ()
    instances_changed: tuple[int, ...] = ()
    retried: tuple[str, ...] = ()
    variables: tuple[VariableChange, ...] = ()
    migrated: tuple[tuple[str, str], ...] = ()
    user_tasks: int = 0
    jobs: int = 0
    timers: int = 0


@dataclass(frozen=True, kw_only=True)
class VariableChange:
    """`before` is None also for a variable that is not there yet."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, kw_only=True)
class FlowTaken:
    process_instance_key: int
    flow_id: str
    position: int


@dataclass(frozen=True, kw_only=True)
class Variable:
    """`scope_key` is the element instance that owns it (the process instance's own key at the top)."""

    key: int
    name: str
    value: Any
    scope_key: int
    process_instance_key: int


class UserTaskState(StrEnum):
    """Those in -ING wait for the job of a task listener; everybody else has to wait with it."""

    CREATING = "CREATING"
    CREATED = "CREATED"
    ASSIGNING = "ASSIGNING"
    UPDATING = "UPDATING"
    COMPLETING = "COMPLETING"
    COMPLETED = "COMPLETED"
    CANCELING = "CANCELING"
    CANCELED = "CANCELED"

    @property
    def is_open(self) -> bool:
        return self not in (UserTaskState.COMPLETED, UserTaskState.CANCELED)

    @property
    def waits_for_listener(self) -> bool:
        return self.is_open and self is not UserTaskState.CREATED


@dataclass(frozen=True, kw_only=True)
class UserTask:
    """Work for a person. `inbox` holds the values of the variables in `tenure:inboxColumns`;
    `external_form` is the key of a form that the engine does not look into; `ended_at` is when it was
    completed or cancelled."""

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
    state: UserTaskState
    assignee: str | None
    candidate_groups: tuple[str, ...]
    candidate_users: tuple[str, ...]
    excluded_users: tuple[str, ...]
    due_at: datetime | None
    follow_up_at: datetime | None
    priority: int
    form_id: str
    form_key: int | None
    outcomes: tuple[str, ...]
    outcome_variable: str
    inbox: Mapping[str, Any]
    version: int
    created_at: datetime
    completed_at: datetime | None = None
    completed_by: str | None = None
    outcome: str | None = None
    external_form: str = ""
    ended_at: datetime | None = None


class JobKind(StrEnum):
    BPMN_ELEMENT = "BPMN_ELEMENT"
    EXECUTION_LISTENER = "EXECUTION_LISTENER"
    TASK_LISTENER = "TASK_LISTENER"
    AD_HOC_SUB_PROCESS = "AD_HOC_SUB_PROCESS"


class JobState(StrEnum):
    CREATED = "CREATED"
    FAILED = "FAILED"
    COMPLETED = "COMPLETED"
    ERROR_THROWN = "ERROR_THROWN"
    CANCELED = "CANCELED"


@dataclass(frozen=True, kw_only=True)
class Job:
    """Work for the machine. Free to take when `due_at` has passed and `locked_until` has not been set
    or has passed. `attempt` counts how often it was taken.
    `actor` is who completed the step that led to it."""

    key: int
    type: str
    kind: JobKind
    state: JobState
    retries: int
    headers: Mapping[str, str]
    element_id: str
    element_instance_key: int
    process_instance_key: int
    root_process_instance_key: int
    definition_key: int
    process_id: str
    process_version: int
    worker: str
    locked_until: datetime | None
    due_at: datetime
    created_at: datetime
    error_message: str = ""
    listener_event: str = ""
    attempt: int = 0
    actor: str = ""
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TaskListenerResult:
    """What the job of a task listener answers. `corrections` change the user task with the transition:
    `assignee` ("" is nobody), `candidate_groups`, `candidate_users` (lists), `due_at`, `follow_up_at` (aware
    times; None clears) and `priority`. `denied` stops the transition; there are no corrections then."""

    denied: bool = False
    denied_reason: str = ""
    corrections: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ElementActivation:
    """An element to activate in an ad-hoc subprocess; `variables` are local to that activation."""

    element_id: str
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class AdHocResult:
    """What the job of an ad-hoc subprocess answers: what to activate next, or that it is enough."""

    activate: Sequence[ElementActivation] = ()
    completion_condition_fulfilled: bool = False
    cancel_remaining_instances: bool = False


JobResult = TaskListenerResult | AdHocResult


@dataclass(frozen=True, kw_only=True)
class Timer:
    """`repetitions` left: -1 is endless. `element_id` is the element that the timer fires."""

    key: int
    due_at: datetime
    repetitions: int
    element_id: str
    element_instance_key: int | None
    process_instance_key: int | None
    definition_key: int
    root_process_instance_key: int | None = None


@dataclass(frozen=True, kw_only=True)
class MessageSubscription:
    key: int
    message_name: str
    correlation_key: str
    element_id: str
    element_instance_key: int | None
    process_instance_key: int | None
    definition_key: int
    interrupting: bool
    created_at: datetime
    process_id: str = ""
    root_process_instance_key: int | None = None


class IncidentState(StrEnum):
    ACTIVE = "ACTIVE"
    RESOLVED = "RESOLVED"


@dataclass(frozen=True, kw_only=True)
class Incident:
    """`error_type` is Camunda's word (`JOB_NO_RETRIES`, `CONDITION_ERROR`, ...)."""

    key: int
    error_type: str
    message: str
    hint: str
    trace: str
    state: IncidentState
    element_id: str
    element_instance_key: int
    process_instance_key: int
    root_process_instance_key: int
    definition_key: int
    job_key: int | None
    created_at: datetime
    resolved_at: datetime | None = None
    resolved_by: str | None = None


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """One line of the append-only trail. `process_instance_key` is None for commands outside instances.

    `hash` = SHA-256 over `previous_hash` and the canonical JSON of the other fields.
    """

    key: int
    at: datetime
    actor: str
    channel: str
    action: str
    subject_kind: str
    subject_key: str
    process_instance_key: int | None
    details: Mapping[str, Any]
    previous_hash: str
    hash: str


@dataclass(frozen=True, kw_only=True)
class DecisionEntry:
    """One evaluated decision of an instance, with everything that was looked at."""

    key: int
    at: datetime
    decision_id: str
    decision_version: int
    decision_key: int
    process_instance_key: int
    element_id: str
    element_instance_key: int
    inputs: Any
    output: Any
    matched_rules: tuple[int, ...]
    explanation: Any


@dataclass(frozen=True, kw_only=True)
class Comment:
    key: int
    user_task_key: int
    process_instance_key: int
    author: str
    text: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """A slice of a list; `next_cursor` is None on the last page."""

    items: tuple[T, ...]
    total: int
    next_cursor: str | None = None


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What one person has typed into the form of a task and not sent yet."""

    user_task_key: int
    user_id: str
    values: Mapping[str, Any]
    saved_at: datetime


@dataclass(frozen=True, kw_only=True)
class Document:
    """A file that is stored once per content; `sha256` is the hash of its bytes, in hexadecimal."""

    key: int
    name: str
    media_type: str
    size: int
    sha256: str
    created_at: datetime
    created_by: str
    process_instance_key: int | None = None
    readers: tuple[str, ...] = ()
