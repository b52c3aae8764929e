"""Interventions on running instances: cancel, and change variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import Conflict, ElementInstanceNotFound, InvalidVariables, ProcessInstanceNotActive
from ..identity import OPERATE
from ..model import InstanceState, ProcessInstance, RepairEffect, VariableChange
from .advance import Step
from .command import Command, CommandContext
from .effects import effect_of, foreseen
from .values import checked_variables


@dataclass(frozen=True, kw_only=True)
class CancelProcessInstance(Command[RepairEffect]):
    """With `preview` nothing is written."""

    key: int
    reason: str = ""
    preview: bool = False

    def run(self, context: CommandContext) -> RepairEffect:
        context.need(OPERATE, f"cancel process instance {self.key}")
        instance = context.lock(self.key)
        if instance.state in (InstanceState.COMPLETED, InstanceState.TERMINATED):
            raise ProcessInstanceNotActive(self.key, instance.state, instance.ended_at)
        if instance.parent_key is not None:
            raise Conflict(
                f"process instance {self.key} was called by {instance.parent_key};"
                f" cancel the outermost one, {instance.root_key}"
            )
        step = Step(context)
        step.runtime.cancel_instance(self.key)
        if self.preview:
            return foreseen(step)
        effect = effect_of(step.advance())
        context.audit("cancel-process-instance", "process-instance", self.key, self.key, reason=self.reason)
        return effect


@dataclass(frozen=True, kw_only=True)
class SetVariables(Command[RepairEffect]):
    """At a process instance or an element instance; not `local`: each where it is already found. With
    `preview` nothing is written."""

    scope_key: int
    variables: Mapping[str, Any] = field(default_factory=dict)
    local: bool = False
    reason: str = ""
    preview: bool = False

    def run(self, context: CommandContext) -> RepairEffect:
        context.need(OPERATE, f"change the variables of {self.scope_key}")
        instance = locked_scope(context, self.scope_key)
        step = Step(context)
        changed = change_variables(step, self.scope_key, self.variables, self.local)
        if self.preview:
            return replace(foreseen(step), variables=changed)
        tell_variables(context, instance, self.scope_key, changed, local=self.local, reason=self.reason)
        return replace(effect_of(step.advance()), variables=changed)


def locked_scope(context: CommandContext, scope_key: int) -> ProcessInstance:
    """Lock the family of a process instance or live element instance, which must be running."""
    instance = context.uow.tokens.process_instance_of(scope_key)
    if instance is None:
        ended = context.uow.instances.find(scope_key)
        if ended is not None:
            raise ProcessInstanceNotActive(scope_key, ended.state, ended.ended_at)
        raise ElementInstanceNotFound(scope_key, "it may have ended")
    return context.lock_active(instance)


def change_variables(
    step: Step, scope_key: int, variables: Mapping[str, Any], local: bool
) -> tuple[VariableChange, ...]:
    """Change the variables; answers the values before and after."""
    values = checked_variables(variables)
    if not values:
        raise InvalidVariables({"": "no variables were given"})
    visible = step.runtime.visible_variables(scope_key)
    before = {name: visible.get(name) for name in values}
    step.runtime.set_variables(scope_key, values, local=local)
    return tuple(VariableChange(name=name, before=before[name], after=values[name]) for name in values)


def tell_variables(
    context: CommandContext,
    instance: ProcessInstance,
    scope_key: int,
    changed: Sequence[VariableChange],
    *,
    local: bool,
    reason: str,
) -> None:
    """The values before and after, in the trail."""
    context.audit(
        "set-variables",
        "element-instance",
        scope_key,
        instance.key,
        before={one.name: one.before for one in changed},
        after={one.name: one.after for one in changed},
        local=local,
        reason=reason,
    )
