"""Published messages: kept for their time to live, each taken at most once by a process.

A message and the subscription it is for may come in at the same moment on two nodes. `lock` puts such
transactions in a row, so that the second one sees what the first one wrote.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, select

from .link import Link
from .schema import message as table
from .schema import message_correlation, message_start


@dataclass(frozen=True, kw_only=True)
class Message:
    """`message_id` is the publisher's: a second message with the same one (and name and correlation key)
    is not taken while the first is kept. `expires_at` is the time of publishing for one without a time to
    live."""

    key: int
    name: str
    correlation_key: str
    message_id: str
    variables: Mapping[str, Any]
    published_at: datetime
    expires_at: datetime


class Messages:
    def __init__(self, link: Link) -> None:
        self._link = link

    def lock(self, name: str, correlation_key: str) -> None:
        """Until the transaction ends, nobody else publishes or awaits this message.

        To be called before looking for subscriptions (publisher) or for kept messages (subscriber).
        SQLite has one writer anyway.
        """
        if self._link.is_postgres:
            digest = hashlib.sha256(f"message\0{name}\0{correlation_key}".encode()).digest()
            number = int.from_bytes(digest[:8], signed=True)
            self._link.execute(select(func.pg_advisory_xact_lock(number)))

    def publish(self, message: Message) -> bool:
        """Keep a message. False: one with its message id is kept already, and nothing was done."""
        return self._link.insert_new(table, vars(message))

    def get(self, key: int) -> Message | None:
        row = self._link.row(select(table).where(table.c.key == key))
        return None if row is None else _value(row)

    def kept(self, name: str, correlation_key: str, *, now: datetime, process_id: str) -> list[Message]:
        """Messages that still live and have not reached this process, oldest first."""
        reached = select(message_correlation.c.message_key).where(
            message_correlation.c.process_id == process_id
        )
        query = select(table).where(
            table.c.name == name,
            table.c.correlation_key == correlation_key,
            table.c.expires_at > now,
            table.c.key.not_in(reached),
        )
        return [_value(row) for row in self._link.rows(query.order_by(table.c.published_at, table.c.key))]

    def correlate(self, message_key: int, *, process_id: str, process_instance_key: int) -> None:
        """The message has reached this process; it will not do so again."""
        row = {
            "message_key": message_key,
            "process_id": process_id,
            "process_instance_key": process_instance_key,
        }
        self._link.insert(message_correlation, [row])

    def remove(self, key: int) -> None:
        """Forget a message, for one without a time to live."""
        self._link.delete(message_correlation, "message_key", [key])
        self._link.delete(table, "key", [key])

    def expire(self, now: datetime) -> int:
        """Forget the messages whose time to live is over; answers how many."""
        over = select(table.c.key).where(table.c.expires_at <= now)
        self._link.execute(delete(message_correlation).where(message_correlation.c.message_key.in_(over)))
        return self._link.execute(delete(table).where(table.c.expires_at <= now)).rowcount

    def start_lock(self, process_id: str, correlation_key: str) -> int | None:
        """The running instance that a message start event of the process opened for this key, if any."""
        found = self._link.value(
            select(message_start.c.process_instance_key).where(
                message_start.c.process_id == process_id,
                message_start.c.correlation_key == correlation_key,
            )
        )
        return None if found is None else int(found)

    def hold_start(self, process_id: str, correlation_key: str, process_instance_key: int) -> None:
        """Until the instance has ended, no other is opened for this key. Raises IntegrityError if taken."""
        row = {
            "process_id": process_id,
            "correlation_key": correlation_key,
            "process_instance_key": process_instance_key,
        }
        self._link.insert(message_start, [row])

    def held_start(self, process_instance_key: int) -> tuple[str, str] | None:
        """The process id and correlation key for which the instance holds the place, if it does."""
        row = self._link.row(
            select(message_start.c.process_id, message_start.c.correlation_key).where(
                message_start.c.process_instance_key == process_instance_key
            )
        )
        return None if row is None else (row.process_id, row.correlation_key)

    def release_start(self, process_instance_key: int) -> tuple[str, str] | None:
        """The instance has ended; answers its process id and correlation key if it held one."""
        released = self._link.execute(
            delete(message_start)
            .where(message_start.c.process_instance_key == process_instance_key)
            .returning(message_start.c.process_id, message_start.c.correlation_key)
        ).first()
        return None if released is None else (released.process_id, released.correlation_key)


def _value(row: Row[Any]) -> Message:
    return Message(
        key=row.key,
        name=row.name,
        correlation_key=row.correlation_key,
        message_id=row.message_id,
        variables=row.variables,
        published_at=row.published_at,
        expires_at=row.expires_at,
    )
