"""What is kept of the people of the participants: who they are, where they write from, and whom they act for."""

from datetime import datetime

from sqlalchemy import text
from sqlmodel import Field, Index, SQLModel

from models.message import Address

SELF = "self"  # who ended a membership, where the person did


class Contact(SQLModel, table=True):
    """A person of a participant. Of somebody who was forgotten a pseudonym is left. Times are machine times.

    `email` is one that was confirmed, or that support imported: nobody else has it. It is one of their addresses too.
    """

    # The number of somebody who was deleted never means somebody else.
    __table_args__ = {"sqlite_autoincrement": True}

    id: int | None = Field(default=None, primary_key=True)
    name: str | None = None
    email: str | None = Field(default=None, unique=True)
    language: str | None = None
    created_at: datetime
    forgotten_at: datetime | None = None


class ContactAddress(SQLModel, table=True):
    """An address that a contact writes from. `acts_for` is the participant they chose last, and when."""

    __tablename__ = "contact_address"

    address: str = Field(primary_key=True)
    contact_id: int = Field(foreign_key="contact.id", index=True)
    since: datetime
    acts_for: str | None = None
    chosen_at: datetime | None = None

    @property
    def to(self) -> Address:
        return Address.of(self.address)


class Membership(SQLModel, table=True):
    """That a contact acts for a participant, `since` when and `until` when. What has ended stays in the records.

    `how` they were enrolled: `code:7`, `mail`, `import`; `ended_by` is `self` or who of support ended it.
    """

    __table_args__ = (
        Index(
            "uq_membership_now",
            "contact_id",
            "participant",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    contact_id: int = Field(foreign_key="contact.id")
    participant: str = Field(foreign_key="participant.code", index=True)
    how: str
    since: datetime
    until: datetime | None = None
    ended_by: str | None = None
