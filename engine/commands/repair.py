"""Repair of running instances by hand: suspend and resume, move tokens, skip what is stuck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import Conflict, ElementInstanceNotFound, InvalidInput, ProcessInstanceNotActive
from ..identity import OPERATE
from ..model import InstanceState, ProcessInstance, RepairEffect
from ..runtime.changes import Changes
from .advance import Step
from .command import Command, CommandContext
from .instances import locked_scope
from .values import checked_variables


@dataclass(frozen=True, kw_only=True)
class SuspendProcessInstance(Command[None]):
    """Nothing of the family goes on until it is resumed: no job, timer, message or task."""

    key: int
    reason: str = ""

    def run(self, context: CommandContext) -> None:
        context.need(OPERATE, f"suspend process instance {self.key}")
        instance = _outermost(context, self.key)
        context.check_active(instance)
        _set_family(context, instance, InstanceState.ACTIVE, InstanceState.SUSPENDED)
        context.audit("suspend-process-instance", "process-instance", self.key, self.key, reason=self.reason)


@dataclass(frozen=True, kw_only=True)
class ResumeProcessInstance(Command[None]):
    """What fell due meanwhile happens now."""

    key: int
    reason: str = ""

    def run(self, context: CommandContext) -> None:
        context.need(OPERATE, f"resume process instance {self.key}")
        instance = _outermost(context, self.key)
        if instance.state is not InstanceState.SUSPENDED:
            raise Conflict(f"process instance {self.key} is not suspended")
        _set_family(context, instance, InstanceState.SUSPENDED, InstanceState.ACTIVE)
        context.uow.notify("jobs")
        context.audit("resume-process-instance", "process-instance", self.key, self.key, reason=self.reason)


@dataclass(frozen=True, kw_only=True)
class ModifyProcessInstance(Command[RepairEffect]):
    """Start elements, cancel element instances, or move them: `move` maps an element instance to the element
    where its token goes. `variables` belong to the started element of that id. With `preview` nothing is
    written."""

    key: int
    start: Sequence[str] = ()
    cancel: Sequence[int] = ()
    move: Mapping[int, str] = field(default_factory=dict)
    variables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    reason: str = ""
    preview: bool = False

    def run(self, context: CommandContext) -> RepairEffect:
        context.need(OPERATE, f"change the tokens of process instance {self.key}")
        context.lock_active(self.key)
        started = [*self.start, *self.move.values()]
        ended = [*self.cancel, *self.move]
        self._check(context, started, ended)
        step = Step(context)
        for element_id in started:
            values = checked_variables(self.variables.get(element_id, {}))
            step.runtime.start_element(self.key, element_id, values)
        for element_instance_key in ended:
            step.runtime.cancel_element(element_instance_key)
        if self.preview:
            return _foreseen(step)
        effect = effect_of(step.advance())
        context.audit(
            "modify-process-instance",
            "process-instance",
            self.key,
            self.key,
            started=started,
            cancelled=[str(key) for key in ended],
            reason=self.reason,
        )
        return effect

    def _check(self, context: CommandContext, started: Sequence[str], ended: Sequence[int]) -> None:
        if not started and not ended:
            raise InvalidInput("name a token to start, to cancel or to move")
        if len(set(ended)) != len(ended):
            raise InvalidInput("an element instance is named twice")
        unused = set(self.variables) - set(started)
        if unused:
            raise InvalidInput(f"variables are given for {sorted(unused)}, which is not started")
        for key in ended:
            if context.uow.tokens.process_instance_of(key) != self.key:
                raise ElementInstanceNotFound(key, f"it does not run in process instance {self.key}")
            if key == self.key:
                raise InvalidInput("to end the whole instance, cancel it")


@dataclass(frozen=True, kw_only=True)
class SkipElement(Command[RepairEffect]):
    """Go on behind an element instance with `variables` in place of its result."""

    key: int
    variables: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    preview: bool = False

    def run(self, context: CommandContext) -> RepairEffect:
        context.need(OPERATE, f"skip element instance {self.key}")
        instance = locked_scope(context, self.key)
        step = Step(context)
        values = checked_variables(self.variables)
        step.runtime.skip_element(self.key, values)
        if self.preview:
            return _foreseen(step)
        effect = effect_of(step.advance())
        context.audit(
            "skip-element", "element-instance", self.key, instance.key, variables=values, reason=self.reason
        )
        return effect


def effect_of(changes: Changes) -> RepairEffect:
    """What a step came to, in the words of the diagram."""
    return RepairEffect(
        started=tuple(one.element_id for one in changes.elements_started),
        ended=tuple((one.element_id, one.state) for one in changes.elements_ended),
        incidents=tuple((one.element_id, one.message) for one in changes.incidents_raised),
        instances_ended=tuple(one.key for one in changes.instances_ended),
    )


def _foreseen(step: Step) -> RepairEffect:
    """Up to the next jobs, none of which is run."""
    step.runtime.run()
    return effect_of(step.runtime.changes())


def _outermost(context: CommandContext, key: int) -> ProcessInstance:
    instance = context.lock(key)
    if instance.state in (InstanceState.COMPLETED, InstanceState.TERMINATED):
        raise ProcessInstanceNotActive(key, instance.state)
    if instance.parent_key is not None:
        raise Conflict(
            f"process instance {key} was called by {instance.parent_key};"
            f" suspend or resume the outermost one, {instance.root_key}"
        )
    return instance


def _set_family(
    context: CommandContext, root: ProcessInstance, before: InstanceState, after: InstanceState
) -> None:
    for instance in context.uow.instances.family(root.key):
        if instance.state is before:
            context.uow.instances.set_state(instance.key, after)
