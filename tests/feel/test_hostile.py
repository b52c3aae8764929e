"""Texts that want too much: each is refused or ends within its budget, and says where."""

import time

import pytest

from engine.feel import FeelError, FeelLimitExceeded, FeelSyntaxError, compile_expression, to_json
from tests.feel.evaluating import run, value

SECONDS = 2  # of the processor, on a slow machine


@pytest.fixture(autouse=True)
def in_time():
    started = time.thread_time()
    yield
    assert time.thread_time() - started < SECONDS


def exceeded(text, variables=None):
    with pytest.raises(FeelLimitExceeded) as caught:
        run(text, variables)
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        "[" * 3000 + "]" * 3000,
        "(" * 3000 + "1" + ")" * 3000,
        "{a:" * 3000 + "1" + "}" * 3000,
        "-" * 3000 + "1",
        "not(" * 3000 + "true" + ")" * 3000,
        "if true then " * 3000 + "1" + " else 2" * 3000,
        "function() " * 3000 + "1",
        "1 in (" * 3000 + "1" + ")" * 3000,
        "x" + "[1]" * 3000,
        "x" + ".a" * 3000,
        " = ".join(["true"] * 3000),
        "x instance of " + "list<" * 3000 + "number" + ">" * 3000,
    ],
    ids=lambda text: text[:12],
)
def test_deep_nesting_is_refused_where_it_gets_too_deep(text):
    with pytest.raises(FeelSyntaxError, match="at most 100 levels of nesting") as caught:
        compile_expression(text)

    assert 100 <= caught.value.position < 1500


def test_nested_ranges_that_never_end_are_read_once():
    with pytest.raises(FeelSyntaxError):
        compile_expression("[" + "[1.." * 90 + "1" + "]" * 80)


def test_long_sums_and_conditions_work():
    assert value("+".join(["1"] * 5000)) == 5000
    assert value(" and ".join(["true"] * 5000)) is True
    assert value("1" + " * 1" * 5000) == 1


@pytest.mark.parametrize("text", ["x" * 10_000_000, '"' + "x" * 10_000_000 + '"', " " * 10_000_000])
def test_ten_megabytes_of_text_are_refused(text):
    with pytest.raises(FeelSyntaxError, match="at most 100,000 characters"):
        compile_expression(text)


@pytest.mark.parametrize("text", ['"' + '\\"' * 49_000, "/*" * 49_000, "a " * 49_000, "[" + "," * 99_000])
def test_unfinished_texts_are_refused_at_once(text):
    with pytest.raises(FeelSyntaxError):
        compile_expression(text)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("for i in 1..1000000000 return i", 9),
        ("some i in 1..1000000000 satisfies i < 0", 10),
        ("1 + count(for i in 1..1000000000000 return i)", 19),
        ("for i in [1..1000000000000] return i", 9),
        ("for a in 1..1000, b in 1..1000, c in 1..1000 return a * b * c", 0),
        ("1 + count(for a in 1..1000 return for b in 1..1000 return for c in 1..1000 return 1)", 58),
        ("for " + ", ".join(f"x{i} in 1..2" for i in range(60)) + " return 1", 0),
        ("for d in date(\"0001-01-01\")..date(\"9999-12-31\") return d", 9),
        ("{f: function(n) f(n)}.f(1)", 16),
        ("(function(f) f(f))(function(f) f(f))", 31),
        ("sort(for i in 1..900000 return -i, function(a, b) a < b)", 0),
    ],
)  # fmt: skip
def test_endless_work_ends_where_it_is_written(text, position):
    assert exceeded(text).position == position


def test_recursion_that_grows_like_rabbits_ends_within_the_function():
    text = "{f: function(n) if n < 2 then n else f(n - 1) + f(n - 2), r: f(60)}.r"

    assert 4 <= exceeded(text).position < text.index("r:")


@pytest.mark.parametrize(
    "text",
    [
        'for i in 1..100 return if i = 1 then "xxxxxxxx" else partial[-1] + partial[-1]',
        'for i in 1..100 return if i = 1 then "xx" else string join([partial[-1], partial[-1]])',
        "for i in 1..100 return if i = 1 then [1, 2] else concatenate(partial[-1], partial[-1])",
        'replace(long, ".", long)',
        'replace(long, "(.*)", "$1$1$1$1$1")',
        "string join(for i in 1..1000 return long, long)",
        "for i in 1..1000000 return long + long",
        "for i in 1..1000000 return upper case(long)",
        "for i in 1..5000 return partial",
    ],
)
def test_doubling_texts_and_lists_stops(text):
    exceeded(text, {"long": "a" * 900_000})


@pytest.mark.parametrize(
    "text",
    [
        "string(for i in 1..40 return [partial[-1], partial[-1]])",
        "to json(for i in 1..40 return [partial[-1], partial[-1]])",
        "flatten(for i in 1..40 return [partial[-1], partial[-1]])",
        "distinct values(for i in 1..40 return {a: partial[-1], b: partial[-1]})",
        "(for i in 1..40 return [partial[-1], partial[-1]])"
        " = (for i in 1..40 return [partial[-1], partial[-1]])",
        "string(for i in 1..10000 return [partial[-1]])",
    ],
)
def test_small_values_with_endless_insides_are_not_walked_through(text):
    exceeded(text)


def test_values_too_deep_for_json_are_refused():
    deep = value("(for i in 1..1000 return [partial[-1]])[-1]")

    with pytest.raises(FeelLimitExceeded):
        to_json(deep)


@pytest.mark.parametrize(
    "text",
    [
        "x[count(x[item > 1]) > 0]",
        "x[item in x]",
        "for i in x return list contains(x, i)",
        "for i in x return x = x",
        "for i in x return distinct values(x)",
        "for i in 1..1000000 return min(x)",
        "for i in 1..1000000 return reverse(x)",
        "for i in 1..1000000 return [x, x].a",
    ],
)
def test_long_lists_within_loops_are_counted(text):
    exceeded(text, {"x": list(range(100_000))})


def test_a_regular_expression_that_explodes_ends():
    assert value('matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "^(a+)+$")') is False
    assert exceeded('1 = 2 or matches(x, "(x+x+)+y")', {"x": "x" * 5000}).position == 9
    exceeded('for i in 1..1000 return matches(x, "(x+x+)+y")', {"x": "x" * 5000})


@pytest.mark.parametrize("pattern", ["(" * 1500, "((((a{1,99}){1,99}){1,99}){1,99}){1,99}", "(a|b)" * 900])
def test_a_wild_pattern_is_null_or_matches_in_time(pattern):
    assert value("matches(x, p)", {"x": "aaaaaaaaaaaaa", "p": pattern}) in (None, True, False)


@pytest.mark.parametrize(
    "text",
    [
        "10 ** 1000000000",
        "1.23456789 ** 999999",
        "exp(1000000)",
        "9e6000 * 9e6000",
        "0 ** -1",
        "decimal(1, 1000000000)",
        "product(for i in 1..100000 return i)",
    ],
)
def test_numbers_beyond_measure_are_null(text):
    assert value(text) is None
    assert run(text).warnings


def test_numbers_never_grow_beyond_their_digits():
    grown = value("for i in 1..1000 return if i = 1 then 7 else partial[-1] * partial[-1]")

    assert grown[-1] is None
    assert max(len(str(number)) for number in grown if number is not None) < 45


@pytest.mark.parametrize("name", ["__import__", "eval", "open", "getattr", "print", "__builtins__"])
def test_functions_of_python_are_unknown(name):
    result = run(f'{name}("os")')

    assert result.value is None
    assert result.warnings[0].code == "NO_FUNCTION_FOUND"


@pytest.mark.parametrize(
    "text",
    [
        "x.__class__",
        "x.keys",
        "s.__class__.__mro__",
        "s.upper",
        "n.real",
        "d.__class__",
        "d.isoformat",
        "l.append",
        "(function() 1).invoke",
        "[1..2].contains",
        'date("-2020-01-01").near',
    ],
)
def test_attributes_of_python_are_unknown(text):
    result = value(text, {"x": {}, "s": "a", "n": 1, "d": value('date("2024-01-01")'), "l": []})

    assert result is None or result == []


def test_objects_of_python_come_in_as_their_text():
    assert value("x.secret", {"x": _Secret()}) is None
    assert value("x", {"x": _Secret()}) == "a secret"


class _Secret:
    secret = "value"

    def __str__(self) -> str:
        return "a secret"


@pytest.mark.parametrize(
    "zone", ["../../etc/passwd", "/etc/localtime", "Europe", "x" * 5000, "", "Europe/../UTC"]
)
def test_zones_are_no_paths(zone):
    assert value("date and time(t, z)", {"t": value("now()"), "z": zone}) is None


def test_a_failed_assert_ends_the_evaluation_where_it_stands():
    with pytest.raises(FeelError, match="too cheap") as caught:
        run('1 + assert(price, price > 5, "too cheap")', {"price": 3})

    assert caught.value.position == 4
    assert not isinstance(caught.value, FeelLimitExceeded)


def test_nested_loops_around_a_long_text_are_read_once():
    loops = "for x in y return " * 90

    assert value(loops + "+".join(["1"] * 5_000), {"y": []}) == []
