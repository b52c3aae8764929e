"""Jobs: taken, completed, failed, and run within a transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from ..errors import BpmnError, InvalidInput, JobNotActivatable
from ..handlers import OutgoingMessage
from ..identity import OPERATE, WORK_JOBS
from ..model import SYSTEM, Actor, InstanceState, Job, JobResult, JobState
from ..runtime.changes import Changes
from .advance import Step
from .command import Command, CommandContext
from .handler_run import LISTENERS, Failed, failure, refused_error
from .live_state import visible_variables
from .values import checked_result, checked_variables

OPEN = (JobState.CREATED, JobState.FAILED)
MAX_JOBS = 1_000


@dataclass(frozen=True, kw_only=True)
class ActivateJobs(Command[list[Job]]):
    """Take due jobs for a worker until the lock expires. `variables` None: all that each element sees."""

    types: Collection[str]
    worker: str
    max_jobs: int
    lock_time: timedelta
    variables: Sequence[str] | None = None
    with_variables: bool = True

    def run(self, context: CommandContext) -> list[Job]:
        context.need(WORK_JOBS, "activate jobs")
        if not 1 <= self.max_jobs <= MAX_JOBS or self.lock_time <= timedelta():
            raise InvalidInput(f"take from 1 to {MAX_JOBS} jobs, for a time longer than nothing")
        jobs = context.uow.jobs.activate(
            self.types,
            worker=self.worker,
            now=context.now,
            lock_time=self.lock_time,
            limit=self.max_jobs,
        )
        if not self.with_variables:
            return jobs
        return [
            replace(job, variables=visible_variables(context.uow, job.element_instance_key, self.variables))
            for job in jobs
        ]


@dataclass(frozen=True, kw_only=True)
class CompleteJob(Command[None]):
    """`worker` given: only while it still holds the lock. `messages` and `log` are what a handler left."""

    key: int
    variables: Mapping[str, Any] = field(default_factory=dict)
    result: JobResult | None = None
    worker: str = ""
    attempt: int | None = None
    messages: tuple[OutgoingMessage, ...] = ()
    log: tuple[str, ...] = ()

    def run(self, context: CommandContext) -> None:
        context.need(WORK_JOBS, f"complete job {self.key}")
        job = open_job(context, self.key, self.worker, self.attempt)
        variables = checked_variables(self.variables)
        step = Step(context, author_of(job), work=job)
        step.runtime.complete_element(job.element_instance_key, variables, result=checked_result(self.result))
        step.say(job, self.log)
        _drop_drafts(context, step.advance())
        context.follow_ups += [(message, context.actor) for message in self.messages]
        _audit(context, "complete-job", job, variables=sorted(variables))


@dataclass(frozen=True, kw_only=True)
class FailJob(Command[None]):
    key: int
    retries: int
    message: str = ""
    trace: str = ""
    retry_back_off: timedelta = timedelta()
    variables: Mapping[str, Any] = field(default_factory=dict)
    worker: str = ""
    attempt: int | None = None

    def run(self, context: CommandContext) -> None:
        context.need(WORK_JOBS, f"fail job {self.key}")
        job = open_job(context, self.key, self.worker, self.attempt)
        step = Step(context, author_of(job), work=job)
        if self.variables:
            values = checked_variables(self.variables)
            step.runtime.set_variables(job.element_instance_key, values, local=True, listened=False)
        failed = Failed(
            retries=max(self.retries, 0),
            message=self.message or "the worker gave no reason",
            trace=self.trace,
            due_at=context.now + max(self.retry_back_off, timedelta()),
        )
        step.fail(job, failed)
        step.advance()
        _audit(context, "fail-job", job, retries=failed.retries, message=failed.message[:500])


@dataclass(frozen=True, kw_only=True)
class ThrowJobError(Command[None]):
    key: int
    code: str
    message: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)
    worker: str = ""
    attempt: int | None = None

    def run(self, context: CommandContext) -> None:
        context.need(WORK_JOBS, f"throw an error from job {self.key}")
        if not self.code:
            raise InvalidInput("an error needs a code")
        job = open_job(context, self.key, self.worker, self.attempt)
        if job.kind in LISTENERS:
            raise JobNotActivatable(f"job {job.key} is a listener's; it cannot throw an error, only fail")
        variables = checked_variables(self.variables)
        step = Step(context, author_of(job), work=job)
        step.throw(job, BpmnError(self.code, self.message, variables))
        step.advance()
        _audit(context, "throw-error", job, code=self.code, message=self.message[:500])


@dataclass(frozen=True, kw_only=True)
class UpdateJob(Command[None]):
    """`retries` does not resolve an incident; `lock_time` counts from now."""

    key: int
    retries: int | None = None
    lock_time: timedelta | None = None

    def run(self, context: CommandContext) -> None:
        if not context.rights.may(context.actor, OPERATE):
            context.need(WORK_JOBS, f"change job {self.key}")
        job = open_job(context, self.key, suspended_too=True)
        if self.retries is not None:
            if self.retries < 1:
                raise InvalidInput("a job needs at least one retry to go on")
            context.uow.jobs.set_retries(job.key, self.retries, due_at=max(job.due_at, context.now))
            context.uow.notify("jobs")
        if self.lock_time is not None:
            context.uow.jobs.extend(job.key, context.now + self.lock_time)
        _audit(context, "update-job", job, retries=self.retries)


@dataclass(frozen=True, kw_only=True)
class RunJob(Command[bool]):
    """Run the transactional handler of a job that was taken. False: it failed, or somebody was quicker."""

    key: int
    worker: str
    attempt: int | None = None

    def run(self, context: CommandContext) -> bool:
        try:
            job = open_job(context, self.key, self.worker, self.attempt)
        except JobNotActivatable:
            return False
        step = Step(context, author_of(job), work=job)
        done = step.do_job(job)
        _drop_drafts(context, step.advance())
        _audit(context, "complete-job" if done else "fail-job", job)
        return done


@dataclass(frozen=True, kw_only=True)
class ExtendLocks(Command[None]):
    """Hold jobs longer that are still being worked on; those whose lock is lost are left alone."""

    jobs: tuple[Job, ...]
    lock_time: timedelta

    def run(self, context: CommandContext) -> None:
        for job in self.jobs:
            context.uow.jobs.extend_held(
                job.key, context.now + self.lock_time, worker=job.worker, attempt=job.attempt
            )


@dataclass(frozen=True, kw_only=True)
class JobAttemptFailed(Command[None]):
    """An attempt ended with an exception: another follows, or an incident. Nothing when the lock is lost."""

    job: Job
    error: Exception

    def run(self, context: CommandContext) -> None:
        try:
            job = open_job(context, self.job.key, self.job.worker, self.job.attempt)
        except JobNotActivatable:
            return
        step = Step(context, author_of(job), work=job)
        refused = refused_error(self.error, job.kind, context) if isinstance(self.error, BpmnError) else None
        if isinstance(self.error, BpmnError) and refused is None:
            step.throw(job, self.error)
            step.advance()
            _audit(context, "throw-error", job, code=self.error.code)
            return
        failed = refused or failure(self.error, job.headers, job.retries, context)
        step.fail(job, failed)
        step.advance()
        _audit(context, "fail-job", job, retries=failed.retries, message=failed.message[:500])


def open_job(
    context: CommandContext,
    key: int,
    worker: str = "",
    attempt: int | None = None,
    *,
    suspended_too: bool = False,
) -> Job:
    """Lock the family, then the job, and read it again: taking a job locks no family, and whoever takes it
    now must not find it done by somebody whose lock had expired. Raises JobNotFound, JobNotActivatable."""
    seen = context.uow.jobs.get(key)
    instance = context.lock(seen.process_instance_key)
    job = context.uow.jobs.get(key, lock=True)
    if job.state not in OPEN:
        raise JobNotActivatable(f"job {key} is {job.state.lower().replace('_', ' ')} already")
    if worker and (job.worker != worker or (attempt is not None and job.attempt != attempt)):
        raise JobNotActivatable(
            f"worker {worker!r} no longer holds job {key}; it was given to {job.worker!r}"
        )
    if instance.state is InstanceState.SUSPENDED and not suspended_too:
        raise JobNotActivatable(f"process instance {instance.key} of job {key} is suspended")
    return job


def author_of(job: Job) -> Actor:
    """In whose name the process goes on after a job: not the executor, but whoever led to it."""
    return Actor(user_id=job.actor) if job.actor and job.actor != SYSTEM.user_id else SYSTEM


def _drop_drafts(context: CommandContext, changes: Changes) -> None:
    """Of user tasks whose completion had waited for a listener."""
    for key in changes.user_tasks_completed:
        context.uow.drafts.delete(key)


def _audit(context: CommandContext, action: str, job: Job, **details: Any) -> None:
    context.audit(
        action,
        "job",
        job.key,
        job.process_instance_key,
        elementId=job.element_id,
        jobType=job.type,
        **details,
    )
