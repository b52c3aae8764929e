"""Many trials of one kind: the sides start at random offsets that follow who won, so that they meet."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field

from .checks import check
from .kind import KINDS, Fault, Kind, Results, told
from .room import Room
from .sides import Sides

SPREAD = 0.0015
"""Seconds: the random part of each side's offset."""
STEP = 0.0002
"""Seconds: how much later a side starts after it came first; twice as much each time it does so again."""
LONGEST_LEAD = 0.05
ENOUGH = 60
"""From so many trials on each side must have come first at least once; else it was no race."""
MOST_FAULTS = 20


@dataclass(kw_only=True)
class Tally:
    """What came of a kind on one database. `met` are the trials in which the sides overlapped in time."""

    kind: str
    database: str
    trials: int = 0
    met: int = 0
    retries: int = 0
    seconds: float = 0.0
    first: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    _last: str = ""
    _streak: int = 0

    def streak(self, first: str) -> int:
        """How many trials before this one the same side came first, without another between."""
        self._streak = self._streak + 1 if first == self._last else 0
        self._last = first
        return self._streak

    def __str__(self) -> str:
        firsts = ", ".join(f"{side} {number}" for side, number in sorted(self.first.items()))
        return (
            f"{self.kind:38} {self.database:9} {self.trials:6} trials  first: {firsts}; "
            f"met {self.met}, run again inside {self.retries}, {self.seconds:.1f} s"
        )


def run(
    kind: str, room: Room, sides: Sides, trials: int, dice: random.Random, *, checked: bool = True
) -> Tally:
    """All trials of a kind; with `checked` the rows of the whole database afterwards."""
    tally = Tally(kind=kind, database="postgres" if room.database.is_postgres else "sqlite")
    racer = KINDS[kind]()
    began = time.monotonic()
    retries = sides.retries()
    room.enter(kind, racer.files)
    racer.prepare(room)
    leads = dict.fromkeys(racer.sides, 0.0)
    for _ in range(trials):
        _trial(racer, kind, room, sides, dice, leads, tally)
        if len(tally.faults) >= MOST_FAULTS:
            break
    tally.retries = sides.retries() - retries
    missing = [side for side in racer.sides if not tally.first[side]]
    if tally.trials >= ENOUGH and missing:
        tally.faults.append(f"{kind}: {', '.join(missing)} came first in none of {tally.trials} trials")
    if checked:
        tally.faults += check(room.database, room.book)
    tally.seconds = time.monotonic() - began
    return tally


def _trial(
    racer: Kind,
    kind: str,
    room: Room,
    sides: Sides,
    dice: random.Random,
    leads: dict[str, float],
    tally: Tally,
) -> None:
    thing = racer.arrange(room)
    earliest = min(leads.values())
    delays = {side: lead - earliest + dice.random() * SPREAD for side, lead in leads.items()}
    results = sides.race(kind, thing, room.clock.now(), delays)
    tally.trials += 1
    tally.met += _met(results)
    try:
        for result in results.values():
            if not result.clear:
                raise Fault(f"{result.side} was told {result.error}: {result.text}")
        first = racer.judge(room, thing, results)
    except Fault as fault:
        tally.faults.append(f"{kind}, trial {tally.trials}: {fault}")
        return
    except Exception as error:
        tally.faults.append(
            f"{kind}, trial {tally.trials}: {type(error).__name__}: {error} ({told(results)})"
        )
        return
    tally.first[first] += 1
    if first in leads:
        step = STEP * 2 ** min(tally.streak(first), 4)
        leads[first] = min(leads[first] + step, earliest + LONGEST_LEAD)


def _met(results: Results) -> bool:
    began = max(result.began for result in results.values())
    return began < min(result.ended for result in results.values())
