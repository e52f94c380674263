"""Remembers every event that a channel handed in, so that each is answered once, in its person's order, by one copy.

An event is written down before it is acknowledged. It waits while an earlier one of the same person is open; then one
copy of Usher takes it, for as long as its lease is kept up. `sending` is set in the transaction that keeps the reply:
a copy that dies before leaves the event to another one; a copy that dies after leaves an outcome that nobody knows.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, String, and_, bindparam, case, cast, exists, func, insert, or_, select, update
from sqlalchemy.orm import aliased
from sqlmodel import Field, Index, Session, SQLModel, col

from models.message import Address, Ask
from models.pseudonyms import begins_with_one, one_in
from models.reach import reopen
from models.store import announce, in_turn

LEASE = timedelta(seconds=30)  # machine time; kept up while the copy lives
NEWS = "inbox"  # the topic that is announced when events were given back
MANY = 500  # ids in one statement: databases take only so many parameters

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
ACTIVE = (State.TAKEN, State.SENDING)  # a copy is busy with it; one of a person's events at most
UNANSWERED = (State.UNCERTAIN, State.FAILED)


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


class TakenOver(Exception):  # noqa: N818 - named after the situation
    """Another copy has the event by now: this one did not keep its lease up."""


# Every message passes here: the statements are made once, and what comes together is written together.
_id, _key, _person, _state = col(Event.id), col(Event.key), col(Event.person), col(Event.state)
_copy, _lease, _other = col(Event.copy_name), col(Event.lease_until), aliased(Event)
_keys = _key.in_(bindparam("keys", expanding=True))


def _one_of(states: Iterable[State], event: type[Event] = Event) -> ColumnElement[bool]:
    return or_(*(col(event.state) == str(state) for state in states))


_KNOWN = select(_key, _state).where(_keys)
_RETIRE = update(Event).where(_keys).values(key=_key + "#" + cast(_id, String))
_ANOTHER_OPEN = exists().where(col(_other.person) == bindparam("of"), _one_of(OPEN, _other))
_WRITE_DOWN = insert(Event).values(state=case((_ANOTHER_OPEN, str(State.WAITING)), else_=str(State.TAKEN)))
_TAKEN_NOW = select(_key, _id).where(_keys, _state == str(State.TAKEN))
_FIRST_IDS = select(func.min(_id)).where(_person.in_(bindparam("people", expanding=True)), _one_of(OPEN))
_FIRST_OPEN = select(_id, _person, _state, _lease, col(Event.ask_json)).where(_id.in_(_FIRST_IDS.group_by(_person)))
_TAKE = (
    update(Event)
    .where(_id == bindparam("which"))
    .values(state=str(State.TAKEN), copy_name=bindparam("by"), lease_until=bindparam("until"))
)
_BEGIN = update(Event).where(_id == bindparam("which"), _copy == bindparam("by"), _one_of(ACTIVE))
_BEGIN = _BEGIN.values(state=str(State.SENDING))
# Whoever wrote it was forgotten while it was being answered: so is the event, once it has ended.
_FORGOTTEN = begins_with_one(_key)
_WHOSE = case((_FORGOTTEN, one_in(_key)), else_=_person)
_SETTLE = (
    update(Event)
    # Noted as uncertain by another copy that thought this one dead: what is told now is the truth.
    .where(_id == bindparam("which"), or_(_copy == bindparam("by"), _state == str(State.UNCERTAIN)))
    .values(
        state=bindparam("ended"),
        settled_at=bindparam("at"),
        person=_WHOSE,
        reference=case((_FORGOTTEN, None), else_=bindparam("sent_as")),
        reason=bindparam("why"),
        ask_json="",
        copy_name=None,
        lease_until=None,
    )
)


def take(session: Session, asks: Sequence[Ask], copy: str, now: datetime) -> list[Taken]:
    """Write the events down; give those that this copy is to answer now. An event that came before changes nothing.

    Only a button that was pressed and not answered may be pressed again. An event behind an open one of the same
    person is given by `settle` when its turn comes.
    """
    new: dict[str, Ask] = {}
    for ask in map(_storable, asks):
        new.setdefault(ask.id, ask)
    _stand_in_line(session, {str(ask.sender) for ask in asks})
    reopen(session, *{ask.sender for ask in asks}, *{ask.room for ask in asks})
    connection = session.connection()
    known: dict[str, str] = dict(connection.execute(_KNOWN, {"keys": list(new)}).all())
    if again := [key for key, state in known.items() if new[key].pressed and state in UNANSWERED]:
        # The row stays, by another name: an event that is to come after the others needs a new number.
        connection.execute(_RETIRE, {"keys": again})
    if not (written := [key for key in new if key not in known or key in again]):
        return []
    rows = [
        {
            "key": key,
            "person": str(new[key].sender),
            "of": str(new[key].sender),
            "ask_json": _ASK.dump_json(new[key]).decode(),
            "copy_name": copy,
            "lease_until": now + LEASE,
            "taken_at": now,
        }
        for key in written
    ]
    connection.execute(_WRITE_DOWN, rows)
    ids: dict[str, Any] = dict(connection.execute(_TAKEN_NOW, {"keys": written}).all())
    return [Taken(ids[key], new[key]) for key in written if key in ids]


def settle(
    session: Session,
    done: Iterable[tuple[Taken, State, str | None, str | None]],
    copy: str,
    now: datetime,
) -> list[Taken]:
    """Note how the events ended (state, reference, reason), and take the next one of each person.

    What another copy has taken over meanwhile is left to it.
    """
    ended = [
        {"which": event.id, "by": copy, "ended": str(state), "at": now, "sent_as": reference, "why": reason}
        for event, state, reference, reason in done
    ]
    people = {str(event.ask.sender) for event, *_ in done}
    _stand_in_line(session, people)
    session.connection().execute(_SETTLE, ended)
    return _take_next(session, people, copy, now)


def begin_sending(session: Session, event: int, copy: str) -> None:
    """Mark that the answer is about to be sent: belongs into the transaction that keeps it. Raises `TakenOver`."""
    marked = session.connection().execute(_BEGIN, {"which": event, "by": copy})
    if not marked.rowcount:
        raise TakenOver


def keep_up(session: Session, events: Collection[int], copy: str, now: datetime) -> None:
    """Say that this copy still works on these events."""
    numbers = sorted(events)
    for some in (numbers[at : at + MANY] for at in range(0, len(numbers), MANY)):
        # Rows that are being changed are in nobody else's hands; waiting for them could end in a deadlock.
        mine = select(_id).where(_id.in_(some), _copy == copy, _one_of(ACTIVE)).with_for_update(skip_locked=True)
        session.connection().execute(update(Event).where(_id.in_(mine)).values(lease_until=now + LEASE))


def stale(session: Session, now: datetime, limit: int = 100) -> list[str]:
    """The people with events that nobody works on, those who wait longest first; `take_over` looks at each."""
    active = exists().where(col(_other.person) == _person, _one_of(ACTIVE, _other))
    left = and_(_one_of(ACTIVE), or_(_lease < now, _lease > now + 2 * LEASE))
    given_back = and_(_state == str(State.WAITING), ~active)
    found = select(_person).where(or_(left, given_back)).group_by(_person).order_by(func.min(_id)).limit(limit)
    return list(session.connection().execute(found).scalars())


def take_over(
    session: Session, person: str, copy: str, now: datetime, held: Collection[int] = frozenset()
) -> list[Taken]:
    """Take what nobody works on: it was given back, or its lease has run out. `held` is what this copy works on itself.

    Where a copy had begun to send, the outcome is unknown: it is noted as uncertain, and the next event is taken.
    """
    _stand_in_line(session, {person})
    first = session.connection().execute(_FIRST_OPEN, {"people": [person]}).first()
    if first is None or first.id in held or (first.state in ACTIVE and _is_kept_up(first.lease_until, now)):
        return []
    if first.state == State.SENDING:
        why = "the copy of Usher that was sending it has ended"
        _give_up(session, first.id, State.UNCERTAIN, why, now)
        return _take_next(session, {person}, copy, now)
    return _take(session, [first], copy, now)


def release(session: Session, events: Iterable[Taken], copy: str, now: datetime) -> None:
    """Give back what was taken and not sent: another copy takes it without waiting for the lease."""
    ids = [event.id for event in events]
    given_back = update(Event).where(_id.in_(ids), _copy == copy, _one_of(ACTIVE))
    session.connection().execute(given_back.values(state=str(State.WAITING), copy_name=None, lease_until=None))
    announce(session, NEWS)


def ask_behind(session: Session, person: Address, reference: str) -> str | None:
    """The id of the person's own ask that was answered by the message of that reference."""
    found: str | None = session.connection().execute(_BEHIND, {"sent_as": reference, "of": str(person)}).scalar()
    return found


_BEHIND = select(_key).where(col(Event.reference) == bindparam("sent_as"), _person == bindparam("of")).limit(1)


def answered_as(session: Session, key: str) -> str | None:
    """The reference of the message that answered the event."""
    found: str | None = session.connection().execute(_ANSWERED_AS, {"named": key}).scalar()
    return found


_ANSWERED_AS = select(col(Event.reference)).where(_key == bindparam("named"))


def counted(session: Session) -> dict[str, int]:
    """How many events there are in each state."""
    found = session.connection().execute(select(_state, func.count()).group_by(_state))
    return dict(found.all())


def storable(text: str) -> str:
    """The text without what databases cannot keep: half characters, and NUL."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _stand_in_line(session: Session, people: Iterable[str]) -> None:
    for person in sorted(people):  # in one order everywhere: two that wait for each other would wait for ever
        in_turn(session, f"inbox:{person}")


def _take_next(session: Session, people: Iterable[str], copy: str, now: datetime) -> list[Taken]:
    first = session.connection().execute(_FIRST_OPEN, {"people": list(people)})
    return _take(session, [row for row in first if row.state == State.WAITING], copy, now)


def _take(session: Session, rows: Sequence[Any], copy: str, now: datetime) -> list[Taken]:
    if not rows:
        return []
    values = [{"which": row.id, "by": copy, "until": now + LEASE} for row in rows]
    session.connection().execute(_TAKE, values)
    taken, passed_by = [], set()
    for row in rows:
        try:
            taken.append(Taken(row.id, _ASK.validate_json(row.ask_json)))
        except ValidationError:  # written by another version of Usher: it must not hold up those behind it
            _give_up(session, row.id, State.FAILED, "this version of Usher cannot read it", now)
            passed_by.add(row.person)
    return taken + (_take_next(session, passed_by, copy, now) if passed_by else [])


def _give_up(session: Session, event: int, state: State, why: str, now: datetime) -> None:
    ended = update(Event).where(_id == event).values(state=str(state), settled_at=now, reason=why, person=_WHOSE)
    asked = case((_FORGOTTEN, ""), else_=col(Event.ask_json))
    session.connection().execute(ended.values(ask_json=asked, copy_name=None, lease_until=None))


def _is_kept_up(until: datetime | None, now: datetime) -> bool:
    """A lease that ends far ahead is one from before the clock was put back."""
    return until is not None and now <= until <= now + 2 * LEASE


def _storable(ask: Ask) -> Ask:
    """What is written down with others must not be what keeps them from being written down."""
    return replace(ask, id=storable(ask.id), text=storable(ask.text), name=ask.name and storable(ask.name))
