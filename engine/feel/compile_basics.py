"""Compiles literals, names, arithmetic, logic, comparisons, `if`, lists, contexts and ranges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.feel.arithmetic import NoResult, calculate, negate
from engine.feel.code import Code, Compiler, Layer, rule
from engine.feel.errors import FeelLimitExceeded
from engine.feel.limits import Scope
from engine.feel.nodes import (
    Chain,
    CompareTest,
    ContextLiteral,
    If,
    ListLiteral,
    Literal,
    Logic,
    Negation,
    RangeLiteral,
    TemporalLiteral,
)
from engine.feel.numbers import LARGEST, NUMERIC
from engine.feel.temporal import parse_temporal
from engine.feel.values import Range, compare, kind_of

_MISSING = object()


# --- literals ------------------------------------------------------------------------------------


@rule(Literal)
def _literal(compiler: Compiler, node: Literal, layer: Layer) -> Code:
    value = node.value
    return lambda scope: value


@rule(TemporalLiteral)
def _temporal(compiler: Compiler, node: TemporalLiteral, layer: Layer) -> Code:
    value = parse_temporal(node.text, strict=compiler.strict)
    if value is not None:
        return lambda scope: value
    position, text = node.position, node.text

    def wrong(scope: Scope) -> None:
        scope.run.warn("INVALID_TYPE", position, "'%s' is no date, time or duration", text)

    return wrong


@rule(ListLiteral)
def _list(compiler: Compiler, node: ListLiteral, layer: Layer) -> Code:
    items = [compiler.code(item, layer) for item in node.items]
    return lambda scope: [item(scope) for item in items]


@rule(ContextLiteral)
def _context(compiler: Compiler, node: ContextLiteral, layer: Layer) -> Code:
    inner = Layer((), layer)
    entries = []
    for name, value in node.entries:
        entries.append((name, compiler.code(value, inner)))
        inner.names.add(name)
    if compiler.strict and len(inner.names) < len(entries):
        return _duplicate_keys(node.position)

    def evaluate(scope: Scope) -> dict[str, object]:
        result: dict[str, object] = {}
        frame = Scope(result, scope, scope.run)
        for name, value in entries:
            result[name] = value(frame)
        return result

    return evaluate


def _duplicate_keys(position: int) -> Code:
    return lambda scope: scope.run.warn("INVALID_TYPE", position, "the context has a key twice")


@rule(RangeLiteral)
def _range(compiler: Compiler, node: RangeLiteral, layer: Layer) -> Code:
    start, end = compiler.code(node.start, layer), compiler.code(node.end, layer)
    position = node.position
    start_included, end_included = node.start_included, node.end_included

    def evaluate(scope: Scope) -> Range | None:
        low, high = start(scope), end(scope)
        if low is None or high is None or compare("<=", low, high) is None:
            scope.run.warn("NOT_COMPARABLE", position, "no range from %s to %s", kind_of(low), kind_of(high))
            return None
        return Range(low, high, start_included, end_included)

    return evaluate


@rule(CompareTest)
def _unbounded_range(compiler: Compiler, node: CompareTest, layer: Layer) -> Code:
    end, operator = compiler.code(node.end, layer), node.operator

    def evaluate(scope: Scope) -> Range | None:
        value = end(scope)
        if operator == "=":
            return Range(value, value, True, True, is_point=True)
        if operator in (">", ">="):
            return Range(value, None, operator == ">=", False)
        if operator in ("<", "<="):
            return Range(None, value, False, operator == "<=")
        return None

    return evaluate


# --- arithmetic --------------------------------------------------------------------------------------


@rule(Chain)
def _chain(compiler: Compiler, node: Chain, layer: Layer) -> Code:
    first = compiler.code(node.first, layer)
    rest = [
        (_operation(sign, position, compiler.strict), compiler.code(operand, layer))
        for sign, operand, position in node.rest
    ]
    if len(rest) == 1:
        apply, second = rest[0]
        return lambda scope: apply(first(scope), second(scope), scope)

    def evaluate(scope: Scope) -> object:
        value = first(scope)
        for apply, operand in rest:
            value = apply(value, operand(scope), scope)
        return value

    return evaluate


_Operation = Callable[[Any, Any, Scope], object]


def _operation(sign: str, position: int, strict: bool) -> _Operation:
    def general(a: object, b: object, scope: Scope) -> object:
        if type(a) is str:
            scope.run.budget.charge(len(a) >> 4, position)
        try:
            return calculate(sign, a, b, strict)
        except NoResult as reason:
            scope.run.warn(reason.code, position, "%s", reason.message)
            return None
        except FeelLimitExceeded as error:
            error.position = position
            raise

    if sign == "+":

        def add(a: Any, b: Any, scope: Scope) -> object:
            if type(a) is int and type(b) is int and -LARGEST < (total := a + b) < LARGEST:
                return total
            return general(a, b, scope)

        return add
    if sign == "-":

        def subtract(a: Any, b: Any, scope: Scope) -> object:
            if type(a) is int and type(b) is int and -LARGEST < (rest := a - b) < LARGEST:
                return rest
            return general(a, b, scope)

        return subtract
    return general


@rule(Negation)
def _negation(compiler: Compiler, node: Negation, layer: Layer) -> Code:
    operand, position = compiler.code(node.value, layer), node.position
    if isinstance(node.value, Literal) and type(node.value.value) in NUMERIC:
        constant = negate(node.value.value)
        return lambda scope: constant

    def evaluate(scope: Scope) -> object:
        value = operand(scope)
        result = negate(value)
        if result is None:
            scope.run.warn("INVALID_TYPE", position, "%s has no negative", kind_of(value))
        return result

    return evaluate


# --- logic -------------------------------------------------------------------------------------------


@rule(Logic)
def _logic(compiler: Compiler, node: Logic, layer: Layer) -> Code:
    parts = [compiler.code(part, layer) for part in node.parts]
    decisive: bool = node.operator == "or"  # the value that settles the whole at once
    neutral: bool = not decisive
    position, operator = node.position, node.operator

    def undecided(value: object, scope: Scope) -> None:
        if value is not None:
            scope.run.warn("INVALID_TYPE", position, "'%s' needs booleans, not %s", operator, kind_of(value))

    if len(parts) == 2:
        left, right = parts

        def evaluate_two(scope: Scope) -> Any:
            a = left(scope)
            if a is decisive:
                return decisive
            b = right(scope)
            if b is decisive:
                return decisive
            if a is neutral and b is neutral:
                return neutral
            undecided(b if a is neutral else a, scope)
            return None

        return evaluate_two

    def evaluate(scope: Scope) -> Any:
        result: bool | None = neutral
        for part in parts:
            value = part(scope)
            if value is decisive:
                return decisive
            if value is not neutral:
                undecided(value, scope)
                result = None
        return result

    return evaluate


@rule(If)
def _if(compiler: Compiler, node: If, layer: Layer) -> Code:
    condition = compiler.code(node.condition, layer)
    yes, no = compiler.code(node.yes, layer), compiler.code(node.no, layer)
    position = node.condition.position

    def evaluate(scope: Scope) -> object:
        chosen = condition(scope)
        if chosen is True:
            return yes(scope)
        if chosen is not False and chosen is not None:
            scope.run.warn("INVALID_TYPE", position, "'if' needs a boolean, not %s", kind_of(chosen))
        return no(scope)

    return evaluate
