"""The shipped diagrams and forms: without problems, in both languages, and with all that they name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import HandlerRegistry
from engine.bpmn import KnownResources, deployment_problems, read_bpmn
from engine.dmn import compile_dmn
from engine.forms import compile_form

PROCESSES = Path(__file__).parents[2] / "processes"
DIAGRAMS = sorted(PROCESSES.glob("*/*.bpmn"))
FORMS = sorted(PROCESSES.glob("*/*.form"))
SHOWN_WITHOUT_LABEL = {"text", "separator", "spacer"}
LANGUAGES = {"zh", "en"}


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_a_shipped_diagram_has_no_problem_and_its_folders_name(path: Path) -> None:
    file = read_bpmn(path.read_bytes(), path.name)

    assert [str(problem) for problem in file.problems] == []
    assert [process.process_id for process in file.executable_processes] == [path.parent.name]


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_every_name_in_a_shipped_diagram_is_in_both_languages(path: Path) -> None:
    process = read_bpmn(path.read_bytes(), path.name).processes[0]

    unnamed = [e.id for e in process.elements.values() if e.name and set(e.names) != LANGUAGES]

    assert unnamed == []
    assert (path.parent / "README.md").exists()


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_shipped_form_has_no_problem_and_both_languages(path: Path) -> None:
    form = compile_form(path.read_bytes(), path.name)
    schema = json.loads(path.read_text(encoding="utf-8"))

    assert [str(problem) for problem in form.problems] == []
    assert (schema["id"], schema["schemaVersion"]) == (path.stem, 19)
    assert list(_without_languages(schema["components"])) == []


def test_what_the_shipped_diagrams_name_is_there() -> None:
    files = [read_bpmn(path.read_bytes(), path.name) for path in DIAGRAMS]
    tables = [compile_dmn(path.read_bytes(), path.name) for path in sorted(PROCESSES.glob("*/*.dmn"))]
    known = KnownResources(
        job_types=HandlerRegistry.from_packages("tasks").types,
        processes=[],
        decisions=[decision for table in tables for decision in table.decisions],
        forms=[path.stem for path in FORMS],
    )

    assert [str(problem) for problem in deployment_problems(files, known)] == []


def _without_languages(components: list[dict[str, Any]]) -> Iterator[str]:
    for component in components:
        what = "text" if component["type"] in SHOWN_WITHOUT_LABEL else "label"
        given = {
            name.rpartition(":")[2] for name in component.get("properties", {}) if name.startswith(f"{what}:")
        }
        if given != LANGUAGES:
            yield component["id"]
        yield from _without_languages(component.get("components", []))
