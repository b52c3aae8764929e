"""Who may do what: permissions, candidates, substitutes and the four-eyes rules."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from ..errors import FourEyesViolation, PermissionDenied, UserNotFound, UserTaskAlreadyClaimed
from ..model import Actor, ProcessDefinition, UserTask
from ..storage import IdentityStore
from .permissions import ADMIN_GROUP, ADMINISTER, ALL_PERMISSIONS, START


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of somebody at one moment.

    `stands_in_for` are the absent whose place they may take; `acting_groups` are their own groups and
    those of the absent. Permissions are their own only.
    """

    user_id: str
    exists: bool
    active: bool
    groups: frozenset[str]
    acting_groups: frozenset[str]
    permissions: frozenset[str]
    stands_in_for: frozenset[str]

    @property
    def acting_users(self) -> frozenset[str]:
        return self.stands_in_for | {self.user_id}

    def is_candidate(self, task: UserTask) -> bool:
        """Whether the task is offered to them, or to nobody in particular."""
        if not task.candidate_groups and not task.candidate_users:
            return True
        return bool(
            self.acting_groups & set(task.candidate_groups) or self.acting_users & set(task.candidate_users)
        )


class Rights:
    """The rights of people, inside one transaction and at one moment. A system actor may do everything."""

    def __init__(self, store: IdentityStore, now: datetime) -> None:
        self._store = store
        self._known: dict[str, Facts] = {}
        self.now = now

    def facts(self, actor: Actor) -> Facts:
        """Looked up once per transaction."""
        if actor.is_system:
            return Facts(
                user_id=actor.user_id,
                exists=True,
                active=True,
                groups=frozenset(),
                acting_groups=frozenset(),
                permissions=ALL_PERMISSIONS,
                stands_in_for=frozenset(),
            )
        return self._facts_of(actor.user_id)

    def may(self, actor: Actor, permission: str) -> bool:
        return permission in self.facts(actor).permissions

    def need(self, actor: Actor, permission: str, action: str) -> None:
        """Raises PermissionDenied; `action` completes "may not ..."."""
        if not self.may(actor, permission):
            raise PermissionDenied(actor.user_id, action, f"the permission '{permission}'")

    def check_work(self, actor: Actor, task: UserTask) -> None:
        """Claim or complete. Raises PermissionDenied, FourEyesViolation, UserTaskAlreadyClaimed.

        A substitute is judged as themselves: what counts is who acts.
        """
        if actor.is_system:
            return
        facts = self.facts(actor)
        _check_active(facts, f"act on user task {task.key}")
        _check_not_excluded(facts, task)
        if task.assignee is None:
            _check_candidate(facts, task)
        elif task.assignee not in facts.acting_users:
            raise UserTaskAlreadyClaimed(task.key, task.assignee)

    def check_receive(self, user_id: str, task: UserTask, *, candidate: bool = False) -> None:
        """Whether a task may be given to this user: there, active, not excluded; with `candidate` also
        somebody it was offered to. Raises UserNotFound, PermissionDenied, FourEyesViolation."""
        facts = self._facts_of(user_id)
        if not facts.exists:
            raise UserNotFound(user_id)
        _check_active(facts, f"be given user task {task.key}")
        _check_not_excluded(facts, task)
        if candidate:
            _check_candidate(facts, task)

    def check_start(self, actor: Actor, definition: ProcessDefinition) -> None:
        """Members of the candidate starters may start; without any, whoever may start processes at all.
        Raises PermissionDenied."""
        if actor.is_system:
            return
        facts = self.facts(actor)
        action = f"start '{definition.process_id}'"
        _check_active(facts, action)
        if ADMINISTER in facts.permissions:
            return
        if not definition.candidate_starters:
            self.need(actor, START, action)
        elif not facts.groups & set(definition.candidate_starters):
            needed = f"membership of {_either(definition.candidate_starters)}"
            raise PermissionDenied(actor.user_id, action, needed)

    def eligible_for(self, task: UserTask) -> set[str]:
        """The active users to whom the task is offered and who are not excluded; substitutes aside."""
        if not task.candidate_groups and not task.candidate_users:
            everybody = {user.user_id for user in self._store.users() if user.active}
            return everybody - set(task.excluded_users)
        offered = self._store.eligible(task.candidate_groups, task.candidate_users)
        return offered - set(task.excluded_users)

    def _facts_of(self, user_id: str) -> Facts:
        if user_id not in self._known:
            self._known[user_id] = self._look_up(user_id)
        return self._known[user_id]

    def _look_up(self, user_id: str) -> Facts:
        """Somebody who is not active has no groups and stands in for nobody."""
        found = self._store.standing(user_id, self.now)
        groups = found.groups if found.active else frozenset()
        absent = found.absent if found.active else {}
        permissions = found.permissions if found.active else frozenset()
        return Facts(
            user_id=user_id,
            exists=found.exists,
            active=found.active,
            groups=groups,
            acting_groups=groups.union(*absent.values()),
            permissions=ALL_PERMISSIONS if ADMIN_GROUP in groups else permissions,
            stands_in_for=frozenset(absent),
        )


def _check_active(facts: Facts, action: str) -> None:
    if not facts.active:
        raise PermissionDenied(facts.user_id, action, "an active account")


def _check_not_excluded(facts: Facts, task: UserTask) -> None:
    if facts.user_id in task.excluded_users:
        raise FourEyesViolation(
            facts.user_id, task.key, "they took part in a step that must be somebody else's, or are excluded"
        )


def _check_candidate(facts: Facts, task: UserTask) -> None:
    if not facts.is_candidate(task):
        offered = [*task.candidate_groups, *task.candidate_users]
        raise PermissionDenied(
            facts.user_id, f"act on user task {task.key}", f"to be (a member of) {_either(offered)}"
        )


def _either(names: Collection[str]) -> str:
    return " or ".join(sorted(names))
