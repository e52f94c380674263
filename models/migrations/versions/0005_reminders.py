"""Reminders: what was planned for whom and in which message, what was left out, and what people wished."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "reminder",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("message_key", sa.String, nullable=False),
        sa.Column("campaign", sa.String, nullable=False),
        sa.Column("rule", sa.String, nullable=False),
        sa.Column("lead", sa.String, nullable=False),
        sa.Column("participant", sa.String, sa.ForeignKey("participant.code"), nullable=False),
        sa.Column("contact_id", sa.Integer, sa.ForeignKey("contact.id")),
        sa.Column("due", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("version", sa.String),
    )
    op.create_index("ix_reminder_message_key", "reminder", ["message_key"])
    op.create_index("ix_reminder_contact_id", "reminder", ["contact_id"])
    op.create_index("ix_reminder_campaign_participant", "reminder", ["campaign", "participant"])
    op.create_table(
        "reminder_run",
        sa.Column("slot", sa.String, primary_key=True),
        sa.Column("after", sa.Integer, nullable=False),
        sa.Column("done", sa.Boolean, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("planned_at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
    )
    op.create_table(
        "reminder_lead",
        sa.Column("campaign", sa.String, primary_key=True),
        sa.Column("rule", sa.String, primary_key=True),
        sa.Column("lead", sa.String, primary_key=True),
        sa.Column("due", MOMENT, primary_key=True),
        sa.Column("slot", sa.String),
        sa.Column("reason", sa.String),
        sa.Column("recorded_at", MOMENT, nullable=False),
    )
    op.create_index("ix_reminder_lead_slot", "reminder_lead", ["slot"])
    op.create_table(
        "reminder_wish",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("contact_id", sa.Integer, sa.ForeignKey("contact.id"), nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("campaign", sa.String),
        sa.Column("rule", sa.String),
        sa.Column("value", sa.String),
        sa.Column("until", MOMENT),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
    )
    op.create_index("ix_reminder_wish_contact_id", "reminder_wish", ["contact_id"])
    op.create_table(
        "reminder_room",
        sa.Column("participant", sa.String, sa.ForeignKey("participant.code"), primary_key=True),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("contact_id", sa.Integer, sa.ForeignKey("contact.id"), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
    )
    _outbox()


def _outbox() -> None:
    """What is asked at every claim is the first row of an index, however many rows wait."""
    op.drop_index("ix_outbox_state_channel_due", "outbox")
    op.create_index("ix_outbox_state_channel_due_id", "outbox", ["state", "channel", "due", "id"])
    op.create_index("ix_outbox_state_channel_useful_until", "outbox", ["state", "channel", "useful_until"])
    op.create_index("ix_outbox_state_not_before", "outbox", ["state", "not_before"])
    op.create_index("ix_lane_free_at", "lane", ["free_at"])


def downgrade() -> None:
    for table in ("reminder_room", "reminder_wish", "reminder_lead", "reminder_run", "reminder"):
        op.drop_table(table)
    op.drop_index("ix_lane_free_at", "lane")
    for columns in ("not_before", "channel_useful_until", "channel_due_id"):
        op.drop_index(f"ix_outbox_state_{columns}", "outbox")
    op.create_index("ix_outbox_state_channel_due", "outbox", ["state", "channel", "due"])
