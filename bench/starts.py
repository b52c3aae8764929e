"""Starting an instance with 10, 100 and 1,000 parallel branches or multi-instance bodies: what each costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from statistics import median
from typing import Any

from bench.databases import Room, rooms
from bench.report import Result, Taken, ms, table, taken
from engine import SYSTEM, Database, ProcessEngine, Resource
from tests.engine.diagrams import end, node, process, start, user_task

WIDTHS = (10, 100, 1_000)
BAR = 1.3
"""Each of a thousand costs at most this much more than each of ten and each of a hundred."""
RUNS = 5


def main() -> list[Result]:
    results = []
    for room in rooms():
        for name, diagram in DIAGRAMS.items():
            results.append(_start(room, name, diagram))
    print(table(results))
    return results


def _start(room: Room, name: str, diagram: Callable[[int], Resource]) -> Result:
    """Ten bodies share one transaction, so the first ones cost more each: what may not grow is the cost of
    one more, from 10 to 100 and from 100 to 1,000."""
    with room.database() as database:
        engine = ProcessEngine(database)
        for width in WIDTHS:
            engine.deploy([diagram(width)], by=SYSTEM)
        runs = [_in_turn(engine, database, name) for _ in range(RUNS + 1)][1:]
    few, more, many = WIDTHS
    first = median((run[more].wall - run[few].wall) / (more - few) for run in runs)
    last = median((run[many].wall - run[more].wall) / (many - more) for run in runs)
    times = ", ".join(f"{width:,}: {ms(median(run[width].wall for run in runs))}" for width in WIDTHS)
    return Result(
        what=f"a start with {many:,} {name}, {room.name}: each one more",
        ours=f"{last * 1e6:.0f} µs ({times})",
        beside=f"from {few} to {more}: {first * 1e6:.0f} µs",
        ratio=last / first,
        bar=BAR,
    )


def _in_turn(engine: ProcessEngine, database: Database, name: str) -> Mapping[int, Taken]:
    found: dict[int, Taken] = {}
    for width in WIDTHS:
        variables: dict[str, Any] = {"items": list(range(width))}
        call = partial(engine.start_process_instance, f"wide-{width}", variables=variables, by=SYSTEM)
        found[width] = taken(call)
    return found


def _branches(width: int) -> Resource:
    tasks = [user_task(f"task_{number}", groups="buyers") for number in range(width)]
    flows = "; ".join(f"split>task_{number}>join" for number in range(width))
    nodes = [start(), node("parallelGateway", "split"), *tasks, node("parallelGateway", "join"), end()]
    return process(f"wide-{width}", *nodes, flows=f"start>split; {flows}; join>end")


def _bodies(width: int) -> Resource:
    loop = (
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>"
        '<zeebe:loopCharacteristics inputCollection="=items" inputElement="item" />'
        "</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>"
    )
    nodes = [start(), user_task("review", groups="buyers", inner=loop), end()]
    return process(f"wide-{width}", *nodes, flows="start>review>end")


DIAGRAMS = {"parallel branches": _branches, "multi-instance bodies": _bodies}
