"""Accounts, groups and absences; each change leaves a line in the trail, never a password."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..errors import GroupNotFound
from ..identity import ADMINISTER, Accounts
from ..model import Absence, Group, User
from .command import Command, CommandContext


@dataclass(frozen=True, kw_only=True)
class CreateUser(Command[User]):
    user_id: str
    name: str
    password: str | None = None
    email: str = ""
    language: str = ""
    groups: tuple[str, ...] = ()

    def run(self, context: CommandContext) -> User:
        context.need(ADMINISTER, "create users")
        user = _accounts(context).create_user(
            self.user_id,
            self.name,
            password=self.password,
            email=self.email,
            language=self.language,
            groups=self.groups,
        )
        context.audit("create-user", "user", self.user_id, groups=sorted(self.groups))
        return user


@dataclass(frozen=True, kw_only=True)
class CreateUsers(Command[list[User]]):
    """All of them, or none."""

    users: tuple[CreateUser, ...]

    def run(self, context: CommandContext) -> list[User]:
        return [user.run(context) for user in self.users]


@dataclass(frozen=True, kw_only=True)
class UpdateUser(Command[User]):
    """Everybody may change their own name, e-mail and language."""

    user_id: str
    name: str | None = None
    email: str | None = None
    language: str | None = None
    active: bool | None = None

    def run(self, context: CommandContext) -> User:
        if context.actor.user_id != self.user_id or self.active is not None:
            context.need(ADMINISTER, f"change user {self.user_id}")
        user = _accounts(context).update_user(
            self.user_id, name=self.name, email=self.email, language=self.language, active=self.active
        )
        changed = [n for n in ("name", "email", "language", "active") if getattr(self, n) is not None]
        context.audit("update-user", "user", self.user_id, changed=changed, active=self.active)
        return user


@dataclass(frozen=True, kw_only=True)
class SetPassword(Command[None]):
    """One's own, or anybody's with `administer`."""

    user_id: str
    password: str

    def run(self, context: CommandContext) -> None:
        if context.actor.user_id != self.user_id:
            context.need(ADMINISTER, f"set the password of {self.user_id}")
        _accounts(context).set_password(self.user_id, self.password)
        context.audit("set-password", "user", self.user_id)


@dataclass(frozen=True, kw_only=True)
class PutGroup(Command[Group]):
    group_id: str
    name: str
    names: Mapping[str, str] | None = None
    permissions: tuple[str, ...] = ()

    def run(self, context: CommandContext) -> Group:
        context.need(ADMINISTER, "change groups")
        group = _accounts(context).put_group(
            self.group_id, self.name, names=self.names, permissions=self.permissions
        )
        context.audit("put-group", "group", self.group_id, permissions=sorted(group.permissions))
        return group


@dataclass(frozen=True, kw_only=True)
class ChangeMembership(Command[None]):
    user_id: str
    group_id: str
    member: bool

    def run(self, context: CommandContext) -> None:
        context.need(ADMINISTER, "change who belongs to a group")
        store = context.uow.identity
        if store.group(self.group_id) is None:
            raise GroupNotFound(self.group_id)
        if self.member:
            store.add_member(self.user_id, self.group_id)
        else:
            store.remove_member(self.user_id, self.group_id)
        action = "add-to-group" if self.member else "remove-from-group"
        context.audit(action, "user", self.user_id, group=self.group_id)


@dataclass(frozen=True, kw_only=True)
class SetAbsence(Command[Absence]):
    """One's own, or anybody's with `administer`."""

    user_id: str
    substitute_id: str
    start: datetime
    end: datetime

    def run(self, context: CommandContext) -> Absence:
        if context.actor.user_id != self.user_id:
            context.need(ADMINISTER, f"set an absence of {self.user_id}")
        absence = _accounts(context).set_absence(
            self.user_id, self.substitute_id, start=self.start, end=self.end
        )
        context.audit(
            "set-absence",
            "user",
            self.user_id,
            substitute=self.substitute_id,
            start=self.start.isoformat(),
            end=self.end.isoformat(),
        )
        return absence


@dataclass(frozen=True, kw_only=True)
class OfferPasswordReset(Command[str]):
    """A token to send to the user; only its hash is kept."""

    user_id: str

    def run(self, context: CommandContext) -> str:
        context.need(ADMINISTER, f"offer {self.user_id} a new password")
        token = _accounts(context).offer_reset(self.user_id)
        context.audit("offer-password-reset", "user", self.user_id)
        return token


@dataclass(frozen=True, kw_only=True)
class ResetPassword(Command[User]):
    """Whoever has the token may; it is used up."""

    token: str
    password: str

    def run(self, context: CommandContext) -> User:
        user = _accounts(context).reset_password(self.token, self.password)
        context.audit("reset-password", "user", user.user_id)
        return user


def _accounts(context: CommandContext) -> Accounts:
    return Accounts(context.uow.identity, context.now)
