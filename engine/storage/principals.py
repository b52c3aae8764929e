"""Who somebody is at a moment: their groups and permissions, and the absent in whose place they may act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, case, literal_column, null, select, union_all

from .columns import UtcDateTime
from .link import Link
from .schema import absence, group_permission, membership, user_account


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What every check of rights asks for, read with one statement. `groups` and `permissions` are those of
    the user's own memberships; `absent` are the users they stand in for, with the groups of each."""

    exists: bool
    active: bool
    groups: frozenset[str]
    permissions: frozenset[str]
    absent: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, link: Link, user_id: str, now: datetime) -> Standing:
        rows = link.rows(_STANDING, user=user_id, now=now)
        account = [row.detail for row in rows if row.kind == "account"]
        absent: dict[str, frozenset[str]] = {}
        for row in rows:
            if row.kind == "absent":
                absent[row.name] = absent.get(row.name, frozenset()).union(filter(None, [row.detail]))
        return cls(
            exists=bool(account),
            active=account == ["active"],
            groups=frozenset(row.name for row in rows if row.kind == "group"),
            permissions=frozenset(row.detail for row in rows if row.kind == "group" and row.detail),
            absent=absent,
        )


@dataclass(frozen=True)
class Principals:
    """`users` holds the user and those they stand in for; `groups` the groups of all of them."""

    users: frozenset[str]
    groups: frozenset[str]

    @classmethod
    def of(cls, link: Link, user_id: str, now: datetime) -> Principals:
        users = {user_id} | absent_users(link, user_id, now)
        groups = select(membership.c.group_id).where(membership.c.user_id.in_(users))
        return cls(frozenset(users), frozenset(row.group_id for row in link.rows(groups)))


def absent_users(link: Link, user_id: str, now: datetime) -> frozenset[str]:
    """Who is away at this moment and named this user as substitute."""
    away = select(absence.c.user_id).where(
        absence.c.substitute_id == user_id, absence.c.start <= now, absence.c.end > now
    )
    return frozenset(row.user_id for row in link.rows(away)) - {user_id}


_AWAY = (
    absence.c.substitute_id == bindparam("user"),
    absence.c.user_id != bindparam("user"),
    absence.c.start <= bindparam("now", type_=UtcDateTime),
    absence.c.end > bindparam("now", type_=UtcDateTime),
)
_STANDING = union_all(
    select(
        literal_column("'account'").label("kind"),
        user_account.c.user_id.label("name"),
        case((user_account.c.active, literal_column("'active'")), else_=null()).label("detail"),
    ).where(user_account.c.user_id == bindparam("user")),
    select(literal_column("'group'"), membership.c.group_id, group_permission.c.permission)
    .outerjoin(group_permission, group_permission.c.group_id == membership.c.group_id)
    .where(membership.c.user_id == bindparam("user")),
    select(literal_column("'absent'"), absence.c.user_id, membership.c.group_id)
    .outerjoin(membership, membership.c.user_id == absence.c.user_id)
    .where(*_AWAY),
)
