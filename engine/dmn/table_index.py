"""Finds the rules that match without trying them all: a look-up in each column, not a test in each cell.

Cells made of constants are sorted by value once. A column then answers with the set of rules that let a
value pass; the matching rules are what all columns have in common. Only cells that depend on variables or
functions, and values that are no number, text, boolean or null, are tested one by one by FEEL.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import pairwise
from typing import Protocol

from engine.dmn.run import Run, Scope
from engine.feel import UnaryTests
from engine.feel.analysis import CellTests, Equal, Interval

Number = int | Decimal


@dataclass(frozen=True, slots=True)
class CompiledCell:
    """An input cell. `constants` is None when its meaning depends on more than the value."""

    tests: UnaryTests
    constants: CellTests | None

    @property
    def is_any(self) -> bool:
        return self.constants is not None and self.constants.is_any


class RuleIndex(Protocol):
    """Answers the indexes of the rules that match, from 0, in the order of the table."""

    def matches(self, values: Sequence[object], scope: Scope, run: Run) -> list[int]: ...


def build_index(columns: Sequence[Sequence[CompiledCell]], rules: int) -> RuleIndex:
    """`columns` hold the cells of each input column, from the first rule to the last."""
    if rules <= _MASK_RULES:
        return MaskIndex([_MaskColumn(cells) for cells in columns], rules)
    return PostingIndex([_PostingColumn(cells) for cells in columns], rules)


def admits(cell: CellTests, value: object) -> bool | None:
    """Whether constants let pass a number, text, boolean or null; None when they cannot be compared."""
    if not cell.alternatives:
        return True
    result: bool | None = False
    for alternative in cell.alternatives:
        found = (
            _equals(alternative.value, value)
            if isinstance(alternative, Equal)
            else _within(alternative, value)
        )
        if found:
            result = True
            break
        if found is None:
            result = None
    return result if not cell.negated or result is None else not result


def number_points(cell: CellTests) -> list[Number]:
    """The numbers that a cell names as values or limits."""
    points: list[object] = []
    for alternative in cell.alternatives:
        if isinstance(alternative, Equal):
            points.append(alternative.value)
        else:
            points += [alternative.low, alternative.high]
    return [point for point in points if type(point) in (int, Decimal)]  # type: ignore[misc]


def middle(low: Number | None, high: Number | None) -> Number:
    """A number between two others, of which one may be missing."""
    with localcontext(prec=200):
        if low is None:
            return 0 if high is None else Decimal(high) - 1
        if high is None:
            return Decimal(low) + 1
        return (Decimal(low) + Decimal(high)) / 2


def has_text_interval(cell: CellTests) -> bool:
    """Whether texts are compared by order in the cell."""
    return any(
        isinstance(alternative, Interval)
        and (isinstance(alternative.low, str) or isinstance(alternative.high, str))
        for alternative in cell.alternatives
    )


# --- small tables: a bit for each rule ---------------------------------------------------------------


class MaskIndex:
    """Every column answers with an integer whose bits are rules; the columns are combined with `and`."""

    def __init__(self, columns: Sequence[_MaskColumn], rules: int) -> None:
        self._columns = columns
        self._all = (1 << rules) - 1

    def matches(self, values: Sequence[object], scope: Scope, run: Run) -> list[int]:
        mask = self._all
        for column, value in zip(self._columns, values, strict=True):
            mask &= column.rules_for(value, scope, run)
            if not mask:
                return []
        found = []
        while mask:
            lowest = mask & -mask
            found.append(lowest.bit_length() - 1)
            mask ^= lowest
        return found


class _MaskColumn:
    def __init__(self, cells: Sequence[CompiledCell]) -> None:
        self._any = 0
        self._tested: list[tuple[UnaryTests, int]] = []
        self._every: list[tuple[UnaryTests, int]] = []
        masks: dict[str, int] = {}
        by_text: dict[str, CompiledCell] = {}
        for rule, cell in enumerate(cells):
            masks[cell.tests.text] = masks.get(cell.tests.text, 0) | 1 << rule
            by_text[cell.tests.text] = cell
        constants: list[tuple[CellTests, int]] = []
        for text, cell in by_text.items():
            if cell.is_any:
                self._any |= masks[text]
                continue
            self._every.append((cell.tests, masks[text]))
            if cell.constants is None or has_text_interval(cell.constants):
                self._tested.append((cell.tests, masks[text]))
            else:
                constants.append((cell.constants, masks[text]))
        self._build(constants)

    def rules_for(self, value: object, scope: Scope, run: Run) -> int:
        kind = type(value)
        if kind is str:
            mask = self._texts.get(value, self._other_text)
        elif kind is int or kind is Decimal:
            mask = self._number(value)  # type: ignore[arg-type]
        elif kind is bool:
            mask = self._true if value else self._false
        elif value is None:
            mask = self._null
        else:
            return self._any | _tested(self._every, value, scope, run)
        return mask | _tested(self._tested, value, scope, run) if self._tested else mask

    def _build(self, constants: list[tuple[CellTests, int]]) -> None:
        def mask_of(value: object) -> int:
            mask = self._any
            for cell, rules in constants:
                if admits(cell, value):
                    mask |= rules
            return mask

        values = {alternative.value for cell, _ in constants for alternative in _equals_of(cell)}
        self._texts: dict[object, int] = {text: mask_of(text) for text in values if isinstance(text, str)}
        self._other_text = mask_of(_SOME_TEXT)
        self._true, self._false, self._null = mask_of(True), mask_of(False), mask_of(None)
        self._points = sorted({point for cell, _ in constants for point in number_points(cell)})
        self._at = {point: mask_of(point) for point in self._points}
        edges: list[Number | None] = [None, *self._points, None]
        self._between = [mask_of(middle(low, high)) for low, high in pairwise(edges)]

    def _number(self, value: Number) -> int:
        mask = self._at.get(value)
        return self._between[bisect_left(self._points, value)] if mask is None else mask


# --- large tables: for each value the rules that name it ----------------------------------------------


class PostingIndex:
    """Takes the column that leaves the fewest rules for the value at hand, and tests the others on those."""

    def __init__(self, columns: Sequence[_PostingColumn], rules: int) -> None:
        self._columns = columns
        self._all = range(rules)

    def matches(self, values: Sequence[object], scope: Scope, run: Run) -> list[int]:
        best: Sequence[int] = self._all
        chosen = -1
        for number, column in enumerate(self._columns):
            candidates = column.candidates(values[number])
            if candidates is not None and len(candidates) < len(best):
                best, chosen = candidates, number
        others = [
            (column.cells, values[number])
            for number, column in enumerate(self._columns)
            if number != chosen or not column.is_exact(values[number])
        ]
        return [
            rule for rule in best if all(_passes(cells[rule], value, scope, run) for cells, value in others)
        ]


class _PostingColumn:
    def __init__(self, cells: Sequence[CompiledCell]) -> None:
        self.cells = cells
        self._open: list[int] = []
        named: dict[tuple[type, object], list[int]] = {}
        for rule, cell in enumerate(cells):
            keys = _keys(cell)
            if keys is None:
                self._open.append(rule)
            else:
                for key in keys:
                    named.setdefault(key, []).append(rule)
        self._open_is_any = all(cells[rule].is_any for rule in self._open)
        self._named = {key: sorted(rules + self._open) for key, rules in named.items()}

    def candidates(self, value: object) -> Sequence[int] | None:
        """The rules that may let the value pass; None when it cannot be looked up."""
        kind = _KINDS.get(type(value))
        return None if kind is None else self._named.get((kind, value), self._open)

    def is_exact(self, value: object) -> bool:
        """Whether the candidates need no test in this column any more."""
        return self._open_is_any and type(value) in _KINDS


_MASK_RULES = 512
_SOME_TEXT = "\0no text that a cell names"
_KINDS: dict[type, type] = {str: str, int: Decimal, Decimal: Decimal, bool: bool, type(None): type(None)}


def _tested(cells: Sequence[tuple[UnaryTests, int]], value: object, scope: Scope, run: Run) -> int:
    mask = 0
    for tests, rules in cells:
        if run.passes(tests, value, scope):
            mask |= rules
    return mask


def _passes(cell: CompiledCell, value: object, scope: Scope, run: Run) -> bool:
    if cell.constants is not None and type(value) in _KINDS:
        return admits(cell.constants, value) is True
    return run.passes(cell.tests, value, scope)


def _keys(cell: CompiledCell) -> set[tuple[type, object]] | None:
    """The values that a cell names; None when it lets pass others too."""
    if cell.constants is None or cell.is_any or cell.constants.negated:
        return None
    equals = _equals_of(cell.constants)
    if len(equals) < len(cell.constants.alternatives):
        return None
    return {(_KINDS.get(type(equal.value), object), equal.value) for equal in equals}


def _equals_of(cell: CellTests) -> list[Equal]:
    return [alternative for alternative in cell.alternatives if isinstance(alternative, Equal)]


def _equals(constant: object, value: object) -> bool | None:
    if constant is None or value is None:
        return constant is value
    return constant == value if _KINDS.get(type(constant)) is _KINDS.get(type(value)) else None


def _within(interval: Interval, value: object) -> bool | None:
    bound = interval.high if interval.low is None else interval.low
    if value is None or type(value) is bool or _KINDS.get(type(bound)) is not _KINDS.get(type(value)):
        return None
    low, high = interval.low, interval.high
    if low is not None and not (value >= low if interval.low_closed else value > low):  # type: ignore[operator]
        return False
    return high is None or bool(value <= high if interval.high_closed else value < high)  # type: ignore[operator]
