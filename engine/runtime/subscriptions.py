"""What a live element waits for: timers, messages, signals and conditions of its catching events.

An element instance's `data["subs"]` maps the id of each event it waits for to what is needed to close it:
`{"t": timer key, ...}`, `{"m": subscription key}`, `{"s": subscription key, "name": signal}`, `{"c": true}`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..bpmn.model import Element, ElementType, EventType
from . import conditions, timers
from .changes import MessageSubscriptionOpened, SignalSubscriptionOpened, TimerOpened
from .expressions import text
from .instance import Instance
from .messages import correlation_key_text
from .records import LiveElement

Opener = Callable[[], tuple[str, dict[str, Any]]]

_SUBS = "subs"
_WAITING = frozenset({EventType.TIMER, EventType.MESSAGE, EventType.SIGNAL, EventType.CONDITIONAL})


def is_waited_for(event: Element) -> bool:
    """Whether this catching event needs a subscription; errors and the like find their catcher by search."""
    return event.event.type in _WAITING


def catching_events(element: Element, record_type: ElementType) -> list[Element]:
    """The events that an active instance of the element catches: on its border, at the start of the event
    subprocesses in it, behind it where it is an event-based gateway, its own last.

    `record_type` is that of the record: the border of an activity that repeats belongs to its body.
    """
    if record_type is ElementType.AD_HOC_SUB_PROCESS_INNER_INSTANCE:
        return []
    if record_type is ElementType.MULTI_INSTANCE_BODY:
        return list(element.boundaries)
    repeats = element.multi_instance is not None or element.standard_loop is not None
    events = [] if repeats else list(element.boundaries)
    for sub_process in element.event_sub_processes:
        events += sub_process.start_events
    if element.type is ElementType.EVENT_BASED_GATEWAY:
        events += [flow.target for flow in element.outgoing]
    if _waits_for_itself(element):
        events.append(element)
    return events


def awaited_events(element: Element, record_type: ElementType) -> list[Element]:
    """Those of the catching events that an active instance waits for."""
    return [event for event in catching_events(element, record_type) if is_waited_for(event)]


def _waits_for_itself(element: Element) -> bool:
    if element.type is ElementType.RECEIVE_TASK:
        return element.event.type is EventType.MESSAGE
    return element.type is ElementType.INTERMEDIATE_CATCH_EVENT


def open_subscriptions(instance: Instance, waiting: LiveElement, events: Iterable[Element]) -> None:
    """Wait for `events`. Everything is evaluated first: a Failure leaves nothing half open.

    All is evaluated as `waiting` sees it, but the correlation key of a boundary event as the scope around it.
    """
    open_all(instance, waiting, [prepared(instance, waiting, event) for event in events])


def open_all(instance: Instance, waiting: LiveElement, openers: Iterable[Opener]) -> None:
    """Wait for what was prepared."""
    opened = dict(open_one() for open_one in openers)
    if opened:
        waiting.data.setdefault(_SUBS, {}).update(opened)
        instance.change(waiting)


def close_subscriptions(
    instance: Instance, waiting: LiveElement, only: Callable[[Element], bool] | None = None
) -> None:
    """Wait no longer, for all events or for those that `only` answers True for."""
    subs: dict[str, Any] = waiting.data.get(_SUBS, {})
    for event_id in list(subs):
        if only is None or only(instance.model.elements[event_id]):
            _close(instance, subs.pop(event_id))
    if not subs:
        waiting.data.pop(_SUBS, None)
    instance.change(waiting)


def subscriptions_of(waiting: LiveElement) -> dict[str, dict[str, Any]]:
    """Event id -> what is needed to close it."""
    subs: dict[str, dict[str, Any]] = waiting.data.get(_SUBS, {})
    return subs


def waits_for(waiting: LiveElement, event_id: str) -> bool:
    return event_id in waiting.data.get(_SUBS, ())


def has_subscriptions(waiting: LiveElement) -> bool:
    return _SUBS in waiting.data


def waits_for_conditions(waiting: LiveElement) -> list[str]:
    """The ids of the conditional events that the element instance waits for."""
    return [event_id for event_id, data in waiting.data.get(_SUBS, {}).items() if "c" in data]


def waits_for_signal(waiting: LiveElement, name: str) -> list[str]:
    """The ids of the events of the element instance that this signal would trigger, boundaries last."""
    subs = waiting.data.get(_SUBS, {})
    found = [event_id for event_id, data in subs.items() if "s" in data and data["name"] == name]
    return found[::-1]


def renew_after_trigger(instance: Instance, waiting: LiveElement, event: Element) -> None:
    """A non-interrupting event has fired: a cycle opens its next timer, a timer that is used up closes.

    Messages, signals and conditions stay as they are.
    """
    subs = waiting.data[_SUBS]
    data = subs[event.id]
    if "t" not in data:
        return
    _close(instance, data)
    following = timers.next_schedule(timers.from_data(data))
    if following is None:
        del subs[event.id]
        if not subs:
            del waiting.data[_SUBS]
    else:
        subs[event.id] = _open_timer(instance, waiting, event, following)
    instance.change(waiting)


def prepared(instance: Instance, waiting: LiveElement, event: Element) -> Opener:
    """Evaluate what it takes to wait for an event; raises Failure. Calling the answer opens it."""
    step, now = instance.step, instance.step.now()
    record = instance.record
    seen = instance.visible(waiting)
    definition = event.event
    match definition.type:
        case EventType.TIMER:
            assert definition.timer is not None
            due = timers.schedule(definition.timer, seen, now)
            return lambda: (event.id, _open_timer(instance, waiting, event, due))
        case EventType.MESSAGE:
            name = text(definition.name or "", seen, now)
            around = event.type is ElementType.BOUNDARY_EVENT and waiting.scope_key is not None
            key_scope = instance.elements[waiting.scope_key or 0] if around else waiting
            correlation_key = correlation_key_text(
                definition.correlation_key or "", instance.visible(key_scope), now
            )

            def open_message() -> tuple[str, dict[str, Any]]:
                key = step.new_key()
                step.ledger.message_subscription_opened(
                    MessageSubscriptionOpened(
                        key=key,
                        message_name=name,
                        correlation_key=correlation_key,
                        element_id=event.id,
                        element_instance_key=waiting.key,
                        process_instance_key=record.key,
                        root_process_instance_key=record.root_key,
                        definition_key=record.definition_key,
                        process_id=instance.deployed.process_id,
                        interrupting=event.interrupting,
                        created_at=now,
                    )
                )
                return event.id, {"m": key}

            return open_message
        case EventType.SIGNAL:
            signal = text(definition.name or "", seen, now)

            def open_signal() -> tuple[str, dict[str, Any]]:
                key = step.new_key()
                step.ledger.signal_subscription_opened(
                    SignalSubscriptionOpened(
                        key=key,
                        signal_name=signal,
                        element_id=event.id,
                        element_instance_key=waiting.key,
                        process_instance_key=record.key,
                        root_process_instance_key=record.root_key,
                        definition_key=record.definition_key,
                        interrupting=event.interrupting,
                        created_at=now,
                    )
                )
                return event.id, {"s": key, "name": signal}

            return open_signal
        case _:
            conditions.holds(instance, waiting, event)  # one that fails is an incident now, not later
            return lambda: (event.id, {"c": True})


def _open_timer(
    instance: Instance, waiting: LiveElement, event: Element, due: timers.Schedule
) -> dict[str, Any]:
    key = instance.step.new_key()
    record = instance.record
    instance.step.ledger.timer_opened(
        TimerOpened(
            key=key,
            due_at=due.due_at,
            repetitions=due.repetitions,
            element_id=event.id,
            element_instance_key=waiting.key,
            process_instance_key=record.key,
            root_process_instance_key=record.root_key,
            definition_key=record.definition_key,
        )
    )
    return {"t": key, **timers.to_data(due)}


def _close(instance: Instance, data: dict[str, Any]) -> None:
    ledger = instance.step.ledger
    if "t" in data:
        ledger.timer_closed(data["t"])
    elif "m" in data:
        ledger.message_subscription_closed(data["m"])
    elif "s" in data:
        ledger.signal_subscription_closed(data["s"])
