"""Ways in and out of elements that BPMN asks for and the engine can do without. All are warnings."""

from __future__ import annotations

from engine.bpmn.model import Element, ElementType, EventType, ProcessModel
from engine.bpmn.problem_list import ProblemList

_WITH_DEFAULT = (ElementType.EXCLUSIVE_GATEWAY, ElementType.INCLUSIVE_GATEWAY)
_INTERMEDIATE = (
    ElementType.INTERMEDIATE_CATCH_EVENT,
    ElementType.INTERMEDIATE_THROW_EVENT,
    ElementType.BOUNDARY_EVENT,
)


def check_ways(model: ProcessModel, problems: ProblemList) -> None:
    for element in model.elements.values():
        if element.type.is_container:
            _check_ends(element, problems)
        _check_way_out(element, problems)
        _check_default(element, problems)
        _check_lone_condition(element, problems)
        if element.type is ElementType.EVENT_BASED_GATEWAY:
            _check_mixed_events(element, problems)


def _check_ends(container: Element, problems: ProblemList) -> None:
    """BPMN 2.0, 10.4.3: where there is a start event, there is an end event, unless the ways lead round."""
    if not container.start_events or any(e.type is ElementType.END_EVENT for e in container.children):
        return
    last = next((child for child in container.children if _is_last(child)), None)
    if last is not None:
        problems.warning(
            "END_EVENT_MISSING",
            f"has a start event but no end event; a way ends at '{last.id}'",
            container,
            hint="draw an end event where the work ends, so that readers and statistics know it",
        )


def _is_last(element: Element) -> bool:
    return (
        not element.outgoing
        and not element.is_for_compensation
        and element.type not in (ElementType.EVENT_SUB_PROCESS, ElementType.BOUNDARY_EVENT)
    )


def _check_way_out(element: Element, problems: ProblemList) -> None:
    if element.outgoing:
        return
    event = element.event.type
    if element.type is ElementType.START_EVENT:
        problems.warning("NO_WAY_OUT", "nothing comes after the start event", element)
    elif element.type in _INTERMEDIATE and not (
        (event is EventType.LINK and element.type is ElementType.INTERMEDIATE_THROW_EVENT)
        or (event is EventType.COMPENSATION and element.type is ElementType.BOUNDARY_EVENT)
    ):
        problems.warning(
            "NO_WAY_OUT",
            "nothing comes after the event: the way ends here",
            element,
            hint="draw an end event",
        )


def _check_default(element: Element, problems: ProblemList) -> None:
    flow = element.default_flow
    if flow is None:
        return
    if flow.condition is not None:
        problems.warning(
            "DEFAULT_WITH_CONDITION", "the condition is ignored: the flow is the default flow", flow
        )
    if element.type not in _WITH_DEFAULT and not element.type.is_activity:
        problems.warning(
            "DEFAULT_IGNORED", "only exclusive and inclusive gateways choose; the default is ignored", element
        )


def _check_lone_condition(element: Element, problems: ProblemList) -> None:
    """BPMN 2.0, 8.3.13: a conditional flow out of an activity needs another way beside it."""
    lone = element.outgoing[0] if len(element.outgoing) == 1 else None
    if lone is not None and lone.condition is not None and element.type.is_activity:
        problems.warning(
            "CONDITION_ALONE",
            "the only way on has a condition: when it does not hold, the instance stops with an incident",
            lone,
            hint="draw a default flow beside it",
        )


def _check_mixed_events(gateway: Element, problems: ProblemList) -> None:
    """BPMN 2.0, 10.5.6: receive tasks and message events do not stand behind the same gateway."""
    kinds = {
        flow.target.type
        for flow in gateway.outgoing
        if flow.target.event.type is EventType.MESSAGE or flow.target.type is ElementType.RECEIVE_TASK
    }
    if len(kinds) > 1:
        problems.warning(
            "EVENT_GATEWAY_MIXED", "receive tasks and message events should not be mixed behind it", gateway
        )
