"""The checker: reads the database and the outside world's log, and says what does not fit together."""

from __future__ import annotations

from pathlib import Path

from engine import Database

from ..notebook import Notebook
from .acknowledged import acknowledged
from .facts import read_facts
from .findings import Findings
from .handlers import bookings, calls, timers
from .history import history
from .instances import instances
from .leftovers import leftovers


def check(database: Database, notebook: Notebook, world: Path) -> Findings:
    findings, facts = Findings(), read_facts(database)
    for part in (leftovers, instances, history, bookings, timers):
        part(findings, facts)
    calls(findings, facts, world)
    acknowledged(findings, facts, list(notebook.read()))
    findings.counts["audit lines verified"] = len(facts.audit)
    with database.read() as view:
        for broken in view.audit.verify():
            findings.faults.append(f"audit: chain {broken.chain}, line {broken.position}: {broken.reason}")
    return findings


__all__ = ["Findings", "check"]
