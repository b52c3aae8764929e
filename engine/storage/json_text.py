"""JSON as exact text: whole numbers are `int`, all others `Decimal`; a float never appears.

>>> loads(dumps({"price": Decimal("9007199254740993.01")}))
{'price': Decimal('9007199254740993.01')}
"""

from __future__ import annotations

import json
import re
import secrets
from decimal import Decimal
from typing import Any


def dumps(value: Any, *, canonical: bool = False) -> str:
    """The JSON text of `value`; `canonical` sorts the keys, so that equal values have equal text.

    Raises ValueError for what JSON cannot say: other types, numbers that are not finite.
    """
    decimals: list[str] = []
    # The mark cannot be foreseen, so no text inside the value can be taken for it.
    mark = f"decimal-{secrets.token_hex(8)}-"

    def write_decimal(item: Any) -> str:
        if not isinstance(item, Decimal):
            raise ValueError(f"JSON cannot hold a {type(item).__name__}: {item!r}")
        if not item.is_finite():
            raise ValueError(f"JSON cannot hold the number {item}")
        decimals.append(str(item))
        return f"{mark}{len(decimals) - 1}"

    text = _encode(value, write_decimal, canonical, ensure_ascii=False)
    if not text.isascii() and _has_lone_surrogate(text):
        decimals.clear()
        text = _encode(value, write_decimal, canonical, ensure_ascii=True)
    if not decimals:
        return text
    return re.sub(f'"{mark}([0-9]+)"', lambda found: decimals[int(found[1])], text)


def loads(text: str | bytes) -> Any:
    """The value of a JSON text. Raises ValueError when it is not JSON."""
    return json.loads(text, parse_float=Decimal, parse_constant=_refuse)


def _encode(value: Any, write_decimal: Any, canonical: bool, *, ensure_ascii: bool) -> str:
    return json.dumps(
        value,
        ensure_ascii=ensure_ascii,
        allow_nan=False,
        separators=(",", ":"),
        sort_keys=canonical,
        default=write_decimal,
    )


def _has_lone_surrogate(text: str) -> bool:
    return re.search("[\ud800-\udfff]", text) is not None


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
