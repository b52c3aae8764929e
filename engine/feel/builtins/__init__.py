"""The built-in functions, by family; importing this package declares them all."""

from __future__ import annotations

from engine.feel.builtins import (
    booleans,
    contexts,
    conversion,
    dates,
    lists,
    numeric,
    range_text,
    ranges,
    statistics,
    strings,
)
from engine.feel.builtins.registry import Builtin, Null, Signature, find_builtin

FAMILIES = (booleans, contexts, conversion, dates, lists, numeric, range_text, ranges, statistics, strings)

__all__ = ["FAMILIES", "Builtin", "Null", "Signature", "find_builtin"]
