"""Keeps every message that is not a direct answer, from the moment it is caused until its outcome is known.

The states: pending → sending → sent | pending (tried again later) | failed | cancelled | expired | uncertain.
`due` and `useful_until` are campaign time; `not_before`, leases and the pace of the platforms are machine time.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import make_transient_to_detached
from sqlmodel import Session, col, select

from models.conversation import packed
from models.message import Address, Reply
from models.outbox._claim import EARLY, LEASE, REPEATS, Sender, claim, next_at, open_channels
from models.outbox._notes import note_again, note_failed, note_sent, note_uncertain
from models.outbox._rows import FREED, WORDLESS, Lane, Message, Posting, State, Unworded, hold
from models.pseudonyms import is_pseudonym
from models.reach import HAS_MOVED, follow, move, moved_from
from models.store import NOTIFY, add_many, announce, as_read, news

__all__ = [
    "EARLY",
    "FREED",
    "LEASE",
    "NEWS",
    "REPEATS",
    "Lane",
    "Message",
    "Posting",
    "Sender",
    "State",
    "Unworded",
    "cancel",
    "claim",
    "drop_all",
    "exists",
    "hold",
    "next_at",
    "note_again",
    "note_failed",
    "note_sent",
    "note_uncertain",
    "open_channels",
    "post",
    "post_to_each",
    "post_unworded",
    "redirect",
    "references",
    "sent_as",
    "withdraw",
    "word",
]

NEWS = "outbox"  # the topic that is announced when there may be something to send
_PENDING = col(Message.state) == str(State.PENDING)
_AT_ONCE = datetime(2000, 1, 1, tzinfo=UTC)  # also where the machine's clock is put back before it is sent


def post(session: Session, posting: Posting, posted_at: datetime) -> Message:
    """Have a message sent, in the transaction that causes it. The same key again gives the first message.

    To somebody who was forgotten nothing is sent.
    """
    session.flush()
    values: dict[str, Any] = {
        **_addressed(posting.to, posted_at),
        "key": posting.key,
        "reply_json": packed(posting.reply),
        "about": posting.about,
        "repeats": posting.repeats,
        "due": posting.due,
        "useful_until": posting.useful_until,
        "posted_at": posted_at,
        "not_before": posted_at,
    }
    told, connection = news(session, NEWS), session.connection()
    asked = values | moved_from(posting.to) | ({"told": told} if connection.dialect.name == "postgresql" else {})
    added = connection.execute(_KEEP_FIRST[connection.dialect.name], asked).first()
    if added is None:
        return session.exec(select(Message).where(Message.key == posting.key)).one()
    if added.has_moved:
        values |= _addressed(follow(session, posting.to), posted_at)
        connection.execute(update(Message).where(col(Message.id) == added.id).values(values))
    message = as_read(Message, values | {"id": added.id})
    make_transient_to_detached(message)  # it is in the database: the session is to watch it, not to add it again
    session.add(message)
    return message


def post_to_each(session: Session, rooms: Sequence[Address], posting: Posting, posted_at: datetime) -> None:
    """Have the same said in each of the rooms, wherever `posting` itself would go."""
    for number, room in enumerate(rooms):
        post(session, replace(posting, to=room, key=f"{posting.key}:{room}" if number else posting.key), posted_at)


def post_unworded(session: Session, messages: Sequence[Unworded], about: str, posted_at: datetime) -> None:
    """Have many messages sent that get their words when they are: all in one statement. A key is posted once, ever.

    Where nobody knows whether one arrived it is sent again.
    """
    if not messages:
        return
    session.flush()
    same = _NOT_YET | {
        "reply_json": WORDLESS, "about": about, "repeats": True, "posted_at": posted_at, "not_before": _AT_ONCE
    }  # fmt: skip
    together: dict[tuple[datetime, datetime, str], list[dict[str, Any]]] = defaultdict(list)
    for one in messages:
        row = {"key": one.key, "address": str(one.to)}
        together[one.due, one.useful_until, one.to.channel].append(row)
    for (due, until, channel), rows in together.items():
        add_many(session, Message, rows, same | {"due": due, "useful_until": until, "channel": channel})
    announce(session, NEWS)


def word(session: Session, message: Message, reply: Reply) -> None:
    """Give a message that is being sent its words, as they are now."""
    message.reply_json = packed(reply)
    session.connection().execute(_WORD, {"which": message.id, "words": message.reply_json})


def withdraw(session: Session, message: Message, reason: str, now: datetime) -> None:
    """Do not send after all what was claimed a moment ago, in this transaction."""
    ended = {"state": str(State.CANCELLED), "reason": reason, "settled_at": now, **FREED}
    session.connection().execute(update(Message).where(col(Message.id) == message.id).values(**ended))


def _addressed(to: Address, now: datetime) -> dict[str, Any]:
    values = _NOT_YET | {"channel": to.channel, "address": str(to)}
    if is_pseudonym(str(to)):
        values |= {"state": str(State.CANCELLED), "reason": "forgotten", "settled_at": now}
    return values


_NOT_YET: dict[str, Any] = {
    "state": str(State.PENDING),
    "attempts": 0,
    "copy_name": None,
    "lease_until": None,
    "settled_at": None,
    "reference": None,
    "reason": None,
}
# All in one statement, past the session's own way of adding a row: every seat, reminder and case passes here, and
# whoever waits for what this transaction holds waits for each answer of the database.
_ADDED = col(Message.id), HAS_MOVED.label("has_moved")
_KEEP_FIRST = {
    "sqlite": sqlite.insert(Message).on_conflict_do_nothing().returning(*_ADDED),
    "postgresql": postgresql.insert(Message).on_conflict_do_nothing().returning(*_ADDED, NOTIFY),
}


# Prepared once: it runs for every reminder.
_WORD = update(Message).where(col(Message.id) == bindparam("which")).values(reply_json=bindparam("words"))


def cancel(session: Session, key: str, reason: str, now: datetime) -> bool:
    """Do not send it after all; False where it has been sent, is being sent, or never was posted."""
    waiting = update(Message).where(col(Message.key) == key, _PENDING)
    cancelled = waiting.values(state=str(State.CANCELLED), reason=reason, settled_at=now)
    return session.connection().execute(cancelled).rowcount > 0


def drop_all(session: Session, places: Collection[str], reason: str, now: datetime) -> int:
    """Send nothing any more of what waits for these addresses, or for a place in them: tells how much that was.

    What is being sent at this moment cannot be called back: whether it arrived nobody will know.
    """
    there = or_(*(_within(place) for place in places))
    ended = {"reason": reason, "settled_at": now, **FREED}
    sending = col(Message.state) == str(State.SENDING)
    session.connection().execute(update(Message).where(sending, there).values(state=str(State.UNCERTAIN), **ended))
    waiting = update(Message).where(_PENDING, there).values(state=str(State.CANCELLED), **ended)
    return session.connection().execute(waiting).rowcount


def redirect(session: Session, old: Address, new: Address, now: datetime) -> None:
    """From now on what is meant for `old`, or for a place in it, goes to `new`, also what waits already."""
    move(session, old, new, now)
    waiting = update(Message).where(_PENDING, _within(str(old)))
    session.connection().execute(waiting.values(address=str(new)))


def sent_as(session: Session, reference: str) -> Message | None:
    """The message that was sent with that reference."""
    return session.exec(select(Message).where(Message.reference == reference).limit(1)).first()


def exists(session: Session, key: str) -> bool:
    """Whether a message of that key was posted."""
    return session.exec(select(Message.id).where(Message.key == key)).first() is not None


def references(session: Session, keys: Collection[str]) -> dict[str, str]:
    """Those of the keys whose messages were sent, each with its reference."""
    sent = select(Message.key, Message.reference).where(col(Message.key).in_(keys), col(Message.reference).is_not(None))
    return {key: reference for key, reference in session.exec(sent) if reference}


def _within(place: str) -> ColumnElement[bool]:
    return or_(col(Message.address) == place, col(Message.address).startswith(f"{place}:", autoescape=True))
