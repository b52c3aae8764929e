"""Records to store in tests, with everything filled in that a test does not care about."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.bpmn.model import ElementType
from engine.model import (
    ElementInstance,
    ElementState,
    FlowTaken,
    InstanceState,
    JobKind,
    ProcessDefinition,
)
from engine.runtime.changes import (
    Changes,
    IncidentRaised,
    InstanceEnded,
    JobCreated,
    MessageSubscriptionOpened,
    SignalSubscriptionOpened,
    TimerOpened,
    UserTaskCreated,
)
from engine.runtime.records import LiveElement, LiveInstance
from engine.storage import PROCESS, Database, UnitOfWork

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Undo(Exception):
    """Raised to have a transaction or a savepoint undone."""


def undone() -> AbstractContextManager[Any]:
    """Expects that the block ends with `raise Undo`."""
    return pytest.raises(Undo)


def define(unit: UnitOfWork, process_id: str = "order", version: int = 1, **fields: Any) -> ProcessDefinition:
    """Deploy a process definition."""
    deployment = unit.keys.next()
    unit.definitions.add_deployment(deployment, at=NOW, by="anna")
    resource = unit.definitions.add_resource(
        deployment, name=f"{process_id}.bpmn", checksum=f"{version:064}", content=b"<xml/>"
    )
    given = {
        "name": process_id.title(),
        "names": {"zh": "订单"},
        "version_tag": "",
        "resource_name": f"{process_id}.bpmn",
        "checksum": f"{version:064}",
        "deployed_at": NOW,
        "deployed_by": "anna",
    }
    definition = ProcessDefinition(
        key=unit.keys.next(),
        process_id=process_id,
        version=version,
        deployment_key=deployment,
        **given | fields,
    )
    unit.definitions.add_process(definition, resource_key=resource)
    unit.definitions.add_item(
        deployment, kind=PROCESS, resource_id=process_id, definition_key=definition.key, is_new=True
    )
    return definition


def live_instance(unit: UnitOfWork, definition: ProcessDefinition, **fields: Any) -> LiveInstance:
    key = unit.keys.next()
    given = {"root_key": key, "started_at": NOW, "started_by": "anna", "position": 1}
    return LiveInstance(key=key, definition_key=definition.key, **given | fields)


def live_element(unit: UnitOfWork, instance: LiveInstance, **fields: Any) -> LiveElement:
    given = {
        "scope_key": instance.key,
        "element_id": "approve",
        "element_type": ElementType.USER_TASK,
        "state": ElementState.ACTIVE,
        "started_at": NOW,
        "started_position": 2,
    }
    return LiveElement(key=unit.keys.next(), process_instance_key=instance.key, **given | fields)


def finished(element: LiveElement, **fields: Any) -> ElementInstance:
    """The history record of a live element that has completed."""
    given = {
        "state": ElementState.COMPLETED,
        "ended_at": NOW + HOUR,
        "ended_position": element.started_position + 1,
        "actor": "anna",
    }
    return ElementInstance(
        key=element.key,
        process_instance_key=element.process_instance_key,
        scope_key=element.scope_key,
        element_id=element.element_id,
        element_type=element.element_type,
        started_at=element.started_at,
        started_position=element.started_position,
        loop_counter=element.loop_counter,
        **given | fields,
    )


def user_task(unit: UnitOfWork, instance: LiveInstance, **fields: Any) -> UserTaskCreated:
    given: dict[str, Any] = {
        "element_instance_key": unit.keys.next(),
        "process_id": "order",
        "process_version": 1,
        "business_key": "",
        "element_id": "approve",
        "name": "Approve",
        "names": {"zh": "批准"},
        "assignee": None,
        "candidate_groups": (),
        "candidate_users": (),
        "excluded_users": (),
        "due_at": None,
        "follow_up_at": None,
        "priority": 50,
        "form_id": "",
        "form_key": None,
        "external_form": "",
        "outcomes": ("approve", "reject"),
        "outcome_variable": "outcome",
        "inbox": {},
        "created_at": NOW,
    }
    return UserTaskCreated(key=unit.keys.next(), **_work(instance) | given | fields)


def job(unit: UnitOfWork, instance: LiveInstance, **fields: Any) -> JobCreated:
    given: dict[str, Any] = {
        "type": "mail.send",
        "kind": JobKind.BPMN_ELEMENT,
        "retries": 3,
        "headers": {},
        "element_id": "send",
        "element_instance_key": unit.keys.next(),
        "process_id": "order",
        "process_version": 1,
        "listener_event": "",
        "created_at": NOW,
    }
    return JobCreated(key=unit.keys.next(), **_work(instance) | given | fields)


def timer(unit: UnitOfWork, instance: LiveInstance, **fields: Any) -> TimerOpened:
    given: dict[str, Any] = {
        "due_at": NOW + HOUR,
        "repetitions": 1,
        "element_id": "late",
        "element_instance_key": unit.keys.next(),
    }
    return TimerOpened(key=unit.keys.next(), **_work(instance) | given | fields)


def message_subscription(
    unit: UnitOfWork, instance: LiveInstance, **fields: Any
) -> MessageSubscriptionOpened:
    given: dict[str, Any] = {
        "message_name": "paid",
        "correlation_key": "o-1",
        "element_id": "await-payment",
        "element_instance_key": unit.keys.next(),
        "process_id": "order",
        "interrupting": True,
        "created_at": NOW,
    }
    return MessageSubscriptionOpened(key=unit.keys.next(), **_work(instance) | given | fields)


def signal_subscription(unit: UnitOfWork, instance: LiveInstance, **fields: Any) -> SignalSubscriptionOpened:
    given: dict[str, Any] = {
        "signal_name": "stop",
        "element_id": "on-stop",
        "element_instance_key": unit.keys.next(),
        "interrupting": True,
        "created_at": NOW,
    }
    return SignalSubscriptionOpened(key=unit.keys.next(), **_work(instance) | given | fields)


def incident(unit: UnitOfWork, instance: LiveInstance, **fields: Any) -> IncidentRaised:
    given: dict[str, Any] = {
        "error_type": "CONDITION_ERROR",
        "message": "no condition holds",
        "hint": "add a default flow",
        "trace": "",
        "element_id": "gate",
        "element_instance_key": unit.keys.next(),
        "job_key": None,
        "created_at": NOW,
    }
    return IncidentRaised(key=unit.keys.next(), **_work(instance) | given | fields)


def start(database: Database, **lists: Any) -> LiveInstance:
    """Start an instance of a new definition. `lists` maps a list of `Changes` to functions that make one
    record each of the unit of work and the instance."""
    with database.write() as unit:
        latest = unit.definitions.latest_process("order")
        instance = live_instance(unit, latest or define(unit))
        write(unit, instances_started=[instance], **_made(unit, instance, lists))
    return instance


def add(database: Database, instance: LiveInstance, **lists: Any) -> dict[str, list[Any]]:
    """Write further records of an instance; answers them."""
    with database.write() as unit:
        made = _made(unit, instance, lists)
        write(unit, **made)
    return made


def write(unit: UnitOfWork, *, at: datetime = NOW, by: str = "anna", **lists: Any) -> None:
    unit.write_changes(Changes(**lists), at=at, by=by)


def end(database: Database, instance: LiveInstance) -> None:
    with database.write() as unit:
        ended = InstanceEnded(key=instance.key, state=InstanceState.COMPLETED, ended_at=NOW + HOUR)
        write(unit, instances_ended=[ended])


def flow(instance: LiveInstance, flow_id: str, position: int) -> FlowTaken:
    return FlowTaken(process_instance_key=instance.key, flow_id=flow_id, position=position)


def _made(unit: UnitOfWork, instance: LiveInstance, lists: dict[str, Any]) -> dict[str, list[Any]]:
    return {name: [make(unit, instance) for make in makers] for name, makers in lists.items()}


def _work(instance: LiveInstance) -> dict[str, Any]:
    return {
        "process_instance_key": instance.key,
        "root_process_instance_key": instance.root_key,
        "definition_key": instance.definition_key,
    }
