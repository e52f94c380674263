"""The support desk: who works on a case, all that belongs to it, its cards, and how the people of the desk sign in."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _cases()
    _events()
    _cards()
    _deeds()
    op.add_column("seat_event", sa.Column("by", sa.String))
    op.add_column("turn", sa.Column("files", sa.String))
    _staff()


def _cards() -> None:
    op.create_table(
        "case_card",
        sa.Column("case_number", sa.Integer, sa.ForeignKey("support_case.number"), primary_key=True),
        sa.Column("room", sa.String, primary_key=True),
        sa.Column("message_key", sa.String, nullable=False, unique=True),
        sa.Column("stale", sa.Boolean, nullable=False),
        sa.Column("tried_at", MOMENT),
    )
    stale = sa.text("stale")
    op.create_index("ix_case_card_stale", "case_card", ["case_number"], sqlite_where=stale, postgresql_where=stale)
    op.create_table(
        "case_alarm",
        sa.Column("case_number", sa.Integer, sa.ForeignKey("support_case.number"), primary_key=True),
        sa.Column("tier", sa.Integer, primary_key=True),
        sa.Column("since", MOMENT, primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
    )


def _deeds() -> None:
    op.create_table(
        "suggested_example",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("case_number", sa.Integer, sa.ForeignKey("support_case.number"), nullable=False, unique=True),
        sa.Column("campaign", sa.String, nullable=False),
        sa.Column("answer", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("language", sa.String),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
    )
    op.create_table(
        "staff_deed",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String, nullable=False, unique=True),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("deed", sa.String, nullable=False),
        sa.Column("participant", sa.String),
        sa.Column("contact_id", sa.Integer),
        sa.Column("case_number", sa.Integer),
        sa.Column("because", sa.String, nullable=False),
        sa.Column("detail", sa.String, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
    )
    op.create_index("ix_staff_deed_participant", "staff_deed", ["participant"])


def _cases() -> None:
    for column in (
        sa.Column("campaign", sa.String),
        sa.Column("subject", sa.String),
        sa.Column("why", sa.String, nullable=False, server_default="asked"),
        sa.Column("sure", sa.String),
        sa.Column("participant", sa.String),
        sa.Column("contact_id", sa.Integer),
        sa.Column("holder", sa.String),
        sa.Column("waits_since", MOMENT),
        sa.Column("replies", sa.Integer, nullable=False, server_default="0"),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("changed_at", MOMENT),
    ):
        op.add_column("support_case", column)
    # What was answered before there was a desk is over; what was not waits since it was asked.
    op.execute("UPDATE support_case SET state = 'resolved' WHERE state = 'answered'")
    op.execute("UPDATE support_case SET waits_since = at WHERE state = 'open'")
    op.execute(
        "UPDATE support_case SET campaign = (SELECT campaign FROM turn WHERE turn.id = support_case.turn_id), "
        "subject = (SELECT subject FROM turn WHERE turn.id = support_case.turn_id), "
        "replies = (SELECT count(*) FROM case_reply WHERE case_reply.case_number = support_case.number)"
    )
    op.create_index("ix_support_case_state_holder_number", "support_case", ["state", "holder", "number"])
    op.create_index("ix_support_case_state_waits_since_number", "support_case", ["state", "waits_since", "number"])
    op.create_index("ix_support_case_sender_state", "support_case", ["sender", "state"])
    op.create_index("ix_support_case_participant_number", "support_case", ["participant", "number"])


def _events() -> None:
    op.create_table(
        "case_event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("case_number", sa.Integer, sa.ForeignKey("support_case.number"), nullable=False),
        sa.Column("key", sa.String, nullable=False, unique=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("by", sa.String),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("to", sa.String),
        sa.Column("files", sa.String),
        sa.Column("number", sa.Integer),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
    )
    op.create_index("ix_case_event_case_number", "case_event", ["case_number"])
    op.execute(
        'INSERT INTO case_event (case_number, key, kind, "by", text, at, recorded_at) '
        "SELECT case_number, message_key, 'reply', \"by\", text, at, recorded_at FROM case_reply ORDER BY id"
    )
    op.drop_table("case_reply")


def _staff() -> None:
    op.add_column("staff", sa.Column("role", sa.String, nullable=False, server_default="support"))
    op.add_column("staff", sa.Column("signed_out_at", MOMENT))
    op.create_table(
        "desk_link",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("name", sa.String, sa.ForeignKey("staff.name"), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
    )


def downgrade() -> None:
    op.drop_table("desk_link")
    op.drop_column("seat_event", "by")
    op.drop_column("turn", "files")
    for column in ("role", "signed_out_at"):
        op.drop_column("staff", column)
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
    op.execute(
        'INSERT INTO case_reply (case_number, message_key, "by", text, at, recorded_at) '
        "SELECT case_number, key, \"by\", text, at, recorded_at FROM case_event WHERE kind = 'reply' ORDER BY id"
    )
    for table in ("staff_deed", "suggested_example", "case_alarm", "case_card", "case_event"):
        op.drop_table(table)
    op.execute("UPDATE support_case SET state = 'answered' WHERE state IN ('waiting', 'resolved', 'withdrawn')")
    for index in ("state_holder_number", "state_waits_since_number", "sender_state", "participant_number"):
        op.drop_index(f"ix_support_case_{index}", "support_case")
    for column in ("campaign", "subject", "why", "sure", "participant", "contact_id", "holder", "waits_since",
                   "replies", "version", "changed_at"):  # fmt: skip
        op.drop_column("support_case", column)
