"""Remembers what each participant says it has done, and what support has verified: every word of it, in order."""

from datetime import datetime

from sqlmodel import Field, Index, SQLModel


class Declaration(SQLModel, table=True):
    """One thing that was said of a task; the last one holds, the others stay. `at` is campaign time.

    `what`: done, taken_back (by a contact), verified, unverified (by support, whose name is `by`).
    """

    __table_args__ = (Index(None, "campaign", "participant", "task", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    campaign: str
    participant: str = Field(foreign_key="participant.code")
    task: str
    what: str
    contact_id: int | None = Field(default=None, foreign_key="contact.id")
    by: str | None = None
    evidence: str | None = None
    at: datetime
    recorded_at: datetime
