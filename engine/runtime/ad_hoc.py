"""Ad-hoc subprocesses: which of their elements run, and when that is enough."""

from __future__ import annotations

from ..bpmn.model import AdHoc, Element, ElementType
from .expressions import boolean, collection
from .failures import Failure, IncidentType
from .instance import Instance
from .records import LiveElement


def elements_to_start(instance: Instance, live: LiveElement, element: Element) -> list[Element]:
    """The elements that the collection names; none without one."""
    definition = element.ad_hoc
    if definition is None or definition.active_elements is None:
        return []
    wanted = collection(definition.active_elements, instance.visible(live), instance.step.now())
    known = {child.id: child for child in element.children if _may_start(child)}
    unknown = [str(item) for item in wanted if not isinstance(item, str) or item not in known]
    if unknown:
        raise Failure(
            IncidentType.EXTRACT_VALUE_ERROR,
            f"Expected to activate the elements of '{definition.active_elements.text}', "
            f"but these do not exist in the ad-hoc sub-process: {', '.join(unknown)}",
            f"use the ids {', '.join(known)}",
        )
    return [known[item] for item in wanted]


def is_satisfied(instance: Instance, live: LiveElement, definition: AdHoc) -> bool:
    """Whether the completion condition holds."""
    assert definition.completion_condition is not None
    return boolean(definition.completion_condition, instance.visible(live), instance.step.now())


def _may_start(child: Element) -> bool:
    return not child.incoming and child.type not in (
        ElementType.BOUNDARY_EVENT,
        ElementType.EVENT_SUB_PROCESS,
    )
