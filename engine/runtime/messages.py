"""Messages: the correlation key that brings one to its instance, and how long it waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ..bpmn.model import TimerDefinition, TimerKind, Value
from . import timers
from .expressions import evaluate, type_name
from .failures import Failure, IncidentType


def correlation_key_text(key: Value, seen: Mapping[str, Any], now: datetime) -> str:
    """Text or number as text; anything else raises Failure EXTRACT_VALUE_ERROR."""
    if isinstance(key, str):
        return key
    value = evaluate(key, seen, now)
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    raise Failure(
        IncidentType.EXTRACT_VALUE_ERROR,
        f"Failed to extract the correlation key for '{key.text}': "
        f"The value must be either a string or a number, but was '{type_name(value)}'.",
        "set the variable that holds the correlation key, then try again",
    )


def time_to_live(value: Value | None, seen: Mapping[str, Any], now: datetime) -> timedelta | None:
    """How long a published message is kept, or None when nothing is said."""
    if value is None or value == "":
        return None
    due = timers.schedule(TimerDefinition(kind=TimerKind.DURATION, value=value), seen, now).due_at
    return due - now
