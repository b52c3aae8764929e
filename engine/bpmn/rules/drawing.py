"""Rules of what is drawn but never runs: message flows, choreographies, markers. All are warnings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.bpmn.namespaces import BPMN, bpmn_child, bpmn_children, reference
from engine.bpmn.problem_list import XmlPlace
from engine.bpmn.reading import Reading
from engine.xml_source import XmlElement, children, local_name, namespace

_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(;.*)?")
_SENDING_EVENTS = ("endEvent", "intermediateThrowEvent")
_CATCHING_EVENTS = ("startEvent", "intermediateCatchEvent", "boundaryEvent")
_WITH_PROPERTIES = ("process", "globalTask")


def check_drawing(reading: Reading) -> None:
    """Nothing drawn besides the process stops it from running."""
    pools = _pools(reading.root)
    for element in reading.root.iter():
        if not isinstance(element.tag, str) or namespace(element) != BPMN:
            continue
        match local_name(element):
            case "messageFlow":
                _check_message_flow(element, pools, reading)
            case "choreography":
                _warn("CHOREOGRAPHY", "choreographies are not run", element, reading)
            case "documentation" if not _MEDIA_TYPE.fullmatch(element.get("textFormat", "text/plain")):
                message = f"textFormat '{element.get('textFormat')}' is no media type"
                _warn("TEXT_FORMAT", message, element, reading)
            case "process":
                _check_process(element, reading)
            case "property":
                _check_property(element, reading)
            case "complexBehaviorDefinition" if _behavior(element) != "Complex":
                message = "a complexBehaviorDefinition belongs to behavior Complex only (and is not run)"
                _warn("COMPLEX_BEHAVIOR", message, element, reading)
            case "boundaryEvent" if element.get("cancelActivity") == "false":
                if bpmn_child(element, "compensateEventDefinition") is not None:
                    message = "a compensation boundary event neither interrupts nor goes on beside"
                    _warn("COMPENSATION_INTERRUPTS", message, element, reading)
            case "eventBasedGateway" | "receiveTask" if element.get("instantiate") == "true":
                message = "'instantiate' is ignored: instances begin at start events"
                _warn("INSTANTIATE_IGNORED", message, element, reading)
            case name if name.endswith("Gateway"):
                _check_direction(element, reading)
            case "performer" | "humanPerformer" | "potentialOwner":
                _check_performer(element, reading)
            case _:
                pass


def _warn(code: str, message: str, element: XmlElement, reading: Reading) -> None:
    reading.problems.warning(code, message, XmlPlace(element, _owner(element)))


def _owner(element: XmlElement) -> XmlPlace | None:
    named = next((a for a in element.iterancestors() if a.get("id")), None)
    return XmlPlace(named) if named is not None else None


# --- message flows -------------------------------------------------------------------------------


def _pools(root: XmlElement) -> dict[str, tuple[XmlElement, str]]:
    """Every participant, process and flow node: its element and the process it belongs to ("" for none)."""
    found: dict[str, tuple[XmlElement, str]] = {}
    for process in bpmn_children(root, "process"):
        for element in process.iter():
            if isinstance(element.tag, str) and element.get("id"):
                found.setdefault(str(element.get("id")), (element, process.get("id") or ""))
    for collaboration in bpmn_children(root, "collaboration"):
        for participant in bpmn_children(collaboration, "participant"):
            found[participant.get("id") or ""] = (participant, reference(participant.get("processRef")))
    return found


def _check_message_flow(flow: XmlElement, pools: dict[str, tuple[XmlElement, str]], reading: Reading) -> None:
    source = pools.get(reference(flow.get("sourceRef")))
    target = pools.get(reference(flow.get("targetRef")))
    if source is None or target is None:
        message = "the message flow does not lead from one participant to another"
        _warn("MESSAGE_FLOW", message, flow, reading)
        return
    if source[0] is target[0] or (source[1] and source[1] == target[1]):
        _warn("MESSAGE_FLOW", "a message flow must not stay inside one pool", flow, reading)
    for problem in (
        *_wrong_end(source[0], _SENDING_EVENTS, "send"),
        *_wrong_end(target[0], _CATCHING_EVENTS, "catch"),
    ):
        _warn("MESSAGE_FLOW", problem, flow, reading)


def _wrong_end(element: XmlElement, events: tuple[str, ...], verb: str) -> Iterator[str]:
    name = local_name(element)
    if name.endswith("Gateway"):
        yield f"a gateway cannot {verb} a message"
    if not name.endswith("Event"):
        return
    kinds = [local_name(child) for child in children(element)]
    if name not in events or not any(kind.startswith("messageEvent") for kind in kinds):
        yield f"the event '{element.get('id')}' does not {verb} a message"


# --- single elements -----------------------------------------------------------------------------


def _check_process(process: XmlElement, reading: Reading) -> None:
    if process.get("processType") == "Public" and process.get("isExecutable") == "true":
        message = "a public process describes how partners work together; it is not executable"
        _warn("PUBLIC_PROCESS", message, process, reading)
    if bpmn_child(process, "supportedInterfaceRef") is not None and bpmn_child(process, "ioBinding") is None:
        _warn("IO_BINDING", "a supported interface needs an ioBinding", process, reading)


def _check_property(element: XmlElement, reading: Reading) -> None:
    parent = element.getparent()
    kind = local_name(parent) if parent is not None else ""
    fits = kind in _WITH_PROPERTIES or kind.endswith(("Event", "Task", "task", "Activity", "ubProcess"))
    if not fits and kind != "transaction":
        _warn("PROPERTY_PLACE", f"a property does not belong into a {kind}", element, reading)


def _behavior(element: XmlElement) -> str:
    parent = element.getparent()
    return parent.get("behavior", "All") if parent is not None else ""


def _check_direction(gateway: XmlElement, reading: Reading) -> None:
    direction = gateway.get("gatewayDirection", "Unspecified")
    ways_in = len(bpmn_children(gateway, "incoming"))
    ways_out = len(bpmn_children(gateway, "outgoing"))
    wrong = (
        (direction == "Diverging" and ways_in > 1)
        or (direction == "Converging" and ways_out > 1)
        or (direction == "Mixed" and (ways_in < 2 or ways_out < 2))
    )
    if wrong:
        message = f"gatewayDirection '{direction}' does not fit {ways_in} ways in and {ways_out} ways out"
        _warn("GATEWAY_DIRECTION", message, gateway, reading)


def _check_performer(element: XmlElement, reading: Reading) -> None:
    ways = ("resourceRef", "resourceAssignmentExpression")
    if all(bpmn_child(element, way) is not None for way in ways):
        message = "a performer is either a resourceRef or an expression, not both"
        _warn("PERFORMER", message, element, reading)
