"""What is kept of a message from the moment it is caused until its outcome is known, and the pace of each platform."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, Index, Session, SQLModel, UTCDateTime, col

from models.conversation import packed, unpacked
from models.message import Address, Reply
from models.store import in_turn


class State(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNCERTAIN = "uncertain"


class Message(SQLModel, table=True):
    """One message to one address. `key` says what it is: the same key is posted once, ever.

    `about` names what it belongs to (`case:7`). `repeats`: where nobody knows whether it arrived, it is sent again.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(None, "state", "channel", "due", "id"),
        Index(None, "address", "state", "id"),
        Index(None, "state", "channel", "useful_until"),
        Index(None, "state", "not_before"),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    channel: str
    address: str
    reply_json: str
    about: str | None = Field(default=None, index=True)
    repeats: bool = False
    due: datetime
    useful_until: datetime | None = None
    posted_at: datetime
    not_before: datetime
    state: str = State.PENDING
    attempts: int = 0
    copy_name: str | None = None
    lease_until: datetime | None = None
    settled_at: datetime | None = None
    reference: str | None = Field(default=None, index=True)
    reason: str | None = None

    @property
    def to(self) -> Address:
        return Address.of(self.address)

    @property
    def reply(self) -> Reply:
        return unpacked(self.reply_json)


class Lane(SQLModel, table=True):
    """When the next message may go to a channel (`telegram`) or to one address of it. Machine time."""

    name: str = Field(primary_key=True)
    free_at: datetime = Field(index=True)


@dataclass(frozen=True)
class Posting:
    """A message to be posted: `Message` says what its parts mean."""

    key: str
    to: Address
    reply: Reply
    due: datetime
    about: str | None = None
    repeats: bool = False
    useful_until: datetime | None = None


WORDLESS = packed(Reply(""))


@dataclass(frozen=True)
class Unworded:
    """A message that gets its words when it is sent, as things stand then."""

    key: str
    to: Address
    due: datetime
    useful_until: datetime


def hold(session: Session, to: Address, until: datetime) -> None:
    """Send nothing to this address and by its channel before `until`: the platform has said so."""
    in_turn(session, f"lane:{to.channel}")
    pace(session, {to.channel: until, str(to): until})


def pace(session: Session, free_at: Mapping[str, datetime]) -> None:
    """Keep the lanes of these names shut until then, or longer where they are shut longer already."""
    if free_at:
        connection = session.connection()
        rows = [{"name": name, "free_at": until} for name, until in sorted(free_at.items())]
        connection.execute(_PACE[connection.dialect.name], rows)


def _upsert(insert: Any) -> Any:
    return insert.on_conflict_do_update(
        index_elements=["name"],
        set_={"free_at": insert.excluded.free_at},
        where=col(Lane.free_at) < insert.excluded.free_at,
    )


_PACE = {"postgresql": _upsert(postgresql.insert(Lane)), "sqlite": _upsert(sqlite.insert(Lane))}

# Parts of the statements that run for every message: these are prepared once, which saves a third of their time.
NOW = bindparam("now", type_=UTCDateTime())
FREED = {"copy_name": None, "lease_until": None}
