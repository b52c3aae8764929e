"""Drafts and comments on user tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InvalidInput
from ..model import Comment, Draft
from .command import Command, CommandContext
from .user_tasks import open_user_task
from .values import checked_variables
from .visibility import visible_user_task

MAX_COMMENT = 10_000


@dataclass(frozen=True, kw_only=True)
class SaveDraft(Command[Draft]):
    """Not validated: what was typed is kept as it is, for this person."""

    key: int
    values: Mapping[str, Any] = field(default_factory=dict)

    def run(self, context: CommandContext) -> Draft:
        task = open_user_task(context, self.key)
        visible_user_task(context.uow, context.rights, context.actor, task.key)
        draft = Draft(
            user_task_key=self.key,
            user_id=context.actor.user_id,
            values=checked_variables(self.values),
            saved_at=context.now,
        )
        context.uow.drafts.save(draft)
        return draft


@dataclass(frozen=True, kw_only=True)
class DiscardDraft(Command[None]):
    key: int

    def run(self, context: CommandContext) -> None:
        context.uow.drafts.discard(self.key, context.actor.user_id)


@dataclass(frozen=True, kw_only=True)
class AddComment(Command[Comment]):
    key: int
    text: str

    def run(self, context: CommandContext) -> Comment:
        if not self.text.strip() or len(self.text) > MAX_COMMENT:
            raise InvalidInput(f"a comment has from 1 to {MAX_COMMENT} characters")
        task = visible_user_task(context.uow, context.rights, context.actor, self.key)
        context.lock(task.process_instance_key)
        comment = Comment(
            key=context.uow.keys.next(),
            user_task_key=task.key,
            process_instance_key=task.process_instance_key,
            author=context.actor.user_id,
            text=self.text.strip(),
            at=context.now,
        )
        context.uow.comments.add(comment)
        context.audit(
            "add-comment", "user-task", task.key, task.process_instance_key, elementId=task.element_id
        )
        return comment
