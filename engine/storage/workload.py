"""How much open work stands in the database: what metrics ask every few seconds.

Every query goes through an index of open work, so that it costs the same however long the history is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal_column, select

from ..model import InstanceState
from .link import Link
from .schema import incident, job, process_instance, timer, user_task

AVAILABLE, LOCKED, WAITING, SUSPENDED, WITHOUT_RETRIES = (
    "available",
    "locked",
    "waiting",
    "suspended",
    "without_retries",
)


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Open work of the whole installation, whichever node asks.

    `instances` counts by state, `jobs` by type and one of available (free to take now), locked (a worker has
    it), waiting (for its next attempt), suspended (with its instance) and without_retries (an incident holds
    it); `incidents` by error type. The lags say how long the oldest due timer, and the oldest free job, have
    waited to be taken: they grow when nobody works. Timers of suspended instances are not due.
    """

    instances: Mapping[str, int]
    user_tasks: int
    jobs: Mapping[tuple[str, str], int]
    job_lag: timedelta
    incidents: Mapping[str, int]
    timers: int
    timers_due: int
    timer_lag: timedelta


def workload(link: Link, now: datetime) -> Workload:
    jobs: dict[tuple[str, str], int] = {}
    oldest_job: datetime | None = None
    for row in link.rows(_jobs(now)):
        jobs[row.type, row.situation] = row.number
        if row.situation == AVAILABLE:
            oldest_job = min(row.oldest, oldest_job or row.oldest)
    due = link.rows(_due_timers(now))[0]
    return Workload(
        instances=_numbers(link, process_instance.c.state, process_instance.c.ended_at.is_(None)),
        user_tasks=_number(link, user_task.c.key, user_task.c.ended_at.is_(None)),
        jobs=jobs,
        job_lag=_since(oldest_job, now),
        incidents=_numbers(link, incident.c.error_type, incident.c.resolved_at.is_(None)),
        timers=_number(link, timer.c.due_at),
        timers_due=due.number,
        timer_lag=_since(due.oldest, now),
    )


def _jobs(now: datetime) -> Any:
    situation = case(
        (job.c.retries <= 0, WITHOUT_RETRIES),
        (job.c.available_at.is_(None), SUSPENDED),
        (job.c.available_at <= now, AVAILABLE),
        (job.c.locked_until > now, LOCKED),
        else_=WAITING,
    ).label("situation")
    number, oldest = func.count().label("number"), func.min(job.c.available_at).label("oldest")
    open_jobs = select(job.c.type, situation, number, oldest).where(job.c.ended_at.is_(None))
    return open_jobs.group_by(job.c.type, literal_column("situation"))


def _due_timers(now: datetime) -> Any:
    owner = process_instance.c
    awake = timer.c.process_instance_key.is_(None) | (owner.state != InstanceState.SUSPENDED)
    return (
        select(func.count().label("number"), func.min(timer.c.due_at).label("oldest"))
        .select_from(timer.outerjoin(process_instance, owner.key == timer.c.process_instance_key))
        .where(timer.c.due_at <= now, awake)
    )


def _numbers(link: Link, column: ColumnElement[str], is_open: ColumnElement[bool]) -> dict[str, int]:
    query = select(column.label("name"), func.count().label("number")).where(is_open).group_by(column)
    return {row.name: row.number for row in link.rows(query)}


def _number(link: Link, column: ColumnElement[Any], *is_open: ColumnElement[bool]) -> int:
    return int(link.value(select(func.count(column)).where(*is_open)))


def _since(moment: datetime | None, now: datetime) -> timedelta:
    return timedelta() if moment is None else max(now - moment, timedelta())
