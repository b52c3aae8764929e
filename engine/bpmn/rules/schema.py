"""What BPMN's schema says of values and places, as far as a wrong one still reads. All are warnings."""

from __future__ import annotations

from engine.bpmn.elements import TYPES
from engine.bpmn.namespaces import BPMN
from engine.bpmn.problem_list import XmlPlace, shortened
from engine.bpmn.reading import Reading
from engine.bpmn.texts import whole_number
from engine.xml_source import XmlElement, local_name, namespace

_BOOLEAN = frozenset({"true", "false", "1", "0"})
_VALUES = {
    "associationDirection": frozenset({"None", "One", "Both"}),
    "behavior": frozenset({"None", "One", "All", "Complex"}),
    "direction": frozenset({"None", "Forward", "Backward", "Both"}),
    "eventGatewayType": frozenset({"Exclusive", "Parallel"}),
    "gatewayDirection": frozenset({"Unspecified", "Converging", "Diverging", "Mixed"}),
    "itemKind": frozenset({"Physical", "Information"}),
    "loopType": frozenset({"None", "Standard", "MultiInstanceSequential", "MultiInstanceParallel"}),
    "ordering": frozenset({"Parallel", "Sequential"}),
    "processType": frozenset({"None", "Public", "Private"}),
    **dict.fromkeys(
        (
            "cancelActivity",
            "cancelRemainingInstances",
            "instantiate",
            "isClosed",
            "isCollection",
            "isExecutable",
            "isForCompensation",
            "isImmediate",
            "isInterrupting",
            "isSequential",
            "isUnlimited",
            "mustUnderstand",
            "parallelMultiple",
            "testBefore",
            "triggeredByEvent",
            "waitForCompletion",
        ),
        _BOOLEAN,
    ),
}
_REQUIRED = {
    "association": ("sourceRef", "targetRef"),
    "messageFlow": ("sourceRef", "targetRef"),
    "conversationLink": ("sourceRef", "targetRef"),
    "dataStoreReference": ("id",),
    "import": ("namespace", "location", "importType"),
    "operation": ("name",),
    "interface": ("name",),
    **dict.fromkeys(
        (
            "dataObject",
            "dataObjectReference",
            "dataInput",
            "dataOutput",
            "property",
            "lane",
            "participant",
            "message",
            "signal",
            "error",
            "escalation",
            "itemDefinition",
        ),
        ("id",),
    ),
}
_NUMBERS = ("capacity", "completionQuantity", "loopMaximum", "maximum", "minimum", "startQuantity")

_FLOW_CONTAINERS = frozenset(
    {"process", "subProcess", "adHocSubProcess", "transaction", "choreography", "subChoreography"}
)
_ROOT = frozenset({"definitions"})
_ACTIVITIES = frozenset(
    name for name in TYPES if name.endswith(("ask", "Activity", "ubProcess")) or name == "transaction"
)
_PLACES = {
    **dict.fromkeys((*TYPES, "complexGateway", "sequenceFlow", "dataObject"), _FLOW_CONTAINERS),
    **dict.fromkeys(("dataObjectReference", "dataStoreReference"), _FLOW_CONTAINERS),
    **dict.fromkeys(
        (
            "message",
            "signal",
            "error",
            "escalation",
            "itemDefinition",
            "process",
            "collaboration",
            "interface",
        ),
        _ROOT,
    ),
    **dict.fromkeys(("category", "dataStore", "resource", "partnerEntity", "partnerRole"), _ROOT),
    "conditionExpression": frozenset({"sequenceFlow"}),
    "laneSet": _FLOW_CONTAINERS,
    "lane": frozenset({"laneSet", "childLaneSet"}),
    "ioSpecification": _ACTIVITIES | {"process", "globalTask", "globalUserTask", "globalScriptTask"},
    "multiInstanceLoopCharacteristics": _ACTIVITIES,
    "standardLoopCharacteristics": _ACTIVITIES,
    "operation": frozenset({"interface"}),
    "participant": frozenset({"collaboration", "choreography", "globalConversation"}),
    "messageFlow": frozenset({"collaboration", "choreography", "globalConversation"}),
}


def check_schema(reading: Reading) -> None:
    for element in reading.root.iter():
        if isinstance(element.tag, str) and namespace(element) == BPMN:
            _check_values(element, reading)
            _check_required(element, reading)
            _check_place(element, reading)


def _check_values(element: XmlElement, reading: Reading) -> None:
    for key, value in element.attrib.items():
        name, text = str(key), str(value).strip()
        allowed = _VALUES.get(name)
        if allowed is not None and text not in allowed:
            wanted = "true or false" if allowed is _BOOLEAN else f"one of {', '.join(sorted(allowed))}"
            _warn("ATTRIBUTE_VALUE", f"{name} '{shortened(text)}' is not {wanted}", element, reading)
        elif name in _NUMBERS and not text.removeprefix("-").isdigit():
            _warn("ATTRIBUTE_VALUE", f"{name} '{shortened(text)}' is no whole number", element, reading)
    if local_name(element) == "participantMultiplicity":
        _check_multiplicity(element, reading)


def _check_required(element: XmlElement, reading: Reading) -> None:
    for attribute in _REQUIRED.get(local_name(element), ()):
        if not (element.get(attribute) or "").strip():
            _warn(
                "ATTRIBUTE_MISSING",
                f"a {local_name(element)} needs the attribute {attribute}",
                element,
                reading,
            )


def _check_multiplicity(element: XmlElement, reading: Reading) -> None:
    least, most = whole_number(element.get("minimum", "0")), whole_number(element.get("maximum", "1"))
    if least is not None and most is not None and (most < least or most < 1):
        _warn("MULTIPLICITY", f"from {least} to {most} participants is no range", element, reading)


def _check_place(element: XmlElement, reading: Reading) -> None:
    name, parent = local_name(element), element.getparent()
    if parent is None or namespace(parent) != BPMN:
        return
    around = local_name(parent)
    places = _PLACES.get(name)
    if name.endswith("EventDefinition"):
        wrong = not (around.endswith("Event") or around in ("definitions", "event"))
    elif name in ("incoming", "outgoing"):
        wrong = around not in TYPES and not around.endswith(("Gateway", "horeography", "Task", "Event"))
    else:
        wrong = places is not None and around not in places
    if wrong:
        _warn("ELEMENT_PLACE", f"a {name} does not belong into a {around}", element, reading)


def _warn(code: str, message: str, element: XmlElement, reading: Reading) -> None:
    owner = next((a for a in element.iterancestors() if a.get("id")), None)
    reading.problems.warning(code, message, XmlPlace(element, XmlPlace(owner) if owner is not None else None))
