"""Repair of running instances, for operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..commands.repair import (
    ModifyProcessInstance,
    ResumeProcessInstance,
    SkipElement,
    SuspendProcessInstance,
)
from ..model import Actor, RepairEffect, Variables
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
