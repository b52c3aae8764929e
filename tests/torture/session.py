"""One session of torture on one database."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

from engine import Database
from tests.databases import Switch

from .aims import EACH_BOUNDARY, EACH_COMMAND, Aim
from .checks import check
from .room import Room, last_lines
from .tormentor import Plan, Tormentor

SHORT = Plan(aims=EACH_BOUNDARY, kills=4)
"""That of the gate: every boundary once."""


def long(seconds: float) -> Plan:
    """So many seconds, and until every boundary of every command was struck."""
    return Plan(aims=(*EACH_BOUNDARY, *EACH_COMMAND), kills=4, seconds=seconds, engagements=3)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """`deaths` counts by boundary and by the command or job type that stood there."""

    lives: int
    kills: Counter[str]
    struck: Counter[Aim]
    deaths: Counter[tuple[str, str]]
    counts: Counter[str]
    faults: list[str]


def torture(
    url: str, folder: Path, plan: Plan, seed: int, *, switch: Switch | None = None, pause: float = 0.1
) -> Outcome:
    """Torment, let come to rest, check. The seed repeats kills and faults, not the machine's own timing."""
    if switch is not None:
        _keep_commits(url)
    room = Room(url=url, folder=folder, dice=random.Random(seed), pause=pause, engagements=plan.engagements)
    tormentor = Tormentor(room, plan, switch)
    try:
        room.furnish()
        faults = [*tormentor.torment(), *tormentor.come_to_rest()]
    finally:
        room.close()
    database = Database(url)
    findings = check(database, room.notebook, room.world)
    database.close()
    findings.counts.update(tormentor.findings.counts)
    faults += tormentor.findings.faults + findings.faults
    faults += [f"it ended by itself: {one}" for one in room.ended_by_themselves]
    if faults:
        faults.append("logs:\n" + last_lines(folder, [member.name for member in room.members]))
    return Outcome(
        lives=room.lives(),
        kills=room.kills,
        struck=tormentor.struck,
        deaths=tormentor.deaths,
        counts=findings.counts,
        faults=faults,
    )


def _keep_commits(url: str) -> None:
    """Test servers forget the last commits when they crash; not here."""
    database = create_engine(url)
    with database.connect() as connection:
        name = connection.dialect.identifier_preparer.quote(str(database.url.database))
        connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = on"))
        connection.commit()
    database.dispose()
