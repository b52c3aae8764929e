"""Tables of work and waiting: user tasks, jobs, timers, messages, subscriptions, incidents.

What is open is found through partial indexes (`ended_at IS NULL`) or tables that hold open work only,
so that an inbox or a poll for due jobs never pays for history.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from ..columns import Json, Key, UtcDateTime
from .base import metadata

user_task = Table(
    "user_task",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("element_instance_key", Key, nullable=False, index=True),
    Column("process_instance_key", ForeignKey("process_instance.key"), nullable=False, index=True),
    Column("root_process_instance_key", Key, nullable=False, index=True),
    Column("definition_key", ForeignKey("process_definition.key"), nullable=False),
    Column("process_id", String, nullable=False),
    Column("process_version", Integer, nullable=False),
    Column("business_key", String, nullable=False),
    Column("element_id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("names", Json, nullable=False),
    Column("state", String(20), nullable=False),
    Column("assignee", String),
    Column("candidate_groups", Json, nullable=False),
    Column("candidate_users", Json, nullable=False),
    Column("excluded_users", Json, nullable=False),
    Column("due_at", UtcDateTime),
    Column("follow_up_at", UtcDateTime),
    Column("priority", Integer, nullable=False),
    Column("form_id", String, nullable=False),
    Column("form_key", Key),
    Column("external_form", String, nullable=False),
    Column("outcomes", Json, nullable=False),
    Column("outcome_variable", String, nullable=False),
    Column("inbox", Json, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("completed_by", String),
    Column("outcome", String),
)
Index(
    "ix_user_task_open",
    user_task.c.key,
    sqlite_where=text("ended_at IS NULL"),
    postgresql_where=text("ended_at IS NULL"),
)
Index(
    "ix_user_task_assigned",
    user_task.c.assignee,
    user_task.c.key,
    sqlite_where=text("ended_at IS NULL AND assignee IS NOT NULL"),
    postgresql_where=text("ended_at IS NULL AND assignee IS NOT NULL"),
)
Index(
    "ix_user_task_completed_by",
    user_task.c.completed_by,
    user_task.c.key,
    sqlite_where=text("completed_by IS NOT NULL"),
    postgresql_where=text("completed_by IS NOT NULL"),
)

user_task_candidate = Table(
    # Who is offered an open task, and who may not have it. A task offered to nobody in particular has
    # one row of kind "anybody". Rows go when the task ends.
    "user_task_candidate",
    metadata,
    Column("user_task_key", ForeignKey("user_task.key"), primary_key=True),
    Column("kind", String(10), primary_key=True),
    Column("candidate", String, primary_key=True),
    Index(None, "kind", "candidate", "user_task_key"),
)

comment = Table(
    "comment",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("user_task_key", ForeignKey("user_task.key"), nullable=False, index=True),
    Column("process_instance_key", ForeignKey("process_instance.key"), nullable=False, index=True),
    Column("author", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

draft = Table(
    "draft",
    metadata,
    Column("user_task_key", ForeignKey("user_task.key"), primary_key=True),
    Column("user_id", String, primary_key=True),
    Column("values", Json, nullable=False),
    Column("saved_at", UtcDateTime, nullable=False),
)

job = Table(
    # `available_at` is when the job may be taken (next); null while it may not be: ended, or no retries.
    "job",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("type", String, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("retries", Integer, nullable=False),
    Column("headers", Json, nullable=False),
    Column("element_id", String, nullable=False),
    Column("element_instance_key", Key, nullable=False, index=True),
    Column("process_instance_key", ForeignKey("process_instance.key"), nullable=False, index=True),
    Column("root_process_instance_key", Key, nullable=False),
    Column("definition_key", ForeignKey("process_definition.key"), nullable=False),
    Column("process_id", String, nullable=False),
    Column("process_version", Integer, nullable=False),
    Column("listener_event", String(20), nullable=False),
    Column("actor", String, nullable=False),
    Column("worker", String, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("locked_until", UtcDateTime),
    Column("due_at", UtcDateTime, nullable=False),
    Column("available_at", UtcDateTime),
    Column("error_code", String, nullable=False),
    Column("error_message", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)
Index(
    "ix_job_available",
    job.c.type,
    job.c.available_at,
    sqlite_where=text("available_at IS NOT NULL"),
    postgresql_where=text("available_at IS NOT NULL"),
)
Index(
    "ix_job_open",
    job.c.key,
    sqlite_where=text("ended_at IS NULL"),
    postgresql_where=text("ended_at IS NULL"),
)

timer = Table(
    # Open timers only. Without a process instance: a timer start event.
    "timer",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("due_at", UtcDateTime, nullable=False, index=True),
    Column("repetitions", Integer, nullable=False),
    Column("element_id", String, nullable=False),
    Column("element_instance_key", Key),
    Column("process_instance_key", ForeignKey("process_instance.key"), index=True),
    Column("root_process_instance_key", Key),
    Column("definition_key", ForeignKey("process_definition.key"), nullable=False, index=True),
)

message = Table(
    # Published messages until their time to live is over.
    "message",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("name", String, nullable=False),
    Column("correlation_key", String, nullable=False),
    Column("message_id", String, nullable=False),
    Column("variables", Json, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Index(None, "name", "correlation_key", "key"),
)
Index(
    "uq_message_message_id",
    message.c.name,
    message.c.correlation_key,
    message.c.message_id,
    unique=True,
    sqlite_where=text("message_id <> ''"),
    postgresql_where=text("message_id <> ''"),
)

message_correlation = Table(
    # A message reaches each process at most once.
    "message_correlation",
    metadata,
    Column("message_key", ForeignKey("message.key"), primary_key=True),
    Column("process_id", String, primary_key=True),
    Column("process_instance_key", Key, nullable=False),
)

message_subscription = Table(
    # Open subscriptions only. Without a process instance: a message start event.
    "message_subscription",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("message_name", String, nullable=False),
    Column("correlation_key", String, nullable=False),
    Column("element_id", String, nullable=False),
    Column("element_instance_key", Key),
    Column("process_instance_key", ForeignKey("process_instance.key"), index=True),
    Column("root_process_instance_key", Key),
    Column("definition_key", ForeignKey("process_definition.key"), nullable=False, index=True),
    Column("process_id", String, nullable=False),
    Column("interrupting", Boolean(create_constraint=False), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "message_name", "correlation_key"),
)

message_start = Table(
    # The running instance that a message start event opened for a correlation key: at most one.
    "message_start",
    metadata,
    Column("process_id", String, primary_key=True),
    Column("correlation_key", String, primary_key=True),
    Column("process_instance_key", ForeignKey("process_instance.key"), nullable=False, index=True),
)

signal_subscription = Table(
    "signal_subscription",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("signal_name", String, nullable=False, index=True),
    Column("element_id", String, nullable=False),
    Column("element_instance_key", Key),
    Column("process_instance_key", ForeignKey("process_instance.key"), index=True),
    Column("root_process_instance_key", Key),
    Column("definition_key", ForeignKey("process_definition.key"), nullable=False, index=True),
    Column("process_id", String, nullable=False),
    Column("interrupting", Boolean(create_constraint=False), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

incident = Table(
    "incident",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=False),
    Column("error_type", String(60), nullable=False),
    Column("message", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("trace", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("element_id", String, nullable=False),
    Column("element_instance_key", Key, nullable=False),
    Column("process_instance_key", ForeignKey("process_instance.key"), nullable=False, index=True),
    Column("root_process_instance_key", Key, nullable=False, index=True),
    Column("definition_key", ForeignKey("process_definition.key"), nullable=False),
    Column("process_id", String, nullable=False),
    Column("job_key", ForeignKey("job.key"), index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("resolved_at", UtcDateTime),
    Column("resolved_by", String),
)
Index(
    "ix_incident_open",
    incident.c.key,
    sqlite_where=text("resolved_at IS NULL"),
    postgresql_where=text("resolved_at IS NULL"),
)
