"""Remembers what was asked in each room and what Usher said."""

from datetime import datetime

from pydantic import TypeAdapter
from sqlmodel import Field, Index, Session, SQLModel, col, select

from models.message import Address, Ask, Reply
from models.store import keep_first

_REPLY = TypeAdapter(Reply)


class Turn(SQLModel, table=True):
    """One question and its reply. `at` is campaign time, `recorded_at` machine time."""

    __table_args__ = (Index(None, "room", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    ask_id: str = Field(unique=True)
    room: str
    sender: str
    asked: str
    reply_json: str
    subject: str | None = None
    campaign: str | None = None
    language: str | None = None
    at: datetime
    recorded_at: datetime

    @property
    def reply(self) -> Reply:
        return unpacked(self.reply_json)


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
) -> Turn:
    """Keep the turn. The same ask a second time changes nothing and gives the first turn, with its reply."""
    turn = Turn(
        ask_id=ask.id,
        room=str(ask.room),
        sender=str(ask.sender),
        asked=ask.text,
        reply_json=packed(reply),
        subject=subject,
        campaign=campaign,
        language=reply.language,
        at=ask.at,
        recorded_at=recorded_at,
    )
    return keep_first(session, turn, select(Turn).where(Turn.ask_id == ask.id))


def turns(session: Session, room: Address, limit: int) -> list[Turn]:
    """The last `limit` turns of the room, oldest first."""
    newest = select(Turn).where(Turn.room == str(room)).order_by(col(Turn.id).desc()).limit(limit)
    return list(session.exec(newest))[::-1]


def last_turn(session: Session, room: Address) -> Turn | None:
    return next(iter(turns(session, room, limit=1)), None)
