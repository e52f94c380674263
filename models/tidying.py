"""Deletes what has served its purpose: what was waited for in vain, ended sessions, events answered long ago."""

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlmodel import Session, col

from models import codes
from models.drafts import Draft
from models.inbox import Event
from models.outbox import Lane, Message
from models.pseudonyms import is_left
from models.sessions import EndedSession

ANSWERED = timedelta(days=30)  # no platform sends an event again so late
SENT = timedelta(days=730)  # after its addressee was forgotten or the time was over for which they are kept
FREE = timedelta(days=1)


def tidy(session: Session, now: datetime, most: int = 1000) -> Counter[str]:
    """Delete a part of it, and tell how much of what; nothing where all is deleted. Machine time."""
    codes.tidy(session, now)
    done: Counter[str] = Counter()
    for table, over in (
        (Draft, col(Draft.expires_at) <= now),
        (EndedSession, col(EndedSession.until) < now),
        (Lane, col(Lane.free_at) <= now - FREE),
    ):
        done[str(table.__tablename__)] = session.connection().execute(delete(table).where(over)).rowcount
    for rows, old in (
        (Event, col(Event.settled_at) <= now - ANSWERED),
        (Message, (col(Message.settled_at) <= now - SENT) & is_left(col(Message.address))),
    ):
        some = select(col(rows.id)).where(old).order_by(col(rows.id)).limit(most)
        done[str(rows.__tablename__)] = (
            session.connection().execute(delete(rows).where(col(rows.id).in_(some))).rowcount
        )
    return +done
