"""The tormentor: decides who is killed, when and where, and when it is enough.

It goes by what happens, not by the clock: on a slow or busy machine a session is longer, not different.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, create_engine, text

from tests.databases import Switch

from .aims import Aim, least_struck
from .checks import Findings
from .faults import Fault
from .notebook import Tail
from .outages import break_all_connections, break_connection, crash
from .room import Room

AIMS_A_LIFE = 3
TURNS = 5
ACKNOWLEDGED_BETWEEN_KILLS = (3, 15)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What has to have happened before it is enough: every aim struck, so many killed besides, and so many
    seconds gone. `engagements` are under way at a time, each of them months long. `patience` is for how many
    seconds nothing at all may happen, and how much longer than `seconds` it may take."""

    aims: Sequence[Aim]
    kills: int
    seconds: float = 0.0
    engagements: int = 0
    patience: float = 300.0


class Tormentor:
    """`findings` are what nodes said while PostgreSQL was away; `switch` turns it off, where that is ours."""

    def __init__(self, room: Room, plan: Plan, switch: Switch | None = None) -> None:
        self.room, self.plan, self.switch = room, plan, switch
        self.findings = Findings()
        self.struck: Counter[Aim] = Counter()
        self.deaths: Counter[tuple[str, str]] = Counter()
        self._deaths, self._lines = Tail(room.deaths), Tail(room.notebook.path)
        self._carried: Counter[Aim] = Counter()
        self._killed = self._acknowledged = 0

    def torment(self) -> list[str]:
        """Keep everybody alive and kill, until it is enough. Answers what was wanted and never came."""
        begin = time.monotonic()
        next_kill = self._next_kill()
        while not self._is_enough(time.monotonic() - begin):
            if time.monotonic() - begin > self.plan.seconds + self.plan.patience:
                return [f"{aim} was never struck" for aim in self._missing()] or ["too few were killed"]
            self._revive()
            self._look()
            if self._acknowledged >= next_kill:
                self._strike()
                next_kill = self._next_kill()
            time.sleep(0.05)
        return []

    def come_to_rest(self) -> list[str]:
        """Kill all once more, then let healthy nodes finish what was begun. Answers what was left when
        nothing moved any more."""
        room = self.room
        room.resting.touch()
        for member in room.alive():
            room.kill(member, "at the end")
        self._look()
        database = create_engine(room.url)
        moved, seen = time.monotonic(), (-1, -1)
        try:
            while time.monotonic() - moved < self.plan.patience:
                room.bury()
                for member in room.dead():
                    room.start(member)
                running, done = _progress(database)
                if not running and self._all_is_published():
                    return []
                if (running, done) != seen:
                    moved, seen = time.monotonic(), (running, done)
                time.sleep(0.3)
            return [f"it did not come to rest: {seen[0]} instances have not ended"]
        finally:
            database.dispose()

    def _is_enough(self, seconds: float) -> bool:
        return seconds >= self.plan.seconds and self._killed >= self.plan.kills and not any(self._missing())

    def _missing(self) -> list[Aim]:
        return [aim for aim in self.plan.aims if not self.struck[aim]]

    def _next_kill(self) -> int:
        return self._acknowledged + self.room.dice.randint(*ACKNOWLEDGED_BETWEEN_KILLS)

    def _look(self) -> None:
        """Read what has happened since the last look."""
        self._acknowledged += sum('"phase": "ack"' in line for line in self._lines.new())
        for line in self._deaths.new():
            boundary, _, name = line.partition("\t")
            self.deaths[boundary, name] += 1
            for aim in self.plan.aims:
                self.struck[aim] += aim.strikes([(boundary, name)])

    def _revive(self) -> None:
        self.room.bury()
        for member in self.room.dead():
            self.room.start(member, self._faults_for(member.kind))

    def _faults_for(self, kind: str) -> list[Fault]:
        """At what was never struck; when all was, half of the lives have no fault."""
        dice, missing = self.room.dice, self._missing()
        if not missing and dice.random() < 0.5:
            return []
        aims = least_struck(missing or self.plan.aims, kind, self.struck, dice, AIMS_A_LIFE)
        self._carried.update(aims)
        return [Fault(aim.boundary, aim.name, self._turn(aim)) for aim in aims]

    def _turn(self, aim: Aim) -> int:
        """The sooner, the more lives have carried the aim in vain."""
        vain = self._carried[aim] // (self.struck[aim] + 1)
        return self.room.dice.randint(1, max(1, TURNS - vain // 2))

    def _strike(self) -> None:
        """A random process dies, or PostgreSQL gives trouble."""
        self._killed += 1
        room, dice = self.room, self.room.dice.random() if self.room.is_postgres else 1.0
        if dice < 0.15:
            break_connection(room)
        elif dice < 0.25:
            break_all_connections(room)
        elif dice < 0.35 and self.switch is not None:
            crash(room, self.switch, self.findings, self.plan.patience)
        elif alive := room.alive():
            room.kill(room.dice.choice(alive), "at random")

    def _all_is_published(self) -> bool:
        lines = list(self.room.notebook.read())
        wanted = {(line["name"], line["token"]) for line in lines if line["act"] == "publish"}
        given = {
            (line["name"], line["token"])
            for line in lines
            if line["act"] == "publish" and line["phase"] == "ack"
        }
        return wanted == given


def _progress(database: Engine) -> tuple[int, int]:
    """Instances that have not ended, and how far all have come."""
    with database.connect() as connection:
        running = connection.execute(
            text("SELECT count(*) FROM process_instance WHERE ended_at IS NULL")
        ).scalar_one()
        done = connection.execute(text("SELECT count(*) FROM audit_entry")).scalar_one()
    return int(running), int(done)
