"""Interventions on running instances: cancel, and change variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import Conflict, ElementInstanceNotFound, InvalidVariables, ProcessInstanceNotActive
from ..identity import OPERATE
from ..model import InstanceState, ProcessInstance
from .advance import Step
from .command import Command, CommandContext
from .values import checked_variables


@dataclass(frozen=True, kw_only=True)
class CancelProcessInstance(Command[None]):
    key: int
    reason: str = ""

    def run(self, context: CommandContext) -> None:
        context.need(OPERATE, f"cancel process instance {self.key}")
        instance = context.lock(self.key)
        if instance.state in (InstanceState.COMPLETED, InstanceState.TERMINATED):
            raise ProcessInstanceNotActive(self.key, instance.state)
        if instance.parent_key is not None:
            raise Conflict(
                f"process instance {self.key} was called by {instance.parent_key};"
                f" cancel the outermost one, {instance.root_key}"
            )
        step = Step(context)
        step.runtime.cancel_instance(self.key)
        step.advance()
        context.audit("cancel-process-instance", "process-instance", self.key, self.key, reason=self.reason)


@dataclass(frozen=True, kw_only=True)
class SetVariables(Command[None]):
    """At a process instance or an element instance; not `local`: each where it is already found."""

    scope_key: int
    variables: Mapping[str, Any] = field(default_factory=dict)
    local: bool = False
    reason: str = ""

    def run(self, context: CommandContext) -> None:
        context.need(OPERATE, f"change the variables of {self.scope_key}")
        instance = locked_scope(context, self.scope_key)
        step = Step(context)
        change_variables(context, step, instance, self.scope_key, self.variables, self.local, self.reason)
        step.advance()


def locked_scope(context: CommandContext, scope_key: int) -> ProcessInstance:
    """Lock the family of a process instance or live element instance, which must be running."""
    instance = context.uow.tokens.process_instance_of(scope_key)
    if instance is None:
        ended = context.uow.instances.find(scope_key)
        if ended is not None:
            raise ProcessInstanceNotActive(scope_key, ended.state)
        raise ElementInstanceNotFound(scope_key, "it may have ended")
    return context.lock_active(instance)


def change_variables(
    context: CommandContext,
    step: Step,
    instance: ProcessInstance,
    scope_key: int,
    variables: Mapping[str, Any],
    local: bool,
    reason: str,
) -> None:
    """Write the variables, with the values before and after in the trail."""
    values = checked_variables(variables)
    if not values:
        raise InvalidVariables({"": "no variables were given"})
    visible = step.runtime.visible_variables(scope_key)
    before = {name: visible.get(name) for name in values}
    step.runtime.set_variables(scope_key, values, local=local)
    context.audit(
        "set-variables",
        "element-instance",
        scope_key,
        instance.key,
        before=before,
        after=values,
        local=local,
        reason=reason,
    )
