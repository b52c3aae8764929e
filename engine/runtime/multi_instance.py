"""Multi-instance activities: a body element instance that holds the rounds.

The body's data: `n` rounds in all, `next` the index of the next round to begin, `done` and `gone` how many
have completed and were terminated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..bpmn.model import MultiInstance
from .expressions import boolean, collection, json_value, named_variable
from .instance import Instance
from .records import LiveElement


def open_body(instance: Instance, body: LiveElement, loop: MultiInstance, rounds: int) -> None:
    """Begin to count, and make room for the outputs."""
    body.data.update(n=rounds, next=0, done=0, gone=0)
    if loop.output_collection:
        instance.variables.set_local(body.key, {loop.output_collection: [None] * rounds})
    instance.change(body)


def is_open(body: LiveElement) -> bool:
    return "n" in body.data


def rounds_left(body: LiveElement) -> bool:
    return bool(body.data["next"] < body.data["n"])


def next_rounds(instance: Instance, body: LiveElement, loop: MultiInstance) -> list[int]:
    """The indexes (from 0) of the rounds that may begin: all that are left, or one when sequential."""
    first, count = body.data["next"], body.data["n"]
    last = min(first + 1, count) if loop.sequential else count
    body.data["next"] = last
    instance.change(body)
    return list(range(first, last))


def round_variables(loop: MultiInstance, index: int, items: list[Any]) -> dict[str, Any]:
    """The local variables of the round of this index."""
    variables: dict[str, Any] = {"loopCounter": index + 1}
    if loop.input_element:
        variables[loop.input_element] = items[index] if index < len(items) else None
    name = _own_variable(loop)
    if name and name not in variables:
        variables[name] = None
    return variables


def round_items(instance: Instance, body: LiveElement, loop: MultiInstance) -> list[Any]:
    """The items of the collection as it is now; raises Failure when it is no list."""
    return collection(loop.input_collection, instance.visible(body), instance.step.now())


def collect_output(instance: Instance, body: LiveElement, loop: MultiInstance, round_: LiveElement) -> None:
    """Put the output of a round at its place, whatever the order in which rounds complete."""
    if not loop.output_collection or loop.output_element is None or round_.loop_counter is None:
        return
    value = json_value(loop.output_element, instance.visible(round_), instance.step.now())
    collected = list(instance.variables.get_local(body.key, loop.output_collection) or ())
    index = round_.loop_counter - 1
    collected.extend([None] * (index + 1 - len(collected)))
    collected[index] = value
    instance.variables.set_local(body.key, {loop.output_collection: collected})


def is_complete(instance: Instance, body: LiveElement, loop: MultiInstance, round_: LiveElement) -> bool:
    """Whether the completion condition holds now that `round_` is about to complete."""
    if loop.completion_condition is None:
        return False
    done = body.data["done"] + 1
    numbers: Mapping[str, Any] = {
        "numberOfInstances": body.data["n"],
        "numberOfActiveInstances": len(instance.children_of(body)) - 1,
        "numberOfCompletedInstances": done,
        "numberOfTerminatedInstances": body.data["gone"],
    }
    return boolean(loop.completion_condition, instance.visible(round_, numbers), instance.step.now())


def output(instance: Instance, body: LiveElement, loop: MultiInstance) -> dict[str, Any]:
    """What the body gives to the scope around it."""
    if not loop.output_collection:
        return {}
    return {loop.output_collection: instance.variables.get_local(body.key, loop.output_collection)}


def _own_variable(loop: MultiInstance) -> str:
    """The variable that `output_element` names, which is local to each round."""
    if not loop.output_collection or loop.output_element is None:
        return ""
    return named_variable(loop.output_element)
