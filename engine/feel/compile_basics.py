"""Compiles literals, names, arithmetic, logic, comparisons, `if`, lists, contexts and ranges."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from operator import eq, ge, gt, le, lt
from typing import Any

from engine.feel.arithmetic import NoResult, calculate, negate
from engine.feel.builtins import find_builtin
from engine.feel.code import Code, Compiler, Layer, nearest, rule
from engine.feel.limits import Scope
from engine.feel.nodes import (
    Between,
    Chain,
    CompareTest,
    Comparison,
    ContextLiteral,
    If,
    InstanceOf,
    ListLiteral,
    Literal,
    Logic,
    Name,
    Negation,
    RangeLiteral,
    TemporalLiteral,
)
from engine.feel.numbers import LARGEST, NUMERIC
from engine.feel.temporal import parse_temporal
from engine.feel.types import resolve
from engine.feel.values import KINDS, Range, compare, equal, kind_of, normalise

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


# --- names -----------------------------------------------------------------------------------------


@rule(Name)
def _name(compiler: Compiler, node: Name, layer: Layer) -> Code:
    name, position = node.name, node.position
    if name == "item" and (hops := _hops_to_item(layer)) is not None:
        return _item(hops)
    hops, where = _resolve(name, layer)
    if where is None or where.parent is None:
        compiler.names.add(name)
    unknown = _unknown(name, position, compiler.strict)
    if where is None:
        return _walk(name, unknown)
    if where.parent is None:
        return _root(name, hops, unknown)
    return _local(name, hops)


def find_variable(compiler: Compiler, name: str, layer: Layer) -> Code:
    """The closure that looks for a variable and answers None, without a warning, when there is none."""
    _, where = _resolve(name, layer)
    if where is None or where.parent is None:
        compiler.names.add(name)
    return _walk(name, lambda scope: None)


def is_local(name: str, layer: Layer) -> bool:
    """Whether the text itself introduces `name`."""
    _, where = _resolve(name, layer)
    return where is not None and where.parent is not None


def _resolve(name: str, layer: Layer) -> tuple[int, Layer | None]:
    """How many scopes out a name is; no layer when an item's scope on the way may have it or not."""
    hops = 0
    each: Layer = layer
    while True:
        if each.is_item:
            return hops, None
        if each.parent is None or name in each.names:
            return hops, each
        each = each.parent
        hops += 1


def _hops_to_item(layer: Layer) -> int | None:
    hops = 0
    each: Layer | None = layer
    while each is not None:
        if each.is_item:
            return hops
        if "item" in each.names:
            return None
        each = each.parent
        hops += 1
    return None


def _item(hops: int) -> Code:
    def evaluate(scope: Scope) -> object:
        for _ in range(hops):
            scope = scope.parent  # type: ignore[assignment]
        item = scope.item
        if type(item) is dict and "item" in item:
            return item["item"]
        return item

    return evaluate


def _local(name: str, hops: int) -> Code:
    if hops == 0:
        return lambda scope: scope.values[name]
    if hops == 1:
        return lambda scope: scope.parent.values[name]  # type: ignore[union-attr]

    def evaluate(scope: Scope) -> object:
        for _ in range(hops):
            scope = scope.parent  # type: ignore[assignment]
        return scope.values[name]

    return evaluate


def _root(name: str, hops: int, unknown: Code) -> Code:
    if hops == 0:

        def evaluate(scope: Scope) -> object:
            try:
                value = scope.values[name]
            except KeyError:
                return unknown(scope)
            return value if type(value) in KINDS else normalise(value)

        return evaluate

    def evaluate_outer(scope: Scope) -> object:
        outer = scope
        for _ in range(hops):
            outer = outer.parent  # type: ignore[assignment]
        try:
            value = outer.values[name]
        except KeyError:
            return unknown(scope)
        return value if type(value) in KINDS else normalise(value)

    return evaluate_outer


def _walk(name: str, unknown: Code) -> Code:
    def evaluate(scope: Scope) -> object:
        each: Scope | None = scope
        while each is not None:
            values = each.values
            if name in values:
                value = values[name]
                return value if type(value) in KINDS else normalise(value)
            each = each.parent
        return unknown(scope)

    return evaluate


def _unknown(name: str, position: int, strict: bool) -> Code:
    builtin = find_builtin(name, strict=strict)
    if builtin is not None:
        return lambda scope: builtin.as_function(strict)

    def warn(scope: Scope) -> None:
        hint = nearest(name, _visible_names(scope))
        scope.run.warn("NO_VARIABLE_FOUND", position, "no variable '%s'%s", name, hint)

    return warn


def _visible_names(scope: Scope) -> list[str]:
    names: list[str] = []
    each: Scope | None = scope
    while each is not None and len(names) < 500:
        names.extend(islice(each.values, 500))
        each = each.parent
    return names


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
    decisive = node.operator == "or"  # the value that settles the whole at once
    neutral = not decisive
    position, operator = node.position, node.operator

    def undecided(value: object, scope: Scope) -> None:
        if value is not None:
            scope.run.warn("INVALID_TYPE", position, "'%s' needs booleans, not %s", operator, kind_of(value))

    if len(parts) == 2:
        left, right = parts

        def evaluate_two(scope: Scope) -> bool | None:
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

    def evaluate(scope: Scope) -> bool | None:
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


# --- comparison --------------------------------------------------------------------------------------

_FAST = {"<": lt, "<=": le, ">": gt, ">=": ge, "=": eq}
_SIMPLE = frozenset((str, int, bool))


@rule(Comparison)
def _comparison(compiler: Compiler, node: Comparison, layer: Layer) -> Code:
    left, right = compiler.code(node.left, layer), compiler.code(node.right, layer)
    if node.operator in ("=", "!="):
        return _equality(left, right, node.operator == "=", node.position, compiler.strict)
    slow = _comparing(node.operator, node.position)
    fast: Callable[[Any, Any], bool] = _FAST[node.operator]
    if isinstance(node.right, Literal) and type(node.right.value) in NUMERIC:
        constant = node.right.value

        def evaluate_constant(scope: Scope) -> bool | None:
            a = left(scope)
            return fast(a, constant) if type(a) in NUMERIC else slow(a, constant, scope)

        return evaluate_constant

    def evaluate(scope: Scope) -> bool | None:
        a, b = left(scope), right(scope)
        if type(a) in NUMERIC and type(b) in NUMERIC:
            return fast(a, b)
        return slow(a, b, scope)

    return evaluate


def _comparing(operator: str, position: int) -> Callable[[object, object, Scope], bool | None]:
    def slow(a: object, b: object, scope: Scope) -> bool | None:
        result = compare(operator, a, b)
        if result is None:
            warn_not_comparable(scope, position, a, b)
        return result

    return slow


def warn_not_comparable(scope: Scope, position: int, a: object, b: object) -> None:
    scope.run.warn("NOT_COMPARABLE", position, "can't compare %s with %s", kind_of(a), kind_of(b))


def _equality(left: Code, right: Code, wanted: bool, position: int, strict: bool) -> Code:
    def evaluate(scope: Scope) -> bool | None:
        a, b = left(scope), right(scope)
        kind = type(a)
        if kind in _SIMPLE and type(b) is kind:
            return (a == b) is wanted
        result = equal(a, b)
        if result is None:
            warn_not_comparable(scope, position, a, b)
            return None
        if kind is list or kind is dict:
            scope.run.budget.charge(len(a), position)
        return result is wanted

    return evaluate


@rule(Between)
def _between(compiler: Compiler, node: Between, layer: Layer) -> Code:
    value, position = compiler.code(node.value, layer), node.position
    low, high = compiler.code(node.low, layer), compiler.code(node.high, layer)

    def evaluate(scope: Scope) -> bool | None:
        a, b, c = value(scope), low(scope), high(scope)
        above, below = compare(">=", a, b), compare("<=", a, c)
        if above is None or below is None:
            warn_not_comparable(scope, position, a, b if above is None else c)
            return None
        return above and below

    return evaluate


@rule(InstanceOf)
def _instance_of(compiler: Compiler, node: InstanceOf, layer: Layer) -> Code:
    value = compiler.code(node.value, layer)
    wanted = resolve(node.type, compiler.types)
    if wanted is None:
        name, position = node.type.name, node.type.position

        def unknown(scope: Scope) -> None:
            scope.run.warn("INVALID_TYPE", position, "no type '%s'", name)

        return unknown
    admits = wanted.admits
    return lambda scope: admits(value(scope))
