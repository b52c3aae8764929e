"""What an evaluation tells besides its output: values looked at, matched rules, warnings, failures."""

from __future__ import annotations

import json
from datetime import date

import pytest

from engine.dmn import compile_dmn, evaluate_decision, explain_decision
from engine.errors import DecisionNotFound, DeploymentRejected
from tests.dmn.drawing import decision, dmn, literal, requires, table, table_model


def test_every_input_value_and_every_matched_rule_is_told() -> None:
    model = table_model(
        ["amount:number", "kind:string"], [("> 5", "-", '"a"'), ("-", '"x"', '"b"')], policy="COLLECT"
    )

    (found,) = evaluate_decision(model, "d", {"amount": 7, "kind": "x"}).decisions

    assert (found.id, found.type) == ("d", "DECISION_TABLE")
    assert [(seen.name, seen.value) for seen in found.inputs] == [("amount", 7), ("kind", "x")]
    assert [(rule.index, rule.id, rule.outputs[0].value) for rule in found.matched_rules] == [
        (1, "rule_1", "a"),
        (2, "rule_2", "b"),
    ]


def test_a_missing_variable_is_null_with_a_warning() -> None:
    model = table_model(["amount:number"], [("null", '"unknown"')])

    result = evaluate_decision(model, "d", {})

    assert result.output == "unknown"
    assert [warning.code for warning in result.warnings] == ["NO_VARIABLE_FOUND"]


def test_a_value_of_another_type_is_warned_of_with_the_name_of_the_column() -> None:
    model = table_model(["amount:number"], [("> 5", '"much"')])

    result = evaluate_decision(model, "d", {"amount": "seven"})

    assert result.output is None
    assert "input 'amount' is no number: \"seven\"" in [warning.message for warning in result.warnings]


def test_text_is_read_as_the_date_that_the_column_asks_for() -> None:
    model = table_model(["due:date"], [('< date("2026-03-01")', '"late"')])

    result = evaluate_decision(model, "d", {"due": "2026-02-28"})

    assert result.output == "late"
    assert result.decisions[0].inputs[0].value == date(2026, 2, 28)


def test_the_explanation_is_json() -> None:
    model = table_model(["x"], [("-", 'date("2026-03-01")')])

    explained = json.loads(json.dumps(evaluate_decision(model, "d", {"x": 1}).explanation()))

    assert explained["output"] == "2026-03-01"
    assert explained["evaluatedDecisions"][0]["matchedRules"][0]["ruleIndex"] == 1


def test_required_decisions_are_told_before_those_that_require_them() -> None:
    source = dmn(
        decision("base", literal("x * 2")),
        decision("top", table(["base:number"], [("> 5", '"big"')]), requires=requires("base")),
    )

    result = evaluate_decision(compile_dmn(source, "test.dmn"), "top", {"x": 3})

    assert result.output == "big"
    assert [(found.id, found.output) for found in result.decisions] == [("base", 6), ("top", "big")]
    assert [(seen.name, seen.value) for seen in result.decisions[0].inputs] == [("x", 3)]


def test_a_failed_assertion_names_the_decision() -> None:
    model = compile_dmn(dmn(decision("d", literal("assert(x, x > 1)"))), "test.dmn")

    result = evaluate_decision(model, "d", {"x": 0})

    assert result.failed_decision_id == "d"
    assert result.failure


def test_a_file_is_explained_without_deploying_it() -> None:
    source = dmn(decision("d", table(["x:number"], [("> 0.5", "x + 0.1")])))

    explained = explain_decision({"test.dmn": source}, "d", {"x": 0.6})

    assert str(explained["output"]) == "0.7"


def test_an_unknown_decision_and_a_broken_file_are_refused() -> None:
    with pytest.raises(DecisionNotFound, match="decisions of 'drd' are: d"):
        explain_decision({"test.dmn": dmn(decision("d", literal("1")))}, "e", {})
    with pytest.raises(DeploymentRejected, match="FEEL_SYNTAX"):
        explain_decision({"test.dmn": dmn(decision("d", literal("1 +")))}, "d", {})
