"""Rules of events: what they may be, what they may be connected to, and what must not be doubled."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.bpmn.cron import CronSchedule
from engine.bpmn.model import Element, ElementType, EventType, ProcessModel, TimerDefinition, TimerKind
from engine.bpmn.problem_list import ProblemList

_CATCHES = {EventType.MESSAGE, EventType.TIMER, EventType.SIGNAL, EventType.LINK, EventType.CONDITIONAL}
_THROWS = {
    EventType.NONE,
    EventType.MESSAGE,
    EventType.SIGNAL,
    EventType.ESCALATION,
    EventType.COMPENSATION,
    EventType.LINK,
}
_ENDS = {
    EventType.NONE,
    EventType.MESSAGE,
    EventType.SIGNAL,
    EventType.ERROR,
    EventType.ESCALATION,
    EventType.COMPENSATION,
    EventType.TERMINATE,
    EventType.CANCEL,
}
_THROWING = (ElementType.INTERMEDIATE_THROW_EVENT, ElementType.END_EVENT)
_BOUNDARIES = {
    EventType.MESSAGE,
    EventType.TIMER,
    EventType.SIGNAL,
    EventType.ERROR,
    EventType.ESCALATION,
    EventType.COMPENSATION,
    EventType.CONDITIONAL,
    EventType.CANCEL,
}

_DURATION = re.compile(r"[-+]?P(?!$)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[-+]\d\d:?\d\d)?(\[[\w/+-]+\])?)?")
_FORMS = {
    TimerKind.DATE: "a date and time such as 2026-01-31T09:00:00+08:00",
    TimerKind.DURATION: "a duration such as P3D or PT15M",
    TimerKind.CYCLE: "a cycle such as R3/PT1H, R/2026-01-01T00:00:00Z/P1M or a cron text with six fields",
}


def check_events(model: ProcessModel, problems: ProblemList) -> None:
    for element in model.elements.values():
        if element.type.is_event:
            _check_kind(element, problems)
            _check_flows(element, problems)
            if element.event.timer is not None:
                _check_timer(element, element.event.timer, problems)
        if element.event.type is EventType.MESSAGE:
            _check_message(element, problems)
        if element.type.is_container:
            _check_links(element, problems)
            _check_doubled(_starts(element), problems)
        if element.boundaries:
            _check_doubled(element.boundaries, problems)
            _check_compensation_boundaries(element, problems)


def _check_kind(element: Element, problems: ProblemList) -> None:
    kind = element.event.type
    match element.type:
        case ElementType.INTERMEDIATE_CATCH_EVENT if kind is EventType.NONE:
            problems.error("EVENT_DEFINITION_MISSING", "Must have exactly one event definition", element)
        case ElementType.INTERMEDIATE_CATCH_EVENT if kind not in _CATCHES:
            _wrong(element, "Event definition must be one of", _CATCHES, problems)
        case ElementType.INTERMEDIATE_THROW_EVENT if kind not in _THROWS:
            _wrong(element, "Event definition must be one of", _THROWS, problems)
        case ElementType.END_EVENT if kind not in _ENDS:
            _wrong(element, "End events must be one of", _ENDS, problems)
        case ElementType.BOUNDARY_EVENT:
            _check_boundary(element, problems)
        case _:
            pass
    if kind is EventType.CANCEL and element.type is ElementType.END_EVENT:
        parent = element.parent
        if parent is None or parent.type is not ElementType.TRANSACTION:
            problems.error(
                "CANCEL_OUTSIDE", "A cancel end event must stand directly in a transaction", element
            )
    if kind is EventType.COMPENSATION and element.type in _THROWING:
        _check_waiting(element, problems)
    if kind is EventType.COMPENSATION and element.event.activity_ref:
        _check_activity_ref(element, problems)


def _wrong(element: Element, what: str, allowed: Iterable[EventType], problems: ProblemList) -> None:
    names = ", ".join(kind.value for kind in EventType if kind in allowed)
    problems.error("EVENT_TYPE", f"{what}: {names}; it is {element.event.type}", element)


def _check_waiting(element: Element, problems: ProblemList) -> None:
    if not element.event.wait_for_completion:
        what = "end" if element.type is ElementType.END_EVENT else "intermediate throwing"
        problems.error(
            "COMPENSATION_WAITS",
            f"A compensation {what} event waitForCompletion attribute must be true or not present",
            element,
            hint="the event waits for its handlers; let a parallel branch throw it to go on beside them",
        )


def _check_boundary(element: Element, problems: ProblemList) -> None:
    kind = element.event.type
    if kind not in _BOUNDARIES and kind is not EventType.NONE:
        _wrong(element, "Boundary events must be one of", _BOUNDARIES, problems)
    if element.incoming:
        problems.error("BOUNDARY_INCOMING", "Cannot have incoming sequence flows", element)
    if kind is EventType.ERROR and not element.interrupting:
        problems.error("ERROR_INTERRUPTS", "Error boundary events must be interrupting", element)
    if kind is EventType.CANCEL:
        if not element.interrupting:
            problems.error("CANCEL_INTERRUPTS", "Cancel boundary events must be interrupting", element)
        host = element.attached_to
        if host is not None and host.type is not ElementType.TRANSACTION:
            problems.error("CANCEL_OUTSIDE", "A cancel boundary event must sit on a transaction", element)


def _check_flows(element: Element, problems: ProblemList) -> None:
    if element.type is ElementType.END_EVENT and element.outgoing:
        problems.error(
            "END_EVENT_OUTGOING",
            "End events must not have outgoing sequence flows to other elements.",
            element,
        )
    if element.type is ElementType.START_EVENT and element.incoming:
        problems.error("START_EVENT_INCOMING", "Start events must not have incoming sequence flows", element)
    if element.event.type is EventType.LINK:
        if element.type is ElementType.INTERMEDIATE_CATCH_EVENT and element.incoming:
            problems.error("LINK_FLOW", "A link catch event must not have incoming sequence flows", element)
        if element.type is ElementType.INTERMEDIATE_THROW_EVENT and element.outgoing:
            problems.error("LINK_FLOW", "A link throw event must not have outgoing sequence flows", element)
    if element.type.is_event and element.type is not ElementType.END_EVENT:
        for flow in element.outgoing:
            if flow.condition is not None:
                problems.warning(
                    "CONDITION_IGNORED", "the condition is ignored: the flow leaves an event", flow
                )


def _check_message(element: Element, problems: ProblemList) -> None:
    event = element.event
    if event.name is None:
        return
    match element.type:
        case ElementType.INTERMEDIATE_THROW_EVENT | ElementType.END_EVENT | ElementType.SEND_TASK:
            return  # activities: a job or zeebe:publishMessage
        case ElementType.START_EVENT if element.parent and element.parent.type is ElementType.PROCESS:
            return
        case _ if event.correlation_key is None and not problems.has(element, "subscription"):
            problems.error(
                "CORRELATION_KEY_MISSING",
                "Must have exactly one zeebe:subscription extension element",
                element,
                hint="give the message a correlation key, e.g. '=orderId'",
            )
        case _:
            pass


def _check_links(container: Element, problems: ProblemList) -> None:
    catches: dict[str, Element] = {}
    for child in container.children:
        if child.event.type is not EventType.LINK or child.type is not ElementType.INTERMEDIATE_CATCH_EVENT:
            continue
        name = child.event.link
        if name in catches:
            problems.error(
                "LINK_DOUBLED",
                "Multiple intermediate catch link event definitions with the same name "
                f"'{name}' are not allowed.",
                child,
            )
        catches.setdefault(name, child)
    thrown: set[str] = set()
    for child in container.children:
        if child.event.type is not EventType.LINK or child.type is not ElementType.INTERMEDIATE_THROW_EVENT:
            continue
        name = child.event.link
        thrown.add(name)
        if name and name not in catches:
            problems.error(
                "LINK_WITHOUT_CATCH",
                f"Can't find an catch link event for the throw link event with the name '{name}'.",
                child,
            )
    for name, catch in catches.items():
        if name and name not in thrown:
            problems.warning("LINK_WITHOUT_THROW", f"no link event throws to the name '{name}'", catch)


def _starts(container: Element) -> list[Element]:
    """The events that wait while the container runs, or that start the process."""
    if container.type is ElementType.PROCESS:
        return container.start_events
    return [s for event_process in container.event_sub_processes for s in event_process.start_events]


def _check_doubled(events: list[Element], problems: ProblemList) -> None:
    seen: set[tuple[EventType, object]] = set()
    for element in events:
        event = element.event
        match event.type:
            case EventType.MESSAGE | EventType.SIGNAL if isinstance(event.name, str):
                mark: object = event.name
            case EventType.ERROR | EventType.ESCALATION:
                mark = event.code
            case _:
                continue
        if (event.type, mark) in seen:
            what = f"'{mark}'" if mark else "no code"
            kind = f"{event.type}Code" if event.type in (EventType.ERROR, EventType.ESCALATION) else "name"
            problems.error(
                "EVENT_DOUBLED",
                f"Multiple {event.type} event definitions with the same {kind} {what} are not allowed.",
                element,
            )
        seen.add((event.type, mark))


def _check_compensation_boundaries(host: Element, problems: ProblemList) -> None:
    found = [b for b in host.boundaries if b.event.type is EventType.COMPENSATION]
    for extra in found[1:]:
        problems.error(
            "COMPENSATION_DOUBLED", "Cannot have more than one boundary event of type compensation", extra
        )
    for boundary in found:
        if boundary.outgoing:
            problems.error(
                "COMPENSATION_FLOW",
                "A compensation boundary event leads to its handler by an association, not by a flow",
                boundary,
            )
        elif boundary.handler is None and not problems.has(boundary):
            problems.error(
                "COMPENSATION_HANDLER_MISSING",
                "Must have at least one outgoing sequence flow or association",
                boundary,
                hint="draw an association to the activity that compensates",
            )


def _check_activity_ref(element: Element, problems: ProblemList) -> None:
    wanted = element.event.activity_ref
    for scope in element.ancestors():
        activity = next((child for child in scope.children if child.id == wanted), None)
        if activity is not None:
            _check_compensable(element, activity, problems)
            return
        if scope.type is not ElementType.EVENT_SUB_PROCESS:
            break
    problems.error(
        "COMPENSATION_ACTIVITY",
        f"the activity '{wanted}' to compensate does not stand in the same scope",
        element,
        part="activityRef",
    )


def _check_compensable(element: Element, activity: Element, problems: ProblemList) -> None:
    if activity.compensation_boundary is None and not activity.type.is_container:
        problems.warning(
            "COMPENSATION_NOTHING",
            f"the activity '{activity.id}' has no compensation handler: there is nothing to compensate",
            element,
            part="activityRef",
        )


def _check_timer(element: Element, timer: TimerDefinition, problems: ProblemList) -> None:
    value = timer.value
    if isinstance(value, str) and not _is_timer(timer.kind, value):
        problems.error(
            "TIMER_INVALID",
            f"Invalid timer {timer.kind} expression: '{value}' is not {_FORMS[timer.kind]}",
            element,
        )
    start = element.type is ElementType.START_EVENT
    catch = element.type is ElementType.INTERMEDIATE_CATCH_EVENT
    at_process = start and element.parent is not None and element.parent.parent is None
    interrupting = element.interrupting and (
        element.type is ElementType.BOUNDARY_EVENT or (start and not at_process)
    )
    if timer.kind is TimerKind.CYCLE and (catch or interrupting):
        what = "Intermediate timer catch" if catch else "Interrupting timer"
        problems.error("TIMER_CYCLE", f"{what} event with time cycle is not allowed.", element)
    if timer.kind is TimerKind.DURATION and at_process:
        problems.error("TIMER_START", "Timer start events of a process must be a date or a cycle", element)


def _is_timer(kind: TimerKind, text: str) -> bool:
    match kind:
        case TimerKind.DATE:
            return bool(_DATE.fullmatch(text)) and _is_moment(text)
        case TimerKind.DURATION:
            return bool(_DURATION.fullmatch(text))
        case TimerKind.CYCLE:
            return _is_cycle(text)


def _is_moment(text: str) -> bool:
    """Whether the calendar knows the date, and the world the zone."""
    moment, _, zone = text.removesuffix("]").partition("[")
    try:
        datetime.fromisoformat(moment)
        return not zone or bool(ZoneInfo(zone))
    except (ValueError, LookupError):
        return False


def _is_cycle(text: str) -> bool:
    if text.startswith("@") or len(text.split()) == 6:
        try:
            CronSchedule.parse(text)
        except ValueError:
            return False
        return True
    parts = text.split("/")
    if len(parts) not in (2, 3) or not re.fullmatch(r"R(-?\d+)?", parts[0]):
        return False
    if not _DURATION.fullmatch(parts[-1]) and not (len(parts) == 3 and _DURATION.fullmatch(parts[1])):
        return False
    return len(parts) == 2 or any(_DATE.fullmatch(part) or not part for part in parts[1:])
