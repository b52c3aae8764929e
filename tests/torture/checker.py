"""The checker: reads the database and the outside world's log, and says what does not fit together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from engine import Database
from engine.storage import json_text
from engine.storage.schema import (
    audit_entry,
    document,
    element_instance,
    incident,
    job,
    process_instance,
    timer,
    token,
    user_task,
    variable,
)

from .models import ONCE, excess
from .notebook import Notebook
from .outside import booking_name

BOOKS = ("book", "tally")
MAILS = ("mail", "mails", "ask")
TIMERS = ("pause", "late", "settle", "remind", "giveup")
EXTERNAL = ("torture.mail", "torture.answer")
LEVELS = 6


@dataclass
class Findings:
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def expect(self, kind: str, holds: bool, fault: str) -> None:
        """One more trial of a kind."""
        self.counts[kind] += 1
        if not holds:
            self.faults.append(f"{kind}: {fault}")


def check(database: Database, notebook: Notebook, world: Path) -> Findings:
    findings = Findings()
    with database.connect() as connection:
        facts = _Facts(connection)
        for part in (_stuck, _instances, _books, _mails, _timers):
            part(findings, facts) if part is not _mails else _mails(findings, facts, world)
        _acknowledged(findings, facts, list(notebook.read()))
        findings.counts["audit lines verified"] = len(facts.audit)
    with database.read() as view:
        for broken in view.audit.verify():
            findings.faults.append(f"audit: chain {broken.chain}, line {broken.position}: {broken.reason}")
    return findings


class _Facts:
    """What stands in the database, read once."""

    def __init__(self, connection: Connection) -> None:
        def rows(table: Any) -> list[Mapping[str, Any]]:
            return [dict(row._mapping) for row in connection.execute(select(table))]

        self.instances = {row["key"]: row for row in rows(process_instance)}
        self.elements = rows(element_instance)
        self.tokens, self.open_timers = rows(token), rows(timer)
        self.jobs, self.incidents = rows(job), rows(incident)
        self.user_tasks = {row["key"]: row for row in rows(user_task)}
        self.variables = rows(variable)
        self.audit = rows(audit_entry)
        self.documents = rows(document)
        self.ran: dict[int, Counter[str]] = defaultdict(Counter)
        self.completed: dict[int, Counter[str]] = defaultdict(Counter)
        for row in self.elements:
            self.ran[row["process_instance_key"]][row["element_id"]] += 1
            # The body of a multi-instance is no activity of its own.
            if row["state"] == "COMPLETED" and row["element_type"] != "MULTI_INSTANCE_BODY":
                self.completed[row["process_instance_key"]][row["element_id"]] += 1

    def small(self) -> Iterator[Mapping[str, Any]]:
        """The instances of the torture's own processes."""
        return (row for row in self.instances.values() if row["process_id"] in ONCE)


def _stuck(findings: Findings, facts: _Facts) -> None:
    for row in facts.instances.values():
        waits = [t["element_id"] for t in facts.tokens if t["process_instance_key"] == row["key"]]
        findings.expect(
            "instances at their end",
            row["ended_at"] is not None,
            f"{row['process_id']} {row['key']} waits at {', '.join(waits) or 'nothing'}",
        )
    open_jobs = [row["key"] for row in facts.jobs if row["ended_at"] is None]
    findings.expect("nothing left open", not open_jobs, f"jobs {open_jobs}")
    left = [row["key"] for row in facts.open_timers if row["process_instance_key"]]
    findings.expect("nothing left open", not left, f"timers {left}")
    open_incidents = [row["message"] for row in facts.incidents if row["resolved_at"] is None]
    findings.expect("nothing left open", not open_incidents, f"incidents {open_incidents}")
    orphans = [row["key"] for row in facts.tokens if facts.instances[row["process_instance_key"]]["ended_at"]]
    findings.expect("nothing left open", not orphans, f"tokens {orphans} of instances that have ended")


def _instances(findings: Findings, facts: _Facts) -> None:
    for row in facts.small():
        if row["ended_at"] is not None:
            wrong = excess(row["process_id"], facts.ran[row["key"]])
            findings.expect(
                "each element once", not wrong, f"{row['process_id']} {row['key']}: {'; '.join(wrong)}"
            )
            findings.counts["element instances"] += sum(facts.ran[row["key"]].values())
    completions = Counter(row["subject_key"] for row in facts.audit if row["action"] == "complete-user-task")
    for key, row in facts.user_tasks.items():
        times = completions[str(key)]
        findings.expect(
            "user tasks completed once",
            times == (1 if row["state"] == "COMPLETED" else 0),
            f"task {key} is {row['state']} with {times} completions in the trail",
        )


def _books(findings: Findings, facts: _Facts) -> None:
    names = Counter(row["name"] for row in facts.documents if row["name"].startswith(booking_name(0)[:-1]))
    of_instance = Counter(
        row["process_instance_key"] for row in facts.documents if row["name"].startswith(booking_name(0)[:-1])
    )
    for name, times in names.items():
        findings.expect(
            "transactional handlers exactly once", times == 1, f"{name} stands there {times} times"
        )
    for row in facts.small():
        done = sum(facts.completed[row["key"]][element] for element in BOOKS)
        findings.expect(
            "bookings of an instance",
            of_instance[row["key"]] == done,
            f"{row['process_id']} {row['key']}: {of_instance[row['key']]} bookings of {done} handlers",
        )


def _mails(findings: Findings, facts: _Facts, world: Path) -> None:
    lines = world.read_text(encoding="utf-8").splitlines() if world.exists() else []
    calls: dict[int, list[str]] = defaultdict(list)
    for line in lines:
        key, _, idempotency_key = line.partition("\t")
        calls[int(key)].append(idempotency_key)
    owners = Counter(key for keys in calls.values() for key in set(keys))
    known = {row["key"]: row for row in facts.jobs}
    for key, row in known.items():
        if row["type"] in EXTERNAL:
            keys = calls.get(key, [])
            findings.expect(
                "external handlers at least once with one key",
                (bool(keys) or row["state"] != "COMPLETED")
                and len(set(keys)) <= 1
                and all(owners[one] == 1 for one in keys),
                f"job {key} ({row['state']}) called the world with {keys}",
            )
            findings.counts["external calls"] += len(keys)
            findings.counts["external calls repeated"] += max(len(keys) - 1, 0)
    strangers = sorted(set(calls) - set(known))
    findings.expect("nothing left open", not strangers, f"calls of jobs that do not exist: {strangers}")
    done_jobs = Counter(
        row["process_instance_key"]
        for row in facts.jobs
        if row["type"] in EXTERNAL and row["state"] == "COMPLETED"
    )
    for row in facts.small():
        done = sum(facts.completed[row["key"]][element] for element in MAILS)
        findings.expect(
            "external elements of an instance",
            done_jobs[row["key"]] == done,
            f"{row['process_id']} {row['key']}: {done_jobs[row['key']]} completed jobs of {done} elements",
        )


def _timers(findings: Findings, facts: _Facts) -> None:
    fired = Counter(row["subject_key"] for row in facts.audit if row["action"] == "fire-timer")
    for key, times in fired.items():
        findings.expect("timers fired once", times == 1, f"timer {key} fired {times} times")
    by_instance = Counter(row["chain"] for row in facts.audit if row["action"] == "fire-timer")
    for row in facts.small():
        seen = sum(facts.completed[row["key"]][element] for element in TIMERS)
        findings.expect(
            "timers of an instance",
            by_instance[row["key"]] == seen,
            f"{row['process_id']} {row['key']}: {by_instance[row['key']]} fired, {seen} events came of it",
        )


def _acknowledged(findings: Findings, facts: _Facts, lines: list[dict[str, Any]]) -> None:
    of_token = Counter(row["business_key"] for row in facts.instances.values() if row["parent_key"] is None)
    called = Counter(
        row["value"]
        for row in facts.variables
        if row["name"] == "token"
        and facts.instances[row["process_instance_key"]]["process_id"] == "torture_called"
        and row["scope_key"] == row["process_instance_key"]
    )
    values = {(row["name"], row["value"]) for row in facts.variables}
    acknowledged = {line["token"] for line in lines if line["phase"] == "ack"}
    winners: Counter[int] = Counter()
    for line in lines:
        act, phase, mark = line["act"], line["phase"], line.get("token", "")
        if phase == "error":
            findings.faults.append(f"a user was told: {line['text'][:300]}")
        elif phase == "ack" and act == "start":
            findings.expect("acknowledged starts", of_token[mark] == 1, f"{mark}: {of_token[mark]} instances")
        elif phase == "try" and act == "start" and mark not in acknowledged:
            findings.expect(
                "starts without an answer", of_token[mark] <= 1, f"{mark}: {of_token[mark]} instances"
            )
        elif phase == "ack" and act == "publish" and line["name"] == "torture-call":
            text = json_text.dumps(mark)
            findings.expect("acknowledged messages", called[text] == 1, f"{mark}: {called[text]} started")
        elif phase == "ack" and act == "publish":
            findings.counts["acknowledged messages"] += 1
        elif phase == "ack" and act == "complete":
            winners[line["key"]] += 1
            task = facts.user_tasks.get(line["key"])
            kept = (f"done_{line['key']}", json_text.dumps(mark)) in values
            if line["process"] == "approval_chain":
                kept = any(mark in row["value"] for row in facts.variables if row["name"] == "trail")
            findings.expect(
                "acknowledged completions",
                task is not None and task["state"] == "COMPLETED" and kept,
                f"task {line['key']}: {task['state'] if task else 'gone'}, its variable kept: {kept}",
            )
    for key, times in winners.items():
        findings.expect("one winner a task", times == 1, f"task {key} was acknowledged {times} times")
    chains = [row["key"] for row in facts.instances.values() if row["process_id"] == "approval_chain"]
    for key in chains:
        done = facts.completed[key]["approve"]
        findings.expect("approval chains with all levels", done == LEVELS, f"{key}: {done} levels")
