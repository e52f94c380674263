"""Tells what a participant was reminded of and who had it, and which leads nobody was told."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlmodel import Session, col, select

from models.contacts import Contact
from models.outbox import Message, State
from models.reminders._rows import TOLD, Reminder, ReminderLead


class Record(NamedTuple):
    """One reminder, the message that carried it, and whose it was, if they are known by name."""

    reminder: Reminder
    message: Message
    contact: str | None


def told(session: Session, participant: str, limit: int) -> list[Record]:
    """What was sent to the people and the room of the participant, the newest first."""
    mine = (
        select(Reminder, Message, Contact.name)
        .join(Message, col(Message.key) == col(Reminder.message_key))
        .outerjoin(Contact, col(Contact.id) == col(Reminder.contact_id))
        .where(Reminder.participant == participant, Message.state == State.SENT, Reminder.state == TOLD)
        .order_by(col(Message.settled_at).desc(), col(Reminder.id).desc())
    )
    return [Record(*row) for row in session.exec(mine.limit(limit))]


def left_out(session: Session) -> Sequence[ReminderLead]:
    """The leads that were not told to anybody, each with the reason."""
    rows = select(ReminderLead).where(col(ReminderLead.reason).is_not(None))
    return session.exec(rows.order_by(col(ReminderLead.due), col(ReminderLead.rule))).all()
