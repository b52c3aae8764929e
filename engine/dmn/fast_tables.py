"""The short way through a decision table, for the case that nothing is out of the ordinary.

It is there for tables whose inputs are variables and whose cells are constants. The output of such a table
depends on nothing but the rules that match, so it is made once for each set of rules. Whatever needs a
warning, a conversion or FEEL is left to the table itself.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise
from operator import itemgetter
from typing import Any

from engine.dmn.columns import CompiledInput
from engine.dmn.results import DecisionInfo, Trace
from engine.dmn.run import DecisionFailed, Run, Scope
from engine.dmn.table_index import CompiledCell, Number, admits, has_text_interval, middle, number_points
from engine.dmn.tables import CompiledTable
from engine.feel.analysis import CellTests, Equal

Decide = Callable[[Scope], Trace | None]

Column = Callable[[Any], int]
"""The rules that let a value pass, as bits. KeyError: the table itself must look at the value."""


def short_way(table: CompiledTable, info: DecisionInfo) -> Decide | None:
    """A function that decides, or says None when the table itself must; None when there is no short way."""
    if table.constants is None or not table.inputs:
        return None
    if len(table.results) > _MOST_RULES:
        return _short_way_through_many(table, info)
    names: list[str] = []
    columns: list[Column] = []
    for column, cells in zip(table.inputs, table.cells, strict=True):
        found = _column(column, cells)
        if column.variable is None or found is None:
            return None
        names.append(column.variable)
        columns.append(found)
    return _decider(info, _matcher(names, columns), _outcomes(table))


def _short_way_through_many(table: CompiledTable, info: DecisionInfo) -> Decide | None:
    """For a large table: the rules come from its index, which needs neither variables nor FEEL here."""
    names = [column.variable for column in table.inputs if column.variable is not None]
    are_constant = all(cell.constants is not None for cells in table.cells for cell in cells)
    are_plain = all(column.is_plain and column.allowed is None for column in table.inputs)
    if len(names) < len(table.inputs) or not are_constant or not are_plain:
        return None
    types = [_TYPES.get(column.kind, _ANY_TYPE) for column in table.inputs]
    outcome, is_single = _outcomes(table), not table.model.hit_policy.is_multiple
    constants = table.constants or ()
    run = Run({}, None)

    def decide(scope: Scope) -> Trace | None:
        try:
            values = [scope[name] for name in names]
        except KeyError:
            return None
        if not all(type(value) in known for value, known in zip(values, types, strict=True)):
            return None
        rules = table.index.matches(values, scope, run)
        if is_single and len(rules) == 1:
            outputs = constants[rules[0]]
            return info, values, ((rules[0], outputs),), table.value_of(outputs), ()
        found = outcome(rules)
        if found is None:
            return None
        matched, output, copy = found
        return info, values, matched, output if copy is None else copy(output), ()

    return decide


Matcher = Callable[[Scope], tuple[Sequence[object], int]]


def _matcher(names: Sequence[str], columns: Sequence[Column]) -> Matcher:
    """Reads the variables and combines what the columns say; one and two columns without a loop."""
    if len(columns) == 1:
        (name,), (only,) = names, columns

        def match_one(scope: Scope) -> tuple[Sequence[object], int]:
            value = scope[name]
            return (value,), only(value)

        return match_one
    read = itemgetter(*names)
    first, second, *others = columns
    if not others:

        def match_two(scope: Scope) -> tuple[Sequence[object], int]:
            values = a, b = read(scope)
            return values, first(a) & second(b)

        return match_two

    def match_all(scope: Scope) -> tuple[Sequence[object], int]:
        values = read(scope)
        mask = first(values[0]) & second(values[1])
        number = 2
        for column in others:
            mask &= column(values[number])
            number += 1
        return values, mask

    return match_all


def _decider(
    info: DecisionInfo, match: Matcher, outcome: Callable[[Sequence[int]], _Outcome | None]
) -> Decide:
    known: dict[int, _Outcome] = {}
    find = known.get

    def decide(scope: Scope) -> Trace | None:
        try:
            values, mask = match(scope)
        except KeyError:
            return None
        found = find(mask)
        if found is None:
            found = outcome(_bits(mask))
            if found is None:
                return None
            if len(known) < _MOST_OUTCOMES:
                known[mask] = found
        matched, output, copy = found
        return info, values, matched, output if copy is None else copy(output), ()

    return decide


_Outcome = tuple[Sequence[tuple[int, tuple[object, ...]]], Any, Callable[[Any], object] | None]


def _outcomes(table: CompiledTable) -> Callable[[Sequence[int]], _Outcome | None]:
    def outcome(rules: Sequence[int]) -> _Outcome | None:
        run = Run({}, None)
        try:
            matched, output = table.outcome(rules, {}, run)
        except DecisionFailed:
            return None
        return None if run.warnings else (matched, output, _copier(output))

    return outcome


def _copier(output: object) -> Callable[[Any], object] | None:
    """What must not be shared between two evaluations is made anew."""
    if isinstance(output, dict):
        return dict
    if isinstance(output, list):
        if any(isinstance(item, (dict, list)) for item in output):
            return lambda items: [dict(item) if isinstance(item, dict) else item for item in items]
        return list
    return None


def _column(column: CompiledInput, cells: Sequence[CompiledCell]) -> Column | None:
    """The column ready to be looked up; None when its cells or values need more than that."""
    if not column.is_plain:
        return None
    tests: dict[int, tuple[CellTests, int]] = {}
    for rule, cell in enumerate(cells):
        if cell.constants is None or has_text_interval(cell.constants):
            return None
        known = tests.get(id(cell.constants), (cell.constants, 0))
        tests[id(cell.constants)] = (known[0], known[1] | 1 << rule)
    allowed = column.allowed
    if allowed is not None and has_text_interval(allowed):
        return None
    constants = [cell for cell, _ in tests.values()] + ([allowed] if allowed else [])

    def mask_of(value: object) -> int:  # -1 for a value that is not allowed
        if allowed is not None and value is not None and not admits(allowed, value):
            return -1
        return sum(rules for cell, rules in tests.values() if admits(cell, value))

    rules_for = _look_up(mask_of, constants, column.kind)
    if allowed is None:
        return rules_for

    def rules_for_allowed(value: Any) -> int:
        rules = rules_for(value)
        if rules < 0:
            raise KeyError
        return rules

    return rules_for_allowed


def _look_up(mask_of: Callable[[object], int], constants: Sequence[CellTests], kind: str) -> Column:
    points: list[Number] = sorted({point for cell in constants for point in number_points(cell)})
    edges: list[Number | None] = [None, *points, None]
    between = [mask_of(middle(low, high)) for low, high in pairwise(edges)]
    at = {point: mask_of(point) for point in points}
    texts = {value: mask_of(value) for value in _texts(constants)}
    other_text = mask_of("\0no text that a cell names")
    true, false, null = mask_of(True), mask_of(False), mask_of(None)
    text_at, number_at = texts.get, at.get

    def rules_for_text(value: Any) -> int:
        if type(value) is str:
            return text_at(value, other_text)
        return unusual(value)

    def rules_for_number(value: Any) -> int:
        type_ = type(value)
        if type_ is int or type_ is Decimal:
            rules = number_at(value)
            return between[bisect_left(points, value)] if rules is None else rules
        return unusual(value)

    def rules_for_boolean(value: Any) -> int:
        return true if value is True else false if value is False else unusual(value)

    def rules_for_any(value: Any) -> int:
        type_ = type(value)
        if type_ is bool:
            return rules_for_boolean(value)
        return rules_for_text(value) if type_ is str else rules_for_number(value)

    def unusual(value: Any) -> int:
        if value is not None:
            raise KeyError
        return null

    by_kind = {"string": rules_for_text, "number": rules_for_number, "boolean": rules_for_boolean}
    return by_kind.get(kind, rules_for_any)


def _texts(constants: Sequence[CellTests]) -> set[str]:
    values = [test.value for cell in constants for test in cell.alternatives if isinstance(test, Equal)]
    return {value for value in values if isinstance(value, str)}


def _bits(mask: int) -> list[int]:
    found = []
    while mask:
        lowest = mask & -mask
        found.append(lowest.bit_length() - 1)
        mask ^= lowest
    return found


_TYPES: dict[str, frozenset[type]] = {
    "string": frozenset((str, type(None))),
    "number": frozenset((int, Decimal, type(None))),
    "boolean": frozenset((bool, type(None))),
}
_ANY_TYPE = frozenset((str, int, Decimal, bool, type(None)))
_MOST_RULES = 512
_MOST_OUTCOMES = 1_000
