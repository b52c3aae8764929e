"""Reads what an event catches or throws."""

from __future__ import annotations

from engine.bpmn.model import (
    NONE_EVENT,
    Element,
    ElementType,
    EventDefinition,
    EventType,
    TimerDefinition,
    TimerKind,
    Value,
)
from engine.bpmn.namespaces import (
    BPMN,
    CAMUNDA,
    ZEEBE,
    bpmn_child,
    bpmn_children,
    camunda,
    extension,
    reference,
)
from engine.bpmn.problem_list import XmlPlace
from engine.bpmn.reading import Reading
from engine.bpmn.texts import text_list
from engine.xml_source import XmlElement, children, local_name, namespace, text_of

_TYPES = {
    "messageEventDefinition": EventType.MESSAGE,
    "timerEventDefinition": EventType.TIMER,
    "signalEventDefinition": EventType.SIGNAL,
    "errorEventDefinition": EventType.ERROR,
    "escalationEventDefinition": EventType.ESCALATION,
    "compensateEventDefinition": EventType.COMPENSATION,
    "conditionalEventDefinition": EventType.CONDITIONAL,
    "linkEventDefinition": EventType.LINK,
    "terminateEventDefinition": EventType.TERMINATE,
    "cancelEventDefinition": EventType.CANCEL,
}
_THROWING = (ElementType.END_EVENT, ElementType.INTERMEDIATE_THROW_EVENT)
_TIMERS = {
    "timeDate": TimerKind.DATE,
    "timeDuration": TimerKind.DURATION,
    "timeCycle": TimerKind.CYCLE,
}


def event_definition_nodes(xml: XmlElement, reading: Reading) -> list[XmlElement]:
    """The event definitions of an event, those it refers to included."""
    found = [c for c in children(xml) if namespace(c) == BPMN and local_name(c).endswith("EventDefinition")]
    for ref in bpmn_children(xml, "eventDefinitionRef"):
        referred = reading.event_definitions.get(reference(text_of(ref)))
        if referred is None:
            reading.problems.error(
                "REFERENCE_UNKNOWN",
                f"refers to an event definition '{text_of(ref).strip()}' that does not exist",
                XmlPlace(ref, XmlPlace(xml)),
            )
        else:
            found.append(referred)
    return found


def read_event(xml: XmlElement, element: Element, reading: Reading) -> EventDefinition:
    nodes = event_definition_nodes(xml, reading)
    if not nodes:
        return NONE_EVENT
    if len(nodes) > 1:
        reading.problems.error(
            "SEVERAL_EVENT_DEFINITIONS",
            "Must have exactly one event definition",
            element,
            hint=f"it has {len(nodes)}; draw one event for each",
        )
    node = nodes[0]
    kind = _TYPES.get(local_name(node))
    if kind is None:
        reading.problems.error(
            "EVENT_NOT_SUPPORTED",
            f"the engine does not know the event definition '{local_name(node)}'",
            element,
        )
        return NONE_EVENT
    return _definition(kind, node, xml, element, reading)


def message_of(xml: XmlElement, element: Element, reading: Reading) -> EventDefinition:
    """The message that a receive or send task names in `messageRef`."""
    return _message(xml, xml, element, reading)


def _definition(
    kind: EventType, node: XmlElement, xml: XmlElement, element: Element, reading: Reading
) -> EventDefinition:
    texts, problems = reading.texts, reading.problems
    match kind:
        case EventType.MESSAGE:
            return _message(node, xml, element, reading)
        case EventType.TIMER:
            return EventDefinition(type=kind, timer=_timer(node, element, reading))
        case EventType.SIGNAL:
            return EventDefinition(type=kind, name=_named("signal", node, element, reading))
        case EventType.ERROR | EventType.ESCALATION:
            return EventDefinition(type=kind, code=_code(kind.value, node, element, reading))
        case EventType.CONDITIONAL:
            condition = bpmn_child(node, "condition")
            compiled = texts.expression(text_of(condition), element, "condition")
            if compiled is None and not text_of(condition).strip():
                problems.error("CONDITION_MISSING", "Must have a condition", element)
            filters = extension(node, ZEEBE, "conditionalFilter")
            names = filters.get("variableNames") if filters is not None else camunda(node, "variableName")
            events = filters.get("variableEvents") if filters is not None else camunda(node, "variableEvents")
            return EventDefinition(
                type=kind,
                condition=compiled,
                condition_variables=frozenset(text_list(names)),
                condition_events=frozenset(text_list(events)),
            )
        case EventType.LINK:
            name = (node.get("name") or "").strip()
            if not name:
                problems.error("LINK_WITHOUT_NAME", "Link name must be present and not empty.", element)
            return EventDefinition(type=kind, link=name)
        case EventType.COMPENSATION:
            return EventDefinition(
                type=kind,
                activity_ref=reference(node.get("activityRef")),
                wait_for_completion=node.get("waitForCompletion", "true") != "false",
            )
        case _:
            return EventDefinition(type=kind)


def _message(node: XmlElement, xml: XmlElement, element: Element, reading: Reading) -> EventDefinition:
    """`node` carries the reference; the extensions stand on `xml`, the event or task."""
    texts, problems = reading.texts, reading.problems
    throwing = element.type in _THROWING or element.type is ElementType.SEND_TASK
    publish = extension(xml, ZEEBE, "publishMessage")
    ref = reference(node.get("messageRef"))
    message = reading.definition("message", ref)
    if message is None:
        if ref:
            problems.error(
                "REFERENCE_UNKNOWN",
                f"refers to a message '{ref}' that does not exist",
                element,
                part="messageRef",
            )
        elif not throwing:
            problems.error(
                "MESSAGE_MISSING",
                "Must reference a message",
                element,
                hint="choose or create a message in the properties panel",
            )
        return EventDefinition(type=EventType.MESSAGE)
    at = XmlPlace(message)
    name = texts.value(message.get("name"), at, "name")
    if name is None and not (message.get("name") or "").strip():
        problems.error("MESSAGE_WITHOUT_NAME", "Name must be present and not empty", at)
    if throwing and publish is not None:
        return EventDefinition(
            type=EventType.MESSAGE,
            name=name,
            correlation_key=texts.value(publish.get("correlationKey"), element, "publishMessage"),
            message_id=texts.value(publish.get("messageId"), element, "publishMessage"),
            time_to_live=texts.value(publish.get("timeToLive"), element, "publishMessage"),
        )
    key = None if throwing else _correlation_key(message, reading)
    return EventDefinition(type=EventType.MESSAGE, name=name, correlation_key=key)


def _correlation_key(message: XmlElement, reading: Reading) -> Value | None:
    subscription = extension(message, ZEEBE, "subscription")
    if subscription is not None:
        return reading.texts.expression(subscription.get("correlationKey"), XmlPlace(message), "subscription")
    return "" if reading.is_camunda_7 else None


def _timer(node: XmlElement, element: Element, reading: Reading) -> TimerDefinition | None:
    found = [c for c in bpmn_children(node, *_TIMERS)]
    if len(found) != 1 or not text_of(found[0]).strip():
        reading.problems.error(
            "TIMER_INCOMPLETE",
            "Must be exactly one type of timer: timeDuration, timeDate or timeCycle",
            element,
            hint="" if found else "give it a date, a duration or a cycle",
        )
        if not found:
            return None
    value = reading.texts.value(text_of(found[0]), element, local_name(found[0]))
    return TimerDefinition(kind=_TIMERS[local_name(found[0])], value=value) if value is not None else None


def _named(kind: str, node: XmlElement, element: Element, reading: Reading) -> Value | None:
    ref = reference(node.get(f"{kind}Ref"))
    found = reading.definition(kind, ref)
    if found is None:
        if ref:
            reading.problems.error(
                "REFERENCE_UNKNOWN",
                f"refers to a {kind} '{ref}' that does not exist",
                element,
                part=f"{kind}Ref",
            )
        else:
            reading.problems.error("REFERENCE_MISSING", f"Must reference a {kind}", element)
        return None
    at = XmlPlace(found)
    if not (found.get("name") or "").strip():
        reading.problems.error("NAME_MISSING", "Name must be present and not empty", at)
    return reading.texts.value(found.get("name"), at, "name")


def _code(kind: str, node: XmlElement, element: Element, reading: Reading) -> Value | None:
    """The code of an error or escalation; None means every code (for catching) or a missing one."""
    ref = reference(node.get(f"{kind}Ref"))
    throwing = element.type in _THROWING
    found = reading.definition(kind, ref)
    if found is None:
        if ref:
            reading.problems.error(
                "REFERENCE_UNKNOWN",
                f"refers to an {kind} '{ref}' that does not exist",
                element,
                part=f"{kind}Ref",
            )
        elif throwing:
            reading.problems.error("REFERENCE_MISSING", f"Must reference an {kind}", element)
        return None
    for name in ("errorCodeVariable", "errorMessageVariable", "escalationCodeVariable"):
        if node.get(f"{{{CAMUNDA}}}{name}"):
            reading.problems.error(
                "CAMUNDA_7_NO_EQUIVALENT",
                f"camunda:{name} has no equivalent; the engine gives no variable with the code",
                element,
            )
    code = (found.get(f"{kind}Code") or "").strip()
    at = XmlPlace(found)
    if not code and throwing:
        reading.problems.error(
            "CODE_MISSING", f"{kind.capitalize()}Code must be present and not empty", element
        )
    if code.startswith("=") and not throwing:
        reading.problems.error(
            "CODE_NOT_STATIC",
            f"the {kind} code that an event catches must be a static text, not '{code}'",
            element,
        )
    return reading.texts.value(code, at, f"{kind}Code")
