"""Tables of batch operations: what is to be done, and one row per process instance or incident."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from ..columns import Json, Key, UtcDateTime
from .base import metadata

batch_operation = Table(
    # `actor`, `channel` and `by_system` are in whose name the items act.
    "batch_operation",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("type", String(40), nullable=False),
    Column("state", String(20), nullable=False),
    Column("repair", Json, nullable=False),
    Column("actor", String, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("by_system", Boolean(create_constraint=False), nullable=False),
    Column("total", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)
Index(
    "ix_batch_operation_open",
    batch_operation.c.key,
    sqlite_where=text("ended_at IS NULL"),
    postgresql_where=text("ended_at IS NULL"),
)

batch_operation_item = Table(
    # `processed_at` is null while the item is still to be done.
    "batch_operation_item",
    metadata,
    Column("batch_operation_key", ForeignKey("batch_operation.key"), primary_key=True),
    Column("item_key", Key, primary_key=True, autoincrement=False),
    Column("process_instance_key", ForeignKey("process_instance.key"), nullable=False, index=True),
    Column("root_process_instance_key", Key, nullable=False),
    Column("type", String(40), nullable=False),
    Column("state", String(20), nullable=False),
    Column("processed_at", UtcDateTime),
    Column("error_code", String(40), nullable=False),
    Column("error_message", Text, nullable=False),
    Index(None, "batch_operation_key", "state"),
)
Index(
    "ix_batch_operation_item_open",
    batch_operation_item.c.batch_operation_key,
    batch_operation_item.c.item_key,
    sqlite_where=text("processed_at IS NULL"),
    postgresql_where=text("processed_at IS NULL"),
)
