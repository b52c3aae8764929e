"""Ids of a file: each one once, and every reference leads to something."""

from __future__ import annotations

from engine.bpmn.namespaces import BPMN, reference
from engine.bpmn.problem_list import XmlPlace
from engine.bpmn.reading import Reading
from engine.xml_source import XmlElement, local_name, namespace, text_of

_CHECKED = {
    # attribute or child -> what it must lead to; None: any id of the file
    "processRef": ("process",),
    "messageRef": ("message",),
    "signalRef": ("signal",),
    "errorRef": ("error",),
    "escalationRef": ("escalation",),
    "itemSubjectRef": ("itemDefinition",),
    "itemRef": ("itemDefinition",),
    "dataObjectRef": ("dataObject",),
    "dataStoreRef": ("dataStore",),
    "categoryValueRef": ("categoryValue",),
    "operationRef": ("operation",),
    "inMessageRef": ("message",),
    "outMessageRef": ("message",),
    "partitionElementRef": None,
    "flowNodeRef": None,
    "activityRef": None,
    "dataInputRefs": ("dataInput",),
    "dataOutputRefs": ("dataOutput",),
    "optionalInputRefs": ("dataInput",),
    "whileExecutingInputRefs": ("dataInput",),
    "optionalOutputRefs": ("dataOutput",),
    "whileExecutingOutputRefs": ("dataOutput",),
    "inputSetRefs": ("inputSet",),
    "outputSetRefs": ("outputSet",),
    "loopDataInputRef": None,
    "loopDataOutputRef": None,
}
_ERRORS = {"messageRef", "signalRef", "errorRef", "escalationRef"}


def check_references(reading: Reading) -> None:
    ids = _ids(reading)
    local_prefixes = {prefix for prefix, uri in reading.root.nsmap.items() if uri == _target(reading)} | {
        None
    }
    for element in reading.root.iter():
        if not isinstance(element.tag, str) or namespace(element) != BPMN:
            continue
        for name, value in element.attrib.items():
            if str(name) in _CHECKED and str(name) not in _ERRORS:
                _check(element, str(name), str(value), ids, local_prefixes, reading)
        name = local_name(element)
        if name in _CHECKED:
            _check(element, name, text_of(element), ids, local_prefixes, reading)


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
    allowed = _CHECKED[name]
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
