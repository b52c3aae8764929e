"""The runner of the DMN TCK judges by its bars and names what fails."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from engine.xml_source import parse_xml
from tests.dmn.drawing import decision, dmn, literal
from tests.dmn.tck import main, read_value, same

CASES = """<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <modelName>sum.dmn</modelName>
  <testCase id="good"><inputNode name="x"><value xsi:type="xsd:decimal">1</value></inputNode>
    <resultNode name="d" type="decision"><expected>
      <value xsi:type="xsd:decimal">2.0</value></expected></resultNode>
  </testCase>
  <testCase id="bad"><inputNode name="x"><value xsi:type="xsd:decimal">1</value></inputNode>
    <resultNode name="d" type="decision"><expected>
      <value xsi:type="xsd:decimal">3</value></expected></resultNode>
  </testCase>
  <testCase id="error">
    <resultNode name="d" type="decision" errorResult="true"><expected>
      <value xsi:nil="true"/></expected></resultNode>
  </testCase>
</testCases>"""


def suite(tmp_path: Path, level: int, cases: str = CASES) -> Path:
    folder = tmp_path / "tck" / f"compliance-level-{level}" / "0001-sum"
    folder.mkdir(parents=True)
    reads_x = '<informationRequirement><requiredInput href="#x"/></informationRequirement>'
    data = '<inputData id="x" name="x"><variable name="x" typeRef="number"/></inputData>'
    (folder / "sum.dmn").write_bytes(dmn(data, decision("d", literal("x + 1"), requires=reads_x)))
    (folder / "sum-test-01.xml").write_text(cases)
    return tmp_path / "tck"


def without_bad(cases: str) -> str:
    return cases.replace(">3<", ">2<")


def test_below_a_bar_the_runner_names_the_case_and_ends_with_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main([str(suite(tmp_path, 2))])

    lines = capsys.readouterr().out.splitlines()
    assert code == 1
    assert lines[0] == "2 0001-sum bad: d: expected 3, got 2"
    assert lines[-1] == "2/3"


def test_at_its_bars_the_runner_ends_with_zero(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = suite(tmp_path, 3, without_bad(CASES))

    assert main([str(directory), "--strict"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "3/3"


def test_what_camunda_passes_is_read_beside_the_suite(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = suite(tmp_path, 3)
    (tmp_path / "camunda_must_pass.json").write_text(json.dumps([[3, "0001-sum", "good"]]))

    assert main([str(directory)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1/1"


def test_an_empty_folder_is_no_success(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 1


def test_values_are_read_and_compared_as_feel_does() -> None:
    text = (
        b'<item xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><component name="a"><list><item>'
        b'<value xsi:type="xsd:decimal">0.333333333</value></item></list></component></item>'
    )

    expected = read_value(parse_xml(text, "case.xml"))

    assert expected == {"a": [Decimal("0.333333333")]}
    assert same({"a": [Decimal(1) / 3]}, expected)
    assert not same({"a": [Decimal("0.3333")]}, expected)
    assert not same(True, 1)
    assert not same("1", 1)
