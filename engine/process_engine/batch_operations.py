"""Repair of many process instances at once, in the background."""

from __future__ import annotations

from ..batch import (
    BatchItemFilter,
    BatchOperation,
    BatchOperationFilter,
    BatchOperationItem,
    BatchPreview,
    BatchRepair,
    BatchSample,
)
from ..commands.batch_operations import (
    CancelBatchOperation,
    CreateBatchOperation,
    ResumeBatchOperation,
    SuspendBatchOperation,
    item_command,
)
from ..commands.batch_plan import check_filter, checked_repair, planned
from ..errors import EngineError, Unavailable
from ..filters import ProcessInstanceFilter
from ..identity import OPERATE
from ..model import Actor, Page, ProcessInstance
from .part import EnginePart, order_of

SAMPLE = 5


class BatchOperationsPart(EnginePart):
    """Batch operations: looked at before, created, watched, suspended, resumed and cancelled."""

    def preview_batch_operation(
        self,
        repair: BatchRepair,
        filter: ProcessInstanceFilter,
        *,
        by: Actor,
        everything: bool = False,
        sample: int = SAMPLE,
    ) -> BatchPreview:
        """How many items there would be, which chosen instances are left out, and a dry run of the first.

        Raises NothingChosen, InvalidInput, EverythingChosen (no criterion, and not `everything`).
        """
        with self._look() as (view, rights):
            rights.need(by, OPERATE, "repair many process instances at once")
            checked = checked_repair(repair)
            check_filter(filter, everything=everything)
            plan = planned(view, checked, filter)
        return BatchPreview(
            total=len(plan.items),
            instances=len({instance.key for _, instance in plan.items}),
            refused=plan.summary(),
            sample=tuple(self._dry_run(checked, *item, by) for item in plan.items[:sample]),
        )

    def create_batch_operation(
        self,
        repair: BatchRepair,
        filter: ProcessInstanceFilter,
        *,
        by: Actor,
        everything: bool = False,
        empty: bool = False,
        expected: int | None = None,
    ) -> BatchOperation:
        """Begin. The job executors of all nodes work it off, each item in the name of `by`.

        Raises what the preview raises (not NothingChosen when it may be `empty`), and BatchSelectionGrew when
        more than `expected` items match now.
        """
        return self.commands.run(
            CreateBatchOperation(
                repair=repair, filter=filter, everything=everything, empty=empty, expected=expected
            ),
            by,
        )

    def batch_operation(self, key: int, *, by: Actor) -> BatchOperation:
        with self._look() as (view, rights):
            rights.need(by, OPERATE, "see batch operations")
            return view.batch_operations.get(key)

    def batch_operations(
        self,
        filter: BatchOperationFilter | None = None,
        *,
        by: Actor,
        order: str = "-started_at",
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[BatchOperation]:
        with self._look() as (view, rights):
            rights.need(by, OPERATE, "see batch operations")
            return view.batch_operations.search(
                filter or BatchOperationFilter(), order=order_of(order), limit=limit, cursor=cursor
            )

    def batch_operation_items(
        self,
        filter: BatchItemFilter | None = None,
        *,
        by: Actor,
        order: str = "item_key",
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[BatchOperationItem]:
        with self._look() as (view, rights):
            rights.need(by, OPERATE, "see batch operations")
            return view.batch_operations.items(
                filter or BatchItemFilter(), order=order_of(order), limit=limit, cursor=cursor
            )

    def suspend_batch_operation(self, key: int, *, by: Actor) -> None:
        """Items in progress end; no other begins until it is resumed. Raises BatchOperationNotActive."""
        self.commands.run(SuspendBatchOperation(key=key), by)

    def resume_batch_operation(self, key: int, *, by: Actor) -> None:
        self.commands.run(ResumeBatchOperation(key=key), by)

    def cancel_batch_operation(self, key: int, *, by: Actor) -> None:
        """Give up what is still to be done; what is done stays done."""
        self.commands.run(CancelBatchOperation(key=key), by)

    def _dry_run(
        self, repair: BatchRepair, item_key: int, instance: ProcessInstance, by: Actor
    ) -> BatchSample:
        try:
            effect = self.commands.run(item_command(repair, item_key, preview=True), by)
        except Unavailable:
            raise
        except EngineError as error:
            return BatchSample(item_key=item_key, instance=instance, effect=None, error=str(error))
        return BatchSample(item_key=item_key, instance=instance, effect=effect)
