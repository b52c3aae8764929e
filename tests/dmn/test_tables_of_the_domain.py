"""The decision tables beside the processes, on the cases that the domain's authors worked out."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.dmn import DmnModel, compile_dmn, evaluate_decision
from engine.feel import to_json

PROCESSES = Path(__file__).parents[2] / "processes"
DOMAIN = Path(os.environ.get("TENURE_DOMAIN", Path(__file__).parents[3] / "shared" / "domain"))
FILES = sorted(PROCESSES.glob("*/*.dmn"))


def read(name: str) -> Any:
    file = DOMAIN / name
    if not file.exists():
        pytest.skip(f"the domain's {name} is not here")
    return json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)


def load(decision_id: str) -> DmnModel:
    (file,) = PROCESSES.glob(f"*/{decision_id}.dmn")
    return compile_dmn(file.read_bytes(), file.name)


def test_all_nineteen_tables_are_there() -> None:
    assert len(FILES) == 19


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_table_has_no_errors_and_names_in_both_languages(file: Path) -> None:
    model = compile_dmn(file.read_bytes(), file.name)

    assert [str(problem) for problem in model.problems if problem.is_error] == []
    (decision,) = model.decisions.values()
    assert decision.id == file.stem
    assert set(decision.names) == {"zh", "en"}
    assert all(name in decision.name for name in decision.names.values())


def test_the_tables_say_what_the_domain_says() -> None:
    for table in read("decisions.json"):
        decision = load(table["id"]).decisions[table["id"]]
        drawn = decision.expression

        assert drawn.hit_policy == table["hitPolicy"]
        assert [column.expression for column in drawn.inputs] == [
            column["name"] for column in table["inputs"]
        ]
        assert [column.name for column in drawn.outputs] == [column["name"] for column in table["outputs"]]
        assert [[cell.text or "-" for cell in rule.inputs] for rule in drawn.rules] == [
            rule["when"] for rule in table["rules"]
        ]
        assert [[cell.text for cell in rule.outputs] for rule in drawn.rules] == [
            rule["then"] for rule in table["rules"]
        ]
        assert decision.description == (table.get("note") or "")


def test_every_decision_case_of_the_domain_passes() -> None:
    cases = read("vectors.json")["decision_cases"]

    failing = [case for case in cases if decide(case) != case["result"]]

    assert failing == []
    assert len(cases) == 43


def names_of(columns: list[dict[str, str]]) -> list[str]:
    return [column["name"] for column in columns]


def decide(case: dict[str, Any]) -> Any:
    """The output in the shape of the cases: contexts, with the number of the rule."""
    result = evaluate_decision(load(case["decision"]), case["decision"], case["input"])
    assert result.failure is None
    rules = [
        {output.name: to_json(output.value) for output in rule.outputs} | {"rule": rule.index}
        for rule in result.decisions[-1].matched_rules
    ]
    if isinstance(case["result"], list):
        assert len(rules) == len(result.output)
        return rules
    assert result.output == (next(iter(rules[0].values())) if len(rules[0]) == 2 else without_rule(rules[0]))
    return rules[0]


def without_rule(outputs: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in outputs.items() if name != "rule"}
