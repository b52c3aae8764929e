"""What happened in an instance, for the diagram and for the table that says the same in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engine import ElementInstance, ElementState, Incident, ProcessInstance, UserTask

from . import formats
from .context import element_name, process_model
from .i18n import localized

MAX_STEPS = 400
_SILENT = ("PROCESS", "MULTI_INSTANCE_BODY")
_ICONS = {
    "USER_TASK": "user",
    "SERVICE_TASK": "gear",
    "SEND_TASK": "mail",
    "RECEIVE_TASK": "mail",
    "SCRIPT_TASK": "gear",
    "BUSINESS_RULE_TASK": "table",
    "CALL_ACTIVITY": "call",
    "EXCLUSIVE_GATEWAY": "gateway",
    "PARALLEL_GATEWAY": "gateway",
    "INCLUSIVE_GATEWAY": "gateway",
    "EVENT_BASED_GATEWAY": "gateway",
    "START_EVENT": "event",
    "END_EVENT": "end",
    "INTERMEDIATE_CATCH_EVENT": "event",
    "INTERMEDIATE_THROW_EVENT": "event",
    "BOUNDARY_EVENT": "event",
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One activation of one element. `state` is done, waiting, incident or cancelled."""

    key: int
    element_id: str
    name: str
    icon: str
    state: str
    actor: str
    started_at: datetime
    took: timedelta | None
    loop_counter: int | None
    depth: int
    task: UserTask | None
    incident: Incident | None
    child: ProcessInstance | None


def element_icon(element_type: str) -> str:
    return _ICONS.get(element_type, "task")


def steps(
    instance: ProcessInstance,
    elements: Sequence[ElementInstance],
    tasks: Sequence[UserTask],
    incidents: Sequence[Incident],
    children: Sequence[ProcessInstance],
) -> list[Step]:
    """The latest steps, newest last, with what belongs to each."""
    task_at = {task.element_instance_key: task for task in tasks}
    incident_at = {incident.element_instance_key: incident for incident in incidents}
    child_at = {child.parent_element_instance_key: child for child in children}
    parents = {element.key: element.scope_key for element in elements}
    shown = [e for e in elements if e.element_type not in _SILENT]
    return [
        Step(
            key=e.key,
            element_id=e.element_id,
            name=element_name(instance.definition_key, e.element_id),
            icon=element_icon(e.element_type),
            state=_state(e, e.key in incident_at),
            actor=e.actor or _assignee(task_at.get(e.key)),
            started_at=e.started_at,
            took=(e.ended_at or formats.now()) - e.started_at,
            loop_counter=e.loop_counter,
            depth=_depth(e, parents),
            task=task_at.get(e.key),
            incident=incident_at.get(e.key),
            child=child_at.get(e.key),
        )
        for e in sorted(shown, key=lambda e: e.started_position)[-MAX_STEPS:]
    ]


def marks(
    definition_key: int, elements: Sequence[ElementInstance], incidents: Sequence[str], flows: Sequence[str]
) -> dict[str, Any]:
    """What the diagram's script draws: tokens now, activations past, incidents, and flows taken."""
    live = Counter(e.element_id for e in elements if not e.state.is_final and e.element_type not in _SILENT)
    done = Counter(e.element_id for e in elements if e.state is ElementState.COMPLETED)
    return {
        "active": dict(live),
        "done": dict(done),
        "incidents": dict(Counter(incidents)),
        "flows": sorted(set(flows)),
        "names": names(definition_key),
    }


def names(definition_key: int) -> dict[str, str]:
    """The elements whose name in the language of the page is not the one in the diagram."""
    model = process_model(definition_key)
    if model is None:
        return {}
    named = {e.id: localized(e.names, e.name) for e in model.elements.values() if e.names}
    return {key: name for key, name in named.items() if name and name != model.elements[key].name}


def _state(element: ElementInstance, has_incident: bool) -> str:
    if has_incident:
        return "incident"
    if element.state is ElementState.COMPLETED:
        return "done"
    return "cancelled" if element.state is ElementState.TERMINATED else "waiting"


def _assignee(task: UserTask | None) -> str:
    return (task.completed_by or task.assignee or "") if task else ""


def _depth(element: ElementInstance, parents: dict[int, int | None]) -> int:
    depth, scope = 0, parents.get(element.key)
    while scope is not None and scope in parents and depth < 5:
        depth, scope = depth + 1, parents.get(scope)
    return max(0, depth - 1)
