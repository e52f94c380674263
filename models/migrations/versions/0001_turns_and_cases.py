"""Turns and cases: what was asked and said, and what support was asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "turn",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("ask_id", sa.String, nullable=False, unique=True),
        sa.Column("room", sa.String, nullable=False),
        sa.Column("sender", sa.String, nullable=False),
        sa.Column("asked", sa.String, nullable=False),
        sa.Column("reply_json", sa.String, nullable=False),
        sa.Column("subject", sa.String),
        sa.Column("campaign", sa.String),
        sa.Column("language", sa.String),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_turn_room_id", "turn", ["room", "id"])
    op.create_table(
        "support_case",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("turn_id", sa.Integer, sa.ForeignKey("turn.id"), nullable=False, unique=True),
        sa.Column("room", sa.String, nullable=False),
        sa.Column("sender", sa.String, nullable=False),
        sa.Column("question", sa.String, nullable=False),
        sa.Column("said", sa.String, nullable=False),
        sa.Column("language", sa.String),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("support_case")
    op.drop_table("turn")
