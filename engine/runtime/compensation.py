"""Compensation: what has completed in a scope and can be undone, kept in the scope's data.

`data["undo"]` lists `{"id": activity, "undo": [...]}` in the order of completion. A completed subprocess
takes its own list along; a scope that is terminated forgets it.
"""

from __future__ import annotations

from typing import Any

from ..bpmn.model import Element, ElementType
from .instance import Instance
from .records import LiveElement

_UNDO = "undo"


def remember(instance: Instance, scope: LiveElement, element: Element, completed: LiveElement) -> None:
    """An activity has completed inside `scope`: it can be compensated from now on."""
    inner = completed.data.get(_UNDO)
    boundary = element.compensation_boundary
    if boundary is None and not inner:
        return
    entry: dict[str, Any] = {"id": element.id}
    if inner:
        entry[_UNDO] = inner
    scope.data.setdefault(_UNDO, []).append(entry)
    instance.change(scope)


def hand_up(instance: Instance, body: LiveElement, round_: LiveElement) -> None:
    """A round of a multi-instance body has completed: what it could undo belongs to the body."""
    inner = round_.data.get(_UNDO)
    if inner:
        body.data.setdefault(_UNDO, []).extend(inner)
        instance.change(body)


def take_handlers(instance: Instance, scope: LiveElement, activity_ref: str) -> list[Element]:
    """The compensation boundary events to trigger now, last completed first; each only once.

    `activity_ref` limits it to one activity. A throwing event inside an event subprocess compensates the
    scope around it as well.
    """
    found: list[Element] = []
    place: LiveElement | None = scope
    while place is not None:
        entries: list[dict[str, Any]] = place.data.get(_UNDO, [])
        if activity_ref:
            chosen = [entry for entry in entries if entry["id"] == activity_ref]
            kept = [entry for entry in entries if entry["id"] != activity_ref]
        else:
            chosen, kept = entries, []
        if chosen:
            found.extend(_boundaries(instance, chosen))
            if kept:
                place.data[_UNDO] = kept
            else:
                del place.data[_UNDO]
            instance.change(place)
        if place.element_type is not ElementType.EVENT_SUB_PROCESS:
            break
        place = instance.scope_of(place)
    return found


def _boundaries(instance: Instance, entries: list[dict[str, Any]]) -> list[Element]:
    """Depth first without recursion; an activity's own handler before those of its content."""
    found: list[Element] = []
    stack = list(entries)
    while stack:
        entry = stack.pop()
        boundary = instance.model.elements[entry["id"]].compensation_boundary
        if boundary is not None:
            found.append(boundary)
        stack.extend(entry.get(_UNDO, ()))
    return found
