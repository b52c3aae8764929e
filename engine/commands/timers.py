"""Firing timers: of waiting elements, and of start events."""

from __future__ import annotations

from dataclasses import dataclass

from ..bpmn.model import EventType
from ..model import SYSTEM, InstanceState, Timer
from ..runtime.timers import Schedule, at_due_time, next_schedule, schedule
from .advance import Step, start
from .command import Command, CommandContext


@dataclass(frozen=True, kw_only=True)
class FireTimer(Command[bool]):
    """Fire a timer that is due. False: it is gone, another node has it, or it was put off."""

    timer: Timer

    def run(self, context: CommandContext) -> bool:
        instance_key = self.timer.process_instance_key
        if instance_key is not None:
            instance = context.uow.instances.try_lock(instance_key)
            if instance is None or instance.state is InstanceState.SUSPENDED:
                return False
        timer = context.uow.timers.lock(self.timer.key)
        if timer is None or timer.due_at > context.now:
            return False
        if timer.process_instance_key is None or timer.element_instance_key is None:
            _fire_start(context, timer)
        else:
            _fire_waiting(context, timer, timer.element_instance_key)
        return True


def _fire_waiting(context: CommandContext, timer: Timer, element_instance_key: int) -> None:
    step = Step(context)
    if not step.runtime.trigger(element_instance_key, timer.element_id, {}):
        context.uow.timers.close([timer.key])
    step.advance()
    context.audit("fire-timer", "timer", timer.key, timer.process_instance_key, elementId=timer.element_id)


def _fire_start(context: CommandContext, timer: Timer) -> None:
    key = start(context, timer.definition_key, {}, start_event_id=timer.element_id, actor=SYSTEM)
    context.audit("fire-timer", "timer", timer.key, key, elementId=timer.element_id)
    following = next_schedule(_schedule_of(context, timer))
    if following is None:
        context.uow.timers.close([timer.key])
    else:
        context.uow.timers.reschedule(timer.key, due_at=following.due_at, repetitions=following.repetitions)


def _schedule_of(context: CommandContext, timer: Timer) -> Schedule:
    """The whole schedule of a start timer, whose row keeps only the due time and the count."""
    deployed = context.uow.definitions.process(timer.definition_key)
    element = context.definitions.model(timer.definition_key).elements[timer.element_id]
    assert element.event.timer is not None
    first = schedule(element.event.timer, {}, deployed.deployed_at)
    return at_due_time(first, timer.due_at, timer.repetitions)


def open_start_timers(context: CommandContext, definition_key: int) -> None:
    """The timers of the start events of a newly deployed process."""
    for element in context.definitions.model(definition_key).root.start_events:
        if element.event.type is not EventType.TIMER or element.event.timer is None:
            continue
        first = schedule(element.event.timer, {}, context.now)
        context.uow.timers.open_start(
            Timer(
                key=context.uow.keys.next(),
                due_at=first.due_at,
                repetitions=first.repetitions,
                element_id=element.id,
                element_instance_key=None,
                process_instance_key=None,
                definition_key=definition_key,
            )
        )
        context.uow.notify("timers")
