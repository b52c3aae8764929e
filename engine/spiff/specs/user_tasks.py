"""User tasks: the engine's own, whose listeners may stop or correct what is done to them; and as jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...bpmn.model import EventType, TaskDefinition, UserTaskDefinition
from ...errors import InvalidInput, UserTaskBusy
from ...model import JobKind, JobResult, TaskListenerResult
from ...runtime import incidents, jobs, subscriptions, task_listeners, user_tasks
from ...runtime.failures import Failure, IncidentType
from ...runtime.task_listeners import ASSIGNING, CANCELING, COMPLETING, CREATING, UPDATING
from ..token import Token
from .activities import JobSpec
from .base import SKIPPED, ElementSpec

_CANCELED = "canceled"


class UserTaskSpec(ElementSpec):
    """Work for a person, with the exclusions of the four-eyes rules."""

    def execute(self, token: Token) -> bool:
        """Open the task. After an incident of a listener, all listeners of its event are asked again."""
        instance, record = token.workflow.instance, token.record
        if task_listeners.under_way(record) is not None:
            self._go_on(token)
            return False
        waits = self._listens(CREATING) or self._listens(ASSIGNING)
        try:
            assignee = user_tasks.create_user_task(
                instance, record, self.element, token.workflow.family.caller_of, assign=not waits
            )
        except user_tasks.NoEligibleApprover as nobody:
            self._nobody(token, nobody)
            return False
        if waits:
            task_listeners.begin(instance, record, CREATING, initial=assignee)
            self._go_on(token)
        return False

    def finish(self, token: Token, variables: Mapping[str, Any], actor: str = "", outcome: str = "") -> None:
        user_task = self.element.user_task
        if user_task is not None and user_task.actor_variable and actor:
            variables = {**variables, user_task.actor_variable: actor}
        if not self._listens(COMPLETING):
            self._finish(token, variables, actor)
            return
        self.begin(
            token, COMPLETING, "complete", variables=dict(variables), actor=actor, outcome=outcome or None
        )

    def begin(
        self, token: Token, event: str, action: str, changes: Mapping[str, Any] | None = None, **brought: Any
    ) -> None:
        """Somebody changes the task: as soon as the listeners have agreed. Raises UserTaskBusy."""
        record = token.record
        key, before = user_tasks.key_of(record), task_listeners.under_way(record)
        if before is not None:
            raise UserTaskBusy(key, action, before.upper())
        task_listeners.begin(
            token.workflow.instance, record, event, action=action, changes=changes, **brought
        )
        self._go_on(token)

    def set_variables(self, token: Token, variables: Mapping[str, Any], *, local: bool) -> bool:
        """Variables set at the task from outside are an update of it; False when no listener has to agree,
        or when somebody repairs what stopped one."""
        record = token.record
        busy = task_listeners.under_way(record) is not None and not incidents.has_incident(record)
        if not busy and (not self._listens(UPDATING) or not user_tasks.has_user_task(record)):
            return False
        if incidents.has_incident(record):
            return False
        self.begin(token, UPDATING, "", variables=dict(variables), local=local)
        return True

    def check_result(self, token: Token, variables: Mapping[str, Any], result: JobResult | None) -> None:
        """What a task listener may answer. Raises InvalidInput."""
        if variables:
            raise InvalidInput(f"the job of a task listener sets no variables: {', '.join(variables)}")
        if result is None:
            return
        if not isinstance(result, TaskListenerResult):
            raise InvalidInput("the job of a task listener denies or corrects; it has no other result")
        task_listeners.check_result(token.record, result, self._excluded(token))

    def listener_done(self, token: Token, result: TaskListenerResult | None) -> None:
        """A task listener has answered: no, or the next one, or the change is made."""
        instance, record = token.workflow.instance, token.record
        if result is not None and result.denied:
            task_listeners.deny(instance, record, result.denied_reason)
            return
        if result is not None and result.corrections:
            task_listeners.correct(instance, record, result.corrections)
        self._go_on(token)

    def holds_on(self, token: Token) -> bool:
        """A task that goes away waits for its `canceling` listeners first."""
        record, workflow = token.record, token.workflow
        if not self._listens(CANCELING) or not user_tasks.has_user_task(record) or _CANCELED in record.data:
            return False
        if task_listeners.under_way(record) == CANCELING:
            return jobs.has_job(record) or incidents.has_incident(record) or self._open_next(token)
        instance = workflow.instance
        jobs.cancel_job(instance, record)
        incidents.resolve_incident(instance, record)
        subscriptions.close_subscriptions(instance, record)
        task_listeners.break_off(instance, record)
        task_listeners.begin(instance, record, CANCELING)
        return self._open_next(token)

    # --- inside -----------------------------------------------------------------------------------

    def _listens(self, event: str) -> bool:
        return any(listener.event == event for listener in self.element.task_listeners)

    def _go_on(self, token: Token) -> None:
        """The next listener, or what they were asked about."""
        if self._open_next(token):
            return
        instance, record = token.workflow.instance, token.record
        if task_listeners.under_way(record) == CANCELING:
            self._canceled(token)
            return
        done = task_listeners.end(instance, record)
        match done["event"]:
            case event if event == CREATING:
                if done["initial"] is not None:
                    self.begin(token, ASSIGNING, "", {"assignee": done["initial"]})
            case event if event == UPDATING and done.get("variables") is not None:
                self.take_variables(token, done["variables"], local=done["local"])
            case event if event == COMPLETING:
                if done["outcome"] is not None:
                    instance.step.ledger.outcomes[user_tasks.key_of(record)] = done["outcome"]
                self._finish(token, done["variables"], done["actor"])

    def _open_next(self, token: Token) -> bool:
        """Whether something is still to be waited for: a listener's job, or an incident that it led to."""
        workflow = token.workflow
        try:
            return task_listeners.open_next(workflow.instance, token.record, self.element)
        except Failure as failure:
            workflow.stop(token, failure)
            return True

    def _canceled(self, token: Token) -> None:
        """The `canceling` listeners have worked: the task goes, or what an operator wants in place of it."""
        instance, record = token.workflow.instance, token.record
        task_listeners.end(instance, record)
        if SKIPPED in record.data:
            user_tasks.cancel_user_task(instance, record)
            self.complete(token)
            return
        record.data[_CANCELED] = True
        token.workflow.family.gone(token.workflow, record)

    def _finish(self, token: Token, variables: Mapping[str, Any], actor: str) -> None:
        user_tasks.complete_user_task(token.workflow.instance, token.record)
        super().finish(token, variables, actor)

    def _excluded(self, token: Token) -> set[str]:
        instance, record = token.workflow.instance, token.record
        key = user_tasks.key_of(record)
        created, _ = instance.step.ledger.user_task(key)
        data = created or instance.step.store.load_user_task(key)
        definition = self.element.user_task or UserTaskDefinition()
        caller_of = token.workflow.family.caller_of
        now = user_tasks.present_exclusions(instance, definition, instance.visible(record), caller_of)
        return now | set(data.excluded_users)

    def _nobody(self, token: Token, nobody: user_tasks.NoEligibleApprover) -> None:
        workflow, record = token.workflow, token.record
        code = user_tasks.NO_ELIGIBLE_APPROVER
        if workflow.throw(record, EventType.ERROR, code, {}):
            workflow.instance.log("no-eligible-approver", record, excluded=sorted(nobody.excluded))
            return
        raise Failure(
            IncidentType.UNHANDLED_ERROR_EVENT,
            f"Nobody may do the user task '{self.element.name or self.element.id}': {nobody}",
            "add a person to the candidate groups, or draw an error boundary event with the code " + code,
        )


class UserTaskJobSpec(JobSpec):
    """The older user task, which a worker of type `io.camunda.zeebe:userTask` serves."""

    def execute(self, token: Token) -> bool:
        definition = self.element.job or TaskDefinition(type=jobs.USER_TASK_JOB, retries="1")
        jobs.create_job(
            token.workflow.instance,
            token.record,
            definition,
            kind=JobKind.BPMN_ELEMENT,
            headers=definition.headers,
        )
        return False
