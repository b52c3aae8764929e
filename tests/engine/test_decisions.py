"""Decisions of business rule tasks with their log, and decision files that import each other."""

import pytest

from engine import SYSTEM, DeploymentRejected, Resource
from tests.dmn.drawing import decision, dmn, literal, table

from .diagrams import end, node, process, start, user_task

IMPORT = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def importing():
    """Its decision `total` adds 1 to `rate` of the other file."""
    required = '<requiredDecision href="urn:rates#rate"/>'
    source = dmn(
        f'<import name="rates" namespace="urn:rates" importType="{IMPORT}"/>',
        decision(
            "total",
            literal("rates.rate + 1"),
            requires=f"<informationRequirement>{required}</informationRequirement>",
        ),
        name="totals",
    )
    return Resource(name="totals.dmn", content=source.replace(b'id="drd"', b'id="totals"'))


def imported(rate="20"):
    source = dmn(decision("rate", literal(rate)), name="rates")
    return Resource(name="rates.dmn", content=source.replace(b'id="drd"', b'id="rates"'))


def test_files_of_one_deployment_may_import_each_other(engine, deploy):
    deploy(importing(), imported())

    assert engine.evaluate_decision("total", variables={}, by=SYSTEM).output == 21


def test_a_changed_import_is_a_new_version_of_what_imports_it(engine, deploy):
    deploy(importing(), imported())

    again = deploy(importing(), imported())
    changed = deploy(importing(), imported("30"))

    assert {one.version for one in again.decisions} == {1}
    assert {one.version for one in changed.decisions} == {2}
    assert engine.evaluate_decision("total", variables={}, by=SYSTEM).output == 31


def test_a_file_without_what_it_imports_is_refused(deploy):
    with pytest.raises(DeploymentRejected) as caught:
        deploy(importing())

    assert "IMPORT_NOT_FOUND" in [problem.code for problem in caught.value.problems]


@pytest.fixture
def decided(engine, deploy):
    """An instance whose business rule task has decided on an amount of 12."""
    rows = [("<= 10", '"low"'), ("> 10", '"high"')]
    called = '<zeebe:calledDecision decisionId="level" resultVariable="found" />'
    rule_task = node("businessRuleTask", "rate", extensions=called)
    nodes = (start(), rule_task, user_task("look", groups="buyers"), end())
    deploy(
        Resource(name="level.dmn", content=dmn(decision("level", table(["amount:number"], rows)))),
        process("order", *nodes, flows="start>rate>look>end"),
    )
    return engine.start_process_instance("order", variables={"amount": 12}, by=SYSTEM)


def test_a_business_rule_task_writes_the_unwrapped_result_under_its_name(engine, decided):
    found = {variable.name: variable.value for variable in engine.variables(decided.key, by=SYSTEM)}

    assert found == {"amount": 12, "found": "high"}


def test_the_log_of_an_instance_tells_how_a_decision_came_about(engine, decided):
    (entry,) = engine.decisions(decided.key, by=SYSTEM)

    assert (entry.decision_id, entry.decision_version, entry.element_id) == ("level", 1, "rate")
    assert (entry.inputs, entry.output, entry.matched_rules) == ({"amount": 12}, "high", (2,))
    told = entry.explanation
    assert told["evaluatedInputs"][0]["inputValue"] == 12
    assert told["matchedRules"][0]["ruleIndex"] == 2
