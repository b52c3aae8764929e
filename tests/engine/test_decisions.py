"""Decision files that import each other, deployed together."""

import pytest

from engine import SYSTEM, DeploymentRejected, Resource
from tests.dmn.drawing import decision, dmn, literal

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
