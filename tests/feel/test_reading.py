"""Names, numbers, strings, comments; and the message and place of what can't be read."""

from decimal import Decimal

import pytest

from engine.feel import FeelSyntaxError, compile_expression, compile_unary_tests
from tests.feel.evaluating import passes, run, strictly, value

REST = "expected an operator or the end, found "


def refusal(text, compile_=compile_expression):
    with pytest.raises(FeelSyntaxError) as caught:
        compile_(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("", 0, "expected a value, found the end at line 1, column 1"),
        ("1 +", 3, "expected a value, found the end at line 1, column 4"),
        ("1 + * 2", 4, "expected a value, found '*' at line 1, column 5"),
        ("(1 + 2", 6, "expected ')', found the end at line 1, column 7"),
        ("[1, 2", 5, "expected ',' or ']', found the end at line 1, column 6"),
        ("[1 2]", 3, "expected ',' or ']', found '2' at line 1, column 4"),
        ("{a: 1", 5, "expected ',' or '}', found the end at line 1, column 6"),
        ("{a 1}", 4, "expected ':', found '}' at line 1, column 5"),
        ("{1: 2}", 1, "expected a name or a string as key, found '1' at line 1, column 2"),
        ("{if: 2}", 1, "expected a name or a string as key, found 'if' at line 1, column 2"),
        ("count([1]", 9, "expected ',' or ')', found the end at line 1, column 10"),
        ("if true 1", 8, "expected 'then', found '1' at line 1, column 9"),
        ("if true then 1", 14, "expected 'else', found the end at line 1, column 15"),
        ("for x of xs return x", 6, "expected 'in', found 'of' at line 1, column 7"),
        ("for 1 in xs return x", 4, "expected a name, found '1' at line 1, column 5"),
        ("for x in xs", 11, "expected 'return', found the end at line 1, column 12"),
        ("some x in xs return x", 13, "expected 'satisfies', found 'return' at line 1, column 14"),
        ("1 between 2", 11, "expected 'and', found the end at line 1, column 12"),
        ("x instance number", 11, "expected 'of', found 'number' at line 1, column 12"),
        ("x instance of 1", 14, "expected the name of a type, found '1' at line 1, column 15"),
        ("a.", 2, "expected the name of an entry, found the end at line 1, column 3"),
        ("a.1", 1, "expected an operator or the end, found '.1' at line 1, column 2"),
        ("[1..", 4, "expected a value, found the end at line 1, column 5"),
        ("[1..2", 5, "expected ']' or ')', found the end at line 1, column 6"),
        ("function 1", 9, "expected '(', found '1' at line 1, column 10"),
        ("f(a: 1, 2)", 9, "expected names for all arguments or for none, found ')' at line 1, column 10"),
        ("1e9999", 0, "expected a number below 1E+6145 at line 1, column 1"),
        ('"abc', 0, "the string that starts here is not closed, expected '\"' at line 1, column 1"),
        ("1 + `a b", 4, "the name that starts here is not closed, expected '`' at line 1, column 5"),
        ("1 /* text", 2, "the comment that starts here is not closed, expected '*/' at line 1, column 3"),
        ("a = = b", 4, "expected a value, found '=' at line 1, column 5"),
        ("a == b", 3, "expected a value, found '=' (equality is a single =) at line 1, column 4"),
        ("a & b", 2, "expected a value or an operator, found '&' (write and) at line 1, column 3"),
        ("then", 0, "expected a value, found 'then' at line 1, column 1"),
        ("\n\n  1 +\n  )", 10, "expected a value, found ')' at line 4, column 3"),
        ("a\tadn b", 2, REST + "'adn'; did you mean 'and'? at line 1, column 3"),
        ("1 + 中，文", 5, "expected a value or an operator, found '，' (write ,) at line 1, column 6"),
        ("strin length(a)", 6, REST + "'length'; did you mean 'string length'? at line 1, column 7"),
        ("first name", 6, REST + "'name'; a name with blanks is written `first name` at line 1, column 7"),
    ],
)  # fmt: skip
def test_a_refusal_says_what_was_expected_and_where(text, position, message):
    error = refusal(text)

    assert (error.position, error.message) == (position, message)


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("", 0, "expected a value, found the end at line 1, column 1"),
        ("1,", 2, "expected a value, found the end at line 1, column 3"),
        ("not(1", 5, "expected ',' or ')', found the end at line 1, column 6"),
        ("< ", 2, "expected a value, found the end at line 1, column 3"),
        ("[1..2", 5, "expected ']' or ')', found the end at line 1, column 6"),
        ("- 1, -", 6, "expected a value, found the end at line 1, column 7"),
    ],
)
def test_a_refused_cell_says_what_was_expected_and_where(text, position, message):
    error = refusal(text, compile_unary_tests)

    assert (error.position, error.message) == (position, message)


def test_the_line_and_the_column_count_from_one():
    error = refusal("{\n  price: 1,\n  tax: *\n}")

    assert (error.line, error.column, error.position) == (3, 8, 21)


# --- names -----------------------------------------------------------------------------------------


def test_names_may_be_chinese():
    assert value("报价 * 数量", {"报价": Decimal("12.5"), "数量": 4}) == 50
    assert value("供应商.名称", {"供应商": {"名称": "华为"}}) == "华为"
    assert value("投标[通过].价格", {"投标": [{"通过": True, "价格": 1}, {"通过": False, "价格": 2}]}) == [1]


def test_names_may_lie_beyond_the_first_plane():
    assert value("𠮷野 + 1", {"𠮷野": 1}) == 2
    assert value("🐎", {"🐎": "horse"}) == "horse"


def test_backticks_admit_any_name():
    variables = {"first name": "Ada", "a-b": 3, "if": 1, "2nd": 2, "a": {"b c": 4}}

    assert value("`first name`", variables) == "Ada"
    assert value("`a-b` + `if` + `2nd`", variables) == 6
    assert value("a.`b c`", variables) == 4
    assert value("{`x y`: 1}.`x y`") == 1
    assert value("for `x y` in [1, 2] return `x y`") == [1, 2]


def test_the_names_that_a_text_reads_are_its_free_variables():
    names = compile_expression("sum(for b in bids return b.price * rate) > limit and {x: y}.x = 1").names

    assert names == {"bids", "rate", "limit", "y"}


def test_known_names_may_have_blanks_and_operators():
    names = ["Monthly Income", "Monthly Income-Net", "loan/rate", "in progress", "a+b"]
    variables = {"Monthly Income": 3, "Monthly Income-Net": 2, "loan/rate": 5, "in progress": True, "a+b": 7}

    assert value("Monthly Income-Net * 2", variables, known_names=names) == 4
    assert value("Monthly  Income - 1", variables, known_names=names) == 2
    assert value("loan/rate + a+b", variables, known_names=names) == 12
    assert value("if in progress then 1 else 2", variables, known_names=names) == 1
    assert value("{total cost: 2, twice: total cost * 2}.twice", known_names=names) == 4
    assert value("for my item in [1,2] return my item + 1", known_names=names) == [2, 3]
    assert value("{f: function(the x) the x + 1, r: f(2)}.r", known_names=names) == 3
    assert value("person.first name", {"person": {"first name": "Ada"}}, known_names=names) == "Ada"


def test_built_in_functions_are_found_by_all_their_words():
    assert value('string length("abc")') == 3
    assert value('date and time("2024-01-01T10:00:00").hour') == 10
    assert value("index of([1,2,1], 1)") == [1, 3]
    assert value("and([true, true])") is True
    assert value("or(false, true)") is True


def test_a_variable_may_have_the_name_of_a_function():
    assert value("count + 1", {"count": 2}) == 3
    assert value("count(list)", {"count": 2, "list": [1]}) == 1
    assert value("{count: 5, twice: count * 2, n: count([1])}") == {"count": 5, "twice": 10, "n": 1}


# --- literals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1),
        ("007", 7),
        (".5", Decimal("0.5")),
        ("1.50", Decimal("1.5")),
        ("2.0", 2),
        ("1.2e3", 1200),
        ("1E-2", Decimal("0.01")),
        ("-1", -1),
    ],
)
def test_numbers_are_whole_as_long_as_they_can_be(text, expected):
    result = value(text)

    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r'"a\nb"', "a\nb"),
        (r'"say \"hi\""', 'say "hi"'),
        (r'"it\'s"', "it's"),
        (r'"back\\slash"', "back\\slash"),
        (r'"\d+\s"', r"\d+\s"),
        (r'"\u4e2d\u6587"', "中文"),
        (r'"\ud83d\udc0e"', "🐎"),
        (r'"\U01F40E"', "🐎"),
        (r'"\U1F40E"', "🐎"),
        (r'"\ud83d"', "\ufffd"),
        ('"two\nlines"', "two\nlines"),
        ('"中文，标点"', "中文，标点"),
    ],
)
def test_strings_know_escapes_and_leave_those_of_regular_expressions(text, expected):
    assert value(text) == expected


def test_characters_beyond_the_first_plane_count_once():
    assert value(r'string length("\ud83d\udc0ea")') == 2
    assert value('substring("🐎中a", 2)') == "中a"
    assert value('substring("a🐎b", -2, 1)') == "🐎"


@pytest.mark.parametrize(
    "text", ["1 // one", "1 /* one */ + 0", "/* a\n b */ 1", "// first\n1", "1 /* * / ** */"]
)
def test_comments_mean_nothing(text):
    assert value(text) == 1


def test_blanks_may_be_of_any_kind():
    assert value("1\u00a0+\u30002\n\t") == 3


def test_keys_may_have_blanks_and_signs():
    assert value('{first name: 1, a+b: 2, "c d": 3}') == {"first name": 1, "a+b": 2, "c d": 3}


@pytest.mark.parametrize("brackets", ["[]", "()"])
def test_lists_and_parentheses_may_be_nested_ninety_deep(brackets):
    opening, closing = brackets

    assert run(opening * 90 + "1" + closing * 90).warnings == ()


def test_contexts_may_be_nested_ninety_deep():
    result = value("{a:" * 90 + "1" + "}" * 90 + ".a" * 90)

    assert result == 1


def test_an_open_end_of_a_range_is_no_filter():
    assert passes("[1..3[", 3) is False
    assert value("3 in [1..3[ and true") is False
    assert value("3 in ]2..[4,5][1]]") is True
    assert value("for x in [1..3[ return x") == [1, 2]
    assert strictly("]1..3[ = (1..3)") is True
