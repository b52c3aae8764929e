"""Work for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ..commands.live_state import visible_variables
from ..commands.notes import AddComment, DiscardDraft, SaveDraft
from ..commands.user_tasks import (
    AssignUserTask,
    ClaimUserTask,
    CompleteUserTask,
    DelegateUserTask,
    UnclaimUserTask,
    UpdateUserTask,
)
from ..commands.visibility import visible_user_task, visible_user_tasks
from ..filters import UserTaskFilter
from ..model import Actor, Comment, Draft, Page, UserTask, Variables
from .part import EnginePart, order_of


class UserTasksPart(EnginePart):
    """The inbox and everything done with a task."""

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
        with self._look() as (view, rights):
            return visible_user_tasks(
                view,
                rights,
                by,
                filter or UserTaskFilter(),
                order=order_of(order),
                limit=limit,
                cursor=cursor,
            )

    def user_task(self, key: int, *, by: Actor) -> UserTask:
        """Raises UserTaskNotFound, also when the actor may not see it."""
        with self._look() as (view, rights):
            return visible_user_task(view, rights, by, key)

    def user_task_variables(
        self, key: int, *, by: Actor, names: Sequence[str] | None = None
    ) -> dict[str, Any]:
        """What is visible from the task's scope; only `names` when given. A page shows no more of it than its
        form asks for (`FormModel.variable_names`)."""
        with self._look() as (view, rights):
            task = visible_user_task(view, rights, by, key)
            return visible_variables(view, task.element_instance_key, names)

    def claim_user_task(self, key: int, *, by: Actor, version: int | None = None) -> UserTask:
        """Raises UserTaskAlreadyClaimed, FourEyesViolation, PermissionDenied."""
        return self.commands.run(ClaimUserTask(key=key, version=version), by)

    def unclaim_user_task(self, key: int, *, by: Actor) -> UserTask:
        return self.commands.run(UnclaimUserTask(key=key), by)

    def assign_user_task(self, key: int, assignee: str, *, by: Actor) -> UserTask:
        """Give the task to somebody, whoever has it: for the assignee (delegation) and for operators."""
        return self.commands.run(AssignUserTask(key=key, assignee=assignee), by)

    def delegate_user_task(self, key: int, to: str, *, by: Actor, comment: str = "") -> UserTask:
        """The assignee hands the task to somebody who passes the same checks as for a claim."""
        return self.commands.run(DelegateUserTask(key=key, to=to, comment=comment), by)

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
        return self.commands.run(
            UpdateUserTask(
                key=key,
                due_at=due_at,
                follow_up_at=follow_up_at,
                priority=priority,
                candidate_groups=candidate_groups,
                candidate_users=candidate_users,
            ),
            by,
        )

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
        return self.commands.run(
            CompleteUserTask(key=key, variables=variables or {}, outcome=outcome, version=version, form=form),
            by,
        )

    def save_draft(self, key: int, values: Variables, *, by: Actor) -> Draft:
        return self.commands.run(SaveDraft(key=key, values=values), by)

    def draft(self, key: int, *, by: Actor) -> Draft | None:
        """The actor's own draft."""
        with self.database.read() as view:
            return view.drafts.get(key, by.user_id)

    def discard_draft(self, key: int, *, by: Actor) -> None:
        self.commands.run(DiscardDraft(key=key), by)

    def add_comment(self, key: int, text: str, *, by: Actor) -> Comment:
        return self.commands.run(AddComment(key=key, text=text), by)

    def comments(self, key: int, *, by: Actor) -> list[Comment]:
        with self._look() as (view, rights):
            visible_user_task(view, rights, by, key)
            return list(view.comments.of_task(key))
