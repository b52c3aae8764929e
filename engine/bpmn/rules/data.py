"""Rules of BPMN's own data (ioSpecification, items), which the engine does not use. All are warnings."""

from __future__ import annotations

from collections.abc import Iterator

from engine.bpmn.namespaces import BPMN, bpmn_child, bpmn_children, reference
from engine.bpmn.problem_list import XmlPlace
from engine.bpmn.reading import Reading
from engine.xml_source import XmlElement, children, local_name, namespace, text_of

_DATA = {
    "dataObject",
    "dataObjectReference",
    "dataStore",
    "dataStoreReference",
    "dataInput",
    "dataOutput",
    "property",
}
_ITEM_OF = {
    "messageEventDefinition": "messageRef",
    "signalEventDefinition": "signalRef",
    "errorEventDefinition": "errorRef",
    "escalationEventDefinition": "escalationRef",
}


def check_data(reading: Reading) -> None:
    ids = _ids(reading.root)
    for element in reading.root.iter():
        if not isinstance(element.tag, str) or namespace(element) != BPMN:
            continue
        match local_name(element):
            case "dataInput" | "dataOutput":
                _check_collection(element, ids, reading)
            case "dataInputAssociation" | "dataOutputAssociation":
                _check_association(element, ids, reading)
            case "callActivity":
                _check_call(element, ids, reading)
            case "ioBinding":
                _check_binding(element, ids, reading)
            case "partnerEntity" | "partnerRole":
                _check_partner(element, ids, reading)
            case "globalTask" if bpmn_child(element, "supportedInterfaceRef") is not None:
                if bpmn_child(element, "ioBinding") is None:
                    _warn("IO_BINDING", "a supported interface needs an ioBinding", element, reading)
            case name if name.endswith("Event"):
                _check_event(element, ids, reading)
            case _:
                pass


def _ids(root: XmlElement) -> dict[str, XmlElement]:
    found: dict[str, XmlElement] = {}
    for element in root.iter():
        if isinstance(element.tag, str) and element.get("id") and namespace(element) == BPMN:
            found.setdefault(str(element.get("id")), element)
    return found


def _warn(code: str, message: str, element: XmlElement, reading: Reading) -> None:
    owner = next((a for a in element.iterancestors() if a.get("id")), None)
    reading.problems.warning(code, message, XmlPlace(element, XmlPlace(owner) if owner is not None else None))


def _item(
    element: XmlElement, ids: dict[str, XmlElement], attribute: str = "itemSubjectRef"
) -> XmlElement | None:
    return ids.get(reference(element.get(attribute)))


def _structure(item: XmlElement | None) -> str:
    return item.get("structureRef", "") if item is not None else ""


def _check_collection(element: XmlElement, ids: dict[str, XmlElement], reading: Reading) -> None:
    item = _item(element, ids)
    if item is not None and item.get("isCollection", "false") != element.get("isCollection", "false"):
        message = f"isCollection differs from that of its item '{item.get('id')}'"
        _warn("DATA_COLLECTION", message, element, reading)


def _check_association(element: XmlElement, ids: dict[str, XmlElement], reading: Reading) -> None:
    for end in bpmn_children(element, "sourceRef", "targetRef"):
        found = ids.get(reference(text_of(end)))
        if found is not None and local_name(found) not in _DATA:
            message = f"{local_name(end)} leads to a {local_name(found)}, which is no data"
            _warn("DATA_ASSOCIATION", message, element, reading)


def _check_event(event: XmlElement, ids: dict[str, XmlElement], reading: Reading) -> None:
    """What an event hands over must be of the type of its message, signal, error or escalation."""
    definitions = [c for c in children(event) if local_name(c) in _ITEM_OF]
    data = bpmn_children(event, "dataInput", "dataOutput")
    if len(definitions) != 1 or not data:
        return
    root = ids.get(reference(definitions[0].get(_ITEM_OF[local_name(definitions[0])])))
    if root is None:
        return
    expected = _item(root, ids, "itemRef" if local_name(root) == "message" else "structureRef")
    for element in data:
        given = _item(element, ids)
        if given is not None and expected is not None and _structure(given) != _structure(expected):
            message = (
                f"its data is a {_structure(given)}, the {local_name(root)} carries a {_structure(expected)}"
            )
            _warn("EVENT_DATA", message, event, reading)


def _check_call(call: XmlElement, ids: dict[str, XmlElement], reading: Reading) -> None:
    called = ids.get(reference(call.get("calledElement")))
    if called is None:
        return
    for kind in ("dataInput", "dataOutput"):
        if sorted(_types(call, kind, ids)) != sorted(_types(called, kind, ids)):
            message = f"its {kind}s do not fit those of '{called.get('id')}', which it calls"
            _warn("CALL_DATA", message, call, reading)


def _types(element: XmlElement, kind: str, ids: dict[str, XmlElement]) -> Iterator[str]:
    specification = bpmn_child(element, "ioSpecification")
    for data in bpmn_children(specification, kind) if specification is not None else []:
        yield _structure(_item(data, ids))


def _check_binding(binding: XmlElement, ids: dict[str, XmlElement], reading: Reading) -> None:
    operation = ids.get(reference(binding.get("operationRef")))
    if operation is None:
        return
    for attribute, name in (("inputDataRef", "inMessageRef"), ("outputDataRef", "outMessageRef")):
        data = ids.get(reference(binding.get(attribute)))
        message = ids.get(reference(text_of(bpmn_child(operation, name))))
        if data is None or message is None:
            continue
        given, expected = _item(data, ids), _item(message, ids, "itemRef")
        if given is not None and expected is not None and given is not expected:
            text = f"{attribute} is of item '{given.get('id')}', the operation needs '{expected.get('id')}'"
            _warn("IO_BINDING", text, binding, reading)


def _check_partner(element: XmlElement, ids: dict[str, XmlElement], reading: Reading) -> None:
    for ref in bpmn_children(element, "participantRef"):
        found = ids.get(reference(text_of(ref)))
        if found is None or local_name(found) != "participant":
            _warn("REFERENCE_UNKNOWN", "participantRef leads to no participant", element, reading)
