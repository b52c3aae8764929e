"""The tables of the engine."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenure.migrations import column_types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_chain",
        sa.Column("chain", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name="pk_audit_chain"),
    )
    op.create_table(
        "audit_entry",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("chain", column_types.key(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", column_types.utc_time(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_key", sa.String(), nullable=False),
        sa.Column("details", column_types.json(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_audit_entry"),
        sa.UniqueConstraint("chain", "position", name="uq_audit_entry_chain_position"),
    )
    op.create_index("ix_audit_entry_actor_key", "audit_entry", ["actor", "key"])
    op.create_index("ix_audit_entry_subject_kind_subject_key", "audit_entry", ["subject_kind", "subject_key"])
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counter"),
    )
    op.create_table(
        "deployment",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("deployed_at", column_types.utc_time(), nullable=False),
        sa.Column("deployed_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_deployment"),
    )
    op.create_table(
        "document_content",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_document_content"),
    )
    op.create_table(
        "message",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("correlation_key", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("variables", column_types.json(), nullable=False),
        sa.Column("published_at", column_types.utc_time(), nullable=False),
        sa.Column("expires_at", column_types.utc_time(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_message"),
    )
    op.create_index("ix_message_expires_at", "message", ["expires_at"])
    op.create_index("ix_message_name_correlation_key_key", "message", ["name", "correlation_key", "key"])
    op.create_index(
        "uq_message_message_id",
        "message",
        ["name", "correlation_key", "message_id"],
        unique=True,
        sqlite_where=sa.text("message_id <> ''"),
        postgresql_where=sa.text("message_id <> ''"),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_setting"),
    )
    op.create_table(
        "sign_in_throttle",
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failure_at", column_types.utc_time(), nullable=False),
        sa.Column("blocked_until", column_types.utc_time(), nullable=True),
        sa.PrimaryKeyConstraint("subject", name="pk_sign_in_throttle"),
    )
    op.create_index("ix_sign_in_throttle_last_failure_at", "sign_in_throttle", ["last_failure_at"])
    op.create_table(
        "user_account",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("credential_version", sa.Integer(), nullable=False),
        sa.Column("created_at", column_types.utc_time(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_user_account"),
    )
    op.create_table(
        "user_group",
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("names", column_types.json(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", name="pk_user_group"),
    )
    op.create_table(
        "absence",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("substitute_id", sa.String(), nullable=False),
        sa.Column("start", column_types.utc_time(), nullable=False),
        sa.Column("end", column_types.utc_time(), nullable=False),
        sa.ForeignKeyConstraint(["substitute_id"], ["user_account.user_id"], name="fk_absence_substitute_id"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.user_id"], name="fk_absence_user_id"),
        sa.PrimaryKeyConstraint("key", name="pk_absence"),
    )
    op.create_index("ix_absence_substitute_id_end", "absence", ["substitute_id", "end"])
    op.create_index("ix_absence_user_id", "absence", ["user_id"])
    op.create_table(
        "deployment_item",
        sa.Column("deployment_key", column_types.key(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("resource_id", sa.String(), nullable=False),
        sa.Column("definition_key", column_types.key(), nullable=False),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_key"], ["deployment.key"], name="fk_deployment_item_deployment_key"
        ),
        sa.PrimaryKeyConstraint("deployment_key", "kind", "resource_id", name="pk_deployment_item"),
    )
    op.create_table(
        "group_permission",
        sa.Column("group_id", sa.String(), nullable=False),
        sa.Column("permission", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["user_group.group_id"], name="fk_group_permission_group_id"),
        sa.PrimaryKeyConstraint("group_id", "permission", name="pk_group_permission"),
    )
    op.create_index("ix_group_permission_permission", "group_permission", ["permission"])
    op.create_table(
        "membership",
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("group_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["user_group.group_id"], name="fk_membership_group_id"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.user_id"], name="fk_membership_user_id"),
        sa.PrimaryKeyConstraint("user_id", "group_id", name="pk_membership"),
    )
    op.create_index("ix_membership_group_id", "membership", ["group_id"])
    op.create_table(
        "message_correlation",
        sa.Column("message_key", column_types.key(), nullable=False),
        sa.Column("process_id", sa.String(), nullable=False),
        sa.Column("process_instance_key", column_types.key(), nullable=False),
        sa.ForeignKeyConstraint(["message_key"], ["message.key"], name="fk_message_correlation_message_key"),
        sa.PrimaryKeyConstraint("message_key", "process_id", name="pk_message_correlation"),
    )
    op.create_table(
        "password_reset",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("expires_at", column_types.utc_time(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.user_id"], name="fk_password_reset_user_id"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_password_reset"),
    )
    op.create_index("ix_password_reset_user_id", "password_reset", ["user_id"])
    op.create_table(
        "resource",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("deployment_key", column_types.key(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["deployment_key"], ["deployment.key"], name="fk_resource_deployment_key"),
        sa.PrimaryKeyConstraint("key", name="pk_resource"),
    )
    op.create_index("ix_resource_deployment_key", "resource", ["deployment_key"])
    op.create_index("ix_resource_name_checksum", "resource", ["name", "checksum"])
    op.create_table(
        "decision_requirements",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("requirements_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("resource_key", column_types.key(), nullable=False),
        sa.Column("resource_name", sa.String(), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("deployment_key", column_types.key(), nullable=False),
        sa.Column("deployed_at", column_types.utc_time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_key"], ["deployment.key"], name="fk_decision_requirements_deployment_key"
        ),
        sa.ForeignKeyConstraint(
            ["resource_key"], ["resource.key"], name="fk_decision_requirements_resource_key"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_decision_requirements"),
        sa.UniqueConstraint(
            "requirements_id", "version", name="uq_decision_requirements_requirements_id_version"
        ),
    )
    op.create_index("ix_decision_requirements_deployment_key", "decision_requirements", ["deployment_key"])
    op.create_index("ix_decision_requirements_resource_key", "decision_requirements", ["resource_key"])
    op.create_table(
        "form",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("form_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("version_tag", sa.String(), nullable=False),
        sa.Column("resource_key", column_types.key(), nullable=False),
        sa.Column("resource_name", sa.String(), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("deployment_key", column_types.key(), nullable=False),
        sa.Column("deployed_at", column_types.utc_time(), nullable=False),
        sa.Column("schema", column_types.json(), nullable=False),
        sa.ForeignKeyConstraint(["deployment_key"], ["deployment.key"], name="fk_form_deployment_key"),
        sa.ForeignKeyConstraint(["resource_key"], ["resource.key"], name="fk_form_resource_key"),
        sa.PrimaryKeyConstraint("key", name="pk_form"),
        sa.UniqueConstraint("form_id", "version", name="uq_form_form_id_version"),
    )
    op.create_index("ix_form_deployment_key", "form", ["deployment_key"])
    op.create_index("ix_form_resource_key", "form", ["resource_key"])
    op.create_table(
        "process_definition",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("process_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("names", column_types.json(), nullable=False),
        sa.Column("version_tag", sa.String(), nullable=False),
        sa.Column("resource_key", column_types.key(), nullable=False),
        sa.Column("resource_name", sa.String(), nullable=False),
        sa.Column("checksum", sa.String(length=64), nullable=False),
        sa.Column("deployment_key", column_types.key(), nullable=False),
        sa.Column("deployed_at", column_types.utc_time(), nullable=False),
        sa.Column("deployed_by", sa.String(), nullable=False),
        sa.Column("draft", sa.Boolean(), nullable=False),
        sa.Column("candidate_starters", column_types.json(), nullable=False),
        sa.Column("start_form_id", sa.String(), nullable=False),
        sa.Column("problems", column_types.json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_key"], ["deployment.key"], name="fk_process_definition_deployment_key"
        ),
        sa.ForeignKeyConstraint(
            ["resource_key"], ["resource.key"], name="fk_process_definition_resource_key"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_process_definition"),
        sa.UniqueConstraint("process_id", "version", name="uq_process_definition_process_id_version"),
    )
    op.create_index("ix_process_definition_deployment_key", "process_definition", ["deployment_key"])
    op.create_index("ix_process_definition_resource_key", "process_definition", ["resource_key"])
    op.create_table(
        "decision_definition",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("names", column_types.json(), nullable=False),
        sa.Column("version_tag", sa.String(), nullable=False),
        sa.Column("requirements_key", column_types.key(), nullable=False),
        sa.Column("requirements_id", sa.String(), nullable=False),
        sa.Column("deployment_key", column_types.key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment_key"], ["deployment.key"], name="fk_decision_definition_deployment_key"
        ),
        sa.ForeignKeyConstraint(
            ["requirements_key"],
            ["decision_requirements.key"],
            name="fk_decision_definition_requirements_key",
        ),
        sa.PrimaryKeyConstraint("key", name="pk_decision_definition"),
        sa.UniqueConstraint("decision_id", "version", name="uq_decision_definition_decision_id_version"),
    )
    op.create_index("ix_decision_definition_deployment_key", "decision_definition", ["deployment_key"])
    op.create_index("ix_decision_definition_requirements_key", "decision_definition", ["requirements_key"])
    op.create_table(
        "process_instance",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("root_key", column_types.key(), nullable=False),
        sa.Column("parent_key", column_types.key(), nullable=True),
        sa.Column("parent_element_instance_key", column_types.key(), nullable=True),
        sa.Column("definition_key", column_types.key(), nullable=False),
        sa.Column("process_id", sa.String(), nullable=False),
        sa.Column("process_version", sa.Integer(), nullable=False),
        sa.Column("business_key", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("incidents", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("started_at", column_types.utc_time(), nullable=False),
        sa.Column("started_by", sa.String(), nullable=False),
        sa.Column("ended_at", column_types.utc_time(), nullable=True),
        sa.Column("audit_head", sa.String(length=64), nullable=False),
        sa.Column("audit_length", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["definition_key"], ["process_definition.key"], name="fk_process_instance_definition_key"
        ),
        sa.ForeignKeyConstraint(
            ["parent_key"], ["process_instance.key"], name="fk_process_instance_parent_key"
        ),
        sa.ForeignKeyConstraint(["root_key"], ["process_instance.key"], name="fk_process_instance_root_key"),
        sa.PrimaryKeyConstraint("key", name="pk_process_instance"),
    )
    op.create_index(
        "ix_process_instance_business_key",
        "process_instance",
        ["business_key"],
        unique=False,
        sqlite_where=sa.text("business_key <> ''"),
        postgresql_where=sa.text("business_key <> ''"),
    )
    op.create_index(
        "ix_process_instance_caller",
        "process_instance",
        ["parent_element_instance_key"],
        unique=False,
        sqlite_where=sa.text("parent_element_instance_key IS NOT NULL"),
        postgresql_where=sa.text("parent_element_instance_key IS NOT NULL"),
    )
    op.create_index(
        "ix_process_instance_definition_key_state", "process_instance", ["definition_key", "state"]
    )
    op.create_index(
        "ix_process_instance_parent",
        "process_instance",
        ["parent_key"],
        unique=False,
        sqlite_where=sa.text("parent_key IS NOT NULL"),
        postgresql_where=sa.text("parent_key IS NOT NULL"),
    )
    op.create_index("ix_process_instance_process_id_key", "process_instance", ["process_id", "key"])
    op.create_index("ix_process_instance_root_key", "process_instance", ["root_key"])
    op.create_index(
        "ix_process_instance_running",
        "process_instance",
        ["key"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_process_instance_with_incident",
        "process_instance",
        ["key"],
        unique=False,
        sqlite_where=sa.text("incidents > 0"),
        postgresql_where=sa.text("incidents > 0"),
    )
    op.create_table(
        "decision_entry",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("at", column_types.utc_time(), nullable=False),
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("decision_version", sa.Integer(), nullable=False),
        sa.Column("decision_key", column_types.key(), nullable=False),
        sa.Column("process_instance_key", column_types.key(), nullable=False),
        sa.Column("element_id", sa.String(), nullable=False),
        sa.Column("element_instance_key", column_types.key(), nullable=False),
        sa.Column("inputs", column_types.json(), nullable=False),
        sa.Column("output", column_types.json(), nullable=False),
        sa.Column("matched_rules", column_types.json(), nullable=False),
        sa.Column("explanation", column_types.json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["process_instance_key"], ["process_instance.key"], name="fk_decision_entry_process_instance_key"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_decision_entry"),
    )
    op.create_index("ix_decision_entry_decision_id_key", "decision_entry", ["decision_id", "key"])
    op.create_index("ix_decision_entry_process_instance_key", "decision_entry", ["process_instance_key"])
    op.create_table(
        "document",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", column_types.utc_time(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("process_instance_key", column_types.key(), nullable=True),
        sa.Column("readers", column_types.json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["process_instance_key"],
            ["process_instance.key"],
            name="fk_document_process_instance_key",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["sha256"], ["document_content.sha256"], name="fk_document_sha256"),
        sa.PrimaryKeyConstraint("key", name="pk_document"),
    )
    op.create_index("ix_document_process_instance_key", "document", ["process_instance_key"])
    op.create_index("ix_document_sha256", "document", ["sha256"])
    op.create_table(
        "element_instance",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("process_instance_key", column_types.key(), nullable=False),
        sa.Column("scope_key", column_types.key(), nullable=True),
        sa.Column("element_id", sa.String(), nullable=False),
        sa.Column("element_type", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("started_at", column_types.utc_time(), nullable=False),
        sa.Column("ended_at", column_types.utc_time(), nullable=False),
        sa.Column("started_position", sa.Integer(), nullable=False),
        sa.Column("ended_position", sa.Integer(), nullable=False),
        sa.Column("loop_counter", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["process_instance_key"],
            ["process_instance.key"],
            name="fk_element_instance_process_instance_key",
        ),
        sa.PrimaryKeyConstraint("key", name="pk_element_instance"),
    )
    op.create_index(
        "ix_element_instance_process_instance_key_element_id",
        "element_instance",
        ["process_instance_key", "element_id"],
    )
    op.create_table(
        "flow_taken",
        sa.Column("process_instance_key", column_types.key(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("flow_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["process_instance_key"], ["process_instance.key"], name="fk_flow_taken_process_instance_key"
        ),
        sa.PrimaryKeyConstraint("process_instance_key", "position", "flow_id", name="pk_flow_taken"),
    )
    op.create_table(
        "job",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("headers", column_types.json(), nullable=False),
        sa.Column("element_id", sa.String(), nullable=False),
        sa.Column("element_instance_key", column_types.key(), nullable=False),
        sa.Column("process_instance_key", column_types.key(), nullable=False),
        sa.Column("root_process_instance_key", column_types.key(), nullable=False),
        sa.Column("definition_key", column_types.key(), nullable=False),
        sa.Column("process_id", sa.String(), nullable=False),
        sa.Column("process_version", sa.Integer(), nullable=False),
        sa.Column("listener_event", sa.String(length=20), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("locked_until", column_types.utc_time(), nullable=True),
        sa.Column("due_at", column_types.utc_time(), nullable=False),
        sa.Column("available_at", column_types.utc_time(), nullable=True),
        sa.Column("error_code", sa.String(), nullable=False),
        sa.Column("error_message", sa.Text(), nullable=False),
        sa.Column("created_at", column_types.utc_time(), nullable=False),
        sa.Column("ended_at", column_types.utc_time(), nullable=True),
        sa.ForeignKeyConstraint(["definition_key"], ["process_definition.key"], name="fk_job_definition_key"),
        sa.ForeignKeyConstraint(
            ["process_instance_key"], ["process_instance.key"], name="fk_job_process_instance_key"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_job"),
    )
    op.create_index(
        "ix_job_available",
        "job",
        ["type", "available_at"],
        unique=False,
        sqlite_where=sa.text("available_at IS NOT NULL"),
        postgresql_where=sa.text("available_at IS NOT NULL"),
    )
    op.create_index("ix_job_element_instance_key", "job", ["element_instance_key"])
    op.create_index(
        "ix_job_open",
        "job",
        ["key"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_job_process_instance_key", "job", ["process_instance_key"])
    op.create_table(
        "message_start",
        sa.Column("process_id", sa.String(), nullable=False),
        sa.Column("correlation_key", sa.String(), nullable=False),
        sa.Column("process_instance_key", column_types.key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["process_instance_key"], ["process_instance.key"], name="fk_message_start_process_instance_key"
        ),
        sa.PrimaryKeyConstraint("process_id", "correlation_key", name="pk_message_start"),
    )
    op.create_index("ix_message_start_process_instance_key", "message_start", ["process_instance_key"])
    op.create_table(
        "message_subscription",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("message_name", sa.String(), nullable=False),
        sa.Column("correlation_key", sa.String(), nullable=False),
        sa.Column("element_id", sa.String(), nullable=False),
        sa.Column("element_instance_key", column_types.key(), nullable=True),
        sa.Column("process_instance_key", column_types.key(), nullable=True),
        sa.Column("root_process_instance_key", column_types.key(), nullable=True),
        sa.Column("definition_key", column_types.key(), nullable=False),
        sa.Column("process_id", sa.String(), nullable=False),
        sa.Column("interrupting", sa.Boolean(), nullable=False),
        sa.Column("created_at", column_types.utc_time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["definition_key"], ["process_definition.key"], name="fk_message_subscription_definition_key"
        ),
        sa.ForeignKeyConstraint(
            ["process_instance_key"],
            ["process_instance.key"],
            name="fk_message_subscription_process_instance_key",
        ),
        sa.PrimaryKeyConstraint("key", name="pk_message_subscription"),
    )
    op.create_index("ix_message_subscription_definition_key", "message_subscription", ["definition_key"])
    op.create_index(
        "ix_message_subscription_message_name_correlation_key",
        "message_subscription",
        ["message_name", "correlation_key"],
    )
    op.create_index(
        "ix_message_subscription_process_instance_key", "message_subscription", ["process_instance_key"]
    )
    op.create_table(
        "signal_subscription",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("signal_name", sa.String(), nullable=False),
        sa.Column("element_id", sa.String(), nullable=False),
        sa.Column("element_instance_key", column_types.key(), nullable=True),
        sa.Column("process_instance_key", column_types.key(), nullable=True),
        sa.Column("root_process_instance_key", column_types.key(), nullable=True),
        sa.Column("definition_key", column_types.key(), nullable=False),
        sa.Column("process_id", sa.String(), nullable=False),
        sa.Column("interrupting", sa.Boolean(), nullable=False),
        sa.Column("created_at", column_types.utc_time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["definition_key"], ["process_definition.key"], name="fk_signal_subscription_definition_key"
        ),
        sa.ForeignKeyConstraint(
            ["process_instance_key"],
            ["process_instance.key"],
            name="fk_signal_subscription_process_instance_key",
        ),
        sa.PrimaryKeyConstraint("key", name="pk_signal_subscription"),
    )
    op.create_index("ix_signal_subscription_definition_key", "signal_subscription", ["definition_key"])
    op.create_index(
        "ix_signal_subscription_process_instance_key", "signal_subscription", ["process_instance_key"]
    )
    op.create_index("ix_signal_subscription_signal_name", "signal_subscription", ["signal_name"])
    op.create_table(
        "timer",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("due_at", column_types.utc_time(), nullable=False),
        sa.Column("repetitions", sa.Integer(), nullable=False),
        sa.Column("element_id", sa.String(), nullable=False),
        sa.Column("element_instance_key", column_types.key(), nullable=True),
        sa.Column("process_instance_key", column_types.key(), nullable=True),
        sa.Column("root_process_instance_key", column_types.key(), nullable=True),
        sa.Column("definition_key", column_types.key(), nullable=False),
        sa.ForeignKeyConstraint(
            ["definition_key"], ["process_definition.key"], name="fk_timer_definition_key"
        ),
        sa.ForeignKeyConstraint(
            ["process_instance_key"], ["process_instance.key"], name="fk_timer_process_instance_key"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_timer"),
    )
    op.create_index("ix_timer_definition_key", "timer", ["definition_key"])
    op.create_index("ix_timer_due_at", "timer", ["due_at"])
    op.create_index("ix_timer_process_instance_key", "timer", ["process_instance_key"])
    op.create_table(
        "token",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("process_instance_key", column_types.key(), nullable=False),
        sa.Column("scope_key", column_types.key(), nullable=True),
        sa.Column("element_id", sa.String(), nullable=False),
        sa.Column("element_type", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("started_at", column_types.utc_time(), nullable=False),
        sa.Column("started_position", sa.Integer(), nullable=False),
        sa.Column("loop_counter", sa.Integer(), nullable=True),
        sa.Column("data", column_types.json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["process_instance_key"], ["process_instance.key"], name="fk_token_process_instance_key"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_token"),
    )
    op.create_index("ix_token_process_instance_key", "token", ["process_instance_key"])
    op.create_table(
        "user_task",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("element_instance_key", column_types.key(), nullable=False),
        sa.Column("process_instance_key", column_types.key(), nullable=False),
        sa.Column("root_process_instance_key", column_types.key(), nullable=False),
        sa.Column("definition_key", column_types.key(), nullable=False),
        sa.Column("process_id", sa.String(), nullable=False),
        sa.Column("process_version", sa.Integer(), nullable=False),
        sa.Column("business_key", sa.String(), nullable=False),
        sa.Column("element_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("names", column_types.json(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("assignee", sa.String(), nullable=True),
        sa.Column("candidate_groups", column_types.json(), nullable=False),
        sa.Column("candidate_users", column_types.json(), nullable=False),
        sa.Column("excluded_users", column_types.json(), nullable=False),
        sa.Column("due_at", column_types.utc_time(), nullable=True),
        sa.Column("follow_up_at", column_types.utc_time(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("form_id", sa.String(), nullable=False),
        sa.Column("form_key", column_types.key(), nullable=True),
        sa.Column("external_form", sa.String(), nullable=False),
        sa.Column("outcomes", column_types.json(), nullable=False),
        sa.Column("outcome_variable", sa.String(), nullable=False),
        sa.Column("inbox", column_types.json(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", column_types.utc_time(), nullable=False),
        sa.Column("ended_at", column_types.utc_time(), nullable=True),
        sa.Column("completed_by", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["definition_key"], ["process_definition.key"], name="fk_user_task_definition_key"
        ),
        sa.ForeignKeyConstraint(
            ["process_instance_key"], ["process_instance.key"], name="fk_user_task_process_instance_key"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_user_task"),
    )
    op.create_index(
        "ix_user_task_assigned",
        "user_task",
        ["assignee", "key"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL AND assignee IS NOT NULL"),
        postgresql_where=sa.text("ended_at IS NULL AND assignee IS NOT NULL"),
    )
    op.create_index(
        "ix_user_task_completed_by",
        "user_task",
        ["completed_by", "key"],
        unique=False,
        sqlite_where=sa.text("completed_by IS NOT NULL"),
        postgresql_where=sa.text("completed_by IS NOT NULL"),
    )
    op.create_index("ix_user_task_element_instance_key", "user_task", ["element_instance_key"])
    op.create_index(
        "ix_user_task_open",
        "user_task",
        ["key"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_user_task_process_instance_key", "user_task", ["process_instance_key"])
    op.create_index("ix_user_task_root_process_instance_key", "user_task", ["root_process_instance_key"])
    op.create_table(
        "variable",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("process_instance_key", column_types.key(), nullable=False),
        sa.Column("scope_key", column_types.key(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["process_instance_key"], ["process_instance.key"], name="fk_variable_process_instance_key"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_variable"),
        sa.UniqueConstraint("scope_key", "name", name="uq_variable_scope_key_name"),
    )
    op.create_index(
        "ix_variable_live",
        "variable",
        ["process_instance_key"],
        unique=False,
        sqlite_where=sa.text("live = 1"),
        postgresql_where=sa.text("live"),
    )
    op.create_index("ix_variable_process_instance_key", "variable", ["process_instance_key"])
    op.create_table(
        "comment",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("user_task_key", column_types.key(), nullable=False),
        sa.Column("process_instance_key", column_types.key(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", column_types.utc_time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["process_instance_key"], ["process_instance.key"], name="fk_comment_process_instance_key"
        ),
        sa.ForeignKeyConstraint(["user_task_key"], ["user_task.key"], name="fk_comment_user_task_key"),
        sa.PrimaryKeyConstraint("key", name="pk_comment"),
    )
    op.create_index("ix_comment_process_instance_key", "comment", ["process_instance_key"])
    op.create_index("ix_comment_user_task_key", "comment", ["user_task_key"])
    op.create_table(
        "draft",
        sa.Column("user_task_key", column_types.key(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=False),
        sa.Column("values", column_types.json(), nullable=False),
        sa.Column("saved_at", column_types.utc_time(), nullable=False),
        sa.ForeignKeyConstraint(["user_task_key"], ["user_task.key"], name="fk_draft_user_task_key"),
        sa.PrimaryKeyConstraint("user_task_key", "user_id", name="pk_draft"),
    )
    op.create_table(
        "incident",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("error_type", sa.String(length=60), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("trace", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("element_id", sa.String(), nullable=False),
        sa.Column("element_instance_key", column_types.key(), nullable=False),
        sa.Column("process_instance_key", column_types.key(), nullable=False),
        sa.Column("root_process_instance_key", column_types.key(), nullable=False),
        sa.Column("definition_key", column_types.key(), nullable=False),
        sa.Column("process_id", sa.String(), nullable=False),
        sa.Column("job_key", column_types.key(), nullable=True),
        sa.Column("created_at", column_types.utc_time(), nullable=False),
        sa.Column("resolved_at", column_types.utc_time(), nullable=True),
        sa.Column("resolved_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["definition_key"], ["process_definition.key"], name="fk_incident_definition_key"
        ),
        sa.ForeignKeyConstraint(["job_key"], ["job.key"], name="fk_incident_job_key"),
        sa.ForeignKeyConstraint(
            ["process_instance_key"], ["process_instance.key"], name="fk_incident_process_instance_key"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_incident"),
    )
    op.create_index("ix_incident_job_key", "incident", ["job_key"])
    op.create_index(
        "ix_incident_open",
        "incident",
        ["key"],
        unique=False,
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_index("ix_incident_process_instance_key", "incident", ["process_instance_key"])
    op.create_index("ix_incident_root_process_instance_key", "incident", ["root_process_instance_key"])
    op.create_table(
        "user_task_candidate",
        sa.Column("user_task_key", column_types.key(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("candidate", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_task_key"], ["user_task.key"], name="fk_user_task_candidate_user_task_key"
        ),
        sa.PrimaryKeyConstraint("user_task_key", "kind", "candidate", name="pk_user_task_candidate"),
    )
    op.create_index(
        "ix_user_task_candidate_kind_candidate_user_task_key",
        "user_task_candidate",
        ["kind", "candidate", "user_task_key"],
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.schema.CreateSequence(sa.Sequence("key_sequence", start=2**51 + 1, increment=100)))
