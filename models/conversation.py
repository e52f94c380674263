"""Remembers what was asked in each room and what Usher said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import bindparam
from sqlalchemy import select as columns
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import make_transient_to_detached
from sqlmodel import Field, Index, Session, SQLModel, col, select

from models.message import Address, Ask, Reply
from models.store import announce, in_turn

_REPLY = TypeAdapter(Reply)


class Turn(SQLModel, table=True):
    """One question and its reply. `at` is campaign time, `recorded_at` machine time, as is `changed_at`: when the reply
    was last replaced by another, if it was.

    `action` is what a pressed button or a typed yes came to, `in_reply_to` the ask whose reply had offered it. `files`
    are the names and links of what came with the question, a line each.
    """

    __table_args__ = (Index(None, "room", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    ask_id: str = Field(unique=True)
    room: str
    sender: str
    asked: str
    files: str | None = None
    action: str | None = None
    in_reply_to: str | None = Field(default=None, index=True)
    reply_json: str
    subject: str | None = None
    campaign: str | None = None
    language: str | None = None
    at: datetime
    recorded_at: datetime
    changed_at: datetime | None = None

    @property
    def reply(self) -> Reply:
        return unpacked(self.reply_json)


@dataclass(frozen=True)
class Earlier:
    """What a reply needs of an earlier turn of the same person in the same room."""

    ask_id: str
    asked: str
    action: str | None
    language: str | None
    at: datetime
    recorded_at: datetime


def packed(reply: Reply) -> str:
    return _REPLY.dump_json(reply).decode()


def unpacked(stored: str) -> Reply:
    return _REPLY.validate_json(stored)


def record(
    session: Session,
    ask: Ask,
    reply: Reply,
    *,
    recorded_at: datetime,
    subject: str | None = None,
    campaign: str | None = None,
    action: str | None = None,
) -> Turn:
    """Keep the turn, and wake those who watch the room.

    The same ask a second time changes nothing and gives the first turn, with its reply. Within a room a turn that can
    be seen is never followed by one with a lower id.
    """
    in_turn(session, str(ask.room))
    announce(session, news_of(ask.room))
    values: dict[str, Any] = {
        "ask_id": ask.id,
        "room": str(ask.room),
        "sender": str(ask.sender),
        "asked": ask.text,
        "files": ask.files,
        "action": action,
        "in_reply_to": ask.in_reply_to,
        "reply_json": packed(reply),
        "subject": subject,
        "campaign": campaign,
        "language": reply.language,
        "at": ask.at,
        "recorded_at": recorded_at,
    }
    connection = session.connection()
    kept = connection.execute(_KEEP[connection.dialect.name], values).first()
    if kept is None:
        return session.exec(select(Turn).where(Turn.ask_id == ask.id)).one()
    turn = Turn(id=kept[0], **values)
    make_transient_to_detached(turn)  # as if it had been read: what is changed in it later is written
    return turn


# Every answer is kept by this: the ORM's own way costs three times as much.
_KEEP = {
    "postgresql": postgresql.insert(Turn).on_conflict_do_nothing(index_elements=["ask_id"]).returning(col(Turn.id)),
    "sqlite": sqlite.insert(Turn).on_conflict_do_nothing(index_elements=["ask_id"]).returning(col(Turn.id)),
}


def turns(session: Session, room: Address, limit: int) -> list[Turn]:
    """The last `limit` turns of the room, oldest first."""
    newest = select(Turn).where(Turn.room == str(room)).order_by(col(Turn.id).desc()).limit(limit)
    return list(session.exec(newest))[::-1]


def recall(session: Session, room: Address, sender: Address, limit: int) -> list[Earlier]:
    """The sender's own last turns in the room, oldest first: in a group nobody goes on with another's question."""
    # Columns, not rows of the ORM: this is read for every question, and costs a fifth so.
    found = session.connection().execute(_RECALL, {"room": str(room), "sender": str(sender), "most": limit})
    return [Earlier(*row) for row in found][::-1]


_RECALL = (
    columns(*(col(getattr(Turn, field)) for field in Earlier.__dataclass_fields__))
    .where(col(Turn.room) == bindparam("room"), col(Turn.sender) == bindparam("sender"))
    .order_by(col(Turn.id).desc())
    .limit(bindparam("most"))
)


def reply_to(session: Session, ask_id: str) -> Reply:
    """What was replied to the ask."""
    return unpacked(session.connection().execute(_REPLY_TO, {"which": ask_id}).scalar_one())


_REPLY_TO = columns(col(Turn.reply_json)).where(col(Turn.ask_id) == bindparam("which"))


def language_under(session: Session, ask_id: str, room: Address) -> str | None:
    """The language of the reply to the ask, if that was in this room."""
    return session.exec(select(Turn.language).where(Turn.ask_id == ask_id, Turn.room == str(room))).first()


def turn_asked(session: Session, ask_id: str) -> Turn | None:
    """The turn of that ask."""
    return session.exec(select(Turn).where(Turn.ask_id == ask_id)).first()


def record_message(
    session: Session, room: Address, key: str, reply: Reply, *, at: datetime, recorded_at: datetime
) -> Turn:
    """Put something into a conversation that nobody asked just now, as a reply of support. Once for each key."""
    ask = Ask(key, Address("usher", "itself"), room, "", at)
    return record(session, ask, reply, recorded_at=recorded_at)


def news_of(room: Address) -> str:
    """The topic that is announced when something is added to the room's conversation."""
    return f"room:{room}"


def turns_after(session: Session, room: Address, after: int, limit: int) -> list[Turn]:
    """The first `limit` turns of the room that came after turn `after`, oldest first."""
    later = select(Turn).where(Turn.room == str(room), col(Turn.id) > after)
    return list(session.exec(later.order_by(col(Turn.id)).limit(limit)))


def changed_since(session: Session, room: Address, since: datetime, after: int) -> list[Turn]:
    """Of the room's last turns up to turn `after` those whose reply was replaced later than `since`."""
    last = select(Turn).where(Turn.room == str(room), col(Turn.id) <= after).order_by(col(Turn.id).desc()).limit(20)
    return [turn for turn in session.exec(last) if turn.changed_at and turn.changed_at > since][::-1]


def offering(session: Session, given: Sequence[Turn]) -> list[Turn]:
    """The turns whose buttons the given turns pressed, oldest first."""
    pressed = {turn.in_reply_to for turn in given if turn.in_reply_to}
    if not pressed:
        return []
    rooms = {turn.room for turn in given}
    found = select(Turn).where(col(Turn.ask_id).in_(pressed), col(Turn.room).in_(rooms))
    return list(session.exec(found.order_by(col(Turn.id))))


def pressing(session: Session, offered: Sequence[Turn]) -> list[Turn]:
    """The turns that pressed buttons of the offered ones, oldest first."""
    if not offered:
        return []
    rooms, offers = {turn.room for turn in offered}, {turn.ask_id for turn in offered}
    found = select(Turn).where(col(Turn.in_reply_to).in_(offers), col(Turn.room).in_(rooms))
    return list(session.exec(found.order_by(col(Turn.id))))


def turn_of(session: Session, room: Address, number: int) -> Turn | None:
    """The turn with that id, if it is of this room."""
    return session.exec(select(Turn).where(Turn.id == number, Turn.room == str(room))).first()


def last_turn(session: Session, room: Address) -> Turn | None:
    return next(iter(turns(session, room, limit=1)), None)
