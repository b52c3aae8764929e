"""Compensation: what has completed in a scope and can be undone, kept in the scope's data.

`data["undo"]` lists `{"id": activity, "undo": [...]}` in the order of completion. A completed subprocess
takes its own list along; a scope that is terminated forgets it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..bpmn.model import Element, ElementType, EventType
from .instance import Instance
from .records import LiveElement

_UNDO = "undo"


def remember(instance: Instance, scope: LiveElement, element: Element, completed: LiveElement) -> None:
    """An activity has completed inside `scope`: it can be compensated from now on."""
    inner = completed.data.get(_UNDO)
    if _boundary(element) is None and _start_inside(element) is None and not inner:
        return
    entry: dict[str, Any] = {"id": element.id}
    if inner:
        entry[_UNDO] = inner
    scope.data.setdefault(_UNDO, []).append(entry)
    instance.change(scope)


def remembered(scope: LiveElement) -> list[dict[str, Any]]:
    """What has completed in the scope and can be undone."""
    entries: list[dict[str, Any]] = scope.data.get(_UNDO, [])
    return entries


def handling_event(element: Element) -> Element | None:
    """The event through which the element itself is undone: on its border, or the start of a compensation
    event subprocess in it."""
    return _boundary(element) or _start_inside(element)


def hand_up(instance: Instance, body: LiveElement, round_: LiveElement) -> None:
    """A round of a multi-instance body has completed: what it could undo belongs to the body."""
    inner = round_.data.get(_UNDO)
    if inner:
        body.data.setdefault(_UNDO, []).extend(inner)
        instance.change(body)


@dataclass(frozen=True, kw_only=True)
class Undo:
    """One thing to do: go through a compensation boundary event to its handler, or run the event subprocess
    of this start event, which may compensate the entries in `inside` itself."""

    event: Element
    inside: list[dict[str, Any]]


def take_handlers(instance: Instance, scope: LiveElement, activity_ref: str) -> list[Undo]:
    """What has to be done to compensate now, last completed first; each only once.

    `activity_ref` limits it to one activity. A throwing event inside an event subprocess compensates the
    scope around it as well.
    """
    found: list[Undo] = []
    place: LiveElement | None = scope
    while place is not None:
        entries: list[dict[str, Any]] = place.data.get(_UNDO, [])
        if activity_ref:
            chosen = [entry for entry in entries if entry["id"] == activity_ref]
            kept = [entry for entry in entries if entry["id"] != activity_ref]
        else:
            chosen, kept = entries, []
        if chosen:
            found.extend(_undone(instance, chosen))
            if kept:
                place.data[_UNDO] = kept
            else:
                del place.data[_UNDO]
            instance.change(place)
        if place.element_type is not ElementType.EVENT_SUB_PROCESS:
            break
        place = instance.scope_of(place)
    return found


def _undone(instance: Instance, entries: list[dict[str, Any]]) -> list[Undo]:
    """Depth first without recursion. As in Camunda, an activity's own handler does not replace those of its
    content; a compensation event subprocess does."""
    found: list[Undo] = []
    stack = list(entries)
    while stack:
        entry = stack.pop()
        element = instance.model.elements[entry["id"]]
        inside = entry.get(_UNDO, [])
        boundary, start = _boundary(element), _start_inside(element)
        if boundary is not None:
            found.append(Undo(event=boundary, inside=[]))
        if start is not None:
            found.append(Undo(event=start, inside=inside))
        else:
            stack.extend(inside)
    return found


def _boundary(element: Element) -> Element | None:
    boundary = element.compensation_boundary
    return boundary if boundary is not None and boundary.handler is not None else None


def _start_inside(element: Element) -> Element | None:
    """The start event of the element's compensation event subprocess."""
    for sub_process in element.event_sub_processes:
        for start in sub_process.start_events:
            if start.event.type is EventType.COMPENSATION:
                return start
    return None
