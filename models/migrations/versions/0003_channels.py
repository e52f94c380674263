"""What the channels hand in and what is sent to them; who belongs to the support team, and what it replied."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String, nullable=False, unique=True),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("ask_json", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("copy_name", sa.String),
        sa.Column("lease_until", MOMENT),
        sa.Column("taken_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.Column("reference", sa.String),
        sa.Column("reason", sa.String),
    )
    op.create_index("ix_inbox_person_state_id", "inbox", ["person", "state", "id"])
    op.create_index("ix_inbox_state_lease_until", "inbox", ["state", "lease_until"])
    op.create_index("ix_inbox_reference", "inbox", ["reference"])
    _outbox()
    op.create_table(
        "lease",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("copy_name", sa.String, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
    )
    op.create_table(
        "preference",
        sa.Column("address", sa.String, primary_key=True),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("chosen_at", MOMENT, nullable=False),
    )
    op.create_table(
        "staff",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("slack", sa.String, unique=True),
        sa.Column("telegram", sa.String, unique=True),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("left_at", MOMENT),
    )
    _cases()


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String, nullable=False, unique=True),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("reply_json", sa.String, nullable=False),
        sa.Column("about", sa.String),
        sa.Column("repeats", sa.Boolean, nullable=False),
        sa.Column("due", MOMENT, nullable=False),
        sa.Column("useful_until", MOMENT),
        sa.Column("posted_at", MOMENT, nullable=False),
        sa.Column("not_before", MOMENT, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("copy_name", sa.String),
        sa.Column("lease_until", MOMENT),
        sa.Column("settled_at", MOMENT),
        sa.Column("reference", sa.String),
        sa.Column("reason", sa.String),
    )
    op.create_index("ix_outbox_state_channel_due", "outbox", ["state", "channel", "due"])
    op.create_index("ix_outbox_address_state_id", "outbox", ["address", "state", "id"])
    op.create_index("ix_outbox_about", "outbox", ["about"])
    op.create_index("ix_outbox_reference", "outbox", ["reference"])
    op.create_table(
        "lane",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("free_at", MOMENT, nullable=False),
    )
    op.create_table(
        "moved",
        sa.Column("address", sa.String, primary_key=True),
        sa.Column("now_at", sa.String, nullable=False),
        sa.Column("moved_at", MOMENT, nullable=False),
    )
    op.create_table(
        "closed",
        sa.Column("address", sa.String, primary_key=True),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=False),
    )


def _cases() -> None:
    with op.batch_alter_table("support_case", table_kwargs={"sqlite_autoincrement": True}) as case:
        case.add_column(sa.Column("place", sa.String, nullable=False, server_default=""))
        case.add_column(sa.Column("name", sa.String))
    op.execute("UPDATE support_case SET place = room")
    with op.batch_alter_table("support_case", table_kwargs={"sqlite_autoincrement": True}) as case:
        case.alter_column("place", server_default=None)
    op.create_table(
        "case_reply",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("case_number", sa.Integer, sa.ForeignKey("support_case.number"), nullable=False),
        sa.Column("message_key", sa.String, nullable=False, unique=True),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
    )
    op.create_index("ix_case_reply_case_number", "case_reply", ["case_number"])


def downgrade() -> None:
    op.drop_table("case_reply")
    with op.batch_alter_table("support_case", table_kwargs={"sqlite_autoincrement": True}) as case:
        case.drop_column("name")
        case.drop_column("place")
    for table in ("staff", "preference", "lease", "closed", "moved", "lane", "outbox", "inbox"):
        op.drop_table(table)
