"""Which suites a folder holds, and their cases on the real engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from . import betsy, driven_testing, realworld, token_simulation, zeebe
from .room import Outcome, Rooms

EXCEPTIONS = Path(__file__).with_name("exceptions.json")


@dataclass(frozen=True)
class Suite:
    """`name` as the table of the suites calls it; `run` yields the outcome of every case."""

    name: str
    folder: Path
    run: Callable[[Path, Rooms], Iterator[Outcome]]


def suites_in(folder: Path) -> list[Suite]:
    """The suites of a folder, told by what it holds; those of its folders when it holds none itself."""
    own = _suites_of(folder)
    if own or not folder.is_dir():
        return own
    return [suite for inner in sorted(folder.iterdir()) if inner.is_dir() for suite in _suites_of(inner)]


def exceptions() -> Mapping[str, str]:
    """Case id -> how the case contradicts Camunda 8.9."""
    found: Mapping[str, str] = json.loads(EXCEPTIONS.read_text(encoding="utf-8"))
    return found


def _suites_of(folder: Path) -> list[Suite]:
    if (folder / "betsy.json").is_file():
        return [
            Suite("betsy", folder, betsy.run),
            Suite("betsy constraints", folder, betsy.run_constraints),
        ]
    if (folder / "index.csv").is_file():
        return [Suite("realworld", folder, realworld.run)]
    if not (folder / "cases.jsonl").is_file():
        return []
    with (folder / "cases.jsonl").open(encoding="utf-8") as lines:
        first = json.loads(next(iter(lines), "{}"))
    if "path" in first:
        return [Suite("bpmn-driven-testing", folder, driven_testing.run)]
    if "deploy" in first:
        return [Suite("zeebe", folder, zeebe.run)]
    return [Suite("token-simulation", folder, token_simulation.run)]
