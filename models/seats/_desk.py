"""The records of one briefing's seats and of its line, for as long as a transaction has them to itself."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any, Self, TypeVar
from uuid import uuid4

from sqlalchemy import text
from sqlmodel import Session

from models.seats import _statements as statements
from models.seats._room import NO_END, Room
from models.seats._rows import Seat, State, Waiting
from models.seats._rules import Attendee, BriefingFull, Moment, NoSuchSeat, NotAMember, Rules
from models.store import as_read, in_turn

Row = TypeVar("Row", Seat, Waiting)


@dataclass(frozen=True)
class Look:
    """What a change looks at first: the participant's `seats`, held and on offer; all places taken; who waits."""

    participant: str
    contact_id: int
    seats: list[Seat]
    taken: int
    anyone_waits: bool

    def seat(self, seat_id: int) -> Seat:
        """Raises `NoSuchSeat`."""
        return _numbered(self.seats, seat_id)

    def seat_of(self, who: Attendee) -> Seat | None:
        return next((seat for seat in self.seats if seat.attendee_key in who.keys), None)


def hold_still(session: Session, places: Iterable[tuple[str, str]]) -> None:
    """Let nobody else change seats and lines of these briefings (campaign, briefing) before the transaction ends.

    For what changes the people who may have some: after `in_contacts_turn`, before anything of them is changed.
    """
    for campaign, briefing in sorted(places):  # in one order everywhere: two that wait for each other wait for ever
        name = f"seats:{campaign}:{briefing}"
        if name in session.info.get(_BESIDE, ()):
            raise RuntimeError("seats of a briefing are reserved last: two who do more after it wait for each other")
        in_turn(session, name)


def _stand_beside(session: Session, campaign: str, briefing: str, participant: str) -> None:
    """Take seats beside other participants who do: only where the last places are taken one has to wait for another.

    That makes a crowd a quarter quicker. Whoever does anything else there waits for all of them, and they for it.
    """
    name = f"seats:{campaign}:{briefing}"
    session.info.setdefault(_BESIDE, set()).add(name)
    if session.get_bind().dialect.name == "postgresql":
        session.connection().execute(_WAIT_BESIDE, {"name": name, "own": f"{name}:{participant}"})


_BESIDE = "usher.seats.beside"
_WAIT_BESIDE = text(
    "SELECT pg_advisory_xact_lock_shared(hashtextextended(:name, 0)), pg_advisory_xact_lock(hashtextextended(:own, 0))"
)


class Desk:
    """One briefing's seats and line. Nobody else changes them before the transaction ends; on SQLite nobody at all.

    `beside` is a participant that only takes seats: others may take some meanwhile, but not that participant.
    What it gives are copies: nothing is kept but what it is told to keep.
    """

    def __init__(
        self, session: Session, campaign: str, briefing: str, at: Moment, *, beside: str | None = None
    ) -> None:
        session.flush()  # or the statements here would not see what was changed before
        if beside is None:
            hold_still(session, [(campaign, briefing)])
        else:
            _stand_beside(session, campaign, briefing, beside)
        self._connection, self.at = session.connection(), at
        self._here: dict[str, Any] = {"campaign": campaign, "briefing": briefing}
        self._asked = {"of_campaign": campaign, "at_briefing": briefing}

    @classmethod
    def of(cls, session: Session, rules: Rules, at: Moment, *, beside: str | None = None) -> Self:
        return cls(session, rules.campaign, rules.briefing, at, beside=beside)

    def look(self, participant: str, contact_id: int) -> Look:
        """Raises `NotAMember`. Who leaves at this instant has to wait for this desk, and then finds the seat."""
        found = self._run(statements.LOOK, whose=participant, who=contact_id).one()
        if not found.member:
            raise NotAMember
        seats = self.seats(participant) if found.has_seats else []
        return Look(participant, contact_id, seats, found.taken or 0, found.anyone_waits)

    def seats(self, participant: str) -> list[Seat]:
        """The participant's, held and on offer, by number."""
        return statements.copies(Seat, self._run(statements.SEATS, whose=participant).mappings())

    def overdue(self) -> list[Seat]:
        """Those whose offers are over."""
        return statements.copies(Seat, self._run(statements.OVERDUE, now=self.at.now).mappings())

    def line(self) -> list[Waiting]:
        """Those who wait and could hold a seat, in their order."""
        return statements.copies(Waiting, self._run(statements.LINE).mappings())

    def in_line(self, participant: str) -> list[Waiting]:
        """The participant's people who wait or have an offer."""
        return statements.copies(Waiting, self._run(statements.IN_LINE_OF, whose=participant).mappings())

    def waiting(self, waiting_id: int | None, participant: str) -> Waiting:
        """Raises `NoSuchSeat`."""
        return _numbered(self.in_line(participant), waiting_id)

    def room(self, rules: Rules, taken: int | None = None) -> Room:
        """What is left now, in total and to each participant."""
        seats: Counter[str] = Counter()
        if rules.limit is not None:
            seats.update(dict(self._run(statements.HELD).all()))
        if taken is None:
            taken = self._run(statements.TAKEN).scalar() or 0
        return Room.of(rules, taken, seats)

    def take(self, places: int, most: int) -> None:
        """Count so many places as taken. Raises `BriefingFull` where there would be more than `most` then."""
        take = statements.TAKE[self._connection.dialect.name]
        if not self._connection.execute(take, self._here | {"taken": places, "most": most}).rowcount:
            raise BriefingFull(0)

    def give_back(self) -> None:
        """Count a place as free."""
        self._run(statements.GIVE_BACK)

    def new_seat(
        self, participant: str, contact_id: int, who: Attendee | Waiting, beside: Iterable[Seat], **given: Any
    ) -> Seat:
        """A seat with the lowest number `beside` those of the participant; `add` keeps it."""
        values = {
            "participant": participant,
            "number": lowest(beside),
            "contact_id": contact_id,
            "state": str(State.HELD),
            "uid": new_uid(),
            "since": self.at.now,
        }
        return as_read(Seat, _NEW_SEAT | self._here | named(who) | values | given)

    def add(self, seat: Seat, what: str, places: int = 1, most: int = NO_END) -> Seat:
        """Take so many places, keep the new seat, and note what happened. Raises `BriefingFull`, or does all of it."""
        row, event = statements.values(seat), self._event(what, seat, seat.contact_id)
        if self._connection.dialect.name == "postgresql":
            place = self._here | {"taken": places}
            given = statements.together(place=place, seat=row, event=event) | {"most": most}
            if not (added := self._connection.execute(statements.TAKE_AND_ADD, given).scalar()):
                raise BriefingFull(0)
        else:
            self.take(places, most)
            added = self._connection.execute(statements.ADD_SEAT, row).scalar_one()
            self._connection.execute(statements.NOTE, event)
        return as_read(Seat, row | {"id": added})

    def keep(self, seat: Seat, **new: Any) -> Seat:
        """Change these values of the seat and no others, as somebody may be made unknown meanwhile; gives a copy."""
        self._connection.execute(statements.KEEP_SEAT, new | {"which": seat.id})
        return as_read(Seat, seat.model_dump() | new)

    def take_away(self, seat: Seat) -> None:
        """End the seat: its number and its place are free."""
        self._connection.execute(statements.DROP_SEAT, {"which": seat.id})
        self.give_back()

    def stand_in_line(self, participant: str, contact_id: int, who: Attendee) -> Waiting:
        """Keep a place at the end of the line."""
        waiting = Waiting(**self._here, **named(who), participant=participant, contact_id=contact_id, since=self.at.now)
        waiting.id = self._connection.execute(statements.ADD_WAITING, statements.values(waiting)).scalar_one()
        return waiting

    def keep_waiting(self, waiting: Waiting, **new: Any) -> Waiting:
        """Change these values and no others; gives a copy."""
        self._connection.execute(statements.KEEP_WAITING, new | {"which": waiting.id})
        return as_read(Waiting, waiting.model_dump() | new)

    def settle(self, waiting: Waiting, state: str) -> Waiting:
        """Note what became of who waited; gives a copy."""
        return self.keep_waiting(waiting, state=state, settled_at=None if state == "offered" else self.at.now)

    def note(self, what: str, about: Seat | Waiting, contact_id: int, note: str | None = None) -> None:
        """Write down what happened, in the transaction in which it happens."""
        self._connection.execute(statements.NOTE, self._event(what, about, contact_id, note))

    def _event(self, what: str, about: Seat | Waiting, contact_id: int, note: str | None = None) -> dict[str, Any]:
        return {
            **self._here,
            "participant": about.participant,
            "what": what,
            "uid": about.uid if isinstance(about, Seat) else None,
            "attendee_name": about.attendee_name,
            "attendee_email": about.attendee_email,
            "contact_id": contact_id,
            "by": None if what == "offered" else self.at.by,  # what is offered to the next one follows by itself
            "note": note,
            "at": self.at.now,
            "recorded_at": self.at.machine,
        }

    def _run(self, statement: Any, **parameters: Any) -> Any:
        return self._connection.execute(statement, self._asked | parameters)


_NEW_SEAT = {
    name: field.default for name, field in Seat.model_fields.items() if name != "id" and not field.is_required()
}


def named(who: Attendee | Waiting) -> dict[str, Any]:
    """Who is to sit there, as it is kept."""
    if isinstance(who, Attendee):
        return {"attendee_key": who.key, "attendee_name": who.name, "attendee_email": who.email}
    return {name: getattr(who, name) for name in ("attendee_key", "attendee_name", "attendee_email")}


def new_uid() -> str:
    """The name of a calendar entry, the same in every version of it."""
    return str(uuid4())


def lowest(seats: Iterable[Seat]) -> int:
    """The first number that none of these seats has."""
    taken = {seat.number for seat in seats}
    return next(number for number in count(1) if number not in taken)


def _numbered(rows: Iterable[Row], number: int | None) -> Row:
    for row in rows:
        if row.id == number:
            return row
    raise NoSuchSeat
