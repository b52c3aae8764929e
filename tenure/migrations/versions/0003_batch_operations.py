"""batch operations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tenure.migrations import column_types

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "batch_operation",
        sa.Column("key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("repair", column_types.json(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("by_system", sa.Boolean(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("started_at", column_types.utc_time(), nullable=False),
        sa.Column("ended_at", column_types.utc_time(), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_batch_operation"),
    )
    with op.batch_alter_table("batch_operation", schema=None) as batch_op:
        batch_op.create_index(
            "ix_batch_operation_open",
            ["key"],
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "batch_operation_item",
        sa.Column("batch_operation_key", column_types.key(), nullable=False),
        sa.Column("item_key", column_types.key(), autoincrement=False, nullable=False),
        sa.Column("process_instance_key", column_types.key(), nullable=False),
        sa.Column("root_process_instance_key", column_types.key(), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("processed_at", column_types.utc_time(), nullable=True),
        sa.Column("error_code", sa.String(length=40), nullable=False),
        sa.Column("error_message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_operation_key"],
            ["batch_operation.key"],
            name="fk_batch_operation_item_batch_operation_key",
        ),
        sa.ForeignKeyConstraint(
            ["process_instance_key"],
            ["process_instance.key"],
            name="fk_batch_operation_item_process_instance_key",
        ),
        sa.PrimaryKeyConstraint("batch_operation_key", "item_key", name="pk_batch_operation_item"),
    )
    with op.batch_alter_table("batch_operation_item", schema=None) as batch_op:
        batch_op.create_index(
            "ix_batch_operation_item_batch_operation_key_state", ["batch_operation_key", "state"]
        )
        batch_op.create_index(
            "ix_batch_operation_item_open",
            ["batch_operation_key", "item_key"],
            sqlite_where=sa.text("processed_at IS NULL"),
            postgresql_where=sa.text("processed_at IS NULL"),
        )
        batch_op.create_index("ix_batch_operation_item_process_instance_key", ["process_instance_key"])
