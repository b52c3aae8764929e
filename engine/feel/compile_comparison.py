"""Compiles `=`, `<` and their like, `between` and `instance of`."""

from __future__ import annotations

from collections.abc import Callable
from operator import ge, gt, le, lt
from typing import Any

from engine.feel.code import Code, Compiler, Layer, rule
from engine.feel.compile_names import root_variable
from engine.feel.errors import FeelLimitExceeded
from engine.feel.limits import Scope
from engine.feel.nodes import Between, Comparison, InstanceOf, Literal
from engine.feel.numbers import NUMERIC
from engine.feel.types import resolve
from engine.feel.values import compare, equal, kind_of

_FAST: dict[str, Callable[[Any, Any], Any]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
_SIMPLE = frozenset((str, int, bool))


@rule(Comparison)
def _comparison(compiler: Compiler, node: Comparison, layer: Layer) -> Code:
    left, right = compiler.code(node.left, layer), compiler.code(node.right, layer)
    if node.operator in ("=", "!="):
        return _equality(left, right, node.operator == "=", node.position)
    slow = _comparing(node.operator, node.position)
    fast = _FAST[node.operator]
    if isinstance(node.right, Literal) and type(node.right.value) in NUMERIC:
        constant, variable = node.right.value, root_variable(node.left, layer) or ""

        def evaluate_constant(scope: Scope) -> Any:
            a = left(scope)
            return fast(a, constant) if type(a) in NUMERIC else slow(a, constant, scope)

        def evaluate_variable(scope: Scope) -> Any:
            a = scope.values.get(variable)
            return fast(a, constant) if type(a) in NUMERIC else evaluate_constant(scope)

        return evaluate_variable if variable else evaluate_constant

    def evaluate(scope: Scope) -> Any:
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


def _equality(left: Code, right: Code, wanted: bool, position: int) -> Code:
    def evaluate(scope: Scope) -> Any:
        a, b = left(scope), right(scope)
        kind = type(a)
        if kind in _SIMPLE and type(b) is kind:
            return (a == b) is wanted
        try:
            result = equal(a, b)
        except FeelLimitExceeded as error:
            error.position = position
            raise
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
