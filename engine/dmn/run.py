"""One evaluation of a decision: the variables, what has been decided so far, and what was looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

from engine.dmn.results import Trace
from engine.feel import Budget, Expression, FeelError, UnaryTests, Warning_
from engine.feel.limits import Run as FeelRun

Scope: TypeAlias = Mapping[str, object]

MAX_DEPTH = 60


class DecisionFailed(Exception):
    """A decision came to no output; `decision_id` says which, the message why."""

    def __init__(self, message: str, decision_id: str = "") -> None:
        self.message, self.decision_id = message, decision_id
        super().__init__(message)


class Nested(Mapping[str, object]):
    """Names of one place over those of its surroundings."""

    __slots__ = ("_local", "_outer")

    def __init__(self, local: Scope, outer: Scope) -> None:
        self._local, self._outer = local, outer

    def __getitem__(self, name: str) -> object:
        return self._local[name] if name in self._local else self._outer[name]

    def __contains__(self, name: object) -> bool:
        return name in self._local or name in self._outer

    def __iter__(self) -> Iterator[str]:
        yield from self._local
        yield from (name for name in self._outer if name not in self._local)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class TableTrace(NamedTuple):
    """What a decision table looked at: the values of its inputs, and the rules that matched (from 0)."""

    values: Sequence[object]
    matched: Sequence[tuple[int, tuple[object, ...]]]


class Run:
    """Shared by all decisions of one evaluation, so that they have one budget and one moment.

    `results` holds what was decided already, by element; `table` and `warnings` are those of the decision
    at hand.
    """

    __slots__ = ("active", "budget", "depth", "now", "results", "table", "trace", "variables", "warnings")

    def __init__(self, variables: Scope, now: datetime | None, outer: Run | None = None) -> None:
        self.variables = variables
        self.now = now
        self.budget: Budget = Budget() if outer is None else outer.budget
        self.depth: int = 0 if outer is None else outer.depth
        self.trace: list[Trace] = [] if outer is None else outer.trace
        self.warnings: list[Warning_] = [] if outer is None else outer.warnings
        self.table: TableTrace | None = None
        self.results: dict[object, object] = {}
        self.active: list[object] = []

    def inner(self, variables: Scope) -> Run:
        """A run that decides anew over other variables, with the same budget and trace."""
        return Run(variables, self.now, self)

    def evaluate(self, expression: Expression, scope: Scope) -> object:
        run = FeelRun(scope, self.now, self.budget)
        value: object = expression.value(run)
        if run.warnings:
            self.warnings.extend(run.warnings.values())
        return value

    def passes(self, tests: UnaryTests, value: object, scope: Scope) -> bool:
        run = FeelRun(scope, self.now, self.budget)
        passed = tests.passes(value, run) is True
        if run.warnings:
            self.warnings.extend(run.warnings.values())
        return passed

    def warn(self, code: str, message: str) -> None:
        self.warnings.append(Warning_(code, message, 0))

    def enter(self) -> None:
        """Go one call deeper. Raises FeelError when calls nest too deep."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise FeelError(f"decisions and functions call each other more than {MAX_DEPTH} levels deep")

    def leave(self) -> None:
        self.depth -= 1
