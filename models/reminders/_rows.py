"""What is kept of reminders: which were planned for whom, in which message, what was left out and why, and who wished
none.
"""

from datetime import datetime

from sqlmodel import Field, Index, SQLModel

ABOUT = "reminder"  # what a message in the outbox is about that is worded when it is sent
PLANNED, TOLD, DROPPED = "planned", "told", "dropped"


class Reminder(SQLModel, table=True):
    """One thing that one contact is reminded of, for one participant: a part of the message `message_key`.

    `due` and `until` are those of the lead; campaign time. States: planned, told (it stands in the message as it was
    sent), dropped (`reason` says why). `version` is the campaign's content from which it was worded, and the language.
    Without `contact_id` it goes to the participant's own room.
    """

    __table_args__ = (Index(None, "campaign", "participant"),)

    id: int | None = Field(default=None, primary_key=True)
    message_key: str = Field(index=True)
    campaign: str
    rule: str
    lead: str
    participant: str = Field(foreign_key="participant.code")
    contact_id: int | None = Field(default=None, foreign_key="contact.id", index=True)
    due: datetime
    until: datetime
    state: str = PLANNED
    reason: str | None = None
    version: str | None = None


class ReminderRun(SQLModel, table=True):
    """A planning of what was due at one moment, contact by contact: `after` is the last one that it came to."""

    __tablename__ = "reminder_run"

    slot: str = Field(primary_key=True)
    after: int = 0
    done: bool = False
    count: int = 0
    planned_at: datetime  # campaign time
    recorded_at: datetime


class ReminderLead(SQLModel, table=True):
    """That a lead was planned, in which run, or was left out, and why. `due` is its moment: a date that changes has
    another one.
    """

    __tablename__ = "reminder_lead"

    campaign: str = Field(primary_key=True)
    rule: str = Field(primary_key=True)
    lead: str = Field(primary_key=True)
    due: datetime = Field(primary_key=True)
    slot: str | None = Field(default=None, index=True)
    reason: str | None = None
    recorded_at: datetime


class ReminderWish(SQLModel, table=True):
    """Something that a contact wished; the last word of its kind holds, the others stay.

    `what`: stop, resume, snooze (until `until`), channels and quiet (`value`). `at` and `until` are campaign time.
    """

    __tablename__ = "reminder_wish"

    id: int | None = Field(default=None, primary_key=True)
    contact_id: int = Field(foreign_key="contact.id", index=True)
    what: str
    campaign: str | None = None
    rule: str | None = None
    value: str | None = None
    until: datetime | None = None
    at: datetime
    recorded_at: datetime


class ReminderRoom(SQLModel, table=True):
    """The channel or group of its own in which a participant is reminded, instead of each of its people."""

    __tablename__ = "reminder_room"

    participant: str = Field(primary_key=True, foreign_key="participant.code")
    address: str
    contact_id: int = Field(foreign_key="contact.id")  # who named it
    since: datetime  # machine time
