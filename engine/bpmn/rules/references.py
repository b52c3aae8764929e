"""Ids of a file: each one once, and every reference leads to something."""

from __future__ import annotations

from engine.bpmn.elements import TYPES
from engine.bpmn.namespaces import BPMN, reference
from engine.bpmn.problem_list import XmlPlace
from engine.bpmn.reading import Reading
from engine.xml_source import XmlElement, local_name, namespace, text_of

_FLOW_NODES = (*TYPES, "complexGateway")
_CHECKED = {
    # attribute or child -> what it must lead to; all others: any id of the file
    "processRef": ("process",),
    "flowNodeRef": _FLOW_NODES,
    "itemSubjectRef": ("itemDefinition",),
    "itemRef": ("itemDefinition",),
    "dataObjectRef": ("dataObject",),
    "dataStoreRef": ("dataStore",),
    "categoryValueRef": ("categoryValue",),
    "operationRef": ("operation",),
    "inMessageRef": ("message",),
    "outMessageRef": ("message",),
    "errorRef": ("error",),
    "escalationRef": ("escalation",),
    "messageRef": ("message",),
    "signalRef": ("signal",),
    "participantRef": ("participant",),
    "supportedInterfaceRef": ("interface",),
    "resourceRef": ("resource",),
    "parameterRef": ("resourceParameter",),
    "choreographyRef": ("choreography", "globalChoreographyTask"),
    "dataInputRefs": ("dataInput",),
    "dataOutputRefs": ("dataOutput",),
    "optionalInputRefs": ("dataInput",),
    "whileExecutingInputRefs": ("dataInput",),
    "optionalOutputRefs": ("dataOutput",),
    "whileExecutingOutputRefs": ("dataOutput",),
    "inputSetRefs": ("inputSet",),
    "outputSetRefs": ("outputSet",),
}
_OF_EVENTS = {"messageRef", "signalRef", "errorRef", "escalationRef"}
_ELSEWHERE = {
    "structureRef",
    "evaluatesToTypeRef",
    "implementationRef",
    "eventDefinitionRef",
    "attachedToRef",
}
_WITHOUT_SUFFIX = ("supports",)
_OF_FLOWS = ("sourceRef", "targetRef")


def check_references(reading: Reading) -> None:
    ids = _ids(reading)
    local_prefixes = {prefix for prefix, uri in reading.root.nsmap.items() if uri == _target(reading)} | {
        None
    }
    for element in reading.root.iter():
        if not isinstance(element.tag, str) or namespace(element) != BPMN:
            continue
        for name, value in element.attrib.items():
            if _is_reference(element, str(name)):
                _check(element, str(name), str(value), ids, local_prefixes, reading)
        name = local_name(element)
        if _is_reference(element, name):
            _check(element, name, text_of(element), ids, local_prefixes, reading)


def _is_reference(element: XmlElement, name: str) -> bool:
    """Whether the attribute or child `name` leads to an element, and nobody else looks at it."""
    kind = local_name(element)
    if kind == "sequenceFlow" and name in _OF_FLOWS:
        return False  # read with the flow
    if name in _OF_EVENTS and kind.endswith(("EventDefinition", "Task")):
        return False  # read with the event or task
    if name.startswith("{") or name in _ELSEWHERE:
        return False  # another namespace, or types outside BPMN
    if name in _WITHOUT_SUFFIX:
        return True
    return name.endswith(("Ref", "Refs"))


def _target(reading: Reading) -> str | None:
    return reading.root.get("targetNamespace")


def _ids(reading: Reading) -> dict[str, XmlElement]:
    found: dict[str, XmlElement] = {}
    for element in reading.root.iter():
        identity = element.get("id") if isinstance(element.tag, str) else None
        if not identity or not _is_model(element):
            continue
        if identity in found:
            place = XmlPlace(element)
            reading.problems.error(
                "ID_DOUBLED",
                f"the id '{identity}' is used twice, first in line {XmlPlace(found[identity]).line}",
                place,
                hint="give one of the two another id",
            )
        found.setdefault(identity, element)
    return found


def _is_model(element: XmlElement) -> bool:
    """Ids of extensions and of the drawing have a life of their own."""
    return namespace(element) == BPMN


def _check(
    element: XmlElement,
    name: str,
    value: str,
    ids: dict[str, XmlElement],
    local_prefixes: set[str | None],
    reading: Reading,
) -> None:
    prefix, _, _ = value.strip().rpartition(":")
    if not value.strip() or (prefix or None) not in local_prefixes:
        return  # another file's element
    found = ids.get(reference(value))
    allowed = _CHECKED.get(name)
    if found is None or (allowed is not None and local_name(found) not in allowed):
        what = f"to a {local_name(found)}" if found is not None else "to nothing in this file"
        owner = element if element.get("id") else _owner(element)
        reading.problems.warning(
            "REFERENCE_UNKNOWN",
            f"{name} '{value.strip()}' leads {what}",
            XmlPlace(element, XmlPlace(owner)),
        )


def _owner(element: XmlElement) -> XmlElement:
    return next((a for a in element.iterancestors() if a.get("id")), element)
