"""Which operator takes its operands first, for every pair of them."""

import itertools
from fractions import Fraction
from operator import add, mul, sub, truediv

import pytest

from engine.feel import FeelSyntaxError, compile_expression
from engine.feel.nodes import Between, Chain, Comparison, In, InstanceOf, Logic, Negation
from engine.feel.parser import parse_expression
from tests.feel.evaluating import strictly, value

# From the loosest to the tightest; operators of one level go from left to right.
LEVELS = [["or"], ["and"], ["=", "!=", "<", "<=", ">", ">="], ["+", "-"], ["*", "/"], ["**"]]
LEVEL_OF = {operator: level for level, operators in enumerate(LEVELS) for operator in operators}
OPERATORS = list(LEVEL_OF)
PAIRS = list(itertools.product(OPERATORS, OPERATORS))
ARITHMETIC = {"+": add, "-": sub, "*": mul, "/": truediv}


def shape(node: object) -> object:
    """A tree as nested tuples, with the chains and logic of one level spelled out from left to right."""
    if isinstance(node, Chain):
        result = shape(node.first)
        for sign, operand, _ in node.rest:
            result = (result, sign, shape(operand))
        return result
    if isinstance(node, Logic):
        result = shape(node.parts[0])
        for part in node.parts[1:]:
            result = (result, node.operator, shape(part))
        return result
    if isinstance(node, Comparison):
        return (shape(node.left), node.operator, shape(node.right))
    return node.name


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_of_two_operators_the_tighter_one_comes_first_and_equals_go_from_the_left(first, second):
    tree = shape(parse_expression(f"a {first} b {second} c"))

    if LEVEL_OF[second] > LEVEL_OF[first]:
        assert tree == ("a", first, ("b", second, "c"))
    else:
        assert tree == (("a", first, "b"), second, "c")


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_parentheses_win_over_any_operator(first, second):
    tree = shape(parse_expression(f"a {first} (b {second} c)"))

    if first == second and first in ("and", "or"):
        assert "a" in str(tree)
    else:
        assert tree == ("a", first, ("b", second, "c"))


@pytest.mark.parametrize(("first", "second"), list(itertools.product(ARITHMETIC, ARITHMETIC)))
def test_arithmetic_has_the_value_that_mathematics_gives_it(first, second):
    text = f"7 {first} 2 {second} 4"

    a, b, c = Fraction(7), Fraction(2), Fraction(4)
    one, two = ARITHMETIC[first], ARITHMETIC[second]
    expected = one(a, two(b, c)) if LEVEL_OF[second] > LEVEL_OF[first] else two(one(a, b), c)
    assert Fraction(str(value(text))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 ** 3 ** 2", 64),
        ("-2 ** 2", 4),
        ("2 * -3", -6),
        ("- -3", 3),
        ("1 - 2 - 3", -4),
        ("8 / 4 / 2", 1),
        ("1 + 2 * 3 ** 2", 19),
        ("1 + 1 = 2 and 2 * 2 = 4 or false", True),
        ("true or false and false", True),
        ("false and true or true", True),
        ("1 < 2 = true", True),
        ("2 between 1 and 3 and true", True),
        ("2 between 1 + 0 and 1 + 2", True),
        ("1 + 1 in [1..2]", True),
        ("2 * 3 in > 3 and true", True),
        ("1 in [1,2] = true", True),
        ("if true then 1 else 2 + 3", 1),
        ("(if false then 1 else 2) + 3", 5),
        ("for x in [1,2] return x + 1", [2, 3]),
        ("some x in [1,2] satisfies x > 1 and x < 3", True),
        ("[1,2,3][item > 1][1] + 1", 3),
        ("{a: {b: 2}}.a.b ** 2", 4),
        ("-{a: 2}.a", -2),
        ("-[1,2][2]", -2),
        ("-count([1,2])", -2),
    ],
)
def test_prefixes_paths_filters_and_keywords_take_what_belongs_to_them(text, expected):
    assert value(text) == expected


def test_instance_of_is_loose_in_camunda_and_tight_in_the_standard():
    assert value("2 * 3 instance of number") is True
    assert strictly("2 * 3 instance of number") is None
    assert isinstance(parse_expression("2 + 3 instance of number"), InstanceOf)
    assert isinstance(parse_expression("2 + 3 instance of number", strict=True), Chain)


def test_a_minus_binds_its_operand_before_anything_but_a_path():
    assert isinstance(parse_expression("-a + b"), Chain)
    assert isinstance(parse_expression("-a.b"), Negation)


def test_between_and_in_are_comparisons():
    assert isinstance(parse_expression("a between b and c"), Between)
    assert isinstance(parse_expression("a between b and c and d"), Logic)
    assert isinstance(parse_expression("a in (b, c)"), In)
    assert isinstance(parse_expression("a in b or c"), Logic)


@pytest.mark.parametrize(
    "text", ["1 +", "* 2", "1 2", "a b", "and", "1 = = 2", "1 == 2", "(1", "1)", "[1", "{a:1"]
)
def test_half_an_expression_is_refused(text):
    with pytest.raises(FeelSyntaxError):
        compile_expression(text)
