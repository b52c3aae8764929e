"""What can be said of a decision table before it runs: overlaps, gaps, idle rules, types that cannot fit.

Only what is certain is reported, and as a warning: such a table runs, but perhaps not as its author thinks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.dmn.column_values import ColumnValues, TooManyPieces
from engine.dmn.columns import Constant
from engine.dmn.environment import Environment, Owner
from engine.dmn.model import HitPolicy, TableInput
from engine.dmn.tables import CompiledTable
from engine.errors import Severity
from engine.feel import equal, kind_of
from engine.feel.analysis import CellTests, Equal


def check_table(table: CompiledTable, environment: Environment, owner: Owner) -> None:
    """Adds the problems of a table to the environment's."""
    if not table.model.rules or len(table.rules) > _MOST_RULES:
        return
    checks = _Checks(table, environment, owner)
    checks.types()
    try:
        checks.prepare()
    except TooManyPieces:
        return
    never = checks.cells_that_never_match()
    policy = table.model.hit_policy
    if policy in (HitPolicy.UNIQUE, HitPolicy.ANY):
        checks.overlaps()
    if policy is HitPolicy.FIRST:
        checks.hidden_rules(never)
    if not policy.is_multiple and not table.has_defaults:
        checks.gaps()


class _Checks:
    def __init__(self, table: CompiledTable, environment: Environment, owner: Owner) -> None:
        self._table, self._environment, self._owner = table, environment, owner
        self._inputs = table.model.inputs
        self._count = len(table.rules)

    def prepare(self) -> None:
        """Cuts the columns into pieces. Raises TooManyPieces."""
        self._columns = [
            ColumnValues(cells, _plain_kind(column.kind), column.allowed)
            for cells, column in zip(self._table.cells, self._table.inputs, strict=True)
        ]
        self._passing = [
            [values.passing(cell) for cell in cells]
            for values, cells in zip(self._columns, self._table.cells, strict=True)
        ]
        self._rules_of = [
            _rules_of(passing, len(values.pieces))
            for values, passing in zip(self._columns, self._passing, strict=True)
        ]
        self._touching = [
            {passing: _union(rules, passing) for passing in set(column)}
            for rules, column in zip(self._rules_of, self._passing, strict=True)
        ]
        self._constant = sum(
            1 << rule
            for rule in range(self._count)
            if all(cells[rule].constants is not None for cells in self._table.cells)
        )

    # --- types ---------------------------------------------------------------------------------

    def types(self) -> None:
        """Constants in cells that no value of the column's type can meet."""
        for column, input_, cells in zip(self._inputs, self._table.inputs, self._table.cells, strict=True):
            for rule, cell in enumerate(cells):
                misfit = _misfit(cell.constants, input_.kind)
                if misfit:
                    self._warn_cell(
                        rule,
                        column,
                        "CELL_TYPE",
                        f"compares a {input_.kind} with a {misfit}: {cell.tests.text}",
                    )

    def cells_that_never_match(self) -> set[int]:
        """Rules with a cell that lets nothing pass."""
        never: set[int] = set()
        for number, column in enumerate(self._inputs):
            for rule, passing in enumerate(self._passing[number]):
                if not passing:
                    never.add(rule)
                    text = self._table.cells[number][rule].tests.text
                    self._warn_cell(rule, column, "RULE_NEVER_MATCHES", f"no value can meet: {text}")
        return never

    # --- rules against each other --------------------------------------------------------------

    def overlaps(self) -> None:
        """Pairs of rules that match the same values; under ANY only those whose outputs differ."""
        found = 0
        for rule in _bits(self._constant):
            for other in _bits(self._meeting(rule) >> (rule + 1) << (rule + 1)):
                if not self._may_overlap(rule, other):
                    self._warn(
                        "RULES_OVERLAP",
                        f"rules {rule + 1} and {other + 1} both match {self._common(rule, other)}; "
                        f"the hit policy is {self._table.model.hit_policy}",
                        other,
                    )
                    found += 1
                    if found == _MOST_REPORTS:
                        return

    def hidden_rules(self, never: set[int]) -> None:
        """Under FIRST: rules whose every value is met by earlier rules."""
        steps = _MOST_STEPS
        for rule in _bits(self._constant):
            earlier = self._meeting(rule) & ((1 << rule) - 1)
            if rule in never or not earlier:
                continue
            steps -= earlier.bit_count()
            if steps < 0:
                return
            region = [column[rule] for column in self._passing]
            if next(self._uncovered(region, earlier), None) is None:
                message = f"rule {rule + 1} never matches: the rules before it meet all of its values"
                self._warn("RULE_NEVER_MATCHES", message, rule)

    def gaps(self) -> None:
        """Values for which no rule says anything. Null is not looked at."""
        region = [values.without_null for values in self._columns]
        for number, gap in enumerate(self._uncovered(region, (1 << self._count) - 1)):
            if number == _MOST_GAPS:
                return
            self._warn("TABLE_GAP", f"no rule matches when {self._describe(gap)}", None)

    def _uncovered(self, region: Sequence[int], rules: int) -> Iterator[list[int | None]]:
        """For parts of `region` that none of the rules meets, the pieces they lie in (None: any).

        Ends without an answer when the search takes too long.
        """
        open_from = self._open_from(region, rules)
        steps = _MOST_STEPS
        covered: set[tuple[int, int]] = set()
        stack: list[tuple[int, int, list[int | None]]] = [(0, rules, [])]
        while stack:
            column, left, path = stack.pop()
            steps -= 1
            if steps == 0:
                return
            if not left:
                yield path + [None] * (len(self._columns) - column)
                continue
            if column == len(self._columns) or left & open_from[column] or (column, left) in covered:
                continue
            covered.add((column, left))
            for piece in reversed(list(_bits(region[column]))):
                stack.append((column + 1, left & self._rules_of[column][piece], [*path, piece]))

    def _open_from(self, region: Sequence[int], rules: int) -> list[int]:
        """For each column those of the rules that meet the whole region in it and in all columns after it."""
        found = [0] * len(self._columns)
        for column in reversed(range(len(self._columns))):
            wanted, passing = region[column], self._passing[column]
            rules = sum(1 << rule for rule in _bits(rules) if not wanted & ~passing[rule])
            found[column] = rules
        return found

    def _meeting(self, rule: int) -> int:
        """The rules, all of constants, that some value makes match together with this one."""
        rules = self._constant
        for touching, column in zip(self._touching, self._passing, strict=True):
            rules &= touching[column[rule]]
        return rules

    def _may_overlap(self, rule: int, other: int) -> bool:
        if self._table.model.hit_policy is not HitPolicy.ANY:
            return False
        rows = self._table.results[rule], self._table.results[other]
        values = [[cell.value for cell in row if isinstance(cell, Constant)] for row in rows]
        return any(len(value) < len(row) for value, row in zip(values, rows, strict=True)) or (
            equal(values[0], values[1]) is True
        )

    # --- words ---------------------------------------------------------------------------------

    def _common(self, rule: int, other: int) -> str:
        pieces: list[int | None] = []
        for values, column in zip(self._columns, self._passing, strict=True):
            common = column[rule] & column[other]
            pieces.append(
                None if common == values.all else next(_bits(common & values.without_null or common))
            )
        return self._describe(pieces)

    def _describe(self, pieces: Sequence[int | None]) -> str:
        said = [
            f"{column.name} is {values.pieces[piece].text}"
            for column, values, piece in zip(self._inputs, self._columns, pieces, strict=True)
            if piece is not None
        ]
        return " and ".join(said) or "anything is given"

    def _warn_cell(self, rule: int, column: TableInput, code: str, message: str) -> None:
        self._warn(code, f"rule {rule + 1}, input '{column.name}' {message}", rule)

    def _warn(self, code: str, message: str, rule: int | None) -> None:
        line = None if rule is None else self._table.rules[rule].line
        self._environment.report(self._owner, code, message, line=line, severity=Severity.WARNING)


_MOST_RULES = 20_000
_MOST_STEPS = 50_000
_MOST_REPORTS = 20
_MOST_GAPS = 3


def _plain_kind(kind: str) -> str:
    return kind if kind in ("number", "string", "boolean") else ""


def _misfit(constants: CellTests | None, kind: str) -> str:
    """The kind of a constant that no value of the column's kind can be compared with."""
    if constants is None or not kind:
        return ""
    for alternative in constants.alternatives:
        if isinstance(alternative, Equal):
            value = alternative.value
        else:
            value = alternative.high if alternative.low is None else alternative.low
        if value is not None and kind_of(value) != kind:
            return kind_of(value)
    return ""


def _rules_of(passing: Sequence[int], pieces: int) -> list[int]:
    """For each piece the rules that let it pass."""
    by_set: dict[int, int] = {}
    for rule, found in enumerate(passing):
        by_set[found] = by_set.get(found, 0) | 1 << rule
    rules = [0] * pieces
    for found, mask in by_set.items():
        for piece in _bits(found):
            rules[piece] |= mask
    return rules


def _union(rules: Sequence[int], pieces: int) -> int:
    found = 0
    for piece in _bits(pieces):
        found |= rules[piece]
    return found


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
