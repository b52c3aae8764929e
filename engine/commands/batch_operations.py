"""Batch operations: created, worked off item by item, suspended, resumed and cancelled.

An item's repair and its outcome are one transaction, begun by locking the item's row. So an item is done
exactly once, whatever node dies, and a dead node's item is free at once.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, assert_never

from ..batch import (
    BatchItemState,
    BatchOperation,
    BatchOperationItem,
    BatchOperationNotActive,
    BatchOperationState,
    BatchOperationType,
    BatchRepair,
    BatchSelectionGrew,
)
from ..errors import EngineError, MigrationRefused
from ..filters import ProcessInstanceFilter
from ..identity import OPERATE
from ..model import ProcessInstance, RepairEffect
from .batch_plan import check_filter, checked_repair, planned
from .command import Command, CommandContext
from .incidents import ResolveIncident
from .instances import CancelProcessInstance, SetVariables
from .migration import MigrateProcessInstance
from .repair import MoveTokens, ResumeProcessInstance, SuspendProcessInstance

MAX_MESSAGE = 2_000


@dataclass(frozen=True, kw_only=True)
class CreateBatchOperation(Command[BatchOperation]):
    """`everything` allows a filter without criterion, `empty` a batch without items; `expected` is how many
    items were confirmed at most."""

    repair: BatchRepair
    filter: ProcessInstanceFilter = field(default_factory=ProcessInstanceFilter)
    everything: bool = False
    empty: bool = False
    expected: int | None = None

    def run(self, context: CommandContext) -> BatchOperation:
        context.need(OPERATE, "repair many process instances at once")
        repair = checked_repair(self.repair)
        check_filter(self.filter, everything=self.everything)
        plan = planned(context.uow, repair, self.filter, empty=self.empty)
        if self.expected is not None and len(plan.items) > self.expected:
            raise BatchSelectionGrew(self.expected, len(plan.items))
        batch = BatchOperation(
            key=context.uow.keys.next(),
            state=BatchOperationState.ACTIVE,
            repair=repair,
            actor=context.actor,
            started_at=context.now,
            ended_at=None,
            total=len(plan.items),
            completed=0,
            failed=0,
            canceled=0,
        )
        context.uow.batch_operations.add(batch, [_item(batch, key, of) for key, of in plan.items])
        context.uow.notify("jobs")
        context.audit(
            "create-batch-operation",
            "batch-operation",
            batch.key,
            type=str(repair.type),
            items=batch.total,
            filter=_named(self.filter),
            variables=dict(repair.variables),
            moves=dict(repair.moves),
            targetDefinitionKey=repair.target_definition_key and str(repair.target_definition_key),
            mapping=dict(repair.mapping or {}),
            leftOut={str(reason): len(keys) for reason, keys in plan.refused.items()},
            reason=repair.reason,
        )
        return batch


@dataclass(frozen=True, kw_only=True)
class RunBatchItem(Command[bool]):
    """Do one item in the name of who created the batch. False: it is done or given up, another node has it,
    or the batch is not active. What the repair raises is raised, and nothing of the item stays."""

    item: BatchOperationItem

    def run(self, context: CommandContext) -> bool:
        batches = context.uow.batch_operations
        key, item_key = self.item.batch_operation_key, self.item.item_key
        item = batches.lock_item(key, item_key, wait=False)
        order = batches.order(key)
        if item is None or item.processed_at is not None or order.state is not BatchOperationState.ACTIVE:
            return False
        inner = replace(context, actor=order.actor, within={"batchOperationKey": str(key)})
        item_command(order.repair, item_key).run(inner)
        batches.end_item(key, item_key, BatchItemState.COMPLETED, context.now)
        return True


@dataclass(frozen=True, kw_only=True)
class FailBatchItem(Command[bool]):
    """The repair of an item was refused or went wrong. False: it was done meanwhile."""

    item: BatchOperationItem
    error: Exception

    def run(self, context: CommandContext) -> bool:
        batches = context.uow.batch_operations
        key, item_key = self.item.batch_operation_key, self.item.item_key
        item = batches.lock_item(key, item_key)
        if item is None or item.processed_at is not None:
            return False
        code, message = _told(self.error)
        batches.end_item(
            key, item_key, BatchItemState.FAILED, context.now, error_code=code, error_message=message
        )
        context.audit(
            "fail-batch-operation-item",
            "batch-operation",
            key,
            actor=batches.order(key).actor,
            itemKey=str(item_key),
            processInstanceKey=str(item.process_instance_key),
            errorCode=code,
            errorMessage=message,
        )
        return True


@dataclass(frozen=True, kw_only=True)
class FinishBatchOperation(Command[bool]):
    """End a batch in which nothing is left to be done. False: there is, or it has ended already."""

    key: int

    def run(self, context: CommandContext) -> bool:
        batches = context.uow.batch_operations
        batch = batches.lock(self.key)
        if batch.state is not BatchOperationState.ACTIVE or batches.has_open_items(self.key):
            return False
        batches.set_state(self.key, BatchOperationState.COMPLETED, ended_at=context.now)
        context.audit(
            "complete-batch-operation",
            "batch-operation",
            self.key,
            actor=batch.actor,
            completed=batch.completed,
            failed=batch.failed,
        )
        return True


@dataclass(frozen=True, kw_only=True)
class SuspendBatchOperation(Command[None]):
    """Items in progress come to their end; no other begins."""

    key: int

    def run(self, context: CommandContext) -> None:
        context.need(OPERATE, f"suspend batch operation {self.key}")
        batch = context.uow.batch_operations.lock(self.key)
        if batch.state is not BatchOperationState.ACTIVE:
            raise BatchOperationNotActive(self.key, batch.state, "suspended")
        context.uow.batch_operations.set_state(self.key, BatchOperationState.SUSPENDED)
        context.audit("suspend-batch-operation", "batch-operation", self.key)


@dataclass(frozen=True, kw_only=True)
class ResumeBatchOperation(Command[None]):
    key: int

    def run(self, context: CommandContext) -> None:
        context.need(OPERATE, f"resume batch operation {self.key}")
        batch = context.uow.batch_operations.lock(self.key)
        if batch.state is not BatchOperationState.SUSPENDED:
            raise BatchOperationNotActive(self.key, batch.state, "resumed")
        context.uow.batch_operations.set_state(self.key, BatchOperationState.ACTIVE)
        context.uow.notify("jobs")
        context.audit("resume-batch-operation", "batch-operation", self.key)


@dataclass(frozen=True, kw_only=True)
class CancelBatchOperation(Command[None]):
    """What is done stays done; the rest is given up."""

    key: int

    def run(self, context: CommandContext) -> None:
        context.need(OPERATE, f"cancel batch operation {self.key}")
        batches = context.uow.batch_operations
        batch = batches.lock(self.key)
        if batch.state.is_final:
            raise BatchOperationNotActive(self.key, batch.state, "canceled")
        given_up = batches.cancel_items(self.key, context.now)
        batches.set_state(self.key, BatchOperationState.CANCELED, ended_at=context.now)
        context.audit("cancel-batch-operation", "batch-operation", self.key, canceled=given_up)


def item_command(repair: BatchRepair, item_key: int, *, preview: bool = False) -> Command[RepairEffect]:
    """The repair of one item."""
    kind, reason = repair.type, repair.reason
    match kind:
        case BatchOperationType.CANCEL_PROCESS_INSTANCE:
            return CancelProcessInstance(key=item_key, reason=reason, preview=preview)
        case BatchOperationType.SUSPEND_PROCESS_INSTANCE:
            return SuspendProcessInstance(key=item_key, reason=reason, preview=preview)
        case BatchOperationType.RESUME_PROCESS_INSTANCE:
            return ResumeProcessInstance(key=item_key, reason=reason, preview=preview)
        case BatchOperationType.RESOLVE_INCIDENT:
            return ResolveIncident(key=item_key, variables=repair.variables, reason=reason, preview=preview)
        case BatchOperationType.UPDATE_VARIABLE:
            return SetVariables(
                scope_key=item_key, variables=repair.variables, reason=reason, preview=preview
            )
        case BatchOperationType.MODIFY_PROCESS_INSTANCE:
            return MoveTokens(key=item_key, moves=repair.moves, reason=reason, preview=preview)
        case BatchOperationType.MIGRATE_PROCESS_INSTANCE:
            return _Migrate(key=item_key, repair=repair, preview=preview)
    assert_never(kind)


@dataclass(frozen=True, kw_only=True)
class _Migrate(Command[RepairEffect]):
    """One instance as an item: what cannot be migrated raises MigrationRefused, in a preview too."""

    key: int
    repair: BatchRepair
    preview: bool = False

    def run(self, context: CommandContext) -> RepairEffect:
        assert self.repair.target_definition_key is not None
        command = MigrateProcessInstance(
            key=self.key,
            target_definition_key=self.repair.target_definition_key,
            mapping=self.repair.mapping,
            reason=self.repair.reason,
            preview=self.preview,
        )
        plan = command.run(context)
        if not plan.is_possible:
            raise MigrationRefused(self.key, plan.target_key, plan.problems)
        return RepairEffect(migrated=tuple((one.element_id, one.target_id) for one in plan.elements))


def _item(batch: BatchOperation, key: int, of: ProcessInstance) -> BatchOperationItem:
    return BatchOperationItem(
        batch_operation_key=batch.key,
        type=batch.type,
        item_key=key,
        process_instance_key=of.key,
        root_process_instance_key=of.root_key,
        state=BatchItemState.ACTIVE,
        processed_at=None,
    )


def _named(filter: ProcessInstanceFilter) -> dict[str, Any]:
    """The criteria that were given, as they stand in the trail."""
    given = {name: value for name, value in asdict(filter).items() if value not in (None, "")}
    return {name: _plain(value) for name, value in given.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, bool) else str(value)


def _told(error: Exception) -> tuple[str, str]:
    if isinstance(error, EngineError):
        return error.code, str(error)[:MAX_MESSAGE]
    return "INTERNAL_ERROR", f"{type(error).__name__}: {error}"[:MAX_MESSAGE]
