"""What becomes of the events that live elements catch: kept when mapped, else closed and opened anew.

A timer that is kept keeps its due time, a message its name and correlation key.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...bpmn.model import Element, ElementType, Value
from ...errors import Problem, Severity
from ...model import ElementState
from ..catching import is_interrupted
from ..records import LiveElement
from ..subscriptions import awaited_events, catching_events, subscriptions_of
from .element_rules import same_type
from .situation import Situation, named


def event_problems(at: Situation) -> Iterator[Problem]:
    """A mapped event stays with its element, keeps its type, and is the only one that becomes its target."""
    taken: dict[Element, Element] = {}
    for record in at.live:
        element = at.element_of(record)
        becomes = at.target_of(element)
        for event in catching_events(element, record.element_type):
            after = at.target_of(event)
            if event is element or after is None or becomes is None:
                continue
            yield from same_type(at, event, after)
            if after not in catching_events(becomes, record.element_type):
                yield at.wrong(
                    "EVENT_DETACHED",
                    event,
                    f"{named(event)} belongs to {named(element)}, which becomes {named(becomes)}; "
                    f"but {named(after)} does not belong to that.",
                    f"map it to an event of {named(becomes)}, or leave it out: then it is waited for no more",
                )
            first = taken.setdefault(after, event)
            if first is not event:
                yield at.wrong(
                    "EVENT_MAPPED_TWICE",
                    event,
                    f"{named(event)} and {named(first)} are both mapped to {named(after)}.",
                    "map at most one of them, and leave the other out",
                )


def kept_events(at: Situation, record: LiveElement) -> dict[str, Element]:
    """Event id in the source -> the event that goes on waiting in its place."""
    kept = {}
    for event_id in subscriptions_of(record):
        after = at.target_of(at.source.elements[event_id])
        if after is not None:
            kept[event_id] = after
    return kept


def new_events(at: Situation, record: LiveElement) -> list[Element]:
    """The events of the target that nothing is mapped to: they are waited for from now on.

    An element that is not active yet will wait for its events when it is, one that is terminating never will;
    a scope that an event subprocess has interrupted starts no other one.
    """
    element = at.element_of(record)
    becomes = at.target_of(element)
    if becomes is None or record.state not in (ElementState.ACTIVE, ElementState.COMPLETING):
        return []
    mapped = {at.target_of(event) for event in catching_events(element, record.element_type)}
    return [
        event
        for event in awaited_events(becomes, record.element_type)
        if event not in mapped and not (event.type is ElementType.START_EVENT and is_interrupted(record))
    ]


def trigger_notes(at: Situation) -> Iterator[Problem]:
    """Say of every event that is kept and drawn otherwise in the target that it waits as it did before."""
    for record in at.live:
        for event_id, after in kept_events(at, record).items():
            event = at.source.elements[event_id]
            before, now = _trigger(event), _trigger(after)
            if before != now:
                yield at.wrong(
                    "EVENT_KEEPS_ITS_TRIGGER",
                    event,
                    f"{named(event)} goes on waiting for {before}, and not for {now} as {named(after)} does.",
                    "leave it out of the mapping if it shall wait anew as the target says",
                    severity=Severity.WARNING,
                )


def _trigger(event: Element) -> str:
    definition = event.event
    if definition.timer is not None:
        return _text(definition.timer.value)
    if definition.condition is not None:
        return definition.condition.text
    name = _text(definition.name)
    return f"{name} with the key {_text(definition.correlation_key)}" if definition.correlation_key else name


def _text(value: Value | None) -> str:
    if value is None:
        return ""
    return f"'{value}'" if isinstance(value, str) else f"'={value.text}'"
