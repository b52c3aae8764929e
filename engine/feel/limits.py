"""How much one text may ask for. No text can raise these."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from engine.feel.errors import FeelLimitExceeded, Warning_

MAX_TEXT_LENGTH = 200_000
MAX_NESTING = 100
MAX_STEPS = 4_000_000
MAX_CALL_DEPTH = 80
MAX_LIST_LENGTH = 1_100_000
MAX_STRING_LENGTH = 2_000_000
MAX_VALUE_DEPTH = 200
MAX_WARNINGS = 100
MAX_PATTERN_LENGTH = 2_000
REGEX_SECONDS = 0.25


class Budget:
    """The steps and nested calls that are left. May be shared by the evaluations of one decision."""

    __slots__ = ("calls", "regex_seconds", "steps")

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.steps = steps
        self.calls = 0
        self.regex_seconds = REGEX_SECONDS

    def charge(self, steps: int, position: int = 0) -> None:
        """Use up `steps`. Raises FeelLimitExceeded when none are left."""
        self.steps -= steps
        if self.steps < 0:
            raise FeelLimitExceeded("the evaluation takes too many steps", position)


class Scope:
    """Names that are visible at one place; the outermost one is a Run."""

    __slots__ = ("item", "parent", "run", "values")

    run: Run
    parent: Scope | None
    values: Mapping[str, object]
    item: object

    def __init__(
        self, values: Mapping[str, object], parent: Scope | None, run: Run, item: object = None
    ) -> None:
        self.values = values
        self.parent = parent
        self.run = run
        self.item = item


class Run(Scope):
    """One evaluation: its variables, its budget and what it has warned of."""

    __slots__ = ("_now", "budget", "muted", "warnings")

    def __init__(self, values: Mapping[str, object], now: datetime | None, budget: Budget | None) -> None:
        self.values = values
        self.parent = None
        self.run = self
        self.budget = budget or Budget()
        self.warnings: dict[tuple[str, int], Warning_] | None = None
        self.muted = False
        self._now = now

    @property
    def now(self) -> datetime:
        """The moment of this evaluation; the same however often it is asked."""
        if self._now is None:
            self._now = datetime.now(UTC)
        return self._now

    def warn(self, code: str, position: int, template: str, *arguments: object) -> None:
        """Note, once for each place, why a value became null. `template` has %s for each argument."""
        if self.muted:
            return
        warnings = self.warnings
        if warnings is None:
            warnings = self.warnings = {}
        key = (code, position)
        if key not in warnings and len(warnings) < MAX_WARNINGS:
            warnings[key] = Warning_(code, template % arguments if arguments else template, position)
