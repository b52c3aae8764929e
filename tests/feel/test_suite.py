"""The runner of Camunda's expectations itself."""

import json

from tests.feel import suite


def case(text, expected, **more):
    return {"file": "A.scala", "line": 1, "kind": "expression", "text": text, "variables": {"c": []},
            "expected": expected, **more}  # fmt: skip


def test_all_kinds_of_expectations_are_understood(tmp_path, capsys):
    file = tmp_path / "suite.json"
    file.write_text(
        json.dumps(
            [
                case("1 + 1", {"n": "2"}),
                case("{a: [1]}", {"c": [["a", {"l": [{"n": "1"}]}]]}),
                case('@"10:00:00+01:00"', {"t": "time", "v": "10:00:00+01:00"}),
                case("then", {"e": "parse-error"}),
                case("assert(1, false)", None),
                case("< 3", True, kind="unary", input={"n": "2"}),
                case("x", {"n": "1"}, variables={"c": [["x", {"n": "1"}]]}),
            ]
        )
    )

    assert suite.main(str(file)) == 0
    assert capsys.readouterr().out == "7/7\n"


def test_failing_cases_are_shown_and_fail_below_the_bar(tmp_path, capsys):
    file = tmp_path / "suite.json"
    file.write_text(
        json.dumps([case("1 + 1", {"n": "3"}), case('@"10:00:00Z"', {"t": "time", "v": "11:00:00+01:00"})])
    )

    assert suite.main(str(file)) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0/2"
