"""Rules of what is drawn but never runs: message flows, choreographies, markers. All are warnings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from engine.bpmn.namespaces import BPMN, bpmn_child, bpmn_children, reference
from engine.bpmn.problem_list import XmlPlace
from engine.bpmn.reading import Reading
from engine.xml_source import XmlElement, children, local_name, namespace

_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(;.*)?")
_URI = re.compile(r"[A-Za-z0-9:/?#\[\]@!$&'()*+,;=.~_%-]*")
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_URIS = {
    "definitions": ("expressionLanguage", "typeLanguage", "targetNamespace"),
    "formalExpression": ("language",),
    "conditionExpression": ("language",),
    "transaction": ("method",),
}
_MESSAGE_ENDS = ("participant", "subProcess", "transaction", "adHocSubProcess", "callActivity")
_SENDING_EVENTS = ("endEvent", "intermediateThrowEvent")
_CATCHING_EVENTS = ("startEvent", "intermediateCatchEvent", "boundaryEvent")
_WITH_PROPERTIES = ("process", "globalTask")


def check_drawing(reading: Reading) -> None:
    """Nothing drawn besides the process stops it from running."""
    pools, ways = _pools(reading.root), _ways(reading.root)
    for element in reading.root.iter():
        if not isinstance(element.tag, str) or namespace(element) != BPMN:
            continue
        _check_uris(element, reading)
        match local_name(element):
            case "messageFlow":
                _check_message_flow(element, pools, reading)
            case "choreography":
                _warn("CHOREOGRAPHY", "choreographies are not run", element, reading)
            case "conversation" | "subConversation" | "callConversation":
                _check_conversation(element, reading)
            case "import":
                message = f"the imported file '{element.get('location', '')}' is not read"
                hint = "deploy what the diagram needs together with it"
                reading.problems.warning(
                    "IMPORT_IGNORED", message, XmlPlace(element, XmlPlace(reading.root)), hint=hint
                )
            case "extension" if element.get("mustUnderstand") == "true":
                message = f"the extension '{element.get('definition', '')}' must be understood, and is not"
                _warn("EXTENSION_UNKNOWN", message, element, reading)
            case "adHocSubProcess" if element.get("ordering") == "Sequential":
                message = "ordering 'Sequential' is not run: its activities may run side by side"
                _warn("AD_HOC_ORDERING", message, element, reading)
            case "sequenceFlow" if element.get("isImmediate") == "false":
                message = "isImmediate 'false' is for processes that are not executable; it is ignored"
                _warn("FLOW_IMMEDIATE", message, element, reading)
            case "startEvent" if element.get("isInterrupting") == "false" and not _in_event_process(element):
                message = "isInterrupting 'false' belongs to event subprocesses; it is ignored"
                _warn("INTERRUPTING_IGNORED", message, element, reading)
            case "scriptTask" if bpmn_child(element, "script") is not None:
                _check_script(element, reading)
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
                _check_direction(element, ways, reading)
                if element.get("eventGatewayType") == "Parallel":
                    message = "eventGatewayType 'Parallel' is not run: the first event decides"
                    _warn("EVENT_GATEWAY_PARALLEL", message, element, reading)
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
        *_wrong_end(source[0], _SENDING_EVENTS, "receiveTask", "send"),
        *_wrong_end(target[0], _CATCHING_EVENTS, "sendTask", "catch"),
    ):
        _warn("MESSAGE_FLOW", problem, flow, reading)


def _wrong_end(element: XmlElement, events: tuple[str, ...], never: str, verb: str) -> Iterator[str]:
    name = local_name(element)
    if not name.endswith(("Event", "Task", "task")) and name not in _MESSAGE_ENDS:
        yield f"a {name} cannot {verb} a message"
    elif name == never:
        yield f"a {name} does not {verb} messages"
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


def _in_event_process(start: XmlElement) -> bool:
    parent = start.getparent()
    return parent is not None and parent.get("triggeredByEvent") == "true"


def _check_script(task: XmlElement, reading: Reading) -> None:
    """BPMN 2.0, 10.3.3: a script names its format, a media type."""
    found = task.get("scriptFormat")
    if found is None:
        _warn("SCRIPT_FORMAT", "a script needs a scriptFormat (and is not run)", task, reading)
    elif not _MEDIA_TYPE.fullmatch(found):
        _warn("SCRIPT_FORMAT", f"scriptFormat '{found}' is no media type (and is not run)", task, reading)


def _check_conversation(element: XmlElement, reading: Reading) -> None:
    partners = len(bpmn_children(element, "participantRef"))
    message = "conversations are not run"
    if partners < 2:
        message = f"a conversation is between at least two participants, not {partners} (and is not run)"
    _warn("CONVERSATION", message, element, reading)


def _check_uris(element: XmlElement, reading: Reading) -> None:
    for name in _URIS.get(local_name(element), ()):
        text = element.get(name, "").strip()
        if text and (not _URI.fullmatch(text) or _ESCAPE.search(text)):
            _warn("URI_INVALID", f"{name} '{text}' is no URI", element, reading)


def _check_property(element: XmlElement, reading: Reading) -> None:
    parent = element.getparent()
    kind = local_name(parent) if parent is not None else ""
    fits = kind in _WITH_PROPERTIES or kind.endswith(("Event", "Task", "task", "Activity", "ubProcess"))
    if not fits and kind != "transaction":
        _warn("PROPERTY_PLACE", f"a property does not belong into a {kind}", element, reading)


def _behavior(element: XmlElement) -> str:
    parent = element.getparent()
    return parent.get("behavior", "All") if parent is not None else ""


def _ways(root: XmlElement) -> dict[str, Counter[str]]:
    """How many sequence flows end and begin at each element."""
    flows = [flow for flow in root.iter(f"{{{BPMN}}}sequenceFlow")]
    return {end: Counter(reference(flow.get(end)) for flow in flows) for end in ("sourceRef", "targetRef")}


def _check_direction(gateway: XmlElement, ways: dict[str, Counter[str]], reading: Reading) -> None:
    direction = gateway.get("gatewayDirection", "Unspecified")
    identity = gateway.get("id") or ""
    ways_in = len(bpmn_children(gateway, "incoming")) or ways["targetRef"][identity]
    ways_out = len(bpmn_children(gateway, "outgoing")) or ways["sourceRef"][identity]
    wrong = (
        (direction == "Diverging" and (ways_in > 1 or ways_out < 2))
        or (direction == "Converging" and (ways_out > 1 or ways_in < 2))
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
