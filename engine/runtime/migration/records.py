"""The live records under the ids of the target."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...bpmn.model import Element
from ...errors import Problem
from ..compensation import remembered
from ..joins import waiting_flows
from ..records import LiveElement
from ..subscriptions import catching_events, subscriptions_of
from .element_rules import not_mapped
from .event_rules import kept_events
from .situation import Situation
from .undo_rules import entries_after

# Where a record's data holds ids of the definition, beside subscriptions, join counts and what can be undone:
# the start event at which a container begins, the elements that a token shall enter, the event that an
# event-based gateway has caught, the event (and its variables) that goes on once everything inside has gone,
# and the event subprocess that has interrupted the scope.
_START, _ENTER, _CHOSEN, _THEN, _INTERRUPTED = "start", "enter", "chosen", "then", "interrupted"


def pending_problems(at: Situation) -> Iterator[Problem]:
    """Elements that an element which has not begun yet is about to go to."""
    for record in at.live:
        becomes = at.target_of(at.element_of(record))
        if becomes is None:
            continue
        own = [*becomes.start_events, *catching_events(becomes, record.element_type)]
        for element_id in (*_one(record, _START), *_one(record, _CHOSEN), *_one(record, _THEN)):
            element = at.source.elements[element_id]
            if _later(at, element) not in own:
                yield not_mapped(at, element, "is about to begin")
        for element_id in record.data.get(_ENTER, ()):
            element = at.source.elements[element_id]
            if _later(at, element) is None:
                yield not_mapped(at, element, "is about to begin")


def data_after(at: Situation, record: LiveElement) -> dict[str, Any]:
    """The data of a record under the ids of the target. Events that are not kept must be closed before."""
    data = dict(record.data)
    kept = kept_events(at, record)
    if kept:
        data["subs"] = {kept[event_id].id: sub for event_id, sub in subscriptions_of(record).items()}
    if waiting_flows(record):
        data["joins"] = {at.mapping[flow_id]: count for flow_id, count in data["joins"].items()}
    if remembered(record):
        entries = entries_after(at, remembered(record), at.element_of(record))
        data.pop("undo")
        if entries:
            data["undo"] = entries
    for name in (_START, _CHOSEN, _THEN, _INTERRUPTED):
        for element_id in _one(record, name):
            becomes = _later(at, at.source.elements[element_id])
            renamed = becomes.id if becomes is not None else element_id
            data[name] = [renamed, data[name][1]] if name == _THEN else renamed
    if _ENTER in data:
        path = [_later(at, at.source.elements[element_id]) for element_id in data[_ENTER]]
        data[_ENTER] = [becomes.id for becomes in path if becomes is not None]
    return data


def _one(record: LiveElement, name: str) -> list[str]:
    """The id that stands under a name, if any; the event that goes on then has its variables with it."""
    if name not in record.data:
        return []
    return [record.data[name][0] if name == _THEN else record.data[name]]


def _later(at: Situation, element: Element) -> Element | None:
    """What an element that is not active becomes: what it is mapped to, else the one of the same id."""
    found = at.target_of(element) or at.target.elements.get(element.id)
    return found if found is not None and found.type is element.type else None
