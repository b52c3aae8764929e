"""Each element of the torture's own processes ran as often as its process says."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

from ..models import MODELS
from .facts import Facts
from .findings import Findings

LEVELS = 6


def instances(findings: Findings, facts: Facts) -> None:
    for row in facts.small():
        if row["ended_at"] is None:
            continue
        model, counts = MODELS[row["process_id"]], facts.ran[row["key"]]
        wrong = model.excess(counts)
        end = "TERMINATED" if model.ends_cancelled else "COMPLETED"
        if row["state"] != end:
            wrong.append(f"it is {row['state']}")
        findings.expect("each element once", not wrong, f"{row['process_id']} {row['key']}: {wrong}")
        findings.counts["element instances"] += sum(counts.values())
    for row in facts.instances.values():
        if row["process_id"] == "approval_chain" and row["parent_key"] is None:
            done = facts.completed[row["key"]]["approve"]
            findings.expect("approval chains with all levels", done == LEVELS, f"{row['key']}: {done} levels")
    user_tasks(findings, facts)
    _signals(findings, facts)
    _turns(findings, facts)


def user_tasks(findings: Findings, facts: Facts) -> None:
    completions = Counter(row["subject_key"] for row in facts.audit if row["action"] == "complete-user-task")
    for key, row in facts.user_tasks.items():
        seen = completions[str(key)]
        findings.expect(
            "user tasks completed once",
            seen == (1 if row["state"] == "COMPLETED" else 0),
            f"task {key} is {row['state']} with {seen} completions in the trail",
        )


def _signals(findings: Findings, facts: Facts) -> None:
    heard = Counter(row["chain"] for row in facts.audit if row["action"] == "receive-signal")
    for row in facts.small():
        if row["process_id"] == "torture_bell":
            rung = facts.completed[row["key"]]["ring"]
            findings.expect(
                "signals heard once", heard[row["key"]] == rung, f"{row['key']}: {heard[row['key']]}, {rung}"
            )


def _turns(findings: Findings, facts: Facts) -> None:
    """Of those that messages with the same key have started, one runs at a time."""
    queues: dict[str, list[Any]] = defaultdict(list)
    for row in facts.rows["variable"]:
        instance = facts.instances[row["process_instance_key"]]
        if row["name"] == "queue" and instance["process_id"] == "torture_queue":
            queues[row["value"]].append(instance)
    for queue, rows in queues.items():
        ordered = sorted(rows, key=lambda row: (row["started_at"], row["key"]))
        for before, after in pairwise(ordered):
            findings.expect(
                "one of a queue at a time",
                before["ended_at"] is not None and before["ended_at"] <= after["started_at"],
                f"{queue}: {after['key']} began before {before['key']} had ended",
            )
