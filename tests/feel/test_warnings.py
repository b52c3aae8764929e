"""Every null has its reason, with a stable code and a place."""

import pytest

from engine.feel import compile_unary_tests
from tests.feel.evaluating import run, warnings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + nothing", [("NO_VARIABLE_FOUND", 4), ("INVALID_TYPE", 2)]),
        ("a.nothing", [("NO_CONTEXT_ENTRY_FOUND", 2)]),
        ("1.nothing", [("NO_CONTEXT_ENTRY_FOUND", 2)]),
        ('@"2024-01-01".hour', [("NO_PROPERTY_FOUND", 14)]),
        ("1 + nothing()", [("NO_FUNCTION_FOUND", 4), ("INVALID_TYPE", 2)]),
        ("a()", [("NO_FUNCTION_FOUND", 0)]),
        ("count(1)", [("INVALID_TYPE", 0)]),
        ("abs(wrong: 1)", [("NO_FUNCTION_FOUND", 0)]),
        ('1 < "a"', [("NOT_COMPARABLE", 2)]),
        ('true and 1 = "a"', [("NOT_COMPARABLE", 11)]),
        ("5 between 1 and true", [("NOT_COMPARABLE", 2)]),
        ('5 in ["a".."b"]', [("NOT_COMPARABLE", 5)]),
        ("1 / 0", [("DIVISION_BY_ZERO", 2)]),
        ("1 + true", [("INVALID_TYPE", 2)]),
        ("true and 1", [("INVALID_TYPE", 5)]),
        ("if 1 then 2 else 3", [("INVALID_TYPE", 3)]),
        ("-true", [("INVALID_TYPE", 0)]),
        ("[1, 2][5]", [("OUT_OF_BOUNDS", 6)]),
        ("for x in 5 return x", [("INVALID_TYPE", 9)]),
        ('date("x")', [("FUNCTION_INVOCATION_FAILURE", 0)]),
        ('matches("a", "[")', [("FUNCTION_INVOCATION_FAILURE", 0)]),
        ('@"x"', [("INVALID_TYPE", 0)]),
        ("1 instance of nothing", [("INVALID_TYPE", 14)]),
        ("some x in [1] satisfies x", [("INVALID_TYPE", 0)]),
        ("[1..true]", [("NOT_COMPARABLE", 0)]),
    ],
)
def test_a_null_has_its_reason(text, expected):
    assert warnings(text, {"a": {}}) == expected


def test_what_goes_well_warns_of_nothing():
    assert warnings("a.b = 1 and count(a.l[item > 0]) > 0", {"a": {"b": 1, "l": [1]}}) == []


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("scoer > 1", "no variable 'scoer'; did you mean 'score'?"),
        ("Score > 1", "no variable 'Score'; did you mean 'score'?"),
        ("bid.pirce", "no entry 'pirce'; did you mean 'price'?"),
        ("cuont([1])", "no function 'cuont'; did you mean 'count'?"),
        ("zzz", "no variable 'zzz'"),
    ],
)
def test_a_warning_names_what_was_probably_meant(text, hint):
    result = run(text, {"score": 1, "bid": {"price": 1}})

    assert result.warnings[0].message == hint


def test_a_loop_warns_once_of_each_place():
    assert warnings("for x in [1, 2, 3] return x.a + nothing") == [
        ("NO_CONTEXT_ENTRY_FOUND", 28),
        ("NO_VARIABLE_FOUND", 32),
        ("INVALID_TYPE", 30),
    ]


def test_cells_warn_too():
    result = compile_unary_tests('< 5, "a"').evaluate(True, {})

    assert [(warning.code, warning.position) for warning in result.warnings] == [
        ("NOT_COMPARABLE", 0),
        ("NOT_COMPARABLE", 5),
    ]


def test_a_fit_of_no_signature_names_all_of_them():
    message = run("min(true)").warnings[0].message

    assert "boolean" in message
    assert run('substring("a")').warnings[0].message == (
        "substring(string) does not fit; known: substring(string, start position, length)"
    )
