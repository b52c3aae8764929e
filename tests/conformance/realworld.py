"""The realworld suite (diagrams that people drew): each is read, reported on and kept; none crashes."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from engine import SYSTEM, DeploymentRejected, Problem, Resource

from .room import Outcome, Room, Rooms


def run(folder: Path, rooms: Rooms) -> Iterator[Outcome]:
    with (folder / "index.csv").open(encoding="utf-8", newline="") as index:
        for row in csv.DictReader(index):
            yield run_case(row, folder, rooms)


def run_case(row: Mapping[str, str], folder: Path, rooms: Rooms) -> Outcome:
    path = folder / row["file"]
    resource = Resource(name=path.name, content=path.read_bytes())
    accepted = row["zeebe_verdict"] == "ok"
    expected = "kept as a draft" + (", and deployed as it is" if accepted else "")
    with rooms.open() as room:
        try:
            problems = room.engine.check([resource])
            seen = _keep(room, resource, problems)
            if accepted and not seen:
                room.engine.deploy([resource], by=SYSTEM)
        except DeploymentRejected as rejected:
            seen = f"refused: {rejected}"
        except Exception as error:
            seen = f"{type(error).__name__}: {error}"
    return Outcome(row["file"], expected, seen[:600])


def _keep(room: Room, resource: Resource, problems: list[Problem]) -> str:
    """What is wrong with its draft; empty when nothing is. Every process is there, and so is its source."""
    kept = room.engine.deploy([resource], by=SYSTEM, draft=True)
    for definition in kept.processes:
        if room.engine.process_definition_source(definition.key) != resource.content:
            return f"the source of {definition.process_id} is another one"
    if not kept.processes and not problems:
        return "neither a process nor a problem was found"
    return ""
