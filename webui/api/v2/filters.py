"""Which process instances a client means: Camunda's filter, as far as Tenure can look by it.

A criterion that is not understood is refused, never left out: a batch operation would reach too far.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from engine import InstanceState, ProcessInstanceFilter

from .problems import ApiError, invalid
from .requests import check_tenant, key_from

T = TypeVar("T")

_TICK = timedelta(microseconds=1)


def process_instance_filter(body: Mapping[str, Any]) -> ProcessInstanceFilter:
    """The required `filter` of a batch operation's request. Raises ApiError (400)."""
    given = body.get("filter")
    if not isinstance(given, dict):
        raise invalid("No filter provided: it says which process instances are meant")
    criteria: dict[str, Any] = {}
    for name, value in given.items():
        if value is None:
            continue
        if name not in _READERS:
            raise invalid(
                f"The filter criterion '{name}' is not offered; nothing was changed."
                f" Offered: {', '.join(sorted(_READERS))}"
            )
        criteria |= _READERS[name](name, value)
    if not criteria:
        raise invalid("At least one filter criterion is required")
    return ProcessInstanceFilter(**criteria)


def one(name: str, value: Any, read: Callable[[str, Any], T]) -> T:
    """An exact match: the value itself, or `{"$eq": value}`."""
    if isinstance(value, dict):
        _only(name, value, "$eq")
        value = value["$eq"]
    return read(name, value)


def several(name: str, value: Any, read: Callable[[str, Any], T]) -> tuple[T, ...]:
    """A value, `{"$eq": value}` or `{"$in": [values]}`."""
    if isinstance(value, dict) and "$in" in value:
        _only(name, value, "$in")
        if not isinstance(value["$in"], list):
            raise invalid(f"{name}.$in must be a list")
        return tuple(read(name, single) for single in value["$in"])
    return (one(name, value, read),)


def pairs(body: dict[str, Any], name: str) -> dict[str, str]:
    """Instructions that lead from `sourceElementId` to `targetElementId`."""
    given = body.get(name)
    if not isinstance(given, list) or not given:
        raise invalid(f"No {name} provided")
    pairs: dict[str, str] = {}
    for instruction in given:
        if not isinstance(instruction, dict):
            raise invalid(f"each of {name} must be an object")
        source, target = (text(end, instruction.get(end)) for end in ("sourceElementId", "targetElementId"))
        if source in pairs:
            raise invalid(f"{name} names the source '{source}' twice")
        pairs[source] = target
    return pairs


def text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise invalid(f"{name} must be a string that is not empty")
    return value


def word_of(words: type[T]) -> Callable[[str, Any], T]:
    """A reader of one of Camunda's enumerations."""

    def read(name: str, value: Any) -> T:
        try:
            return words(value)  # type: ignore[call-arg]
        except ValueError as error:
            known = ", ".join(str(word) for word in words)  # type: ignore[attr-defined]
            raise invalid(f"Unexpected value '{value}' for {name}; known: {known}") from error

    return read


def _instance_keys(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, dict) and "$notIn" in value:
        _only(name, value, "$notIn", "$in", "$eq")
        found = {"except_keys": several(name, {"$in": value["$notIn"]}, key_from)}
        rest = {operator: wanted for operator, wanted in value.items() if operator != "$notIn"}
        return found | ({"keys": several(name, rest, key_from)} if rest else {})
    return {"keys": several(name, value, key_from)}


def _parent(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, dict) and "$exists" in value:
        _only(name, value, "$exists")
        return {"called": _flag(name, value["$exists"])}
    return {"parent_key": one(name, value, key_from)}


def _started(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        moment = _moment(name, value)
        return {"started_after": moment, "started_before": moment + _TICK}
    _only(name, value, "$gt", "$gte", "$lt", "$lte")
    found: dict[str, Any] = {}
    for operator, wanted in value.items():
        moment = _moment(name, wanted)
        later = operator in ("$gt", "$lte")
        bound = "started_after" if operator in ("$gt", "$gte") else "started_before"
        found[bound] = moment + _TICK if later else moment
    return found


def _state(name: str, value: Any) -> dict[str, Any]:
    return {"states": several(name, value, word_of(InstanceState))}


def _tenant(name: str, value: Any) -> dict[str, Any]:
    check_tenant(one(name, value, text))
    return {}


def _version(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid(f"{name} must be a whole number")
    return value


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise invalid(f"{name} must be true or false")
    return value


def _moment(name: str, value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(text(name, value))
    except ValueError as error:
        raise invalid(f"The provided {name} '{value}' cannot be parsed as a date") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _only(name: str, value: Mapping[str, Any], *operators: str) -> None:
    unknown = set(value) - set(operators)
    if unknown or not value:
        raise _not_offered(name, sorted(unknown), operators)


def _not_offered(name: str, unknown: list[str], operators: tuple[str, ...]) -> ApiError:
    return invalid(f"{name}: operator {', '.join(unknown) or 'missing'}; offered: {', '.join(operators)}")


def _as(criterion: str, read: Callable[[str, Any], Any]) -> Callable[[str, Any], dict[str, Any]]:
    return lambda name, value: {criterion: one(name, value, read)}


_READERS: dict[str, Callable[[str, Any], dict[str, Any]]] = {
    "processInstanceKey": _instance_keys,
    "processDefinitionId": _as("process_id", text),
    "processDefinitionVersion": _as("process_version", _version),
    "processDefinitionKey": _as("definition_key", key_from),
    "parentProcessInstanceKey": _parent,
    "parentElementInstanceKey": _as("parent_element_instance_key", key_from),
    "state": _state,
    "hasIncident": _as("has_incident", _flag),
    "elementId": _as("element_id", text),
    "businessId": _as("business_key", text),
    "startDate": _started,
    "tenantId": _tenant,
}
