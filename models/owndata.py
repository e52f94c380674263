"""Gathers everything that is held about one person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression
from sqlmodel import Session, col, func, or_, select

from models.checks import Check
from models.codes import CodeUse, EnrolmentCode
from models.contacts import Contact, ContactAddress, Membership
from models.conversation import Turn
from models.forgetting import Person, cases_of
from models.outbox import Message, State
from models.participants import Participant
from models.people import Preference
from models.reminders import ReminderRoom, ReminderWish
from models.seats import Seat, Waiting
from models.status import Declaration
from models.support import Case


@dataclass(frozen=True)
class Count:
    """How many there are, and when the first and the last was."""

    number: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True)
class Held:
    """All of it. `asked` are the messages that they wrote, `sent` those that were sent to them unasked.

    `addresses` are where they write from now, with since when that is known to be theirs.
    """

    person: Person
    contact: Contact | None
    language: str | None
    addresses: Sequence[tuple[str, datetime | None]]
    memberships: Sequence[tuple[Membership, Participant]]
    codes: Sequence[tuple[EnrolmentCode, datetime]]
    seats: Sequence[Seat]
    waiting: Sequence[Waiting]
    declared: Sequence[Declaration]
    wishes: Sequence[ReminderWish]
    rooms: Sequence[ReminderRoom]
    cases: Sequence[Case]
    checks: Count
    asked: Count
    sent: Count

    def attends(self, row: Seat | Waiting) -> bool:
        """Whether the seat is, or would be, the person's own; else it is a colleague's, whom they registered."""
        return row.attendee_key in {*self.person.emails, f"contact:{self.person.contact_id}"}


def held(session: Session, person: Person) -> Held:
    whose = person.contact_id
    return Held(
        person,
        session.get(Contact, whose) if whose else None,
        _language(session, person),
        _addresses(session, person),
        _memberships(session, whose),
        _codes(session, whose),
        session.exec(select(Seat).where(_concerns(Seat, person)).order_by(col(Seat.id))).all(),
        session.exec(
            select(Waiting)
            .where(_concerns(Waiting, person), col(Waiting.state).in_(("waiting", "offered")))
            .order_by(col(Waiting.id))
        ).all(),
        session.exec(select(Declaration).where(Declaration.contact_id == whose).order_by(col(Declaration.id))).all()
        if whose
        else [],
        session.exec(select(ReminderWish).where(ReminderWish.contact_id == whose).order_by(col(ReminderWish.id))).all(),
        session.exec(select(ReminderRoom).where(ReminderRoom.contact_id == whose)).all(),
        session.exec(select(Case).where(cases_of(person.addresses, whose)).order_by(col(Case.number))).all(),
        _count(session, col(Check.asked_at), col(Check.contact_id) == whose),
        _count(session, col(Turn.at), col(Turn.sender).in_(person.addresses)),
        _count(
            session, col(Message.due), col(Message.address).in_(person.places), col(Message.state) == str(State.SENT)
        ),
    )


def _language(session: Session, person: Person) -> str | None:
    mine = select(Preference).where(col(Preference.address).in_(person.addresses))
    newest = session.exec(mine.order_by(col(Preference.chosen_at).desc())).first()
    return newest.language if newest else None


def _addresses(session: Session, person: Person) -> Sequence[tuple[str, datetime | None]]:
    if person.contact_id is None:
        return [(address, None) for address in sorted(person.addresses)]
    mine = select(ContactAddress.address, ContactAddress.since).where(ContactAddress.contact_id == person.contact_id)
    return session.exec(mine.order_by(col(ContactAddress.since), col(ContactAddress.address))).all()


def _memberships(session: Session, whose: int | None) -> Sequence[tuple[Membership, Participant]]:
    both = select(Membership, Participant).join(Participant, col(Participant.code) == col(Membership.participant))
    return session.exec(both.where(Membership.contact_id == whose).order_by(col(Membership.id))).all()


def _codes(session: Session, whose: int | None) -> Sequence[tuple[EnrolmentCode, datetime]]:
    used = select(EnrolmentCode, CodeUse.used_at).join(CodeUse, col(CodeUse.code_id) == col(EnrolmentCode.id))
    return session.exec(used.where(CodeUse.contact_id == whose).order_by(col(CodeUse.id))).all()


def _concerns(kind: type[Seat] | type[Waiting], person: Person) -> ColumnElement[bool]:
    key = f"contact:{person.contact_id}"
    mine = or_(col(kind.attendee_key).in_({*person.emails, key}), col(kind.attendee_email).in_(person.emails))
    return or_(mine, col(kind.contact_id) == person.contact_id) if person.contact_id else mine


def _count(session: Session, when: SQLColumnExpression[datetime], *which: SQLColumnExpression[bool]) -> Count:
    counted = select(func.count(), func.min(when), func.max(when)).where(*which)
    return Count(*session.exec(counted).one())
