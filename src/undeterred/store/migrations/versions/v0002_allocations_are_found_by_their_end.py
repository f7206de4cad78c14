"""Allocations are found by their end."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index("ix_allocations_ended_at", "allocations", ["ended_at"])
