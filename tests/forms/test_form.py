"""A whole form: conditions, read-only and hidden fields, lists, and what a page draws."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from engine.forms import compile_form

from .test_values import NOW, form_of

AMOUNT = {"type": "number", "key": "amount"}


def test_unknown_keys_are_dropped():
    result = form_of(AMOUNT).validate({"amount": "5", "isAdmin": True}, {}, NOW)

    assert result.variables == {"amount": 5}


def test_a_hidden_field_is_neither_checked_nor_stored():
    reason = {
        "type": "textarea",
        "key": "reason",
        "validate": {"required": True},
        "conditional": {"hide": '=decision = "approve"'},
    }
    decision = {"type": "radio", "key": "decision", "values": [{"value": "approve"}, {"value": "reject"}]}
    form = form_of(decision, reason)

    approved = form.validate({"decision": "approve", "reason": "x"}, {}, NOW)
    rejected = form.validate({"decision": "reject", "reason": ""}, {}, NOW)

    assert approved.variables == {"decision": "approve"}
    assert rejected.errors == {"reason": ("required", {})}


def test_a_condition_that_is_null_hides():
    form = form_of(AMOUNT, {"type": "textfield", "key": "note", "conditional": {"hide": "=amount > 3"}})

    result = form.validate({"amount": "", "note": "x"}, {}, NOW)

    assert result.variables == {"amount": None}


def test_the_stored_value_of_a_hidden_field_shows_through():
    hidden = {"type": "number", "key": "limit", "conditional": {"hide": "=true"}}
    shown = {"type": "expression", "key": "double", "expression": "=limit * 2"}

    result = form_of(hidden, shown).validate({"limit": "99"}, {"limit": 10}, NOW)

    assert result.variables == {"double": 20}


def test_a_read_only_field_keeps_what_is_stored():
    form = form_of(AMOUNT | {"readonly": True})

    result = form.validate({"amount": "1"}, {"amount": 500}, NOW)

    assert result.variables == {"amount": 500}


def test_a_disabled_field_is_not_stored():
    form = form_of(AMOUNT | {"disabled": True})

    assert form.validate({"amount": "1"}, {"amount": 500}, NOW).variables == {}


def test_an_expression_is_computed_again():
    form = form_of(AMOUNT, {"type": "expression", "key": "vat", "expression": "=amount * 0.06"})

    result = form.validate({"amount": "100", "vat": "0"}, {}, NOW)

    assert result.variables["vat"] == 6


LIST = {
    "type": "dynamiclist",
    "path": "items",
    "components": [
        {"type": "textfield", "key": "name", "validate": {"required": True}},
        {"type": "number", "key": "weight"},
        {"type": "textfield", "key": "why", "conditional": {"hide": "=not(this.weight > 5)"}},
    ],
}


def test_rows_of_a_list_are_checked_one_by_one():
    submitted = {"items": [{"name": "a", "weight": "1", "why": "x"}, {"name": "", "weight": "9", "why": "y"}]}

    result = form_of(LIST).validate(submitted, {}, NOW)

    assert result.errors == {"items.1.name": ("required", {})}
    assert result.variables["items"][0] == {"name": "a", "weight": 1}
    assert result.variables["items"][1]["why"] == "y"


def test_a_list_has_at_most_200_rows():
    result = form_of(LIST).validate({"items": [{"name": "a"}] * 201}, {}, NOW)

    assert result.errors == {"items": ("too_many_rows", {"limit": 200})}


def test_flat_controls_become_nested_values():
    group = {"type": "group", "path": "terms", "components": [{"type": "number", "key": "days"}]}
    tags = {"type": "checklist", "key": "tags", "values": [{"value": "a"}, {"value": "b"}]}
    form = form_of(LIST, group, tags)

    nested = form.nest(
        {
            "items.0.name": ["A"],
            "items.3.name": ["B"],
            "terms.days": ["30"],
            "tags": ["a", "b"],
            "csrf": ["z"],
        }
    )

    assert nested == {"items": [{"name": "A"}, {"name": "B"}], "terms": {"days": "30"}, "tags": ["a", "b"]}


def test_a_page_draws_stored_values_labels_and_limits():
    form = form_of(
        {
            "type": "number",
            "key": "amount",
            "label": "Amount in {{currency}}",
            "validate": {"required": True, "max": "=ceiling"},
            "properties": {"label:zh": "金额", "label:en": "Amount"},
        },
        {"type": "text", "text": "Tender **{{title}}**", "id": "intro"},
        LIST,
    )

    amount, intro, items = form.fields(
        {"amount": 7, "currency": "CNY", "ceiling": 9, "title": "SAP", "items": [{"name": "a"}]}, NOW
    )

    assert (amount.path, amount.value, amount.required, amount.maximum) == ("amount", 7, True, 9)
    assert amount.label == "Amount in CNY"
    assert amount.names == {"zh": "金额", "en": "Amount"}
    assert intro.text == "Tender **SAP**"
    assert [cell.path for cell in items.rows[0]] == ["items.0.name", "items.0.weight", "items.0.why"]
    assert items.rows[0][0].value == "a"


def test_what_was_typed_is_drawn_again():
    form = form_of(AMOUNT)

    (amount,) = form.fields({"amount": 7}, NOW, submitted={"amount": "seven"})

    assert amount.value == "seven"


def test_the_names_a_form_reads_are_known():
    form = form_of(AMOUNT | {"validate": {"max": "=ceiling"}}, LIST)

    assert {"amount", "ceiling", "items"} <= form.variable_names()


def problems(text):
    return {p.code: p for p in compile_form(text.encode(), "bad.form").problems}


def test_a_file_that_is_no_form_is_told_with_its_line():
    assert problems('{"id": "x",\n oops}')["FORM_NOT_JSON"].line == 2
    assert "FORM_NOT_OBJECT" in problems("[1]")
    assert "FORM_WITHOUT_ID" in problems('{"components": []}')
    assert "FORM_NOT_UTF8" in {p.code for p in compile_form(b'{"id": "\xff"}', "x").problems}


def test_a_broken_expression_names_its_field_and_place():
    source = {
        "id": "x",
        "components": [{"type": "number", "key": "n", "id": "N", "conditional": {"hide": "=a +"}}],
    }

    problem = problems(json.dumps(source))["FEEL_SYNTAX"]

    assert problem.element_id == "N"
    assert problem.position is not None


def test_two_fields_may_not_bind_one_key():
    source = {"id": "x", "components": [{"type": "number", "key": "n"}, {"type": "textfield", "key": "n"}]}

    assert "FIELD_KEY_TWICE" in problems(json.dumps(source))


def test_a_very_deep_file_is_refused():
    assert "FORM_TOO_DEEP" in problems('{"id":"x","components":' + "[" * 100_000 + "]" * 100_000 + "}")


def test_a_field_without_a_key_is_a_problem():
    assert "FIELD_WITHOUT_KEY" in problems('{"id": "x", "components": [{"type": "number"}]}')


def test_dates_compare_in_the_callers_zone():
    form = form_of({"type": "datetime", "key": "x", "subtype": "date", "disallowPassedDates": True})
    late = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)

    result = form.validate({"x": "2026-03-02"}, {}, late, ZoneInfo("Asia/Shanghai"))

    assert result.errors == {"x": ("date_passed", {"today": "2026-03-03"})}


def test_a_field_may_be_required_by_the_decision_taken():
    comment = {
        "type": "textarea",
        "key": "comment",
        "properties": {"tenure:requiredWhen": '=decision != "approve"'},
    }
    form = form_of(comment)

    assert form.validate({"comment": ""}, {"decision": "approve"}, NOW).errors == {}
    assert form.validate({"comment": ""}, {"decision": "reject"}, NOW).errors == {"comment": ("required", {})}
