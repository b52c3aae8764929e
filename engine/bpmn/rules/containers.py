"""Rules of processes and subprocesses: how they start, and that every element can be reached."""

from __future__ import annotations

from collections.abc import Iterable

from engine.bpmn.model import Element, ElementType, EventType, ProcessModel
from engine.bpmn.problem_list import ProblemList

_PROCESS_STARTS = {
    EventType.NONE,
    EventType.MESSAGE,
    EventType.TIMER,
    EventType.SIGNAL,
    EventType.CONDITIONAL,
}
_EVENT_STARTS = {
    EventType.ERROR,
    EventType.MESSAGE,
    EventType.TIMER,
    EventType.SIGNAL,
    EventType.ESCALATION,
    EventType.CONDITIONAL,
    EventType.COMPENSATION,
}


def check_containers(model: ProcessModel, problems: ProblemList) -> None:
    for element in model.elements.values():
        match element.type:
            case ElementType.PROCESS:
                _check_process(element, problems)
            case ElementType.SUB_PROCESS | ElementType.TRANSACTION:
                _check_sub_process(element, problems)
            case ElementType.EVENT_SUB_PROCESS:
                _check_event_sub_process(element, problems)
            case ElementType.AD_HOC_SUB_PROCESS:
                _check_ad_hoc(element, problems)
            case _:
                pass
    _check_reachable(model, problems)


def _check_process(process: Element, problems: ProblemList) -> None:
    starts = process.start_events
    if not starts:
        problems.error("START_EVENT_MISSING", "Must have at least one start event", process)
    for extra in _nones(starts)[1:]:
        problems.error(
            "SEVERAL_NONE_START_EVENTS",
            "Multiple none start events are not allowed",
            extra,
            hint="a process may have several start events only when all but one wait for something",
        )
    for start in starts:
        if start.event.type not in _PROCESS_STARTS:
            problems.error(
                "START_EVENT_TYPE",
                "Start event must be one of: none, message, timer, signal, conditional;"
                f" it is {start.event.type}",
                start,
            )


def _check_sub_process(container: Element, problems: ProblemList) -> None:
    starts = container.start_events
    if len(starts) != 1:
        problems.error(
            "SUB_PROCESS_START",
            "Must have exactly one start event",
            starts[1] if len(starts) > 1 else container,
        )
    for start in starts:
        if start.event.type is not EventType.NONE:
            problems.error("SUB_PROCESS_START", "Start events in subprocesses must be of type none", start)


def _check_event_sub_process(container: Element, problems: ProblemList) -> None:
    starts = container.start_events
    if len(starts) != 1:
        problems.error(
            "EVENT_SUB_PROCESS_START",
            "Must have exactly one start event",
            starts[1] if len(starts) > 1 else container,
        )
    for start in starts:
        if start.event.type not in _EVENT_STARTS:
            problems.error(
                "EVENT_SUB_PROCESS_START",
                "Start events in event subprocesses must be one of: error, message, timer, signal,"
                f" escalation, conditional, compensation; it is {start.event.type}",
                start,
            )
        elif start.event.type is EventType.ERROR and not start.interrupting:
            problems.error("ERROR_INTERRUPTS", "Error start events must be interrupting", start)
    if container.incoming or container.outgoing:
        problems.error(
            "EVENT_SUB_PROCESS_FLOW", "An event subprocess must not have sequence flows", container
        )
    for boundary in container.boundaries:
        problems.error(
            "EVENT_SUB_PROCESS_BOUNDARY", "An event subprocess must have no boundary events", boundary
        )


def _check_ad_hoc(container: Element, problems: ProblemList) -> None:
    if not any(child.type.is_activity for child in container.children):
        problems.error("AD_HOC_EMPTY", "Must have at least one activity.", container)
    for child in container.children:
        if child.type is ElementType.START_EVENT:
            problems.error("AD_HOC_START", "Must not contain a start event", child)
        if child.type is ElementType.END_EVENT:
            problems.error("AD_HOC_END", "Must not contain an end event", child)
    definition = container.ad_hoc
    if definition is None or container.job is None:
        return
    for part, given in (
        ("activeElementsCollection", definition.active_elements),
        ("completionCondition", definition.completion_condition),
    ):
        if given is not None:
            problems.warning(
                "AD_HOC_WORKER",
                f"{part} is not looked at: a worker says what '{container.id}' activates and when it ends",
                container,
                part=part,
                hint=f"remove {part}, or the task definition",
            )


def _nones(starts: Iterable[Element]) -> list[Element]:
    return [start for start in starts if start.event.type is EventType.NONE]


def _check_reachable(model: ProcessModel, problems: ProblemList) -> None:
    reached = reached_from(model.root)
    for element in model.elements.values():
        if element not in reached and (element.parent is None or element.parent in reached):
            problems.warning(
                "UNREACHABLE",
                "no token can ever come here: nothing leads to it from a start event",
                element,
                hint="connect it, or delete it",
            )


def reached_from(root: Element, *, without: Element | None = None) -> set[Element]:
    """All elements inside a container to which a token can come (when nothing passes `without`)."""
    reached: set[Element] = set()
    todo = [root]
    while todo:
        element = todo.pop()
        if element in reached or element is without:
            continue
        reached.add(element)
        if element is not root:
            todo += [flow.target for flow in element.outgoing]
            todo += element.boundaries
        todo += element.event_sub_processes
        if element.type is ElementType.AD_HOC_SUB_PROCESS:
            todo += [child for child in element.children if not child.incoming]
        else:
            todo += element.start_events
        if element.handler is not None:
            todo.append(element.handler)
        if element.event.type is EventType.LINK and element.parent is not None:
            todo += [
                other
                for other in element.parent.children
                if other.type is ElementType.INTERMEDIATE_CATCH_EVENT
                and other.event.link == element.event.link
            ]
    return reached
