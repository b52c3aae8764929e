"""Every model of the conformance suites is read without a crash; skipped where the suites are not at hand."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from engine.bpmn import BpmnFile, read_bpmn, rejection_text
from tests.outside import CONFORMANCE as FOLDER

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no conformance suites in {FOLDER}")


def read(path: Path) -> BpmnFile:
    return read_bpmn(path.read_bytes(), path.name)


def zeebe_cases() -> list[dict[str, Any]]:
    lines = (FOLDER / "zeebe" / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_every_diagram_is_read() -> None:
    for path in sorted(FOLDER.rglob("*.bpmn")):
        file = read(path)

        assert file.processes or file.problems, path


def test_diagrams_that_camunda_accepts_are_accepted() -> None:
    with (FOLDER / "realworld" / "index.csv").open(encoding="utf-8", newline="") as index:
        accepted = [row["file"] for row in csv.DictReader(index) if row["zeebe_verdict"] == "ok"]

    found = {name: [str(p) for p in read(FOLDER / "realworld" / name).errors] for name in accepted}

    assert {name: errors for name, errors in found.items() if errors} == {}


def test_diagrams_that_camunda_refuses_are_refused_in_its_words() -> None:
    for case in zeebe_cases():
        files = [
            read(FOLDER / "zeebe" / "models" / name) for name in case["deploy"] if name.endswith(".bpmn")
        ]
        problems = [problem for file in files for problem in file.problems]
        if case["expect"].get("deploy") == "rejected":
            text = rejection_text(problems)
            assert [part for part in case["expect"]["message_contains"] if part not in text] == [], case["id"]
        else:
            assert [str(problem) for problem in problems if problem.is_error] == [], case["id"]


def test_diagrams_that_break_a_rule_of_bpmn_get_a_problem() -> None:
    suite = json.loads((FOLDER / "betsy" / "betsy.json").read_text(encoding="utf-8"))

    silent = [c["file"] for c in suite["constraints"] if not read(FOLDER / "betsy" / c["file"]).problems]

    assert silent == []
