"""ProcessEngine: everything the engine can do, one thin method per use.

Every change names its actor (`by`), is one transaction, and leaves one line in the audit trail. What a
method answers are frozen values; what it raises is an `EngineError` that says what would help.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from .bpmn.model import ProcessModel
from .clock import Clock, SystemClock
from .errors import Problem
from .handlers import HandlerRegistry
from .model import (
    Absence,
    Actor,
    AuditEntry,
    AuditFilter,
    Comment,
    DecisionDefinition,
    DecisionEntry,
    DecisionRequirements,
    DeploymentResult,
    Document,
    Draft,
    ElementInstance,
    FlowTaken,
    Form,
    Group,
    Incident,
    IncidentFilter,
    Job,
    JobFilter,
    MessageSubscription,
    Page,
    ProcessDefinition,
    ProcessDefinitionFilter,
    ProcessInstance,
    ProcessInstanceFilter,
    Resource,
    Timer,
    User,
    UserTask,
    UserTaskFilter,
    Variable,
    Variables,
)


class ProcessEngine:
    """The facade. Thread-safe; one per program. Call `close()` at the end."""

    def __init__(
        self,
        database: Any,
        *,
        clock: Clock | None = None,
        handlers: HandlerRegistry | None = None,
        services: Mapping[str, Any] | None = None,
    ) -> None:
        """`database` is an `engine.Database` or a URL (its schema must be up to date). `services` is what
        handlers find in `job.services`: the mail sender, keys that live outside the database."""
        self.clock: Clock = clock or SystemClock()
        self.handlers = handlers or HandlerRegistry()
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the database. Running job executors must be stopped first."""
        raise NotImplementedError

    def ping(self) -> None:
        """Raise DatabaseUnavailable when the database does not answer."""
        raise NotImplementedError

    # --- deployment ------------------------------------------------------------------------------

    def deploy(self, resources: Sequence[Resource], *, by: Actor, draft: bool = False) -> DeploymentResult:
        """Deploy .bpmn, .dmn and .form files, all or none. Raises DeploymentRejected with every problem.

        An unchanged definition keeps its version and is still in the answer. `draft` keeps process
        diagrams that need not be executable: they get no problems that block and cannot be started.
        """
        raise NotImplementedError

    def check(self, resources: Sequence[Resource]) -> list[Problem]:
        """What `deploy` would complain about, changing nothing."""
        raise NotImplementedError

    def was_deployed(self, resource: Resource) -> bool:
        """Whether these very bytes were deployed before under that name, in any version."""
        raise NotImplementedError

    def process_definitions(
        self,
        filter: ProcessDefinitionFilter | None = None,
        *,
        by: Actor,
        order: str = "process_id",
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[ProcessDefinition]:
        raise NotImplementedError

    def startable_processes(self, *, by: Actor) -> list[ProcessDefinition]:
        """The latest versions that this actor may start by hand."""
        raise NotImplementedError

    def process_definition(self, key: int) -> ProcessDefinition:
        raise NotImplementedError

    def latest_process_definition(self, process_id: str) -> ProcessDefinition:
        raise NotImplementedError

    def process_definition_source(self, key: int) -> bytes:
        """The .bpmn file, byte for byte."""
        raise NotImplementedError

    def process_model(self, key: int) -> ProcessModel:
        """The compiled process, cached."""
        raise NotImplementedError

    def decision_definitions(self, *, latest: bool = False) -> list[DecisionDefinition]:
        raise NotImplementedError

    def decision_requirements(self, key: int) -> DecisionRequirements:
        raise NotImplementedError

    def decision_source(self, requirements_key: int) -> bytes:
        """The .dmn file, byte for byte."""
        raise NotImplementedError

    def evaluate_decision(
        self, decision_id: str | None = None, *, key: int | None = None, variables: Variables, by: Actor
    ) -> Any:
        """Evaluate the latest version (or the one with `key`) outside any instance: `DecisionResult`."""
        raise NotImplementedError

    def forms(self, *, latest: bool = True) -> list[Form]:
        raise NotImplementedError

    def form(self, key: int) -> Form:
        raise NotImplementedError

    def form_by_id(self, form_id: str) -> Form:
        """The latest version of a form."""
        raise NotImplementedError

    def form_source(self, key: int) -> bytes:
        raise NotImplementedError

    def start_form(self, definition_key: int) -> Any:
        """The compiled start form (`FormModel`), or None."""
        raise NotImplementedError

    def user_task_form(self, key: int, *, by: Actor) -> Any:
        """The compiled form of a user task (`FormModel`), or None."""
        raise NotImplementedError

    # --- process instances -----------------------------------------------------------------------

    def start_process_instance(
        self,
        process_id: str | None = None,
        *,
        by: Actor,
        definition_key: int | None = None,
        version: int | None = None,
        variables: Variables | None = None,
        business_key: str = "",
        form: bool = False,
    ) -> ProcessInstance:
        """Start the latest version (or the named one) and run to the first wait states.

        With `form` the variables are what somebody typed into the start form: they are validated
        (FormInvalid) and only the form's values are taken.
        """
        raise NotImplementedError

    def cancel_process_instance(self, key: int, *, by: Actor, reason: str = "") -> None:
        raise NotImplementedError

    def set_variables(
        self, scope_key: int, variables: Variables, *, by: Actor, local: bool = False, reason: str = ""
    ) -> None:
        """Write variables at a process or element instance; not `local`: to the nearest scope that has them."""
        raise NotImplementedError

    def process_instances(
        self,
        filter: ProcessInstanceFilter | None = None,
        *,
        by: Actor,
        order: str = "-started_at",
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[ProcessInstance]:
        """Those the actor may see: with `operate` all, else those one started or took part in."""
        raise NotImplementedError

    def process_instance(self, key: int, *, by: Actor) -> ProcessInstance:
        raise NotImplementedError

    def element_instances(self, process_instance_key: int, *, by: Actor) -> list[ElementInstance]:
        """Live and finished ones, in order of activation."""
        raise NotImplementedError

    def flows_taken(self, process_instance_key: int, *, by: Actor) -> list[FlowTaken]:
        raise NotImplementedError

    def variables(self, process_instance_key: int, *, by: Actor) -> list[Variable]:
        """All variables of the instance, of every scope that is live."""
        raise NotImplementedError

    def timeline(self, process_instance_key: int, *, by: Actor) -> list[AuditEntry]:
        """The audit lines of an instance, oldest first."""
        raise NotImplementedError

    def decisions(self, process_instance_key: int, *, by: Actor) -> list[DecisionEntry]:
        raise NotImplementedError

    # --- messages and signals --------------------------------------------------------------------

    def publish_message(
        self,
        name: str,
        correlation_key: str = "",
        *,
        by: Actor,
        variables: Variables | None = None,
        time_to_live: timedelta = timedelta(),
        message_id: str = "",
    ) -> int:
        """Correlate now, or keep the message for `time_to_live`. Answers the message's key.

        Raises AlreadyExists when a message with this name, correlation key and `message_id` is kept.
        """
        raise NotImplementedError

    def correlate_message(
        self, name: str, correlation_key: str = "", *, by: Actor, variables: Variables | None = None
    ) -> int:
        """Like `publish_message`, but raises NotFound when nobody waits. Answers the process instance's key."""
        raise NotImplementedError

    def broadcast_signal(self, name: str, *, by: Actor, variables: Variables | None = None) -> int:
        raise NotImplementedError

    def message_subscriptions(self, process_instance_key: int, *, by: Actor) -> list[MessageSubscription]:
        raise NotImplementedError

    # --- user tasks ------------------------------------------------------------------------------

    def user_tasks(
        self,
        filter: UserTaskFilter | None = None,
        *,
        by: Actor,
        order: str = "created_at",
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[UserTask]:
        """Those the actor may see: with `see_all_tasks` or `operate` all, else those workable or completed by
        the actor. `order`: created_at, due_at, priority, name, completed_at; with `-` descending."""
        raise NotImplementedError

    def user_task(self, key: int, *, by: Actor) -> UserTask:
        """Raises UserTaskNotFound, also when the actor may not see it."""
        raise NotImplementedError

    def user_task_variables(self, key: int, *, by: Actor) -> dict[str, Any]:
        """What the task's form may show: every variable visible from the task's scope by name. Pages must
        show no more of it than the form asks for."""
        raise NotImplementedError

    def claim_user_task(self, key: int, *, by: Actor, version: int | None = None) -> UserTask:
        """Raises UserTaskAlreadyClaimed, FourEyesViolation, PermissionDenied."""
        raise NotImplementedError

    def unclaim_user_task(self, key: int, *, by: Actor) -> UserTask:
        raise NotImplementedError

    def assign_user_task(self, key: int, assignee: str, *, by: Actor) -> UserTask:
        """Give the task to somebody, whoever has it: for the assignee (delegation) and for operators."""
        raise NotImplementedError

    def delegate_user_task(self, key: int, to: str, *, by: Actor, comment: str = "") -> UserTask:
        """The assignee hands the task to somebody who passes the same checks as for a claim."""
        raise NotImplementedError

    def update_user_task(
        self,
        key: int,
        *,
        by: Actor,
        due_at: datetime | str | None = "",
        follow_up_at: datetime | str | None = "",
        priority: int | None = None,
        candidate_groups: Sequence[str] | None = None,
        candidate_users: Sequence[str] | None = None,
    ) -> UserTask:
        """Change the named ones; a date of None clears it, "" keeps it."""
        raise NotImplementedError

    def complete_user_task(
        self,
        key: int,
        variables: Variables | None = None,
        *,
        by: Actor,
        outcome: str | None = None,
        version: int | None = None,
        form: bool = True,
    ) -> UserTask:
        """Complete and run on. `variables` are what was typed into the form: validated, typed, and only the
        form's values are taken (a task without a form takes them as they are). `outcome` is the decision
        button. `version` is what the page saw. Without `form` (needs `operate`) nothing is validated.

        Raises UserTaskAlreadyCompleted, UserTaskCancelled, StaleVersion, FourEyesViolation,
        PermissionDenied, FormInvalid.
        """
        raise NotImplementedError

    def save_draft(self, key: int, values: Variables, *, by: Actor) -> Draft:
        raise NotImplementedError

    def draft(self, key: int, *, by: Actor) -> Draft | None:
        """The actor's own draft."""
        raise NotImplementedError

    def discard_draft(self, key: int, *, by: Actor) -> None:
        raise NotImplementedError

    def add_comment(self, key: int, text: str, *, by: Actor) -> Comment:
        raise NotImplementedError

    def comments(self, key: int, *, by: Actor) -> list[Comment]:
        raise NotImplementedError

    # --- jobs, timers, incidents -----------------------------------------------------------------

    def jobs(
        self, filter: JobFilter | None = None, *, by: Actor, limit: int = 50, cursor: str | None = None
    ) -> Page[Job]:
        raise NotImplementedError

    def timers(self, process_instance_key: int, *, by: Actor) -> list[Timer]:
        raise NotImplementedError

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
        raise NotImplementedError

    def complete_job(
        self, key: int, variables: Variables | None = None, *, by: Actor, worker: str = ""
    ) -> None:
        """Raises JobNotFound, JobNotActivatable when `worker` no longer holds the lock."""
        raise NotImplementedError

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
        raise NotImplementedError

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
        raise NotImplementedError

    def update_job(
        self, key: int, *, by: Actor, retries: int | None = None, lock_time: timedelta | None = None
    ) -> None:
        raise NotImplementedError

    def incidents(
        self,
        filter: IncidentFilter | None = None,
        *,
        by: Actor,
        order: str = "-created_at",
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Incident]:
        raise NotImplementedError

    def incident(self, key: int, *, by: Actor) -> Incident:
        raise NotImplementedError

    def resolve_incident(
        self, key: int, *, by: Actor, variables: Variables | None = None, reason: str = ""
    ) -> None:
        """Retry what failed, with the variables changed first when some are given."""
        raise NotImplementedError

    # --- documents -------------------------------------------------------------------------------

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
        raise NotImplementedError

    def document(self, key: int, *, by: Actor) -> Document:
        raise NotImplementedError

    def document_content(self, key: int, *, by: Actor) -> bytes:
        raise NotImplementedError

    # --- people ----------------------------------------------------------------------------------

    def authenticate(self, user_id: str, password: str, *, ip: str | None = None) -> User:
        """Raises NotAuthenticated: wrong, locked out for a while, or inactive; it does not say which."""
        raise NotImplementedError

    def user(self, user_id: str) -> User:
        raise NotImplementedError

    def users(self, *, group: str | None = None, text: str | None = None) -> list[User]:
        raise NotImplementedError

    def groups(self) -> list[Group]:
        raise NotImplementedError

    def permissions(self, by: Actor) -> frozenset[str]:
        """The permission words the actor has; a system actor has all."""
        raise NotImplementedError

    def create_user(
        self,
        user_id: str,
        name: str,
        *,
        by: Actor,
        password: str | None = None,
        email: str = "",
        language: str = "",
        groups: Sequence[str] = (),
    ) -> User:
        raise NotImplementedError

    def update_user(
        self,
        user_id: str,
        *,
        by: Actor,
        name: str | None = None,
        email: str | None = None,
        language: str | None = None,
        active: bool | None = None,
    ) -> User:
        """Everybody may change their own name, e-mail and language; the rest needs `administer`."""
        raise NotImplementedError

    def set_password(self, user_id: str, password: str, *, by: Actor) -> None:
        raise NotImplementedError

    def create_group(
        self,
        group_id: str,
        name: str,
        *,
        by: Actor,
        names: Mapping[str, str] | None = None,
        permissions: Sequence[str] = (),
    ) -> Group:
        """Create, or change name and permissions of one that exists."""
        raise NotImplementedError

    def add_to_group(self, user_id: str, group_id: str, *, by: Actor) -> None:
        raise NotImplementedError

    def remove_from_group(self, user_id: str, group_id: str, *, by: Actor) -> None:
        raise NotImplementedError

    def set_absence(
        self, user_id: str, substitute_id: str, *, start: datetime, end: datetime, by: Actor
    ) -> Absence:
        """One's own, or anybody's with `administer`."""
        raise NotImplementedError

    def absences(self, user_id: str) -> list[Absence]:
        raise NotImplementedError

    # --- records of the business, audit ----------------------------------------------------------

    @contextmanager
    def records(self) -> Iterator[Any]:
        """A read-only SQLAlchemy session over one consistent view, for registers and scorecards."""
        raise NotImplementedError
        yield

    @contextmanager
    def transaction(self, *, by: Actor, action: str) -> Iterator[Any]:
        """A write outside a step: yields a `Transaction` with `.records` (session), `.publish_message(...)`,
        `.audit(subject_kind, subject_key, **details)`, `.now`. Commits at the end; not retried."""
        raise NotImplementedError
        yield

    def audit(
        self, filter: AuditFilter, *, by: Actor, limit: int = 100, cursor: str | None = None
    ) -> Page[AuditEntry]:
        raise NotImplementedError

    def verify_audit(self, *, by: Actor) -> list[str]:
        """What is wrong with the hash chains, one sentence each; empty when they hold."""
        raise NotImplementedError

    # --- the clock's work ------------------------------------------------------------------------

    def run_until_idle(self, limit: int = 10_000) -> int:
        """Fire due timers and run due jobs, at the engine's clock, until nothing is due. Answers how many.

        For tests, the demonstration and single commands; a program uses `JobExecutor`.
        """
        raise NotImplementedError

    def next_due(self) -> datetime | None:
        """When the next timer or job falls due; what `FixedClock` may be moved to."""
        raise NotImplementedError

    def counts(self) -> Mapping[str, int]:
        """Numbers for /metrics: open instances, user tasks, jobs by state, incidents, due timers, ..."""
        raise NotImplementedError

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every commit that made work for the machine (it must not block)."""
        raise NotImplementedError
