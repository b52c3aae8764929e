"""`tenure decide`: a decision tried out without a database."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from tenure.command_line import main
from tests.dmn.drawing import decision, dmn, table


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
