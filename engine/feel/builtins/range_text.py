"""The standard's `range()`: a range read from text, with constant ends."""

from __future__ import annotations

from collections.abc import Callable

from engine.feel.builtins.registry import Null, builtin
from engine.feel.errors import FeelSyntaxError
from engine.feel.nodes import Call, Literal, Name, Negation, Node, RangeLiteral, TemporalLiteral
from engine.feel.numbers import NUMERIC, negate_number
from engine.feel.parser import parse_expression
from engine.feel.temporal import parse_date, parse_date_time, parse_duration, parse_temporal, parse_time
from engine.feel.values import Range, compare

_READERS: dict[str, Callable[[str], object]] = {
    "date": parse_date,
    "time": parse_time,
    "date and time": parse_date_time,
    "duration": parse_duration,
}


@builtin("range", "from: string", strict=True)
def range_from_text(text: str) -> Range:
    try:
        node = parse_expression(text, strict=True)
    except FeelSyntaxError as error:
        raise Null(error.message) from None
    if not isinstance(node, RangeLiteral):
        raise Null("expected a range such as [1..3]")
    start, end = _constant(node.start), _constant(node.end)
    if compare("<=", start, end) is not True:
        raise Null("expected two constants in ascending order")
    return Range(start, end, node.start_included, node.end_included)


def _constant(node: Node) -> object:
    if isinstance(node, Literal):
        return node.value
    if isinstance(node, Negation):
        inner = _constant(node.value)
        return negate_number(inner) if type(inner) in NUMERIC else None  # type: ignore[arg-type]
    if isinstance(node, TemporalLiteral):
        return parse_temporal(node.text, strict=True)
    if isinstance(node, Call) and isinstance(node.function, Name) and len(node.arguments) == 1:
        reader, argument = _READERS.get(node.function.name), node.arguments[0]
        if reader is not None and isinstance(argument, Literal) and type(argument.value) is str:
            return reader(argument.value)
    return None
