"""Tells what was sent to the people of one participant, and nothing of what the same people got for another one."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlmodel import Session, col

from models.contacts import ContactAddress, Membership
from models.outbox import Message
from models.reminders import Reminder
from models.seats import SeatEvent
from models.support import Case, StaffDeed

_REPLY = "reply:"  # how the key of a message begins that brings a reply of the desk


@dataclass(frozen=True)
class Sent:
    """One message, and whose it was, where that is a contact. `rules` are those of a reminder.

    `whole`: it tells of this participant alone, so its words may be shown with it.
    """

    message: Message
    contact_id: int | None
    rules: tuple[str, ...]
    whole: bool

    @property
    def kind(self) -> str:
        """What it is about: `reminder`, `case`, `seat`, `deed`, or another word of the outbox."""
        return (self.message.about or "").partition(":")[0]


def sent_for(session: Session, participant: str, limit: int = 30) -> list[Sent]:
    """The newest messages to the participant's people, to its own room, and to whoever asked for it."""
    acting = select(col(Membership.contact_id)).where(col(Membership.participant) == participant)
    owners = select(col(ContactAddress.address), col(ContactAddress.contact_id))
    theirs = owners.where(col(ContactAddress.contact_id).in_(acting))
    whose: dict[str, int] = {address: number for address, number in session.execute(theirs)}  # noqa: C416 - rows are no pairs to mypy
    reminded = select(col(Reminder.message_key)).where(col(Reminder.participant) == participant)
    numbers = session.scalars(select(col(Case.number)).where(col(Case.participant) == participant)).all()
    replied = col(Message.about).in_([f"case:{one}" for one in numbers]) & col(Message.key).startswith(_REPLY)
    found: dict[int, Message] = {}
    for which in (col(Message.address).in_(list(whose)), col(Message.key).in_(reminded), replied):
        found |= {one.id or 0: one for one in _newest(session, which, limit * 4)}
    told = _Told.of(session, found.values(), set(whose.values()), participant)
    sent = (told.sent(message, whose.get(message.address)) for _, message in sorted(found.items(), reverse=True))
    return [one for one in sent if one][:limit]


def _newest(session: Session, which: ColumnElement[bool], limit: int) -> Iterable[Message]:
    return session.scalars(select(Message).where(which).order_by(col(Message.id).desc()).limit(limit)).all()


@dataclass(frozen=True)
class _Told:
    """For which participants each message is; what says so nowhere is for all that its reader acts or acted for."""

    participant: str
    reminders: Mapping[str, list[Reminder]]
    about: Mapping[str, set[str]]
    alone: Collection[int]

    @classmethod
    def of(cls, session: Session, messages: Iterable[Message], people: set[int], participant: str) -> "_Told":
        listed = list(messages)
        reminders: dict[str, list[Reminder]] = defaultdict(list)
        keys = [one.key for one in listed]
        for row in session.scalars(
            select(Reminder).where(col(Reminder.message_key).in_(keys)).order_by(col(Reminder.id))
        ):
            reminders[row.message_key].append(row)
        elsewhere = select(col(Membership.contact_id)).where(
            col(Membership.contact_id).in_(people), col(Membership.participant) != participant
        )
        return cls(participant, reminders, _about(session, listed), people - set(session.scalars(elsewhere)))

    def sent(self, message: Message, contact_id: int | None) -> Sent | None:
        rows = self.reminders.get(message.key, [])
        firms = {row.participant for row in rows} or self.about.get(message.about or "")
        if firms is None:
            return Sent(message, contact_id, (), whole=True) if contact_id in self.alone else None
        if self.participant not in firms:
            return None
        rules = dict.fromkeys(row.rule for row in rows if row.participant == self.participant)
        return Sent(message, contact_id, tuple(rules), whole=firms == {self.participant})


def _about(session: Session, messages: Iterable[Message]) -> dict[str, set[str]]:
    """The participants of what messages are about: of seats, cases and deeds."""
    named: dict[str, set[str]] = defaultdict(set)
    for message in messages:
        kind, _, which = (message.about or "").partition(":")
        named[kind].add(which)
    numbers = {kind: [int(one) for one in named[kind] if one.isdecimal()] for kind in ("case", "deed")}
    asked = (
        ("seat", select(col(SeatEvent.uid), col(SeatEvent.participant)).where(col(SeatEvent.uid).in_(named["seat"]))),
        ("case", select(col(Case.number), col(Case.participant)).where(col(Case.number).in_(numbers["case"]))),
        ("deed", select(col(StaffDeed.id), col(StaffDeed.participant)).where(col(StaffDeed.id).in_(numbers["deed"]))),
    )
    found: dict[str, set[str]] = defaultdict(set)
    for kind, rows in asked:
        for which, participant in session.execute(rows):
            if participant:
                found[f"{kind}:{which}"].add(participant)
    return found
