"""The demonstration, killed again and again: it must leave the very records that it leaves in one piece."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from engine import Database
from tasks.all_records import metadata

from . import faults, outside
from .checks import Findings, check_any
from .checks.facts import Facts, read_facts
from .nursery import Nursery
from .room import last_lines

FURTHEST = 60
"""A life comes to its end at the latest after so many commits."""

Traces = Counter[tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True)
class Played:
    lives: int
    deaths: Counter[str]
    counts: Counter[str]
    faults: list[str]


def play_killed(url: str, folder: Path, dice: random.Random, *, lives: int = 60) -> Played:
    """Play on `url` in at most so many lives and then once more in peace, and in one piece beside it."""
    findings = Findings()
    folder.mkdir(parents=True, exist_ok=True)
    nursery = Nursery()
    try:
        used, faulty = _play(nursery, url, folder / "killed", dice, lives)
        whole = f"sqlite:///{folder / 'whole.db'}"
        faulty += _play(nursery, whole, folder / "whole", dice, 0)[1]
    finally:
        nursery.close()
    killed, undisturbed = Database(url), Database(whole)
    check_any(findings, killed)
    for kind, seen, wanted in zip(
        ("elements as without kills", "tasks as without kills", "records as without kills"),
        _traces(killed),
        _traces(undisturbed),
        strict=True,
    ):
        for trace in sorted(seen.keys() | wanted.keys(), key=str):
            findings.expect(
                kind, seen[trace] == wanted[trace], f"{trace}: {seen[trace]}, not {wanted[trace]}"
            )
    killed.close()
    undisturbed.close()
    deaths = folder / "killed" / "deaths"
    lines = deaths.read_text(encoding="utf-8").splitlines() if deaths.exists() else []
    return Played(
        lives=used,
        deaths=Counter(line.partition("\t")[0] for line in lines),
        counts=findings.counts,
        faults=faulty + findings.faults,
    )


def _play(nursery: Nursery, url: str, folder: Path, dice: random.Random, lives: int) -> tuple[int, list[str]]:
    """How many lives it took, and what was wrong."""
    folder.mkdir(exist_ok=True)
    for life in range(1, lives + 2):
        chosen = (
            faults.Fault(dice.choice(faults.BOUNDARIES), "*", dice.randint(1, FURTHEST // 4)),
            faults.Fault("after_commit", "*", dice.randint(1, FURTHEST)),
        )
        environ = {
            "TENURE_HOME": str(folder / "home"),
            "TENURE_DATABASE_URL": url,
            "TENURE_LOG_LEVEL": "WARNING",
            faults.VARIABLE: ",".join(map(str, chosen)) if life <= lives else "",
            faults.DEATHS: str(folder / "deaths"),
            outside.LOG: str(folder / "world"),
        }
        pid = nursery.start("node", ["demo"], environ, folder / "demo.log")
        code = _end_of(nursery, pid)
        if code != -signal.SIGKILL:
            wrong = [f"it ended with {code}", last_lines(folder, ["demo"], 40)] if code else []
            return life, wrong
    raise AssertionError("the last life has no fault and ends by itself")


def _end_of(nursery: Nursery, pid: int) -> int:
    while True:
        ended = nursery.ended()
        if pid in ended:
            return ended[pid]
        time.sleep(0.05)


def _traces(database: Database) -> Iterator[Traces]:
    """What was done, by whom, and what is kept: all that does not depend on keys and moments."""
    facts = read_facts(database)
    yield Counter(
        (_process(facts, row), row["element_id"], row["element_type"], row["state"])
        for row in facts.rows["element_instance"]
    )
    yield Counter(
        (row["process_id"], row["element_id"], row["state"], row["outcome"], row["completed_by"])
        for row in facts.user_tasks.values()
    )
    with database.read() as view:
        connection = view.session.connection()
        yield Counter(
            (table.name, str(row._mapping.get("state", "")))
            for table in metadata.sorted_tables
            for row in connection.execute(select(table))
        )


def _process(facts: Facts, row: Any) -> str:
    return str(facts.instances[row["process_instance_key"]]["process_id"])
