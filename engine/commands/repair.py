"""Repair of running instances by hand: suspend and resume, move tokens, skip what is stuck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..bpmn.model import ElementType
from ..errors import Conflict, ElementInstanceNotFound, InvalidInput, ProcessInstanceNotActive
from ..identity import OPERATE
from ..model import InstanceState, ProcessInstance, RepairEffect
from .advance import Step
from .command import Command, CommandContext
from .effects import effect_of, foreseen, open_work
from .instances import locked_scope
from .values import checked_variables


@dataclass(frozen=True, kw_only=True)
class SuspendProcessInstance(Command[RepairEffect]):
    """Nothing of the family goes on until it is resumed: no job, timer, message or task. With `preview`
    nothing is written."""

    key: int
    reason: str = ""
    preview: bool = False

    def run(self, context: CommandContext) -> RepairEffect:
        context.need(OPERATE, f"suspend process instance {self.key}")
        instance = _outermost(context, self.key)
        context.check_active(instance)
        effect = _set_family(
            context, instance, InstanceState.ACTIVE, InstanceState.SUSPENDED, preview=self.preview
        )
        if self.preview:
            return effect
        context.audit("suspend-process-instance", "process-instance", self.key, self.key, reason=self.reason)
        return effect


@dataclass(frozen=True, kw_only=True)
class ResumeProcessInstance(Command[RepairEffect]):
    """What fell due meanwhile happens now. With `preview` nothing is written."""

    key: int
    reason: str = ""
    preview: bool = False

    def run(self, context: CommandContext) -> RepairEffect:
        context.need(OPERATE, f"resume process instance {self.key}")
        instance = _outermost(context, self.key)
        if instance.state is not InstanceState.SUSPENDED:
            raise Conflict(f"process instance {self.key} is not suspended")
        effect = _set_family(
            context, instance, InstanceState.SUSPENDED, InstanceState.ACTIVE, preview=self.preview
        )
        if self.preview:
            return effect
        context.uow.notify("jobs")
        context.audit("resume-process-instance", "process-instance", self.key, self.key, reason=self.reason)
        return effect


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
        for element_id in self.start:
            step.runtime.start_element(self.key, element_id, self._variables_of(element_id))
        for element_instance_key, element_id in self.move.items():
            step.runtime.start_beside(element_instance_key, element_id, self._variables_of(element_id))
        for element_instance_key in ended:
            step.runtime.cancel_element(element_instance_key)
        if self.preview:
            return foreseen(step)
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

    def _variables_of(self, element_id: str) -> dict[str, Any]:
        return checked_variables(self.variables.get(element_id, {}))

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
class MoveTokens(Command[RepairEffect]):
    """Move every token of an instance that stands at an element of `moves` to the element it maps to."""

    key: int
    moves: Mapping[str, str]
    reason: str = ""
    preview: bool = False

    def run(self, context: CommandContext) -> RepairEffect:
        context.need(OPERATE, f"change the tokens of process instance {self.key}")
        context.lock_active(self.key)
        standing = [
            token
            for token in context.uow.tokens.of_instance(self.key)
            if token.element_id in self.moves and token.element_type is not ElementType.MULTI_INSTANCE_BODY
        ]
        if not standing:
            raise Conflict(f"process instance {self.key} has no token at {', '.join(sorted(self.moves))}")
        move = {token.key: self.moves[token.element_id] for token in standing}
        command = ModifyProcessInstance(key=self.key, move=move, reason=self.reason, preview=self.preview)
        return command.run(context)


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
            return foreseen(step)
        effect = effect_of(step.advance())
        context.audit(
            "skip-element", "element-instance", self.key, instance.key, variables=values, reason=self.reason
        )
        return effect


def _outermost(context: CommandContext, key: int) -> ProcessInstance:
    instance = context.lock(key)
    if instance.state in (InstanceState.COMPLETED, InstanceState.TERMINATED):
        raise ProcessInstanceNotActive(key, instance.state, instance.ended_at)
    if instance.parent_key is not None:
        raise Conflict(
            f"process instance {key} was called by {instance.parent_key};"
            f" suspend or resume the outermost one, {instance.root_key}"
        )
    return instance


def _set_family(
    context: CommandContext,
    root: ProcessInstance,
    before: InstanceState,
    after: InstanceState,
    *,
    preview: bool,
) -> RepairEffect:
    chosen = [one.key for one in context.uow.instances.family(root.key) if one.state is before]
    if not preview:
        for key in chosen:
            context.uow.instances.set_state(key, after)
    return open_work(context, chosen)
