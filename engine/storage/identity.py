"""The rows of users, groups, memberships, absences and sign-ins. The rules stand in `engine.identity`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, or_, select, update

from ..errors import AlreadyExists, GroupNotFound, UserNotFound
from ..model import Absence, Group, User
from .link import Link, as_dict
from .principals import Standing
from .schema import (
    absence,
    group_permission,
    membership,
    password_reset,
    sign_in_throttle,
    user_account,
    user_group,
)


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What signing in needs. `password_hash` None: the user cannot sign in with a password."""

    user_id: str
    password_hash: str | None
    version: int
    active: bool


@dataclass(frozen=True, kw_only=True)
class Throttle:
    """Failed sign-ins in a row of a user name or an address."""

    subject: str
    failures: int
    last_failure_at: datetime
    blocked_until: datetime | None


class IdentityStore:
    def __init__(self, link: Link) -> None:
        self._link = link

    # --- users

    def user(self, user_id: str) -> User | None:
        found = self._users(select(user_account).where(user_account.c.user_id == user_id))
        return found[0] if found else None

    def users(self, *, group_id: str | None = None) -> tuple[User, ...]:
        """By id; only the members of a group when given."""
        query = select(user_account)
        if group_id is not None:
            members = select(membership.c.user_id).where(membership.c.group_id == group_id)
            query = query.where(user_account.c.user_id.in_(members))
        return self._users(query.order_by(user_account.c.user_id))

    def add_user(self, user: User, *, password_hash: str | None, created_at: datetime) -> None:
        """`groups` and `permissions` of the value are not looked at. Raises AlreadyExists."""
        row = {
            "user_id": user.user_id,
            "name": user.name,
            "email": user.email,
            "language": user.language,
            "active": user.active,
            "password_hash": password_hash,
            "credential_version": 1,
            "created_at": created_at,
        }
        if not self._link.insert_new(user_account, row):
            raise AlreadyExists(f"there is a user '{user.user_id}' already")

    def update_user(self, user_id: str, **fields: Any) -> None:
        """Fields among name, email, language, active. Raises UserNotFound."""
        changed = self._link.execute(
            update(user_account).where(user_account.c.user_id == user_id).values(**fields)
        )
        if changed.rowcount == 0:
            raise UserNotFound(user_id)

    def credentials(self, user_id: str) -> Credentials | None:
        columns = user_account.c
        row = self._link.row(
            select(columns.user_id, columns.password_hash, columns.credential_version, columns.active).where(
                columns.user_id == user_id
            )
        )
        if row is None:
            return None
        return Credentials(
            user_id=row.user_id,
            password_hash=row.password_hash,
            version=row.credential_version,
            active=row.active,
        )

    def set_password_hash(self, user_id: str, password_hash: str | None, *, new_version: bool) -> None:
        """`new_version` ends the sessions that were opened before. Raises UserNotFound."""
        step = 1 if new_version else 0
        self.update_user(
            user_id,
            password_hash=password_hash,
            credential_version=user_account.c.credential_version + step,
        )

    # --- groups

    def group(self, group_id: str) -> Group | None:
        found = self._groups(select(user_group).where(user_group.c.group_id == group_id))
        return found[0] if found else None

    def groups(self) -> tuple[Group, ...]:
        """By id."""
        return self._groups(select(user_group).order_by(user_group.c.group_id))

    def add_group(self, group: Group) -> None:
        """With its permissions. Raises AlreadyExists."""
        row = {"group_id": group.group_id, "name": group.name, "names": dict(group.names)}
        if not self._link.insert_new(user_group, row):
            raise AlreadyExists(f"there is a group '{group.group_id}' already")
        self.set_permissions(group.group_id, group.permissions)

    def update_group(self, group_id: str, *, name: str, names: Mapping[str, str]) -> None:
        """Raises GroupNotFound."""
        changed = self._link.execute(
            update(user_group).where(user_group.c.group_id == group_id).values(name=name, names=dict(names))
        )
        if changed.rowcount == 0:
            raise GroupNotFound(group_id)

    def set_permissions(self, group_id: str, permissions: Collection[str]) -> None:
        """Exactly these from now on."""
        self._link.delete(group_permission, "group_id", [group_id])
        rows = [{"group_id": group_id, "permission": word} for word in sorted(set(permissions))]
        self._link.insert(group_permission, rows)

    def add_member(self, user_id: str, group_id: str) -> None:
        """Does nothing for a member. Raises UserNotFound, GroupNotFound."""
        self._need_user(user_id)
        self._need_group(group_id)
        self._link.insert_new(membership, {"user_id": user_id, "group_id": group_id})

    def remove_member(self, user_id: str, group_id: str) -> None:
        self._link.execute(
            delete(membership).where(membership.c.user_id == user_id, membership.c.group_id == group_id)
        )

    def eligible(self, groups: Collection[str], users: Collection[str]) -> set[str]:
        """Active users who are named or are members of one of the groups."""
        members = select(membership.c.user_id).where(membership.c.group_id.in_(list(groups)))
        query = select(user_account.c.user_id).where(
            user_account.c.active,
            or_(user_account.c.user_id.in_(list(users)), user_account.c.user_id.in_(members)),
        )
        return {row.user_id for row in self._link.rows(query)}

    # --- absences

    def absences(self, user_id: str) -> tuple[tuple[int, Absence], ...]:
        """With their keys, earliest first."""
        query = select(absence).where(absence.c.user_id == user_id).order_by(absence.c.start)
        found = []
        for row in self._link.rows(query):
            fields = as_dict(row)
            found.append((fields.pop("key"), Absence(**fields)))
        return tuple(found)

    def add_absence(self, value: Absence) -> int:
        """Answers its key. Raises UserNotFound."""
        self._need_user(value.user_id)
        self._need_user(value.substitute_id)
        key = self._link.keys.next()
        self._link.insert(absence, [vars(value) | {"key": key}])
        return key

    def remove_absence(self, key: int) -> None:
        self._link.delete(absence, "key", [key])

    def standing(self, user_id: str, now: datetime) -> Standing:
        """Who the user is at this moment, and in whose place they may act."""
        return Standing.of(self._link, user_id, now)

    # --- signing in

    def throttle(self, subject: str) -> Throttle | None:
        row = self._link.row(select(sign_in_throttle).where(sign_in_throttle.c.subject == subject))
        return None if row is None else Throttle(**as_dict(row))

    def count_failure(self, subject: str, at: datetime) -> int:
        """One more; answers how many in a row. The row is locked until the transaction ends, the first one
        as well, so that attempts on several nodes are all counted."""
        first = {"subject": subject, "failures": 1, "last_failure_at": at, "blocked_until": None}
        statement = self._link.upsert(sign_in_throttle).values(**first)
        return int(
            self._link.value(
                statement.on_conflict_do_update(
                    index_elements=[sign_in_throttle.c.subject],
                    set_={"failures": sign_in_throttle.c.failures + 1, "last_failure_at": at},
                ).returning(sign_in_throttle.c.failures)
            )
        )

    def block(self, subject: str, until: datetime | None) -> None:
        """Nobody signs in for this subject until then."""
        chosen = sign_in_throttle.c.subject == subject
        self._link.execute(update(sign_in_throttle).where(chosen).values(blocked_until=until))

    def clear_throttle(self, subject: str) -> None:
        self._link.delete(sign_in_throttle, "subject", [subject])

    def forget_throttles(self, before: datetime) -> None:
        """Drop the counts of those who have not failed since `before`."""
        self._link.execute(delete(sign_in_throttle).where(sign_in_throttle.c.last_failure_at < before))

    def add_reset(self, token_hash: str, *, user_id: str, expires_at: datetime) -> None:
        """A way to set a new password; earlier ones of the user are no longer good."""
        self._link.delete(password_reset, "user_id", [user_id])
        row = {"token_hash": token_hash, "user_id": user_id, "expires_at": expires_at}
        self._link.insert(password_reset, [row])

    def take_reset(self, token_hash: str, now: datetime) -> str | None:
        """Use a reset up; answers the user it is for, or None when it is unknown or too old."""
        taken = self._link.execute(
            delete(password_reset)
            .where(password_reset.c.token_hash == token_hash)
            .returning(password_reset.c.user_id, password_reset.c.expires_at)
        ).first()
        return taken.user_id if taken is not None and taken.expires_at > now else None

    def _users(self, query: Select[Any]) -> tuple[User, ...]:
        rows = self._link.rows(query)
        ids = [row.user_id for row in rows]
        groups: dict[str, set[str]] = {user_id: set() for user_id in ids}
        chosen = select(membership).where(membership.c.user_id.in_(ids))
        for member in self._link.rows(chosen):
            groups[member.user_id].add(member.group_id)
        words = self._permissions({group for held in groups.values() for group in held})
        return tuple(
            User(
                user_id=row.user_id,
                name=row.name,
                email=row.email,
                language=row.language,
                active=row.active,
                groups=frozenset(groups[row.user_id]),
                permissions=frozenset(word for group in groups[row.user_id] for word in words[group]),
                created_at=row.created_at,
                credential_version=row.credential_version,
            )
            for row in rows
        )

    def _groups(self, query: Select[Any]) -> tuple[Group, ...]:
        rows = self._link.rows(query)
        words = self._permissions({row.group_id for row in rows})
        return tuple(
            Group(
                group_id=row.group_id,
                name=row.name,
                names=row.names,
                permissions=frozenset(words[row.group_id]),
            )
            for row in rows
        )

    def _permissions(self, groups: set[str]) -> dict[str, set[str]]:
        words: dict[str, set[str]] = {group: set() for group in groups}
        chosen = select(group_permission).where(group_permission.c.group_id.in_(groups))
        for row in self._link.rows(chosen):
            words[row.group_id].add(row.permission)
        return words

    def _need_user(self, user_id: str) -> None:
        query = select(func.count()).where(user_account.c.user_id == user_id)
        if self._link.value(query) == 0:
            raise UserNotFound(user_id)

    def _need_group(self, group_id: str) -> None:
        query = select(func.count()).where(user_group.c.group_id == group_id)
        if self._link.value(query) == 0:
            raise GroupNotFound(group_id)
