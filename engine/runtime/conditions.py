"""Conditional events: looked at when a variable that their element can see changes."""

from __future__ import annotations

from collections.abc import Iterable

from ..bpmn.model import Element
from .expressions import evaluate
from .instance import Instance
from .records import LiveElement


def holds(instance: Instance, waiting: LiveElement, event: Element) -> bool:
    """Whether the condition gives true; anything else, null included, is not true."""
    condition = event.event.condition
    if condition is None:
        return False
    return evaluate(condition, instance.visible(waiting), instance.step.now()) is True


def concerns(
    instance: Instance, waiting: LiveElement, event: Element, changed: Iterable[tuple[int, str, bool]]
) -> bool:
    """Whether one of the changes (scope key, name, was created) should make the event look again."""
    scopes = {scope.key for scope in instance.outwards(waiting)}
    names, kinds = event.event.condition_variables, event.event.condition_events
    return any(
        scope_key in scopes
        and (not names or name in names)
        and (not kinds or ("create" if created else "update") in kinds)
        for scope_key, name, created in changed
    )
