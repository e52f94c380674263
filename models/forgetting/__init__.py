"""Forgets people: puts a pseudonym into the place of who they were, and leaves what was done, when and for which firm.

In SQLite what is overwritten or deleted is overwritten on the disk as well. Backups that were made before are not.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, String, cast, delete, or_, update
from sqlmodel import Session, col, select

from models.codes import LinkCode, MailCode
from models.contacts import SELF, Contact, ContactAddress, Membership, in_contacts_turn
from models.drafts import Draft
from models.forgetting._person import Person, directs_in, person_at, person_of
from models.forgetting._sweep import cases_of, sweep
from models.forgetting._veil import Veil
from models.inbox import OPEN, Event
from models.message import Address, Ask
from models.outbox import Lane, drop_all
from models.people import Preference
from models.pseudonyms import new_pseudonym
from models.reach import Closed, Moved
from models.reminders import ReminderWish
from models.support import Case, touch
from models.support import State as CaseState

__all__ = ["Forgotten", "Person", "Veil", "cases_of", "directs_in", "forget", "person_at", "person_of"]


@dataclass(frozen=True)
class Forgotten:
    """What was done: the pseudonym that is left, and how many rows of each table were changed or deleted."""

    pseudonym: str
    counts: Mapping[str, int]
    veil: Veil

    def ask(self, ask: Ask) -> Ask:
        """An ask of the person's, as it may be kept."""
        return self.veil.ask(ask)


def forget(session: Session, whom: Address | int, now: datetime, ask: Ask | None = None) -> Forgotten:
    """Forget the contact of that number, or whoever writes from that address: from now on they are somebody new.

    Give back and hand on their seats before. `ask` is the message by which they wish it: it is forgotten as well, once
    it is answered. What others of them still wait to be answered are somebody new's. `now` is machine time.
    """
    in_contacts_turn(session)
    session.flush()  # what stands in objects only would not be found, and be written afterwards
    person = person_at(session, whom) if isinstance(whom, Address) else person_of(session, whom)
    if ask:
        person = replace(person, directs=person.directs | directs_in((ask.id, str(ask.answer_at))))
    pseudonym = new_pseudonym()
    veil = Veil(person, pseudonym)
    counts: Counter[str] = Counter(outbox_not_sent=drop_all(session, person.places, "forgotten", now))
    if ask:
        _mark(session, ask, pseudonym)
    counts += _contact(session, person, pseudonym, now)
    counts += _addresses(session, person)
    _close_cases(session, person, now)
    counts += sweep(session, person, veil)
    session.expire_all()
    return Forgotten(pseudonym, counts, veil)


def _mark(session: Session, ask: Ask, pseudonym: str) -> None:
    """The event is being answered, in its person's order: by this key `models.inbox` forgets it once it has ended."""
    own = update(Event).where(col(Event.key) == ask.id, col(Event.state).in_([str(state) for state in OPEN]))
    session.connection().execute(own.values(key=f"{pseudonym}:" + cast(col(Event.id), String)))


def _contact(session: Session, person: Person, pseudonym: str, now: datetime) -> Counter[str]:
    """Nobody can be this contact any more, nor act as them."""
    if person.contact_id is None:
        return Counter()
    run, whose = session.connection().execute, person.contact_id
    values = {"name": pseudonym, "email": None, "language": None, "forgotten_at": now}
    run(update(Contact).where(col(Contact.id) == whose).values(values))
    acting = update(Membership).where(col(Membership.contact_id) == whose, col(Membership.until).is_(None))
    ended = run(acting.values(until=now, ended_by=SELF)).rowcount
    addresses = run(delete(ContactAddress).where(col(ContactAddress.contact_id) == whose)).rowcount
    links = run(delete(LinkCode).where(col(LinkCode.contact_id) == whose)).rowcount
    wishes = run(delete(ReminderWish).where(col(ReminderWish.contact_id) == whose)).rowcount
    return Counter(contact=1, membership=ended, contact_address=addresses, link_code=links, reminder_wish=wishes)


def _addresses(session: Session, person: Person) -> Counter[str]:
    """What is remembered of an address and is nothing without it."""
    counts: Counter[str] = Counter()
    for table, which in (
        (Preference, col(Preference.address).in_(person.addresses)),
        (Draft, or_(col(Draft.person).in_(person.addresses), col(Draft.room).in_(person.addresses))),
        # Digits that were not used count on against whoever asks for ever more of them.
        (MailCode, col(MailCode.person).in_(person.addresses) & col(MailCode.used_at).is_not(None)),
        (Closed, _at(person, col(Closed.address))),
        (Moved, _at(person, col(Moved.address)) | _at(person, col(Moved.now_at))),
        (Lane, _at(person, col(Lane.name))),
    ):
        counts[str(table.__tablename__)] += session.connection().execute(delete(table).where(which)).rowcount
    return counts


def _at(person: Person, column: SQLColumnExpression[str]) -> ColumnElement[bool]:
    within = (column.startswith(f"{place}:", autoescape=True) for place in person.places)
    return or_(column.in_(person.places), *within)


def _close_cases(session: Session, person: Person, now: datetime) -> None:
    """Nobody can reply to them any more; their cards are shown anew, without the person."""
    for case in session.exec(select(Case).where(cases_of(person.addresses, person.contact_id))).all():
        if case.is_live:
            case.state, case.waits_since = CaseState.FORGOTTEN, None
        touch(session, case, now)
