"""Who completed an element is found by index, whatever the number of rounds."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("element_instance", schema=None) as batch_op:
        batch_op.drop_index("ix_element_instance_process_instance_key_element_id")
        batch_op.create_index(
            "ix_element_instance_process_instance_key_element_id_actor",
            ["process_instance_key", "element_id", "actor"],
        )
