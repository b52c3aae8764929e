"""What the shipped processes left in the registers: no record twice, none missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from engine import Database
from tasks.all_records import metadata

from .facts import Facts, Row
from .findings import Findings

OF_AN_ENGAGEMENT: Mapping[str, int] = {
    "engagement": 1,
    "tender": 1,
    "bid": 3,
    "panel_member": 3,
    "evaluation": 9,
    "award": 1,
    "contract": 1,
    "clause_check": 18,
    "kpi_definition": 2,
    "review": 1,
    "measurement": 2,
    "exit_plan": 1,
    "handover_item": 5,
}
"""Of one that went the way of `tests/torture/answers.py`: three bids on three criteria less the price, three
evaluators; one period with two service levels; two items, and three that every exit has."""

AT_THE_END: Mapping[str, Mapping[str, int]] = {
    "engagement": {"closed": 1},
    "tender": {"awarded": 1},
    "bid": {"winner": 1, "lost": 2},
    "award": {"recorded": 1},
    "contract": {"terminated": 1},
    "review": {"closed": 1},
    "exit_plan": {"done": 1},
    "handover_item": {"accepted": 5},
}


def records(findings: Findings, facts: Facts, database: Database) -> None:
    rows = _rows(database)
    counts: dict[int, Counter[str]] = {key: Counter() for key in rows["engagement"]}
    states: dict[int, dict[str, Counter[str]]] = {key: {} for key in rows["engagement"]}
    for table, kept in rows.items():
        for row in kept.values():
            owner = _engagement(rows, table, row)
            if owner is not None:
                counts[owner][table] += 1
                states[owner].setdefault(table, Counter())[row.get("state") or ""] += 1
    for key, seen in counts.items():
        findings.expect(
            "records of an engagement", seen == Counter(OF_AN_ENGAGEMENT), f"{key}: {_difference(seen)}"
        )
        wrong = {table: dict(states[key].get(table, {})) for table in AT_THE_END}
        findings.expect("records at their end", wrong == AT_THE_END, f"{key}: {wrong}")
    begun = [row for row in facts.instances.values() if row["process_id"] == "engagement_lifecycle"]
    findings.expect(
        "an engagement for each instance", len(begun) == len(counts), f"{len(counts)} of {len(begun)}"
    )


def bids(findings: Findings, database: Database, acknowledged: list[Mapping[str, Any]]) -> None:
    known = _rows(database)["bid"]
    for line in acknowledged:
        findings.expect("acknowledged bids", line["key"] in known, f"bid {line['key']} is gone")


def _rows(database: Database) -> dict[str, dict[int, Row]]:
    """By table and id."""
    with database.read() as view:
        connection = view.session.connection()
        return {
            table.name: {row.id: dict(row._mapping) for row in connection.execute(select(table))}
            for table in metadata.sorted_tables
        }


def _engagement(rows: Mapping[str, Mapping[int, Row]], table: str, row: Row) -> int | None:
    """The engagement that a record belongs to, along its foreign keys."""
    if table == "engagement":
        return int(row["id"])
    for key in sorted(metadata.tables[table].foreign_keys, key=lambda key: key.parent.name):
        parent, value = key.column.table.name, row[key.parent.name]
        if value is not None and parent != table:
            found = _engagement(rows, parent, rows[parent][value])
            if found is not None:
                return found
    return None


def _difference(seen: Counter[str]) -> dict[str, str]:
    return {
        table: f"{seen[table]}, not {OF_AN_ENGAGEMENT.get(table, 0)}"
        for table in seen.keys() | OF_AN_ENGAGEMENT.keys()
        if seen[table] != OF_AN_ENGAGEMENT.get(table, 0)
    }
