"""Tells of everything that was sent or was to be sent: to whom, when, in which words, and what became of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, update
from sqlalchemy import select as columns
from sqlmodel import Session, col

from models.contacts import Contact, ContactAddress
from models.conversation import unpacked
from models.outbox import FREED, NEWS, Message, State
from models.participants import Participant
from models.reminders import DROPPED, Reminder
from models.store import announce

AT_ONCE = 500  # messages that are read at a time
IN_TROUBLE = (State.FAILED, State.UNCERTAIN)


@dataclass(frozen=True)
class Delivery:
    """One message, and where it is a reminder one of the things that it tells, for whom; `contact` is whose address
    it is.
    """

    message: Message
    reminder: Reminder | None
    participant: str | None
    contact: str | None

    @property
    def outcome(self) -> str:
        """What became of it: a reminder may have been left out of a message that was sent."""
        is_out = self.reminder and self.reminder.state == DROPPED
        return "left out" if is_out else str(self.message.state)

    @property
    def reason(self) -> str | None:
        return (self.reminder.reason if self.reminder else None) or self.message.reason

    @property
    def text(self) -> str:
        return unpacked(self.message.reply_json).text


def deliveries(session: Session) -> Iterator[Delivery]:
    """Every message there ever was, in the order in which they were caused; a few are read at a time."""
    after = 0
    while page := session.connection().execute(_PAGE, {"after": after}).scalars().all():
        after = page[-1] or 0
        rows = session.execute(_whole().where(col(Message.id).in_(page))).all()
        yield from (Delivery(*row) for row in rows)
        session.expunge_all()  # a million of them need no more memory than a few


def in_trouble(session: Session, limit: int = 100) -> list[Delivery]:
    """What failed, or may or may not have arrived, the newest first."""
    states = [str(state) for state in IN_TROUBLE]
    newest = _whole().where(col(Message.state).in_(states)).order_by(None).order_by(col(Message.id).desc())
    found: dict[int | None, Delivery] = {}
    for row in session.execute(newest.limit(limit)).all():
        found.setdefault(row[0].id, Delivery(*row))
    return list(found.values())


def counts(session: Session) -> Mapping[tuple[str, str], int]:
    """How many messages there are of each channel and state."""
    counted = columns(col(Message.channel), col(Message.state), func.count()).group_by(
        col(Message.channel), col(Message.state)
    )
    return {(channel, state): count for channel, state, count in session.connection().execute(counted)}


def send_again(session: Session, number: int, campaign_now: datetime, now: datetime) -> bool:
    """Send once more what failed, or what may not have arrived; False where it is neither, or is of no use any more.

    Whoever has it already gets it twice: it is for a person to decide.
    """
    message = session.get(Message, number, with_for_update=True)
    if message is None or message.state not in IN_TROUBLE:
        return False
    if message.useful_until and message.useful_until <= campaign_now:
        return False
    anew: dict[str, Any] = {"state": str(State.PENDING), "attempts": 0, "not_before": now, "settled_at": None, **FREED}
    session.connection().execute(update(Message).where(col(Message.id) == number).values(anew))
    announce(session, NEWS)
    return True


def _whole() -> Select[*tuple[Any, ...]]:
    return (
        columns(Message, Reminder, col(Participant.name), col(Contact.name))
        .outerjoin(Reminder, col(Reminder.message_key) == col(Message.key))
        .outerjoin(Participant, col(Participant.code) == col(Reminder.participant))
        .outerjoin(ContactAddress, col(ContactAddress.address) == col(Message.address))
        .outerjoin(Contact, col(Contact.id) == func.coalesce(col(Reminder.contact_id), col(ContactAddress.contact_id)))
        .order_by(col(Message.id), col(Reminder.id))
    )


_PAGE = columns(col(Message.id)).where(col(Message.id) > bindparam("after")).order_by(col(Message.id)).limit(AT_ONCE)
