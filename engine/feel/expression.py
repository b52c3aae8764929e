"""Compiled texts, ready to be evaluated."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from engine.feel import (
    compile_basics,
    compile_calls,
    compile_comparison,
    compile_loops,
    compile_names,
    compile_paths,
)
from engine.feel.code import Code, Compiler, Layer
from engine.feel.compile_tests import Test, compile_tests
from engine.feel.errors import Evaluation, FeelLimitExceeded, FeelSyntaxError
from engine.feel.limits import MAX_NESTING, Budget, Run
from engine.feel.nodes import Node, Tests
from engine.feel.parser import parse_expression, parse_unary_tests
from engine.feel.types import Type

_TRUE, _FALSE = Evaluation(True), Evaluation(False)  # most texts are conditions
COMPILERS = (compile_basics, compile_calls, compile_comparison, compile_loops, compile_names, compile_paths)


class Expression:
    """A compiled expression. `names` are the free variables that it may read."""

    __slots__ = ("names", "node", "text", "value")

    def __init__(self, text: str, node: Node, code: Code, names: frozenset[str]) -> None:
        self.text = text
        self.node = node
        self.names = names
        self.value = code
        """The value in a Run or Scope, for those who share one between texts; RecursionError is theirs."""

    def evaluate(
        self, context: Mapping[str, object], *, now: datetime | None = None, budget: Budget | None = None
    ) -> Evaluation:
        """The value over `context`. Raises FeelError for a failed `assert` and for an exceeded limit.

        `now` is what `now()` and `today()` tell; `budget` is shared by evaluations that belong together.
        """
        run = Run(context, now, budget)
        try:
            value = self.value(run)
        except RecursionError:
            raise _too_deep() from None
        if run.warnings is None:
            if value is True:
                return _TRUE
            return _FALSE if value is False else Evaluation(value)
        return Evaluation(value, tuple(run.warnings.values()))

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


class UnaryTests:
    """Compiled unary tests (the cells of a decision table). `names` are the free variables they may read."""

    __slots__ = ("names", "node", "passes", "text")

    def __init__(self, text: str, node: Tests, test: Test, names: frozenset[str]) -> None:
        self.text = text
        self.node = node
        self.names = names
        self.passes = test
        """Whether a value passes, in a Run or Scope; see Expression.value."""

    def evaluate(
        self,
        value: object,
        context: Mapping[str, object],
        *,
        now: datetime | None = None,
        budget: Budget | None = None,
    ) -> Evaluation:
        """Whether `value` passes: True, False or None when it can't be told."""
        run = Run(context, now, budget)
        try:
            passed = self.passes(value, run)
        except RecursionError:
            raise _too_deep() from None
        if run.warnings is None:
            if passed is True:
                return _TRUE
            return _FALSE if passed is False else Evaluation(passed)
        return Evaluation(passed, tuple(run.warnings.values()))

    def __repr__(self) -> str:
        return f"UnaryTests({self.text!r})"


def compile_expression(
    text: str,
    *,
    strict: bool = False,
    known_names: Collection[str] | None = None,
    types: Mapping[str, Type] | None = None,
) -> Expression:
    """Read `text` (without the leading `=`). Raises FeelSyntaxError.

    `strict` takes the standard's meaning where Camunda's differs; with `known_names` these and other names
    may have blanks and operators in them; `types` are a model's own.
    """
    compiler = Compiler(strict=strict, variables=known_names or (), types=types)
    tree = parse_expression(text, strict=strict, known_names=known_names, type_names=types or ())
    try:
        code = compiler.code(tree, Layer())
    except RecursionError:
        raise _nested_text(text) from None
    return Expression(text, tree, code, frozenset(compiler.names))


def compile_unary_tests(
    text: str,
    *,
    strict: bool = False,
    known_names: Collection[str] | None = None,
    types: Mapping[str, Type] | None = None,
) -> UnaryTests:
    """Read unary tests such as `"a", "b"`, `[1..5]`, `not(< 3)` or `-`. Raises FeelSyntaxError."""
    compiler = Compiler(strict=strict, variables=known_names or (), types=types)
    tree = parse_unary_tests(text, strict=strict, known_names=known_names, type_names=types or ())
    try:
        test = compile_tests(compiler, tree, Layer())
    except RecursionError:
        raise _nested_text(text) from None
    return UnaryTests(text, tree, test, frozenset(compiler.names) - {"?"})


def _too_deep() -> FeelLimitExceeded:
    return FeelLimitExceeded("values or calls are nested too deep")


def _nested_text(text: str) -> FeelSyntaxError:
    return FeelSyntaxError(f"expected at most {MAX_NESTING} levels of nesting", text, 0)
