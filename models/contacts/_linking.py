"""Makes several addresses one person, and takes an address away from a person again."""

from datetime import datetime

from sqlalchemy import column, delete, exists, table, update
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from models.contacts._rows import Contact, ContactAddress, Membership
from models.message import Address
from models.store import in_turn

# Where other subjects name a contact. They are named here as the database knows them: their modules know this one.
_ELSEWHERE = (
    ("seat", "contact_id"), ("seat", "booked_by"), ("waiting", "contact_id"), ("seat_event", "contact_id"),
    ("declaration", "contact_id"), ("code_use", "contact_id"), ("link_code", "contact_id"),
    ("reminder", "contact_id"), ("reminder_wish", "contact_id"), ("reminder_room", "contact_id"),
    ("connection_check", "contact_id"), ("pc_test", "contact_id"), ("support_case", "contact_id"),
    ("staff_deed", "contact_id"),
)  # fmt: skip


def in_contacts_turn(session: Session) -> None:
    """One change of who people are at a time: two that come at once could each make the same person."""
    in_turn(session, "contacts")


def link(session: Session, person: Address, contact_id: int, now: datetime) -> Contact:
    """Let the address be that contact's from now on. If it was another contact's, the two become one person.

    Everything of the other one is then that contact's: addresses, memberships, seats, places in lines, declarations.
    The same again changes nothing.
    """
    in_contacts_turn(session)
    contact = session.get_one(Contact, contact_id)
    row = session.get(ContactAddress, str(person))
    if row is None:
        session.add(ContactAddress(address=str(person), contact_id=contact_id, since=now))
    elif row.contact_id != contact_id:
        _become_one(session, session.get_one(Contact, row.contact_id), contact)
    session.flush()
    return contact


def unlink(session: Session, person: Address) -> bool:
    """Let the address be nobody's, as when somebody signs out of the web page; what the contact holds stays theirs."""
    in_contacts_turn(session)
    gone = delete(ContactAddress).where(col(ContactAddress.address) == str(person))
    return session.connection().execute(gone).rowcount > 0


def _become_one(session: Session, other: Contact, contact: Contact) -> None:
    session.flush()
    was, now = other.id or 0, contact.id or 0
    for address in session.exec(select(ContactAddress).where(ContactAddress.contact_id == was)):
        address.contact_id = now
        session.add(address)
    _join_memberships(session, was, now)
    session.flush()
    _drop_second_uses(session, was, now)
    _rename_attendee(session, was, now)
    for name, field in _ELSEWHERE:
        rows = table(name, column(field))
        session.connection().execute(update(rows).where(rows.c[field] == was).values({field: now}))
    left = Contact(**other.model_dump(exclude={"id"}))
    session.delete(other)
    session.flush()  # before its e-mail address, which nobody else may have, is given to the one that stays
    contact.name, contact.email = contact.name or left.name, contact.email or left.email
    contact.language = contact.language or left.language
    session.add(contact)


def _join_memberships(session: Session, was: int, now: int) -> None:
    """Of two that hold now the one that began first stays; what has ended stays in the records."""
    mine = select(Membership).where(col(Membership.until).is_(None))
    held = {row.participant: row for row in session.exec(mine.where(Membership.contact_id == now))}
    for row in session.exec(select(Membership).where(Membership.contact_id == was)):
        twin = held.get(row.participant) if row.until is None else None
        if twin:
            twin.since, twin.how = min((twin.since, twin.how), (row.since, row.how))
            session.add(twin)
            session.delete(row)
        else:
            row.contact_id = now
            session.add(row)


def _drop_second_uses(session: Session, was: int, now: int) -> None:
    """Two who used the same code and are one person have used it once."""
    uses = table("code_use", column("code_id"), column("contact_id"))
    others = uses.alias()
    twice = exists(columns(1).where(others.c.code_id == uses.c.code_id, others.c.contact_id == now))
    session.connection().execute(delete(uses).where(uses.c.contact_id == was, twice))


def _rename_attendee(session: Session, was: int, now: int) -> None:
    """Who is known by a number as a contact gets the other one, but where both have a place: it stays, as it is."""
    for name, held in (("seat", None), ("waiting", ("waiting", "offered"))):
        fields = ("campaign", "briefing", "participant", "attendee_key", "state")
        rows = table(name, *map(column, fields))
        others = rows.alias()
        same = [others.c[field] == rows.c[field] for field in fields[:3]]
        taken = columns(1).where(*same, others.c.attendee_key == f"contact:{now}")
        if held:
            taken = taken.where(others.c.state.in_(held))
        theirs = update(rows).where(rows.c.attendee_key == f"contact:{was}", ~exists(taken))
        session.connection().execute(theirs.values(attendee_key=f"contact:{now}"))
