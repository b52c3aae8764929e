"""Jobs of elements and of listeners: an element instance has at most one open job at a time."""

from __future__ import annotations

from collections.abc import Mapping

from ..bpmn.model import Listener, TaskDefinition
from ..model import JobKind
from .changes import JobCreated
from .expressions import text, whole_number
from .instance import Instance
from .records import LiveElement

_JOB = "job"
USER_TASK_JOB = "io.camunda.zeebe:userTask"


def create_job(
    instance: Instance,
    element: LiveElement,
    definition: TaskDefinition | Listener,
    *,
    kind: JobKind = JobKind.BPMN_ELEMENT,
    headers: Mapping[str, str] | None = None,
    listener_event: str = "",
) -> None:
    """Open a job; its type and retries are evaluated first and may raise a Failure."""
    step, record = instance.step, instance.record
    seen, now = instance.visible(element), step.now()
    job_type = text(definition.type, seen, now)
    retries = whole_number(definition.retries, seen, now, what="the retries")
    key = step.new_key()
    element.data[_JOB] = key
    instance.change(element)
    own_headers = definition.headers if isinstance(definition, TaskDefinition) else {}
    step.ledger.job_created(
        JobCreated(
            key=key,
            type=job_type,
            kind=kind,
            retries=retries,
            headers={**own_headers, **(headers or {})},
            element_id=element.element_id,
            element_instance_key=element.key,
            process_instance_key=record.key,
            root_process_instance_key=record.root_key,
            definition_key=record.definition_key,
            process_id=instance.deployed.process_id,
            process_version=instance.deployed.version,
            listener_event=listener_event,
            created_at=now,
        )
    )


def has_job(element: LiveElement) -> bool:
    return _JOB in element.data


def complete_job(instance: Instance, element: LiveElement) -> None:
    """The open job of the element instance, if any, is done."""
    key = element.data.pop(_JOB, None)
    if key is not None:
        instance.step.ledger.job_completed(key)
        instance.change(element)


def cancel_job(instance: Instance, element: LiveElement) -> None:
    """The element instance goes another way: nobody should work on its job any more."""
    key = element.data.pop(_JOB, None)
    if key is not None:
        instance.step.ledger.job_cancelled(key)
