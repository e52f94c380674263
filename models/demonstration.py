"""Keeps the time at which a demonstration lives, so that a restart goes on from where it stood."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlmodel import CheckConstraint, Field, Session, SQLModel, select

from models.conversation import Turn
from models.participants import Participant
from models.store import announce, in_turn

BEAT = timedelta(seconds=10)  # how often a running copy says that it runs
MOVED = "demonstration"  # the topic that is announced when the time was moved


class OtherBeginning(Exception):  # noqa: N818 - named after the situation
    """The demonstration of this database began at another moment: `began_as_of`, or at no chosen one."""

    def __init__(self, began_as_of: datetime | None) -> None:
        super().__init__(began_as_of)
        self.began_as_of = began_as_of


class RealConversations(Exception):  # noqa: N818 - named after the situation
    """The database has conversations or participants of before, whose times were real."""


class Demonstration(SQLModel, table=True):
    """The one row of a demonstration's clock: at machine time `machine_at` it was `campaign_at` there.

    `seen_at` is the machine time at which it was last known to run.
    """

    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: int = Field(default=1, primary_key=True)
    began_as_of: datetime | None = None
    campaign_at: datetime
    machine_at: datetime
    seen_at: datetime
    moves: int = 0

    def at(self, machine_now: datetime) -> datetime:
        """Campaign time at a machine time; it never runs backwards, whatever the machine's clock does."""
        return self.campaign_at + max(machine_now - self.machine_at, timedelta(0))


def begin(session: Session, as_of: datetime | None, now: datetime) -> Demonstration:
    """Begin the demonstration at `as_of` (without it at the present), or go on where it stood when it last ran.

    Raises `OtherBeginning` for another `as_of` than the one it began with, and `RealConversations` where the database
    has conversations or participants of before. `now` is machine time.
    """
    in_turn(session, "demonstration")  # two copies may start at once
    kept = session.get(Demonstration, 1)
    if kept is None:
        real = (select(Turn.id).limit(1), select(Participant.code).limit(1))
        if any(session.exec(rows).first() is not None for rows in real):  # its own samples come after it has begun
            raise RealConversations
        kept = Demonstration(began_as_of=as_of, campaign_at=as_of or now, machine_at=now, seen_at=now)
    elif kept.began_as_of != as_of:
        raise OtherBeginning(kept.began_as_of)
    _go_on(kept, now)
    session.add(kept)
    return kept


def running(session: Session) -> Demonstration | None:
    """The demonstration of this database, if it is one's."""
    return session.get(Demonstration, 1)


def time_of(session: Session, now: datetime) -> datetime:
    """Campaign time at machine time `now`, for who only looks in: a demonstration that nobody runs stands still."""
    kept = running(session)
    if kept is None:
        return now
    return kept.at(now if kept.began_as_of is None else min(now, kept.seen_at + BEAT))


def beat(session: Session, now: datetime) -> Demonstration | None:
    """Note that the demonstration runs at machine time `now`, and tell how it stands."""
    kept = session.get(Demonstration, 1, with_for_update=True)
    if kept:
        _go_on(kept, now)
        session.add(kept)
    return kept


def move(session: Session, forward: Callable[[datetime], datetime | None], moves: int, now: datetime) -> Demonstration:
    """Move the time to where `forward` leads from it, and wake everybody. `now` is machine time.

    Does nothing where it was moved since its `moves` were read (a double press), and never moves it back.
    """
    kept = session.get(Demonstration, 1, with_for_update=True)
    if kept is None:
        raise ValueError("this database is no demonstration's")
    _go_on(kept, now)
    to = forward(kept.at(now))
    if kept.moves == moves and to and to > kept.at(now):
        kept.campaign_at, kept.machine_at, kept.moves = to, now, moves + 1
        announce(session, MOVED)
    session.add(kept)
    return kept


def _go_on(kept: Demonstration, now: datetime) -> None:
    """Stand still for the time in which nobody ran it: a stop, a machine that slept, a machine's clock that was set.

    At the present (begun at no chosen moment) it follows the machine's clock, as far ahead of it as it was moved.
    """
    stood = kept.seen_at + BEAT  # a copy that was killed may have answered until just before its next beat
    if kept.began_as_of is not None and not kept.seen_at <= now <= stood + BEAT:
        late = timedelta(0) < kept.seen_at - now < BEAT  # another copy wrote first, or the clock was set back a little
        kept.campaign_at, kept.machine_at = kept.at(kept.seen_at if late else stood), now
    kept.seen_at = now if kept.began_as_of is not None else max(now, kept.seen_at)
