"""What a button pressed came to, sessions that were signed out of, and the time at which a demonstration lives."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("turn", sa.Column("action", sa.String))
    op.add_column("turn", sa.Column("in_reply_to", sa.String))
    op.create_index("ix_turn_in_reply_to", "turn", ["in_reply_to"])
    op.create_table(
        "ended_session",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_ended_session_until", "ended_session", ["until"])
    op.create_table(
        "demonstration",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("began_as_of", sa.DateTime(timezone=True)),
        sa.Column("campaign_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("machine_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moves", sa.Integer, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_demonstration_one")),
    )


def downgrade() -> None:
    op.drop_table("demonstration")
    op.drop_table("ended_session")
    with op.batch_alter_table("turn") as turn:
        turn.drop_index("ix_turn_in_reply_to")
        turn.drop_column("in_reply_to")
        turn.drop_column("action")
