"""Broadcasting signals: to everybody who waits, and to every start event."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InvalidInput
from ..identity import PUBLISH_MESSAGE
from ..model import Actor, InstanceState
from .advance import Step, start
from .command import Command, CommandContext
from .values import checked_variables


@dataclass(frozen=True, kw_only=True)
class BroadcastSignal(Command[int]):
    name: str
    variables: Mapping[str, Any] = field(default_factory=dict)

    def run(self, context: CommandContext) -> int:
        context.need(PUBLISH_MESSAGE, f"broadcast the signal '{self.name}'")
        if not self.name:
            raise InvalidInput("a signal needs a name")
        key = context.uow.keys.next()
        reached = broadcast(context, self.name, checked_variables(self.variables), context.actor)
        context.audit("broadcast-signal", "signal", key, name=self.name, reached=[str(k) for k in reached])
        return key


def broadcast(
    context: CommandContext,
    name: str,
    variables: Mapping[str, Any],
    actor: Actor,
    reached_before: Collection[int] = (),
) -> tuple[int, ...]:
    """Answers the instances that the signal reached, new ones included. `reached_before` have had it."""
    find = context.uow.subscriptions.signals
    instances = {s.process_instance_key for s in find(name)}
    for waiting in sorted(key for key in instances if key is not None):
        context.uow.instances.lock(waiting)
    reached: list[int] = []
    for subscription in sorted(find(name), key=lambda s: s.key):
        instance, element = subscription.process_instance_key, subscription.element_instance_key
        if instance is None or element is None:
            event = subscription.element_id
            key = start(context, subscription.definition_key, variables, start_event_id=event, actor=actor)
            context.audit(
                "start-process-instance",
                "process-instance",
                key,
                key,
                actor=actor,
                processId=subscription.process_id,
                signal=name,
            )
            reached.append(key)
        elif instance in reached_before:
            continue
        elif context.uow.instances.lock(instance).state is InstanceState.ACTIVE:
            step = Step(context, actor)
            if step.runtime.trigger(element, subscription.element_id, variables):
                step.advance()
                context.audit(
                    "receive-signal", "element", subscription.element_id, instance, actor=actor, name=name
                )
                reached.append(instance)
    return tuple(reached)
