"""What a process starts with is known when it is deployed: no variables exist yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ..bpmn.model import Element, EventType, ProcessModel
from .expressions import text
from .failures import Failure
from .timers import schedule

_NAMED = (EventType.MESSAGE, EventType.SIGNAL)


def start_name(element: Element, now: datetime) -> str:
    """The name of the message or signal that a start event waits for; raises Failure."""
    return text(element.event.name or "", {}, now)


def start_failures(model: ProcessModel, now: datetime) -> Iterator[tuple[Element, Failure]]:
    """The start events of the process that cannot wait: a timer or a name that gives nothing usable."""
    for element in model.root.start_events:
        try:
            if element.event.timer is not None:
                schedule(element.event.timer, {}, now)
            elif element.event.type in _NAMED:
                start_name(element, now)
        except Failure as failure:
            yield element, failure
