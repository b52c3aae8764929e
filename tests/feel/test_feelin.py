"""Generated expressions mean here what they mean in feelin, but for what is listed as feelin's own."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from engine.feel import FeelSyntaxError, compile_expression, to_json
from tests.feel.evaluating import NOW
from tests.feel.feelin import Feelin, FeelinMissing
from tests.feel.generated_texts import CONTEXT, texts

DIFFERENCES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "feelin" / "differences.json").read_text(encoding="utf-8")
)
EXAMPLES = int(os.environ.get("TENURE_FEELIN_EXAMPLES", "500"))


@pytest.fixture(scope="module")
def feelin() -> Iterator[Feelin]:
    try:
        running = Feelin()
    except FeelinMissing as missing:
        if missing.can_be_had and os.environ.get("CI"):
            raise
        pytest.skip(f"nothing to compare with: {missing}")
    yield running
    running.close()


@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(text=texts())
def test_generated_expressions_give_what_feelin_gives(feelin: Feelin, text: str) -> None:
    theirs = feelin.answer(text, CONTEXT)

    assert same(ours(text), theirs), f"{text}: {ours(text)} is not {theirs}"


@pytest.mark.parametrize("entry", DIFFERENCES, ids=lambda entry: entry["text"])
def test_what_is_listed_as_different_is_still_so(feelin: Feelin, entry: dict[str, Any]) -> None:
    theirs = feelin.answer(entry["text"], CONTEXT)

    assert ours(entry["text"]) == {"value": entry["ours"]}
    assert theirs.get("value") == entry["feelin"]
    assert entry["reason"]


def ours(text: str) -> dict[str, Any]:
    """What feelin would answer if it agreed: floats for numbers, text for dates."""
    context = json.loads(json.dumps(CONTEXT), parse_float=Decimal)
    try:
        evaluated = compile_expression(text, strict=True).evaluate(context, now=NOW)
    except FeelSyntaxError as error:
        return {"error": str(error)}
    return {"value": json.loads(json.dumps(to_json(evaluated.value), default=float))}


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    if "error" in one or "error" in other:
        return "error" in one and "error" in other
    return _equal(one["value"], other["value"])


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    return bool(one == other)
