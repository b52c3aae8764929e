"""Working off batch operations, item by item."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable

from ..batch import BatchOperationItem
from ..commands import CommandExecutor
from ..commands.batch_operations import FailBatchItem, FinishBatchOperation, RunBatchItem
from ..errors import Unavailable
from ..model import SYSTEM

log = logging.getLogger(__name__)

ROUND = 50


def active_batches(commands: CommandExecutor) -> list[int]:
    """Keys of the batch operations that are to be worked on, oldest first."""
    with commands.engine.database.read() as view:
        return view.batch_operations.active()


def run_batch(
    commands: CommandExecutor, key: int, *, limit: int = ROUND, go_on: Callable[[], bool] = lambda: True
) -> int:
    """Do up to `limit` items of a batch and end it after the last one. Answers how many steps that were;
    0: others are at what is left.

    Nodes take the items in different orders, so that they seldom reach for the same one.
    """
    with commands.engine.database.read() as view:
        items = view.batch_operations.open_items(key, limit=limit)
    if not items:
        return int(commands.run(FinishBatchOperation(key=key), SYSTEM))
    random.shuffle(items)
    return sum(_run(commands, item) for item in items if go_on())


def _run(commands: CommandExecutor, item: BatchOperationItem) -> bool:
    """One item; what goes wrong with it is its outcome. Only a database that cannot be reached is raised."""
    try:
        return commands.run(RunBatchItem(item=item), SYSTEM)
    except Unavailable:
        raise
    except Exception as error:
        log.info("item %s of batch operation %s failed: %s", item.item_key, item.batch_operation_key, error)
        return commands.run(FailBatchItem(item=item, error=error), SYSTEM)
