"""Ad-hoc subprocesses: which of their elements run, what they give, and when that is enough.

What is activated runs in an inner instance with variables of its own. `data["satisfied"]` says that the
completion condition was met: no new activations, and the end when nothing is active any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .. import feel
from ..bpmn.model import AdHoc, Element, ElementType
from .expressions import boolean, collection, json_value, named_variable, type_name
from .failures import Failure, IncidentType
from .instance import Instance
from .records import LiveElement

ELEMENTS = "adHocSubProcessElements"
_SATISFIED = "satisfied"


def activatable(element: Element) -> dict[str, Element]:
    """What may be activated in the ad-hoc subprocess, by id: what no flow leads to."""
    return {
        child.id: child
        for child in element.children
        if not child.incoming
        and not child.is_for_compensation
        and child.type not in (ElementType.BOUNDARY_EVENT, ElementType.EVENT_SUB_PROCESS)
    }


def unknown_elements(element: Element, wanted: Iterable[Any]) -> list[str]:
    """Those of the wanted ids that cannot be activated."""
    known = activatable(element)
    return [str(item) for item in wanted if not isinstance(item, str) or item not in known]


def elements_to_start(instance: Instance, live: LiveElement, element: Element) -> list[str]:
    """The ids in the collection; none without one."""
    definition = element.ad_hoc
    if definition is None or definition.active_elements is None:
        return []
    wanted = collection(definition.active_elements, instance.visible(live), instance.step.now())
    unknown = unknown_elements(element, wanted)
    if unknown:
        raise Failure(
            IncidentType.EXTRACT_VALUE_ERROR,
            f"Expected to activate the elements of '{definition.active_elements.text}', "
            f"but these do not exist in the ad-hoc sub-process: {', '.join(unknown)}",
            f"use the ids {', '.join(activatable(element))}",
        )
    return wanted


def described_elements(element: Element) -> list[dict[str, Any]]:
    """The variable `adHocSubProcessElements`: what a worker can choose from, empty fields left out."""
    return [_described(child) for child in activatable(element).values()]


def begin(instance: Instance, live: LiveElement, element: Element, described: list[dict[str, Any]]) -> None:
    """Its own variables, before anything else is evaluated."""
    own: dict[str, Any] = {ELEMENTS: described}
    if element.ad_hoc is not None and element.ad_hoc.output_collection:
        own[element.ad_hoc.output_collection] = []
    instance.variables.set_local(live.key, own)


def inner_variables(element: Element, given: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of a new inner instance: the one that `outputElement` names, and those given."""
    definition = element.ad_hoc
    own: dict[str, Any] = {}
    if definition is not None and definition.output_collection and definition.output_element is not None:
        name = named_variable(definition.output_element)
        if name:
            own[name] = None
    return {**own, **given}


def collect_output(instance: Instance, live: LiveElement, element: Element, inner: LiveElement) -> None:
    """An inner flow is about to end: append what it gives. Raises Failure when the collection is no list."""
    definition = element.ad_hoc
    if definition is None or not definition.output_collection or definition.output_element is None:
        return
    value = json_value(definition.output_element, instance.visible(inner), instance.step.now())
    name = definition.output_collection
    collected = instance.variables.get_local(live.key, name)
    if not isinstance(collected, list):
        raise Failure(
            IncidentType.EXTRACT_VALUE_ERROR,
            f"The output collection has the wrong type. Expected ARRAY but was {type_name(collected)}.",
            f"make the variable '{name}' a list again",
        )
    instance.variables.set_local(live.key, {name: [*collected, value]})


def give_output(instance: Instance, live: LiveElement, element: Element) -> None:
    """The collected output goes to the scope around the ad-hoc subprocess."""
    definition = element.ad_hoc
    if definition is not None and definition.output_collection and live.scope_key is not None:
        name = definition.output_collection
        instance.variables.propagate(live.scope_key, {name: instance.variables.get_local(live.key, name)})


def condition_holds(instance: Instance, live: LiveElement, definition: AdHoc) -> bool:
    """Whether the completion condition holds, or has held before."""
    assert definition.completion_condition is not None
    if not is_satisfied(live) and boolean(
        definition.completion_condition, instance.visible(live), instance.step.now()
    ):
        satisfy(instance, live)
    return is_satisfied(live)


def is_satisfied(live: LiveElement) -> bool:
    return _SATISFIED in live.data


def satisfy(instance: Instance, live: LiveElement) -> None:
    live.data[_SATISFIED] = True
    instance.change(live)


def _described(child: Element) -> dict[str, Any]:
    parameters = [
        parameter
        for mapping in child.inputs
        if isinstance(mapping.source, feel.Expression)
        for parameter in feel.from_ai_parameters(mapping.source)
    ]
    described = {
        "elementId": child.id,
        "elementName": child.name,
        "documentation": child.documentation,
        "properties": {name: value or None for name, value in child.properties.items()},
        "parameters": parameters,
    }
    return {name: value for name, value in described.items() if value}
