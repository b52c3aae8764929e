"""Boxed expressions: contexts, invocations, functions, lists, relations, conditionals, iterations."""

from __future__ import annotations

from typing import Any

import pytest

from engine.dmn import compile_dmn, evaluate_decision
from tests.dmn.drawing import decision, dmn, knowledge, knows, literal, table


def value_of(logic: str, variables: dict[str, Any] | None = None, *, strict: bool = False) -> object:
    model = compile_dmn(dmn(decision("d", logic)), "test.dmn", strict=strict)
    assert not model.has_errors, model.problems
    result = evaluate_decision(model, "d", variables or {})
    assert result.failure is None
    return result.output


def entry(name: str, logic: str) -> str:
    variable = f'<variable name="{name}"/>' if name else ""
    return f"<contextEntry>{variable}{logic}</contextEntry>"


def test_entries_of_a_context_see_those_before_them() -> None:
    context = f"<context>{entry('net', literal('x * 2'))}{entry('gross', literal('net + 1'))}</context>"

    assert value_of(context, {"x": 3}) == {"net": 6, "gross": 7}


def test_an_entry_without_a_name_is_the_result_of_the_context() -> None:
    context = f"<context>{entry('net', literal('x * 2'))}{entry('', literal('net + 1'))}</context>"

    assert value_of(context, {"x": 3}) == 7


def test_a_list_and_a_relation() -> None:
    assert value_of(f"<list>{literal('1')}{literal('x')}</list>", {"x": 2}) == [1, 2]
    rows = f"<row>{literal('1')}{literal('2')}</row><row>{literal('3')}{literal('x')}</row>"
    assert value_of(f'<relation><column name="a"/><column name="b"/>{rows}</relation>', {"x": 4}) == [
        {"a": 1, "b": 2},
        {"a": 3, "b": 4},
    ]


@pytest.mark.parametrize(
    ("condition", "expected"), [("true", "yes"), ("false", "no"), ("null", "no"), ("1", None)]
)
def test_a_conditional_takes_one_of_its_branches(condition: str, expected: object) -> None:
    branches = (
        f"<then>{literal(chr(34) + 'yes' + chr(34))}</then><else>{literal(chr(34) + 'no' + chr(34))}</else>"
    )

    assert value_of(f"<conditional><if>{literal(condition)}</if>{branches}</conditional>") == expected


def test_a_filter_sees_the_item_and_its_entries() -> None:
    source, match = literal("bids"), literal("price > 10 and item.ok")
    bids = [{"price": 20, "ok": True}, {"price": 5, "ok": True}, {"price": 30, "ok": False}]

    assert value_of(f"<filter><in>{source}</in><match>{match}</match></filter>", {"bids": bids}) == bids[:1]


def test_for_some_and_every_iterate_over_lists_and_ranges() -> None:
    def iterate(kind: str, result: str, body: str) -> object:
        inner = f"<in>{literal('xs')}</in><{result}>{literal(body)}</{result}>"
        return value_of(f'<{kind} iteratorVariable="x">{inner}</{kind}>', {"xs": [1, 2, 3]})

    assert iterate("for", "return", "x * x") == [1, 4, 9]
    assert iterate("for", "return", "x + count(partial)") == [1, 3, 5]
    assert iterate("some", "satisfies", "x > 2") is True
    assert iterate("every", "satisfies", "x > 2") is False


def test_a_knowledge_model_is_called_by_feel_and_by_an_invocation() -> None:
    bkm = knowledge("fee", ["amount", "rate"], literal("amount * rate"))
    named = "".join(
        f'<binding><parameter name="{name}"/>{literal(text)}</binding>'
        for name, text in (("rate", "0.1"), ("amount", "50"))
    )
    source = dmn(
        bkm,
        decision("by_feel", literal("fee(50, 0.1)"), requires=knows("fee")),
        decision("by_name", literal("fee(rate: 0.1, amount: 50)"), requires=knows("fee")),
        decision("boxed", f"<invocation>{literal('fee')}{named}</invocation>", requires=knows("fee")),
        decision("wrong", literal("fee(50)"), requires=knows("fee")),
    )
    model = compile_dmn(source, "test.dmn")

    outputs = [evaluate_decision(model, id, {}).output for id in ("by_feel", "by_name", "boxed", "wrong")]

    assert outputs == [5, 5, 5, None]


def test_a_knowledge_model_may_hold_a_table_and_call_others() -> None:
    source = dmn(
        knowledge("double", ["n"], literal("n * 2")),
        knowledge(
            "band",
            ["n"],
            table(["double(n):number"], [("> 5", '"big"'), ("<= 5", '"small"')]),
            knows("double"),
        ),
        decision("d", literal("band(3) + band(1)"), requires=knows("band")),
    )

    assert evaluate_decision(compile_dmn(source, "test.dmn"), "d", {}).output == "bigsmall"


def test_a_boxed_function_keeps_the_scope_it_was_made_in() -> None:
    function = f'<functionDefinition><formalParameter name="n"/>{literal("n + base")}</functionDefinition>'
    entries = entry("base", literal("10")) + entry("add", function) + entry("", literal("add(5)"))
    context = f"<context>{entries}</context>"

    assert value_of(context) == 15


def test_functions_of_other_languages_are_never_run() -> None:
    mapping = entry("class", literal('"java.lang.Runtime"'))
    java = (
        '<functionDefinition kind="Java"><formalParameter name="n"/>'
        f"<context>{mapping}</context></functionDefinition>"
    )
    context = f"<context>{entry('f', java)}{entry('', literal('f(1)'))}</context>"

    assert value_of(context) is None
