"""Execution and task listeners: jobs before and after the work of an element, one after the other.

`data["listener"]` is `[event, index]` while one of them is open or was done last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..bpmn.model import Listener
from ..model import JobKind
from .instance import Instance
from .jobs import create_job
from .records import LiveElement

_LISTENER = "listener"
EXECUTION_EVENTS = frozenset({"start", "end"})


def open_next_listener(
    instance: Instance,
    element: LiveElement,
    listeners: Sequence[Listener],
    event: str,
    headers: Mapping[str, str],
) -> bool:
    """Open the job of the next listener of this event; False when all are done. Raises Failure when its type
    or retries cannot be told; then all of this event are asked again.

    The mark in the data stays until `forget_listeners`: what follows may fail and be repeated.
    """
    under_way = element.data.get(_LISTENER)
    index = under_way[1] if under_way is not None and under_way[0] == event else 0
    matching = [listener for listener in listeners if listener.event == event]
    if index >= len(matching):
        return False
    kind = JobKind.EXECUTION_LISTENER if event in EXECUTION_EVENTS else JobKind.TASK_LISTENER
    element.data[_LISTENER] = [event, 0]
    instance.change(element)
    create_job(instance, element, matching[index], kind=kind, headers=headers, listener_event=event)
    element.data[_LISTENER] = [event, index]
    return True


def current_listener(element: LiveElement) -> str | None:
    """The event whose listeners are under way."""
    under_way = element.data.get(_LISTENER)
    return under_way[0] if under_way is not None else None


def forget_listeners(element: LiveElement) -> None:
    """The stage that the listeners belong to is over."""
    element.data.pop(_LISTENER, None)


def listener_done(element: LiveElement) -> None:
    """The open listener job is done; `open_next_listener` opens the one after it."""
    element.data[_LISTENER][1] += 1
