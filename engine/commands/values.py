"""Variables as they come in: JSON values under names that FEEL can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..errors import InvalidVariables
from ..handlers import to_json_value
from ..model import AdHocResult, ElementActivation, JobResult

MAX_NAME = 200


def checked_variables(variables: Mapping[str, Any] | None) -> dict[str, Any]:
    """The same with exact numbers, times as text. Raises InvalidVariables naming each wrong one."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, value in (variables or {}).items():
        if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME:
            errors[str(name)] = f"a variable's name is text of at most {MAX_NAME} characters"
            continue
        try:
            values[name] = to_json_value(value)
        except (TypeError, RecursionError) as error:
            errors[name] = str(error)
    if errors:
        raise InvalidVariables(errors)
    return values


def checked_result(result: JobResult | None) -> JobResult | None:
    """The same with checked variables. Raises InvalidVariables."""
    if not isinstance(result, AdHocResult):
        return result
    chosen = tuple(
        ElementActivation(element_id=one.element_id, variables=checked_variables(one.variables))
        for one in result.activate
    )
    return replace(result, activate=chosen)
