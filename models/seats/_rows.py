"""What is kept of the briefings' seats: who holds them, who waits, and everything that happened to them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import text
from sqlmodel import Field, Index, SQLModel, UniqueConstraint


class State(StrEnum):
    HELD = "held"
    OFFERED = "offered"  # to the next one who waited, until `offer_until`; nobody else can have it meanwhile


class Seat(SQLModel, table=True):
    """One person's seat at a briefing. The limit of a participant is a key: `number` is the lowest that was free.

    `contact_id` registered it; `attendee_key` is the attendee's e-mail in small letters, else `contact:7`. `uid` and
    `sequence` are those of its calendar entry. `booked_…` say that it was registered where it counts.
    `since` and `offer_until` are campaign time, `booked_at` too.
    """

    __table_args__ = (
        UniqueConstraint("campaign", "briefing", "participant", "number"),
        UniqueConstraint("campaign", "briefing", "participant", "attendee_key"),
        # A number in a button that was pressed late never means another seat.
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    campaign: str
    briefing: str
    participant: str = Field(foreign_key="participant.code", index=True)
    number: int
    contact_id: int = Field(foreign_key="contact.id", index=True)
    attendee_key: str
    attendee_name: str
    attendee_email: str | None = None
    state: str = State.HELD
    offer_until: datetime | None = None
    waiting_id: int | None = None  # the place in the line that it was offered to
    uid: str = Field(unique=True)
    sequence: int = 0
    since: datetime
    booked_reference: str | None = None
    booked_by: int | None = None
    booked_at: datetime | None = None


class Waiting(SQLModel, table=True):
    """Somebody in the line for a seat; the line is in the order of the ids. States: waiting, offered, taken, lapsed,
    left. Times are campaign time.
    """

    __table_args__ = (
        Index(
            "uq_waiting_now",
            "campaign",
            "briefing",
            "participant",
            "attendee_key",
            unique=True,
            sqlite_where=text("state IN ('waiting', 'offered')"),
            postgresql_where=text("state IN ('waiting', 'offered')"),
        ),
        Index(None, "campaign", "briefing", "state", "id"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    campaign: str
    briefing: str
    participant: str = Field(foreign_key="participant.code")
    contact_id: int = Field(foreign_key="contact.id", index=True)
    attendee_key: str
    attendee_name: str
    attendee_email: str | None = None
    state: str = "waiting"
    since: datetime
    settled_at: datetime | None = None


class SeatEvent(SQLModel, table=True):
    """Something that happened to a seat or in the line; never changed, but for the names of who was forgotten.

    `what`: held, offered, accepted, lapsed, freed, swapped (`note` is the uid before), moved (`note` is where from),
    booked and unbooked (`note` is the reference), given (`note` is to whom), waiting, left. `contact_id` did it,
    or `by` of support for them. `at` is campaign time, `recorded_at` machine time.
    """

    __tablename__ = "seat_event"
    __table_args__ = (Index(None, "campaign", "participant", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    campaign: str
    briefing: str
    participant: str
    what: str
    uid: str | None = Field(default=None, index=True)
    attendee_name: str
    attendee_email: str | None = None
    contact_id: int | None = None
    by: str | None = None
    note: str | None = None
    at: datetime
    recorded_at: datetime


class Places(SQLModel, table=True):
    """How many seats of a briefing are taken or on offer, all participants together."""

    campaign: str = Field(primary_key=True)
    briefing: str = Field(primary_key=True)
    taken: int = 0


class Login(SQLModel, table=True):
    """How those who are registered get into a webinar, as support gave it. Another version is sent anew."""

    __tablename__ = "briefing_login"

    campaign: str = Field(primary_key=True)
    briefing: str = Field(primary_key=True)
    version: int = 1
    text: str
    set_by: str
    set_at: datetime
