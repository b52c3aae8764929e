"""Moving tokens by hand: starting an element anywhere in a running instance, skipping and ending one."""

from __future__ import annotations

from typing import Any

from ..bpmn.model import Element, ElementType
from ..errors import InvalidInput
from ..model import ElementState
from ..runtime import jobs, listeners, task_listeners, user_tasks
from ..runtime.records import LiveElement
from .family import BY_HAND, Family
from .instance_workflow import InstanceWorkflow
from .specs.base import SKIPPED

_NOT_BY_HAND = frozenset({ElementType.START_EVENT, ElementType.BOUNDARY_EVENT, ElementType.EVENT_SUB_PROCESS})


def start_element(
    workflow: InstanceWorkflow, element: Element, variables: dict[str, Any], scope: LiveElement | None
) -> None:
    """A token sets out for the element. Containers around it that do not run yet begin, without their start
    events. `scope` says in which of several running ones; raises InvalidInput when that has to be said."""
    if element.type in _NOT_BY_HAND or element.parent is None:
        raise InvalidInput(f"element '{element.id}' cannot be started by hand; start the element after it")
    containers = [*element.ancestors()][::-1][1:]
    place = workflow.instance.root
    path = [*containers, element]
    if scope is not None:
        inside = workflow.instance.element_of(scope)
        if inside not in containers:
            raise InvalidInput(f"element instance {scope.key} is no container around element '{element.id}'")
        place, path = scope, path[containers.index(inside) + 1 :]
    while len(path) > 1:
        running = _running(workflow, place, path[0])
        if len(running) > 1:
            raise InvalidInput(
                f"'{path[0].id}' runs {len(running)} times; say in which of them to start '{element.id}'"
            )
        if not running:
            break
        place, path = running[0], path[1:]
    if any(container.multi_instance or container.standard_loop for container in path[:-1]):
        raise InvalidInput(f"'{element.id}' stands in a repeating activity that does not run")
    workflow.spec_of_record(place).enter(workflow, place, [step.id for step in path], variables)


def skip_element(
    family: Family, workflow: InstanceWorkflow, record: LiveElement, variables: dict[str, Any]
) -> None:
    """End what the element does and go on behind it, with `variables` in place of its output mappings."""
    instance = workflow.instance
    if record.element_type is ElementType.EVENT_BASED_GATEWAY:
        raise InvalidInput(
            f"gateway '{record.element_id}' cannot be skipped; start the event behind it instead"
        )
    instance.variables.propagate(record.scope_key or record.key, variables)
    record.data[SKIPPED] = True
    instance.change(record)
    token = workflow.token_of(record)
    if not family.terminate_inside(workflow, record) or token.task_spec.holds_on(token):
        return
    jobs.cancel_job(instance, record)
    user_tasks.cancel_user_task(instance, record)
    listeners.forget_listeners(record)
    task_listeners.break_off(instance, record)
    token.task_spec.complete(token)


def cancel_element(family: Family, workflow: InstanceWorkflow, record: LiveElement) -> None:
    """End an element instance and everything inside it; a scope that is left empty when the step runs ends
    with it, up to the process instance."""
    scope = workflow.instance.scope_of(record)
    if not family.terminate(workflow, record):
        record.data[BY_HAND] = True
    elif scope is not None:
        family.emptied(workflow, scope)


def _running(workflow: InstanceWorkflow, place: LiveElement, container: Element) -> list[LiveElement]:
    """The running instances of a container inside a scope, those inside its bodies included."""
    found: list[LiveElement] = []
    for child in workflow.instance.children_of(place):
        if child.element_type is ElementType.AD_HOC_SUB_PROCESS_INNER_INSTANCE:
            found.extend(_running(workflow, child, container))
        if child.element_id != container.id or child.state is not ElementState.ACTIVE:
            continue
        if child.element_type is ElementType.MULTI_INSTANCE_BODY:
            found.extend(workflow.instance.children_of(child))
        else:
            found.append(child)
    return found
