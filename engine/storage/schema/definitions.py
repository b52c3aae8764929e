"""Tables of what was deployed: files, and the processes, decisions and forms in them."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from ..columns import Json, Key, UtcDateTime
from .base import metadata

deployment = Table(
    "deployment",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("deployed_at", UtcDateTime, nullable=False),
    Column("deployed_by", String, nullable=False),
)

resource = Table(
    "resource",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("deployment_key", ForeignKey("deployment.key"), nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("checksum", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Index(None, "name", "checksum"),
)

process_definition = Table(
    "process_definition",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("process_id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", String, nullable=False),
    Column("names", Json, nullable=False),
    Column("version_tag", String, nullable=False),
    Column("resource_key", ForeignKey("resource.key"), nullable=False, index=True),
    Column("resource_name", String, nullable=False),
    Column("checksum", String(64), nullable=False),
    Column("deployment_key", ForeignKey("deployment.key"), nullable=False, index=True),
    Column("deployed_at", UtcDateTime, nullable=False),
    Column("deployed_by", String, nullable=False),
    Column("draft", Boolean(create_constraint=False), nullable=False),
    Column("candidate_starters", Json, nullable=False),
    Column("start_form_id", String, nullable=False),
    Column("problems", Json, nullable=False),
    UniqueConstraint("process_id", "version"),
)

decision_requirements = Table(
    "decision_requirements",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("requirements_id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", String, nullable=False),
    Column("resource_key", ForeignKey("resource.key"), nullable=False, index=True),
    Column("resource_name", String, nullable=False),
    Column("checksum", String(64), nullable=False),
    Column("deployment_key", ForeignKey("deployment.key"), nullable=False, index=True),
    Column("deployed_at", UtcDateTime, nullable=False),
    UniqueConstraint("requirements_id", "version"),
)

decision_definition = Table(
    "decision_definition",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("decision_id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", String, nullable=False),
    Column("names", Json, nullable=False),
    Column("version_tag", String, nullable=False),
    Column("requirements_key", ForeignKey("decision_requirements.key"), nullable=False, index=True),
    Column("requirements_id", String, nullable=False),
    Column("deployment_key", ForeignKey("deployment.key"), nullable=False, index=True),
    UniqueConstraint("decision_id", "version"),
)

form = Table(
    "form",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("form_id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("version_tag", String, nullable=False),
    Column("resource_key", ForeignKey("resource.key"), nullable=False, index=True),
    Column("resource_name", String, nullable=False),
    Column("checksum", String(64), nullable=False),
    Column("deployment_key", ForeignKey("deployment.key"), nullable=False, index=True),
    Column("deployed_at", UtcDateTime, nullable=False),
    Column("schema", Json, nullable=False),
    UniqueConstraint("form_id", "version"),
)

deployment_item = Table(
    # What a deployment answered with, definitions included that had not changed: for the binding
    # "deployment", which means the versions that were current in the caller's own deployment.
    "deployment_item",
    metadata,
    Column("deployment_key", ForeignKey("deployment.key"), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("resource_id", String, primary_key=True),
    Column("definition_key", Key, nullable=False),
    Column("is_new", Boolean(create_constraint=False), nullable=False),
)
