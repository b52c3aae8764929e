"""The checker: reads the database and the outside world's log, and says what does not fit together."""

from __future__ import annotations

from pathlib import Path

from engine import Database

from ..notebook import Notebook
from .acknowledged import acknowledged
from .facts import Facts, read_facts
from .findings import Findings
from .handlers import bookings, calls, timers
from .history import history
from .instances import instances, user_tasks
from .leftovers import leftovers
from .records import bids, records


def check(database: Database, notebook: Notebook, world: Path) -> Findings:
    findings, facts = Findings(), read_facts(database)
    for part in (leftovers, instances, history, bookings, timers):
        part(findings, facts)
    calls(findings, facts, world)
    lines = list(notebook.read())
    acknowledged(findings, facts, lines)
    records(findings, facts, database)
    bids(findings, database, [line for line in lines if (line["act"], line["phase"]) == ("bid", "ack")])
    _audit(findings, facts, database)
    return findings


def check_any(findings: Findings, database: Database) -> None:
    """What holds of any database whose instances have all ended."""
    facts = read_facts(database)
    for part in (leftovers, user_tasks, history):
        part(findings, facts)
    _audit(findings, facts, database)


def _audit(findings: Findings, facts: Facts, database: Database) -> None:
    findings.counts["audit lines verified"] = len(facts.audit)
    with database.read() as view:
        for broken in view.audit.verify():
            findings.faults.append(f"audit: chain {broken.chain}, line {broken.position}: {broken.reason}")


__all__ = ["Findings", "check", "check_any"]
