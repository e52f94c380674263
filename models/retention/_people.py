"""Takes out who sat in a briefing, who belongs to which firm, and what was remembered of their addresses."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, false, or_, select, update
from sqlmodel import Session, SQLModel, col

from models.codes import LinkCode
from models.contacts import Contact, ContactAddress, Membership
from models.people import Preference
from models.pseudonyms import is_left, new_pseudonym
from models.reach import Closed
from models.reminders import ReminderWish
from models.retention._due import Due
from models.seats import Seat, SeatEvent, Waiting
from models.status import Declaration
from models.support import StaffDeed

ENDED_BY = "retention"  # who ended a membership, where its time was over


ATTENDED: tuple[type[Any], ...] = (Seat, Waiting, SeatEvent)


def old_attendees(kind: type[Any], what: Due) -> ColumnElement[bool]:
    came = kind.at if kind is SeatEvent else kind.since
    return and_(what.of(col(kind.campaign), col(came)), ~is_left(col(kind.attendee_name)))


def attendees(session: Session, what: Due, now: datetime, most: int) -> Counter[str]:
    """Who sat or waited: left is that somebody did, for which firm."""
    names: dict[str, str] = {}
    for kind in ATTENDED:
        some = select(kind).where(old_attendees(kind, what)).order_by(col(kind.id)).limit(most)
        rows: Sequence[Seat | Waiting | SeatEvent] = session.scalars(some).all()
        for row in rows:
            pseudonym = names.setdefault(row.attendee_email or row.attendee_name, new_pseudonym())
            values = {"attendee_name": pseudonym, "attendee_email": None} | _own(row, pseudonym)
            session.connection().execute(update(kind).where(col(kind.id) == row.id).values(values))
        if rows:
            return Counter({str(kind.__tablename__): len(rows)})
    return Counter()


def _own(row: Seat | Waiting | SeatEvent, pseudonym: str) -> dict[str, Any]:
    """What else a row of that kind says of the attendee. Numbers of contacts and seats name nobody."""
    if isinstance(row, SeatEvent):
        return {} if row.what in ("swapped", "moved", "given") else {"note": None}
    key = row.attendee_key if row.attendee_key.startswith("contact:") else f"{pseudonym}:{row.id}"
    return {"attendee_key": key} | ({"booked_reference": None} if isinstance(row, Seat) else {})


def old_evidence(what: Due) -> ColumnElement[bool]:
    return and_(what.of(col(Declaration.campaign), col(Declaration.at)), col(Declaration.evidence).is_not(None))


def evidence(session: Session, what: Due, now: datetime, most: int) -> Counter[str]:
    """What was written down beside a declaration; the declaration itself stays."""
    said = update(Declaration).where(old_evidence(what)).values(evidence=None)
    return +Counter(evidence=session.connection().execute(said).rowcount)


def old_reasons(what: Due) -> ColumnElement[bool]:
    """A deed of the desk is of no campaign by itself."""
    until = (col(StaffDeed.at) <= one.until for one in what.parts if one.campaign is None)
    return and_(or_(false(), *until), or_(col(StaffDeed.because) != "", col(StaffDeed.detail) != ""))


def reasons(session: Session, what: Due, now: datetime, most: int) -> Counter[str]:
    """Why the desk did something for whom: left is that somebody of it did, what kind of thing, for which firm."""
    told = update(StaffDeed).where(old_reasons(what)).values(because="", detail="")
    return +Counter(reasons=session.connection().execute(told).rowcount)


def old_contacts(what: Due) -> list[ColumnElement[bool]]:
    if what.before is None:
        return []
    return [and_(col(Contact.forgotten_at).is_(None), col(Contact.created_at) <= what.before)]


def contacts(session: Session, what: Due, now: datetime, most: int) -> Counter[str]:
    """Who the people of the firms are, once no campaign needs them any more."""
    run = session.connection().execute
    ids = (
        run(select(col(Contact.id)).where(or_(false(), *old_contacts(what))).order_by(col(Contact.id)).limit(most))
        .scalars()
        .all()
    )
    if not ids:
        return Counter()
    for one in ids:
        values = {"name": new_pseudonym(), "email": None, "language": None, "forgotten_at": now}
        run(update(Contact).where(col(Contact.id) == one).values(values))
    theirs = col(ContactAddress.contact_id).in_(ids)
    addresses = run(select(col(ContactAddress.address)).where(theirs)).scalars().all()
    for gone in (
        delete(Preference).where(col(Preference.address).in_(addresses)),
        delete(Closed).where(col(Closed.address).in_(addresses)),
        delete(LinkCode).where(col(LinkCode.contact_id).in_(ids)),
        delete(ReminderWish).where(col(ReminderWish.contact_id).in_(ids)),
        delete(ContactAddress).where(theirs),
    ):
        run(gone)
    acting = update(Membership).where(col(Membership.contact_id).in_(ids), col(Membership.until).is_(None))
    run(acting.values(until=now, ended_by=ENDED_BY))
    return Counter(contacts=len(ids))


def old_choices(what: Due) -> list[ColumnElement[bool]]:
    if what.before is None:
        return []
    return [col(Preference.chosen_at) <= what.before, col(Closed.closed_at) <= what.before]


def choices(session: Session, what: Due, now: datetime, most: int) -> Counter[str]:
    """What is remembered of an address, whoever writes there."""
    kinds: tuple[type[SQLModel], ...] = (Preference, Closed)
    gone = zip(kinds, old_choices(what), strict=False)
    return +Counter({str(kind.__tablename__): session.connection().execute(delete(kind).where(old)).rowcount
                     for kind, old in gone})  # fmt: skip
