"""Work for people: claim, hand over, change, complete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ..errors import (
    FormInvalid,
    InvalidInput,
    PermissionDenied,
    StaleVersion,
    UserTaskAlreadyClaimed,
    UserTaskAlreadyCompleted,
    UserTaskBusy,
    UserTaskCancelled,
    UserTaskNotFound,
    UserTaskTransitionDenied,
)
from ..forms import FormModel
from ..identity import OPERATE
from ..model import JobKind, UserTask, UserTaskState
from ..runtime.changes import Changes
from ..runtime.task_listeners import ASSIGNING, UPDATING
from .advance import Step
from .command import Command, CommandContext
from .deployed import StepDefinitions
from .four_eyes import with_present_exclusions
from .values import checked_variables
from .visibility import may_see

_CAMUNDA_ACTIONS = {
    "claim-user-task": "claim",
    "unclaim-user-task": "unassign",
    "assign-user-task": "assign",
    "delegate-user-task": "assign",
}
_CHANGEABLE = ("due_at", "follow_up_at", "priority", "candidate_groups", "candidate_users")


@dataclass(frozen=True, kw_only=True)
class ClaimUserTask(Command[UserTask]):
    key: int
    version: int | None = None

    def run(self, context: CommandContext) -> UserTask:
        task = open_user_task(context, self.key, self.version)
        user = context.actor.user_id
        if task.assignee == user:
            return task
        check_not_busy(context, task, "claim")
        if task.assignee is not None and task.assignee not in context.facts.stands_in_for:
            raise UserTaskAlreadyClaimed(task.key, task.assignee)
        context.rights.check_work(context.actor, with_present_exclusions(context, task))
        return _assign(context, task, user, "claim-user-task")


@dataclass(frozen=True, kw_only=True)
class UnclaimUserTask(Command[UserTask]):
    key: int

    def run(self, context: CommandContext) -> UserTask:
        task = open_user_task(context, self.key)
        check_not_busy(context, task, "unassign")
        if task.assignee is None:
            return task
        _own_or_operate(context, task, "give back")
        return _assign(context, task, None, "unclaim-user-task")


@dataclass(frozen=True, kw_only=True)
class AssignUserTask(Command[UserTask]):
    """For operators, and for the assignee. An operator may also choose somebody who is no candidate."""

    key: int
    assignee: str

    def run(self, context: CommandContext) -> UserTask:
        task = with_present_exclusions(context, open_user_task(context, self.key))
        operator = context.rights.may(context.actor, OPERATE)
        if not operator:
            _own_or_operate(context, task, "assign")
        check_not_busy(context, task, "assign")
        context.rights.check_receive(self.assignee, task, candidate=not operator)
        return _assign(context, task, self.assignee, "assign-user-task")


@dataclass(frozen=True, kw_only=True)
class DelegateUserTask(Command[UserTask]):
    """The assignee hands the task to somebody who might have claimed it."""

    key: int
    to: str
    comment: str = ""

    def run(self, context: CommandContext) -> UserTask:
        task = with_present_exclusions(context, open_user_task(context, self.key))
        _check_still_theirs(context, task)
        _own_or_operate(context, task, "delegate")
        check_not_busy(context, task, "delegate")
        context.rights.check_receive(self.to, task, candidate=True)
        return _assign(context, task, self.to, "delegate-user-task", comment=self.comment)


@dataclass(frozen=True, kw_only=True)
class UpdateUserTask(Command[UserTask]):
    """`""` keeps a date, None clears it; None keeps the rest."""

    key: int
    due_at: datetime | str | None = ""
    follow_up_at: datetime | str | None = ""
    priority: int | None = None
    candidate_groups: Sequence[str] | None = None
    candidate_users: Sequence[str] | None = None

    def run(self, context: CommandContext) -> UserTask:
        task = open_user_task(context, self.key)
        changes = self._changes()
        if changes.keys() - {"follow_up_at"}:
            context.need(OPERATE, f"change user task {self.key}")
        else:
            _own_or_operate(context, task, "change")
        check_not_busy(context, task, "update")
        if listens(context, task, UPDATING):
            _after_listeners(context, task, UPDATING, "update", changes)
        else:
            kept = {name: getattr(task, name) for name in _CHANGEABLE}
            context.uow.user_tasks.update(self.key, **kept | changes)
        context.audit(
            "update-user-task",
            "user-task",
            self.key,
            task.process_instance_key,
            elementId=task.element_id,
            changed={name: str(value) for name, value in changes.items()},
        )
        return context.uow.user_tasks.get(self.key)

    def _changes(self) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        for name in ("due_at", "follow_up_at"):
            value = getattr(self, name)
            if isinstance(value, str) and value:
                raise InvalidInput(f"{name} is a time or None, not {value!r}")
            if not isinstance(value, str):
                changes[name] = value
        for name in ("priority", "candidate_groups", "candidate_users"):
            value = getattr(self, name)
            if value is not None:
                changes[name] = value if isinstance(value, int) else tuple(value)
        if not 0 <= changes.get("priority", 0) <= 100:
            raise InvalidInput(f"a priority is from 0 to 100, not {self.priority}")
        return changes


@dataclass(frozen=True, kw_only=True)
class CompleteUserTask(Command[UserTask]):
    """`variables` is what was typed in; with a form only what the form makes of it is taken."""

    key: int
    variables: Mapping[str, Any] = field(default_factory=dict)
    outcome: str | None = None
    version: int | None = None
    form: bool = True

    def run(self, context: CommandContext) -> UserTask:
        task = open_user_task(context, self.key, self.version)
        context.rights.check_work(context.actor, with_present_exclusions(context, task))
        check_not_busy(context, task, "complete")
        step = Step(context, work=task)
        variables = self._typed(context, task, step)
        outcome = self._outcome(task, variables)
        if outcome is not None:
            variables[task.outcome_variable] = outcome
        step.runtime.complete_element(task.element_instance_key, variables, outcome=outcome or "")
        changes = step.settle()
        _raise_denied(changes, task)
        waits = task.key not in changes.user_tasks_completed
        held: dict[str, Any] = {"waitsForListener": True} if waits else {}
        context.audit(
            "complete-user-task",
            "user-task",
            task.key,
            task.process_instance_key,
            elementId=task.element_id,
            outcome=outcome,
            variables=sorted(variables),
            **held,
        )
        step.write(changes, {task.key: outcome} if outcome is not None else {})
        if waits:
            return context.uow.user_tasks.get(task.key)
        if task.key in context.uow.user_tasks.drafted:
            context.uow.drafts.delete(task.key)
        return replace(
            task,
            state=UserTaskState.COMPLETED,
            completed_at=context.now,
            completed_by=context.actor.user_id,
            ended_at=context.now,
            outcome=outcome,
            version=task.version + 1,
        )

    def _typed(self, context: CommandContext, task: UserTask, step: Step) -> dict[str, Any]:
        if not self.form:
            context.need(OPERATE, f"complete user task {task.key} past its form")
            return checked_variables(self.variables)
        form = user_task_form(context.definitions, task)
        if form is None:
            return checked_variables(self.variables)
        data = step.runtime.visible_variables(task.element_instance_key)
        if task.outcomes:  # a field may be required for some decisions only
            pressed = self.outcome or self.variables.get(task.outcome_variable)
            data = {**data, task.outcome_variable: pressed}
        result = form.validate(self.variables, data, context.now, context.engine.zone)
        if result.errors:
            raise FormInvalid(result.errors)
        return checked_variables(result.variables)

    def _asked_outcome(self, task: UserTask) -> Any:
        """The decision as it was sent: by the button, or among the variables."""
        return self.variables.get(task.outcome_variable) if self.outcome is None else self.outcome

    def _outcome(self, task: UserTask, variables: Mapping[str, Any]) -> str | None:
        if not task.outcomes:
            return self.outcome
        given = variables.get(task.outcome_variable) if self.outcome is None else self.outcome
        given = self._asked_outcome(task) if given is None else given
        if given not in task.outcomes:
            raise InvalidInput(
                f"user task {task.key} needs a decision: one of {', '.join(task.outcomes)}, not {given!r}"
            )
        return str(given)


# --- shared by the commands on user tasks --------------------------------------------------------


def open_user_task(context: CommandContext, key: int, version: int | None = None) -> UserTask:
    """Lock the family, then read the task: somebody may have been quicker.

    How a task has ended is told only to those whom it concerns.
    """
    context.uow.instances.lock_of_user_task(key)
    task = context.uow.user_tasks.get(key)
    if not task.state.is_open and not may_see(context.rights, context.actor, task):
        raise UserTaskNotFound(key)
    if task.state is UserTaskState.COMPLETED:
        raise UserTaskAlreadyCompleted(key, task.completed_by, task.completed_at)
    if task.state is UserTaskState.CANCELED:
        raise UserTaskCancelled(key, task.ended_at)
    if version is not None and version != task.version:
        raise StaleVersion("user task", key, version, task.version)
    context.check_active(context.uow.instances.locked(task.process_instance_key))
    return task


def user_task_form(definitions: StepDefinitions, task: UserTask) -> FormModel | None:
    """The compiled form: the deployed version that the task was created with, or the embedded one."""
    if task.form_key is not None:
        return definitions.form(task.form_key)
    element = definitions.model(task.definition_key).elements.get(task.element_id)
    reference = element.user_task.form if element is not None and element.user_task is not None else None
    return definitions.form_of(reference, task.definition_key)


def check_not_busy(context: CommandContext, task: UserTask, action: str) -> None:
    """Raises UserTaskBusy while a task listener has the word."""
    if task.state.waits_for_listener:
        jobs = context.uow.jobs.open_of_element(task.element_instance_key)
        listener = next((job.type for job in jobs if job.kind is JobKind.TASK_LISTENER), "")
        raise UserTaskBusy(task.key, action, task.state, listener)


def listens(context: CommandContext, task: UserTask, event: str) -> bool:
    """Whether a task listener has to agree to this kind of change."""
    element = context.definitions.model(task.definition_key).elements.get(task.element_id)
    return element is not None and any(listener.event == event for listener in element.task_listeners)


def _after_listeners(
    context: CommandContext, task: UserTask, event: str, action: str, changed: Mapping[str, Any]
) -> None:
    """Change the task when its listeners have agreed: at once where they are handlers of this engine.

    A denial raises UserTaskTransitionDenied, and nothing has happened.
    """
    step = Step(context, work=task)
    step.runtime.change_user_task(task.element_instance_key, event, action, changed)
    _raise_denied(step.advance(), task)


def _raise_denied(changes: Changes, task: UserTask) -> None:
    for denied in changes.user_tasks_denied:
        if denied.key == task.key:
            raise UserTaskTransitionDenied(task.key, denied.event, denied.reason)


def _own_or_operate(context: CommandContext, task: UserTask, action: str) -> None:
    user = context.actor.user_id
    own = task.assignee is not None and task.assignee in context.facts.acting_users
    if not own and not context.rights.may(context.actor, OPERATE):
        raise PermissionDenied(user, f"{action} user task {task.key}", f"to be its assignee, or '{OPERATE}'")


def _check_still_theirs(context: CommandContext, task: UserTask) -> None:
    """Who hands on a task that another window, or an operator, has handed on before is told who has it."""
    if task.assignee is None or task.assignee in context.facts.acting_users:
        return
    if not context.rights.may(context.actor, OPERATE) and may_see(context.rights, context.actor, task):
        raise UserTaskAlreadyClaimed(task.key, task.assignee)


def _assign(
    context: CommandContext, task: UserTask, assignee: str | None, action: str, **details: Any
) -> UserTask:
    listened = listens(context, task, ASSIGNING)
    if listened:
        _after_listeners(context, task, ASSIGNING, _CAMUNDA_ACTIONS[action], {"assignee": assignee})
    else:
        context.uow.user_tasks.assign(task.key, assignee)
    context.audit(
        action,
        "user-task",
        task.key,
        task.process_instance_key,
        elementId=task.element_id,
        before=task.assignee,
        after=assignee,
        **details,
    )
    if listened:
        return context.uow.user_tasks.get(task.key)
    return replace(task, assignee=assignee, version=task.version + 1)
