"""What comes out of a table when no rule, one rule or several rules match."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.dmn import evaluate_decision
from tests.dmn.drawing import table_model

ROWS = [("> 10", '"medium"'), ("> 20", '"high"'), ("> 5", '"low"'), ("> 20", '"high"')]


def outcome(policy: str, x: object, **options: object) -> object:
    model = table_model(["x:number"], ROWS, policy=policy, **options)
    result = evaluate_decision(model, "d", {"x": x})
    assert result.failure is None
    return result.output


def test_unique_gives_the_output_of_the_only_rule() -> None:
    assert outcome("UNIQUE", 7) == "low"


def test_unique_fails_when_two_rules_match_and_names_them() -> None:
    model = table_model(["x:number"], ROWS)

    result = evaluate_decision(model, "d", {"x": 15})

    assert result.output is None
    assert result.failed_decision_id == "d"
    assert result.failure == "rules 1 and 3 match together; the hit policy UNIQUE allows one rule only"


def test_any_accepts_several_rules_with_one_output() -> None:
    model = table_model(["x"], [("> 1", '"a"'), ("> 2", '"a"'), ("> 3", '"b"')], policy="ANY")

    assert evaluate_decision(model, "d", {"x": 3}).output == "a"
    assert "rules 1 and 3" in (evaluate_decision(model, "d", {"x": 4}).failure or "")


def test_first_takes_the_first_rule_and_reports_no_other() -> None:
    model = table_model(["x:number"], ROWS, policy="FIRST")

    result = evaluate_decision(model, "d", {"x": 15})

    assert result.output == "medium"
    assert [rule.index for rule in result.decisions[0].matched_rules] == [1]


def test_priority_follows_the_list_of_output_values() -> None:
    assert outcome("PRIORITY", 25, allowed=['"high", "medium", "low"']) == "high"
    assert outcome("PRIORITY", 15, allowed=['"high", "low", "medium"']) == "low"


def test_rule_order_lists_outputs_in_the_order_of_the_rules() -> None:
    assert outcome("RULE ORDER", 25) == ["medium", "high", "low", "high"]


def test_output_order_lists_outputs_in_the_order_of_their_values() -> None:
    assert outcome("OUTPUT ORDER", 25, allowed=['"low", "medium", "high"']) == [
        "low",
        "medium",
        "high",
        "high",
    ]


def test_collect_lists_all_outputs() -> None:
    assert outcome("COLLECT", 15) == ["medium", "low"]


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [("SUM", Decimal("30.3")), ("MIN", Decimal("0.1")), ("MAX", 20), ("COUNT", 3)],
)
def test_collect_makes_one_value_of_all(aggregation: str, expected: object) -> None:
    rows = [("> 1", "20"), ("> 2", "0.1"), ("> 3", "10.2"), ("> 9", "500")]
    model = table_model(["x"], rows, policy="COLLECT", aggregation=aggregation)

    assert evaluate_decision(model, "d", {"x": 4}).output == expected


@pytest.mark.parametrize(
    ("policy", "aggregation", "expected"),
    [
        ("UNIQUE", "", None),
        ("ANY", "", None),
        ("FIRST", "", None),
        ("PRIORITY", "", None),
        ("RULE ORDER", "", []),
        ("OUTPUT ORDER", "", []),
        ("COLLECT", "", []),
        ("COLLECT", "SUM", None),
        ("COLLECT", "MIN", None),
        ("COLLECT", "COUNT", 0),
    ],
)
def test_without_a_matching_rule(policy: str, aggregation: str, expected: object) -> None:
    assert outcome(policy, 1, aggregation=aggregation) == expected


@pytest.mark.parametrize("policy", ["UNIQUE", "FIRST", "COLLECT"])
def test_the_default_output_stands_in_when_no_rule_matches(policy: str) -> None:
    assert outcome(policy, 1, defaults=['"none"']) == "none"


def test_several_outputs_make_a_context_and_one_output_stands_alone() -> None:
    one = table_model(["x"], [("1", '"a"')])
    two = table_model(["x"], [("1", '"a"', "x + 1")], outputs=("kind", "next"))

    assert evaluate_decision(one, "d", {"x": 1}).output == "a"
    assert evaluate_decision(two, "d", {"x": 1}).output == {"kind": "a", "next": 2}


def test_an_output_is_new_every_time() -> None:
    model = table_model(["x"], [("1", '["a"]', "2")], outputs=("names", "n"))
    first = evaluate_decision(model, "d", {"x": 1}).json_output

    first["names"].append("b")

    assert evaluate_decision(model, "d", {"x": 1}).json_output == {"names": ["a"], "n": 2}
