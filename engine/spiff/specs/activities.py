"""Tasks: jobs, user tasks, receive tasks, scripts and decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...bpmn.model import Element, ElementType, EventType, TaskDefinition
from ...model import JobKind
from ...runtime import jobs, listeners, user_tasks
from ...runtime.decisions import evaluate_called_decision
from ...runtime.expressions import json_value
from ...runtime.failures import Failure, IncidentType
from ..token import Token
from .base import TRIGGERED, ElementSpec


class JobSpec(ElementSpec):
    """A job does the work: service, send, script and rule tasks, message throw and end events."""

    def execute(self, token: Token) -> bool:
        assert self.element.job is not None
        jobs.create_job(
            token.workflow.instance, token.record, self.element.job, headers=self.element.job.headers
        )
        return False


class UserTaskSpec(ElementSpec):
    """Work for a person, with the exclusions of the four-eyes rules."""

    def execute(self, token: Token) -> bool:
        """Open the task, then its `creating` and, when it is assigned, `assigning` listeners."""
        workflow, record = token.workflow, token.record
        instance = workflow.instance
        under_way = listeners.current_listener(record)
        if under_way is None:
            try:
                user_tasks.create_user_task(instance, record, self.element, workflow.family.caller_of)
            except user_tasks.NoEligibleApprover as nobody:
                self._nobody(token, nobody)
                return False
        if self.element.task_listeners:
            if under_way in (None, "creating") and self._listen(token, "creating"):
                return False
            listeners.forget_listeners(record)
        return False

    def finish(self, token: Token, variables: Mapping[str, Any], actor: str = "") -> None:
        user_task = self.element.user_task
        if user_task is not None and user_task.actor_variable and actor:
            variables = {**variables, user_task.actor_variable: actor}
        record = token.record
        if self.element.task_listeners:
            record.data["result"], record.data["actor"] = dict(variables), actor
            if self._listen(token, "completing"):
                return
        self._finish(token, variables, actor)

    def listener_done(self, token: Token, event: str) -> None:
        """A task listener has done its work: the next one, or on with the task."""
        if event == "creating":
            self.execute(token)
        elif not self._listen(token, event) and event == "completing":
            data = token.record.data
            self._finish(token, data["result"], data["actor"])

    def _finish(self, token: Token, variables: Mapping[str, Any], actor: str) -> None:
        record = token.record
        record.data.pop("result", None)
        record.data.pop("actor", None)
        listeners.forget_listeners(record)
        user_tasks.complete_user_task(token.workflow.instance, record)
        super().finish(token, variables, actor)

    def _listen(self, token: Token, event: str) -> bool:
        return listeners.open_next_listener(
            token.workflow.instance, token.record, self.element.task_listeners, event
        )

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


class ReceiveSpec(ElementSpec):
    """Receive tasks and intermediate catch events wait for their own event."""

    def subscribe(self, token: Token) -> None:
        if TRIGGERED not in token.record.data:
            super().subscribe(token)

    def execute(self, token: Token) -> bool:
        """An event that an event-based gateway has already caught passes at once."""
        return TRIGGERED in token.record.data

    def give_back(self, token: Token) -> None:
        if TRIGGERED in token.record.data:
            give_locals_to_scope(token)


class ScriptSpec(ElementSpec):
    """A FEEL script; its result is a variable like that of a job."""

    def execute(self, token: Token) -> bool:
        script = self.element.script
        assert script is not None
        instance = token.workflow.instance
        value = json_value(script.expression, instance.visible(token.record), instance.step.now())
        take_result(token, {script.result_variable: value})
        return True


class DecisionSpec(ElementSpec):
    """A business rule task that evaluates a decision."""

    def execute(self, token: Token) -> bool:
        called = self.element.called_decision
        assert called is not None
        value = evaluate_called_decision(token.workflow.instance, token.record, called)
        take_result(token, {called.result_variable: value})
        return True


def take_result(token: Token, variables: Mapping[str, Any]) -> None:
    """The result of an element: its own when output mappings choose from it, else for who has the name."""
    scopes = token.workflow.instance.variables
    if token.task_spec.element.outputs:
        scopes.set_local(token.record.key, variables)
    else:
        scopes.propagate(token.record.key, variables)


def give_locals_to_scope(token: Token) -> None:
    """Variables that came with an event are local to the event first, then go to the scope around it."""
    instance, record = token.workflow.instance, token.record
    if record.scope_key is not None:
        own = instance.variables.local(record.key)
        if own:
            instance.variables.propagate(record.scope_key, own)


def task_class(element: Element) -> type[ElementSpec]:
    """The class for a task element."""
    if element.type is ElementType.USER_TASK:
        is_job = element.user_task is not None and element.user_task.is_job
        return UserTaskJobSpec if is_job else UserTaskSpec
    if element.type is ElementType.RECEIVE_TASK:
        return ReceiveSpec if element.event.type is EventType.MESSAGE else ElementSpec
    if element.job is not None:
        return JobSpec
    if element.script is not None:
        return ScriptSpec
    if element.called_decision is not None:
        return DecisionSpec
    return ElementSpec
