"""Reads what clients send: JSON with exact numbers, keys as decimal strings, the one tenant."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import request

from .problems import ApiError, invalid

DEFAULT_TENANT = "<default>"

_KEY = re.compile(r"-?[0-9]{1,25}")


def json_body(*, required: bool = True) -> dict[str, Any]:
    """The request's JSON object; empty when there is none and it is not `required`. Raises ApiError
    (400, 415)."""
    if not required and not request.get_data():
        return {}
    if not request.is_json:
        raise ApiError(415, "UNSUPPORTED_MEDIA_TYPE", "send application/json")
    try:
        body = json.loads(request.get_data(), parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise invalid(f"Request property cannot be parsed: {error}") from error
    if not isinstance(body, dict):
        raise invalid("the request must be a JSON object")
    return body


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def key_of(body: Mapping[str, Any], name: str) -> int | None:
    """A key property as a number; None when it is absent or null. Raises ApiError."""
    value = body.get(name)
    return None if value is None else key_from(name, value)


def key_from(name: str, value: Any) -> int:
    """A key, which clients send as a decimal string. Raises ApiError."""
    if not isinstance(value, str) or not _KEY.fullmatch(value) or abs(int(value)) >= 2**63:
        raise invalid(f"The provided {name} '{value}' is not a valid key; expected a decimal string")
    return int(value)


def check_tenant(tenant: object) -> None:
    """Raises ApiError for any tenant but the default one."""
    if tenant not in (None, "", DEFAULT_TENANT):
        raise invalid(
            f"Expected to handle the request with tenant identifier '{DEFAULT_TENANT}', but got '{tenant}': "
            "Tenure has one tenant"
        )
