"""A write outside a step: rows of the business, with messages and audit lines in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from ..handlers import OutgoingMessage
from ..model import Actor, Document
from .command import Command, CommandContext
from .messages import publish
from .values import checked_variables

T = TypeVar("T")


class Transaction:
    """What `ProcessEngine.transaction` yields. It commits at the end of the block."""

    def __init__(self, context: CommandContext, action: str) -> None:
        self._context = context
        self._action = action
        self._audited = False

    @property
    def records(self) -> Any:
        """The SQLAlchemy session of the transaction."""
        return self._context.uow.session

    @property
    def now(self) -> datetime:
        return self._context.now

    @property
    def actor(self) -> Actor:
        return self._context.actor

    def publish_message(
        self,
        name: str,
        correlation_key: str = "",
        variables: Mapping[str, Any] | None = None,
        *,
        time_to_live: timedelta = timedelta(),
        message_id: str = "",
    ) -> int:
        """Publish now; answers the message's key. Raises AlreadyExists for a known message id."""
        message = OutgoingMessage(
            name=name,
            correlation_key=correlation_key,
            variables=checked_variables(variables),
            time_to_live=time_to_live,
            message_id=message_id,
        )
        self.records.flush()
        return publish(self._context, message, self._context.actor).key

    def store_document(
        self,
        name: str,
        content: bytes,
        *,
        media_type: str = "application/octet-stream",
        process_instance_key: int | None = None,
        readers: Sequence[str] = (),
    ) -> Document:
        """Keep a file. Raises InvalidInput when it is too large."""
        return self._context.uow.documents.add(
            content,
            name=name,
            media_type=media_type,
            created_at=self._context.now,
            created_by=self._context.actor.user_id,
            process_instance_key=process_instance_key,
            readers=tuple(readers),
        )

    def audit(self, subject_kind: str, subject_key: object, **details: Any) -> None:
        """A line in the trail of the installation, under the action of the transaction."""
        self._audited = True
        self._context.audit(self._action, subject_kind, subject_key, **details)

    def close(self) -> None:
        """Every change leaves a line, also when its author wrote none."""
        if not self._audited:
            self.audit("records", "")


@dataclass(frozen=True, kw_only=True)
class RunInTransaction(Command[T]):
    """`work` may be called again: it keeps nothing but what it writes by the transaction."""

    work: Callable[[Transaction], T]
    action: str

    def run(self, context: CommandContext) -> T:
        transaction = Transaction(context, self.action)
        answer = self.work(transaction)
        transaction.close()
        return answer
