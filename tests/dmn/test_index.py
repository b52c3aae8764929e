"""The index and the short way say exactly what FEEL says of every cell."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.dmn import compile_dmn, evaluate_decision
from engine.feel import compile_unary_tests
from tests.dmn.drawing import decision, dmn, table, table_model

NUMBERS = st.sampled_from(["-1", "0", "1", "1.5", "2", "10", "10.00", "1000000000000000000000000.1"])
TEXTS = st.sampled_from(['"a"', '"b"', '"中文"', '""'])
CONSTANTS = st.one_of(NUMBERS, TEXTS, st.sampled_from(["true", "false", "null"]))
INTERVALS = st.builds(
    lambda opening, low, high, closing: f"{opening}{low}..{high}{closing}",
    st.sampled_from("[("),
    NUMBERS,
    NUMBERS,
    st.sampled_from("])"),
)
COMPARISONS = st.builds(
    lambda sign, value: f"{sign} {value}", st.sampled_from(["<", "<=", ">", ">=", "="]), NUMBERS
)
TESTS = st.lists(st.one_of(CONSTANTS, INTERVALS, COMPARISONS), min_size=1, max_size=3).map(", ".join)
OTHERS = st.sampled_from(["-", "", '> "a"', "? > limit", "limit", '["a".."b"]', 'date("2026-01-01")'])
CELLS = st.one_of(TESTS, TESTS.map(lambda tests: f"not({tests})"), OTHERS)
VALUES = st.one_of(
    st.sampled_from(
        [None, True, False, -1, 0, 1, 2, 3, 10, Decimal("1.5"), Decimal("1.50"), Decimal("9.99")]
    ),
    st.sampled_from(["a", "b", "c", "", "中文", date(2026, 1, 1), [1], ["a"], {"a": 1}]),
    st.decimals(-100, 100, places=3),
)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8), x=VALUES, y=VALUES)
def test_the_rules_that_match_are_those_whose_cells_all_pass(
    rows: list[tuple[str, str]], x: object, y: object
) -> None:
    variables = {"x": x, "y": y, "limit": 2}
    model = table_model(["x", "y"], [(*cells, str(n)) for n, cells in enumerate(rows)], policy="RULE ORDER")

    found = evaluate_decision(model, "d", variables)

    expected = [
        number
        for number, cells in enumerate(rows)
        if all(passes(cell, value, variables) for cell, value in zip(cells, (x, y), strict=True))
    ]
    assert found.output == expected


def passes(cell: str, value: object, variables: dict[str, object]) -> bool:
    return compile_unary_tests(cell or "-").evaluate(value, variables).value is True


def test_a_table_too_large_for_bits_finds_the_same_rules() -> None:
    rows = [(f'"item {n}"', "[0..10]", str(n)) for n in range(600)]
    rows += [("-", "> 9", "1000"), ('not("item 7")', "5", "1001"), ('"item 3", "item 7"', "-", "1002")]
    model = table_model(["item:string", "x:number"], rows, policy="COLLECT")

    def decide(item: object, x: object) -> object:
        return evaluate_decision(model, "d", {"item": item, "x": x}).output

    assert decide("item 7", 5) == [7, 1002]
    assert decide("item 3", 5) == [3, 1001, 1002]
    assert decide("item 3", 10) == [3, 1000, 1002]
    assert decide("nothing", 20) == [1000]
    assert decide(None, 5) == [1001]
    assert decide(7, 20) == [1000]


def test_true_is_not_one() -> None:
    model = compile_dmn(dmn(decision("d", table(["x"], [("1", '"one"'), ("true", '"true"')]))), "test.dmn")

    assert evaluate_decision(model, "d", {"x": 1}).output == "one"
    assert evaluate_decision(model, "d", {"x": True}).output == "true"
