"""FEEL, the expression language of the models: conditions, mappings, timers, rules and decision tables.

Values are None, bool, int, Decimal, str, list and dict, and date, time, datetime, timedelta and
YearMonthDuration for temporal ones. `compile_expression` reads a text once; the result may be evaluated
any number of times, in any thread.
"""

from __future__ import annotations

from engine.feel.errors import Evaluation, FeelError, FeelLimitExceeded, FeelSyntaxError, Warning_
from engine.feel.expression import Expression, UnaryTests, compile_expression, compile_unary_tests
from engine.feel.from_ai import from_ai_parameters
from engine.feel.limits import Budget
from engine.feel.moments import to_datetime, to_duration
from engine.feel.temporal import YearMonthDuration, add_duration, add_months, format_temporal, parse_temporal
from engine.feel.values import Function, Range, compare, equal, kind_of, to_json, to_text

__all__ = [
    "Budget",
    "Evaluation",
    "Expression",
    "FeelError",
    "FeelLimitExceeded",
    "FeelSyntaxError",
    "Function",
    "Range",
    "UnaryTests",
    "Warning_",
    "YearMonthDuration",
    "add_duration",
    "add_months",
    "compare",
    "compile_expression",
    "compile_unary_tests",
    "equal",
    "format_temporal",
    "from_ai_parameters",
    "kind_of",
    "parse_temporal",
    "to_datetime",
    "to_duration",
    "to_json",
    "to_text",
]
