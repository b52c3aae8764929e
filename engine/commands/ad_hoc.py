"""Activating elements in a running ad-hoc subprocess, from outside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import InvalidInput
from ..identity import OPERATE
from ..model import ElementActivation
from .advance import Step
from .command import Command, CommandContext
from .instances import locked_scope
from .values import checked_variables


@dataclass(frozen=True, kw_only=True)
class ActivateAdHocElements(Command[None]):
    """`key` is the element instance of the ad-hoc subprocess; each element may be named once."""

    key: int
    elements: Sequence[ElementActivation]
    cancel_remaining: bool = False

    def run(self, context: CommandContext) -> None:
        context.need(OPERATE, f"activate elements in ad-hoc subprocess {self.key}")
        named = Counter(one.element_id for one in self.elements)
        twice = sorted(name for name, count in named.items() if count > 1)
        if not named or twice:
            raise InvalidInput(
                f"an element is named twice: {', '.join(twice)}" if twice else "name an element to activate"
            )
        instance = locked_scope(context, self.key)
        step = Step(context)
        step.runtime.activate_ad_hoc(
            self.key,
            [(one.element_id, checked_variables(one.variables)) for one in self.elements],
            cancel_remaining=self.cancel_remaining,
        )
        step.advance()
        context.audit(
            "activate-elements",
            "element-instance",
            self.key,
            instance.key,
            elements=[one.element_id for one in self.elements],
            cancelRemaining=self.cancel_remaining,
        )
