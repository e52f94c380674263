"""What is kept of a support case: the question, who works on it, and every word and deed that belongs to it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import text
from sqlmodel import Field, Index, SQLModel

from models.message import Address


class State(StrEnum):
    """Whose turn it is: `open` waits for the desk, `waiting` for the asker or somebody else; the others have ended."""

    OPEN = "open"
    WAITING = "waiting"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"  # by the asker
    FORGOTTEN = "forgotten"  # its asker was


LIVE = (State.OPEN, State.WAITING)
PHONE = "phone"  # the channel of who phoned, by which nothing can be sent


class Kind(StrEnum):
    """What an entry of a case is. Only a `reply` ever leaves the desk, and a `ruling`: the circular's own words."""

    SAID = "said"  # by the asker: what joined the case after its question
    REPLY = "reply"
    RULING = "ruling"  # "this is …": the circular's own answer was sent; `to` names it, `campaign/key`
    NOTE = "note"  # for the desk alone
    TALK = "talk"  # what was said under the card, and was no reply
    CLAIM = "claim"
    HAND_OVER = "hand over"  # `to` whom
    WAIT = "wait"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    WITHDRAW = "withdraw"
    OPENED = "opened"  # by somebody of the desk, for who phoned


class Case(SQLModel, table=True):
    """One question for support. `at` is campaign time, as is `waits_since`: since when it waits for the desk, while it
    does. `recorded_at` and `changed_at` are machine time; `version` grows with every change.

    `place` is where replies go: the room that it was asked in, or the thread or message within it. `sender` asked,
    `contact_id` for `participant`, as far as that was known then. `why` names the reason why it came to the desk,
    `sure` how sure Usher was of what it said (the behaviour of its reply), `subject` what it is about: `campaign/key`
    of an answer, or a campaign. `holder` is the name of who claimed it.
    """

    __tablename__ = "support_case"  # "case" is a word of SQL itself
    __table_args__ = (
        Index(None, "state", "holder", "number"),
        Index(None, "state", "waits_since", "number"),
        Index(None, "sender", "state"),
        Index(None, "participant", "number"),
        # A number that a person was once told never means another question, even after cases are deleted.
        {"sqlite_autoincrement": True},
    )

    number: int | None = Field(default=None, primary_key=True)
    turn_id: int = Field(foreign_key="turn.id", unique=True)
    room: str
    place: str
    sender: str
    name: str | None = None
    question: str
    said: str
    language: str | None = None
    state: str = State.OPEN
    at: datetime
    recorded_at: datetime
    campaign: str | None = None
    subject: str | None = None
    why: str = "asked"
    sure: str | None = None
    participant: str | None = None
    contact_id: int | None = None
    holder: str | None = None
    waits_since: datetime | None = None
    replies: int = 0
    version: int = 1
    changed_at: datetime | None = None

    @property
    def asker(self) -> Address:
        return Address.of(self.sender)

    @property
    def by_phone(self) -> bool:
        """Whether its asker can be told by phone only: nothing is sent."""
        return self.place.startswith(f"{PHONE}:")

    @property
    def is_live(self) -> bool:
        return self.state in LIVE


class CaseEvent(SQLModel, table=True):
    """One entry of a case; none is ever changed, but for the words of somebody who was forgotten.

    `key` names what caused it: the same a second time adds nothing. Of a reply it is the key of its message in the
    outbox, which knows when it arrived. `by` is who of the desk did it, None for the asker. `files` are the names and
    links of what was attached, a line each.
    """

    __tablename__ = "case_event"

    id: int | None = Field(default=None, primary_key=True)
    case_number: int = Field(foreign_key="support_case.number", index=True)
    key: str = Field(unique=True)
    kind: str
    by: str | None = None
    text: str = ""
    to: str | None = None
    files: str | None = None
    number: int | None = None  # of a reply: the how manieth it is
    at: datetime
    recorded_at: datetime


class CaseCard(SQLModel, table=True):
    """The card of a case in one support room; `stale` while it does not show how the case stands."""

    __tablename__ = "case_card"
    __table_args__ = (
        # With ever so many cards, those that are to be edited are found at once.
        Index("ix_case_card_stale", "case_number", sqlite_where=text("stale"), postgresql_where=text("stale")),
    )

    case_number: int = Field(foreign_key="support_case.number", primary_key=True)
    room: str = Field(primary_key=True)
    message_key: str = Field(unique=True)
    stale: bool = False
    tried_at: datetime | None = None  # machine time


class CaseAlarm(SQLModel, table=True):
    """That one tier of the desk was told that nobody had claimed the case, which waited `since`: told once. `at` is
    campaign time, as is `since`.
    """

    __tablename__ = "case_alarm"

    case_number: int = Field(foreign_key="support_case.number", primary_key=True)
    tier: int = Field(primary_key=True)
    since: datetime = Field(primary_key=True)
    at: datetime


class Example(SQLModel, table=True):
    """A question that somebody of the desk matched with an answer: suggested as an example, until it is looked at."""

    __tablename__ = "suggested_example"

    id: int | None = Field(default=None, primary_key=True)
    case_number: int = Field(foreign_key="support_case.number", unique=True)
    campaign: str
    answer: str
    text: str
    language: str | None = None
    by: str
    at: datetime
    recorded_at: datetime


class StaffDeed(SQLModel, table=True):
    """What somebody of the desk did for a participant or one of its people, and why; never changed, but for the words
    of somebody who was forgotten. `key` names what caused it: the same a second time does nothing.
    """

    __tablename__ = "staff_deed"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    by: str
    deed: str
    participant: str | None = Field(default=None, index=True)
    contact_id: int | None = None
    case_number: int | None = None
    because: str
    detail: str = ""
    at: datetime
    recorded_at: datetime
