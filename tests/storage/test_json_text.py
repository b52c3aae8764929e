"""JSON text is exact: decimals stay as written and floats never appear."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.storage import dumps, loads

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(values)
def test_every_value_comes_back(value):
    assert loads(dumps(value)) == value


def test_text_that_looks_like_a_placeholder_stays_text():
    value = ["decimal-0", Decimal("1.5"), '"decimal-1"']

    assert loads(dumps(value)) == value


def test_canonical_text_is_the_same_for_equal_values():
    one, other = {"b": 1, "a": Decimal("2.0")}, {"a": Decimal("2.0"), "b": 1}

    assert dumps(one, canonical=True) == dumps(other, canonical=True) == '{"a":2.0,"b":1}'


def test_a_number_with_a_point_is_read_as_a_decimal():
    assert loads("[1.10, 1e2, 7]") == [Decimal("1.10"), Decimal("1E+2"), 7]
    assert isinstance(loads("1.5"), Decimal)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), Decimal("Infinity"), {1, 2}])
def test_what_json_cannot_say_is_refused(value):
    with pytest.raises(ValueError):
        dumps([value])


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "{", ""])
def test_what_is_not_json_is_refused(text):
    with pytest.raises(ValueError):
        loads(text)
