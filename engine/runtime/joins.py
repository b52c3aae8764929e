"""Joining gateways: a join counts tokens per incoming flow, and keeps the counts in the scope around it."""

from __future__ import annotations

from collections.abc import Iterable

from ..bpmn.model import Element, ElementType, EventType, SequenceFlow
from .records import LiveElement

_JOINS = "joins"


def arrive(scope: LiveElement, flow: SequenceFlow) -> None:
    """A token waits at the join that `flow` leads to. A second one on the same flow waits behind it."""
    counts = scope.data.setdefault(_JOINS, {})
    counts[flow.id] = counts.get(flow.id, 0) + 1


def parallel_join_fires(scope: LiveElement, join: Element) -> bool:
    """Whether every incoming flow has a token."""
    counts = scope.data.get(_JOINS, {})
    return all(counts.get(flow.id) for flow in join.incoming)


def inclusive_join_fires(scope: LiveElement, join: Element, active: Iterable[Element]) -> bool:
    """Whether a token waits and none of the `active` elements can still bring one to an empty flow.

    Tokens that wait at other joins of the scope count as active too.
    """
    counts: dict[str, int] = scope.data.get(_JOINS, {})
    empty = [flow for flow in join.incoming if not counts.get(flow.id)]
    if len(empty) == len(join.incoming):
        return False
    if not empty:
        return True
    sources = _can_reach(join, empty)
    return not any(element in sources for element in active)


def take_tokens(scope: LiveElement, join: Element) -> None:
    """The join fires: one token of every flow that has some is used up."""
    counts: dict[str, int] = scope.data[_JOINS]
    for flow in join.incoming:
        waiting = counts.get(flow.id, 0)
        if waiting > 1:
            counts[flow.id] = waiting - 1
        elif waiting:
            del counts[flow.id]
    if not counts:
        del scope.data[_JOINS]


def has_waiting_tokens(scope: LiveElement) -> bool:
    return _JOINS in scope.data


def waiting_flows(scope: LiveElement) -> list[str]:
    """The ids of the flows on which tokens wait at joins."""
    return list(scope.data.get(_JOINS, ()))


def forget_tokens(scope: LiveElement) -> None:
    """The scope is interrupted or ends: waiting tokens are gone."""
    scope.data.pop(_JOINS, None)


def _can_reach(join: Element, flows: list[SequenceFlow]) -> frozenset[Element]:
    """All elements from which a token can come to one of `flows` without passing the join."""
    found: set[Element] = set()
    todo = [flow.source for flow in flows]
    while todo:
        element = todo.pop()
        if element in found or element is join:
            continue
        found.add(element)
        todo.extend(flow.source for flow in element.incoming)
        if element.type is ElementType.BOUNDARY_EVENT and element.attached_to is not None:
            todo.append(element.attached_to)
        if element.type is ElementType.INTERMEDIATE_CATCH_EVENT and element.event.type is EventType.LINK:
            todo.extend(_link_throws(element))
    return frozenset(found)


def _link_throws(catch: Element) -> list[Element]:
    siblings = catch.parent.children if catch.parent is not None else []
    return [
        element
        for element in siblings
        if element.type in (ElementType.INTERMEDIATE_THROW_EVENT, ElementType.END_EVENT)
        and element.event.type is EventType.LINK
        and element.event.link == catch.event.link
    ]


def wait_for_each_other(join: Element, other: Element) -> bool:
    """Whether two joins can each bring a token to the other: then a token parked at one is no reason for the
    other to wait, for it may be waiting itself for what comes out there."""
    if join is other:
        return True
    return other in _can_reach(join, join.incoming) and join in _can_reach(other, other.incoming)
