"""Participants, their people and how they are enrolled; seats and who waits for one; what was declared; drafts."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
TABLES = (
    "draft", "declaration", "briefing_login", "places", "seat_event", "waiting", "seat", "guess", "link_code",
    "mail_code", "code_use", "enrolment_code", "membership", "contact_address", "contact", "participant_domain",
    "participant",
)  # fmt: skip


def upgrade() -> None:
    op.add_column("ended_session", sa.Column("renewed", sa.Boolean, nullable=False, server_default=sa.false()))
    _participants()
    _contacts()
    _codes()
    _seats()
    op.create_table(
        "declaration",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("campaign", sa.String, nullable=False),
        sa.Column("participant", sa.String, sa.ForeignKey("participant.code"), nullable=False),
        sa.Column("task", sa.String, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("contact_id", sa.Integer, sa.ForeignKey("contact.id")),
        sa.Column("by", sa.String),
        sa.Column("evidence", sa.String),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
    )
    op.create_index(
        "ix_declaration_campaign_participant_task_id", "declaration", ["campaign", "participant", "task", "id"]
    )
    op.create_table(
        "draft",
        sa.Column("person", sa.String, primary_key=True),
        sa.Column("room", sa.String, primary_key=True),
        sa.Column("mark", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("fields_json", sa.String, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
    )


def _participants() -> None:
    op.create_table(
        "participant",
        sa.Column("code", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("time_zone", sa.String),
        sa.Column("language", sa.String),
        sa.Column("imported_at", MOMENT, nullable=False),
    )
    op.create_table(
        "participant_domain",
        sa.Column("domain", sa.String, primary_key=True),
        sa.Column("participant", sa.String, sa.ForeignKey("participant.code"), primary_key=True),
    )
    op.create_index("ix_participant_domain_participant", "participant_domain", ["participant"])


def _contacts() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String),
        sa.Column("email", sa.String, unique=True),
        sa.Column("language", sa.String),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("forgotten_at", MOMENT),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "contact_address",
        sa.Column("address", sa.String, primary_key=True),
        sa.Column("contact_id", sa.Integer, sa.ForeignKey("contact.id"), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("acts_for", sa.String),
        sa.Column("chosen_at", MOMENT),
    )
    op.create_index("ix_contact_address_contact_id", "contact_address", ["contact_id"])
    op.create_table(
        "membership",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("contact_id", sa.Integer, sa.ForeignKey("contact.id"), nullable=False),
        sa.Column("participant", sa.String, sa.ForeignKey("participant.code"), nullable=False),
        sa.Column("how", sa.String, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT),
        sa.Column("ended_by", sa.String),
    )
    op.create_index("ix_membership_participant", "membership", ["participant"])
    now = sa.text("until IS NULL")
    op.create_index(
        "uq_membership_now",
        "membership",
        ["contact_id", "participant"],
        unique=True,
        sqlite_where=now,
        postgresql_where=now,
    )


def _codes() -> None:
    op.create_table(
        "enrolment_code",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("digest", sa.String, nullable=False, unique=True),
        sa.Column("hint", sa.String, nullable=False),
        sa.Column("participant", sa.String, sa.ForeignKey("participant.code"), nullable=False),
        sa.Column("uses", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_enrolment_code_participant", "enrolment_code", ["participant"])
    op.create_table(
        "code_use",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code_id", sa.Integer, sa.ForeignKey("enrolment_code.id"), nullable=False),
        sa.Column("contact_id", sa.Integer, sa.ForeignKey("contact.id"), nullable=False),
        sa.Column("used_at", MOMENT, nullable=False),
        sa.UniqueConstraint("code_id", "contact_id"),
    )
    op.create_index("ix_code_use_contact_id", "code_use", ["contact_id"])
    op.create_table(
        "mail_code",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("domain", sa.String, nullable=False),
        sa.Column("digest", sa.String),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("used_at", MOMENT),
    )
    op.create_index("ix_mail_code_person_asked_at", "mail_code", ["person", "asked_at"])
    op.create_index("ix_mail_code_email_asked_at", "mail_code", ["email", "asked_at"])
    op.create_index("ix_mail_code_domain_asked_at", "mail_code", ["domain", "asked_at"])
    op.create_table(
        "link_code",
        sa.Column("digest", sa.String, primary_key=True),
        sa.Column("contact_id", sa.Integer, sa.ForeignKey("contact.id"), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
    )
    op.create_index("ix_link_code_contact_id", "link_code", ["contact_id"])
    op.create_table(
        "guess",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person", sa.String, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index("ix_guess_person_at", "guess", ["person", "at"])


def _seats() -> None:
    op.create_table(
        "seat",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("campaign", sa.String, nullable=False),
        sa.Column("briefing", sa.String, nullable=False),
        sa.Column("participant", sa.String, sa.ForeignKey("participant.code"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("contact_id", sa.Integer, sa.ForeignKey("contact.id"), nullable=False),
        sa.Column("attendee_key", sa.String, nullable=False),
        sa.Column("attendee_name", sa.String, nullable=False),
        sa.Column("attendee_email", sa.String),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("offer_until", MOMENT),
        sa.Column("waiting_id", sa.Integer),
        sa.Column("uid", sa.String, nullable=False, unique=True),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("booked_reference", sa.String),
        sa.Column("booked_by", sa.Integer),
        sa.Column("booked_at", MOMENT),
        sa.UniqueConstraint("campaign", "briefing", "participant", "number"),
        sa.UniqueConstraint("campaign", "briefing", "participant", "attendee_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_seat_participant", "seat", ["participant"])
    op.create_index("ix_seat_contact_id", "seat", ["contact_id"])
    _line()
    op.create_table(
        "seat_event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("campaign", sa.String, nullable=False),
        sa.Column("briefing", sa.String, nullable=False),
        sa.Column("participant", sa.String, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("uid", sa.String),
        sa.Column("attendee_name", sa.String, nullable=False),
        sa.Column("attendee_email", sa.String),
        sa.Column("contact_id", sa.Integer),
        sa.Column("note", sa.String),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
    )
    op.create_index("ix_seat_event_uid", "seat_event", ["uid"])
    op.create_index("ix_seat_event_campaign_participant_id", "seat_event", ["campaign", "participant", "id"])
    op.create_table(
        "places",
        sa.Column("campaign", sa.String, primary_key=True),
        sa.Column("briefing", sa.String, primary_key=True),
        sa.Column("taken", sa.Integer, nullable=False),
    )
    op.create_table(
        "briefing_login",
        sa.Column("campaign", sa.String, primary_key=True),
        sa.Column("briefing", sa.String, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("set_by", sa.String, nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
    )


def _line() -> None:
    op.create_table(
        "waiting",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("campaign", sa.String, nullable=False),
        sa.Column("briefing", sa.String, nullable=False),
        sa.Column("participant", sa.String, sa.ForeignKey("participant.code"), nullable=False),
        sa.Column("contact_id", sa.Integer, sa.ForeignKey("contact.id"), nullable=False),
        sa.Column("attendee_key", sa.String, nullable=False),
        sa.Column("attendee_name", sa.String, nullable=False),
        sa.Column("attendee_email", sa.String),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_waiting_contact_id", "waiting", ["contact_id"])
    op.create_index("ix_waiting_campaign_briefing_state_id", "waiting", ["campaign", "briefing", "state", "id"])
    now = sa.text("state IN ('waiting', 'offered')")
    op.create_index(
        "uq_waiting_now",
        "waiting",
        ["campaign", "briefing", "participant", "attendee_key"],
        unique=True,
        sqlite_where=now,
        postgresql_where=now,
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("ended_session", "renewed")
