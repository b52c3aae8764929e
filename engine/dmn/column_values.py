"""Cuts the values of an input column into pieces that no cell of the column tells apart.

Between the limits 10 and 20 every number is treated alike, so one of them stands for all. With such pieces
overlaps, gaps and idle rules of a table can be found by counting instead of trying.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.dmn.table_index import CompiledCell, Number, admits, middle, number_points
from engine.feel import to_text
from engine.feel.analysis import CellTests, Equal


@dataclass(frozen=True, slots=True)
class Piece:
    """Values that all cells treat alike: one of them, and how to say it."""

    sample: object
    text: str


class TooManyPieces(Exception):
    """The column is too large to be looked at before it runs."""


class ColumnValues:
    """The pieces of one column. Sets of pieces are integers whose bits are places in `pieces`.

    `kind` is the type of the column as FEEL calls it, or empty; `allowed` are its allowed values if they are
    constants. Cells that are not constant let every piece pass: only what is certain is reported.
    """

    def __init__(self, cells: Sequence[CompiledCell], kind: str, allowed: CellTests | None) -> None:
        constants = list({id(cell.constants): cell.constants for cell in cells if cell.constants}.values())
        everything = [*constants, allowed] if allowed else constants
        pieces = _pieces(everything, kind)
        if allowed is not None:
            pieces = [piece for piece in pieces if piece.sample is None or admits(allowed, piece.sample)]
        self.pieces: Sequence[Piece] = pieces
        self.all = (1 << len(pieces)) - 1
        self._places = {(type(piece.sample) is bool, piece.sample): n for n, piece in enumerate(pieces)}
        complex_ = sum(1 for cell in constants if _named(cell) is None)
        if complex_ * len(pieces) > _MOST_TRIALS:
            raise TooManyPieces
        self._known: dict[int, int] = {}

    @property
    def without_null(self) -> int:
        """All pieces but null."""
        return sum(1 << number for number, piece in enumerate(self.pieces) if piece.sample is not None)

    def passing(self, cell: CompiledCell) -> int:
        """The pieces that a cell lets pass."""
        constants = cell.constants
        if constants is None or constants.is_any:
            return self.all
        found = self._known.get(id(constants))
        if found is None:
            found = self._known[id(constants)] = self._find(constants)
        return found

    def _find(self, constants: CellTests) -> int:
        named = _named(constants)
        if named is not None:
            places = (self._places.get((type(value) is bool, value)) for value in named)
            return sum({1 << place for place in places if place is not None})
        return sum(
            1 << number for number, piece in enumerate(self.pieces) if admits(constants, piece.sample) is True
        )


_MOST_TRIALS = 3_000_000
_OTHER_TEXT = "\0any other text"


def _named(cell: CellTests) -> list[object] | None:
    """The values of a cell that only names values."""
    if cell.negated or cell.is_any or not all(isinstance(test, Equal) for test in cell.alternatives):
        return None
    return [test.value for test in cell.alternatives if isinstance(test, Equal)]


def _pieces(cells: Sequence[CellTests], kind: str) -> list[Piece]:
    values = [test.value for cell in cells for test in cell.alternatives if isinstance(test, Equal)]
    points = sorted({point for cell in cells for point in number_points(cell)})
    texts = sorted({value for value in values if isinstance(value, str)})
    found = [Piece(None, "null")]
    if kind == "boolean" or (not kind and any(type(value) is bool for value in values)):
        found += [Piece(True, "true"), Piece(False, "false")]
    if kind == "number" or (not kind and points):
        found += _number_pieces(points)
    if kind == "string" or (not kind and texts):
        found += [Piece(text, f'"{text}"') for text in texts]
        found.append(Piece(_OTHER_TEXT, "any other text" if texts else "any text"))
    return found


def _number_pieces(points: Sequence[Number]) -> list[Piece]:
    if not points:
        return [Piece(0, "any number")]
    first, last = points[0], points[-1]
    found = [Piece(middle(None, first), f"< {to_text(first)}")]
    for low, high in pairwise(points):
        found.append(Piece(low, to_text(low)))
        found.append(Piece(middle(low, high), f"between {to_text(low)} and {to_text(high)}"))
    found.append(Piece(last, to_text(last)))
    found.append(Piece(middle(last, None), f"> {to_text(last)}"))
    return found
