"""Files, requirement graphs, decision services, imports and types."""

from __future__ import annotations

import pytest

from engine.dmn import compile_dmn, compile_dmn_files, evaluate_decision
from engine.dmn.reader import NAMESPACES
from tests.dmn.drawing import decision, dmn, literal, requires, table

IMPORT = "https://www.omg.org/spec/DMN/20230324/MODEL/"


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_version_of_the_standard_is_read(namespace: str) -> None:
    source = dmn(decision("d", table(["x:number"], [("> 1", '"yes"')])), namespace=namespace)

    model = compile_dmn(source, "test.dmn")

    assert not model.has_errors
    assert evaluate_decision(model, "d", {"x": 2}).output == "yes"


def test_a_decision_is_evaluated_once_however_many_require_it() -> None:
    source = dmn(
        decision("a", literal("random number()")),
        decision("b", literal("a"), requires=requires("a")),
        decision("c", literal("a"), requires=requires("a")),
        decision("d", literal("b = c"), requires=requires("b", "c")),
    )

    result = evaluate_decision(compile_dmn(source, "test.dmn"), "d", {})

    assert result.output is True
    assert [found.id for found in result.decisions] == ["a", "b", "c", "d"]


def test_camunda_names_and_version_tags_are_read() -> None:
    extension = (
        '<extensionElements><z:versionTag value="v2"/><z:properties>'
        '<z:property name="label:zh" value="审批"/></z:properties></extensionElements>'
    )
    source = dmn(f'<decision id="d" name="审批 Approval">{extension}{literal("1")}</decision>')
    source = source.replace(b"<definitions ", b'<definitions xmlns:z="http://camunda.org/schema/zeebe/1.0" ')

    found = compile_dmn(source, "test.dmn").decisions["d"]

    assert (found.version_tag, found.names, found.name) == ("v2", {"zh": "审批"}, "审批 Approval")


def test_names_with_blanks_are_known_where_a_file_has_them() -> None:
    source = dmn(
        '<inputData id="i" name="Monthly Salary"><variable name="Monthly Salary"/></inputData>',
        '<decision id="d" name="Yearly Salary"><variable name="Yearly Salary"/><informationRequirement>'
        f'<requiredInput href="#i"/></informationRequirement>{literal("12 * Monthly Salary")}</decision>',
    )

    assert evaluate_decision(compile_dmn(source, "test.dmn"), "d", {"Monthly Salary": 100}).output == 1200


def test_a_decision_service_sees_only_its_inputs() -> None:
    source = dmn(
        '<inputData id="n" name="n"><variable name="n"/></inputData>',
        decision("base", literal("1000")),
        decision(
            "sum",
            literal("n + base"),
            requires='<informationRequirement><requiredInput href="#n"/></informationRequirement>'
            + requires("base"),
        ),
        '<decisionService id="s" name="s"><variable name="s"/><outputDecision href="#sum"/>'
        '<inputDecision href="#base"/><inputData href="#n"/></decisionService>',
        decision(
            "d",
            literal("s(1, 2) + base"),
            requires='<knowledgeRequirement><requiredKnowledge href="#s"/></knowledgeRequirement>'
            + requires("base"),
        ),
    )
    model = compile_dmn(source, "test.dmn")

    assert evaluate_decision(model, "d", {"n": 50}).output == 1003
    assert evaluate_decision(model, "s", {"n": 5, "base": 6}).output == 11


def test_imported_decisions_and_types_are_read_below_the_name_of_the_import() -> None:
    person = '<itemDefinition name="tAge"><typeRef>number</typeRef></itemDefinition>'
    imported = dmn(person, decision("base", literal("20", "tAge")), name="base")
    importing = dmn(
        f'<import name="b" namespace="urn:base" importType="{IMPORT}"/>',
        '<decision id="d" name="d"><variable name="d" typeRef="b.tAge"/><informationRequirement>'
        '<requiredDecision href="urn:base#base"/></informationRequirement>'
        f"{literal('b.base + 1')}</decision>",
        name="top",
    )

    models = compile_dmn_files({"top.dmn": importing, "base.dmn": imported}, strict=True)

    assert models["top.dmn"].problems == ()
    assert evaluate_decision(models["top.dmn"], "d", {}).output == 21


def test_a_missing_import_and_a_missing_requirement_are_problems() -> None:
    source = dmn(
        f'<import name="b" namespace="urn:base" importType="{IMPORT}"/>',
        decision("d", literal("1"), requires=requires("nowhere")),
    )

    codes = [problem.code for problem in compile_dmn(source, "test.dmn").problems]

    assert codes == ["IMPORT_NOT_FOUND", "REQUIREMENT_NOT_FOUND"]


PERSON = (
    '<itemDefinition name="tPerson"><itemComponent name="name"><typeRef>string</typeRef></itemComponent>'
    '<itemComponent name="sex"><typeRef>string</typeRef><allowedValues><text>"m", "f"</text></allowedValues>'
    "</itemComponent></itemDefinition>"
    '<itemDefinition name="tPeople" isCollection="true"><typeRef>tPerson</typeRef></itemDefinition>'
)


@pytest.mark.parametrize(
    ("text", "type_ref", "expected"),
    [
        ('{name: "a", sex: "m"}', "tPerson", {"name": "a", "sex": "m"}),
        ('{name: "a", sex: "x"}', "tPerson", None),
        ('{name: "a"}', "tPerson", None),
        ('[{name: "a", sex: null}]', "tPeople", [{"name": "a", "sex": None}]),
        ('{name: "a", sex: "m"}', "tPeople", [{"name": "a", "sex": "m"}]),
        ("[7]", "number", 7),
        ('"7"', "number", None),
        ("[1, 2]", "list<number>", [1, 2]),
    ],
)
def test_in_the_standards_meaning_an_output_conforms_to_its_type_or_is_null(
    text: str, type_ref: str, expected: object
) -> None:
    source = dmn(PERSON, decision("d", literal(text), type_ref=type_ref.replace("<", "&lt;")))
    source = source.replace(b"&amp;lt;", b"&lt;")

    assert evaluate_decision(compile_dmn(source, "test.dmn", strict=True), "d", {}).output == expected


def test_an_item_definition_is_a_type_for_instance_of() -> None:
    source = dmn(PERSON, decision("d", literal("x instance of tPerson")))
    model = compile_dmn(source, "test.dmn")

    assert evaluate_decision(model, "d", {"x": {"name": "a", "sex": "m"}}).output is True
    assert evaluate_decision(model, "d", {"x": {"name": "a"}}).output is False


def test_an_unknown_type_is_a_warning() -> None:
    model = compile_dmn(dmn(decision("d", literal("1"), type_ref="tNobody")), "test.dmn")

    assert [(problem.code, problem.is_error) for problem in model.problems] == [("UNKNOWN_TYPE", False)]
