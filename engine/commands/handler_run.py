"""One run of a transactional handler, and what comes of it."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..errors import BpmnError, InvalidInput, JobInputInvalid, Unavailable
from ..handlers import Handler, JobContext, parse_duration
from ..model import Actor, Document, Job, JobKind, JobResult
from ..runtime.changes import JobCreated
from ..spiff import ProcessRuntime
from ..storage import TransactionConflict, translated
from .command import CommandContext

log = logging.getLogger(__name__)

LISTENERS = (JobKind.EXECUTION_LISTENER, JobKind.TASK_LISTENER)
RETRY_BACK_OFF = "retryBackoff"
MAX_TRACE = 10_000


@dataclass(frozen=True)
class Succeeded:
    variables: dict[str, Any]
    result: JobResult | None


@dataclass(frozen=True)
class Thrown:
    error: BpmnError


@dataclass(frozen=True, kw_only=True)
class Failed:
    """`retries` that are left; the next attempt is at `due_at`."""

    retries: int
    message: str
    trace: str
    due_at: datetime


Result = Succeeded | Thrown | Failed


def run_handler(
    handler: Handler,
    job: JobContext,
    context: CommandContext,
    *,
    kind: JobKind,
    check: Callable[[Mapping[str, Any], JobResult | None], None],
) -> Result:
    """Run under a savepoint, `check` of the answer included: what a handler wrote before it failed, or before
    it raised a BpmnError, is undone. A collision of transactions passes through, because the whole command
    has to run again."""
    try:
        with translated("of this step"), context.uow.savepoint():
            variables = handler.run(job)
            check(variables, job.result)
            return Succeeded(variables, job.result)
    except (TransactionConflict, Unavailable):
        raise
    except BpmnError as error:
        return refused_error(error, kind, context) or Thrown(error)
    except Exception as error:
        log.warning("job %s (%s) of %s failed: %s", job.key, job.type, job.process_instance_key, error)
        return failure(error, job.headers, job.retries, context)


def refused_error(error: BpmnError, kind: JobKind, context: CommandContext) -> Failed | None:
    """A listener has no error events around it: its business error is a failure, and trying again would not
    mend it."""
    if kind not in LISTENERS:
        return None
    said = f"a listener cannot throw the error '{error.code}': {error}; let the element's own job throw it"
    return Failed(retries=0, message=said, trace="", due_at=context.now)


def failure(error: Exception, headers: Mapping[str, str], retries: int, context: CommandContext) -> Failed:
    """A wrong input is not tried again: waiting would not mend it."""
    wait = back_off(headers, context.engine.limits.retry_back_off)
    return Failed(
        retries=0 if isinstance(error, (JobInputInvalid, InvalidInput)) else max(retries - 1, 0),
        message=describe(error),
        trace="".join(traceback.format_exception(error))[-MAX_TRACE:],
        due_at=context.now + wait,
    )


def describe(error: BaseException) -> str:
    """The error in one sentence."""
    text = str(error).strip() or "no message"
    return text if isinstance(error, JobInputInvalid) else f"{type(error).__name__}: {text}"


def back_off(headers: Mapping[str, str], default: timedelta) -> timedelta:
    """How long to wait before the next attempt: the header `retryBackoff`, an ISO duration."""
    text = headers.get(RETRY_BACK_OFF, "")
    try:
        return max(parse_duration(text), timedelta()) if text else default
    except ValueError:
        return default


def job_context(
    context: CommandContext, job: JobCreated | Job, runtime: ProcessRuntime, actor: Actor
) -> JobContext:
    """What a transactional handler is given: the session of this very transaction."""
    instance = runtime.instance(job.process_instance_key)
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
        variables=runtime.visible_variables(job.element_instance_key),
        retries=job.retries,
        now=context.now,
        actor=actor.user_id,
        idempotency_key=idempotency_key(job),
        services=context.engine.services,
        open_records=lambda: context.uow.session,
        document_store=StepDocuments(context, job.process_instance_key, actor),
        members_of=lambda group: sorted(context.uow.identity.eligible([group], [])),
    )


def idempotency_key(job: JobCreated | Job) -> str:
    """The same at every attempt at the job, and no other job's."""
    return f"{job.process_id}-{job.process_instance_key}-{job.key}"


class StepDocuments:
    """`engine.handlers.Documents` inside the step's transaction."""

    def __init__(self, context: CommandContext, process_instance_key: int, actor: Actor) -> None:
        self._context, self._instance, self._actor = context, process_instance_key, actor

    def store(
        self,
        name: str,
        content: bytes,
        *,
        media_type: str = "application/octet-stream",
        readers: Sequence[str] = (),
    ) -> Document:
        return self._context.uow.documents.add(
            content,
            name=name,
            media_type=media_type,
            created_at=self._context.now,
            created_by=self._actor.user_id,
            process_instance_key=self._instance,
            readers=tuple(readers),
        )

    def find(self, key: int) -> Document:
        return self._context.uow.documents.get(key)

    def content(self, key: int) -> bytes:
        return self._context.uow.documents.content(key)
