"""Loops that would never wait: provably endless ones are refused before they run."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.model import Element, ElementType, EventType, ProcessModel
from engine.bpmn.problem_list import ProblemList

_PASSING = {
    ElementType.TASK,
    ElementType.MANUAL_TASK,
    ElementType.PARALLEL_GATEWAY,
    ElementType.EXCLUSIVE_GATEWAY,
    ElementType.INCLUSIVE_GATEWAY,
    ElementType.INTERMEDIATE_THROW_EVENT,
}


def check_loops(model: ProcessModel, problems: ProblemList) -> None:
    for loop in _loops(model):
        way = " > ".join(element.id for element in [*loop, loop[0]])
        problems.error(
            "STRAIGHT_THROUGH_LOOP",
            f"Process: {model.process_id}. "
            f"Processes are not allowed to contain a straight-through processing loop: {way}",
            loop[0],
            hint="it would never wait: put something that waits into it, or a gateway with a way out",
        )
    _check_self_call(model, problems)


def _loops(model: ProcessModel) -> Iterator[list[Element]]:
    """Every cycle of elements that pass a token on at once and have no choice about it."""
    done: set[Element] = set()
    for start in model.elements.values():
        if start in done or not _passes(start):
            continue
        path: list[Element] = [start]
        on_path = {start: 0}
        ways = [_next(start)]
        while ways:
            target = next(ways[-1], None)
            if target is None:
                ways.pop()
                finished = path.pop()
                del on_path[finished]
                done.add(finished)
            elif target in on_path:
                yield path[on_path[target] :]
            elif target not in done:
                on_path[target] = len(path)
                path.append(target)
                ways.append(_next(target))


def _passes(element: Element) -> bool:
    if element.type not in _PASSING or element.multi_instance or element.standard_loop:
        return False
    if element.start_listeners or element.end_listeners or element.boundaries:
        return False
    if element.type is ElementType.INTERMEDIATE_THROW_EVENT:
        return element.event.type is EventType.NONE
    if element.type is ElementType.PARALLEL_GATEWAY:
        return len(element.incoming) <= 1
    if element.type in (ElementType.EXCLUSIVE_GATEWAY, ElementType.INCLUSIVE_GATEWAY):
        return len(element.outgoing) == 1 and element.outgoing[0].condition is None
    return True


def _next(element: Element) -> Iterator[Element]:
    return (flow.target for flow in element.outgoing if flow.condition is None and _passes(flow.target))


def _check_self_call(model: ProcessModel, problems: ProblemList) -> None:
    """A process that calls itself before it has waited or chosen calls itself for ever."""
    for element in model.elements.values():
        called = element.called_element
        if called is None or called.process_id != model.process_id:
            continue
        if element in _unavoidable(model):
            problems.error(
                "ENDLESS_RECURSION",
                f"the process calls itself ('{model.process_id}') each time it starts, without end",
                element,
                hint="put a gateway before the call that ends the recursion",
            )
        else:
            problems.warning(
                "RECURSION",
                f"the process calls itself ('{model.process_id}'): make sure that it ends",
                element,
            )


def _unavoidable(model: ProcessModel) -> set[Element]:
    """What every instance comes to: elements on the ways from the start that leave no choice."""
    found: set[Element] = set()
    todo = [start for start in model.root.start_events]
    while todo:
        element = todo.pop()
        if element in found:
            continue
        found.add(element)
        if element.type is ElementType.SUB_PROCESS and element.multi_instance is None:
            todo += element.start_events
        choosing = element.type.is_gateway and element.type is not ElementType.PARALLEL_GATEWAY
        if not choosing or len(element.outgoing) == 1:
            todo += [flow.target for flow in element.outgoing if flow.condition is None]
    return found
