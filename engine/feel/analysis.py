"""What can be said of a text without evaluating it: its constants, and what a cell of a table lets pass."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from engine.feel.nodes import (
    CompareTest,
    ListLiteral,
    Literal,
    Name,
    Negation,
    Node,
    RangeLiteral,
    Tests,
    ValueTest,
)


@dataclass(frozen=True, slots=True)
class Interval:
    """Values between two bounds; a bound of None is no bound."""

    low: object
    low_closed: bool
    high: object
    high_closed: bool


@dataclass(frozen=True, slots=True)
class Equal:
    """One value, which may be null."""

    value: object


@dataclass(frozen=True, slots=True)
class CellTests:
    """A cell made of constants only. Without alternatives any value passes."""

    alternatives: tuple[Equal | Interval, ...]
    negated: bool

    @property
    def is_any(self) -> bool:
        return not self.alternatives


def cell_tests(tests: Tests) -> CellTests | None:
    """The values that pass; None when that depends on variables, functions or dates."""
    if tests.tests is None:
        return CellTests((), False)
    alternatives: list[Equal | Interval] = []
    for test in tests.tests:
        found = _alternatives(test)
        if found is None:
            return None
        alternatives.extend(found)
    return CellTests(tuple(alternatives), tests.negated)


def constant(node: Node) -> tuple[object] | None:
    """The value of a text that is a literal or a list of literals, wrapped; None for any other text."""
    if isinstance(node, Literal):
        return (node.value,)
    if isinstance(node, Negation):
        inner = constant(node.value)
        if inner is not None and type(inner[0]) in (int, Decimal):
            return (-inner[0],)  # type: ignore[operator]
        return None
    if isinstance(node, ListLiteral):
        items = [constant(item) for item in node.items]
        return ([item[0] for item in items if item is not None],) if None not in items else None
    return None


def variable(node: Node) -> str | None:
    """The name of the variable, when the text is nothing else."""
    return node.name if isinstance(node, Name) else None


def _alternatives(test: Node) -> list[Equal | Interval] | None:
    if isinstance(test, CompareTest):
        return _compared(test)
    if isinstance(test, ValueTest):
        return None if test.reads_input else _alternatives(test.value)
    if isinstance(test, RangeLiteral):
        low, high = constant(test.start), constant(test.end)
        if low is None or high is None or not (_is_ordered(low[0]) and type(low[0]) in _like(high[0])):
            return None
        return [Interval(low[0], test.start_included, high[0], test.end_included)]
    value = constant(test)
    if value is None or isinstance(value[0], list):
        return None
    return [Equal(value[0])]


def _compared(test: CompareTest) -> list[Equal | Interval] | None:
    end = constant(test.end)
    if end is None:
        return None
    bound = end[0]
    if test.operator == "=":
        return None if isinstance(bound, list) else [Equal(bound)]
    if not _is_ordered(bound):
        return None
    match test.operator:
        case "<":
            return [Interval(None, False, bound, False)]
        case "<=":
            return [Interval(None, False, bound, True)]
        case ">":
            return [Interval(bound, False, None, False)]
        case ">=":
            return [Interval(bound, True, None, False)]
        case _:
            return None


def _is_ordered(value: object) -> bool:
    return type(value) in (int, Decimal, str)


def _like(value: object) -> tuple[type, ...]:
    return (str,) if isinstance(value, str) else (int, Decimal)
