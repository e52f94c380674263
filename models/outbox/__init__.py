"""Keeps every message that is not a direct answer, from the moment it is caused until its outcome is known.

The states: pending → sending → sent | pending (tried again later) | failed | cancelled | expired | uncertain.
`due` and `useful_until` are campaign time; `not_before`, leases and the pace of the platforms are machine time.
"""

from datetime import datetime

from sqlalchemy import or_, update
from sqlmodel import Session, col, select

from models.conversation import packed
from models.message import Address
from models.outbox._claim import BURST, LEASE, REPEATS, Sender, claim, next_at, open_channels
from models.outbox._notes import note_again, note_failed, note_sent, note_uncertain
from models.outbox._rows import Lane, Message, Posting, State, hold
from models.reach import follow, move
from models.store import announce, keep_first

__all__ = [
    "BURST",
    "LEASE",
    "NEWS",
    "REPEATS",
    "Lane",
    "Message",
    "Posting",
    "Sender",
    "State",
    "cancel",
    "claim",
    "hold",
    "next_at",
    "note_again",
    "note_failed",
    "note_sent",
    "note_uncertain",
    "open_channels",
    "post",
    "redirect",
    "sent_as",
]

NEWS = "outbox"  # the topic that is announced when there may be something to send
_PENDING = col(Message.state) == str(State.PENDING)


def post(session: Session, posting: Posting, posted_at: datetime) -> Message:
    """Have a message sent, in the transaction that causes it. The same key again gives the first message."""
    to = follow(session, posting.to)
    message = Message(
        key=posting.key,
        channel=to.channel,
        address=str(to),
        reply_json=packed(posting.reply),
        about=posting.about,
        repeats=posting.repeats,
        due=posting.due,
        useful_until=posting.useful_until,
        posted_at=posted_at,
        not_before=posted_at,
    )
    announce(session, NEWS)
    return keep_first(session, message, select(Message).where(Message.key == posting.key))


def cancel(session: Session, key: str, reason: str, now: datetime) -> bool:
    """Do not send it after all; False where it has been sent, is being sent, or never was posted."""
    waiting = update(Message).where(col(Message.key) == key, _PENDING)
    cancelled = waiting.values(state=str(State.CANCELLED), reason=reason, settled_at=now)
    return session.connection().execute(cancelled).rowcount > 0


def redirect(session: Session, old: Address, new: Address, now: datetime) -> None:
    """From now on what is meant for `old`, or for a place in it, goes to `new`, also what waits already."""
    move(session, old, new, now)
    inside = col(Message.address).startswith(f"{old}:", autoescape=True)
    waiting = update(Message).where(_PENDING, or_(col(Message.address) == str(old), inside))
    session.connection().execute(waiting.values(address=str(new)))


def sent_as(session: Session, reference: str) -> Message | None:
    """The message that was sent with that reference."""
    return session.exec(select(Message).where(Message.reference == reference).limit(1)).first()
