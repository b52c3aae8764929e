"""Work for the machine, what waits for the clock, what went wrong; and files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ..commands.documents import StoreDocument
from ..commands.incidents import ResolveIncident
from ..commands.jobs import ActivateJobs, CompleteJob, FailJob, ThrowJobError, UpdateJob
from ..commands.visibility import need_any, visible_document, visible_instance
from ..filters import IncidentFilter, JobFilter
from ..identity import OPERATE, WORK_JOBS
from ..model import Actor, Document, Incident, Job, JobResult, Page, RepairEffect, Timer, Variables
from .part import EnginePart, order_of


class WorkPart(EnginePart):
    """Jobs, timers, incidents and documents."""

    def jobs(
        self, filter: JobFilter | None = None, *, by: Actor, limit: int = 50, cursor: str | None = None
    ) -> Page[Job]:
        with self._look() as (view, rights):
            need_any(rights, by, "see jobs", OPERATE, WORK_JOBS)
            return view.jobs.search(filter or JobFilter(), limit=limit, cursor=cursor)

    def timers(self, process_instance_key: int, *, by: Actor) -> list[Timer]:
        with self._look() as (view, rights):
            visible_instance(view, rights, by, process_instance_key)
            return list(view.timers.of_instance(process_instance_key))

    def activate_jobs(
        self,
        type: str,
        *,
        by: Actor,
        worker: str = "",
        max_jobs: int = 1,
        lock_time: timedelta = timedelta(minutes=5),
        variables: Sequence[str] | None = None,
    ) -> list[Job]:
        """Take due jobs for an outside worker; each comes with the variables visible from its element."""
        return self.commands.run(
            ActivateJobs(
                types=[type], worker=worker, max_jobs=max_jobs, lock_time=lock_time, variables=variables
            ),
            by,
        )

    def complete_job(
        self,
        key: int,
        variables: Variables | None = None,
        *,
        by: Actor,
        worker: str = "",
        result: JobResult | None = None,
    ) -> None:
        """`result` is the answer of a task listener or of an ad-hoc subprocess.

        Raises JobNotFound, JobNotActivatable when `worker` no longer holds the lock, InvalidInput for an
        answer that this job may not give.
        """
        self.commands.run(CompleteJob(key=key, variables=variables or {}, result=result, worker=worker), by)

    def fail_job(
        self,
        key: int,
        *,
        by: Actor,
        retries: int,
        message: str = "",
        retry_back_off: timedelta = timedelta(),
        variables: Variables | None = None,
        worker: str = "",
    ) -> None:
        """Leave the job with `retries`; at 0 it becomes an incident."""
        self.commands.run(
            FailJob(
                key=key,
                retries=retries,
                message=message,
                retry_back_off=retry_back_off,
                variables=variables or {},
                worker=worker,
            ),
            by,
        )

    def throw_job_error(
        self,
        key: int,
        code: str,
        *,
        by: Actor,
        message: str = "",
        variables: Variables | None = None,
        worker: str = "",
    ) -> None:
        """A business error: goes to the error event that catches `code`, or becomes an incident."""
        self.commands.run(
            ThrowJobError(key=key, code=code, message=message, variables=variables or {}, worker=worker), by
        )

    def update_job(
        self, key: int, *, by: Actor, retries: int | None = None, lock_time: timedelta | None = None
    ) -> None:
        self.commands.run(UpdateJob(key=key, retries=retries, lock_time=lock_time), by)

    def incidents(
        self,
        filter: IncidentFilter | None = None,
        *,
        by: Actor,
        order: str = "-created_at",
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Incident]:
        with self._look() as (view, rights):
            rights.need(by, OPERATE, "see incidents")
            return view.incidents.search(
                filter or IncidentFilter(), order=order_of(order), limit=limit, cursor=cursor
            )

    def incident(self, key: int, *, by: Actor) -> Incident:
        with self._look() as (view, rights):
            rights.need(by, OPERATE, "see incidents")
            return view.incidents.get(key)

    def resolve_incident(
        self,
        key: int,
        *,
        by: Actor,
        variables: Variables | None = None,
        reason: str = "",
        preview: bool = False,
    ) -> RepairEffect:
        """Retry what failed, with the variables changed first when some are given. With `preview` nothing is
        changed, and no handler is tried."""
        return self.commands.run(
            ResolveIncident(key=key, variables=variables or {}, reason=reason, preview=preview), by
        )

    def store_document(
        self,
        name: str,
        content: bytes,
        *,
        by: Actor,
        media_type: str = "application/octet-stream",
        process_instance_key: int | None = None,
        readers: Sequence[str] = (),
    ) -> Document:
        """Keep a file. `readers` are groups or users that may read it besides its owner; none: those who see
        the instance."""
        return self.commands.run(
            StoreDocument(
                name=name,
                content=content,
                media_type=media_type,
                process_instance_key=process_instance_key,
                readers=tuple(readers),
            ),
            by,
        )

    def document(self, key: int, *, by: Actor) -> Document:
        with self._look() as (view, rights):
            return visible_document(view, rights, by, key)

    def document_content(self, key: int, *, by: Actor) -> bytes:
        with self._look() as (view, rights):
            visible_document(view, rights, by, key)
            return view.documents.content(key)
