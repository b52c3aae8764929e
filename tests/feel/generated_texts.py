"""Random FEEL texts of known types, in the part of the language that both engines claim.

What `feelin/differences.json` lists is not generated: ranges that end before they begin, `in` without
brackets, lists of different lengths being equal, medians of unsorted numbers, negative positions in places.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

CONTEXT: dict[str, Any] = {
    "n": 7,
    "m": -2.5,
    "zero": 0,
    "s": "tender",
    "t": "审批 𠮷",
    "yes": True,
    "no": False,
    "none": None,
    "xs": [1, 2, 3, 2, -4.5],
    "names": ["anna", "bo", "陈"],
    "bids": [
        {"bidder": "anna", "price": 120.5, "passed": True},
        {"bidder": "bo", "price": 99, "passed": False},
        {"bidder": "陈", "price": 240, "passed": True},
    ],
    "order": {"total": 12, "note": "urgent", "lines": [{"price": 5}, {"price": 7}]},
}
"""Numbers have few binary digits after the point, and are never divided into such that have many."""

Texts = st.SearchStrategy[str]
EASE = 3
"""How deep texts are nested."""


def texts() -> Texts:
    """Expressions of any type."""
    return st.one_of(*(kind(EASE) for kind in (numbers, booleans, strings, number_lists, contexts, dates)))


def numbers(depth: int) -> Texts:
    plain = st.sampled_from(("0", "1", "2", "3", "10", "0.5", "12.25", "n", "m", "zero", "order.total"))
    if depth == 0:
        return plain
    number, few, flag, lists = (
        numbers(depth - 1),
        number_lists(depth - 1),
        booleans(depth - 1),
        _any_list(depth),
    )
    text = strings(depth - 1)
    return st.one_of(
        plain,
        _joined(number, st.sampled_from((" + ", " - ", " * ")), number),
        _in_brackets(_joined(number, st.sampled_from((" + ", " - ", " * ")), number)),
        _form("{} / {}", _bracketed(number), st.sampled_from(("2", "4", "0.5", "zero"))),
        _form("{} ** {}", st.sampled_from(("2", "n", "0.5", "(-3)")), st.sampled_from(("0", "1", "2", "3"))),
        _form("-{}", _bracketed(number)),
        _form("if {} then {} else {}", flag, number, number),
        _form("count({})", lists),
        _form("{}({})", st.sampled_from(("sum", "min", "max", "mean")), few),
        _form("{}({}, {})", st.sampled_from(("sum", "min", "max")), number, number),
        _form("{}({})", st.sampled_from(("floor", "ceiling", "abs")), number),
        _form("decimal({}, {})", number, st.sampled_from(("0", "1"))),
        _form("modulo({}, {})", number, st.sampled_from(("2", "3", "-3", "0.5"))),
        _form("string length({})", text),
        _form("{}[{}]", st.sampled_from(("xs", "[5, 6, 7]")), st.sampled_from(("1", "2", "-1", "9", "0"))),
        _form("number({})", st.sampled_from(('"12"', '"1.5"', '"x"', '"-3"'))),
        _form("{}.{}", dates(0), st.sampled_from(("year", "month", "day", "weekday"))),
        _form("{{a: {}, b: a + {}}}.b", number, number),
        _form("(function(a, b) a {} b)({}, {})", st.sampled_from(("+", "-", "*")), number, number),
    )


def booleans(depth: int) -> Texts:
    plain = st.sampled_from(("true", "false", "yes", "no", "bids[1].passed", "bids[2].passed"))
    if depth == 0:
        return plain
    number, text, flag = numbers(depth - 1), strings(depth - 1), booleans(depth - 1)
    few, day = number_lists(depth - 1), dates(depth - 1)
    compared = st.sampled_from((" = ", " != ", " < ", " <= ", " > ", " >= "))
    ranges = _form(
        "{}{}{}", st.sampled_from("[(]"), st.sampled_from(("0..2", "0.5..n", "m..3", "1..1")), _ends
    )
    return st.one_of(
        plain,
        _joined(number, compared, number),
        _joined(text, compared, text),
        _joined(day, compared, day),
        _joined(flag, st.sampled_from((" and ", " or ")), flag),
        _in_brackets(_joined(flag, st.sampled_from((" and ", " or ", " = ")), flag)),
        _joined(flag, st.sampled_from((" and ", " or ")), st.sampled_from(("none", "n = none", "none < 1"))),
        _form("not({})", flag),
        _form("{} between {} and {}", _bracketed(number), st.sampled_from(("m", "0", "2")), _upper),
        _form("({} in {})", _bracketed(number), ranges),
        _form("({} in ({}, {}))", _bracketed(number), st.sampled_from(("< 3", "> 5", "7")), ranges),
        _form("({} in {})", _bracketed(number), st.sampled_from(("xs", "[1, 7]"))),
        _form(
            "{} x in {} satisfies x {} {}",
            _every,
            _known_numbers,
            st.sampled_from(("<", ">=", "=")),
            numbers(0),
        ),
        _form("{}({}, {})", st.sampled_from(("contains", "starts with", "ends with")), text, text),
        _form("list contains({}, {})", few, number),
        _form("{}([{}, {}])", st.sampled_from(("all", "any")), flag, flag),
        _form("[{}, {}] = [{}, {}]", number, number, number, number),
        _form("{} = {}", st.sampled_from(("none", "n", "s", "order.missing")), st.just("null")),
        _form("{} instance of {}", _bracketed(number), st.sampled_from(("number", "string", "boolean"))),
        _form("if {} then {} else {}", flag, flag, flag),
    )


def strings(depth: int) -> Texts:
    plain = st.sampled_from(
        ('""', '"a"', '"Ab c"', '"审批"', "s", "t", "order.note", "bids[2].bidder", "names[-1]")
    )
    if depth == 0:
        return plain
    text, number, flag = strings(depth - 1), numbers(depth - 1), booleans(depth - 1)
    return st.one_of(
        plain,
        _joined(text, st.just(" + "), text),
        _form("{}({})", st.sampled_from(("upper case", "lower case")), text),
        _form("substring({}, {})", text, st.sampled_from(("1", "2"))),
        _form("substring({}, {}, {})", text, st.sampled_from(("1", "2")), st.sampled_from(("1", "2", "9"))),
        _form("substring(s, {}, {})", st.sampled_from(("-6", "-2", "-1")), st.sampled_from(("1", "2", "9"))),
        _form("{}({}, {})", st.sampled_from(("substring before", "substring after")), text, text),
        _form('replace({}, "[aeiou]", "-")', text),
        _form("string join({}, {})", st.sampled_from(("names", '["x", "y"]', "[]")), text),
        _form("string({})", number),
        _form("string({})", flag),
        _form("if {} then {} else {}", flag, text, text),
    )


def number_lists(depth: int) -> Texts:
    plain = st.sampled_from(("xs", "[]", "[1]", "[3, 1, 2]", "bids.price", "order.lines.price"))
    if depth == 0:
        return plain
    number, few, flag = numbers(depth - 1), number_lists(depth - 1), booleans(depth - 1)
    return st.one_of(
        plain,
        _form("[{}, {}]", number, number),
        _form("{}[item {} {}]", _named_list, st.sampled_from(("<", ">=", "!=")), number),
        _form("bids[price {} {}].price", st.sampled_from(("<", ">=")), number),
        _form("bids[passed = {}].price", flag),
        _form("for x in {} return x {} {}", few, st.sampled_from(("+", "*", "-")), _bracketed(number)),
        _form("for x in 1..3, y in {} return x * y", few),
        _form("for i in 1..4 return if i = 1 then {} else partial[-1] + i", number),
        _form("{}({})", st.sampled_from(("reverse", "distinct values", "flatten")), few),
        _form("{}({}, {})", st.sampled_from(("append", "union", "concatenate")), few, few),
        _form("index of({}, {})", few, number),
        _form(
            "sublist({}, {}, {})", _named_list, st.sampled_from(("1", "2", "-2")), st.sampled_from(("1", "2"))
        ),
        _form("insert before({}, {}, {})", _named_list, st.sampled_from(("1", "2", "3")), number),
        _form("remove({}, {})", _named_list, st.sampled_from(("1", "2", "3"))),
        _form("sort({}, function(a, b) a {} b)", few, st.sampled_from(("<", ">"))),
    )


def contexts(depth: int) -> Texts:
    number, text, flag = numbers(depth - 1), strings(depth - 1), booleans(depth - 1)
    return st.one_of(
        st.sampled_from(("order", "bids[1]", "{}", "bids[price < 100]", "bids[-1]")),
        _form('{{a: {}, "b c": {}, d: {{e: {}}}}}', number, text, flag),
        _form("context put(order, {}, {})", st.sampled_from(('"total"', '"new"')), number),
        _form("context merge([order, {{a: {}}}])", text),
        _form("get value(order, {})", st.sampled_from(('"note"', '"total"'))),
        _form("get entries({{a: {}, b: {}}})", number, text),
        _form('context([{{key: "a", value: {}}}])', number),
    )


def dates(depth: int) -> Texts:
    days = ("2024-02-28", "2024-02-29", "2023-12-31", "2026-03-02")
    plain = st.sampled_from(days).map(lambda day: f'date("{day}")')
    if depth == 0:
        return plain
    spans = st.sampled_from(("P1D", "P30D", "P1M", "P1Y", "-P1M", "P2Y3M"))
    return st.one_of(
        plain,
        _form('{} {} duration("{}")', plain, st.sampled_from(("+", "-")), spans),
        _form("date(2024, {}, {})", st.sampled_from(("1", "2", "12")), st.sampled_from(("1", "29", "31"))),
        _form('@"{}"', st.sampled_from(days)),
    )


_every = st.sampled_from(("some", "every"))
_ends = st.sampled_from("])[")
_upper = st.sampled_from(("2", "n", "order.total"))
_known_numbers = st.sampled_from(("xs", "[]", "bids.price", "xs[item > 0]"))
_named_list = st.sampled_from(("xs", "[3, 1, 2]"))


def _any_list(depth: int) -> Texts:
    return st.one_of(number_lists(depth - 1), st.sampled_from(("bids", "names", "bids[price > 100]")))


def _form(pattern: str, *parts: Texts) -> Texts:
    return st.tuples(*parts).map(lambda chosen: pattern.format(*chosen))


def _joined(left: Texts, operator: Texts, right: Texts) -> Texts:
    """Operands as they are: how tightly operators bind is compared as well."""
    return _form("{}{}{}", left.map(_closed), operator, right.map(_closed))


def _in_brackets(text: Texts) -> Texts:
    return _form("({})", text)


def _bracketed(text: Texts) -> Texts:
    return text.map(lambda chosen: chosen if chosen.isalnum() else f"({chosen})")


def _closed(text: str) -> str:
    """Texts without an end of their own reach as far as they can; they get brackets."""
    open_ended = ("if ", "for ", "some ", "every ", "function")
    return f"({text})" if text.startswith(open_ended) else text
