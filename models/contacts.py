"""Remembers who the people of the participants are: by which addresses they write, and for whom they act."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Field, Index, Session, SQLModel, col, select

from models.message import Address
from models.participants import Participant

CHOSEN = timedelta(minutes=30)  # how long the participant that was chosen is meant without being asked again


class Contact(SQLModel, table=True):
    """A person of a participant. Of somebody who was forgotten a pseudonym is left. Times are machine times.

    `email` is one that was confirmed, or that support imported: nobody else has it.
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


def known(session: Session, person: Address) -> Contact | None:
    """Who writes from that address, if they were enrolled."""
    mine = select(Contact).join(ContactAddress, col(ContactAddress.contact_id) == col(Contact.id))
    return session.exec(mine.where(ContactAddress.address == str(person))).first()


def participants_of(session: Session, person: Address) -> list[Participant]:
    """Those that the person of the address acts for now, in the order of their codes."""
    acting = (
        select(Participant)
        .join(Membership, col(Membership.participant) == col(Participant.code))
        .join(ContactAddress, col(ContactAddress.contact_id) == col(Membership.contact_id))
        .where(ContactAddress.address == str(person), col(Membership.until).is_(None))
    )
    return list(session.exec(acting.order_by(col(Participant.code))))


def acts_for(session: Session, person: Address, now: datetime) -> str | None:
    """The participant that was chosen there a short while ago; each look makes it hold longer. Machine time."""
    row = session.get(ContactAddress, str(person))
    if row is None or row.chosen_at is None or not row.chosen_at <= now < row.chosen_at + CHOSEN:
        return None
    row.chosen_at = now
    session.add(row)
    return row.acts_for


def choose(session: Session, person: Address, participant: str, now: datetime) -> None:
    """Act for that participant for a while."""
    row = session.get_one(ContactAddress, str(person))
    row.acts_for, row.chosen_at = participant, now
    session.add(row)
