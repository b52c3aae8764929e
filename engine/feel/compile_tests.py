"""Compiles unary tests: the cells of decision tables and what stands after `in`."""

from __future__ import annotations

from collections.abc import Callable

from engine.feel.code import Code, Compiler, Layer, rule
from engine.feel.compile_comparison import warn_not_comparable
from engine.feel.limits import Scope
from engine.feel.nodes import CompareTest, In, Literal, Node, RangeLiteral, Tests, ValueTest
from engine.feel.values import Range, compare, equal, kind_of

Test = Callable[[object, Scope], "bool | None"]


def compile_tests(compiler: Compiler, tests: Tests, layer: Layer) -> Test:
    """The closure that tells of a value whether it passes the cell."""
    if tests.tests is None:
        return lambda value, scope: True
    passes = any_of([_test(compiler, each, layer) for each in tests.tests])
    if not tests.negated:
        return passes

    def fails(value: object, scope: Scope) -> bool | None:
        result = passes(value, scope)
        return None if result is None else not result

    return fails


def any_of(tests: list[Test]) -> Test:
    """True if one passes; else None if one can't tell."""
    if len(tests) == 1:
        return tests[0]

    def passes(value: object, scope: Scope) -> bool | None:
        result: bool | None = False
        for test in tests:
            passed = test(value, scope)
            if passed is True:
                return True
            if passed is None:
                result = None
        return result

    return passes


@rule(In)
def _in(compiler: Compiler, node: In, layer: Layer) -> Code:
    value = compiler.code(node.value, layer)
    passes = any_of([_test(compiler, each, layer) for each in node.tests])
    return lambda scope: passes(value(scope), scope)


def _test(compiler: Compiler, node: Node, layer: Layer) -> Test:
    if isinstance(node, CompareTest):
        return _compare_test(compiler, node, layer)
    assert isinstance(node, ValueTest)
    if node.reads_input:
        return _condition_test(compiler, node, layer)
    if isinstance(node.value, Literal):
        return _literal_test(node.value)
    if isinstance(node.value, RangeLiteral):
        return _range_test(compiler, node.value, layer)
    return _value_test(compiler, node.value, layer)


def _compare_test(compiler: Compiler, node: CompareTest, layer: Layer) -> Test:
    end, operator, position = compiler.code(node.end, layer), node.operator, node.position

    def passes(value: object, scope: Scope) -> bool | None:
        other = end(scope)
        if operator == "!=":
            same = equal(value, other)
            result = None if same is None else not same
        elif operator == "=":
            result = equal(value, other)
        else:
            result = compare(operator, value, other)
        if result is None:
            warn_not_comparable(scope, position, value, other)
        return result

    return passes


def _condition_test(compiler: Compiler, node: ValueTest, layer: Layer) -> Test:
    """A test that mentions the input as `?`: it passes when it is true."""
    condition = compiler.code(node.value, Layer(("?",), layer))
    position = node.position

    def passes(value: object, scope: Scope) -> bool | None:
        result = condition(Scope({"?": value}, scope, scope.run))
        if result is True or result is False or result is None:
            return result
        scope.run.warn("INVALID_TYPE", position, "a test must be true or false, not %s", kind_of(result))
        return None

    return passes


def _literal_test(node: Literal) -> Test:
    wanted, position = node.value, node.position
    kind = type(wanted)

    def passes(value: object, scope: Scope) -> bool | None:
        if type(value) is kind:
            return bool(value == wanted)
        result = equal(value, wanted)
        if result is None:
            warn_not_comparable(scope, position, value, wanted)
        return result

    return passes


def _range_test(compiler: Compiler, node: RangeLiteral, layer: Layer) -> Test:
    start, end, position = compiler.code(node.start, layer), compiler.code(node.end, layer), node.position
    above = ">=" if node.start_included else ">"
    below = "<=" if node.end_included else "<"

    def passes(value: object, scope: Scope) -> bool | None:
        low, high = start(scope), end(scope)
        first, second = compare(above, value, low), compare(below, value, high)
        if first is None or second is None:
            warn_not_comparable(scope, position, value, low if first is None else high)
            return None
        return first and second

    return passes


def _value_test(compiler: Compiler, node: Node, layer: Layer) -> Test:
    """A test that is an expression: the input equals it, is in it, or it is true by itself."""
    code, position = compiler.code(node, layer), node.position
    strict = compiler.strict

    def passes(value: object, scope: Scope) -> bool | None:
        other: object = code(scope)
        if isinstance(other, bool):
            if type(value) is bool:
                return value is other or (other is True and not strict)
            return other
        if isinstance(other, list):
            scope.run.budget.charge(len(other), position)
            return _in_list(value, other)
        if isinstance(other, Range):
            result = other.contains(value)
            if result is None and type(value) is Range:
                result = equal(value, other)
        else:
            result = equal(value, other)
        if result is None:
            warn_not_comparable(scope, position, value, other)
        return result

    return passes


def _in_list(value: object, items: list[object]) -> bool:
    if any(_equals_or_contains(value, item) for item in items):
        return True
    return type(value) is list and equal(value, items) is True


def _equals_or_contains(value: object, item: object) -> bool:
    if isinstance(item, Range) and type(value) is not Range:
        return item.contains(value) is True
    return equal(value, item) is True
