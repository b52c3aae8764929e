"""Where the standard's meaning is another than Camunda's."""

from datetime import timedelta

import pytest

from engine.feel import Function, Range, compile_expression, compile_unary_tests
from engine.feel.types import ContextType, ListType, SimpleType
from tests.feel.evaluating import run, strictly, value


@pytest.mark.parametrize(
    ("text", "camunda", "standard"),
    [
        ("is(1, 1)", None, True),
        ("is(@\"10:00:00Z\", @\"11:00:00+01:00\")", None, False),
        ('range("[1..3]") = [1..3]', False, True),
        ("list replace([1, 2], 1, 5)", None, [5, 2]),
        ("list replace([1, 2], function(item, new) item > 1, 5)", None, [1, 5]),
        ("count(1)", None, 1),
        ('upper case(["a"])', None, "A"),
        ("for x in 5 return x", None, [5]),
        ('duration("P1D") * 1.5', timedelta(days=1), timedelta(days=1, hours=12)),
        ('time("10:00")', "10:00:00", "10:00:00"),
        ('@"10:00"', "10:00:00", None),
        ("{a: 1, a: 2}", {"a": 2}, None),
        ('context put({a: 1}, ["a", "b"], 2)', {"a": {"b": 2}}, None),
        ('context([{key: "a", value: 1}, {key: "a", value: 2}])', {"a": 2}, None),
        ('before("a", "b")', None, True),
        ("2 * 3 instance of number", True, None),
    ],
)  # fmt: skip
def test_both_meanings_stand_side_by_side(text, camunda, standard):
    def shown(found):
        return found if camunda is None or not isinstance(camunda, str) else found and found.isoformat()

    assert shown(value(text)) == camunda
    assert shown(strictly(text)) == standard


def test_functions_are_values_in_both():
    assert value("(function(x) x + 1)(2)") == 3
    assert value("{twice: function(x) x * 2, r: twice(twice(1))}.r") == 4
    assert value("{f: function(n) if n < 2 then 1 else n * f(n - 1), r: f(20)}.r") == 2432902008176640000
    assert (
        value("f(2, 3)", {"f": Function(("a", "b"), lambda run, arguments: arguments[0] ** arguments[1])})
        == 8
    )
    assert (
        value(
            "f(b: 2, a: 3)", {"f": Function(("a", "b"), lambda run, arguments: arguments[0] ** arguments[1])}
        )
        == 9
    )
    assert strictly("sort([3, 1, 2], function(x, y) x > y)") == [3, 2, 1]


def test_parameters_may_have_types():
    assert value("(function(x: number) x + 1)(2)") == 3
    assert value('(function(x: number) x + 1)("2")') is None
    assert value("(function(x: list<number>) count(x))([1, 2])") == 2


def test_external_functions_are_never_run():
    result = run(
        '(function(x) external {java: {class: "java.lang.Math", `method signature`: "abs(int)"}})(1)'
    )

    assert result.value is None
    assert result.warnings[0].message == "external functions are not available"


def test_types_of_a_model_can_be_asked_for():
    types = {"tPrices": ListType(SimpleType("number")), "t Bid": ContextType({"price": SimpleType("number")})}

    def check(text):
        return compile_expression(text, strict=True, known_names=[], types=types).evaluate({}).value

    assert check("[1, 2] instance of tPrices") is True
    assert check('["a"] instance of tPrices') is False
    assert check("{price: 1} instance of t Bid") is True
    assert check("[{price: 1}] instance of list<t Bid>") is True
    assert check("(function(b: t Bid) b.price)({price: 3})") == 3


def test_cells_of_the_standard_compare_booleans():
    assert compile_unary_tests("x", strict=True).evaluate(False, {"x": True}).value is False
    assert compile_unary_tests("x").evaluate(False, {"x": True}).value is True


def test_ranges_of_the_standard_stand_alone():
    assert value("(< 5)") == Range(None, 5, False, False)
    assert value("3 in (< 5)") is True
    assert value("[1..3] = [1..3]") is True
    assert value("(= 10) = [10..10]") is False
