"""Finds the message that waits to remind a person at the same moment already: what is put off to then joins it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select as columns
from sqlalchemy import update
from sqlmodel import Session, col

from models.outbox import Message, State
from models.reminders._rows import Reminder


def waiting(
    session: Session, contacts: Collection[int], dues: Collection[datetime]
) -> dict[tuple[int, str, datetime], str]:
    """The keys of the messages that wait for these people and moments, by person, address and moment."""
    found = (
        columns(col(Reminder.contact_id), col(Message.address), col(Message.due), col(Message.key))
        .join(Message, col(Message.key) == col(Reminder.message_key))
        .where(
            col(Reminder.contact_id).in_(contacts),
            col(Message.due).in_(dues),
            col(Message.state) == str(State.PENDING),
        )
        .with_for_update(of=Message)  # nobody is to claim it before it has all its rows
    )
    rows = session.connection().execute(found)
    return {(contact_id or 0, address, due): key for contact_id, address, due, key in rows}


def prolong(session: Session, key: str, until: datetime) -> None:
    """The message is of use until then, or longer."""
    shorter = update(Message).where(col(Message.key) == key, col(Message.useful_until) < until)
    session.connection().execute(shorter.values(useful_until=until))
