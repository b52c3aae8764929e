"""Evaluating what an analyst wrote, and saying what is wrong with the result in words an analyst knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from .. import feel
from ..bpmn.model import Value
from .failures import Failure, IncidentType

_LARGEST = 10**18
_WHOLE = re.compile(r"-?[0-9]{1,18}")


def evaluate(
    expression: feel.Expression,
    variables: Mapping[str, Any],
    now: datetime,
    kind: IncidentType = IncidentType.EXTRACT_VALUE_ERROR,
) -> Any:
    """The FEEL value; raises Failure when the expression itself fails."""
    return _run(expression, variables, now, kind).value


def json_value(
    expression: feel.Expression,
    variables: Mapping[str, Any],
    now: datetime,
    kind: IncidentType = IncidentType.EXTRACT_VALUE_ERROR,
) -> Any:
    """The value as a process variable: temporal values become ISO text."""
    value = _run(expression, variables, now, kind).value
    return value if type(value) in _PLAIN else feel.to_json(value)


def boolean(
    expression: feel.Expression,
    variables: Mapping[str, Any],
    now: datetime,
    kind: IncidentType = IncidentType.EXTRACT_VALUE_ERROR,
) -> bool:
    evaluation = _run(expression, variables, now, kind)
    if isinstance(evaluation.value, bool):
        return evaluation.value
    raise unexpected(expression, "BOOLEAN", evaluation, kind, hint="the condition must give true or false")


def collection(expression: feel.Expression, variables: Mapping[str, Any], now: datetime) -> list[Any]:
    evaluation = _run(expression, variables, now, IncidentType.EXTRACT_VALUE_ERROR)
    if isinstance(evaluation.value, list):
        return [feel.to_json(item) for item in evaluation.value]
    raise unexpected(expression, "ARRAY", evaluation, hint="the expression must give a list")


def text(value: Value, variables: Mapping[str, Any], now: datetime) -> str:
    """Static text as it is; an expression must give a string."""
    if isinstance(value, str):
        return value
    evaluation = _run(value, variables, now, IncidentType.EXTRACT_VALUE_ERROR)
    if isinstance(evaluation.value, str):
        return evaluation.value
    raise unexpected(value, "STRING", evaluation, hint="the expression must give a text")


def optional_text(value: Value | None, variables: Mapping[str, Any], now: datetime) -> str | None:
    """Like `text`, but nothing and null are None and so is the empty text."""
    if value is None:
        return None
    if isinstance(value, str):
        return value or None
    evaluation = _run(value, variables, now, IncidentType.EXTRACT_VALUE_ERROR)
    if evaluation.value is None or isinstance(evaluation.value, str):
        return evaluation.value or None
    raise unexpected(value, "STRING", evaluation, hint="the expression must give a text")


def texts(value: Value | None, variables: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    """A list of texts: comma-separated when static, else a list or one text; null is none."""
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    evaluation = _run(value, variables, now, IncidentType.EXTRACT_VALUE_ERROR)
    result = evaluation.value
    if result is None:
        return ()
    if isinstance(result, str):
        return tuple(part.strip() for part in result.split(",") if part.strip())
    if isinstance(result, list) and all(isinstance(item, str) for item in result):
        return tuple(result)
    raise unexpected(value, "ARRAY of STRING", evaluation, hint="the expression must give a list of texts")


def whole_number(
    value: Value,
    variables: Mapping[str, Any],
    now: datetime,
    *,
    what: str,
    least: int = -_LARGEST,
    most: int = _LARGEST,
) -> int:
    """A whole number from `least` to `most`, also as static text or text of digits; raises Failure."""
    result: Any = value
    if not isinstance(value, str):
        result = _run(value, variables, now, IncidentType.EXTRACT_VALUE_ERROR).value
    shown = value if isinstance(value, str) else value.text
    if isinstance(result, str) and _WHOLE.fullmatch(result.strip()):
        result = int(result)
    is_number = isinstance(result, int | Decimal) and not isinstance(result, bool)
    if is_number and not least <= result <= most:
        raise Failure(
            IncidentType.EXTRACT_VALUE_ERROR,
            f"Expected {what} '{shown}' to be in the range [{least},{most}] but was '{result}'.",
            f"give a whole number from {least} to {most}",
        )
    if is_number and result == int(result):
        return int(result)
    raise Failure(
        IncidentType.EXTRACT_VALUE_ERROR,
        f"Expected {what} '{shown}' to be a whole number, but was '{type_name(result)}'.",
        "give a whole number such as 3",
    )


def named_variable(expression: feel.Expression) -> str:
    """The variable that an expression only names, with a path or without; empty for any other."""
    parts = expression.text.strip().split(".")
    return parts[0] if all(part.isidentifier() for part in parts) else ""


def unexpected(
    expression: feel.Expression,
    expected: str,
    evaluation: feel.Evaluation,
    kind: IncidentType = IncidentType.EXTRACT_VALUE_ERROR,
    hint: str = "",
) -> Failure:
    """The failure "Expected result of the expression ... to be ..., but was ..."."""
    return Failure(
        kind,
        f"Expected result of the expression '{expression.text}' to be '{expected}', "
        f"but was '{type_name(evaluation.value)}'.{_reported(evaluation)}",
        hint,
    )


def type_name(value: Any) -> str:
    """Camunda's name of a value's type."""
    for types, name in _TYPE_NAMES:
        if isinstance(value, types):
            return name
    return "PERIOD" if type(value).__name__ == "YearMonthDuration" else type(value).__name__.upper()


def _run(
    expression: feel.Expression, variables: Mapping[str, Any], now: datetime, kind: IncidentType
) -> feel.Evaluation:
    try:
        return expression.evaluate(variables, now=now)
    except feel.FeelError as error:
        raise Failure(
            kind,
            f"Failed to evaluate expression '{expression.text}': {error}",
            "correct the variables that the expression reads, then try again",
        ) from error


def _reported(evaluation: feel.Evaluation) -> str:
    if not evaluation.warnings:
        return ""
    lines = "\n".join(f"[{warning.code}] {warning.message}" for warning in evaluation.warnings)
    return f" The evaluation reported the following warnings:\n{lines}"


_PLAIN = frozenset({type(None), bool, int, Decimal, str})
_TYPE_NAMES: tuple[tuple[Any, str], ...] = (
    (type(None), "NULL"),
    (bool, "BOOLEAN"),
    ((int, Decimal), "NUMBER"),
    (str, "STRING"),
    (list, "ARRAY"),
    (dict, "OBJECT"),
    (timedelta, "DURATION"),
    (datetime, "DATE_TIME"),
    (date, "DATE"),
    (time, "TIME"),
)
