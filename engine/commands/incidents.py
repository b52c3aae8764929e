"""Resolving incidents: the failed step is tried again, with other variables if need be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import IncidentAlreadyResolved
from ..identity import OPERATE
from ..model import Incident, IncidentState, RepairEffect, VariableChange
from .advance import Step
from .command import Command, CommandContext
from .effects import effect_of, foreseen
from .instances import change_variables, tell_variables


@dataclass(frozen=True, kw_only=True)
class ResolveIncident(Command[RepairEffect]):
    """A job gets one more attempt at once; if that fails too, there is a new incident. With `preview`
    nothing is written, and no job is tried."""

    key: int
    variables: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    preview: bool = False

    def run(self, context: CommandContext) -> RepairEffect:
        context.need(OPERATE, f"resolve incident {self.key}")
        instance = context.lock_active(context.uow.incidents.get(self.key).process_instance_key)
        incident = context.uow.incidents.get(self.key)
        if incident.state is IncidentState.RESOLVED:
            raise IncidentAlreadyResolved(self.key, incident.resolved_by, incident.resolved_at)
        step = Step(context)
        scope = incident.element_instance_key
        changed: tuple[VariableChange, ...] = ()
        if self.variables:
            changed = change_variables(step, scope, self.variables, False)
        step.runtime.resolve_incident(scope)
        retried = () if incident.job_key is None else (incident.element_id,)
        if self.preview:
            return replace(foreseen(step), variables=changed, retried=retried)
        if changed:
            tell_variables(context, instance, scope, changed, local=False, reason=self.reason)
        self._free_job(context, incident)
        effect = effect_of(step.advance())
        context.audit(
            "resolve-incident",
            "incident",
            self.key,
            instance.key,
            elementId=incident.element_id,
            errorType=incident.error_type,
            reason=self.reason,
        )
        return replace(effect, variables=changed, retried=retried)

    def _free_job(self, context: CommandContext, incident: Incident) -> None:
        if incident.job_key is None:
            return
        retries = max(context.uow.jobs.get(incident.job_key).retries, 1)
        context.uow.jobs.set_retries(incident.job_key, retries, due_at=context.now)
        context.uow.notify("jobs")
