"""People and tasks for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from engine.identity import Accounts
from engine.model import Actor, ProcessDefinition, UserTask, UserTaskState
from engine.storage import Database, UnitOfWork

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@contextmanager
def accounts(database: Database) -> Iterator[Accounts]:
    with database.write() as unit:
        yield Accounts(unit.identity, NOW)


def create(unit: UnitOfWork, user_id: str, *groups: str, **fields: Any) -> Actor:
    people = Accounts(unit.identity, NOW)
    for group in groups:
        if unit.identity.group(group) is None:
            people.put_group(group, group)
    people.create_user(user_id, user_id.title(), groups=groups, **fields)
    return Actor(user_id=user_id)


def task(**fields: Any) -> UserTask:
    given: dict[str, Any] = {
        "key": 7,
        "element_instance_key": 8,
        "process_instance_key": 9,
        "root_process_instance_key": 9,
        "definition_key": 10,
        "process_id": "order",
        "process_version": 1,
        "business_key": "",
        "element_id": "approve",
        "name": "Approve",
        "names": {},
        "state": UserTaskState.CREATED,
        "assignee": None,
        "candidate_groups": (),
        "candidate_users": (),
        "excluded_users": (),
        "due_at": None,
        "follow_up_at": None,
        "priority": 50,
        "form_id": "",
        "form_key": None,
        "outcomes": (),
        "outcome_variable": "outcome",
        "inbox": {},
        "version": 1,
        "created_at": NOW,
    }
    return UserTask(**given | fields)


def definition(*candidate_starters: str) -> ProcessDefinition:
    return ProcessDefinition(
        key=10,
        process_id="order",
        version=1,
        name="Order",
        names={},
        version_tag="",
        resource_name="order.bpmn",
        checksum="",
        deployment_key=1,
        deployed_at=NOW,
        deployed_by="anna",
        candidate_starters=candidate_starters,
    )
