"""Conditional events: looked at when a variable that their element can see changes."""

from __future__ import annotations

from collections.abc import Iterable

from ..bpmn.model import Element
from .expressions import evaluate
from .failures import Failure
from .instance import Instance
from .records import LiveElement


def holds(instance: Instance, waiting: LiveElement, event: Element) -> bool:
    """Whether the condition gives true; anything else, null included, is not true.

    Raises Failure when it cannot be evaluated at all.
    """
    condition = event.event.condition
    if condition is None:
        return False
    return evaluate(condition, instance.visible(waiting), instance.step.now()) is True


def has_come_true(instance: Instance, waiting: LiveElement, event: Element) -> bool:
    """Like `holds` after a variable has changed. A condition that fails is not true: whoever changed the
    variable goes on, and the audit trail says why the event did not happen."""
    try:
        return holds(instance, waiting, event)
    except Failure as failure:
        instance.log("condition-failed", waiting, event=event.id, message=failure.message)
        return False


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
