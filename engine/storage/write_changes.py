"""Writing what a step did: one statement per table, whatever the number of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, case, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ..model import IncidentState, JobState, UserTaskState
from ..runtime.changes import Changes, UserTaskCreated, VariableSet
from ..runtime.records import LiveElement, LiveInstance
from . import json_text
from .audit import AuditHead
from .decisions import DecisionLog
from .link import Link, upsert
from .schema import (
    element_instance,
    flow_taken,
    incident,
    job,
    message_subscription,
    process_definition,
    process_instance,
    signal_subscription,
    timer,
    token,
    user_task,
    user_task_candidate,
    variable,
)
from .user_tasks import candidate_rows, change_user_tasks
from .write_migrations import write_migrations

_CHANGE_INSTANCE = (
    update(process_instance)
    .where(process_instance.c.key == bindparam("instance"))
    .values(
        state=bindparam("new_state"),
        incidents=bindparam("new_incidents"),
        position=bindparam("new_position"),
        business_key=bindparam("new_business_key"),
        audit_head=bindparam("new_head"),
        audit_length=bindparam("new_length"),
        version=process_instance.c.version + 1,
    )
)
_END_INSTANCE = (
    update(process_instance)
    .where(process_instance.c.key == bindparam("instance"))
    .values(state=bindparam("new_state"), ended_at=bindparam("at"))
)
_RAISE_VERSION = (
    update(process_instance)
    .where(process_instance.c.key == bindparam("instance"))
    .values(version=process_instance.c.version + 1)
)
_CHANGE_ELEMENT = (
    update(token)
    .where(token.c.key == bindparam("element"))
    .values(state=bindparam("new_state"), data=bindparam("new_data"), loop_counter=bindparam("counter"))
)
_END_USER_TASK = (
    update(user_task)
    .where(user_task.c.key == bindparam("task"))
    .values(
        state=bindparam("new_state"),
        ended_at=bindparam("at"),
        completed_by=bindparam("by"),
        outcome=bindparam("new_outcome"),
        version=user_task.c.version + 1,
    )
)


def write_changes(
    link: Link,
    changes: Changes,
    heads: Mapping[int, AuditHead],
    *,
    at: datetime,
    by: str,
    outcomes: Mapping[int, str],
) -> None:
    """Everything in `changes` but `signals_thrown` and `log`. Parents come before what refers to them.

    `heads` are the ends of the audit chains of the instances that changed.
    """
    write_migrations(link, changes.instances_migrated)
    definitions = _definitions_of(link, changes)
    _write_instances(link, changes, definitions, heads)
    _write_elements(link, changes)
    _write_variables(link, changes)
    change_user_tasks(link, changes.user_tasks_changed)
    _write_user_tasks(link, changes, at=at, by=by, outcomes={**changes.outcomes, **outcomes})
    _write_jobs(link, changes, at=at, by=by)
    _write_waiting(link, changes, definitions)
    _write_incidents(link, changes, definitions, at=at, by=by)
    DecisionLog(link).add(changes.decisions_evaluated)


def touched_instances(changes: Changes) -> set[int]:
    """The instances that anything in `changes` belongs to, those that began in it left out."""
    started = {one.key for one in changes.instances_started}
    lists: tuple[Iterable[Any], ...] = (
        changes.elements_started,
        changes.elements_changed,
        changes.elements_ended,
        changes.flows_taken,
        changes.variables_set,
        changes.user_tasks_created,
        changes.jobs_created,
        changes.incidents_raised,
    )
    touched = {record.process_instance_key for records in lists for record in records}
    touched |= {one.key for one in changes.instances_changed} | {one.key for one in changes.instances_ended}
    return touched - started


def _definitions_of(link: Link, changes: Changes) -> dict[int, tuple[str, int]]:
    """Definition key -> process id and version, for the rows that repeat them."""
    keys = {one.definition_key for one in changes.instances_started}
    keys |= {one.definition_key for one in changes.signal_subscriptions_opened}
    keys |= {one.definition_key for one in changes.incidents_raised}
    if not keys:
        return {}
    table = process_definition.c
    query = select(table.key, table.process_id, table.version).where(table.key.in_(keys))
    return {row.key: (row.process_id, row.version) for row in link.rows(query)}


def _write_instances(
    link: Link,
    changes: Changes,
    definitions: Mapping[int, tuple[str, int]],
    heads: Mapping[int, AuditHead],
) -> None:
    link.insert(
        process_instance,
        [_instance_row(one, *definitions[one.definition_key]) for one in changes.instances_started],
    )
    link.many(
        _CHANGE_INSTANCE,
        [
            {
                "instance": one.key,
                "new_state": one.state,
                "new_incidents": one.incidents,
                "new_position": one.position,
                "new_business_key": one.business_key,
                "new_head": heads[one.key].hash,
                "new_length": heads[one.key].length,
            }
            for one in changes.instances_changed
        ],
    )
    link.many(
        _END_INSTANCE,
        [
            {"instance": one.key, "new_state": one.state, "at": one.ended_at}
            for one in changes.instances_ended
        ],
    )
    touched = touched_instances(changes) - {one.key for one in changes.instances_changed}
    link.many(_RAISE_VERSION, [{"instance": key} for key in touched])


def _instance_row(one: LiveInstance, process_id: str, version: int) -> dict[str, Any]:
    return {
        "key": one.key,
        "root_key": one.root_key,
        "parent_key": one.parent_key,
        "parent_element_instance_key": one.parent_element_instance_key,
        "definition_key": one.definition_key,
        "process_id": process_id,
        "process_version": version,
        "business_key": one.business_key,
        "state": one.state,
        "incidents": one.incidents,
        "version": 1,
        "position": one.position,
        "started_at": one.started_at,
        "started_by": one.started_by,
        "ended_at": None,
        "audit_head": "",
        "audit_length": 0,
    }


def _write_elements(link: Link, changes: Changes) -> None:
    link.insert(token, [_token_row(one) for one in changes.elements_started])
    link.many(
        _CHANGE_ELEMENT,
        [
            {
                "element": one.key,
                "new_state": one.state,
                "new_data": one.data,
                "counter": one.loop_counter,
            }
            for one in changes.elements_changed
        ],
    )
    link.insert(element_instance, [vars(one) for one in changes.elements_ended])
    link.delete(token, "key", [one.key for one in changes.elements_ended])
    link.insert(flow_taken, [vars(one) for one in changes.flows_taken])


def _token_row(one: LiveElement) -> dict[str, Any]:
    return {
        "key": one.key,
        "process_instance_key": one.process_instance_key,
        "scope_key": one.scope_key,
        "element_id": one.element_id,
        "element_type": one.element_type,
        "state": one.state,
        "started_at": one.started_at,
        "started_position": one.started_position,
        "loop_counter": one.loop_counter,
        "data": one.data,
    }


def _write_variables(link: Link, changes: Changes) -> None:
    rows = [_variable_row(link, one, live=True) for one in changes.variables_set]
    rows += [_variable_row(link, one, live=False) for one in changes.variables_ended]
    link.many(_set_variable(link.is_postgres), rows)
    if changes.scopes_dropped:
        link.execute(
            update(variable).where(variable.c.scope_key.in_(changes.scopes_dropped)).values(live=False)
        )


@cache
def _set_variable(is_postgres: bool) -> postgresql.Insert | sqlite.Insert:
    statement = upsert(variable, is_postgres)
    return statement.on_conflict_do_update(
        index_elements=[variable.c.scope_key, variable.c.name],
        set_={name: statement.excluded[name] for name in ("value", "size", "live")},
    )


def _variable_row(link: Link, one: VariableSet, *, live: bool) -> dict[str, Any]:
    text = json_text.dumps(one.value)
    return {
        "key": link.keys.next(),
        "process_instance_key": one.process_instance_key,
        "scope_key": one.scope_key,
        "name": one.name,
        "size": len(text),
        "live": live,
        "value": text,
    }


def _write_user_tasks(
    link: Link, changes: Changes, *, at: datetime, by: str, outcomes: Mapping[int, str]
) -> None:
    created = changes.user_tasks_created
    link.insert(user_task, [_user_task_row(one) for one in created])
    link.insert(
        user_task_candidate,
        [
            row
            for one in created
            for row in candidate_rows(one.key, one.candidate_groups, one.candidate_users, one.excluded_users)
        ],
    )
    ended = [(key, UserTaskState.COMPLETED) for key in changes.user_tasks_completed]
    ended += [(key, UserTaskState.CANCELED) for key in changes.user_tasks_cancelled]
    link.many(
        _END_USER_TASK,
        [
            {
                "task": key,
                "new_state": state,
                "at": at,
                "by": by if state is UserTaskState.COMPLETED else None,
                "new_outcome": outcomes.get(key),
            }
            for key, state in ended
        ],
    )
    link.delete(user_task_candidate, "user_task_key", [key for key, _ in ended])


def _user_task_row(one: UserTaskCreated) -> dict[str, Any]:
    return vars(one) | {
        "candidate_groups": list(one.candidate_groups),
        "candidate_users": list(one.candidate_users),
        "excluded_users": list(one.excluded_users),
        "outcomes": list(one.outcomes),
        "version": 1,
    }


def _write_jobs(link: Link, changes: Changes, *, at: datetime, by: str) -> None:
    link.insert(
        job,
        [
            vars(one)
            | {
                "state": JobState.CREATED,
                "worker": "",
                "actor": by,
                "attempt": 0,
                "due_at": one.created_at,
                "available_at": one.created_at if one.retries > 0 else None,
                "error_code": "",
                "error_message": "",
            }
            for one in changes.jobs_created
        ],
    )
    completed = set(changes.jobs_completed)
    ended = [*changes.jobs_completed, *changes.jobs_cancelled]
    if ended:
        state = case((job.c.key.in_(completed), JobState.COMPLETED.value), else_=JobState.CANCELED.value)
        # One that has thrown an error has ended already, and stays as it ended.
        link.execute(
            update(job)
            .where(job.c.key.in_(ended), job.c.ended_at.is_(None))
            .values(state=state, ended_at=at, available_at=None, locked_until=None)
        )


def _write_waiting(link: Link, changes: Changes, definitions: Mapping[int, tuple[str, int]]) -> None:
    link.insert(timer, [vars(one) for one in changes.timers_opened])
    link.delete(timer, "key", changes.timers_closed)
    link.insert(message_subscription, [vars(one) for one in changes.message_subscriptions_opened])
    link.delete(message_subscription, "key", changes.message_subscriptions_closed)
    link.insert(
        signal_subscription,
        [
            vars(one) | {"process_id": definitions[one.definition_key][0]}
            for one in changes.signal_subscriptions_opened
        ],
    )
    link.delete(signal_subscription, "key", changes.signal_subscriptions_closed)


def _write_incidents(
    link: Link, changes: Changes, definitions: Mapping[int, tuple[str, int]], *, at: datetime, by: str
) -> None:
    link.insert(
        incident,
        [
            vars(one) | {"state": IncidentState.ACTIVE, "process_id": definitions[one.definition_key][0]}
            for one in changes.incidents_raised
        ],
    )
    if changes.incidents_resolved:
        link.execute(
            update(incident)
            .where(incident.c.key.in_(changes.incidents_resolved), incident.c.resolved_at.is_(None))
            .values(state=IncidentState.RESOLVED, resolved_at=at, resolved_by=by)
        )
