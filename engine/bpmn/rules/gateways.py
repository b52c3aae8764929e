"""Rules of gateways and conditional flows."""

from __future__ import annotations

from engine.bpmn.model import Element, ElementType, EventType, ProcessModel
from engine.bpmn.problem_list import ProblemList
from engine.bpmn.rules.containers import reached_from

_CHOOSING = (ElementType.EXCLUSIVE_GATEWAY, ElementType.INCLUSIVE_GATEWAY)
_WAITING = {EventType.MESSAGE, EventType.TIMER, EventType.SIGNAL, EventType.CONDITIONAL}


def check_gateways(model: ProcessModel, problems: ProblemList) -> None:
    for element in model.elements.values():
        if not element.type.is_gateway:
            continue
        if not element.incoming and not element.outgoing:
            problems.error("GATEWAY_UNCONNECTED", "the gateway has no sequence flows", element)
        elif len(element.incoming) == 1 and len(element.outgoing) == 1:
            problems.warning("GATEWAY_SUPERFLUOUS", "the gateway has one way in and one way out", element)
        if element.type is ElementType.PARALLEL_GATEWAY and len(element.incoming) > 1:
            _check_join(element, problems)
        if element.type in _CHOOSING:
            _check_conditions(element, problems)
        elif element.type is ElementType.EVENT_BASED_GATEWAY:
            _check_event_based(element, problems)
        if element.type not in _CHOOSING:
            for flow in element.outgoing:
                if flow.condition is not None:
                    problems.warning(
                        "CONDITION_IGNORED", "the condition is ignored: the gateway takes every way", flow
                    )


def _check_conditions(gateway: Element, problems: ProblemList) -> None:
    """A gateway that chooses must be able to: every way has a condition or is the default."""
    if len(gateway.outgoing) < 2:
        return
    for flow in gateway.outgoing:
        if flow.condition is None and not flow.is_default and not problems.has(flow, "conditionExpression"):
            problems.error(
                "CONDITION_MISSING",
                "Must have a condition or be default flow",
                flow,
                hint=f"give the way to '{flow.target.name or flow.target.id}' a condition or make it default",
            )
    if gateway.default_flow is None and all(flow.condition for flow in gateway.outgoing):
        problems.warning(
            "DEFAULT_MISSING",
            "no default flow: when no condition holds, the instance stops with an incident",
            gateway,
        )


def _check_join(join: Element, problems: ProblemList) -> None:
    """A join waits for every way in; one that begins behind the join itself never brings its first token."""
    if join.parent is None:
        return
    before = reached_from(join.parent, without=join)
    for flow in join.incoming:
        if flow.source not in before and before.intersection(f.source for f in join.incoming):
            problems.warning(
                "JOIN_NEVER_FIRES",
                f"the gateway waits for the flow '{flow.id}', which can only come after the gateway itself",
                join,
                hint="bring the ways together in an exclusive gateway before it",
            )


def _check_event_based(gateway: Element, problems: ProblemList) -> None:
    if len(gateway.outgoing) < 2:
        problems.error(
            "EVENT_GATEWAY_FLOWS",
            "Event-based gateway must have at least 2 outgoing sequence flows.",
            gateway,
        )
    names: set[str] = set()
    wrong = False
    for flow in gateway.outgoing:
        target = flow.target
        wrong |= not _waits(target)
        if len(target.incoming) > 1:
            problems.error(
                "EVENT_GATEWAY_TARGET",
                "Target elements of an event-based gateway must not have other incoming sequence flows",
                target,
            )
        if target.event.type is EventType.MESSAGE and isinstance(target.event.name, str):
            if target.event.name in names:
                problems.error(
                    "EVENT_DOUBLED",
                    f"Multiple message catch events with the same name '{target.event.name}'"
                    " are not allowed.",
                    gateway,
                )
            names.add(target.event.name)
    if wrong:
        problems.error(
            "EVENT_GATEWAY_TARGET",
            "Event-based gateway must not have an outgoing sequence flow to other elements than "
            "message/timer/signal intermediate catch events.",
            gateway,
        )


def _waits(element: Element) -> bool:
    if element.type is ElementType.RECEIVE_TASK:
        return not element.boundaries
    return element.type is ElementType.INTERMEDIATE_CATCH_EVENT and element.event.type in _WAITING
