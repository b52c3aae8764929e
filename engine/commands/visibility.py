"""What an actor may see. What may not be seen does not exist for the one who asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..errors import DocumentNotFound, PermissionDenied, ProcessInstanceNotFound, UserTaskNotFound
from ..filters import ProcessDefinitionFilter, ProcessInstanceFilter, UserTaskFilter
from ..identity import OPERATE, SEE_ALL_TASKS, Rights
from ..model import (
    Actor,
    AuditEntry,
    Document,
    Page,
    ProcessDefinition,
    ProcessInstance,
    UserTask,
    UserTaskState,
)
from ..storage import View
from .deployed import DefinitionCache

MAX_PROCESSES = 500
HIDDEN = ("before", "after")


def sees_everything(rights: Rights, actor: Actor) -> bool:
    return rights.may(actor, OPERATE) or rights.may(actor, SEE_ALL_TASKS)


def visible_user_task(view: View, rights: Rights, actor: Actor, key: int) -> UserTask:
    """Raises UserTaskNotFound, also for somebody whom it does not concern."""
    task = view.user_tasks.get(key)
    if not may_see(rights, actor, task):
        raise UserTaskNotFound(key)
    return task


def may_see(rights: Rights, actor: Actor, task: UserTask) -> bool:
    """Whether the task concerns the actor: theirs, offered to them, or done by them."""
    return sees_everything(rights, actor) or _concerns(rights, actor, task)


def visible_instance(view: View, rights: Rights, actor: Actor, key: int) -> ProcessInstance:
    """Raises ProcessInstanceNotFound, also for somebody who has no part in it."""
    instance = view.instances.get(key)
    if sees_everything(rights, actor) or instance.started_by == actor.user_id:
        return instance
    family = ProcessInstanceFilter(keys=(instance.root_key,), involving=actor.user_id)
    if view.instances.search(family, limit=1).items:
        return instance
    workable = UserTaskFilter(root_process_instance_key=instance.root_key, workable_by=actor.user_id)
    offered = view.user_tasks.search(workable, now=rights.now, limit=1)
    if not offered.items:
        raise ProcessInstanceNotFound(key)
    return instance


def visible_document(view: View, rights: Rights, actor: Actor, key: int) -> Document:
    """Its owner, its readers, operators; and, when it names no readers, those who see its instance."""
    document = view.documents.get(key)
    if rights.may(actor, OPERATE) or document.created_by == actor.user_id:
        return document
    if document.readers:
        if {actor.user_id, *rights.facts(actor).groups} & set(document.readers):
            return document
    elif document.process_instance_key is not None:
        try:
            visible_instance(view, rights, actor, document.process_instance_key)
        except ProcessInstanceNotFound:
            raise DocumentNotFound(key) from None
        return document
    raise DocumentNotFound(key)


def visible_user_tasks(
    view: View,
    rights: Rights,
    actor: Actor,
    filter: UserTaskFilter,
    *,
    order: Sequence[tuple[str, str]],
    limit: int,
    cursor: str | None,
) -> Page[UserTask]:
    """Everybody's for those who see everything; else what the actor may work on, or has completed."""
    wanted = filter
    if not sees_everything(rights, actor):
        own_past = filter.state is not UserTaskState.CREATED
        wanted = replace(
            filter,
            workable_by=None if own_past else actor.user_id,
            completed_by=actor.user_id if own_past else None,
        )
    return view.user_tasks.search(wanted, now=rights.now, order=order, limit=limit, cursor=cursor)


def startable(view: View, cache: DefinitionCache, rights: Rights, actor: Actor) -> list[ProcessDefinition]:
    """The latest versions with a plain start event that the actor may start."""
    found: list[ProcessDefinition] = []
    latest = view.definitions.search_processes(ProcessDefinitionFilter(latest=True), limit=MAX_PROCESSES)
    for definition in latest.items:
        try:
            rights.check_start(actor, definition)
        except PermissionDenied:
            continue
        if cache.process(view, definition.key).model.root.none_start is not None:
            found.append(definition)
    return found


def shown_timeline(view: View, rights: Rights, actor: Actor, key: int) -> list[AuditEntry]:
    """The lines of an instance; values before and after a repair only for those who may repair."""
    entries = view.audit.of_instance(key)
    if rights.may(actor, OPERATE):
        return list(entries)
    return [replace(e, details={k: v for k, v in e.details.items() if k not in HIDDEN}) for e in entries]


def need_any(rights: Rights, actor: Actor, action: str, *permissions: str) -> None:
    """Raise PermissionDenied unless the actor has one of the permissions."""
    if not any(rights.may(actor, permission) for permission in permissions):
        raise PermissionDenied(actor.user_id, action, " or ".join(f"'{p}'" for p in permissions))


def own_instances(
    rights: Rights, actor: Actor, filter: ProcessInstanceFilter | None
) -> ProcessInstanceFilter:
    """The filter, narrowed to what the actor may see."""
    wanted = filter or ProcessInstanceFilter()
    return wanted if sees_everything(rights, actor) else replace(wanted, involving=actor.user_id)


def _concerns(rights: Rights, actor: Actor, task: UserTask) -> bool:
    facts = rights.facts(actor)
    if task.assignee in facts.acting_users or task.completed_by == actor.user_id:
        return True
    return actor.user_id not in task.excluded_users and facts.is_candidate(task)
