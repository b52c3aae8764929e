"""In whose place a user may act at a moment: their own, and that of the absent who named them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from .link import Link
from .schema import absence, membership


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
