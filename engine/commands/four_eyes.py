"""Who may not act on a user task, looked up afresh: others may have completed steps since it was created."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..bpmn.model import Element, ElementType
from ..model import ProcessInstance, UserTask
from .command import CommandContext

PARENT = "parent:"


def with_present_exclusions(context: CommandContext, task: UserTask) -> UserTask:
    """The task with everybody excluded who has completed one of the elements that its model names."""
    element = context.definitions.model(task.definition_key).elements.get(task.element_id)
    if element is None or element.user_task is None or not element.user_task.excluded_elements:
        return task
    excluded = set(task.excluded_users)
    for reference in element.user_task.excluded_elements:
        excluded.update(_actors_of(context, task, reference))
    return replace(task, excluded_users=tuple(sorted(excluded)))


def _actors_of(context: CommandContext, task: UserTask, reference: str) -> Iterator[str]:
    """Who completed the element `reference`; a start event means the starter, `parent:ID` the caller's."""
    instance: ProcessInstance | None = context.uow.instances.get(task.process_instance_key)
    while reference.startswith(PARENT) and instance is not None:
        reference = reference[len(PARENT) :]
        instance = None if instance.parent_key is None else context.uow.instances.get(instance.parent_key)
    if instance is None:
        return
    if _is_start(context.definitions.model(instance.definition_key).elements.get(reference)):
        yield instance.started_by
    yield from context.uow.history.completers(instance.key, reference)


def _is_start(element: Element | None) -> bool:
    return element is not None and element.type is ElementType.START_EVENT
