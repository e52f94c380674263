"""Takes people in for a participant, and notes that they left or were removed."""

from datetime import datetime

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from models.contacts._linking import in_contacts_turn, link
from models.contacts._rows import SELF, Contact, ContactAddress, Membership
from models.message import Address


def enrol(
    session: Session,
    person: Address,
    participant: str,
    how: str,
    now: datetime,
    *,
    name: str | None = None,
    email: str | None = None,
) -> Contact:
    """Have the person of the address act for the participant; the same again changes nothing. Machine time.

    `email` is one that was confirmed to be theirs, as `mail_address` writes it: who had it before is the same person,
    so the address is linked to them. `name` is kept where no name was known.
    """
    in_contacts_turn(session)
    contact = _found(session, person, email, now) or _made(session, person, now)
    contact.name = contact.name or name
    if email:
        contact.email = email
        _keep_address(session, Address("mail", email), contact, now)
    session.add(contact)
    _join(session, contact, participant, how, now)
    session.flush()
    return contact


def leave(session: Session, contact_id: int, participant: str, by: str, now: datetime) -> bool:
    """End that the contact acts for the participant; False where they did not. `by` is `SELF` or a name of support.

    Their addresses and other memberships stay. What becomes of their seats is for `models.seats.hand_over`.
    """
    in_contacts_turn(session)
    row = session.exec(_now(contact_id, participant)).first()
    if row is None:
        return False
    row.until, row.ended_by = now, by
    session.add(row)
    for address in session.exec(select(ContactAddress).where(ContactAddress.contact_id == contact_id)):
        if address.acts_for == participant:
            address.acts_for = address.chosen_at = None
            session.add(address)
    session.flush()
    return True


def removed_at(session: Session, contact_id: int, participant: str) -> datetime | None:
    """When support ended that the contact acts for the participant, if they did not come back since."""
    if session.exec(_now(contact_id, participant)).first():
        return None
    ended = select(Membership).where(
        Membership.contact_id == contact_id,
        Membership.participant == participant,
        Membership.ended_by != SELF,
    )
    last = session.exec(ended.order_by(col(Membership.until).desc())).first()
    return last.until if last else None


def _now(contact_id: int, participant: str) -> SelectOfScalar[Membership]:
    acting = select(Membership).where(Membership.contact_id == contact_id, Membership.participant == participant)
    return acting.where(col(Membership.until).is_(None))


def _found(session: Session, person: Address, email: str | None, now: datetime) -> Contact | None:
    """Who the person is known as already, by the address or else by the confirmed e-mail address."""
    owner = _with_email(session, email) if email else None
    if owner and owner.id:
        return link(session, person, owner.id, now)
    row = session.get(ContactAddress, str(person))
    return session.get_one(Contact, row.contact_id) if row else None


def _with_email(session: Session, email: str) -> Contact | None:
    row = session.get(ContactAddress, str(Address("mail", email)))
    if row:
        return session.get_one(Contact, row.contact_id)
    return session.exec(select(Contact).where(Contact.email == email)).first()


def _made(session: Session, person: Address, now: datetime) -> Contact:
    contact = Contact(created_at=now)
    session.add(contact)
    session.flush()
    _keep_address(session, person, contact, now)
    return contact


def _keep_address(session: Session, address: Address, contact: Contact, now: datetime) -> None:
    if session.get(ContactAddress, str(address)) is None:
        session.add(ContactAddress(address=str(address), contact_id=contact.id or 0, since=now))
        session.flush()


def _join(session: Session, contact: Contact, participant: str, how: str, now: datetime) -> None:
    if contact.id and session.exec(_now(contact.id, participant)).first() is None:
        session.add(Membership(contact_id=contact.id, participant=participant, how=how, since=now))
