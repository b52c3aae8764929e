"""Users, groups, absences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ..commands.people import (
    ChangeMembership,
    CreateUser,
    CreateUsers,
    OfferPasswordReset,
    PutGroup,
    ResetPassword,
    SetAbsence,
    SetPassword,
    UpdateUser,
)
from ..identity import Accounts, SignIn
from ..model import SYSTEM, Absence, Actor, Group, NewUser, User
from .part import EnginePart


class PeoplePart(EnginePart):
    """Who there is, and what they may do."""

    def authenticate(self, user_id: str, password: str, *, ip: str | None = None) -> User:
        """Raises NotAuthenticated: wrong, locked out for a while, or inactive; it does not say which."""
        return SignIn(self.database, self.clock).authenticate(user_id, password, ip=ip)

    def user(self, user_id: str) -> User:
        with self.database.read() as view:
            return Accounts(view.identity, self.clock.now()).user(user_id)

    def users(self, *, group: str | None = None, text: str | None = None) -> list[User]:
        with self.database.read() as view:
            found = view.identity.users(group_id=group)
        wanted = (text or "").casefold()
        return [u for u in found if wanted in u.name.casefold() or wanted in u.user_id.casefold()]

    def groups(self) -> list[Group]:
        with self.database.read() as view:
            return list(view.identity.groups())

    def permissions(self, by: Actor) -> frozenset[str]:
        """The permission words the actor has; a system actor has all."""
        with self._look() as (_, rights):
            return rights.facts(by).permissions

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
        return self.commands.run(
            CreateUser(
                user_id=user_id,
                name=name,
                password=password,
                email=email,
                language=language,
                groups=tuple(groups),
            ),
            by,
        )

    def create_users(self, users: Sequence[NewUser], *, by: Actor, password: str | None = None) -> list[User]:
        """Create all of them with one password, or none. Raises AlreadyExists and GroupNotFound."""
        wanted = [
            CreateUser(user_id=one.user_id, name=one.name, password=password, groups=one.groups)
            for one in users
        ]
        return self.commands.run(CreateUsers(users=tuple(wanted)), by)

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
        return self.commands.run(
            UpdateUser(user_id=user_id, name=name, email=email, language=language, active=active), by
        )

    def set_password(self, user_id: str, password: str, *, by: Actor) -> None:
        self.commands.run(SetPassword(user_id=user_id, password=password), by)

    def offer_password_reset(self, user_id: str, *, by: Actor) -> str:
        """A token with which the user may set a new password, once, within a day. Send it to nobody else."""
        return self.commands.run(OfferPasswordReset(user_id=user_id), by)

    def reset_password(self, token: str, password: str) -> User:
        """Raises NotAuthenticated for a token that is unknown, used or too old."""
        return self.commands.run(ResetPassword(token=token, password=password), SYSTEM)

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
        return self.commands.run(
            PutGroup(group_id=group_id, name=name, names=names, permissions=tuple(permissions)), by
        )

    def add_to_group(self, user_id: str, group_id: str, *, by: Actor) -> None:
        self.commands.run(ChangeMembership(user_id=user_id, group_id=group_id, member=True), by)

    def remove_from_group(self, user_id: str, group_id: str, *, by: Actor) -> None:
        self.commands.run(ChangeMembership(user_id=user_id, group_id=group_id, member=False), by)

    def set_absence(
        self, user_id: str, substitute_id: str, *, start: datetime, end: datetime, by: Actor
    ) -> Absence:
        """One's own, or anybody's with `administer`."""
        return self.commands.run(
            SetAbsence(user_id=user_id, substitute_id=substitute_id, start=start, end=end), by
        )

    def absences(self, user_id: str) -> list[Absence]:
        with self.database.read() as view:
            return [absence for _, absence in view.identity.absences(user_id)]
