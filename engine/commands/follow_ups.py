"""What a step sends on: messages of handlers and signals of the model, in the same transaction."""

from __future__ import annotations

from contextlib import suppress

from ..errors import AlreadyExists, Conflict
from ..handlers import OutgoingMessage
from .command import CommandContext
from .messages import publish, start_next_buffered
from .signals import broadcast


def send_follow_ups(context: CommandContext) -> None:
    """Send until nothing is left: what is sent may wake instances that send again.

    A message whose id is known already was sent before, and is not sent twice.
    """
    sent = 0
    while context.follow_ups or context.ended_instances:
        sent += 1
        if sent > context.engine.limits.follow_ups:
            raise Conflict(
                f"one step sent more than {context.engine.limits.follow_ups} messages and signals;"
                " two processes may be waking each other without end"
            )
        if context.follow_ups:
            outgoing, actor = context.follow_ups.pop(0)
            if isinstance(outgoing, OutgoingMessage):
                with suppress(AlreadyExists):
                    publish(context, outgoing, actor)
            else:
                broadcast(context, outgoing.name, outgoing.variables, actor, outgoing.reached)
        else:
            start_next_buffered(context, context.ended_instances.pop(0))
