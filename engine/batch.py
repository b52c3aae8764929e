"""Batch operations: one repair of many process instances, worked off in the background.

The words are Camunda's. A batch operation has one item per process instance, or per incident where it
resolves incidents; each item is a transaction of its own, and one that fails stops no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from .errors import Conflict, InvalidInput, NotFound
from .model import Actor, ProcessInstance, RepairEffect


class BatchOperationType(StrEnum):
    """Suspending and resuming are words of Camunda 8.10; all others of 8.9."""

    CANCEL_PROCESS_INSTANCE = "CANCEL_PROCESS_INSTANCE"
    RESOLVE_INCIDENT = "RESOLVE_INCIDENT"
    SUSPEND_PROCESS_INSTANCE = "SUSPEND_PROCESS_INSTANCE"
    RESUME_PROCESS_INSTANCE = "RESUME_PROCESS_INSTANCE"
    UPDATE_VARIABLE = "UPDATE_VARIABLE"
    MODIFY_PROCESS_INSTANCE = "MODIFY_PROCESS_INSTANCE"
    MIGRATE_PROCESS_INSTANCE = "MIGRATE_PROCESS_INSTANCE"


class BatchOperationState(StrEnum):
    """COMPLETED says that every item was tried, not that every one succeeded."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"

    @property
    def is_final(self) -> bool:
        return self in (BatchOperationState.COMPLETED, BatchOperationState.CANCELED)


class BatchItemState(StrEnum):
    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


@dataclass(frozen=True, kw_only=True)
class BatchRepair:
    """What is done to each item. `variables` are set (UPDATE_VARIABLE), or set before the retry
    (RESOLVE_INCIDENT); `moves` maps the element where tokens stand to the element where they go. `mapping`
    leads from ids to those of the target definition; None: each instance keeps its ids."""

    type: BatchOperationType
    variables: Mapping[str, Any] = field(default_factory=dict)
    moves: Mapping[str, str] = field(default_factory=dict)
    target_definition_key: int | None = None
    mapping: Mapping[str, str] | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class BatchOperation:
    """`total` counts its items; those that are neither completed, failed nor canceled are still to come.
    Items act in the name of `actor`, with the rights that this person has at that moment."""

    key: int
    state: BatchOperationState
    repair: BatchRepair
    actor: Actor
    started_at: datetime
    ended_at: datetime | None
    total: int
    completed: int
    failed: int
    canceled: int

    @property
    def type(self) -> BatchOperationType:
        return self.repair.type

    @property
    def remaining(self) -> int:
        return self.total - self.completed - self.failed - self.canceled


@dataclass(frozen=True, kw_only=True)
class BatchOperationItem:
    """`item_key` is the key of the incident where incidents are resolved, else that of the instance.
    `error_code` and `error_message` say why it failed."""

    batch_operation_key: int
    type: BatchOperationType
    item_key: int
    process_instance_key: int
    root_process_instance_key: int
    state: BatchItemState
    processed_at: datetime | None
    error_code: str = ""
    error_message: str = ""


class BatchRefusal(StrEnum):
    """Why a chosen process instance is left out."""

    UNKNOWN = "UNKNOWN"
    ENDED = "ENDED"
    CALLED = "CALLED"
    SUSPENDED = "SUSPENDED"
    NOT_SUSPENDED = "NOT_SUSPENDED"
    NO_INCIDENT = "NO_INCIDENT"
    NO_TOKEN = "NO_TOKEN"
    ALREADY_THERE = "ALREADY_THERE"


@dataclass(frozen=True, kw_only=True)
class BatchSample:
    """One of the items as a dry run: what would come of it, or the error that would stop it."""

    item_key: int
    instance: ProcessInstance
    effect: RepairEffect | None
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class BatchPreview:
    """`total` items on `instances` process instances; `refused` are chosen ones that are left out, with an
    example each."""

    total: int
    instances: int
    refused: Mapping[BatchRefusal, tuple[int, int]]
    sample: tuple[BatchSample, ...]


@dataclass(frozen=True, kw_only=True)
class BatchOperationFilter:
    keys: tuple[int, ...] | None = None
    types: tuple[BatchOperationType, ...] | None = None
    states: tuple[BatchOperationState, ...] | None = None
    actor: str | None = None


@dataclass(frozen=True, kw_only=True)
class BatchItemFilter:
    batch_operation_key: int | None = None
    types: tuple[BatchOperationType, ...] | None = None
    item_keys: tuple[int, ...] | None = None
    process_instance_key: int | None = None
    states: tuple[BatchItemState, ...] | None = None


class BatchOperationNotFound(NotFound):
    noun = "batch operation"


class BatchOperationNotActive(Conflict):
    """It has come to its end, or is not in the state that the change is for."""

    def __init__(self, key: int, state: BatchOperationState, action: str) -> None:
        self.key, self.state = key, state
        super().__init__(f"batch operation {key} is {state.lower()}; it cannot be {action}")


class BatchSelectionGrew(Conflict):
    """Between the preview and the confirmation more instances came to match."""

    def __init__(self, expected: int, found: int) -> None:
        self.expected, self.found = expected, found
        super().__init__(f"{expected} items were confirmed and {found} match now; look at the preview again")


class NothingChosen(InvalidInput):
    """No process instance of the choice can be repaired this way."""


class EverythingChosen(InvalidInput):
    """The filter names no criterion, and nobody said that all instances are meant."""

    def __init__(self) -> None:
        super().__init__(
            "the filter has no criterion: it means every process instance; say so if that is meant"
        )
