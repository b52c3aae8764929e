"""Rules of interfaces, operations and the tasks that name one; the engine runs none. All are warnings."""

from __future__ import annotations

from engine.bpmn.namespaces import BPMN, bpmn_child, bpmn_children, reference
from engine.bpmn.problem_list import XmlPlace
from engine.bpmn.reading import Reading
from engine.xml_source import XmlElement, local_name, namespace, text_of

_TASKS = ("serviceTask", "sendTask", "receiveTask", "messageEventDefinition")


def check_operations(reading: Reading) -> None:
    operations: dict[str, XmlElement] = {}
    messages = {m.get("id") or "": m for m in bpmn_children(reading.root, "message")}
    for interface in bpmn_children(reading.root, "interface"):
        found = bpmn_children(interface, "operation")
        if not found:
            _warn("OPERATION_MISSING", "an interface needs an operation", interface, reading)
        for operation in found:
            operations[operation.get("id") or ""] = operation
            if bpmn_child(operation, "inMessageRef") is None:
                _warn("OPERATION_MESSAGE", "an operation needs an inMessageRef", operation, reading)
    for element in reading.root.iter():
        if isinstance(element.tag, str) and namespace(element) == BPMN and local_name(element) in _TASKS:
            _check_task(element, operations, messages, reading)


def _warn(code: str, message: str, element: XmlElement, reading: Reading) -> None:
    owner = next((a for a in element.iterancestors() if a.get("id")), None)
    reading.problems.warning(code, message, XmlPlace(element, XmlPlace(owner) if owner is not None else None))


def _check_task(
    task: XmlElement, operations: dict[str, XmlElement], messages: dict[str, XmlElement], reading: Reading
) -> None:
    kind, message = local_name(task), reference(task.get("messageRef"))
    operation = operations.get(
        reference(task.get("operationRef") or text_of(bpmn_child(task, "operationRef")))
    )
    if operation is not None and message:
        expected = reference(text_of(bpmn_child(operation, "inMessageRef")))
        if expected and expected != message:
            text = f"its message is '{message}', the message of its operation is '{expected}'"
            _warn("OPERATION_MESSAGE", text, task, reading)
    specification = bpmn_child(task, "ioSpecification")
    if specification is not None and kind != "messageEventDefinition":
        _check_data(task, kind, specification, messages.get(message), reading)
    elif kind == "serviceTask" and operation is not None:
        _warn("OPERATION_DATA", "it names an operation but has no data for its message", task, reading)


def _check_data(
    task: XmlElement, kind: str, specification: XmlElement, message: XmlElement | None, reading: Reading
) -> None:
    """One message carries one piece of data, of the message's own item."""
    role = "dataOutput" if kind == "receiveTask" else "dataInput"
    data = bpmn_children(specification, role)
    if len(data) > 1:
        _warn("OPERATION_DATA", f"one message carries one {role}, not {len(data)}", task, reading)
    item = reference(message.get("itemRef")) if message is not None else ""
    for one in data:
        given = reference(one.get("itemSubjectRef"))
        if item and given and given != item:
            text = f"its {role} is of item '{given}', its message carries '{item}'"
            _warn("OPERATION_DATA", text, task, reading)
