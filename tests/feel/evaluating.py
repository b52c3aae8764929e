"""Short ways to evaluate texts in tests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from engine.feel import Evaluation, compile_expression, compile_unary_tests

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def run(text: str, variables: Mapping[str, Any] | None = None, **options: Any) -> Evaluation:
    return compile_expression(text, **options).evaluate(variables or {}, now=NOW)


def value(text: str, variables: Mapping[str, Any] | None = None, **options: Any) -> Any:
    return run(text, variables, **options).value


def strictly(text: str, variables: Mapping[str, Any] | None = None) -> Any:
    return value(text, variables, strict=True)


def passes(cell: str, given: Any, variables: Mapping[str, Any] | None = None) -> Any:
    return compile_unary_tests(cell).evaluate(given, variables or {}, now=NOW).value


def warnings(text: str, variables: Mapping[str, Any] | None = None) -> list[tuple[str, int]]:
    return [(warning.code, warning.position) for warning in run(text, variables).warnings]
