"""Makes one element of the model from one XML element: its type, its event, its extensions."""

from __future__ import annotations

from engine.bpmn.camunda_7 import camunda_properties, read_camunda_7
from engine.bpmn.events import message_of, read_event
from engine.bpmn.listener_extensions import read_listeners
from engine.bpmn.model import Element, ElementType, EventType
from engine.bpmn.namespaces import bpmn_child, reference
from engine.bpmn.problem_list import XmlPlace
from engine.bpmn.reading import Reading
from engine.bpmn.zeebe_extensions import (
    labels,
    read_ad_hoc,
    read_called_decision,
    read_called_element,
    read_form,
    read_io_mappings,
    read_job,
    read_loop,
    read_properties,
    read_script,
    read_user_task,
)
from engine.xml_source import XmlElement, local_name, text_of

TYPES = {
    "subProcess": ElementType.SUB_PROCESS,
    "adHocSubProcess": ElementType.AD_HOC_SUB_PROCESS,
    "transaction": ElementType.TRANSACTION,
    "callActivity": ElementType.CALL_ACTIVITY,
    "startEvent": ElementType.START_EVENT,
    "endEvent": ElementType.END_EVENT,
    "intermediateCatchEvent": ElementType.INTERMEDIATE_CATCH_EVENT,
    "intermediateThrowEvent": ElementType.INTERMEDIATE_THROW_EVENT,
    "boundaryEvent": ElementType.BOUNDARY_EVENT,
    "task": ElementType.TASK,
    "manualTask": ElementType.MANUAL_TASK,
    "userTask": ElementType.USER_TASK,
    "serviceTask": ElementType.SERVICE_TASK,
    "sendTask": ElementType.SEND_TASK,
    "receiveTask": ElementType.RECEIVE_TASK,
    "scriptTask": ElementType.SCRIPT_TASK,
    "businessRuleTask": ElementType.BUSINESS_RULE_TASK,
    "exclusiveGateway": ElementType.EXCLUSIVE_GATEWAY,
    "parallelGateway": ElementType.PARALLEL_GATEWAY,
    "inclusiveGateway": ElementType.INCLUSIVE_GATEWAY,
    "eventBasedGateway": ElementType.EVENT_BASED_GATEWAY,
}
REFUSED = {
    "complexGateway": "use exclusive, inclusive or parallel gateways",
    "choreographyTask": "choreographies are not run",
    "subChoreography": "choreographies are not run",
    "callChoreography": "choreographies are not run",
    "implicitThrowEvent": "multi-instance behavior other than All is not run",
}
_EVENTS = frozenset(kind for kind in ElementType if kind.is_event)


def read_element(xml: XmlElement, identity: str, parent: Element, reading: Reading) -> Element:
    """The element with all that stands on it; flows, boundaries and lanes are linked later."""
    element = new_element(xml, identity, _type_of(xml), parent)
    problems = reading.problems
    if element.type in _EVENTS:
        element.event = read_event(xml, element, reading)
    read_io_mappings(xml, element, reading)
    read_job(xml, element, reading)
    read_listeners(xml, element, reading)
    read_loop(xml, element, reading)
    match element.type:
        case ElementType.USER_TASK:
            read_user_task(xml, element, reading)
        case ElementType.START_EVENT:
            element.interrupting = xml.get("isInterrupting", "true") != "false"
            element.start_form = read_form(xml, element, reading)
        case ElementType.BOUNDARY_EVENT:
            element.interrupting = xml.get("cancelActivity", "true") != "false"
        case ElementType.CALL_ACTIVITY:
            read_called_element(xml, element, reading)
        case ElementType.BUSINESS_RULE_TASK:
            read_called_decision(xml, element, reading)
        case ElementType.SCRIPT_TASK:
            read_script(xml, element, reading)
        case ElementType.RECEIVE_TASK:
            element.event = message_of(xml, element, reading)
        case ElementType.SEND_TASK if xml.get("messageRef"):
            element.event = message_of(xml, element, reading)
        case ElementType.AD_HOC_SUB_PROCESS:
            read_ad_hoc(xml, element, reading)
        case _:
            pass
    read_camunda_7(xml, element, reading)
    element.is_for_compensation = xml.get("isForCompensation") == "true"
    _refuse_quantities(xml, element, reading)
    if element.type is ElementType.BOUNDARY_EVENT and element.event.type is EventType.NONE:
        problems.error("EVENT_DEFINITION_MISSING", "Must have exactly one event definition", element)
    return element


def new_element(xml: XmlElement, identity: str, kind: ElementType, parent: Element | None) -> Element:
    properties = {**camunda_properties(xml), **read_properties(xml)}
    return Element(
        id=identity,
        type=kind,
        name=" ".join((xml.get("name") or "").split()),
        names=labels(properties),
        line=XmlPlace(xml).line,
        parent=parent,
        properties=properties,
        documentation=text_of(bpmn_child(xml, "documentation")).strip(),
    )


def attached_to(xml: XmlElement) -> str:
    return reference(xml.get("attachedToRef"))


def _type_of(xml: XmlElement) -> ElementType:
    kind = TYPES[local_name(xml)]
    if kind is ElementType.SUB_PROCESS and xml.get("triggeredByEvent") == "true":
        return ElementType.EVENT_SUB_PROCESS
    return kind


def _refuse_quantities(xml: XmlElement, element: Element, reading: Reading) -> None:
    for name in ("startQuantity", "completionQuantity"):
        if xml.get(name, "1") != "1":
            reading.problems.error(
                "TOKEN_QUANTITY",
                f"{name} '{xml.get(name)}' is not run: an activity takes and gives one token",
                element,
                hint=f"remove {name}; use a multi-instance activity instead",
            )
