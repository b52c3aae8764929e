"""Each built-in function once in its plain use; the rest is in Camunda's suite and in the standard's TCK."""

import contextlib
import itertools
import re
from decimal import Decimal

import pytest

from engine.feel import FeelError, compile_expression, to_json
from engine.feel.builtin_names import BUILTIN_NAMES, CAMUNDA_ONLY, STANDARD_ONLY
from engine.feel.builtins import find_builtin
from tests.feel.evaluating import run, strictly, value

EXAMPLES = [
    # conversion
    ("string(1.5)", "1.5"),
    ('number("1 000,5", " ", ",")', Decimal("1000.5")),
    ('date("2024-01-02")', "2024-01-02"),
    ("date(2024, 1, 2)", "2024-01-02"),
    ('time("10:00:00")', "10:00:00"),
    ('time(10, 30, 5.5, @"PT1H")', "10:30:05.5+01:00"),
    ('date and time("2024-01-02T10:00:00Z")', "2024-01-02T10:00:00Z"),
    ('duration("P1DT2H")', "P1DT2H"),
    ('years and months duration(@"2023-01-15", @"2024-03-14")', "P1Y1M"),
    ('from json("{\\"a\\": 1}")', {"a": 1}),
    ("to json([1, null])", "[1,null]"),
    # booleans
    ("not(true)", False),
    ("is defined(null)", False),
    ("get or else(null, 3)", 3),
    ("assert(3, true)", 3),
    # strings
    ('substring("foobar", -3, 2)', "ba"),
    ('string length("foo")', 3),
    ('upper case("a")', "A"),
    ('lower case("A")', "a"),
    ('substring before("foobar", "bar")', "foo"),
    ('substring after("foobar", "foo")', "bar"),
    ('contains("foobar", "ob")', True),
    ('starts with("foobar", "fo")', True),
    ('ends with("foobar", "r")', True),
    ('matches("foobar", "^FO", "i")', True),
    ('replace("2024-01", "(\\d+)-(\\d+)", "$2/$1")', "01/2024"),
    ('split("a;b;;c", ";")', ["a", "b", "", "c"]),
    ('extract("a1b22", "[0-9]+")', ["1", "22"]),
    ('trim("  a b ")', "a b"),
    ("string length(uuid())", 36),
    ('to base64("价")', "5Lu3"),
    ('from base64("5Lu3")', "价"),
    ('is blank(" \t")', True),
    # lists
    ("list contains([1, null], null)", True),
    ("count([1, 2])", 2),
    ('min("b", "a")', "a"),
    ("max([1, 3, 2])", 3),
    ("sum([0.1, 0.2])", Decimal("0.3")),
    ("product(2, 3)", 6),
    ("mean(1, 2)", Decimal("1.5")),
    ("median(1, 2, 3, 4)", Decimal("2.5")),
    ("stddev(2, 4, 7, 5)", Decimal("2.0816659994661326")),
    ("mode(1, 2, 2)", [2]),
    ("all(true, null)", None),
    ("any([false, true])", True),
    ("and([true])", True),
    ("or(false, false)", False),
    ("sublist([1, 2, 3], -2)", [2, 3]),
    ("append([1], 2, 3)", [1, 2, 3]),
    ("concatenate([1], [2])", [1, 2]),
    ("insert before([1, 3], 2, 2)", [1, 2, 3]),
    ("remove([1, 2], 1)", [2]),
    ("reverse([1, 2])", [2, 1]),
    ("index of([1, 2, 1], 1)", [1, 3]),
    ("union([1, 2], [2, 3])", [1, 2, 3]),
    ("distinct values([1, 1.0, null, null])", [1, None]),
    ("duplicate values([1, 2, 1])", [1]),
    ("flatten([1, [2, [3]]])", [1, 2, 3]),
    ("sort([3, 1, 2], function(a, b) a < b)", [1, 2, 3]),
    ('string join(["a", "b"], "-", "<", ">")', "<a-b>"),
    ("is empty([])", True),
    ("partition([1, 2, 3], 2)", [[1, 2], [3]]),
    # numbers
    ("decimal(1.115, 2)", Decimal("1.12")),
    ("floor(-1.5)", -2),
    ("ceiling(1.21, 1)", Decimal("1.3")),
    ("round up(-1.1, 0)", -2),
    ("round down(-1.9, 0)", -1),
    ("round half up(2.5, 0)", 3),
    ("round half down(2.5, 0)", 2),
    ("abs(-1)", 1),
    ("modulo(-12, 5)", 3),
    ("sqrt(9)", 3),
    ("log(1)", 0),
    ("exp(0)", 1),
    ("odd(-3)", True),
    ("even(1.5)", False),
    ("random number() < 1", True),
    # contexts
    ('get value({a: {b: 1}}, ["a", "b"])', 1),
    ("get entries({a: 1})", [{"key": "a", "value": 1}]),
    ('put({a: 1}, "b", 2)', {"a": 1, "b": 2}),
    ("put all({a: 1}, {a: 2})", {"a": 2}),
    ('context put({a: 1}, ["b", "c"], 2)', {"a": 1, "b": {"c": 2}}),
    ("context merge([{a: 1}, {b: 2}])", {"a": 1, "b": 2}),
    ('context([{key: "a", value: 1}])', {"a": 1}),
    # dates
    ("now()", "2026-03-02T08:00:00Z"),
    ("today()", "2026-03-02"),
    ("day of year(today())", 61),
    ("day of week(today())", "Monday"),
    ("week of year(today())", 10),
    ("month of year(today())", "March"),
    ('last day of month(date("2024-02-01"))', "2024-02-29"),
    # ranges
    ("before(1, [2..3])", True),
    ("after([5..6], 4)", True),
    ("meets([1..5], [5..9])", True),
    ("met by([5..9], [1..5])", True),
    ("overlaps([1..5], [4..9])", True),
    ("overlaps before([1..5], [4..9])", True),
    ("overlaps after([4..9], [1..5])", True),
    ("finishes(5, [1..5])", True),
    ("finished by([1..5], 5)", True),
    ("includes([1..5], [2..3])", True),
    ("during(3, [1..5])", True),
    ("starts(1, [1..5])", True),
    ("started by([1..5], [1..2])", True),
    ("coincides([1..5], [1..5])", True),
    ('fromAi(x, "the price")', 7),
]


@pytest.mark.parametrize(("text", "expected"), EXAMPLES)
def test_a_function_does_what_its_name_says(text, expected):
    assert to_json(value(text, {"x": 7})) == expected


def test_all_103_functions_are_there_and_have_an_example():
    shown = " ".join(text for text, _ in EXAMPLES)
    names = [name for name in BUILTIN_NAMES if name not in STANDARD_ONLY]

    assert len(BUILTIN_NAMES) - len(CAMUNDA_ONLY) - len(STANDARD_ONLY) == 103
    assert [name for name in names if find_builtin(name, strict=False) is None] == []
    assert [name for name in names if not re.search(rf"\b{name}\(", shown)] == []
    assert [name for name in STANDARD_ONLY if find_builtin(name, strict=False)] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('substring(string: "abc", start position: 2)', "bc"),
        ('contains(match: "b", string: "abc")', True),
        ('matches(input: "ABC", pattern: "b", flags: "i")', True),
        ("insert before(list: [1], position: 1, newItem: 0)", [0, 1]),
        ("sum(list: [1, 2])", 3),
        ('number(from: "1.5", grouping separator: null, decimal separator: null)', Decimal("1.5")),
        ("before(point: 1, range: [2..3])", True),
        ("date(year: 2024, month: 1, day: 2) = @\"2024-01-02\"", True),
    ],
)  # fmt: skip
def test_arguments_may_be_named(text, expected):
    assert value(text) == expected
    assert strictly(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "sum(1, true)",
        'min(1, "a")',
        "max(true, false)",
        "stddev(1)",
        "sublist([1], 2)",
        "remove([1], 0)",
        "partition([1], 0)",
        'from json("{")',
        'from base64("%")',
        'string join(["a", 1], "")',
        "context([{key: 1, value: 1}])",
        'get value({a: 1}, "b")',
        'decimal(1.5, 0, "SIDEWAYS")',
        "modulo(1, 0)",
        "sqrt(-1)",
        "log(0)",
        'substring("abc", 0)',
        'number("1,5")',
        'number("1.5", ".", ".")',
        'matches("a", "(")',
        'replace("a", "a", "$1")',
        "sort([1, 2], function(a) a)",
        "upper case(null)",
    ],
)
def test_what_cannot_be_done_is_null_with_a_warning(text):
    result = run(text)

    assert result.value is None
    assert [warning.code for warning in result.warnings] in (
        ["FUNCTION_INVOCATION_FAILURE"],
        ["INVALID_TYPE"],
    )


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("a\nb", "a.b", False),
        ("a\rb", "a.b", False),
        ("a\n", "a$", True),
        ("٣", "\\d", False),
        ("é", "\\w", False),
        ("é", "\\p{L}", True),
        ("é", "\\p{Alpha}", False),
        ("中", "\\p{IsHan}", True),
        ("α", "\\p{InGreek}", True),
        ("a.b", "^\\Qa.b\\E$", True),
        ("b", "^[a-z&&[^aeiou]]$", True),
        ("e", "^[a-z&&[^aeiou]]$", False),
        ("aaa", "a++a", False),
        ("x]", "[]x]{2}", True),
        ("~|", "^[~||]+$", True),
        ("ab", "(?<first>a)b", True),
        ("tab\t", "\\h", True),
        ("a", "\\y", None),
    ],
)
def test_regular_expressions_mean_what_they_mean_in_java(text, pattern, expected):
    assert value("matches(t, p)", {"t": text, "p": pattern}) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('replace("abc", "(b)", "[$1]")', "a[b]c"),
        ('replace("abc", "(?<x>b)", "${x}${x}")', "abbc"),
        ('replace("abc", "b", "\\\\$")', "a$c"),
        ('replace("abc", "B", "x", "i")', "axc"),
        ('replace("a.b", ".", "x", "q")', "axb"),
        ('split("a, b,c", ",\\s*")', ["a", "b", "c"]),
        ('split("", ",")', [""]),
    ],
)
def test_texts_are_replaced_and_split(text, expected):
    assert value(text) == expected


LITERALS = [
    '"a"', '""', '"中🐎"', "1", "0", "-1.5", "9e6000", "1e-6000", "null", "true", "[]", "[1, 2]",
    '[null, "a"]', "{}", "{a: 1}", '@"2024-01-01"', '@"P1D"', '@"-P1M"', '@"10:00:00@Asia/Shanghai"',
    '@"2024-01-01T10:00:00Z"', 'date("-2020-01-01")', 'date and time("-2020-01-01T10:00:00")', "[1..3]",
    "(< 5)", "function(x) x",
    "function(x, y) x < y", "abs", "[[1]]",
]  # fmt: skip


@pytest.mark.parametrize("name", BUILTIN_NAMES)
@pytest.mark.parametrize("strict", [False, True])
def test_no_argument_breaks_a_function(name, strict):
    values = [value(text, strict=strict) for text in LITERALS]
    one = compile_expression(f"{name}(x)", strict=strict)
    two = compile_expression(f"{name}(x, y)", strict=strict)

    for x, y in itertools.product(values, values):
        with contextlib.suppress(FeelError):
            to_json(one.evaluate({"x": x}).value)
            to_json(two.evaluate({"x": x, "y": y}).value)


def test_assert_fails_with_its_cause():
    with pytest.raises(FeelError, match="no price"):
        run('assert(price, price != null, "no price")')
    with pytest.raises(FeelError):
        run("assert(1, null)")
