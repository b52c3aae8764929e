"""Completing a user task through the facade: late against early rounds of a loop; with large variables."""

from __future__ import annotations

import tracemalloc
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import count
from statistics import median
from typing import TypeVar

from sqlalchemy import insert, select

from bench.databases import Room, rooms
from bench.loop import ANNA, BEN, Loop
from bench.report import RUNS, Result, Taken, middle, ms, table, taken
from engine.storage import metadata

K = TypeVar("K")

ROUNDS = (10, 100, 1_000, 10_000)
ROUNDS_BAR = 1.2
SIZES = {"1 kB": 1_000, "100 kB": 100_000, "5 MB": 5_000_000}
SIZES_BAR = 1.5
SAMPLE = 20
LIVE = ("token", "variable", "timer", "message_subscription", "signal_subscription")
"""The tables of live state, beside the row of the instance itself and those of its open work."""


def main() -> list[Result]:
    results = []
    for room in rooms():
        results += _rounds(room)
        results.append(_four_eyes(room))
        results += _sizes(room)
    print(table(results))
    return results


def _rounds(room: Room) -> list[Result]:
    """Databases in which one instance has come to its 10th, 100th, ... round; measured in turn."""
    with ExitStack() as stack:
        loops = {goal: Loop(stack.enter_context(room.database()), rounds=goal) for goal in ROUNDS}
        stored = {goal: live_bytes(loop) for goal, loop in loops.items()}
        runs = _runs(loops)
        memory = {goal: median(_peak(loop) for _ in range(RUNS)) for goal, loop in loops.items()}
    early, late = ROUNDS[0], ROUNDS[-1]
    for goal in ROUNDS:
        time = ms(median(run[goal].wall for run in runs))
        print(f"{room.name}, round {goal:,}: {time}, {stored[goal]} B live, {memory[goal] / 1e3:.0f} kB peak")
    what = f"round {late:,} of a loop beside round {early}, {room.name}"
    return [
        _against(f"{what}: time", runs, late, early, ROUNDS_BAR),
        Result(
            what=f"{what}: stored bytes of live state",
            ours=f"{stored[late]} B",
            beside=f"{stored[early]} B",
            ratio=stored[late] / stored[early],
            bar=ROUNDS_BAR,
        ),
        Result(
            what=f"{what}: memory of the step at its peak",
            ours=f"{memory[late] / 1e3:.0f} kB",
            beside=f"{memory[early] / 1e3:.0f} kB",
            ratio=memory[late] / memory[early],
            bar=ROUNDS_BAR,
        ),
    ]


def _four_eyes(room: Room) -> Result:
    """Ben checks what Anna approved: who approved in all rounds is asked twice in the step."""
    early, late = ROUNDS[0], ROUNDS[-1]
    with ExitStack() as stack:
        loops = {goal: Loop(stack.enter_context(room.database()), four_eyes=True) for goal in (early, late)}
        for goal, loop in loops.items():
            _write_history(loop, goal)
        runs = []
        for _ in range(RUNS + 1):
            samples: dict[int, list[Taken]] = {goal: [] for goal in loops}
            for _ in range(SAMPLE):
                for goal, loop in loops.items():
                    loop.complete(by=ANNA)
                    call = partial(loop.engine.complete_user_task, loop.task(), by=BEN)
                    samples[goal].append(taken(call))
            runs.append({goal: middle(found) for goal, found in samples.items()})
    what = f"the same where four eyes look, {room.name}: time"
    return _against(what, runs[1:], late, early, ROUNDS_BAR)


def _write_history(loop: Loop, rounds: int) -> None:
    """The finished elements of so many rounds, like those of the first one."""
    loop.complete(by=ANNA)
    loop.complete(by=BEN)
    history, keys = metadata.tables["element_instance"], count(2**60)
    with loop.database.connect() as connection:
        query = select(history).where(
            history.c.process_instance_key == loop.key, history.c.element_type == "USER_TASK"
        )
        first = [dict(row._mapping) for row in connection.execute(query)]
        rows = [row | {"key": next(keys)} for _ in range(rounds) for row in first]
        connection.execute(insert(history), rows)
        connection.commit()


def _sizes(room: Room) -> list[Result]:
    """Variables that the step does not touch."""
    with room.database() as database:
        loops = {name: Loop(database, {"document": "x" * size}) for name, size in SIZES.items()}
        runs = _runs({"": Loop(database), **loops})
    return [
        _against(f"with {name} of variables beside none, {room.name}: time", runs, name, "", SIZES_BAR)
        for name in SIZES
    ]


def _runs(loops: Mapping[K, Loop]) -> list[Mapping[K, Taken]]:
    """Several runs; in each, every loop has its turn again and again. The first one is for warming up."""
    runs: list[Mapping[K, Taken]] = []
    for _ in range(RUNS + 1):
        samples: dict[K, list[Taken]] = {name: [] for name in loops}
        for _ in range(SAMPLE):
            for name, loop in loops.items():
                call = partial(loop.engine.complete_user_task, loop.task(), by=ANNA)
                samples[name].append(taken(call))
        runs.append({name: middle(found) for name, found in samples.items()})
    return runs[1:]


def _against(what: str, runs: Sequence[Mapping[K, Taken]], one: K, other: K, bar: float) -> Result:
    ratio = median(run[one].wall / run[other].wall for run in runs)
    cpu = median(run[one].cpu / run[other].cpu for run in runs)
    return Result(
        what=what,
        ours=f"{ms(median(run[one].wall for run in runs))} (processor alone: {cpu:.2f} times)",
        beside=ms(median(run[other].wall for run in runs)),
        ratio=ratio,
        bar=bar,
    )


def live_bytes(loop: Loop) -> int:
    """The rows of the running instance, as text: what a step may have to read."""
    tables = metadata.tables
    instance, task, offer = (
        tables[name] for name in ("process_instance", "user_task", "user_task_candidate")
    )
    open_tasks = (task.c.process_instance_key == loop.key) & task.c.ended_at.is_(None)
    queries = [
        select(instance).where(instance.c.key == loop.key),
        select(task).where(open_tasks),
        select(offer).where(offer.c.user_task_key.in_(select(task.c.key).where(open_tasks))),
        *(select(tables[name]).where(tables[name].c.process_instance_key == loop.key) for name in LIVE),
    ]
    with loop.database.read() as view:
        rows = [row for query in queries for row in view.session.execute(query)]
    return sum(len(str(value).encode()) for row in rows for value in row)


def _peak(loop: Loop) -> int:
    """Bytes that one step allocates at most at the same time."""
    task = loop.task()
    tracemalloc.start()
    loop.engine.complete_user_task(task, by=ANNA)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak
