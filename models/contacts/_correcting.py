"""Puts another mail address in the place of a contact's, as support was told."""

from datetime import datetime

from sqlmodel import Session, select

from models.contacts._linking import in_contacts_turn
from models.contacts._rows import Contact, ContactAddress
from models.message import Address


class EmailTaken(Exception):  # noqa: N818 - named after the situation
    """Another contact has that mail address."""


def correct_email(session: Session, contact_id: int, email: str, now: datetime) -> bool:
    """Have the contact written to at `email` from now on, and no longer at the one before; False where it is that.

    `email` is as `mail_address` writes it. Raises `EmailTaken`: two people are never made one by a correction.
    """
    in_contacts_turn(session)
    contact = session.get_one(Contact, contact_id)
    if contact.email == email:
        return False
    other = session.exec(select(Contact.id).where(Contact.email == email, Contact.id != contact_id)).first()
    there = session.get(ContactAddress, str(Address("mail", email)))
    if other or (there and there.contact_id != contact_id):
        raise EmailTaken
    before = session.get(ContactAddress, str(Address("mail", contact.email or "")))
    if before and before.contact_id == contact_id:
        session.delete(before)
    contact.email = email
    if there is None:
        session.add(ContactAddress(address=str(Address("mail", email)), contact_id=contact_id, since=now))
    session.add(contact)
    session.flush()
    return True
