"""One session of torture on one database."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from engine import Database

from .checker import check
from .room import Room, last_lines

REST = 120.0


@dataclass
class Outcome:
    lives: int
    kills: Counter[str]
    deaths: Counter[str]
    counts: Counter[str]
    faults: list[str]


def torture(url: str, folder: Path, seconds: float, seed: int, *, pause: float = 0.1) -> Outcome:
    """Torment for `seconds`, let come to rest, check. The seed repeats kills and faults, not the machine's
    own timing."""
    room = Room(url=url, folder=folder, dice=random.Random(seed), pause=pause)
    faults: list[str] = []
    try:
        room.furnish()
        room.torment(seconds)
        if not room.come_to_rest(REST):
            faults.append(f"it did not come to rest in {REST:.0f} seconds")
    finally:
        room.close()
    database = Database(url)
    findings = check(database, room.notebook, room.world)
    database.close()
    faults += findings.faults + [f"it ended by itself: {one}" for one in room.ended_by_themselves]
    if faults:
        faults.append("logs:\n" + last_lines(folder, [member.name for member in room.members]))
    return Outcome(
        lives=room.lives(),
        kills=room.kills,
        deaths=room.deaths_at_boundaries(),
        counts=findings.counts,
        faults=faults,
    )
