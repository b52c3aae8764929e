"""Which outgoing flows a token takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..bpmn.model import Element, SequenceFlow
from .expressions import boolean
from .failures import Failure, IncidentType

_NO_FLOW = "Expected at least one condition to evaluate to true, or to have a default flow"


def exclusive_choice(element: Element, variables: Mapping[str, Any], now: datetime) -> list[SequenceFlow]:
    """The first flow whose condition holds, in the diagram's order, else the default flow."""
    if len(element.outgoing) == 1 and element.outgoing[0].condition is None:
        return element.outgoing
    for flow in element.outgoing:
        if flow is element.default_flow:
            continue
        if flow.condition is None or boolean(flow.condition, variables, now):
            return [flow]
    return _default(element)


def inclusive_choice(element: Element, variables: Mapping[str, Any], now: datetime) -> list[SequenceFlow]:
    """Every flow whose condition holds, else the default flow. A flow without condition is always taken.

    Also the rule for conditional flows that leave an activity.
    """
    chosen = [
        flow
        for flow in element.outgoing
        if flow is not element.default_flow
        and (flow.condition is None or boolean(flow.condition, variables, now))
    ]
    return chosen or _default(element)


def _default(element: Element) -> list[SequenceFlow]:
    if element.default_flow is not None:
        return [element.default_flow]
    if not element.outgoing:
        return []
    raise Failure(
        IncidentType.CONDITION_ERROR,
        _NO_FLOW,
        "correct the variables that the conditions read, or draw a default flow",
    )
