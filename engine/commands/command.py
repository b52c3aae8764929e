"""What every command is given: the unit of work, the actor, the time, and the parts of the engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from typing import Any, Generic, TypeVar

from ..clock import Clock
from ..errors import ProcessInstanceNotActive
from ..handlers import HandlerRegistry, OutgoingMessage
from ..identity import Facts, Rights
from ..model import SYSTEM, Actor, InstanceState, ProcessInstance
from ..runtime.changes import LogEntry, SignalThrown
from ..storage import Database, UnitOfWork
from .deployed import DefinitionCache, StepDefinitions

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """`handlers_in_step` bounds the transactional handlers of one step; the executor does the rest.
    `follow_ups` bounds the messages and signals that one step may send on."""

    handlers_in_step: int = 25
    follow_ups: int = 1_000
    conflict_retries: int = 12
    retry_back_off: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Engine:
    """The parts that live as long as the program. `zone` is where people's local times are meant."""

    database: Database
    clock: Clock
    handlers: HandlerRegistry
    services: Mapping[str, Any]
    definitions: DefinitionCache
    zone: tzinfo = UTC
    limits: Limits = Limits()


@dataclass(kw_only=True)
class CommandContext:
    """One run of one command. `follow_ups` are messages and signals to send within the same transaction,
    `ended_instances` those that ended in it, `log` what happened on the way and is told after the command.
    `within` stands in the details of each audit line: the batch operation that the command is part of."""

    engine: Engine
    uow: UnitOfWork
    actor: Actor
    now: datetime
    follow_ups: list[tuple[OutgoingMessage | SignalThrown, Actor]] = field(default_factory=list)
    ended_instances: list[int] = field(default_factory=list)
    log: list[LogEntry] = field(default_factory=list)
    within: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def definitions(self) -> StepDefinitions:
        return StepDefinitions(self.engine.definitions, self.uow)

    @cached_property
    def facts(self) -> Facts:
        """Groups, permissions and substitutes of the actor, as they are in this transaction."""
        return self.rights.facts(self.actor)

    @cached_property
    def rights(self) -> Rights:
        return Rights(self.uow.identity, self.now)

    def need(self, permission: str, action: str) -> None:
        """Raise PermissionDenied when the actor lacks the permission."""
        self.rights.need(self.actor, permission, action)

    def lock(self, process_instance_key: int) -> ProcessInstance:
        """Lock the family of the instance, then read it. Raises ProcessInstanceNotFound."""
        return self.uow.instances.lock(process_instance_key)

    def lock_active(self, process_instance_key: int) -> ProcessInstance:
        """Like `lock`; raises ProcessInstanceNotActive when it has ended or is suspended."""
        instance = self.lock(process_instance_key)
        self.check_active(instance)
        return instance

    def check_active(self, instance: ProcessInstance) -> None:
        if instance.state is not InstanceState.ACTIVE:
            raise ProcessInstanceNotActive(instance.key, instance.state, instance.ended_at)

    def audit(
        self,
        action: str,
        subject_kind: str,
        subject_key: object,
        process_instance_key: int | None = None,
        *,
        actor: Actor | None = None,
        **details: Any,
    ) -> None:
        """The command's line in the trail: of the instance, or of the installation."""
        self.uow.audit.append(
            at=self.now,
            actor=actor or self.actor,
            action=action,
            subject_kind=subject_kind,
            subject_key=str(subject_key),
            process_instance_key=process_instance_key,
            details={**details, **self.within},
        )

    def write_log(self) -> None:
        """What the engine did on its own, after the line of the command that led to it."""
        for entry in self.log:
            self.audit(
                entry.action,
                "element",
                entry.element_id,
                entry.process_instance_key,
                actor=SYSTEM,
                elementInstanceKey=entry.element_instance_key,
                **entry.details,
            )
        self.log.clear()


class Command(ABC, Generic[T]):
    """One change. `run` may be called again from its beginning when two transactions collide, so it keeps
    nothing outside the context."""

    @abstractmethod
    def run(self, context: CommandContext) -> T: ...
