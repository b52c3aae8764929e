"""Repair of running instances, for operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..commands.migration import MigrateProcessInstance
from ..commands.repair import (
    ModifyProcessInstance,
    ResumeProcessInstance,
    SkipElement,
    SuspendProcessInstance,
)
from ..model import Actor, RepairEffect, Variables
from ..runtime.migration import MigrationPlan
from .part import EnginePart


class RepairPart(EnginePart):
    """Suspending, moving tokens, skipping. What is changed can be looked at before with `preview`."""

    def suspend_process_instance(
        self, key: int, *, by: Actor, reason: str = "", preview: bool = False
    ) -> RepairEffect:
        """Nothing of it and what it called goes on until it is resumed."""
        return self.commands.run(SuspendProcessInstance(key=key, reason=reason, preview=preview), by)

    def resume_process_instance(
        self, key: int, *, by: Actor, reason: str = "", preview: bool = False
    ) -> RepairEffect:
        return self.commands.run(ResumeProcessInstance(key=key, reason=reason, preview=preview), by)

    def modify_process_instance(
        self,
        key: int,
        *,
        by: Actor,
        start: Sequence[str] = (),
        cancel: Sequence[int] = (),
        move: Mapping[int, str] | None = None,
        variables: Mapping[str, Variables] | None = None,
        reason: str = "",
        preview: bool = False,
    ) -> RepairEffect:
        """Start elements by id, cancel element instances, or `move` element instances to elements, in one
        step. `variables` are local to the started element they are given for. With `preview` nothing is
        changed; the answer tells what would happen up to the next jobs."""
        return self.commands.run(
            ModifyProcessInstance(
                key=key,
                start=start,
                cancel=cancel,
                move=move or {},
                variables=variables or {},
                reason=reason,
                preview=preview,
            ),
            by,
        )

    def skip_element(
        self,
        element_instance_key: int,
        variables: Variables | None = None,
        *,
        by: Actor,
        reason: str = "",
        preview: bool = False,
    ) -> RepairEffect:
        """Go on behind an element that is stuck or waits, with these variables in place of its result."""
        return self.commands.run(
            SkipElement(key=element_instance_key, variables=variables or {}, reason=reason, preview=preview),
            by,
        )

    def migration_plan(
        self, key: int, target_definition_key: int, *, by: Actor, mapping: Mapping[str, str] | None = None
    ) -> MigrationPlan:
        """What `migrate_process_instance` would do, and every problem; nothing is changed.

        Without `mapping` everything that has the same id and kind in both definitions keeps its id.
        """
        return self.commands.run(
            MigrateProcessInstance(
                key=key, target_definition_key=target_definition_key, mapping=mapping, preview=True
            ),
            by,
        )

    def migrate_process_instance(
        self,
        key: int,
        target_definition_key: int,
        *,
        by: Actor,
        mapping: Mapping[str, str] | None = None,
        version: int | None = None,
        reason: str = "",
    ) -> MigrationPlan:
        """Let a running instance go on under another definition, all of it or nothing.

        `mapping` leads from ids of elements and flows to those of the target. Every active element needs one,
        and every flow on which a token waits at a join. Events that are mapped go on waiting as they did; the
        others are closed, and those of the target opened. None: what has the same id and kind keeps it.

        Raises MigrationRefused with every problem, and StaleVersion when the instance has left `version`.
        """
        return self.commands.run(
            MigrateProcessInstance(
                key=key,
                target_definition_key=target_definition_key,
                mapping=mapping,
                version=version,
                reason=reason,
            ),
            by,
        )
