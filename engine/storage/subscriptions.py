"""Open subscriptions to messages and signals, of instances and of start events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select

from ..model import MessageSubscription
from .link import Link, as_dict
from .schema import message_subscription, signal_subscription


@dataclass(frozen=True, kw_only=True)
class SignalSubscription:
    """Without a process instance: a signal start event."""

    key: int
    signal_name: str
    element_id: str
    element_instance_key: int | None
    process_instance_key: int | None
    root_process_instance_key: int | None
    definition_key: int
    process_id: str
    interrupting: bool
    created_at: datetime


class Subscriptions:
    def __init__(self, link: Link) -> None:
        self._link = link

    def messages(self, name: str, correlation_key: str) -> list[MessageSubscription]:
        """Those of running instances, the oldest first."""
        table = message_subscription
        query = select(table).where(
            table.c.message_name == name,
            table.c.correlation_key == correlation_key,
            table.c.process_instance_key.is_not(None),
        )
        return [_message(row) for row in self._link.rows(query.order_by(table.c.key))]

    def message_starts(self, name: str) -> list[MessageSubscription]:
        """Those of message start events."""
        table = message_subscription
        query = select(table).where(table.c.message_name == name, table.c.process_instance_key.is_(None))
        return [_message(row) for row in self._link.rows(query.order_by(table.c.key))]

    def message_starts_of(self, process_id: str) -> list[MessageSubscription]:
        """Those of the message start events of one process."""
        table = message_subscription
        query = select(table).where(table.c.process_id == process_id, table.c.process_instance_key.is_(None))
        return [_message(row) for row in self._link.rows(query.order_by(table.c.key))]

    def message(self, key: int) -> MessageSubscription | None:
        """None when it is closed."""
        row = self._link.row(select(message_subscription).where(message_subscription.c.key == key))
        return None if row is None else _message(row)

    def signals(self, name: str) -> list[SignalSubscription]:
        """Of running instances and of start events, the oldest first."""
        table = signal_subscription
        rows = self._link.rows(select(table).where(table.c.signal_name == name).order_by(table.c.key))
        return [SignalSubscription(**as_dict(row)) for row in rows]

    def signal(self, key: int) -> SignalSubscription | None:
        """None when it is closed."""
        row = self._link.row(select(signal_subscription).where(signal_subscription.c.key == key))
        return None if row is None else SignalSubscription(**as_dict(row))

    def of_instance(self, process_instance_key: int) -> tuple[MessageSubscription, ...]:
        table = message_subscription
        query = select(table).where(table.c.process_instance_key == process_instance_key)
        return tuple(_message(row) for row in self._link.rows(query.order_by(table.c.key)))

    def open_message(self, subscription: MessageSubscription) -> None:
        """For start events; those of instances come with `write_changes`."""
        self._link.insert(message_subscription, [vars(subscription)])

    def open_signal(self, subscription: SignalSubscription) -> None:
        """For start events; those of instances come with `write_changes`."""
        self._link.insert(signal_subscription, [vars(subscription)])

    def close_starts(self, process_id: str) -> None:
        """Close the subscriptions of the start events of every version of a process."""
        for table in (message_subscription, signal_subscription):
            self._link.execute(
                delete(table).where(table.c.process_id == process_id, table.c.process_instance_key.is_(None))
            )


def _message(row: Row[Any]) -> MessageSubscription:
    return MessageSubscription(**as_dict(row))
