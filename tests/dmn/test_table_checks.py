"""The problems of a decision table that are found before it runs, each with its place."""

from __future__ import annotations

import pytest

from engine.dmn import DmnModel
from tests.dmn.drawing import table_model


def messages(model: DmnModel, code: str) -> list[str]:
    return [problem.message for problem in model.problems if problem.code == code]


def test_a_cell_that_is_no_feel_is_an_error_with_rule_column_position_and_line() -> None:
    model = table_model(["x:number", "y"], [("1", "-", '"a"'), ("> > 2", "-", '"b"'), ("3", "-", '"c')])

    first, second = [problem for problem in model.problems if problem.code == "FEEL_SYNTAX"]

    assert first.is_error
    assert first.element_id == "d"
    assert first.message.startswith("rule 2, input 'x': ")
    assert (first.line, first.position) == (3, 2)
    assert second.message.startswith("rule 3, output 'out': ")


@pytest.mark.parametrize("policy", ["UNIQUE", "ANY"])
def test_overlapping_rules_are_named_with_a_value_that_both_meet(policy: str) -> None:
    rows = [("[0..10]", '"a"', '"one"'), ("[10..20]", "-", '"two"'), ("> 20", "-", '"three"')]

    model = table_model(["x:number", "kind:string"], rows, policy=policy)

    (message,) = messages(model, "RULES_OVERLAP")
    assert message == f'rules 1 and 2 both match x is 10 and kind is "a"; the hit policy is {policy}'


def test_under_any_rules_with_one_output_may_overlap() -> None:
    model = table_model(["x:number"], [("[0..10]", '"a"'), ("[10..20]", '"a"')], policy="ANY")

    assert messages(model, "RULES_OVERLAP") == []


def test_under_first_and_collect_rules_may_overlap() -> None:
    for policy in ("FIRST", "COLLECT"):
        model = table_model(["x:number"], [("> 10", '"a"'), ("-", '"b"')], policy=policy)

        assert model.problems == ()


def test_a_gap_is_described() -> None:
    rows = [("true", "< 10", '"a"'), ("true", "> 10", '"b"'), ("false", "-", '"c"')]

    model = table_model(["ok:boolean", "x:number"], rows)

    assert messages(model, "TABLE_GAP") == ["no rule matches when ok is true and x is 10"]


def test_a_table_with_default_outputs_or_a_list_for_output_has_no_gaps() -> None:
    assert table_model(["x:number"], [("1", '"a"')], defaults=['"none"']).problems == ()
    assert table_model(["x:number"], [("1", '"a"')], policy="COLLECT").problems == ()


def test_a_rule_hidden_by_those_before_it_never_matches() -> None:
    rows = [("< 10", '"a"'), (">= 5", '"b"'), ("[3..20]", '"c"'), ("null", '"d"')]

    model = table_model(["x:number"], rows, policy="FIRST")

    assert messages(model, "RULE_NEVER_MATCHES") == [
        "rule 3 never matches: the rules before it meet all of its values"
    ]


@pytest.mark.parametrize(
    ("type_", "cell", "expected"),
    [
        ("number", '"ten"', "compares a number with a string"),
        ("string", "> 10", "compares a string with a number"),
        ("date", '"2026-01-01"', "compares a date with a string"),
    ],
)
def test_a_constant_of_another_type_than_the_column_is_named(type_: str, cell: str, expected: str) -> None:
    model = table_model([f"x:{type_}"], [(cell, "1"), ("-", "2")], policy="FIRST")

    (message,) = messages(model, "CELL_TYPE")
    assert message.startswith(f"rule 1, input 'x' {expected}")


def test_an_empty_interval_never_matches() -> None:
    model = table_model(["x:number"], [("[5..1]", "1"), ("-", "2")], policy="FIRST")

    assert messages(model, "RULE_NEVER_MATCHES") == ["rule 1, input 'x' no value can meet: [5..1]"]


def test_an_output_that_is_not_of_its_type_or_not_allowed_is_named() -> None:
    typed = table_model(["x"], [("-", '"a"')], outputs=("out:number",))
    allowed = table_model(["x"], [("-", '"z"')], outputs=("out:string",), allowed=['"a", "b"'])

    assert messages(typed, "OUTPUT_TYPE") == ["rule 1, output 'out' is no number: \"a\""]
    assert messages(allowed, "OUTPUT_TYPE") == [
        'rule 1, output \'out\' has the value "z", not one of "a", "b"'
    ]


def test_cells_that_depend_on_variables_are_given_the_benefit_of_the_doubt() -> None:
    model = table_model(["x:number"], [("< limit", '"a"'), ("> limit", '"b"')])

    assert model.problems == ()
