"""Batch operations: one repair of many process instances, and how far it has come.

Suspending and resuming of instances are endpoints of Camunda 8.10; the others are those of 8.9.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint

from engine import (
    Actor,
    BatchItemFilter,
    BatchItemState,
    BatchOperation,
    BatchOperationFilter,
    BatchOperationItem,
    BatchOperationNotFound,
    BatchOperationState,
    BatchOperationType,
    BatchRepair,
    ProcessEngine,
    ProcessInstanceFilter,
)

from .authentication import Gatekeeper
from .filters import one, pairs, process_instance_filter, several, text, word_of
from .problems import invalid
from .requests import json_body, key_from, key_of
from .searches import search_result, wanted_page

SORT = {
    "batchOperationKey": "key",
    "operationType": "type",
    "state": "state",
    "startDate": "started_at",
    "endDate": "ended_at",
    "actorId": "actor",
}
ITEM_SORT = {
    "batchOperationKey": "batch_operation_key",
    "itemKey": "item_key",
    "processInstanceKey": "process_instance_key",
    "processedDate": "processed_at",
    "state": "state",
}
CREATING = {
    "cancellation": BatchOperationType.CANCEL_PROCESS_INSTANCE,
    "incident-resolution": BatchOperationType.RESOLVE_INCIDENT,
    "modification": BatchOperationType.MODIFY_PROCESS_INSTANCE,
    "suspension": BatchOperationType.SUSPEND_PROCESS_INSTANCE,
    "resumption": BatchOperationType.RESUME_PROCESS_INSTANCE,
}


def add_routes(blueprint: Blueprint, engine: ProcessEngine, gatekeeper: Gatekeeper) -> None:
    _add_creating(blueprint, engine, gatekeeper)
    _add_changing(blueprint, engine, gatekeeper)

    @blueprint.get("/batch-operations/<key>")
    def batch_operation(key: str) -> dict[str, Any]:
        return _batch(engine.batch_operation(_key(key), by=gatekeeper.actor()))

    @blueprint.post("/batch-operations/search")
    def batch_operations() -> dict[str, Any]:
        actor, body = gatekeeper.actor(), json_body(required=False)
        wanted, filter = wanted_page(body, SORT, "-started_at"), _batch_filter(body.get("filter", {}))
        return search_result(
            wanted,
            lambda limit, cursor: engine.batch_operations(
                filter, by=actor, order=wanted.order, limit=limit, cursor=cursor
            ),
            _batch,
        )

    @blueprint.post("/batch-operation-items/search")
    def batch_operation_items() -> dict[str, Any]:
        actor, body = gatekeeper.actor(), json_body(required=False)
        wanted, filter = wanted_page(body, ITEM_SORT, "item_key"), _item_filter(body.get("filter", {}))
        return search_result(
            wanted,
            lambda limit, cursor: engine.batch_operation_items(
                filter, by=actor, order=wanted.order, limit=limit, cursor=cursor
            ),
            _item,
        )


def _add_creating(blueprint: Blueprint, engine: ProcessEngine, gatekeeper: Gatekeeper) -> None:
    def create(repair: BatchRepair, filter: ProcessInstanceFilter, actor: Actor) -> dict[str, Any]:
        # A choice that fits nothing is a batch without items, as Camunda's clients expect.
        batch = engine.create_batch_operation(repair, filter, by=actor, empty=True)
        return {"batchOperationKey": str(batch.key), "batchOperationType": str(batch.type)}

    def creating(kind: BatchOperationType) -> Callable[[], dict[str, Any]]:
        def from_filter() -> dict[str, Any]:
            actor, body = gatekeeper.actor(), json_body()
            modifies = kind is BatchOperationType.MODIFY_PROCESS_INSTANCE
            moves = pairs(body, "moveInstructions") if modifies else {}
            return create(BatchRepair(type=kind, moves=moves), process_instance_filter(body), actor)

        return from_filter

    for path, kind in CREATING.items():
        blueprint.add_url_rule(
            f"/process-instances/{path}", f"batch_{path}", creating(kind), methods=["POST"]
        )

    @blueprint.post("/process-instances/migration")
    def migrate() -> dict[str, Any]:
        actor, body = gatekeeper.actor(), json_body()
        plan = body.get("migrationPlan")
        target = key_of(plan, "targetProcessDefinitionKey") if isinstance(plan, dict) else None
        if not isinstance(plan, dict) or target is None:
            raise invalid("No migrationPlan with a targetProcessDefinitionKey provided")
        repair = BatchRepair(
            type=BatchOperationType.MIGRATE_PROCESS_INSTANCE,
            target_definition_key=target,
            mapping=pairs(plan, "mappingInstructions"),
        )
        return create(repair, process_instance_filter(body), actor)

    @blueprint.post("/process-instances/<key>/incident-resolution")
    def resolve_incidents(key: str) -> dict[str, Any]:
        actor = gatekeeper.actor()
        instance = engine.process_instance(key_from("processInstanceKey", key), by=actor)
        repair = BatchRepair(type=BatchOperationType.RESOLVE_INCIDENT)
        return create(repair, ProcessInstanceFilter(keys=(instance.key,)), actor)


def _add_changing(blueprint: Blueprint, engine: ProcessEngine, gatekeeper: Gatekeeper) -> None:
    @blueprint.post("/batch-operations/<key>/suspension")
    def suspend(key: str) -> tuple[str, int]:
        engine.suspend_batch_operation(_key(key), by=gatekeeper.actor())
        return "", 204

    @blueprint.post("/batch-operations/<key>/resumption")
    def resume(key: str) -> tuple[str, int]:
        engine.resume_batch_operation(_key(key), by=gatekeeper.actor())
        return "", 204

    @blueprint.post("/batch-operations/<key>/cancellation")
    def cancel(key: str) -> tuple[str, int]:
        engine.cancel_batch_operation(_key(key), by=gatekeeper.actor())
        return "", 204


def _key(text: str) -> int:
    """Clients of Operate know keys that are no numbers; there is none of those here."""
    if not text.isdecimal() or len(text) > 19:
        raise BatchOperationNotFound(text)
    return int(text)


def _batch_filter(given: Any) -> BatchOperationFilter:
    _known(given, "batchOperationKey", "operationType", "state", "actorId")
    criteria: dict[str, Any] = {}
    if (key := given.get("batchOperationKey")) is not None:
        criteria["keys"] = several("batchOperationKey", key, key_from)
    if (kind := given.get("operationType")) is not None:
        criteria["types"] = several("operationType", kind, word_of(BatchOperationType))
    if (state := given.get("state")) is not None:
        criteria["states"] = several("state", state, word_of(BatchOperationState))
    if (actor := given.get("actorId")) is not None:
        criteria["actor"] = one("actorId", actor, text)
    return BatchOperationFilter(**criteria)


def _item_filter(given: Any) -> BatchItemFilter:
    _known(given, "batchOperationKey", "itemKey", "processInstanceKey", "state", "operationType")
    criteria: dict[str, Any] = {}
    for name, criterion in (
        ("batchOperationKey", "batch_operation_key"),
        ("processInstanceKey", "process_instance_key"),
    ):
        if given.get(name) is not None:
            criteria[criterion] = one(name, given[name], key_from)
    if (key := given.get("itemKey")) is not None:
        criteria["item_keys"] = several("itemKey", key, key_from)
    if (kind := given.get("operationType")) is not None:
        criteria["types"] = several("operationType", kind, word_of(BatchOperationType))
    if (state := given.get("state")) is not None:
        criteria["states"] = several("state", state, word_of(BatchItemState))
    return BatchItemFilter(**criteria)


def _known(given: Any, *names: str) -> None:
    if not isinstance(given, dict):
        raise invalid("filter must be an object")
    unknown = {name for name, value in given.items() if value is not None} - set(names)
    if unknown:
        raise invalid(f"filter: {', '.join(sorted(unknown))} is not offered; offered: {', '.join(names)}")


def _batch(batch: BatchOperation) -> dict[str, Any]:
    return {
        "batchOperationKey": str(batch.key),
        "state": str(batch.state),
        "batchOperationType": str(batch.type),
        "startDate": _date(batch.started_at),
        "endDate": _date(batch.ended_at),
        "actorType": None if batch.actor.is_system else "USER",
        "actorId": batch.actor.user_id,
        "operationsTotalCount": batch.total,
        "operationsFailedCount": batch.failed,
        "operationsCompletedCount": batch.completed,
        "errors": [],
    }


def _item(item: BatchOperationItem) -> dict[str, Any]:
    return {
        "operationType": str(item.type),
        "batchOperationKey": str(item.batch_operation_key),
        "itemKey": str(item.item_key),
        "processInstanceKey": str(item.process_instance_key),
        "rootProcessInstanceKey": str(item.root_process_instance_key),
        "state": str(item.state),
        "processedDate": _date(item.processed_at),
        "errorMessage": item.error_message or None,
    }


def _date(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds")
