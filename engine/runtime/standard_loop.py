"""Standard loops, an extension of ours: repeat while a condition holds, at most so many times."""

from __future__ import annotations

from ..bpmn.model import StandardLoop
from .expressions import boolean
from .instance import Instance
from .records import LiveElement


def goes_on(instance: Instance, seen_from: LiveElement, loop: StandardLoop, done: int) -> bool:
    """Whether another round follows after `done` rounds. Without condition and maximum it runs once."""
    if loop.maximum is not None and done >= loop.maximum:
        return False
    if loop.condition is None:
        return loop.maximum is not None or done == 0
    return boolean(loop.condition, instance.visible(seen_from), instance.step.now())
