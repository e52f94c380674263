"""Connection checks, tests on a terminal PC, how targets stand, incidents; when a turn's reply was replaced."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "connection_check",
        sa.Column("id", sa.Integer, primary_key=True),
        *_asked(),
        sa.Column("vantage", sa.String, nullable=False),
        sa.Column("evidence", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("copy_name", sa.String),
        sa.Column("lease_until", MOMENT),
        sa.Column("verdict", sa.String),
        sa.Column("phase", sa.String),
        sa.Column("cause", sa.String),
        sa.Column("owner", sa.String),
        sa.Column("report_json", sa.String),
        sa.Column("ended_at", MOMENT),
        sa.Column("same_as", sa.Integer, sa.ForeignKey("connection_check.id")),
    )
    op.create_index("ix_connection_check_state_lease_until", "connection_check", ["state", "lease_until"])
    op.create_index("ix_connection_check_contact_id_recorded_at", "connection_check", ["contact_id", "recorded_at"])
    op.create_index("ix_connection_check_participant_recorded_at", "connection_check", ["participant", "recorded_at"])
    op.create_index(
        "ix_connection_check_campaign_target_ended_at", "connection_check", ["campaign", "target", "ended_at"]
    )
    op.create_table(
        "pc_test",
        sa.Column("id", sa.Integer, primary_key=True),
        *_asked(),
        sa.Column("token_hash", sa.String, unique=True),
        sa.Column("code_hash", sa.String, unique=True),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.Column("nonce", sa.String, unique=True),
        sa.Column("answer_until", MOMENT),
        sa.Column("control_id", sa.Integer, sa.ForeignKey("connection_check.id")),
        sa.Column("result_id", sa.Integer, sa.ForeignKey("connection_check.id")),
    )
    op.create_index("ix_pc_test_contact_id_recorded_at", "pc_test", ["contact_id", "recorded_at"])
    op.create_index("ix_pc_test_participant_recorded_at", "pc_test", ["participant", "recorded_at"])
    op.create_table(
        "target_state",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("campaign", sa.String, nullable=False),
        sa.Column("target", sa.String, nullable=False),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("phase", sa.String, nullable=False),
        sa.Column("cause", sa.String, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("checked_at", MOMENT, nullable=False),
    )
    op.create_index("ix_target_state_campaign_target_id", "target_state", ["campaign", "target", "id"])
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("campaign", sa.String, nullable=False),
        sa.Column("target", sa.String, nullable=False),
        sa.Column("cause", sa.String, nullable=False),
        sa.Column("began", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("told", sa.String),
        sa.Column("ended", MOMENT),
        sa.Column("ended_at", MOMENT),
    )
    with op.batch_alter_table("turn") as turn:
        turn.add_column(sa.Column("changed_at", MOMENT))
    is_open = sa.text("ended IS NULL")
    op.create_index("ix_incident_open", "incident", ["campaign", "target"], unique=True,
                    sqlite_where=is_open, postgresql_where=is_open)  # fmt: skip


def downgrade() -> None:
    with op.batch_alter_table("turn") as turn:
        turn.drop_column("changed_at")
    for table in ("incident", "target_state", "pc_test", "connection_check"):
        op.drop_table(table)


def _asked() -> list[sa.Column[object]]:
    return [
        sa.Column("campaign", sa.String, nullable=False),
        sa.Column("target", sa.String, nullable=False),
        sa.Column("participant", sa.String, sa.ForeignKey("participant.code"), nullable=False),
        sa.Column("contact_id", sa.Integer, sa.ForeignKey("contact.id"), nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("place", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
    ]
