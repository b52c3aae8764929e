"""Accounts and groups: what may stand in them, and how passwords are set.

Nothing here asks who wants it; that is for the command that calls.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from ..errors import AlreadyExists, InvalidInput, NotAuthenticated, UserNotFound
from ..model import Absence, Group, User
from ..storage import IdentityStore
from . import passwords
from .permissions import ADMIN_GROUP, ALL_PERMISSIONS

RESET_LIFETIME = timedelta(hours=24)


class Accounts:
    """The accounts, inside one transaction and at one moment."""

    def __init__(self, store: IdentityStore, now: datetime) -> None:
        self._store = store
        self._now = now

    def create_user(
        self,
        user_id: str,
        name: str,
        *,
        password: str | None = None,
        email: str = "",
        language: str = "",
        groups: Sequence[str] = (),
    ) -> User:
        """Without a password nobody can sign in as this user. Raises AlreadyExists, GroupNotFound,
        InvalidInput."""
        if not is_user_id(user_id):
            raise InvalidInput(f"'{user_id}' cannot be a user id: {_ID_RULE}")
        user = User(user_id=user_id, name=name.strip() or user_id, email=email, language=language)
        self._store.add_user(
            user, password_hash=passwords.hashed(password) if password else None, created_at=self._now
        )
        for group_id in groups:
            self._store.add_member(user_id, group_id)
        return self.user(user_id)

    def user(self, user_id: str) -> User:
        """Raises UserNotFound."""
        found = self._store.user(user_id)
        if found is None:
            raise UserNotFound(user_id)
        return found

    def update_user(
        self,
        user_id: str,
        *,
        name: str | None = None,
        email: str | None = None,
        language: str | None = None,
        active: bool | None = None,
    ) -> User:
        """Change what is given. Raises UserNotFound."""
        given = {"name": name, "email": email, "language": language, "active": active}
        changes = {field: value for field, value in given.items() if value is not None}
        if changes:
            self._store.update_user(user_id, **changes)
        return self.user(user_id)

    def set_password(self, user_id: str, password: str) -> None:
        """Sessions opened with the old one are over. Raises UserNotFound, InvalidInput."""
        self._store.set_password_hash(user_id, passwords.hashed(password), new_version=True)

    def offer_reset(self, user_id: str) -> str:
        """A token with which the user may set a new password, once, within a day; only its hash is kept.
        Raises UserNotFound."""
        self.user(user_id)
        token = secrets.token_urlsafe(32)
        self._store.add_reset(_digest(token), user_id=user_id, expires_at=self._now + RESET_LIFETIME)
        return token

    def reset_password(self, token: str, password: str) -> User:
        """Raises NotAuthenticated for a token that is unknown, used or too old, and InvalidInput."""
        password_hash = passwords.hashed(password)
        user_id = self._store.take_reset(_digest(token), self._now)
        if user_id is None:
            raise NotAuthenticated("this link is no longer good; ask for another one")
        self._store.set_password_hash(user_id, password_hash, new_version=True)
        return self.user(user_id)

    def put_group(
        self,
        group_id: str,
        name: str,
        *,
        names: Mapping[str, str] | None = None,
        permissions: Sequence[str] = (),
    ) -> Group:
        """Create a group, or change the one that exists. Raises InvalidInput for an unknown permission."""
        if not is_user_id(group_id):
            raise InvalidInput(f"'{group_id}' cannot be a group id: {_ID_RULE}")
        unknown = sorted(set(permissions) - ALL_PERMISSIONS)
        if unknown:
            known = ", ".join(sorted(ALL_PERMISSIONS))
            raise InvalidInput(f"unknown permission {', '.join(unknown)}; known permissions: {known}")
        held = ALL_PERMISSIONS if group_id == ADMIN_GROUP else frozenset(permissions)
        group = Group(group_id=group_id, name=name, names=dict(names or {}), permissions=held)
        try:
            self._store.add_group(group)
        except AlreadyExists:  # found out by the insertion itself: somebody may be putting it now
            self._store.update_group(group_id, name=name, names=group.names)
            self._store.set_permissions(group_id, held)
        return group

    def set_absence(self, user_id: str, substitute_id: str, *, start: datetime, end: datetime) -> Absence:
        """While away, the substitute may act in the user's place. Raises UserNotFound, InvalidInput."""
        if end <= start:
            raise InvalidInput("an absence ends after it starts")
        if substitute_id == user_id:
            raise InvalidInput("nobody can be their own substitute")
        absence = Absence(user_id=user_id, substitute_id=substitute_id, start=start, end=end)
        self._store.add_absence(absence)
        return absence


def is_user_id(text: str) -> bool:
    """Whether `text` may name a user or a group."""
    return re.fullmatch(r"[\w][\w.@+-]{0,63}", text) is not None


_ID_RULE = "up to 64 letters, digits, and . @ + - _, beginning with a letter or a digit"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
