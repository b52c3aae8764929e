"""JobRunner: takes due jobs and runs their handlers, in the step's transaction or outside any."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from ..commands import Command, CommandExecutor
from ..commands.documents import StoreDocument
from ..commands.handler_run import idempotency_key
from ..commands.jobs import ActivateJobs, CompleteJob, JobAttemptFailed, RunJob
from ..commands.live_state import visible_variables
from ..errors import JobNotActivatable, JobNotFound, Unavailable
from ..handlers import Handler, JobContext
from ..model import SYSTEM, Document, Job
from .patience import until_reachable

log = logging.getLogger(__name__)

LOCK_TIME = timedelta(minutes=2)


class JobRunner:
    """Does the jobs for which there is a handler. `worker` is the name under which it holds their locks."""

    def __init__(
        self,
        commands: CommandExecutor,
        *,
        worker: str = "",
        lock_time: timedelta = LOCK_TIME,
        stopping: threading.Event | None = None,
    ) -> None:
        """With `stopping`, what came of a job is kept while the database is away, until that is set."""
        self.worker = worker or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._commands = commands
        self._lock_time = lock_time
        self._stopping = stopping
        self._engine = commands.engine

    def take(self, limit: int) -> list[Job]:
        """Lock up to `limit` due jobs. When none is due this only reads."""
        types = self._engine.handlers.types
        if not types or limit < 1:
            return []
        with self._engine.database.read() as view:
            due = view.jobs.next_due(types)
        if due is None or due > self._engine.clock.now():
            return []
        command = ActivateJobs(
            types=types,
            worker=self.worker,
            max_jobs=limit,
            lock_time=self._lock_time,
            with_variables=False,
        )
        return self._commands.run(command, SYSTEM)

    def run(self, job: Job) -> None:
        """Run a job that was taken. What goes wrong with it ends as a failed attempt, not as an exception;
        only a database that cannot be reached is raised, at once or when the node stops."""
        handler = self._engine.handlers[job.type]
        try:
            if handler.external:
                self._run_outside(job, handler)
            else:
                self._commit(RunJob(key=job.key, worker=job.worker, attempt=job.attempt))
        except Unavailable:
            raise
        except (JobNotActivatable, JobNotFound) as late:
            log.info("job %s came back late and was not counted: %s", job.key, late)
        except Exception as error:
            log.warning("job %s (%s) failed: %s", job.key, job.type, error, exc_info=error)
            self._commit(JobAttemptFailed(job=job, error=error))

    def _run_outside(self, job: Job, handler: Handler) -> None:
        context = self._context(job)
        variables = handler.run(context)
        self._commit(
            CompleteJob(
                key=job.key,
                variables=variables,
                result=context.result,
                worker=job.worker,
                attempt=job.attempt,
                messages=tuple(context.outgoing),
                log=tuple(context.log_lines),
            )
        )

    def _commit(self, command: Command[Any]) -> None:
        """Again while the database is away: what was done outside must not be done again for that. Whoever
        has taken the job over meanwhile is told apart by the attempt."""
        work = partial(self._commands.run, command, SYSTEM)
        if self._stopping is None:
            work()
        else:
            until_reachable(work, self._stopping)

    def _context(self, job: Job) -> JobContext:
        with self._engine.database.read() as view:
            variables = visible_variables(view, job.element_instance_key)
            instance = view.instances.get(job.process_instance_key)
        return JobContext(
            key=job.key,
            type=job.type,
            process_instance_key=job.process_instance_key,
            root_process_instance_key=job.root_process_instance_key,
            definition_key=job.definition_key,
            process_id=job.process_id,
            element_id=job.element_id,
            element_instance_key=job.element_instance_key,
            business_key=instance.business_key,
            headers=job.headers,
            variables=variables,
            retries=job.retries,
            now=self._engine.clock.now(),
            actor=job.actor,
            idempotency_key=idempotency_key(job),
            services=self._engine.services,
            document_store=_Documents(self._commands, job.process_instance_key),
            members_of=self._members,
        )

    def _members(self, group: str) -> list[str]:
        with self._engine.database.read() as view:
            return sorted(view.identity.eligible([group], []))


class _Documents:
    """`engine.handlers.Documents` for external handlers: every call is a transaction of its own."""

    def __init__(self, commands: CommandExecutor, process_instance_key: int) -> None:
        self._commands, self._instance = commands, process_instance_key

    def store(
        self,
        name: str,
        content: bytes,
        *,
        media_type: str = "application/octet-stream",
        readers: Sequence[str] = (),
    ) -> Document:
        command = StoreDocument(
            name=name,
            content=content,
            media_type=media_type,
            process_instance_key=self._instance,
            readers=tuple(readers),
        )
        return self._commands.run(command, SYSTEM)

    def find(self, key: int) -> Document:
        with self._commands.engine.database.read() as view:
            return view.documents.get(key)

    def content(self, key: int) -> bytes:
        with self._commands.engine.database.read() as view:
            return view.documents.content(key)
