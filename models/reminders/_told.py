"""Tells a participant what it was reminded of, by whom it was read, and what was left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from models.contacts import Contact
from models.conversation import unpacked
from models.message import Reply
from models.outbox import Message, State
from models.participants import Participant
from models.reminders._rows import TOLD, Reminder, ReminderLead


@dataclass(frozen=True)
class Record:
    """One reminder of one participant, and the message that carries it, with what became of both."""

    reminder: Reminder
    message: Message
    participant: str
    contact: str | None

    @property
    def reply(self) -> Reply:
        return unpacked(self.message.reply_json)


def told(session: Session, participant: str, limit: int = 50) -> list[Record]:
    """What was sent to the people and the room of the participant, the newest first."""
    mine = _records().where(
        col(Reminder.participant) == participant, col(Message.state) == State.SENT, col(Reminder.state) == TOLD
    )
    rows = session.execute(mine.order_by(col(Message.settled_at).desc(), col(Reminder.id).desc()).limit(limit))
    return [_record(*row) for row in rows]


def left_out(session: Session, campaign: str | None = None) -> Sequence[ReminderLead]:
    """The leads that were not told to anybody, each with the reason."""
    rows = select(ReminderLead).where(col(ReminderLead.reason).is_not(None))
    if campaign:
        rows = rows.where(ReminderLead.campaign == campaign)
    return session.exec(rows.order_by(col(ReminderLead.due), col(ReminderLead.rule))).all()


def _records() -> Select[*tuple[Any, ...]]:
    return (
        columns(Reminder, Message, col(Participant.name), col(Contact.name))
        .join(Message, col(Message.key) == col(Reminder.message_key))
        .join(Participant, col(Participant.code) == col(Reminder.participant))
        .outerjoin(Contact, col(Contact.id) == col(Reminder.contact_id))
    )


def _record(reminder: Reminder, message: Message, participant: str, contact: str | None) -> Record:
    return Record(reminder, message, participant, contact)
