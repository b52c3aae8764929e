"""`tenure decide`: a decision tried out without a database."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from tenure.command_line import main
from tests.dmn.drawing import decision, dmn, literal, table

IMPORT = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def test_it_prints_the_result_the_matched_rules_and_every_value_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "level.dmn"
    file.write_bytes(
        dmn(decision("level", table(["amount:number"], [("<= 10", '"low"'), ("> 10", '"high"')])))
    )

    result = CliRunner().invoke(main, ["decide", str(file), "level", "--vars", '{"amount": 12.5}'])

    printed = json.loads(result.output)
    (evaluated,) = printed["evaluatedDecisions"]
    assert printed["output"] == "high"
    assert [rule["ruleIndex"] for rule in evaluated["matchedRules"]] == [2]
    assert [each["inputValue"] for each in evaluated["evaluatedInputs"]] == [12.5]


def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "level.dmn"
    file.write_bytes(dmn())

    result = CliRunner().invoke(main, ["decide", str(file), "level", "--vars", "{amount: 12}"])

    assert result.exit_code == 2
    assert "not JSON" in result.output


def test_files_that_a_file_imports_are_given_with_it(tmp_path: Path) -> None:
    top, base = tmp_path / "top.dmn", tmp_path / "base.dmn"
    base.write_bytes(dmn(decision("base", literal("20")), name="base"))
    wanted = '<informationRequirement><requiredDecision href="urn:base#base"/></informationRequirement>'
    importing = f'<import name="b" namespace="urn:base" importType="{IMPORT}"/>'
    top.write_bytes(dmn(importing, decision("top", literal("b.base + 1"), requires=wanted), name="top"))

    alone = CliRunner().invoke(main, ["decide", str(top), "top"])
    together = CliRunner().invoke(main, ["decide", str(top), str(base), "top"])
    other = CliRunner().invoke(main, ["decide", str(top), str(base), "base"])
    twice = CliRunner().invoke(main, ["decide", str(top), str(top), "top"])

    assert alone.exit_code == 1
    assert "urn:base" in alone.output
    assert json.loads(together.output)["output"] == 21
    assert json.loads(other.output)["output"] == 20
    assert twice.exit_code == 2
