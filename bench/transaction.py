"""The transaction of "complete a user task", against the same rows written by hand with SQLAlchemy Core.

The facade completes a task; what that changed is written by hand into a copy of the database, one statement
per table and kind of change. The hand does nothing else: no lock, no look, no rule. At the end both databases
must hold the same rows, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from statistics import median
from typing import Any

from bench.by_hand import Statements, copy, differences, look, statements
from bench.databases import Room, counted, rooms
from bench.loop import ANNA, Loop
from bench.report import RUNS, Result, Taken, middle, ms, table, taken
from engine import Database

BAR = 2.5
SAMPLE = 40
WARM = 10
CASES: Mapping[str, Callable[[int], Mapping[str, Any]]] = {
    "without variables": lambda number: {},
    "with three new values": lambda number: {
        "approved": bool(number % 2),
        "amount": number,
        "comment": f"in order, see note {number}",
    },
}
"""What is sent when the task is completed for the n-th time."""


def main() -> list[Result]:
    results = []
    for room in rooms():
        for case, variables in CASES.items():
            results += compare(room, case, variables)
    print(table(results))
    return results


def compare(room: Room, case: str, variables: Callable[[int], Mapping[str, Any]]) -> list[Result]:
    with room.database() as database, room.database() as other:
        loop, numbers = Loop(database), count()
        for _ in range(WARM):
            loop.complete(variables(next(numbers)))
        copy(database, other)
        before = look(database)
        runs: list[tuple[Taken, Taken]] = []
        counts: list[tuple[int, int]] = []
        for _ in range(RUNS + 1):
            ours, theirs = [], []
            for _ in range(SAMPLE):
                task, given = loop.task(), variables(next(numbers))
                with counted(database) as sent:
                    ours.append(taken(partial(loop.engine.complete_user_task, task, given, by=ANNA)))
                after = look(database)
                by_hand = statements(before, after)
                with counted(other) as written:
                    theirs.append(taken(partial(_write, other, by_hand)))
                before = after
                counts.append((len(sent), len(written)))
            runs.append((middle(ours), middle(theirs)))
        del runs[0]  # the other side was cold
        assert differences(database, other) == [], "both sides must end with identical rows"
    facade, hand = sorted(counts)[len(counts) // 2]
    what = f"complete a user task {case}, {room.name}"
    return [
        Result(
            what=f"{what}: time",
            ours=f"{ms(median(o.wall for o, _ in runs))}, {facade} statements",
            beside=f"by hand {ms(median(t.wall for _, t in runs))}, {hand} statements",
            ratio=median(o.wall / t.wall for o, t in runs),
            bar=BAR,
        ),
        Result(
            what=f"{what}: processor time of the thread",
            ours=ms(median(o.cpu for o, _ in runs)),
            beside=f"by hand {ms(median(t.cpu for _, t in runs))}",
            ratio=median(o.cpu / t.cpu for o, t in runs),
        ),
    ]


def _write(database: Database, wanted: Statements) -> None:
    with database.connect() as connection:
        for statement, rows in wanted:
            connection.execute(statement, rows)
        connection.commit()
