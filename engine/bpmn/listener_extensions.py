"""Reads `zeebe:executionListeners` and `zeebe:taskListeners`, and says where Camunda has none."""

from __future__ import annotations

from collections import Counter

from engine.bpmn.model import Element, ElementType, EventType, Listener
from engine.bpmn.namespaces import ZEEBE, extension, extensions
from engine.bpmn.reading import Reading
from engine.xml_source import XmlElement, children

_EXECUTION_EVENTS = ("start", "end")
_TASK_EVENTS = ("creating", "assigning", "updating", "completing", "canceling")
_EARLIER_NAMES = {
    "create": "creating",
    "assignment": "assigning",
    "update": "updating",
    "complete": "completing",
    "cancel": "canceling",
}


def read_listeners(xml: XmlElement, element: Element, reading: Reading) -> None:
    execution = _listeners(xml, "executionListener", _EXECUTION_EVENTS, element, reading)
    element.start_listeners = tuple(found for found in execution if found.event == "start")
    element.end_listeners = tuple(found for found in execution if found.event == "end")
    if execution:
        _refuse_where_there_are_none(element, reading)
    element.task_listeners = _listeners(xml, "taskListener", _TASK_EVENTS, element, reading)
    managed = extension(xml, ZEEBE, "userTask") is not None or reading.is_camunda_7
    if element.task_listeners and not (element.type is ElementType.USER_TASK and managed):
        reading.problems.warning(
            "TASK_LISTENER_UNUSED",
            "task listeners belong to user tasks of the engine (with zeebe:userTask); these are not called",
            element,
            part="taskListener",
            hint="implement the user task as 'Camunda user task', or remove them",
        )


def _listeners(
    xml: XmlElement, name: str, events: tuple[str, ...], element: Element, reading: Reading
) -> tuple[Listener, ...]:
    found: list[Listener] = []
    for holder in extensions(xml, ZEEBE, f"{name}s"):
        for listener in children(holder, name):
            event = (listener.get("eventType") or "").strip()
            event = _EARLIER_NAMES.get(event, event) if events is _TASK_EVENTS else event
            kind = reading.texts.value(listener.get("type"), element, name)
            if kind is None or not event:
                reading.problems.error(
                    "LISTENER_INCOMPLETE",
                    "Attributes 'eventType' and 'type' must be present and not empty",
                    element,
                    part=name,
                )
                continue
            if event not in events:
                reading.problems.error(
                    "LISTENER_EVENT",
                    f"a listener on '{event}' is not run; use {', '.join(events)}",
                    element,
                    part=name,
                )
                continue
            retries = reading.texts.value(listener.get("retries"), element, name) or "3"
            found.append(Listener(event=event, type=kind, retries=retries))
    _refuse_doubled(found, name, element, reading)
    return tuple(found)


def _refuse_doubled(found: list[Listener], name: str, element: Element, reading: Reading) -> None:
    texts = Counter((one.event, one.type if isinstance(one.type, str) else one.type.text) for one in found)
    for (event, kind), count in texts.items():
        if count > 1:
            reading.problems.error(
                "LISTENER_DOUBLED",
                f"Found {count} duplicates based on eventType '{event}' and type '{kind}';"
                " these combinations should be unique",
                element,
                part=name,
            )


def _refuse_where_there_are_none(element: Element, reading: Reading) -> None:
    """Camunda's list of elements whose processing leaves no room for a listener."""
    kind, event = element.type, element.event.type
    refused: dict[str, str] = {}
    if kind is ElementType.START_EVENT:
        refused["start"] = "put it on the process or subprocess"
    elif kind is ElementType.BOUNDARY_EVENT:
        refused["start"] = "put it on the activity"
        if event is EventType.COMPENSATION:
            refused["start"] = refused["end"] = "put it on the compensation handler"
    elif kind.is_gateway:
        refused["end"] = "put a start listener on the element behind the gateway"
    elif kind is ElementType.END_EVENT and event is EventType.ERROR:
        refused["end"] = "put it on the event that catches the error"
    given = {"start": element.start_listeners, "end": element.end_listeners}
    for moment, hint in refused.items():
        if given[moment]:
            what = kind.value.lower().replace("_", " ")
            reading.problems.error(
                "LISTENER_PLACE",
                f"Execution listeners of type '{moment}' are not supported by this {what}",
                element,
                part="executionListener",
                hint=hint,
            )
