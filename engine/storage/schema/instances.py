"""Tables of running and finished process instances: tokens, variables and the append-only history."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ..columns import Json, Key, UtcDateTime
from .base import metadata

process_instance = Table(
    "process_instance",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("root_key", ForeignKey("process_instance.key"), nullable=False, index=True),
    Column("parent_key", ForeignKey("process_instance.key")),
    Column("parent_element_instance_key", Key),
    Column("definition_key", ForeignKey("process_definition.key"), nullable=False),
    Column("process_id", String, nullable=False),
    Column("process_version", Integer, nullable=False),
    Column("business_key", String, nullable=False),
    Column("state", String(20), nullable=False),
    Column("incidents", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("started_by", String, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("audit_head", String(64), nullable=False),
    Column("audit_length", Integer, nullable=False),
    Index(None, "process_id", "key"),
    Index(None, "definition_key", "state"),
)
Index(
    "ix_process_instance_parent",
    process_instance.c.parent_key,
    sqlite_where=text("parent_key IS NOT NULL"),
    postgresql_where=text("parent_key IS NOT NULL"),
)
Index(
    "ix_process_instance_caller",
    process_instance.c.parent_element_instance_key,
    sqlite_where=text("parent_element_instance_key IS NOT NULL"),
    postgresql_where=text("parent_element_instance_key IS NOT NULL"),
)
Index(
    "ix_process_instance_business_key",
    process_instance.c.business_key,
    sqlite_where=text("business_key <> ''"),
    postgresql_where=text("business_key <> ''"),
)
Index(
    "ix_process_instance_running",
    process_instance.c.key,
    sqlite_where=text("ended_at IS NULL"),
    postgresql_where=text("ended_at IS NULL"),
)
Index(
    "ix_process_instance_with_incident",
    process_instance.c.key,
    sqlite_where=text("incidents > 0"),
    postgresql_where=text("incidents > 0"),
)

token = Table(
    # The live element instances, and nothing else.
    "token",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("process_instance_key", ForeignKey("process_instance.key"), nullable=False, index=True),
    Column("scope_key", Key),
    Column("element_id", String, nullable=False),
    Column("element_type", String(40), nullable=False),
    Column("state", String(20), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("started_position", Integer, nullable=False),
    Column("loop_counter", Integer),
    Column("data", Json, nullable=False),
)

element_instance = Table(
    # Finished element instances: append-only.
    "element_instance",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("process_instance_key", ForeignKey("process_instance.key"), nullable=False),
    Column("scope_key", Key),
    Column("element_id", String, nullable=False),
    Column("element_type", String(40), nullable=False),
    Column("state", String(20), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, nullable=False),
    Column("started_position", Integer, nullable=False),
    Column("ended_position", Integer, nullable=False),
    Column("loop_counter", Integer),
    Column("actor", String, nullable=False),
    # With the actor: who completed an element is found without reading every round of it.
    Index(None, "process_instance_key", "element_id", "actor"),
)

flow_taken = Table(
    "flow_taken",
    metadata,
    Column("process_instance_key", ForeignKey("process_instance.key"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("flow_id", String, primary_key=True),
)

variable = Table(
    # `live` is false once the scope has ended; the process instance's own variables stay live. `size` is
    # the length of the value's text: large ones are read only when asked for.
    "variable",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("process_instance_key", ForeignKey("process_instance.key"), nullable=False, index=True),
    Column("scope_key", Key, nullable=False),
    Column("name", String, nullable=False),
    Column("size", Integer, nullable=False),
    Column("live", Boolean(create_constraint=False), nullable=False),
    Column("value", Text, nullable=False),
    UniqueConstraint("scope_key", "name"),
)
Index(
    "ix_variable_live",
    variable.c.process_instance_key,
    sqlite_where=text("live = 1"),
    postgresql_where=text("live"),
)
