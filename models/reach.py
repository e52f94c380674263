"""Remembers which addresses have moved, and which can no longer be written to."""

from datetime import datetime

from sqlalchemy import bindparam, delete, exists
from sqlalchemy import select as columns
from sqlmodel import Field, Session, SQLModel, col, func, select

from models.message import Address
from models.store import keep_first


class Moved(SQLModel, table=True):
    """An address that has become another one, as when a Telegram group becomes a supergroup."""

    address: str = Field(primary_key=True)
    now_at: str
    moved_at: datetime


class Closed(SQLModel, table=True):
    """An address that can no longer be written to, and why. It opens again when somebody writes from there."""

    address: str = Field(primary_key=True)
    reason: str
    closed_at: datetime


def move(session: Session, old: Address, new: Address, now: datetime) -> None:
    """From now on what is meant for `old` goes to `new`. What was told last holds."""
    session.connection().execute(delete(Moved).where(col(Moved.address) == str(new)))  # or they would form a ring
    moved = Moved(address=str(old), now_at=str(new), moved_at=now)
    kept = keep_first(session, moved, select(Moved).where(Moved.address == str(old)))
    kept.now_at, kept.moved_at = str(new), now


def follow(session: Session, to: Address) -> Address:
    """Where the address is now. Of a place within a room that moved only the room is left."""
    session.flush()
    for _ in range(5):  # a chat moves once in its life; a ring of moves must not hang
        moved = session.connection().execute(_NEAREST, moved_from(to)).scalar()
        if moved is None:
            break
        to = Address.of(moved)
    return to


def moved_from(to: Address) -> dict[str, str]:
    """What `HAS_MOVED` asks about: whether the address, or the room that it is in, has moved."""
    return {"moved_place": str(to), "moved_room": f"{to.channel}:{to.id.partition(':')[0]}"}


_MOVED = col(Moved.address).in_((bindparam("moved_place"), bindparam("moved_room")))
_NEAREST = columns(col(Moved.now_at)).where(_MOVED).order_by(func.length(Moved.address).desc()).limit(1)
HAS_MOVED = exists().where(_MOVED)  # for a statement that asks on the way


def close(session: Session, to: Address, reason: str, now: datetime) -> None:
    """Remember that nothing can be sent to this address."""
    row = Closed(address=str(to), reason=reason, closed_at=now)
    keep_first(session, row, select(Closed).where(Closed.address == str(to)))


def closed(session: Session, to: Address) -> Closed | None:
    """Why nothing can be sent to this address, if that is so."""
    return session.get(Closed, str(to))


def reopen(session: Session, *addresses: Address) -> None:
    """Somebody has written from there: it can be written to."""
    gone = delete(Closed).where(col(Closed.address).in_([str(address) for address in addresses]))
    session.connection().execute(gone)
