"""What somebody was told is so, is so; and once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from engine.storage import json_text

from .facts import Facts
from .findings import Findings

Line = Mapping[str, Any]
STARTING = {"torture-call": "torture_called", "torture-turn": "torture_queue"}


def acknowledged(findings: Findings, facts: Facts, lines: list[Line]) -> None:
    for line in lines:
        if line["phase"] == "error":
            findings.faults.append(f"a user was told: {line['text'][:300]}")
    acks = [line for line in lines if line["phase"] == "ack"]
    for act, part in _PARTS.items():
        part(findings, facts, [line for line in acks if line["act"] == act])
    _unanswered(findings, facts, lines)
    for act, noun in _ONE_WINNER.items():
        for key, times in Counter(line["key"] for line in acks if line["act"] == act).items():
            findings.expect(f"one winner a {noun}", times == 1, f"{noun} {key}: {times} were told so")


def _starts(findings: Findings, facts: Facts, acks: list[Line]) -> None:
    started = _started(facts)
    for line in acks:
        count = started[line["token"]]
        findings.expect("acknowledged starts", count == 1, f"{line['token']}: {count} instances")


def _unanswered(findings: Findings, facts: Facts, lines: list[Line]) -> None:
    started = _started(facts)
    tokens = {line["token"] for line in lines if line["act"] == "start"}
    for mark in tokens - {
        line["token"] for line in lines if (line["act"], line["phase"]) == ("start", "ack")
    }:
        findings.expect("starts without an answer", started[mark] <= 1, f"{mark}: {started[mark]} instances")


def _started(facts: Facts) -> Counter[str]:
    return Counter(row["business_key"] for row in facts.instances.values() if row["parent_key"] is None)


def _messages(findings: Findings, facts: Facts, acks: list[Line]) -> None:
    """Those that start instances started one each; of the others the instances tell, which have ended."""
    started = Counter(
        (facts.instances[row["process_instance_key"]]["process_id"], row["value"])
        for row in facts.rows["variable"]
        if row["name"] == "token" and row["scope_key"] == row["process_instance_key"]
    )
    for line in acks:
        process = STARTING.get(line["name"])
        count = started[process, json_text.dumps(line["token"])] if process else 1
        findings.expect("acknowledged messages", count == 1, f"{line['token']}: {count} started")


def _signals(findings: Findings, facts: Facts, acks: list[Line]) -> None:
    rung = Counter(row["actor"] for row in facts.audit if row["action"] == "broadcast-signal")
    for line in acks:
        count = rung[line["token"]]
        findings.expect("acknowledged signals", count == 1, f"{line['token']}: {count} in the trail")


def _completions(findings: Findings, facts: Facts, acks: list[Line]) -> None:
    values = {(row["name"], row["value"]) for row in facts.rows["variable"]}
    trails = "\n".join(row["value"] for row in facts.rows["variable"] if row["name"] == "trail")
    for line in acks:
        task = facts.user_tasks.get(line["key"])
        kept = (f"done_{line['key']}", json_text.dumps(line["token"])) in values
        if line["process"] == "approval_chain":
            kept = line["token"] in trails
        findings.expect(
            "acknowledged completions",
            task is not None and task["state"] == "COMPLETED" and kept,
            f"task {line['key']}: {task['state'] if task else 'gone'}, its variable kept: {kept}",
        )


def _decisions(findings: Findings, facts: Facts, acks: list[Line]) -> None:
    for line in acks:
        task = facts.user_tasks.get(line["key"])
        seen = (task["state"], task["completed_by"]) if task else None
        findings.expect(
            "acknowledged decisions", seen == ("COMPLETED", line["by"]), f"task {line['key']}: {seen}"
        )


def _work(findings: Findings, facts: Facts, acks: list[Line]) -> None:
    states = {row["key"]: row["state"] for row in facts.rows["job"]}
    for line in acks:
        seen, wanted = states.get(line["key"]), "COMPLETED" if line["done"] else "ERROR_THROWN"
        findings.expect("acknowledged work", seen == wanted, f"job {line['key']} is {seen}, not {wanted}")


def _mending(findings: Findings, facts: Facts, acks: list[Line]) -> None:
    states = {row["key"]: row["state"] for row in facts.rows["incident"]}
    for line in acks:
        seen = states.get(line["key"])
        findings.expect("acknowledged repairs", seen == "RESOLVED", f"incident {line['key']} is {seen}")


def _cancelling(findings: Findings, facts: Facts, acks: list[Line]) -> None:
    for line in acks:
        seen = facts.instances[line["key"]]["state"]
        findings.expect("acknowledged cancelling", seen == "TERMINATED", f"instance {line['key']} is {seen}")


_ONE_WINNER = {
    "complete": "task",
    "decide": "decision",
    "work": "job",
    "mend": "incident",
    "cancel": "instance",
}
_PARTS: Mapping[str, Callable[[Findings, Facts, list[Line]], None]] = {
    "start": _starts,
    "publish": _messages,
    "ring": _signals,
    "complete": _completions,
    "decide": _decisions,
    "work": _work,
    "mend": _mending,
    "cancel": _cancelling,
}
