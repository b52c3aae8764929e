"""Step: one family of instances goes on to its next wait states, and what changed is written once.

On the way the transactional handlers of new jobs are run, each under a savepoint, and new message
subscriptions take what was published before them. Nothing is written before all of that has come to rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from ..clock import FixedClock
from ..errors import BpmnError
from ..handlers import OutgoingMessage
from ..model import Actor, Job, JobState, UserTask
from ..runtime.changes import (
    Changes,
    JobCreated,
    LogEntry,
    MessageSubscriptionOpened,
    MessageThrown,
)
from ..spiff import ProcessRuntime
from .command import CommandContext
from .handler_run import Failed, Succeeded, Thrown, job_context, run_handler
from .live_state import StoredState
from .values import checked_variables

Waiting = JobCreated | Job
MAX_LOG_LINE = 2_000


class Step:
    """Use: one or more verbs on `runtime`, then `advance`. The caller holds the family's lock."""

    def __init__(
        self, context: CommandContext, actor: Actor | None = None, *, work: UserTask | Job | None = None
    ) -> None:
        """`work` is what the step is about, when the caller has just read it under the lock."""
        owners = {work.element_instance_key: work.process_instance_key} if work else {}
        self.context = context
        self.actor = actor or context.actor
        self.runtime = ProcessRuntime(
            store=StoredState(context.uow, owners),
            definitions=context.definitions,
            keys=context.uow.keys.next,
            clock=FixedClock(context.now),
            actor=self.actor.user_id,
        )
        self._tried: set[int] = set()
        self._failed: dict[int, Failed] = {}
        self._thrown: dict[int, BpmnError] = {}
        self._stored: set[int] = set()
        self._log: list[LogEntry] = []

    def advance(self, outcomes: Mapping[int, str] | None = None) -> Changes:
        """Go on until everything waits, and write. `outcomes` are the decisions of completed user tasks."""
        changes = self.settle()
        self.write(changes, outcomes)
        return changes

    def settle(self) -> Changes:
        """Go on until everything waits. What the command says in the audit trail before `write` is written
        with it."""
        self.runtime.run()
        while self._do_jobs() or self._take_messages():
            pass
        return self.runtime.changes()

    def write(self, changes: Changes, outcomes: Mapping[int, str] | None = None) -> None:
        uow = self.context.uow
        self._write_thrown(changes)
        uow.write_changes(changes, at=self.context.now, by=self.actor.user_id, outcomes=dict(outcomes or {}))
        self._write_failed(changes)
        self.context.log += [*changes.log, *self._log]
        self._follow_up(changes)

    def do_job(self, job: Waiting) -> bool:
        """Run the transactional handler of a waiting job. False: it failed and waits for its next attempt."""
        handler = self.context.engine.handlers[job.type]
        self._tried.add(job.key)
        context = job_context(self.context, job, self.runtime, self.actor)
        key = job.element_instance_key
        check = partial(self.runtime.check_job_result, key)
        result = run_handler(handler, context, self.context, kind=job.kind, check=check)
        match result:
            case Succeeded(variables=variables, result=answer):
                self.runtime.complete_element(key, variables, result=answer)
                self.say(job, context.log_lines)
                self.context.follow_ups += [(message, self.actor) for message in context.outgoing]
            case Thrown(error=error):
                self.throw(job, error)
                self.say(job, context.log_lines)
            case Failed():
                self.fail(job, result)
        self.runtime.run()
        return not isinstance(result, Failed)

    def fail(self, job: Waiting, failed: Failed) -> None:
        """Leave the job for a later attempt; without one it becomes an incident."""
        self._remember(job, failed)
        if failed.retries == 0:
            self.runtime.job_failed(job.element_instance_key, job.key, failed.message, failed.trace)

    def throw(self, job: Waiting, error: BpmnError) -> None:
        """A business outcome. If nothing catches it there is an incident, and the job may not be taken."""
        variables = checked_variables(error.variables)
        self.runtime.throw_error(job.element_instance_key, error.code, str(error), variables)
        self._remember(job, Failed(retries=0, message=str(error), trace="", due_at=self.context.now))
        self._thrown[job.key] = error

    def say(self, job: Waiting, lines: Iterable[str]) -> None:
        """What a handler has to say goes into the timeline."""
        for line in lines:
            self._log.append(
                LogEntry(
                    process_instance_key=job.process_instance_key,
                    action="handler-log",
                    element_id=job.element_id,
                    element_instance_key=job.element_instance_key,
                    details={"text": line[:MAX_LOG_LINE], "jobType": job.type},
                )
            )

    # --- on the way ------------------------------------------------------------------------------

    def _do_jobs(self) -> bool:
        """Run what new jobs have transactional handlers. Whether anything was run."""
        limit = self.context.engine.limits.handlers_in_step
        due = [job for job in self.runtime.open_jobs() if self._is_for_this_step(job)]
        for job in due:
            if len(self._tried) >= limit:
                return False
            if any(still.key == job.key for still in self.runtime.open_jobs()):
                self.do_job(job)
        return bool(due)

    def _is_for_this_step(self, job: JobCreated) -> bool:
        handler = self.context.engine.handlers.get(job.type)
        return handler is not None and not handler.external and job.key not in self._tried

    def _take_messages(self) -> bool:
        """Give buffered messages to new subscriptions. Whether any was taken."""
        opened = sorted(
            self.runtime.open_message_subscriptions(),
            key=lambda s: (s.message_name, s.correlation_key, s.key),
        )
        return any([self._take_message(subscription) for subscription in opened])

    def _take_message(self, subscription: MessageSubscriptionOpened) -> bool:
        messages = self.context.uow.messages
        name, key = subscription.message_name, subscription.correlation_key
        messages.lock(name, key)
        process_id = subscription.process_id
        for message in messages.kept(name, key, now=self.context.now, process_id=process_id)[:1]:
            if self.runtime.trigger(
                subscription.element_instance_key, subscription.element_id, message.variables
            ):
                messages.correlate(
                    message.key,
                    process_id=process_id,
                    process_instance_key=subscription.process_instance_key,
                )
                self._log.append(
                    LogEntry(
                        process_instance_key=subscription.process_instance_key,
                        action="receive-message",
                        element_id=subscription.element_id,
                        element_instance_key=subscription.element_instance_key,
                        details={
                            "name": name,
                            "correlationKey": key,
                            "publishedAt": str(message.published_at),
                        },
                    )
                )
                self.runtime.run()
                return True
        return False

    # --- afterwards ------------------------------------------------------------------------------

    def _write_thrown(self, changes: Changes) -> None:
        """Jobs whose error was caught ended with it; to the runtime they are gone with their element."""
        for key in self._stored & self._thrown.keys() & set(changes.jobs_cancelled):
            error = self._thrown[key]
            self.context.uow.jobs.end(
                key,
                JobState.ERROR_THROWN,
                self.context.now,
                error_code=error.code,
                error_message=str(error),
            )

    def _write_failed(self, changes: Changes) -> None:
        """Put the failed jobs off, those that are still there: a job may be gone with its scope."""
        created = {job.key for job in changes.jobs_created}
        gone = {*changes.jobs_cancelled, *changes.jobs_completed}
        for key, failed in self._failed.items():
            if key in created or (key in self._stored and key not in gone):
                self.context.uow.jobs.fail(
                    key, retries=failed.retries, message=failed.message, due_at=failed.due_at
                )

    def _remember(self, job: Waiting, failed: Failed) -> None:
        self._failed[job.key] = failed
        if isinstance(job, Job):
            self._stored.add(job.key)

    def _follow_up(self, changes: Changes) -> None:
        follow_ups = self.context.follow_ups
        follow_ups += [(outgoing_message(thrown), self.actor) for thrown in changes.messages_thrown]
        follow_ups += [(signal, self.actor) for signal in changes.signals_thrown]
        self.context.ended_instances += [ended.key for ended in changes.instances_ended]


def outgoing_message(thrown: MessageThrown) -> OutgoingMessage:
    """A message event of the model was reached."""
    return OutgoingMessage(
        name=thrown.name,
        correlation_key=thrown.correlation_key,
        variables=thrown.variables,
        time_to_live=thrown.time_to_live,
        message_id=thrown.message_id,
    )


def start(
    context: CommandContext,
    definition_key: int,
    variables: Mapping[str, Any],
    *,
    business_key: str = "",
    start_event_id: str | None = None,
    actor: Actor | None = None,
) -> int:
    """Start a process and run it to its first wait states. Answers the instance's key."""
    step = Step(context, actor)
    key = step.runtime.start_instance(
        definition_key, variables, business_key=business_key, start_event_id=start_event_id
    )
    step.advance()
    return key
