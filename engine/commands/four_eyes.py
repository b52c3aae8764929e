"""Who may not act on a user task, looked up afresh: others may have completed steps since it was created."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..bpmn.model import Element, ElementType
from ..model import ProcessInstance, UserTask
from ..runtime.migration import past_names, present_name
from .command import CommandContext

PARENT = "parent:"


def with_present_exclusions(context: CommandContext, task: UserTask) -> UserTask:
    """The task with everybody excluded who has completed one of the elements that its model names."""
    element = context.definitions.model(task.definition_key).elements.get(task.element_id)
    if element is None or element.user_task is None or not element.user_task.excluded_elements:
        return task
    excluded = set(task.excluded_users)
    instance_key: int | None = task.process_instance_key
    references: Iterable[str] = element.user_task.excluded_elements
    while instance_key is not None and references:
        own = [reference for reference in references if not reference.startswith(PARENT)]
        instance = context.uow.instances.get(instance_key)
        excluded |= _actors_of(context, instance, own)
        references = [r.removeprefix(PARENT) for r in references if r.startswith(PARENT)]
        instance_key = instance.parent_key
    return replace(task, excluded_users=tuple(sorted(excluded)))


def _actors_of(context: CommandContext, instance: ProcessInstance, elements: Sequence[str]) -> set[str]:
    """Who completed one of the elements; a start event means the starter."""
    if not elements:
        return set()
    known = context.definitions.model(instance.definition_key).elements
    process = context.uow.tokens.data_of(instance.key)
    present = [present_name(process, name, known) for name in elements]
    found = {instance.started_by for name in present if _is_start(known.get(name))}
    for past in past_names(process, present, known):
        found |= context.uow.history.completers(instance.key, past.element_ids, past.after, past.until)
    return found


def _is_start(element: Element | None) -> bool:
    return element is not None and element.type is ElementType.START_EVENT
