"""The compiled process: elements, flows and extensions of a diagram, linked and ready to run.

Built once at deployment by `reader.py`, never changed afterwards, shared by every instance of the
definition. It knows nothing of instances. An attribute that is an `Expression` was compiled at
deployment; text that Camunda calls static stays `str`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ..feel import Expression

Value = Expression | str
"""A FEEL expression (written with a leading `=`) or static text."""


class ElementType(StrEnum):
    """Names as the Camunda 8 REST API shows them."""

    PROCESS = "PROCESS"
    SUB_PROCESS = "SUB_PROCESS"
    EVENT_SUB_PROCESS = "EVENT_SUB_PROCESS"
    AD_HOC_SUB_PROCESS = "AD_HOC_SUB_PROCESS"
    AD_HOC_SUB_PROCESS_INNER_INSTANCE = "AD_HOC_SUB_PROCESS_INNER_INSTANCE"
    TRANSACTION = "TRANSACTION"
    CALL_ACTIVITY = "CALL_ACTIVITY"
    MULTI_INSTANCE_BODY = "MULTI_INSTANCE_BODY"
    START_EVENT = "START_EVENT"
    END_EVENT = "END_EVENT"
    INTERMEDIATE_CATCH_EVENT = "INTERMEDIATE_CATCH_EVENT"
    INTERMEDIATE_THROW_EVENT = "INTERMEDIATE_THROW_EVENT"
    BOUNDARY_EVENT = "BOUNDARY_EVENT"
    TASK = "TASK"
    MANUAL_TASK = "MANUAL_TASK"
    USER_TASK = "USER_TASK"
    SERVICE_TASK = "SERVICE_TASK"
    SEND_TASK = "SEND_TASK"
    RECEIVE_TASK = "RECEIVE_TASK"
    SCRIPT_TASK = "SCRIPT_TASK"
    BUSINESS_RULE_TASK = "BUSINESS_RULE_TASK"
    EXCLUSIVE_GATEWAY = "EXCLUSIVE_GATEWAY"
    PARALLEL_GATEWAY = "PARALLEL_GATEWAY"
    INCLUSIVE_GATEWAY = "INCLUSIVE_GATEWAY"
    EVENT_BASED_GATEWAY = "EVENT_BASED_GATEWAY"

    @property
    def is_container(self) -> bool:
        return self in _CONTAINERS

    @property
    def is_activity(self) -> bool:
        return self in _ACTIVITIES

    @property
    def is_gateway(self) -> bool:
        return self.value.endswith("_GATEWAY")

    @property
    def is_event(self) -> bool:
        return self.value.endswith("_EVENT")


_CONTAINERS = frozenset(
    {
        ElementType.PROCESS,
        ElementType.SUB_PROCESS,
        ElementType.EVENT_SUB_PROCESS,
        ElementType.AD_HOC_SUB_PROCESS,
        ElementType.TRANSACTION,
    }
)
_ACTIVITIES = frozenset(
    {
        ElementType.SUB_PROCESS,
        ElementType.AD_HOC_SUB_PROCESS,
        ElementType.TRANSACTION,
        ElementType.CALL_ACTIVITY,
        ElementType.TASK,
        ElementType.MANUAL_TASK,
        ElementType.USER_TASK,
        ElementType.SERVICE_TASK,
        ElementType.SEND_TASK,
        ElementType.RECEIVE_TASK,
        ElementType.SCRIPT_TASK,
        ElementType.BUSINESS_RULE_TASK,
    }
)


class EventType(StrEnum):
    NONE = "none"
    MESSAGE = "message"
    TIMER = "timer"
    SIGNAL = "signal"
    ERROR = "error"
    ESCALATION = "escalation"
    COMPENSATION = "compensation"
    CONDITIONAL = "conditional"
    LINK = "link"
    TERMINATE = "terminate"
    CANCEL = "cancel"


class TimerKind(StrEnum):
    DATE = "date"
    DURATION = "duration"
    CYCLE = "cycle"


class Binding(StrEnum):
    LATEST = "latest"
    DEPLOYMENT = "deployment"
    VERSION_TAG = "versionTag"


@dataclass(frozen=True, kw_only=True)
class TimerDefinition:
    kind: TimerKind
    value: Value


@dataclass(frozen=True, kw_only=True)
class EventDefinition:
    """What an event catches or throws.

    `name` is the message's or signal's name. `code` is the error or escalation code; None catches
    every code. `correlation_key` belongs to messages, `condition` to conditional events, `link` to
    link events (its name), `activity_ref` to compensation (the one activity to compensate). `message_id`
    and `time_to_live` belong to throwing message events that the engine publishes itself.
    """

    type: EventType
    name: Value | None = None
    correlation_key: Value | None = None
    code: Value | None = None
    timer: TimerDefinition | None = None
    condition: Expression | None = None
    condition_variables: frozenset[str] = frozenset()
    condition_events: frozenset[str] = frozenset()
    link: str = ""
    activity_ref: str = ""
    wait_for_completion: bool = True
    message_id: Value | None = None
    time_to_live: Value | None = None


NONE_EVENT = EventDefinition(type=EventType.NONE)


@dataclass(frozen=True, kw_only=True)
class IoMapping:
    """One `zeebe:input` or `zeebe:output`. `source` None is null; `target` may be dotted."""

    source: Value | None
    target: str


@dataclass(frozen=True, kw_only=True)
class TaskDefinition:
    """A job: its type, how often it may fail, and static headers."""

    type: Value
    retries: Value = "3"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FormReference:
    """`form_id` with a binding, or `embedded` (the JSON text inside the diagram), or an external key."""

    form_id: str = ""
    binding: Binding = Binding.LATEST
    version_tag: str = ""
    embedded: str = ""
    external_key: str = ""


@dataclass(frozen=True, kw_only=True)
class UserTaskDefinition:
    """`is_job` marks the older, job-based user task (no `zeebe:userTask` element).

    `excluded_elements` are the ids of `tenure:excludeActorsOf` (`parent:ID` reaches the caller).
    `actor_variable` (`tenure:actorVariable`) receives the id of the user who completed the task.
    """

    is_job: bool = False
    assignee: Value | None = None
    candidate_groups: Value | None = None
    candidate_users: Value | None = None
    due_date: Value | None = None
    follow_up_date: Value | None = None
    priority: Value | None = None
    form: FormReference | None = None
    excluded_elements: tuple[str, ...] = ()
    excluded_users: Value | None = None
    outcomes: tuple[str, ...] = ()
    outcome_variable: str = "outcome"
    inbox_columns: tuple[str, ...] = ()
    actor_variable: str = ""


@dataclass(frozen=True, kw_only=True)
class CalledElement:
    process_id: Value
    binding: Binding = Binding.LATEST
    version_tag: str = ""
    propagate_parent_variables: bool = True
    propagate_child_variables: bool = True
    business_key: Value | None = None


@dataclass(frozen=True, kw_only=True)
class CalledDecision:
    decision_id: Value
    result_variable: str
    binding: Binding = Binding.LATEST
    version_tag: str = ""


@dataclass(frozen=True, kw_only=True)
class Script:
    expression: Expression
    result_variable: str


@dataclass(frozen=True, kw_only=True)
class MultiInstance:
    sequential: bool
    input_collection: Expression
    input_element: str = ""
    output_collection: str = ""
    output_element: Expression | None = None
    completion_condition: Expression | None = None


@dataclass(frozen=True, kw_only=True)
class StandardLoop:
    """Tenure's extension: repeat while `condition` holds, at most `maximum` times."""

    condition: Expression | None
    test_before: bool
    maximum: int | None


@dataclass(frozen=True, kw_only=True)
class AdHoc:
    active_elements: Expression | None = None
    completion_condition: Expression | None = None
    cancel_remaining: bool = True
    output_collection: str = ""
    output_element: Expression | None = None


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A listener job. `event`: start, end (execution); creating, assigning, ... (user task)."""

    event: str
    type: Value
    retries: Value = "3"


@dataclass(eq=False, slots=True)
class SequenceFlow:
    id: str
    name: str
    source: Element
    target: Element
    condition: Expression | None = None
    is_default: bool = False
    line: int | None = None

    def __repr__(self) -> str:
        return f"<flow {self.id}: {self.source.id} -> {self.target.id}>"


@dataclass(eq=False, slots=True, kw_only=True)
class Element:
    """A flow node or container. `parent` is the container around it; None for the process itself.

    `boundaries` are the events attached to it (in the diagram's order), `attached_to` the activity a
    boundary event sits on. `event_sub_processes` and `children` belong to containers; `start_event`
    of an event subprocess is its only child start event. `headers` are the static ones of every job of
    the element, its listeners' included. `handler` is the compensation handler that a
    compensation boundary event leads to.
    """

    id: str
    type: ElementType
    name: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    line: int | None = None
    parent: Element | None = None
    incoming: list[SequenceFlow] = field(default_factory=list)
    outgoing: list[SequenceFlow] = field(default_factory=list)
    default_flow: SequenceFlow | None = None
    event: EventDefinition = NONE_EVENT
    interrupting: bool = True
    attached_to: Element | None = None
    boundaries: list[Element] = field(default_factory=list)
    children: list[Element] = field(default_factory=list)
    event_sub_processes: list[Element] = field(default_factory=list)
    inputs: tuple[IoMapping, ...] = ()
    outputs: tuple[IoMapping, ...] = ()
    job: TaskDefinition | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    user_task: UserTaskDefinition | None = None
    script: Script | None = None
    called_element: CalledElement | None = None
    called_decision: CalledDecision | None = None
    multi_instance: MultiInstance | None = None
    standard_loop: StandardLoop | None = None
    ad_hoc: AdHoc | None = None
    start_listeners: tuple[Listener, ...] = ()
    end_listeners: tuple[Listener, ...] = ()
    task_listeners: tuple[Listener, ...] = ()
    is_for_compensation: bool = False
    handler: Element | None = None
    lane: str = ""
    start_form: FormReference | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    documentation: str = ""

    def __repr__(self) -> str:
        return f"<{self.type.value.lower()} {self.id}>"

    @property
    def start_events(self) -> list[Element]:
        """The start events directly inside this container."""
        return [e for e in self.children if e.type is ElementType.START_EVENT]

    @property
    def none_start(self) -> Element | None:
        """The start event that an ordinary start of this container uses."""
        return next((e for e in self.start_events if e.event.type is EventType.NONE), None)

    @property
    def compensation_boundary(self) -> Element | None:
        return next((b for b in self.boundaries if b.event.type is EventType.COMPENSATION), None)

    def ancestors(self) -> Iterator[Element]:
        """The containers around this element, inside out."""
        scope = self.parent
        while scope is not None:
            yield scope
            scope = scope.parent


@dataclass(eq=False, kw_only=True)
class ProcessModel:
    """One process of a file. `root` is the element of the process itself, with the same id.

    `elements` maps every id, in document order. `candidate_starters` are group ids; empty: everybody.
    """

    process_id: str
    name: str
    names: Mapping[str, str]
    version_tag: str
    executable: bool
    file: str
    root: Element
    elements: Mapping[str, Element]
    flows: Mapping[str, SequenceFlow]
    candidate_starters: tuple[str, ...] = ()
    lanes: Mapping[str, str] = field(default_factory=dict)

    @property
    def start_form(self) -> FormReference | None:
        start = self.root.none_start
        return start.start_form if start else None
