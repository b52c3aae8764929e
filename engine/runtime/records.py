"""The live records of a process instance: what is stored while it runs, and nothing that has ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..bpmn.model import ElementType
from ..model import ElementState, InstanceState


@dataclass(slots=True, kw_only=True)
class LiveInstance:
    """One running process instance. The row of the outermost caller (`root_key`) is the family's lock.

    `position` counts the lifecycle events of the instance; it orders its history. `incidents` is the
    number of open ones. `parent_key` and `parent_element_instance_key` name the calling instance and its
    call activity.
    """

    key: int
    root_key: int
    parent_key: int | None = None
    parent_element_instance_key: int | None = None
    definition_key: int
    state: InstanceState = InstanceState.ACTIVE
    business_key: str = ""
    started_at: datetime
    started_by: str = ""
    position: int = 0
    incidents: int = 0


@dataclass(slots=True, kw_only=True)
class LiveElement:
    """One running element instance. The process itself is one, with the key of the instance and no scope.

    `scope_key` is the element instance around it: process, subprocess, multi-instance body. `data` is a small
    JSON object that only the runtime reads and writes: join counts of a scope, rounds of a multi-instance
    body, open subscriptions, the step an incident will try again. `element_type` is that of the record: a
    multi-instance body has `MULTI_INSTANCE_BODY` and the id of its activity. What is activated in an ad-hoc
    subprocess runs in an inner instance, with Camunda's id for it (`inner_id`).
    """

    key: int
    process_instance_key: int
    scope_key: int | None
    element_id: str
    element_type: ElementType
    state: ElementState
    started_at: datetime
    started_position: int
    loop_counter: int | None = None
    data: dict[str, Any] = field(default_factory=dict)


TRANSITION = "transition"
"""In the data of a user task's element instance: the change that its task listeners are asked about."""

THEN = "then"
"""In the data of a terminating element instance, or of an interrupted scope: the event, and its variables,
that goes on once everything inside has gone."""

_INNER = "#innerInstance"


def inner_id(element_id: str, element_type: ElementType) -> str:
    """The id that records of this type have: the element's own, save for inner instances."""
    return (
        element_id + _INNER if element_type is ElementType.AD_HOC_SUB_PROCESS_INNER_INSTANCE else element_id
    )


def drawn_id(record: LiveElement) -> str:
    """The id of the drawn element of a record."""
    return record.element_id.removesuffix(_INNER)
