"""Migration of a running instance to another version of its process, or to another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..bpmn.model import EventType
from ..errors import MigrationRefused, Problem, StaleVersion
from ..identity import OPERATE
from ..model import ProcessInstance
from ..runtime.migration import MigrationPlan
from ..runtime.sources import DeployedProcess
from .advance import Step
from .command import Command, CommandContext
from .messages import start_next_buffered


@dataclass(frozen=True, kw_only=True)
class MigrateProcessInstance(Command[MigrationPlan]):
    """`mapping` leads from ids of elements and flows to those of the target; None: everything keeps its id.

    `version` is that of the instance when it was looked at. With `preview` nothing is changed, and a plan
    that is not possible is answered instead of refused.
    """

    key: int
    target_definition_key: int
    mapping: Mapping[str, str] | None = None
    version: int | None = None
    reason: str = ""
    preview: bool = False

    def run(self, context: CommandContext) -> MigrationPlan:
        context.need(OPERATE, f"migrate process instance {self.key}")
        instance = context.lock_active(self.key)
        if self.version is not None and self.version != instance.version:
            raise StaleVersion("process instance", self.key, self.version, instance.version)
        target = context.definitions.process(self.target_definition_key)
        step = Step(context)
        plan = step.runtime.migration_plan(self.key, target.key, self.mapping)
        more = [*_draft_problems(context, target), *_message_start_problems(context, instance, target)]
        plan = replace(plan, problems=(*plan.problems, *more))
        if self.preview:
            return plan
        if not plan.is_possible:
            raise MigrationRefused(self.key, target.key, plan.problems)
        self._carry_out(context, step, instance, target, plan)
        return plan

    def _carry_out(
        self,
        context: CommandContext,
        step: Step,
        instance: ProcessInstance,
        target: DeployedProcess,
        plan: MigrationPlan,
    ) -> None:
        step.runtime.migrate(self.key, target.key, plan.mapping)
        step.advance()
        _move_message_start(context, instance, target)
        context.uow.notify("timers")
        context.audit(
            "migrate-process-instance",
            "process-instance",
            self.key,
            self.key,
            fromProcess=f"{instance.process_id} v{instance.process_version}",
            toProcess=f"{target.process_id} v{target.version}",
            mapping={source: target_id for source, target_id in plan.mapping.items() if source != target_id},
            kept=sorted({event.target_id for event in plan.kept}),
            closed=sorted({event.event_id for event in plan.closed}),
            opened=sorted({event.target_id for event in plan.opened}),
            reason=self.reason,
        )


def _draft_problems(context: CommandContext, target: DeployedProcess) -> list[Problem]:
    if not context.uow.definitions.process(target.key).draft:
        return []
    return [
        Problem(
            file=target.model.file,
            code="TARGET_NOT_EXECUTABLE",
            message=f"Version {target.version} of '{target.process_id}' is kept as a draft.",
            hint="choose a version that was deployed to run",
        )
    ]


def _message_start_problems(
    context: CommandContext, instance: ProcessInstance, target: DeployedProcess
) -> list[Problem]:
    """Of a process that a message starts, one instance runs per correlation key."""
    held = context.uow.messages.held_start(instance.key)
    if held is None or held[0] == target.process_id:
        return []
    starts = [e for e in target.model.root.start_events if e.event.type is EventType.MESSAGE]
    running = context.uow.messages.start_lock(target.process_id, held[1])
    if not starts or running is None:
        return []
    return [
        Problem(
            file=target.model.file,
            code="MESSAGE_START_TAKEN",
            element_id=starts[0].id,
            element_name=starts[0].name,
            message=f"Process instance {running} of '{target.process_id}' was started by a message with the "
            f"key '{held[1]}' and still runs; there is one at most.",
            hint=f"migrate when instance {running} has ended",
        )
    ]


def _move_message_start(context: CommandContext, instance: ProcessInstance, target: DeployedProcess) -> None:
    """The instance counts for the process that it belongs to now; the one it leaves may begin another."""
    held = context.uow.messages.held_start(instance.key)
    if held is None or held[0] == target.process_id:
        return
    start_next_buffered(context, instance.key)
    if context.uow.messages.start_lock(target.process_id, held[1]) is None:
        context.uow.messages.hold_start(target.process_id, held[1], instance.key)
