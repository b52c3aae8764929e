"""Deploying a definition of 500 nodes, and what its first start costs beside the later ones, which find it
compiled."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from functools import partial
from statistics import median

from bench.databases import Room, counted, rooms
from bench.report import RUNS, Result, ms, table, taken
from engine import SYSTEM, Database, ProcessEngine, Resource
from engine.bpmn import read_bpmn
from tests.engine.diagrams import end, node, process, start, user_task

SMALL, LARGE = 50, 500
LINEAR_BAR = 1.2


def main() -> list[Result]:
    results = []
    for room in rooms():
        results += _deploying(room)
        results += _starting(room)
    print(table(results))
    source = diagram(LARGE, 0).content
    print(
        f"\ncompiled, {LARGE} nodes hold {_held(source) / 1e3:.0f} kB; the file has {len(source) / 1e3:.0f}"
    )
    return results


def diagram(nodes: int, version: int) -> Resource:
    """Ask, decide, do or ask again, in a row; every version differs."""
    blocks = (nodes - 2) // 3
    names, inner, skips = ["start"], [], []
    for n in range(blocks):
        straight = f"flow_0_{len(names) + 1}"
        names += [f"ask_{n}", f"fit_{n}", f"do_{n}"]
        inner += [
            user_task(f"ask_{n}", groups="buyers"),
            node("exclusiveGateway", f"fit_{n}", default=straight),
            node("task", f"do_{n}"),
        ]
        skips.append(f"fit_{n}>ask_{n} [=amount > {version}]")
    for n in range(nodes - 2 - 3 * blocks):
        names.append(f"extra_{n}")
        inner.append(node("task", f"extra_{n}"))
    return process(
        f"size-{nodes}", start(), *inner, end(), flows="; ".join([">".join([*names, "end"]), *skips])
    )


def _deploying(room: Room) -> list[Result]:
    with room.database() as database:
        engine = ProcessEngine(database)
        runs = []
        for run in range(RUNS + 1):
            found = {}
            for nodes in (SMALL, LARGE):
                call = partial(engine.deploy, [diagram(nodes, run)], by=SYSTEM)
                found[nodes] = taken(call).wall
            runs.append(found)
        del runs[0]
    small, large = (median(run[nodes] for run in runs) for nodes in (SMALL, LARGE))
    return [
        Result(
            what=f"deploying {LARGE} nodes, {room.name}: each node",
            ours=f"{large / LARGE * 1e6:.0f} µs ({ms(large)} in all)",
            beside=f"of {SMALL}: {small / SMALL * 1e6:.0f} µs",
            ratio=median(run[LARGE] / LARGE / (run[SMALL] / SMALL) for run in runs),
            bar=LINEAR_BAR,
        )
    ]


def _starting(room: Room) -> list[Result]:
    """A new engine is a new process: its first start has to read and compile."""
    with room.database() as database:
        ProcessEngine(database).deploy([diagram(LARGE, 0)], by=SYSTEM)
        firsts, laters = [], []
        for _ in range(RUNS):
            begin = _starter(database)
            with counted(database) as sent:
                firsts.append(taken(begin).wall)
            read = any("FROM resource" in statement for statement in sent)
            with counted(database) as sent:
                laters.append(median(taken(begin).wall for _ in range(10)))
            assert read, "the first start did not read the file"
            assert not any("FROM resource" in statement for statement in sent), "a later start read it again"
    return [
        Result(
            what=f"the first start of {LARGE} nodes in a process, {room.name}",
            ours=ms(median(firsts)),
            beside=f"a later one, from the cache: {ms(median(laters))}",
            ratio=median(first / later for first, later in zip(firsts, laters, strict=True)),
        )
    ]


def _starter(database: Database) -> Callable[[], object]:
    engine = ProcessEngine(database)
    return partial(engine.start_process_instance, f"size-{LARGE}", variables={"amount": 1}, by=SYSTEM)


def _held(source: bytes) -> int:
    """Bytes of the compiled model that stay."""
    gc.collect()
    tracemalloc.start()
    kept = read_bpmn(source, "bench.bpmn")
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size if kept.processes else 0
