"""What must hold in the database after races, whoever won: read once, said in sentences."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Table, select

from engine import Database
from engine.storage import metadata
from engine.storage.schema import (
    audit_entry,
    element_instance,
    flow_taken,
    incident,
    job,
    message_start,
    message_subscription,
    process_instance,
    signal_subscription,
    timer,
    token,
    user_task,
    user_task_candidate,
    variable,
)

from .room import Expected

Row = Mapping[str, Any]


def check(database: Database, book: Mapping[int, Expected]) -> list[str]:
    """Every place where the rows contradict each other, or the book."""
    with database.read() as view:

        def rows(table: Table) -> list[Row]:
            return [dict(row._mapping) for row in view.session.execute(select(table))]

        instances = {row["key"]: row for row in rows(process_instance)}
        faults = [
            *_open_work(instances, rows),
            *_history(instances, rows, book),
            *_trail(rows, book),
            *_keys(rows),
        ]
        faults += [f"audit: {broken}" for broken in view.audit.verify()]
    return faults


def _open_work(instances: Mapping[int, Row], rows: Callable[[Table], list[Row]]) -> Iterator[str]:
    """Nothing waits for what has ended, and no work is left that nobody waits for."""
    tokens = {row["key"]: row for row in rows(token)}
    waiting: list[tuple[str, Row]] = [("token", row) for row in tokens.values()]
    for table in (timer, message_subscription, signal_subscription):
        waiting += [(table.name, row) for row in rows(table) if row["process_instance_key"] is not None]
    tasks = rows(user_task)
    jobs = rows(job)
    waiting += [("user task", row) for row in tasks if row["ended_at"] is None]
    waiting += [("job", row) for row in jobs if row["ended_at"] is None]
    waiting += [("incident", row) for row in rows(incident) if row["resolved_at"] is None]
    for noun, row in waiting:
        instance = instances[row["process_instance_key"]]
        if instance["ended_at"] is not None:
            yield f"{noun} {row['key']} is left of instance {instance['key']}, {instance['state']}"
        if noun == "token":
            scope = row["scope_key"]
            if scope is not None and scope not in tokens:
                yield f"token {row['key']} ({row['element_id']}) stands in scope {scope}, which is gone"
        elif row["element_instance_key"] not in tokens:
            yield f"{noun} {row['key']} is left of element instance {row['element_instance_key']}"
    for row in instances.values():
        if (row["ended_at"] is None) != (row["key"] in tokens):
            yield f"instance {row['key']} is {row['state']}, its own token there: {row['key'] in tokens}"
    for row in rows(message_start):
        if instances[row["process_instance_key"]]["ended_at"] is not None:
            yield f"ended instance {row['process_instance_key']} holds the key {row['correlation_key']!r}"
    open_tasks = {row["key"] for row in tasks if row["ended_at"] is None}
    for row in rows(user_task_candidate):
        if row["user_task_key"] not in open_tasks:
            yield f"task {row['user_task_key']} is still offered to {row['candidate']}"
    for row in rows(variable):
        if row["live"] and row["scope_key"] not in tokens and row["scope_key"] not in instances:
            yield f"variable {row['name']} is live in scope {row['scope_key']}, which is gone"
    for row in jobs:
        free = row["available_at"] is not None
        if free and (row["ended_at"] is not None or row["retries"] <= 0):
            yield f"job {row['key']} is {row['state']} with {row['retries']} retries and free to be taken"


def _history(
    instances: Mapping[int, Row], rows: Callable[[Table], list[Row]], book: Mapping[int, Expected]
) -> Iterator[str]:
    """Each element once unless the book says otherwise; positions in order, no two things at one."""
    passed: dict[int, Counter[str]] = defaultdict(Counter)
    positions: dict[int, Counter[int]] = defaultdict(Counter)
    ended: dict[int, set[int]] = defaultdict(set)
    live = {row["key"] for row in rows(token)}
    for row in rows(element_instance):
        owner = row["process_instance_key"]
        if row["key"] in live:
            yield f"element instance {row['key']} of instance {owner} lives and has ended"
        if row["state"] == "COMPLETED" and row["element_type"] != "MULTI_INSTANCE_BODY":
            passed[owner][row["element_id"]] += 1
        positions[owner][row["started_position"]] += 1
        ended[owner].add(row["ended_position"])
        if not row["started_position"] < row["ended_position"] <= instances[owner]["position"]:
            yield (
                f"{row['element_id']} of instance {owner} runs from {row['started_position']} to "
                f"{row['ended_position']}, the instance stands at {instances[owner]['position']}"
            )
    for owner, taken in positions.items():
        twice = [position for position, times in taken.items() if times > 1]
        if twice:
            yield f"instance {owner} has two elements begun at {twice}"
    for row in rows(flow_taken):
        if row["position"] > instances[row["process_instance_key"]]["position"]:
            yield f"flow {row['flow_id']} of instance {row['process_instance_key']} was taken in the future"
    for key, expected in book.items():
        for element, times in expected.passed.items():
            if passed[key][element] != times:
                yield f"{expected.kind}: {key} passed {element} {passed[key][element]} times, not {times}"
        again = {e for e, n in passed[key].items() if n > 1} - expected.repeats - set(expected.passed)
        if again:
            yield f"{expected.kind}: {key} passed {sorted(again)} more than once"


def _trail(rows: Callable[[Table], list[Row]], book: Mapping[int, Expected]) -> Iterator[str]:
    """One line for who won, none for who lost."""
    entries = rows(audit_entry)
    lines: dict[int, Counter[str]] = defaultdict(Counter)
    for row in entries:
        lines[row["chain"]][row["action"]] += 1
    for key, expected in book.items():
        for action, times in expected.lines.items():
            if lines[key][action] != times:
                yield f"{expected.kind}: {key} has {lines[key][action]} lines {action}, not {times}"
    done = Counter(row["subject_key"] for row in entries if row["action"] == "complete-user-task")
    for row in rows(user_task):
        times = 1 if row["state"] == "COMPLETED" else 0
        if done[str(row["key"])] != times:
            yield f"user task {row['key']} is {row['state']}, completed {done[str(row['key'])]} times"
    done = Counter(row["subject_key"] for row in entries if row["action"] == "complete-job")
    for key, times in done.items():
        if times > 1:
            yield f"job {key} was completed {times} times"
    # The timer of a start event fires for one instance after another.
    fired = Counter((row["chain"], row["subject_key"]) for row in entries if row["action"] == "fire-timer")
    for (chain, key), times in fired.items():
        if times > 1:
            yield f"timer {key} fired {times} times in instance {chain}"


def _keys(rows: Callable[[Table], list[Row]]) -> Iterator[str]:
    """A key is of one thing only, over all kinds of things and all processes that handed keys out."""
    owners: dict[int, str] = {}
    process_tokens: set[int] = set()
    for table in metadata.sorted_tables:
        if "key" not in table.c or not table.c.key.primary_key or table.c.key.foreign_keys:
            continue
        if len(table.primary_key.columns) != 1 or table.name in ("token", "element_instance"):
            continue
        for row in rows(table):
            other = owners.setdefault(row["key"], table.name)
            if other != table.name:
                yield f"key {row['key']} is of a {other} and of a {table.name}"
            if table is process_instance:
                process_tokens.add(row["key"])
    for table in (token, element_instance):
        for row in rows(table):
            # The element instance of the process itself has the key of the process instance.
            if row["key"] in owners and row["key"] not in process_tokens:
                yield f"key {row['key']} is of a {owners[row['key']]} and of element {row['element_id']}"
