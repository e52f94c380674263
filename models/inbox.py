"""Remembers every event that a channel handed in, so that each is answered once, in its person's order, by one copy.

An event is written down before it is acknowledged. It waits while an earlier one of the same person is open; then one
copy of Usher takes it, for as long as its lease is kept up. `sending` is set in the transaction that keeps the reply:
a copy that dies before leaves the event to another one; a copy that dies after leaves an outcome that nobody knows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import TypeAdapter
from sqlalchemy import bindparam, func, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, Index, Session, SQLModel, col, select

from models.message import Address, Ask
from models.reach import reopen
from models.store import announce, in_turn

LEASE = timedelta(seconds=30)  # machine time; kept up while the copy lives
NEWS = "inbox"  # the topic that is announced when an event waits for a copy that has room

_ASK = TypeAdapter(Ask)


class State(StrEnum):
    """`waiting`, `taken` and `sending` are open; the others are how it ended."""

    WAITING = "waiting"
    TAKEN = "taken"
    SENDING = "sending"
    ANSWERED = "answered"
    SILENT = "silent"  # it needed no answer
    UNCERTAIN = "uncertain"  # the answer may have arrived
    FAILED = "failed"


OPEN = (State.WAITING, State.TAKEN, State.SENDING)


class Event(SQLModel, table=True):
    """One event of a channel. `key` is its own name for it; `person` is whose order it stands in. Machine times."""

    __tablename__ = "inbox"
    __table_args__ = (
        Index(None, "person", "state", "id"),
        Index(None, "state", "lease_until"),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    person: str
    ask_json: str
    state: str = State.WAITING
    copy_name: str | None = None
    lease_until: datetime | None = None
    taken_at: datetime
    settled_at: datetime | None = None
    reference: str | None = Field(default=None, index=True)
    reason: str | None = None


@dataclass(frozen=True)
class Taken:
    """An event that this copy is to answer."""

    id: int
    ask: Ask


_OPEN_OF = (
    select(col(Event.id))
    .where(col(Event.person) == bindparam("of"), col(Event.state).in_([str(state) for state in OPEN]))
    .order_by(col(Event.id))
)
_INSERT = {
    "postgresql": postgresql.insert(Event).on_conflict_do_nothing(index_elements=["key"]).returning(col(Event.id)),
    "sqlite": sqlite.insert(Event).on_conflict_do_nothing(index_elements=["key"]).returning(col(Event.id)),
}
_SETTLE = (
    update(Event)
    .where(col(Event.id) == bindparam("which"))
    .values(
        state=bindparam("ended"),
        settled_at=bindparam("at"),
        reference=bindparam("sent_as"),
        reason=bindparam("why"),
        ask_json="",
        copy_name=None,
        lease_until=None,
    )
)


def take(session: Session, asks: Sequence[Ask], copy: str, now: datetime) -> list[Taken]:
    """Write the events down; give those that this copy is to answer now. An event that came before changes nothing.

    An event behind an open one of the same person is given by `settle` when its turn comes.
    """
    people = sorted({str(ask.sender) for ask in asks})
    for person in people:
        in_turn(session, f"inbox:{person}")
    reopen(session, *{ask.sender for ask in asks}, *{ask.room for ask in asks})
    connection = session.connection()
    insert = _INSERT[connection.dialect.name]
    taken = []
    for ask in asks:
        person = str(ask.sender)
        free = connection.execute(_OPEN_OF.limit(1), {"of": person}).first() is None
        values = {
            "key": ask.id,
            "person": person,
            "ask_json": _ASK.dump_json(ask).decode(),
            "state": str(State.TAKEN if free else State.WAITING),
            "copy_name": copy if free else None,
            "lease_until": now + LEASE if free else None,
            "taken_at": now,
        }
        row = connection.execute(insert, values).first()
        if row and free:
            taken.append(Taken(row[0] or 0, ask))
    return taken


def settle(
    session: Session,
    done: Iterable[tuple[Taken, State, str | None, str | None]],
    copy: str,
    now: datetime,
) -> list[Taken]:
    """Note how the events ended (state, reference, reason), and take the next one of each person."""
    following = []
    for event, state, reference, reason in sorted(done, key=lambda one: str(one[0].ask.sender)):
        person = str(event.ask.sender)
        in_turn(session, f"inbox:{person}")
        values = {"which": event.id, "ended": str(state), "at": now, "sent_as": reference, "why": reason}
        session.connection().execute(_SETTLE, values)
        following += _take_next(session, person, copy, now)
    return following


def begin_sending(session: Session, key: str) -> None:
    """Mark that the answer is about to be sent: belongs into the transaction that keeps it."""
    session.connection().execute(_BEGIN, {"named": key})


_BEGIN = update(Event).where(col(Event.key) == bindparam("named")).values(state=str(State.SENDING))


def keep_up(session: Session, copy: str, now: datetime) -> None:
    """Say that this copy still works on what it has taken."""
    mine = update(Event).where(col(Event.copy_name) == copy, col(Event.state).in_([State.TAKEN, State.SENDING]))
    session.connection().execute(mine.values(lease_until=now + LEASE))


def stale(session: Session, copy: str, now: datetime, limit: int = 100) -> list[str]:
    """The people whose events may have been left behind by a copy that has ended; `take_over` looks at each."""
    given_up = col(Event.state).in_([State.TAKEN, State.SENDING]) & (col(Event.lease_until) < now)
    waiting = (col(Event.state) == State.WAITING) & (col(Event.taken_at) < now - LEASE)
    found = select(Event.person).where((given_up & (col(Event.copy_name) != copy)) | waiting)
    return list(session.exec(found.distinct().limit(limit)))


def take_over(session: Session, person: str, copy: str, now: datetime) -> list[Taken]:
    """Take what another copy had taken and not answered when its lease ran out, and what nobody takes.

    Where that copy had begun to send, the outcome is unknown: it is noted as uncertain, and the next event is taken.
    """
    in_turn(session, f"inbox:{person}")
    first = _first_open(session, person)
    if first is None or first.state == State.WAITING:
        return _take_next(session, person, copy, now)
    if first.copy_name == copy or first.lease_until is None or first.lease_until >= now:
        return []
    if first.state == State.TAKEN:
        return [_take(session, first, copy, now)]
    first.state, first.settled_at, first.copy_name = State.UNCERTAIN, now, None
    first.reason = "the copy of Usher that was sending it has ended"
    session.add(first)
    session.flush()
    return _take_next(session, person, copy, now)


def release(session: Session, events: Iterable[Taken], now: datetime) -> None:
    """Give back what was taken and not begun: another copy need not wait for the lease."""
    given_back = update(Event).where(col(Event.id).in_([event.id for event in events]), col(Event.state) == State.TAKEN)
    session.connection().execute(given_back.values(lease_until=now - LEASE, copy_name="(released)"))
    announce(session, NEWS)


def ask_behind(session: Session, room: Address, reference: str) -> str | None:
    """The id of the ask that was answered by the message of that reference, in that room."""
    found = session.exec(select(Event.key).where(Event.reference == reference).limit(1)).first()
    return found if reference.startswith(f"{room.channel}:") else None


def answered_as(session: Session, key: str) -> str | None:
    """The reference of the message that answered the event."""
    return session.exec(select(Event.reference).where(Event.key == key)).first()


def counted(session: Session) -> dict[str, int]:
    """How many events there are in each state."""
    return dict(session.exec(select(Event.state, func.count()).group_by(Event.state)).all())


def _first_open(session: Session, person: str) -> Event | None:
    first = session.connection().execute(_OPEN_OF.limit(1), {"of": person}).first()
    return session.get(Event, first[0]) if first else None


def _take_next(session: Session, person: str, copy: str, now: datetime) -> list[Taken]:
    event = _first_open(session, person)
    return [_take(session, event, copy, now)] if event and event.state == State.WAITING else []


def _take(session: Session, event: Event, copy: str, now: datetime) -> Taken:
    event.state, event.copy_name, event.lease_until = State.TAKEN, copy, now + LEASE
    session.add(event)
    return Taken(event.id or 0, _ASK.validate_json(event.ask_json))
