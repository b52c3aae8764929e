"""Tables of what happened: audit trail, decision log, documents; and the installation's own rows."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from ..columns import Json, Key, UtcDateTime
from .base import metadata

audit_entry = Table(
    # Append-only. `chain` is the key of the process instance, or 0 for commands outside instances.
    # The unique position keeps a chain from forking.
    "audit_entry",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("chain", Key, nullable=False),
    Column("position", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String, nullable=False),
    Column("channel", String(20), nullable=False),
    Column("action", String, nullable=False),
    Column("subject_kind", String, nullable=False),
    Column("subject_key", String, nullable=False),
    Column("details", Json, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("chain", "position"),
    Index(None, "actor", "key"),
    Index(None, "subject_kind", "subject_key"),
)

audit_chain = Table(
    # The head of the chain outside instances (chain 0); an instance's head stands on its own row.
    "audit_chain",
    metadata,
    Column("chain", Key, primary_key=True, autoincrement=False),
    Column("head", String(64), nullable=False),
    Column("length", Integer, nullable=False),
)

decision_entry = Table(
    "decision_entry",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("decision_id", String, nullable=False),
    Column("decision_version", Integer, nullable=False),
    Column("decision_key", Key, nullable=False),
    Column("process_instance_key", ForeignKey("process_instance.key"), nullable=False, index=True),
    Column("element_id", String, nullable=False),
    Column("element_instance_key", Key, nullable=False),
    Column("inputs", Json, nullable=False),
    Column("output", Json, nullable=False),
    Column("matched_rules", Json, nullable=False),
    Column("explanation", Json, nullable=False),
    Index(None, "decision_id", "key"),
)

document_content = Table(
    "document_content",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

document = Table(
    "document",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("name", String, nullable=False),
    Column("media_type", String, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", ForeignKey("document_content.sha256"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String, nullable=False),
    # A handler stores a document before the step that starts its instance is written.
    Column(
        "process_instance_key",
        ForeignKey("process_instance.key", deferrable=True, initially="DEFERRED"),
        index=True,
    ),
    Column("readers", Json, nullable=False),
)

counter = Table(
    # On SQLite the next free key; PostgreSQL has the sequence `key_sequence` for it.
    "counter",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

setting = Table(
    # Facts about this installation that must survive a restart.
    "setting",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("value", Text, nullable=False),
)
