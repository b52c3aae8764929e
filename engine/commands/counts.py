"""Numbers for the metrics page."""

from __future__ import annotations

from datetime import datetime

from ..model import UserTaskFilter
from ..storage import View

MANY_TIMERS = 1_000


def counted(view: View, now: datetime) -> dict[str, int]:
    """Name -> number. `timers_due` and `timer_lag_seconds` tell whether the clock keeps up."""
    found: dict[str, int] = {}
    for states in view.instances.counts().values():
        for state, number in states.items():
            name = f"instances_{state.lower()}"
            found[name] = found.get(name, 0) + number
    jobs = view.jobs.counts(now).values()
    due = view.timers.due(now, limit=MANY_TIMERS)
    return found | {
        "user_tasks_open": view.user_tasks.search(UserTaskFilter(), limit=1).total,
        "jobs_available": sum(job.available for job in jobs),
        "jobs_waiting": sum(job.waiting for job in jobs),
        "jobs_without_retries": sum(job.without_retries for job in jobs),
        "incidents_open": sum(view.incidents.counts().values()),
        "timers_due": len(due),
        "timer_lag_seconds": int((now - due[0].due_at).total_seconds()) if due else 0,
    }
