"""Runs expectations read from Camunda's own tests: `python -m tests.feel.suite FILE`.

Prints the failing cases, then `passed/total`; exits 1 below 98 %. Reviewed exceptions stand in
suite_exceptions.json beside this file: they still count as failed and are shown with their reason.
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from engine.feel import (
    FeelError,
    FeelSyntaxError,
    compile_expression,
    compile_unary_tests,
    equal,
    format_temporal,
    parse_temporal,
)
from engine.feel.temporal import Temporal, offset_of

BAR = Decimal("0.98")
EXCEPTIONS = Path(__file__).with_name("suite_exceptions.json")
TEMPORAL_KINDS = {"date", "datetime", "time", "dtd", "ymd"}


def read_value(value: Any) -> Any:
    """A value as the suite writes it, made one of FEEL."""
    if isinstance(value, list):
        return [read_value(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "n" in value:
        number = Decimal(value["n"])
        return int(number) if number == number.to_integral_value() else number
    if "c" in value:
        return {key: read_value(item) for key, item in value["c"]}
    if "l" in value:
        return [read_value(item) for item in value["l"]]
    return parse_temporal(value["v"])


def outcome(case: dict[str, Any]) -> Any:
    """What evaluating a case comes to; an error is its class."""
    variables = read_value(case["variables"])
    try:
        if case["kind"] == "unary":
            return compile_unary_tests(case["text"]).evaluate(read_value(case["input"]), variables).value
        return compile_expression(case["text"]).evaluate(variables).value
    except (FeelSyntaxError, FeelError) as error:
        return type(error)


def passes(case: dict[str, Any], actual: Any) -> bool:
    """Whether the outcome is the expected one; a null expectation may stand for an error."""
    expected = case["expected"]
    if isinstance(expected, dict) and "e" in expected:
        return actual is FeelSyntaxError
    if expected is None:
        return actual is None or isinstance(actual, type)
    wanted = read_value(expected)
    if equal(wanted, actual) is not True:
        return False
    if isinstance(expected, dict) and expected.get("t") in ("datetime", "time"):
        return same_clock(wanted, actual)
    return True


def same_clock(wanted: Temporal, actual: Temporal) -> bool:
    """The same reading of the clock in the same offset."""
    if offset_of(wanted) != offset_of(actual):  # type: ignore[arg-type]
        return False
    return format_temporal(wanted.replace(tzinfo=None)) == format_temporal(actual.replace(tzinfo=None))  # type: ignore[union-attr]


def main(path: str) -> int:
    cases = json.loads(Path(path).read_text(encoding="utf-8"))
    reasons = json.loads(EXCEPTIONS.read_text(encoding="utf-8"))
    passed = 0
    for case in cases:
        actual = outcome(case)
        if passes(case, actual):
            passed += 1
            continue
        reason = reasons.get(case["text"].strip())
        print(f"{case['file']}:{case['line']} {case['kind']} {case['text'].strip()!r}")  # noqa: T201
        print(f"    expected {case['expected']!r}, got {actual!r}")  # noqa: T201
        if reason:
            print(f"    reviewed: {reason}")  # noqa: T201
    print(f"{passed}/{len(cases)}")  # noqa: T201
    return 0 if passed >= BAR * len(cases) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
