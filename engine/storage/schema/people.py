"""Tables of users, groups, rights and absences, and of what guards the sign-in."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table

from ..columns import Json, Key, UtcDateTime
from .base import metadata

user_account = Table(
    # `credential_version` goes up with every change of the password: sessions that carry an older one end.
    "user_account",
    metadata,
    Column("user_id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("email", String, nullable=False),
    Column("language", String(10), nullable=False),
    Column("active", Boolean(create_constraint=False), nullable=False),
    Column("password_hash", String),
    Column("credential_version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

user_group = Table(
    "user_group",
    metadata,
    Column("group_id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("names", Json, nullable=False),
)

membership = Table(
    "membership",
    metadata,
    Column("user_id", ForeignKey("user_account.user_id"), primary_key=True),
    Column("group_id", ForeignKey("user_group.group_id"), primary_key=True, index=True),
)

group_permission = Table(
    "group_permission",
    metadata,
    Column("group_id", ForeignKey("user_group.group_id"), primary_key=True),
    Column("permission", String(60), primary_key=True, index=True),
)

absence = Table(
    "absence",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("user_id", ForeignKey("user_account.user_id"), nullable=False, index=True),
    Column("substitute_id", ForeignKey("user_account.user_id"), nullable=False),
    Column("start", UtcDateTime, nullable=False),
    Column("end", UtcDateTime, nullable=False),
    Index(None, "substitute_id", "end"),
)

sign_in_throttle = Table(
    # `subject` is a user name as typed or an address; failures count over all nodes.
    "sign_in_throttle",
    metadata,
    Column("subject", String(200), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_failure_at", UtcDateTime, nullable=False, index=True),
    Column("blocked_until", UtcDateTime),
)

password_reset = Table(
    "password_reset",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", ForeignKey("user_account.user_id"), nullable=False, index=True),
    Column("expires_at", UtcDateTime, nullable=False),
)
