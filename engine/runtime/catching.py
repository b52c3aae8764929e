"""Who catches an error or an escalation: an exact code beats a catch-all, inner beats outer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..bpmn.model import Element, ElementType, EventType
from ..model import ElementState
from .instance import Instance
from .records import LiveElement

_INTERRUPTED = "interrupted"


@dataclass(frozen=True, kw_only=True)
class Catcher:
    """`event` is a boundary event on `element`, or the start event of an event subprocess inside it."""

    instance: Instance
    element: LiveElement
    event: Element


def find_catcher(
    instance: Instance,
    thrower: LiveElement,
    kind: EventType,
    code: str,
    parent_of: Callable[[Instance], tuple[Instance, LiveElement] | None],
) -> Catcher | None:
    """Search from the throwing element outwards, through call activities into the calling process.

    `parent_of` answers the calling instance and its call activity, loading them when need be.
    """
    for place, element in _places(instance, thrower, parent_of):
        catch_all: Catcher | None = None
        for event in _catching(place, element, kind):
            if event.event.code == code:
                return Catcher(instance=place, element=element, event=event)
            if not event.event.code and catch_all is None:
                catch_all = Catcher(instance=place, element=element, event=event)
        if catch_all is not None:
            return catch_all
    return None


def available_codes(
    instance: Instance,
    thrower: LiveElement,
    kind: EventType,
    parent_of: Callable[[Instance], tuple[Instance, LiveElement] | None],
) -> list[str]:
    """The codes that could have been caught, for the message about one that was not."""
    return [
        str(event.event.code)
        for place, element in _places(instance, thrower, parent_of)
        for event in _catching(place, element, kind)
    ]


def mark_interrupted(instance: Instance, scope: LiveElement, event_sub_process: Element) -> None:
    """An interrupting event subprocess takes the scope over: no other one of it starts any more."""
    scope.data[_INTERRUPTED] = event_sub_process.id
    instance.change(scope)


def is_interrupted(scope: LiveElement) -> bool:
    return _INTERRUPTED in scope.data


def _places(
    instance: Instance,
    thrower: LiveElement,
    parent_of: Callable[[Instance], tuple[Instance, LiveElement] | None],
) -> Iterator[tuple[Instance, LiveElement]]:
    place: tuple[Instance, LiveElement] | None = (instance, thrower)
    while place is not None:
        current, start = place
        for element in current.outwards(start):
            yield current, element
        place = parent_of(current)


def _catching(instance: Instance, element: LiveElement, kind: EventType) -> Iterator[Element]:
    """The events on and in an element instance that catch this kind, event subprocesses first."""
    if element.state in (ElementState.TERMINATING, ElementState.ACTIVATING):
        return
    if element.element_type is ElementType.AD_HOC_SUB_PROCESS_INNER_INSTANCE:
        return
    drawn = instance.element_of(element)
    inside = element.element_type.is_container
    if inside and not is_interrupted(element):
        for sub_process in drawn.event_sub_processes:
            for start in sub_process.start_events:
                if start.event.type is kind:
                    yield start
    if element.element_type is not ElementType.MULTI_INSTANCE_BODY and _in_body_of_its_own(instance, element):
        return
    for boundary in drawn.boundaries:
        if boundary.event.type is kind:
            yield boundary


def _in_body_of_its_own(instance: Instance, element: LiveElement) -> bool:
    scope = instance.scope_of(element)
    return (
        scope is not None
        and scope.element_type is ElementType.MULTI_INSTANCE_BODY
        and scope.element_id == element.element_id
    )
