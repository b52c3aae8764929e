"""What a handler is given beside its inputs: the job it does, and what it may use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from ..errors import HandlerFailed
from ..model import AdHocResult, Document, ElementActivation, JobResult, TaskListenerResult
from .conversion import to_variables


class Documents(Protocol):
    """The files of the engine, as a handler sees them: inside its transaction when it has one."""

    def store(
        self,
        name: str,
        content: bytes,
        *,
        media_type: str = "application/octet-stream",
        readers: Sequence[str] = (),
    ) -> Document:
        """Keep a file; it belongs to the job's process instance."""
        ...

    def find(self, key: int) -> Document:
        """Raises DocumentNotFound."""
        ...

    def content(self, key: int) -> bytes:
        """Raises DocumentNotFound."""
        ...


@dataclass(frozen=True, kw_only=True)
class OutgoingMessage:
    name: str
    correlation_key: str
    variables: Mapping[str, Any]
    time_to_live: timedelta
    message_id: str


@dataclass(kw_only=True)
class JobContext:
    """One run of a handler. `variables` are all that the element sees, loaded when they are read.

    `actor` is who completed the step that led here, at every attempt. `now` is the engine's time.
    `idempotency_key` is the same at every attempt at this job; an external handler passes it on to the world
    outside.
    """

    key: int
    type: str
    process_instance_key: int
    root_process_instance_key: int
    definition_key: int
    process_id: str
    element_id: str
    element_instance_key: int
    business_key: str
    headers: Mapping[str, str]
    variables: Mapping[str, Any]
    retries: int
    now: datetime
    actor: str
    idempotency_key: str
    services: Mapping[str, Any] = field(default_factory=dict)
    open_records: Callable[[], Any] | None = None
    document_store: Documents | None = None
    members_of: Callable[[str], Sequence[str]] | None = None
    log_lines: list[str] = field(default_factory=list)
    outgoing: list[OutgoingMessage] = field(default_factory=list)
    result: JobResult | None = None

    @property
    def records(self) -> Any:
        """The SQLAlchemy session of the step's transaction; what is written commits with the step.

        Raises HandlerFailed for external handlers, which run outside any transaction.
        """
        if self.open_records is None:
            raise HandlerFailed(
                f"handler '{self.type}' is external and has no records; let a plain handler write its results"
            )
        return self.open_records()

    @property
    def documents(self) -> Documents:
        if self.document_store is None:
            raise HandlerFailed(f"no documents for handler '{self.type}'")
        return self.document_store

    def members(self, group: str) -> list[str]:
        """The user ids of a group's active members, in order."""
        if self.members_of is None:
            raise HandlerFailed(f"nobody to ask who is in a group, for handler '{self.type}'")
        return sorted(self.members_of(group))

    def deny(self, reason: str = "") -> None:
        """As a task listener: the user task stays as it was. A command that is still under way is undone as a
        whole, with what this handler wrote."""
        self.result = TaskListenerResult(denied=True, denied_reason=reason)

    def correct(self, **corrections: Any) -> None:
        """As a task listener: change `assignee`, `candidate_groups`, `candidate_users`, `due_at`,
        `follow_up_at` or `priority` of the user task along with what is being done."""
        before = self.result.corrections if isinstance(self.result, TaskListenerResult) else {}
        self.result = TaskListenerResult(corrections={**before, **corrections})

    def activate(self, element_id: str, variables: Mapping[str, Any] | None = None) -> None:
        """As the worker of an ad-hoc subprocess: activate this element next, with variables of its own."""
        chosen = ElementActivation(element_id=element_id, variables=to_variables(dict(variables or {})))
        before = self.result if isinstance(self.result, AdHocResult) else AdHocResult()
        self.result = replace(before, activate=(*before.activate, chosen))

    def finish_ad_hoc(self, *, cancel_remaining: bool = False) -> None:
        """As the worker of an ad-hoc subprocess: it is enough; what still runs comes to its end or goes."""
        self.result = AdHocResult(
            completion_condition_fulfilled=True, cancel_remaining_instances=cancel_remaining
        )

    def log(self, text: str) -> None:
        """Say something in the timeline of the process instance; kept when the job succeeds."""
        self.log_lines.append(text)

    def publish_message(
        self,
        name: str,
        correlation_key: str = "",
        variables: Mapping[str, Any] | None = None,
        *,
        time_to_live: timedelta = timedelta(),
        message_id: str = "",
    ) -> None:
        """Publish when the job succeeds, in the same transaction."""
        self.outgoing.append(
            OutgoingMessage(
                name=name,
                correlation_key=correlation_key,
                variables=dict(variables or {}),
                time_to_live=time_to_live,
                message_id=message_id,
            )
        )
