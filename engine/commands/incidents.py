"""Resolving incidents: the failed step is tried again, with other variables if need be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import IncidentAlreadyResolved
from ..identity import OPERATE
from ..model import Incident, IncidentState
from .advance import Step
from .command import Command, CommandContext
from .instances import change_variables


@dataclass(frozen=True, kw_only=True)
class ResolveIncident(Command[None]):
    """A job gets one more attempt at once; if that fails too, there is a new incident."""

    key: int
    variables: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""

    def run(self, context: CommandContext) -> None:
        context.need(OPERATE, f"resolve incident {self.key}")
        instance = context.lock_active(context.uow.incidents.get(self.key).process_instance_key)
        incident = context.uow.incidents.get(self.key)
        if incident.state is IncidentState.RESOLVED:
            raise IncidentAlreadyResolved(self.key)
        step = Step(context)
        scope = incident.element_instance_key
        if self.variables:
            change_variables(context, step, instance, scope, self.variables, False, self.reason)
        step.runtime.resolve_incident(scope)
        self._free_job(context, incident)
        step.advance()
        context.audit(
            "resolve-incident",
            "incident",
            self.key,
            instance.key,
            elementId=incident.element_id,
            errorType=incident.error_type,
            reason=self.reason,
        )

    def _free_job(self, context: CommandContext, incident: Incident) -> None:
        if incident.job_key is None:
            return
        retries = max(context.uow.jobs.get(incident.job_key).retries, 1)
        context.uow.jobs.set_retries(incident.job_key, retries, due_at=context.now)
        context.uow.notify("jobs")
