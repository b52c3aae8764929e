"""Publishing messages: to those who wait, to start events, and kept for those who will wait.

A message reaches each process at most once. The order of locks is always: instances, then the message's
name and correlation key, so that a step and a publisher do not wait for each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ..errors import AlreadyExists, InvalidInput, NotFound
from ..handlers import OutgoingMessage
from ..identity import PUBLISH_MESSAGE
from ..model import Actor, InstanceState, MessageSubscription
from ..storage import Message
from .advance import Step, start
from .command import Command, CommandContext
from .values import checked_variables


class MessageNotCorrelated(NotFound):
    noun = "subscription or start event for the message"


@dataclass(frozen=True)
class Published:
    """`instances` are those that the message reached, new ones included."""

    key: int
    instances: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class PublishMessage(Command[int]):
    name: str
    correlation_key: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)
    time_to_live: timedelta = timedelta()
    message_id: str = ""

    def run(self, context: CommandContext) -> int:
        context.need(PUBLISH_MESSAGE, f"publish the message '{self.name}'")
        return _publish_and_audit(context, self._message()).key

    def _message(self) -> OutgoingMessage:
        if not self.name:
            raise InvalidInput("a message needs a name")
        return OutgoingMessage(
            name=self.name,
            correlation_key=self.correlation_key,
            variables=checked_variables(self.variables),
            time_to_live=self.time_to_live,
            message_id=self.message_id,
        )


@dataclass(frozen=True, kw_only=True)
class CorrelateMessage(PublishMessage):
    """Never kept: somebody takes it now, or nothing happens. Answers the key of the first instance."""

    def run(self, context: CommandContext) -> int:
        context.need(PUBLISH_MESSAGE, f"correlate the message '{self.name}'")
        published = _publish_and_audit(context, self._message())
        if not published.instances:
            raise MessageNotCorrelated(self.name, f"nothing waits with the key {self.correlation_key!r}")
        return published.instances[0]


@dataclass(frozen=True, kw_only=True)
class ExpireMessages(Command[int]):
    """Throw away what nobody took in time."""

    def run(self, context: CommandContext) -> int:
        return context.uow.messages.expire(context.now)


def _publish_and_audit(context: CommandContext, message: OutgoingMessage) -> Published:
    published = publish(context, message, context.actor)
    context.audit(
        "publish-message",
        "message",
        published.key,
        name=message.name,
        correlationKey=message.correlation_key,
        reached=[str(key) for key in published.instances],
    )
    return published


def publish(context: CommandContext, message: OutgoingMessage, actor: Actor) -> Published:
    """Give the message to every process that waits, once each; keep it while it lives."""
    waiting = _lock_waiting(context, message)
    key = _keep(context, message)
    reached: dict[str, int] = {}
    for subscription in waiting:
        if subscription.process_id not in reached and _deliver(context, subscription, message, actor):
            reached[subscription.process_id] = subscription.process_instance_key or 0
    for subscription in context.uow.subscriptions.message_starts(message.name):
        if subscription.process_id not in reached:
            started = _start(context, subscription, message.correlation_key, message.variables, actor)
            if started is not None:
                reached[subscription.process_id] = started
    if _is_kept(message):
        for process_id, instance in reached.items():
            context.uow.messages.correlate(key, process_id=process_id, process_instance_key=instance)
    return Published(key, tuple(reached.values()))


def start_next_buffered(context: CommandContext, ended_instance: int) -> None:
    """An instance that a message had started is over: the next kept message with its key may start one."""
    released = context.uow.messages.release_start(ended_instance)
    if released is None:
        return
    process_id, correlation_key = released
    for subscription in context.uow.subscriptions.message_starts_of(process_id):
        name = subscription.message_name
        context.uow.messages.lock(name, correlation_key)
        for message in context.uow.messages.kept(
            name, correlation_key, now=context.now, process_id=process_id
        )[:1]:
            started = _start(context, subscription, correlation_key, message.variables, context.actor)
            if started is not None:
                context.uow.messages.correlate(
                    message.key, process_id=process_id, process_instance_key=started
                )
                return


def _lock_waiting(context: CommandContext, message: OutgoingMessage) -> list[MessageSubscription]:
    """Lock whoever waits, then the message, then look again: who came in between is locked as well."""
    find = context.uow.subscriptions.messages
    locked = {s.process_instance_key for s in find(message.name, message.correlation_key)}
    for instance in sorted(key for key in locked if key is not None):
        context.uow.instances.lock(instance)
    context.uow.messages.lock(message.name, message.correlation_key)
    waiting = sorted(find(message.name, message.correlation_key), key=lambda s: s.key)
    for subscription in waiting:
        if subscription.process_instance_key is not None and subscription.process_instance_key not in locked:
            context.uow.instances.lock(subscription.process_instance_key)
    return waiting


def _keep(context: CommandContext, message: OutgoingMessage) -> int:
    key = context.uow.keys.next()
    if not _is_kept(message):
        return key
    kept = context.uow.messages.publish(
        Message(
            key=key,
            name=message.name,
            correlation_key=message.correlation_key,
            message_id=message.message_id,
            variables=message.variables,
            published_at=context.now,
            expires_at=context.now + message.time_to_live,
        )
    )
    if not kept:
        raise AlreadyExists(
            f"message '{message.name}' with id '{message.message_id}' was published before and still lives"
        )
    return key


def _is_kept(message: OutgoingMessage) -> bool:
    return message.time_to_live > timedelta()


def _deliver(
    context: CommandContext, subscription: MessageSubscription, message: OutgoingMessage, actor: Actor
) -> bool:
    instance, element = subscription.process_instance_key, subscription.element_instance_key
    if instance is None or element is None:
        return False
    if context.uow.instances.get(instance).state is not InstanceState.ACTIVE:
        return False
    step = Step(context, actor)
    if not step.runtime.trigger(element, subscription.element_id, message.variables):
        return False
    step.advance()
    context.audit(
        "receive-message",
        "element",
        subscription.element_id,
        instance,
        actor=actor,
        name=message.name,
        correlationKey=message.correlation_key,
        variables=sorted(message.variables),
    )
    return True


def _start(
    context: CommandContext,
    subscription: MessageSubscription,
    correlation_key: str,
    variables: Mapping[str, Any],
    actor: Actor,
) -> int | None:
    """Start an instance, unless one that this key had started is still running."""
    process_id, messages = subscription.process_id, context.uow.messages
    if correlation_key and messages.start_lock(process_id, correlation_key) is not None:
        return None
    key = start(
        context, subscription.definition_key, variables, start_event_id=subscription.element_id, actor=actor
    )
    context.audit(
        "start-process-instance",
        "process-instance",
        key,
        key,
        actor=actor,
        processId=process_id,
        message=subscription.message_name,
        variables=sorted(variables),
    )
    if correlation_key and key not in context.ended_instances:
        messages.hold_start(process_id, correlation_key, key)
    return key
