"""Handlers in the transaction exactly once, calls of the outside world at least once, timers once."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

from ..outside import EXTERNAL, booking_name
from .facts import Facts
from .findings import Findings


def bookings(findings: Findings, facts: Facts) -> None:
    rows = [row for row in facts.rows["document"] if row["name"].startswith(booking_name(0)[:-1])]
    for name, times in Counter(row["name"] for row in rows).items():
        findings.expect(
            "transactional handlers exactly once", times == 1, f"{name} stands there {times} times"
        )
    of_instance = Counter(row["process_instance_key"] for row in rows)
    for row in facts.small():
        done = sum(facts.completed[row["key"]][element] for element in facts.transactional(row))
        findings.expect(
            "bookings of an instance",
            of_instance[row["key"]] == done,
            f"{row['process_id']} {row['key']}: {of_instance[row['key']]} bookings of {done} handlers",
        )


def calls(findings: Findings, facts: Facts, world: Path) -> None:
    lines = world.read_text(encoding="utf-8").splitlines() if world.exists() else []
    made: dict[int, list[str]] = defaultdict(list)
    for line in lines:
        key, _, idempotency_key = line.partition("\t")
        made[int(key)].append(idempotency_key)
    owners = Counter(key for keys in made.values() for key in set(keys))
    known = {row["key"]: row for row in facts.rows["job"]}
    for key, row in known.items():
        if row["type"] in EXTERNAL:
            keys = made.get(key, [])
            findings.expect(
                "external handlers at least once with one key",
                (bool(keys) or row["state"] not in ("COMPLETED", "ERROR_THROWN"))
                and len(set(keys)) <= 1
                and all(owners[one] == 1 for one in keys),
                f"job {key} ({row['state']}) called the world with {keys}",
            )
            findings.counts["external calls"] += len(keys)
            findings.counts["external calls repeated"] += max(len(keys) - 1, 0)
    strangers = sorted(set(made) - set(known))
    findings.expect("nothing left open", not strangers, f"calls of jobs that do not exist: {strangers}")
    done_jobs = Counter(
        row["process_instance_key"]
        for row in facts.rows["job"]
        if row["type"] in EXTERNAL and row["state"] == "COMPLETED"
    )
    for row in facts.small():
        done = sum(facts.completed[row["key"]][element] for element in facts.external(row))
        findings.expect(
            "external elements of an instance",
            done_jobs[row["key"]] == done,
            f"{row['process_id']} {row['key']}: {done_jobs[row['key']]} completed jobs of {done} elements",
        )


def timers(findings: Findings, facts: Facts) -> None:
    lines = [row for row in facts.audit if row["action"] == "fire-timer"]
    for key, times in Counter(row["subject_key"] for row in lines).items():
        findings.expect("timers fired once", times == 1, f"timer {key} fired {times} times")
    of_instance = Counter(row["chain"] for row in lines)
    for row in facts.small():
        seen = sum(facts.completed[row["key"]][element] for element in facts.timers(row))
        findings.expect(
            "timers of an instance",
            of_instance[row["key"]] == seen,
            f"{row['process_id']} {row['key']}: {of_instance[row['key']]} fired, {seen} events came of it",
        )
