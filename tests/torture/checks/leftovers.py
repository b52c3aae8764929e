"""Nothing is stuck, and nothing is left of what has ended."""

from __future__ import annotations

from .facts import Facts
from .findings import Findings

OPEN = {
    "token": "tokens",
    "timer": "timers",
    "message_subscription": "message subscriptions",
    "signal_subscription": "signal subscriptions",
    "message_start": "locks of message starts",
}


def leftovers(findings: Findings, facts: Facts) -> None:
    for row in facts.instances.values():
        waits = [t["element_id"] for t in facts.rows["token"] if t["process_instance_key"] == row["key"]]
        findings.expect(
            "instances at their end",
            row["ended_at"] is not None,
            f"{row['process_id']} {row['key']} waits at {', '.join(waits) or 'nothing'}",
        )
    for table, noun in OPEN.items():
        left = [row for row in facts.rows[table] if row["process_instance_key"]]
        findings.expect("nothing left open", not left, f"{noun} {[row.get('key') for row in left]}")
    for table, noun in (("job", "jobs"), ("user_task", "user tasks")):
        keys = [row["key"] for row in facts.rows[table] if row["ended_at"] is None]
        findings.expect("nothing left open", not keys, f"{noun} {keys}")
    incidents = [row["message"] for row in facts.rows["incident"] if row["resolved_at"] is None]
    findings.expect("nothing left open", not incidents, f"incidents {incidents}")
    offered = [row["user_task_key"] for row in facts.rows["user_task_candidate"]]
    findings.expect("nothing left open", not offered, f"offers of user tasks {offered}")
    counted = [row["key"] for row in facts.instances.values() if row["incidents"]]
    findings.expect("nothing left open", not counted, f"incidents counted at instances {counted}")
