"""What one field makes of what was typed into it."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from engine.forms import compile_form

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def form_of(*components, form_id="f"):
    source = json.dumps({"id": form_id, "type": "default", "components": list(components)}).encode()
    form = compile_form(source, "f.form")
    assert not [p for p in form.problems if p.is_error]
    return form


def answer(component, value, **data):
    result = form_of(component).validate({"x": value}, data, NOW)
    return result.errors["x"] if result.errors else result.variables["x"]


NUMBER = {"type": "number", "key": "x"}
TEXT = {"type": "textfield", "key": "x"}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("5", 5), ("1180000.50", Decimal("1180000.50")), (7, 7), (Decimal("0.1"), Decimal("0.1")), ("", None)],
)
def test_a_number_field_takes_exact_numbers(typed, expected):
    assert answer(NUMBER, typed) == expected


@pytest.mark.parametrize("typed", ["abc", "1,5", "NaN", "Infinity", True, [1], {"a": 1}])
def test_a_number_field_refuses_what_is_no_number(typed):
    assert answer(NUMBER, typed) == ("number", {})


def test_a_number_may_not_be_longer_than_34_digits():
    assert answer(NUMBER, "9" * 40) == ("number_too_long", {"limit": 34})
    assert answer(NUMBER, "1e500") == ("number_too_long", {"limit": 34})


def test_numbers_keep_their_limits():
    field = NUMBER | {"validate": {"min": 0, "max": "=ceiling"}, "decimalDigits": 2, "increment": "0.25"}

    assert answer(field, "-1", ceiling=10) == ("min", {"limit": 0})
    assert answer(field, "11", ceiling=10) == ("max", {"limit": 10})
    assert answer(field, "1.234", ceiling=10) == ("digits", {"limit": 2})
    assert answer(field, "1.3", ceiling=10) == ("increment", {"limit": Decimal("0.25")})
    assert answer(field, "1.25", ceiling=10) == Decimal("1.25")


def test_lengths_count_as_a_browser_counts():
    field = TEXT | {"validate": {"maxLength": 3, "minLength": 2}}

    assert answer(field, "𠮷𠮷") == ("max_length", {"limit": 3})
    assert answer(field, "𠮷a") == "𠮷a"
    assert answer(field, " 一 ") == ("min_length", {"limit": 2})


def test_a_pattern_is_searched_for_as_in_javascript():
    field = TEXT | {"validate": {"pattern": r"^(?<code>[A-Z]{2})-\d+$", "patternErrorMessage": "AB-1"}}

    assert answer(field, "AB-12") == "AB-12"
    assert answer(field, "AB-12\n") == ("pattern", {"message": "AB-1"})
    assert answer(field, "AB-١") == ("pattern", {"message": "AB-1"})


def test_a_hostile_pattern_ends_soon():
    field = TEXT | {"validate": {"pattern": "^(a+)+$"}}

    assert answer(field, "a" * 60 + "!")[0] == "pattern"


def test_a_choice_must_be_one_of_the_options():
    field = {
        "type": "radio",
        "key": "x",
        "values": [{"value": "yes", "label": "Yes"}, {"value": 2, "label": "2"}],
    }

    assert answer(field, "yes") == "yes"
    assert answer(field, "2") == 2
    assert answer(field, "maybe") == ("option", {"value": "maybe"})


def test_options_may_come_from_a_variable():
    field = {"type": "checklist", "key": "x", "valuesExpression": "=bids.supplier"}
    bids = [{"supplier": "A"}, {"supplier": "B"}]

    assert answer(field, ["A", "B"], bids=bids) == ["A", "B"]
    assert answer(field, ["C"], bids=bids) == ("option", {"value": "C"})


def test_dates_are_strict():
    field = {"type": "datetime", "key": "x", "subtype": "date", "disallowPassedDates": True}

    assert answer(field, "2026-03-02") == "2026-03-02"
    assert answer(field, "2026-03-01") == ("date_passed", {"today": "2026-03-02"})
    assert answer(field, "2026-02-30") == ("date", {})
    assert answer(field, "02.03.2026") == ("date", {})


def test_a_local_time_is_taken_in_the_given_zone():
    form = form_of({"type": "datetime", "key": "x", "subtype": "datetime"})

    result = form.validate({"x": "2026-03-10T09:30"}, {}, NOW, ZoneInfo("Asia/Shanghai"))

    assert result.variables == {"x": "2026-03-10T09:30+08:00"}


@pytest.mark.parametrize(
    ("component", "empty"),
    [
        (TEXT, ""),
        (TEXT, "   "),
        (NUMBER, ""),
        ({"type": "checkbox", "key": "x"}, None),
        ({"type": "taglist", "key": "x", "values": []}, []),
        ({"type": "filepicker", "key": "x"}, []),
    ],
)
def test_a_required_field_must_be_filled(component, empty):
    assert answer(component | {"validate": {"required": True}}, empty) == ("required", {})


def test_a_file_is_a_reference_to_a_stored_document():
    field = {"type": "filepicker", "key": "x"}

    assert answer(field, [{"documentId": "7", "name": "a.pdf"}]) == [{"documentId": "7", "name": "a.pdf"}]
    assert answer(field, ["/etc/passwd"]) == ("file", {})
