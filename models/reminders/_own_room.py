"""Has a participant reminded in a room of its own, or each of its people again."""

from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col

from models.message import Address
from models.reminders._rows import ReminderRoom


def name_room(session: Session, participant: str, room: Address, contact_id: int, now: datetime) -> None:
    """From now on its reminders go to that room. `now` is machine time."""
    row = session.get(ReminderRoom, participant) or ReminderRoom(
        participant=participant, address=str(room), contact_id=contact_id, since=now
    )
    row.address, row.contact_id, row.since = str(room), contact_id, now
    session.add(row)
    session.flush()


def leave_room(session: Session, participant: str) -> bool:
    """From now on its people are reminded again; False where they were all along."""
    gone = delete(ReminderRoom).where(col(ReminderRoom.participant) == participant)
    return session.connection().execute(gone).rowcount > 0
