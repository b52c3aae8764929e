"""How much one text may ask for. No text can raise these."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime

from engine.feel.errors import FeelLimitExceeded, Warning_

MAX_TEXT_LENGTH = 100_000
MAX_NESTING = 100
MAX_STEPS = 2_000_000
MAX_SECONDS = 0.8  # of the processor, looked at after so many steps:
STEPS_BETWEEN_LOOKS = 10_000
MAX_CALL_DEPTH = 80
MAX_LIST_LENGTH = 1_100_000
MAX_STRING_LENGTH = 2_000_000
MAX_VALUE_DEPTH = 200
MAX_VALUE_PARTS = 500_000
MAX_WARNINGS = 100
MAX_PATTERN_LENGTH = 2_000
REGEX_SECONDS = 0.5


class Budget:
    """The steps, seconds and nested calls that are left. Evaluations of one decision may share it.

    A step is meant to cost at most half a microsecond. Who uses up `steps` without `charge` must look
    whether they are below `floor`, and call `check` then.
    """

    __slots__ = ("calls", "floor", "muted", "regex_seconds", "started", "steps")

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.steps = steps
        self.floor = steps - STEPS_BETWEEN_LOOKS
        self.started: float | None = None
        self.calls = 0
        self.muted = False
        self.regex_seconds = REGEX_SECONDS

    def charge(self, steps: int, position: int = 0) -> None:
        """Use up `steps`. Raises FeelLimitExceeded when none are left."""
        self.steps -= steps
        if self.steps < self.floor:
            self.check(position)

    def check(self, position: int = 0) -> None:
        """Look at the steps and at the processor time. Raises FeelLimitExceeded when either is used up."""
        if self.steps < 0:
            raise FeelLimitExceeded("the evaluation takes too many steps", position)
        now = time.thread_time()
        if self.started is None:
            self.started = now
        if now - self.started > MAX_SECONDS:
            raise FeelLimitExceeded(f"the evaluation takes more than {MAX_SECONDS} seconds", position)
        self.floor = max(self.steps - STEPS_BETWEEN_LOOKS, 0)


class Meter:
    """Counts the parts of one value that are looked at: shared parts can make a small value look endless."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_VALUE_PARTS

    def count(self, parts: int) -> None:
        self.left -= parts
        if self.left < 0:
            raise FeelLimitExceeded(f"a value of more than {MAX_VALUE_PARTS:,} parts")


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

    __slots__ = ("_budget", "_now", "warnings")

    parent = None

    def __init__(
        self, values: Mapping[str, object], now: datetime | None = None, budget: Budget | None = None
    ) -> None:
        self.values = values
        self.warnings: dict[tuple[str, int], Warning_] | None = None
        self._now = now
        self._budget = budget

    @property
    def run(self) -> Run:  # type: ignore[override]
        """Itself. Not kept as a value: a circle would wait for the garbage collector."""
        return self

    @property
    def budget(self) -> Budget:
        """What is left; made when it is first asked for, because small conditions never do."""
        budget = self._budget
        if budget is None:
            budget = self._budget = Budget()
        return budget

    @property
    def now(self) -> datetime:
        """The moment of this evaluation; the same however often it is asked."""
        if self._now is None:
            self._now = datetime.now(UTC)
        return self._now

    def warn(self, code: str, position: int, template: str, *arguments: object) -> None:
        """Note, once for each place, why a value became null. `template` has %s for each argument."""
        if self._budget is not None and self._budget.muted:
            return
        warnings = self.warnings
        if warnings is None:
            warnings = self.warnings = {}
        key = (code, position)
        if key not in warnings and len(warnings) < MAX_WARNINGS:
            warnings[key] = Warning_(code, template % arguments if arguments else template, position)
