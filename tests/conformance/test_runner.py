"""The runner itself: how it knows a suite, what it prints, how it exits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .__main__ import main
from .suites import suites_in

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
<process id="p" isExecutable="true"><startEvent id="s"/><endEvent id="e"/>
<sequenceFlow id="f" sourceRef="s" targetRef="e"/></process></definitions>"""


def zeebe_suite(folder: Path, state: str) -> Path:
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "p.bpmn").write_text(MODEL, encoding="utf-8")
    case = {"id": "made.p", "deploy": ["p.bpmn"], "steps": [{"start": "p"}], "expect": {"state": state}}
    (folder / "cases.jsonl").write_text(json.dumps(case) + "\n", encoding="utf-8")
    return folder


def test_a_suite_that_passes_ends_with_its_count_and_without_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main([str(zeebe_suite(tmp_path / "any-name", "completed"))])

    assert (code, capsys.readouterr().out) == (0, "zeebe: 1/1\n")


def test_a_case_that_fails_is_told_with_what_was_seen_and_makes_the_runner_fail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main([str(zeebe_suite(tmp_path, "active"))])

    told = capsys.readouterr().out.splitlines()
    assert code == 1
    assert told[0].startswith("FAILED made.p | expected")
    assert "completed" in told[0]
    assert told[-1] == "zeebe: 0/1"


def test_the_parent_of_suites_stands_for_all_of_them(tmp_path: Path) -> None:
    zeebe_suite(tmp_path / "one", "completed")
    zeebe_suite(tmp_path / "two", "completed")

    assert [suite.folder.name for suite in suites_in(tmp_path)] == ["one", "two"]


def test_a_folder_without_a_suite_is_a_mistake_of_the_caller(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 2
    assert main([]) == 2
