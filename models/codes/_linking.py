"""Makes the codes by which somebody shows that another address is theirs as well."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col

from models.codes._guessing import SpentCode, WrongCode, check_pace, note_wrong
from models.codes._rows import LinkCode
from models.codes._signs import LINK, digest, new_code
from models.contacts import Contact, in_contacts_turn, known, link
from models.message import Address

LASTS = timedelta(minutes=15)


def make_link(session: Session, contact_id: int, now: datetime) -> str:
    """Make a code that links one further address to the contact, in the place of the one made before. Machine time."""
    session.connection().execute(delete(LinkCode).where(col(LinkCode.contact_id) == contact_id))
    code = new_code(LINK)
    session.add(LinkCode(digest=digest(code), contact_id=contact_id, expires_at=now + LASTS))
    return code


def redeem_link(session: Session, code: str, person: Address, now: datetime) -> Contact:
    """Let the address belong to the contact who made the code. Raises `WrongCode`, `SpentCode`, `TooManyGuesses`.

    Sent from an address that is theirs already, as where the code was made, it changes nothing and stays good.
    """
    in_contacts_turn(session)
    check_pace(session, person, now)
    row = session.get(LinkCode, digest(code))
    contact = session.get(Contact, row.contact_id) if row else None
    if row is None or contact is None or contact.forgotten_at:
        note_wrong(session, person, "link", now)
        raise WrongCode
    if known(session, person) == contact:
        return contact
    if row.used_at or row.expires_at <= now:
        raise SpentCode("used" if row.used_at else "expired")
    row.used_at = now
    session.add(row)
    return link(session, person, row.contact_id, now)
