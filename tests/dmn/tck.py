"""Runs a folder in the layout of the DMN TCK: `python -m tests.dmn.tck DIR [--strict]`.

Without `--strict` the cases run in Camunda's dialect: all of level 2 must pass, and 99 % of the cases in
`camunda_must_pass.json` (in DIR or beside it), which Camunda's own engine passes. With `--strict` they run in
the standard's meaning: 97 % of level 3, and 96 % of its cases that expect a value. Numbers may differ by one
in 10^8, as in other runners. Prints the cases that fail; the last line is `passed/total`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from engine.dmn import DmnModel, compile_dmn_files, evaluate_decision
from engine.dmn.evaluation import evaluate_service_outputs
from engine.feel import equal, parse_temporal, to_text
from engine.xml_source import XmlElement, child, children, parse_xml

LEVEL_2, LEVEL_3 = 2, 3
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
_MICROSECONDS = "times are kept to the microsecond"
EXCEPTIONS = {
    "0076-feel-external-java": "functions in Java are never run",
    "0068-feel-equality datetime_003_a": "a tenth of a millisecond is a difference",
    "1117-feel-date-and-time-function 027_ae365197dd": _MICROSECONDS,
    "1117-feel-date-and-time-function 033_2fac4d6807": _MICROSECONDS,
    "1117-feel-date-and-time-function 054_2561a406fc": _MICROSECONDS,
}
"""Folders, or single cases, that fail for a known reason. They count as failed all the same."""

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One test case: what is wrong with it, or an empty text."""

    level: int
    folder: str
    case: str
    expects_value: bool
    fault: str

    @property
    def passed(self) -> bool:
        return not self.fault


def run_suite(directory: Path, *, strict: bool) -> list[Outcome]:
    """Every case below the folders `compliance-level-2` and `compliance-level-3`."""
    outcomes: list[Outcome] = []
    for level in (LEVEL_2, LEVEL_3):
        folders = sorted((directory / f"compliance-level-{level}").glob("*"))
        for folder in (found for found in folders if found.is_dir()):
            outcomes.extend(_run_folder(folder, level, strict))
    return outcomes


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.dmn.tck", description="Runs the DMN TCK.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--strict", action="store_true", help="the standard's meaning instead of Camunda's")
    options = parser.parse_args(arguments)
    outcomes = run_suite(options.directory, strict=options.strict)
    if not outcomes:
        sys.stderr.write(f"no cases below {options.directory}\n")
        return 1
    return _judge_strict(outcomes) if options.strict else _judge_default(outcomes, options.directory)


# --- bars ----------------------------------------------------------------------------------------


def _judge_strict(outcomes: Sequence[Outcome]) -> int:
    judged = [outcome for outcome in outcomes if outcome.level == LEVEL_3]
    values = [outcome for outcome in judged if outcome.expects_value]
    _show_failures(judged)
    met = [_bar("level 3", judged, 0.97), _bar("level 3, cases that expect a value", values, 0.96)]
    _share("level 2", [outcome for outcome in outcomes if outcome.level == LEVEL_2])
    return _total(judged, all(met))


def _judge_default(outcomes: Sequence[Outcome], directory: Path) -> int:
    level_2 = [outcome for outcome in outcomes if outcome.level == LEVEL_2]
    camunda_passes = _must_pass(directory)
    must = [
        outcome for outcome in outcomes if (outcome.level, outcome.folder, outcome.case) in camunda_passes
    ]
    judged = [outcome for outcome in outcomes if outcome in level_2 or outcome in must]
    _show_failures(judged)
    _share("all cases, in a dialect that is not theirs", outcomes)
    met = [_bar("level 2", level_2, 1.0), _bar("what Camunda's own engine passes", must, 0.99)]
    return _total(judged, all(met))


def _must_pass(directory: Path) -> set[tuple[int, str, str]]:
    for place in (directory, directory.resolve().parent):
        file = place / "camunda_must_pass.json"
        if file.exists():
            return {(level, folder, case) for level, folder, case in json.loads(file.read_text())}
    return set()


def _show_failures(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        if not outcome.passed:
            case = f"{outcome.folder} {outcome.case}"
            reason = EXCEPTIONS.get(outcome.folder) or EXCEPTIONS.get(case)
            named = f" [exception: {reason}]" if reason else ""
            _say(f"{outcome.level} {outcome.folder} {outcome.case}: {outcome.fault}{named}")


def _bar(name: str, outcomes: Sequence[Outcome], bar: float) -> bool:
    passed = _share(name, outcomes, f", bar {bar:.0%}")
    return passed >= bar * len(outcomes)


def _share(name: str, outcomes: Sequence[Outcome], suffix: str = "") -> int:
    passed = sum(outcome.passed for outcome in outcomes)
    share = f"{passed / len(outcomes):.2%}" if outcomes else "none"
    _say(f"{name}: {passed} of {len(outcomes)} ({share}{suffix})")
    return passed


def _total(outcomes: Sequence[Outcome], met: bool) -> int:
    _say(f"{sum(outcome.passed for outcome in outcomes)}/{len(outcomes)}")
    return 0 if met else 1


# --- cases ---------------------------------------------------------------------------------------


def _run_folder(folder: Path, level: int, strict: bool) -> Iterator[Outcome]:
    files = {file.name: file.read_bytes() for file in sorted(folder.glob("*.dmn"))}
    models = compile_dmn_files(files, strict=strict, names_with_blanks=True)
    for file in sorted(folder.glob("*.xml")):
        root = parse_xml(file.read_bytes(), file.name)
        name = (_text(child(root, "modelName")) or "").strip()
        model = models.get(name) or next(iter(models.values()), None)
        for case in children(root, "testCase"):
            faults = [] if model else ["no model"]
            expects_value = False
            inputs = {node.get("name", ""): read_value(node) for node in children(case, "inputNode")}
            for result in children(case, "resultNode") if model else []:
                expected = read_value(child(result, "expected"))
                is_error = result.get("errorResult") == "true"
                expects_value = expects_value or (not is_error and expected is not None)
                faults.append(_fault(model, case, result, inputs, None if is_error else expected))
            yield Outcome(
                level=level,
                folder=folder.name,
                case=case.get("id", ""),
                expects_value=expects_value,
                fault="; ".join(fault for fault in faults if fault),
            )


def _fault(
    model: DmnModel, case: XmlElement, result: XmlElement, inputs: Mapping[str, object], expected: object
) -> str:
    name = result.get("name", "")
    try:
        actual, failure = _evaluate(model, case, name, inputs)
    except Exception as error:  # a defect of ours is a failing case, not the end of the run
        return f"{name}: {type(error).__name__}: {error}"
    if same(actual, expected):
        return ""
    text = f"{name}: expected {_shown(expected)}, got {_shown(actual)}"
    return f"{text} ({failure})" if failure else text


def _evaluate(
    model: DmnModel, case: XmlElement, name: str, inputs: Mapping[str, object]
) -> tuple[object, str | None]:
    invocable = case.get("invocableName")
    if case.get("type") == "decisionService" and invocable:
        service = next(found.id for found in model.services.values() if found.name == invocable)
        return evaluate_service_outputs(model, service, inputs, now=NOW).get(name), None
    named = [
        found.id for found in (*model.decisions.values(), *model.services.values()) if found.name == name
    ]
    if not named:
        return None, f"no decision '{name}'"
    result = evaluate_decision(model, named[0], inputs, now=NOW)
    return result.output, result.failure


def read_value(node: XmlElement | None) -> object:
    """What stands in an `inputNode`, `expected`, `item` or `component`."""
    if node is None or node.get(_NIL) == "true":
        return None
    components = children(node, "component")
    if components:
        return {found.get("name", ""): read_value(found) for found in components}
    items = child(node, "list")
    if items is not None:
        return None if items.get(_NIL) == "true" else [read_value(item) for item in children(items, "item")]
    value = child(node, "value")
    if value is None or value.get(_NIL) == "true":
        return None
    return _simple(_text(value) or "", value.get(_TYPE, "xsd:string").rpartition(":")[2])


def same(actual: object, expected: object) -> bool:
    """Equal as FEEL sees it, numbers up to one in 10^8."""
    if isinstance(expected, (int, Decimal)) and not isinstance(expected, bool):
        if not isinstance(actual, (int, Decimal)) or isinstance(actual, bool):
            return False
        return actual == expected or abs(actual - expected) <= Decimal("1e-8") * max(1, abs(expected))
    if isinstance(expected, list):
        return (
            isinstance(actual, list)
            and len(actual) == len(expected)
            and all(same(*pair) for pair in zip(actual, expected, strict=True))
        )
    if isinstance(expected, dict):
        return (
            isinstance(actual, dict)
            and actual.keys() == expected.keys()
            and all(same(actual[key], value) for key, value in expected.items())
        )
    return type(actual) is type(expected) and equal(actual, expected) is True


def _simple(text: str, type_: str) -> object:
    match type_:
        case "boolean":
            return text.strip() in ("true", "1")
        case "decimal" | "double" | "float" | "integer" | "int" | "long":
            number = Decimal(text.strip())
            return int(number) if number == number.to_integral_value() else number
        case "date" | "time" | "dateTime" | "duration":
            return parse_temporal(text.strip())
        case _:
            return text


def _text(element: XmlElement | None) -> str | None:
    return None if element is None else element.text


def _shown(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else to_text(value)
    return text if len(text) <= 120 else text[:117] + "..."


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
