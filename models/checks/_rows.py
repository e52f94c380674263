"""What is kept of connection checks: who asked for which, what was found, and how each target stands."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, Index, SQLModel, text


class State(StrEnum):
    ASKED = "asked"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"


class Check(SQLModel, table=True):
    """One check of one target, asked for by a contact for a participant, and what it showed.

    `vantage` is where it was looked from, `bot` or `pc`; `evidence` how well that proves it: `bot`, `hint` (of a
    browser), `attested` (somebody said what they saw) or `attested+hint`. `address` is the asker's, `place` where they
    are told.
    `asked_at` is campaign time, all else machine time; `ended_at` is when it was looked, also where `same_as` names an
    earlier check whose result still held. `report_json` is the report, or what was answered on the PC.
    """

    __tablename__ = "connection_check"
    __table_args__ = (
        Index(None, "state", "lease_until"),
        Index(None, "contact_id", "recorded_at"),
        Index(None, "participant", "recorded_at"),
        Index(None, "campaign", "target", "ended_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    campaign: str
    target: str
    participant: str = Field(foreign_key="participant.code")
    contact_id: int = Field(foreign_key="contact.id")
    address: str
    place: str
    language: str
    vantage: str = "bot"
    evidence: str = "bot"
    asked_at: datetime
    recorded_at: datetime
    state: str = State.ASKED
    copy_name: str | None = None
    lease_until: datetime | None = None
    verdict: str | None = None
    phase: str | None = None
    cause: str | None = None
    owner: str | None = None
    report_json: str | None = None
    ended_at: datetime | None = None
    same_as: int | None = Field(default=None, foreign_key="connection_check.id")


class PcTest(SQLModel, table=True):
    """That somebody may say once, for one participant and target, what a terminal PC shows.

    A link (`token_hash`) or a code to type (`code_hash`, tried wrongly so many `tries`) lets them in once, until
    `expires_at`; that gives the `nonce` of the signed value with which the result is sent until `answer_until`. It
    becomes the check `result_id`; `control_id` is the bot's own check that it is put beside. `asked_at` is campaign
    time, all else machine time.
    """

    __tablename__ = "pc_test"
    __table_args__ = (Index(None, "contact_id", "recorded_at"), Index(None, "participant", "recorded_at"))

    id: int | None = Field(default=None, primary_key=True)
    campaign: str
    target: str
    participant: str = Field(foreign_key="participant.code")
    contact_id: int = Field(foreign_key="contact.id")
    address: str
    place: str
    language: str
    asked_at: datetime
    recorded_at: datetime
    token_hash: str | None = Field(default=None, unique=True)
    code_hash: str | None = Field(default=None, unique=True)
    expires_at: datetime
    tries: int = 0
    used_at: datetime | None = None
    nonce: str | None = Field(default=None, unique=True)
    answer_until: datetime | None = None
    control_id: int | None = Field(default=None, foreign_key="connection_check.id")
    result_id: int | None = Field(default=None, foreign_key="connection_check.id")


class TargetState(SQLModel, table=True):
    """How a target was seen from here from `since` on, campaign time; the last one holds, the others stay.

    `checked_at` is when it was last seen so.
    """

    __tablename__ = "target_state"
    __table_args__ = (Index(None, "campaign", "target", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    campaign: str
    target: str
    verdict: str
    phase: str
    cause: str
    since: datetime
    recorded_at: datetime
    checked_at: datetime


class Incident(SQLModel, table=True):
    """That a target failed from here, from `began` until `ended`, campaign time; of one that lasts there is one only.

    `told` is the support room that was told of it, if there was one.
    """

    __table_args__ = (
        Index(
            "ix_incident_open",
            "campaign",
            "target",
            unique=True,
            sqlite_where=text("ended IS NULL"),
            postgresql_where=text("ended IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    campaign: str
    target: str
    cause: str
    began: datetime
    recorded_at: datetime
    told: str | None = None
    ended: datetime | None = None
    ended_at: datetime | None = None  # machine time
