"""Files that want to do harm are refused or bounded; nothing runs longer than its budget."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from engine.dmn import compile_dmn, evaluate_decision
from tests.dmn.drawing import decision, dmn, knowledge, knows, literal, requires, table, table_model

SECONDS = 60


@pytest.fixture(autouse=True)
def _soon_over() -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < SECONDS


def test_decisions_that_require_each_other_are_a_problem_and_fail_when_evaluated() -> None:
    source = dmn(
        decision("a", literal("b"), requires=requires("b")),
        decision("b", literal("c"), requires=requires("c")),
        decision("c", literal("a"), requires=requires("a")),
    )

    model = compile_dmn(source, "test.dmn")

    (problem,) = [problem for problem in model.problems if problem.is_error]
    assert problem.code == "DECISION_CIRCLE"
    assert "'a' -> 'b' -> 'c' -> 'a'" in problem.message
    assert "'a' -> 'b' -> 'c' -> 'a'" in (evaluate_decision(model, "a", {}).failure or "")


def test_a_decision_that_requires_itself_is_a_problem() -> None:
    model = compile_dmn(dmn(decision("a", literal("a"), requires=requires("a"))), "test.dmn")

    assert [problem.code for problem in model.problems] == ["DECISION_CIRCLE"]


def test_a_chain_of_a_thousand_decisions_is_bounded() -> None:
    chain = [decision("d0", literal("0"))]
    chain += [
        decision(f"d{n}", literal(f"d{n - 1} + 1"), requires=requires(f"d{n - 1}")) for n in range(1, 1_000)
    ]
    model = compile_dmn(dmn(*chain), "test.dmn")

    assert not model.has_errors
    assert evaluate_decision(model, "d30", {}).output == 30
    assert "levels deep" in (evaluate_decision(model, "d999", {}).failure or "")


@pytest.mark.parametrize(
    "text", ["f(n + 1)", "f(n + 1) + f(n + 1)", "[f(n + 1)]", "sum(for i in 1..9 return f(n))"]
)
def test_recursion_through_knowledge_models_ends(text: str) -> None:
    source = dmn(
        knowledge("f", ["n"], literal(text), knows("f")), decision("d", literal("f(1)"), requires=knows("f"))
    )
    model = compile_dmn(source, "test.dmn")

    assert "deep" in (evaluate_decision(model, "d", {}).failure or "")


def test_knowledge_models_that_double_their_work_run_out_of_steps() -> None:
    models = [knowledge("f0", ["n"], literal("sum(for i in 1..1000 return i)"))]
    models += [
        knowledge(f"f{n}", ["n"], literal(f"f{n - 1}(n) + f{n - 1}(n)"), knows(f"f{n - 1}"))
        for n in range(1, 40)
    ]
    model = compile_dmn(dmn(*models, decision("d", literal("f39(1)"), requires=knows("f39"))), "test.dmn")

    assert evaluate_decision(model, "d", {}).failure


def test_types_that_define_each_other_end() -> None:
    source = dmn(
        '<itemDefinition name="a"><typeRef>b</typeRef></itemDefinition>',
        '<itemDefinition name="b"><typeRef>a</typeRef></itemDefinition>',
        '<itemDefinition name="tree"><itemComponent name="children" isCollection="true">'
        "<typeRef>tree</typeRef></itemComponent></itemDefinition>",
        *[f'<itemDefinition name="t{n}"><typeRef>t{n + 1}</typeRef></itemDefinition>' for n in range(3_000)],
        decision("d", literal("1", "a"), type_ref="t0"),
        decision("e", literal("{children: [{children: []}]}"), type_ref="tree"),
    )
    model = compile_dmn(source, "test.dmn", strict=True)

    assert evaluate_decision(model, "e", {}).output == {"children": [{"children": []}]}
    evaluate_decision(model, "d", {})


def test_a_file_of_ten_megabytes_is_refused() -> None:
    source = dmn(decision("d", literal("1 + " * 3_000_000 + "1")))

    (problem,) = compile_dmn(source, "test.dmn").problems

    assert problem.code == "FILE_TOO_LARGE"


def test_a_text_of_two_megabytes_is_refused_with_its_decision() -> None:
    model = compile_dmn(dmn(decision("d", literal("1 + " * 500_000 + "1"))), "test.dmn")

    (problem,) = model.problems
    assert (problem.code, problem.element_id) == ("FEEL_SYNTAX", "d")
    assert len(problem.message) < 500


def test_boxed_expressions_nested_too_deep_are_refused() -> None:
    (problem,) = compile_dmn(dmn(decision("d", "<list>" * 3_000 + "</list>" * 3_000)), "test.dmn").problems

    assert problem.code == "XML_TOO_DEEP"


def test_boxed_expressions_nested_as_deep_as_allowed_work() -> None:
    model = compile_dmn(dmn(decision("d", "<list>" * 90 + literal("1") + "</list>" * 90)), "test.dmn")

    output = evaluate_decision(model, "d", {}).output

    for _ in range(90):
        (output,) = output  # type: ignore[misc]
    assert output == 1


def test_entities_are_refused() -> None:
    source = b"<!DOCTYPE a [<!ENTITY x 'y'>]>" + dmn(decision("d", literal("1")))

    assert [problem.code for problem in compile_dmn(source, "test.dmn").problems] == ["XML_DOCTYPE"]


@pytest.mark.parametrize("source", [b"", b"no xml", b"<definitions/>", b"\x00\xff", b"<bpmn/>", b"<a></b>"])
def test_what_is_no_dmn_is_a_problem_and_holds_no_decisions(source: bytes) -> None:
    model = compile_dmn(source, "test.dmn")

    assert model.has_errors
    assert model.decisions == {}


@pytest.mark.parametrize("text", ['__import__("os")', "x.__class__", "x.__class__.__mro__", 'exec("1")'])
def test_python_is_not_reached(text: str) -> None:
    model = compile_dmn(dmn(decision("d", literal(text))), "test.dmn")

    assert evaluate_decision(model, "d", {"x": 1}).output is None


def test_a_cell_may_not_run_for_ever() -> None:
    endless = "count(for i in 1..1000000000 return i) > 0"
    model = table_model(["x"], [(endless, "1"), ("-", "2")], policy="FIRST")

    assert evaluate_decision(model, "d", {"x": 1}).failure


def test_a_search_for_gaps_in_a_wicked_table_ends() -> None:
    columns = [f"x{n}:number" for n in range(14)]
    rows = [[f"[{n}..{n + 5})" if (n + c) % 3 else "-" for c in range(14)] + ['"o"'] for n in range(60)]

    model = compile_dmn(dmn(decision("d", table(columns, rows, policy="FIRST"))), "test.dmn")

    assert not model.has_errors
