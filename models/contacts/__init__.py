"""Remembers who the people of the participants are: by which addresses they write, and for whom they act."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from models.contacts._correcting import EmailTaken, correct_email
from models.contacts._joining import enrol, leave, removed_at
from models.contacts._linking import in_contacts_turn, link, unlink
from models.contacts._rows import SELF, Contact, ContactAddress, Membership
from models.message import Address
from models.participants import Participant

__all__ = [
    "CHOSEN",
    "SELF",
    "Acting",
    "Contact",
    "ContactAddress",
    "EmailTaken",
    "Membership",
    "acting",
    "acts_for",
    "addresses_of",
    "choose",
    "correct_email",
    "enrol",
    "in_contacts_turn",
    "known",
    "leave",
    "link",
    "members",
    "participants_of",
    "removed_at",
    "rename",
    "unlink",
]

CHOSEN = timedelta(minutes=30)  # how long the participant that was chosen is meant without being asked again


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


@dataclass(frozen=True)
class Acting:
    """Who acts for a participant now, since when, and from where they write."""

    contact: Contact
    membership: Membership
    addresses: list[Address]


def acting(session: Session, participant: str | None = None, contact_id: int | None = None) -> list[Acting]:
    """Who acts for the participant, or for any, in the order of the codes and of the time."""
    now = select(Contact, Membership).join(Membership, col(Membership.contact_id) == col(Contact.id))
    now = now.where(col(Membership.until).is_(None))
    if participant is not None:
        now = now.where(Membership.participant == participant)
    if contact_id is not None:
        now = now.where(Membership.contact_id == contact_id)
    rows = session.exec(now.order_by(col(Membership.participant), col(Membership.since), col(Membership.id))).all()
    addresses = _addresses(session, {contact.id or 0 for contact, _ in rows})
    return [Acting(contact, membership, addresses.get(contact.id or 0, [])) for contact, membership in rows]


def _addresses(session: Session, contacts: set[int]) -> dict[int, list[Address]]:
    found: dict[int, list[Address]] = {}
    mine = select(ContactAddress).order_by(col(ContactAddress.since), col(ContactAddress.address))
    if len(contacts) < 1000:  # more names than that a database takes less well than everything
        mine = mine.where(col(ContactAddress.contact_id).in_(contacts))
    for row in session.exec(mine):
        found.setdefault(row.contact_id, []).append(row.to)
    return found


def members(session: Session, participant: str) -> list[Contact]:
    """Who acts for the participant now, those first who were enrolled first."""
    acting = select(Contact).join(Membership, col(Membership.contact_id) == col(Contact.id))
    now = acting.where(Membership.participant == participant, col(Membership.until).is_(None))
    return list(session.exec(now.order_by(col(Membership.since), col(Membership.id))))


def addresses_of(session: Session, contact_id: int) -> list[Address]:
    """Where the contact writes from, the oldest address first."""
    rows = select(ContactAddress).where(ContactAddress.contact_id == contact_id)
    return [row.to for row in session.exec(rows.order_by(col(ContactAddress.since), col(ContactAddress.address)))]


def rename(session: Session, contact_id: int, name: str) -> Contact:
    """Know the contact by that name from now on."""
    contact = session.get_one(Contact, contact_id)
    contact.name = name
    session.add(contact)
    return contact


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
