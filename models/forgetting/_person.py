"""Finds everything by which one person is known: their addresses now and before, their names, and their firms."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import Session, col, select

from models.codes import CodeUse, LinkCode, MailCode
from models.contacts import Contact, ContactAddress, Membership
from models.conversation import Turn
from models.inbox import Event
from models.message import Address
from models.outbox import Message
from models.seats import Seat, SeatEvent, Waiting
from models.support import Case

_JOINED = "/join"  # how the action begins by which an address became a contact's
_NAMED = "/name "  # and the one by which somebody said their name
# Slack's own name for the conversation with one person, where it stands in a reference or in an event's key.
_DIRECT = re.compile(r"slack:(?:said:|edited:|press:\w+:\w+:)?(D[A-Z0-9]+)(?![A-Z0-9])")


@dataclass(frozen=True)
class Person:
    """One person, in the form in which they stand in the database.

    `names` are those that their firms know them by, `own_names` those that only stand with their own messages, as what
    a platform calls them. `directs` are Slack's names for its conversations with them. `colleagues` are the addresses
    of those who act or acted for the same `firms`: what is said there may name them.
    """

    addresses: frozenset[str]
    contact_id: int | None = None
    emails: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    own_names: frozenset[str] = frozenset()
    directs: frozenset[str] = frozenset()
    firms: frozenset[str] = frozenset()
    colleagues: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def places(self) -> frozenset[str]:
        """Where they are written to."""
        return self.addresses | {f"slack:{direct}" for direct in self.directs}


def person_at(session: Session, address: Address) -> Person:
    """Whoever writes from that address, enrolled or not."""
    row = session.get(ContactAddress, str(address))
    return person_of(session, row.contact_id, str(address)) if row else _found(session, {str(address)})


def person_of(session: Session, contact_id: int, *also: str) -> Person:
    """The contact of that number."""
    contact = session.get_one(Contact, contact_id)
    addresses = {*also, *_addresses(session, [contact_id])}
    emails = {contact.email} if contact.email else set()
    memberships = select(Membership.participant).where(Membership.contact_id == contact_id)
    firms = frozenset(session.exec(memberships.distinct()))
    names = {contact.name} if contact.name else set()
    return _found(session, addresses, contact_id, emails, names, firms)


def directs_in(written: Iterable[str]) -> frozenset[str]:
    """Slack's names for conversations with one person that stand in these references and keys."""
    return frozenset(found[1] for one in written for found in _DIRECT.finditer(one))


def _found(
    session: Session,
    addresses: set[str],
    contact_id: int | None = None,
    emails: Iterable[str] = (),
    names: Iterable[str] = (),
    firms: frozenset[str] = frozenset(),
) -> Person:
    emails = {*emails, *(one.removeprefix("mail:") for one in addresses if one.startswith("mail:"))}
    addresses |= {f"mail:{email}" for email in emails}
    keys = {*emails, *({f"contact:{contact_id}"} if contact_id else ())}
    names = {*names, *_attendee_names(session, keys, emails)}
    called, written = _own_words(session, addresses)
    return Person(
        frozenset(addresses),
        contact_id,
        frozenset(emails),
        frozenset(filter(None, names)),
        frozenset(filter(None, called)),
        directs_in(written),
        firms,
        frozenset(_colleagues(session, firms)),
    )


def _addresses(session: Session, contacts: Iterable[int]) -> set[str]:
    """Where the contacts write from, and wrote from before they signed out there."""
    ids = list(contacts)
    now = session.exec(select(ContactAddress.address).where(col(ContactAddress.contact_id).in_(ids)))
    taken_in = [
        *session.exec(select(Membership.since).where(col(Membership.contact_id).in_(ids))),
        *session.exec(select(CodeUse.used_at).where(col(CodeUse.contact_id).in_(ids))),
        *session.exec(select(LinkCode.used_at).where(col(LinkCode.contact_id).in_(ids))),
    ]
    # The turn that made an address theirs was kept in the same transaction, at the same instant.
    turns = select(Turn.sender).where(col(Turn.recorded_at).in_(filter(None, taken_in)))
    others = select(ContactAddress.address).where(col(ContactAddress.contact_id).not_in(ids))
    before = turns.where(col(Turn.action).startswith(_JOINED), col(Turn.sender).not_in(others))
    return {*now, *session.exec(before)}


def _colleagues(session: Session, firms: frozenset[str]) -> set[str]:
    if not firms:
        return set()
    acting = select(Membership.contact_id).where(col(Membership.participant).in_(firms)).distinct()
    return _addresses(session, session.exec(acting))


def _attendee_names(session: Session, keys: set[str], emails: set[str]) -> set[str]:
    found: set[str] = set()
    for kind in (Seat, Waiting):
        mine = or_(col(kind.attendee_key).in_(keys), col(kind.attendee_email).in_(emails))
        found |= set(session.exec(select(kind.attendee_name).where(mine)))
    mine = col(SeatEvent.attendee_email).in_(emails)
    return found | set(session.exec(select(SeatEvent.attendee_name).where(mine)))


def _own_words(session: Session, addresses: set[str]) -> tuple[set[str], set[str]]:
    """What the person is called in their own messages alone; and where Slack's names for their conversations stand."""
    turns = session.exec(select(Turn.ask_id, Turn.action).where(col(Turn.sender).in_(addresses))).all()
    cases = session.exec(select(Case.name, Case.place).where(col(Case.sender).in_(addresses))).all()
    called = {action.removeprefix(_NAMED) for _, action in turns if action and action.startswith(_NAMED)}
    # Asked for and never confirmed: theirs perhaps, perhaps only a slip of the pen.
    typed = session.exec(select(MailCode.email).where(col(MailCode.person).in_(addresses)))
    answered = session.exec(select(Event.reference).where(col(Event.person).in_(addresses)))
    sent = session.exec(select(Message.reference).where(_to(addresses)))
    references = {one for one in (*answered, *sent) if one}
    written = {*(ask_id for ask_id, _ in turns), *(place for _, place in cases), *references}
    return {*called, *typed, *(name for name, _ in cases if name)}, written


def _to(addresses: Iterable[str]) -> ColumnElement[bool]:
    return and_(col(Message.address).in_(addresses), col(Message.reference).is_not(None))
