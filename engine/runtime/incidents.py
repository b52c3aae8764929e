"""Incidents: an element instance stands still until somebody mends the cause and lets it try again."""

from __future__ import annotations

from .changes import IncidentRaised
from .failures import Failure, IncidentType
from .instance import Instance
from .records import LiveElement

_INCIDENT = "incident"


def raise_incident(
    instance: Instance, element: LiveElement, failure: Failure, job_key: int | None = None
) -> None:
    """Stop the element instance with an incident; one that it has already is replaced."""
    resolve_incident(instance, element)
    step = instance.step
    key = step.new_key()
    element.data[_INCIDENT] = key
    instance.record.incidents += 1
    instance.change(element)
    step.ledger.instance_changed(instance.record)
    step.ledger.incident_raised(
        IncidentRaised(
            key=key,
            error_type=failure.error_type.value,
            message=failure.message,
            hint=failure.hint,
            trace=failure.trace,
            element_id=element.element_id,
            element_instance_key=element.key,
            process_instance_key=instance.record.key,
            root_process_instance_key=instance.record.root_key,
            definition_key=instance.record.definition_key,
            job_key=job_key,
            created_at=step.now(),
        )
    )


def resolve_incident(instance: Instance, element: LiveElement) -> bool:
    """Close the open incident of the element instance; False when it has none."""
    key = element.data.pop(_INCIDENT, None)
    if key is None:
        return False
    instance.record.incidents -= 1
    instance.change(element)
    instance.step.ledger.instance_changed(instance.record)
    instance.step.ledger.incident_resolved(key)
    return True


def has_incident(element: LiveElement) -> bool:
    return _INCIDENT in element.data


def step_limit_reached(steps: int) -> Failure:
    """The sentence for a loop that never waits."""
    return Failure(
        IncidentType.UNSPECIFIED,
        f"The process went through {steps} steps without waiting for anything; it seems to loop for ever.",
        "check the conditions of the loop; resolving the incident lets it go on for as many steps again",
    )
