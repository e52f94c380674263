"""The cast of the tests of the seats: three firms with their people, three briefings, and one office that asks."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any, TypeVar

import pytest
from sqlmodel import Session, col, select

from models import contacts, seats
from models.contacts import Contact, Membership
from models.outbox import Message
from models.participants import Participant
from models.seats import (
    Attendee,
    Freed,
    HandedOver,
    Lapsed,
    Moment,
    Moved,
    Places,
    Reserved,
    Rules,
    Seat,
    SeatEvent,
    Swapped,
    Waiting,
)  # fmt: skip
from models.store import Store

T = TypeVar("T")

NOON = datetime(2023, 4, 12, 4, tzinfo=UTC)  # campaign time
MACHINE = datetime(2026, 2, 3, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CLOSES, STARTS = NOON + 7 * DAY, NOON + 12 * DAY

TWO_EACH = Rules("spring", "24apr", 2, None, CLOSES, STARTS, None, DAY)
SMALL = Rules("spring", "25apr", 2, 3, CLOSES, STARTS, None, DAY)  # the room holds three
LATE = Rules("spring", "26apr", 1, 2, CLOSES, STARTS, STARTS - DAY, 6 * HOUR)  # offered on the last day only
OPEN = Rules("spring", "27apr", None, None, CLOSES, STARTS, None, DAY)  # nothing is stated
ALL = {(rules.campaign, rules.briefing): rules for rules in (TWO_EACH, SMALL, LATE, OPEN)}

FIRMS = {"amy": "CP1", "ben": "CP1", "bob": "CP1", "cid": "CP2", "dan": "CP2", "eve": "CP3"}


def at(now: datetime = NOON) -> Moment:
    return Moment(now, MACHINE)


def attendee(name: str) -> Attendee:
    return Attendee(name.title(), f"{name}@example.com")


def people(session: Session, firms_of: dict[str, str]) -> dict[str, int]:
    """Put them into the database with their firms, those named first enrolled first; gives their numbers."""
    codes = sorted(set(firms_of.values()))
    session.add_all(Participant(code=code, name=f"Firm {code}", imported_at=MACHINE) for code in codes)
    rows = {name: Contact(name=name.title(), created_at=MACHINE) for name in firms_of}
    session.add_all(rows.values())
    session.flush()
    ids = {name: row.id or 0 for name, row in rows.items()}
    for number, (name, code) in enumerate(firms_of.items()):
        since = MACHINE + number * HOUR
        session.add(Membership(contact_id=ids[name], participant=code, how="import", since=since))
    return ids


@dataclass
class Office:
    """Asks for what the people want, each thing in a transaction of its own. `now` is the campaign time of it all."""

    store: Store
    ids: dict[str, int]
    now: datetime = NOON

    async def take(self, who: str, rules: Rules, *names: str) -> Reserved:
        return await self.write(self.taking(who, rules, *names))

    def taking(self, who: str, rules: Rules, *names: str) -> Callable[[Session], Reserved]:
        wanted = [attendee(name) for name in names or [who]]
        return lambda session: seats.reserve(session, rules, FIRMS[who], self.ids[who], wanted, at(self.now))

    async def free(self, who: str, rules: Rules, seat: Seat) -> Freed:
        return await self.write(self.freeing(who, rules, seat.id or 0))

    def freeing(self, who: str, rules: Rules, seat_id: int) -> Callable[[Session], Freed]:
        return lambda session: seats.free(session, rules, seat_id, FIRMS[who], self.ids[who], at(self.now))

    async def swap(self, who: str, rules: Rules, seat: Seat, name: str) -> Swapped:
        return await self.write(self.swapping(who, rules, seat, name))

    def swapping(self, who: str, rules: Rules, seat: Seat, name: str) -> Callable[[Session], Swapped]:
        ids = FIRMS[who], self.ids[who]
        return lambda session: seats.swap(session, rules, seat.id or 0, *ids, attendee(name), at(self.now))

    async def move(self, who: str, rules: Rules, to: Rules, seat: Seat) -> Moved:
        return await self.write(self.moving(who, rules, to, seat))

    def moving(self, who: str, rules: Rules, to: Rules, seat: Seat) -> Callable[[Session], Moved]:
        return lambda session: seats.move(session, rules, to, seat.id or 0, FIRMS[who], self.ids[who], at(self.now))

    async def wait(self, who: str, rules: Rules, name: str | None = None) -> Waiting:
        return await self.write(self.waiting(who, rules, name))

    def waiting(self, who: str, rules: Rules, name: str | None = None) -> Callable[[Session], Waiting]:
        wanted = attendee(name or who)
        return lambda session: seats.wait(session, rules, FIRMS[who], self.ids[who], wanted, at(self.now))

    async def leave_line(self, who: str, rules: Rules, waiting: Waiting) -> list[Seat]:
        return await self.write(self.leaving_line(who, rules, waiting))

    def leaving_line(self, who: str, rules: Rules, waiting: Waiting) -> Callable[[Session], list[Seat]]:
        ids = FIRMS[who], self.ids[who]
        return lambda session: seats.leave_line(session, rules, waiting.id or 0, *ids, at(self.now))

    async def accept(self, who: str, rules: Rules, seat: Seat) -> Seat:
        return await self.write(self.accepting(who, rules, seat))

    def accepting(self, who: str, rules: Rules, seat: Seat) -> Callable[[Session], Seat]:
        return lambda session: seats.accept(session, rules, seat.id or 0, FIRMS[who], self.ids[who], at(self.now))

    async def lapse(self, rules: Rules) -> Lapsed:
        return await self.store.write(seats.lapse, rules, at(self.now))

    async def book(self, who: str, rules: Rules, reference: str | None) -> list[Seat]:
        where = rules.campaign, rules.briefing, FIRMS[who], self.ids[who]
        return await self.store.write(seats.book, *where, reference, at(self.now))

    async def unbook(self, who: str, rules: Rules) -> list[Seat]:
        where = rules.campaign, rules.briefing, FIRMS[who], self.ids[who]
        return await self.store.write(seats.unbook, *where, at(self.now))

    async def leave(self, who: str) -> HandedOver:
        return await self.store.write(self.leaving(who))

    def leaving(self, who: str) -> Callable[[Session], HandedOver]:
        def leaves(session: Session) -> HandedOver:
            contacts.leave(session, self.ids[who], FIRMS[who], contacts.SELF, MACHINE)
            return seats.hand_over(session, ALL, self.ids[who], FIRMS[who], at(self.now))

        return leaves

    async def fill(self, rules: Rules, *names: str) -> list[Seat]:
        """A seat for each of these, for themselves."""
        return [(await self.take(name, rules)).seats[0] for name in names]

    async def queue(self, rules: Rules, *names: str) -> list[Waiting]:
        return [await self.wait(name, rules) for name in names]

    async def refused(self, why: type[Exception], do: Callable[[Session], object]) -> Exception:
        """It is refused, and nothing of it is kept, although whoever asks goes on in that transaction and answers."""

        def answered(session: Session) -> Exception:
            with pytest.raises(why) as refusal:
                do(session)
            return refusal.value

        before = await self.everything()
        refusal = await self.store.write(answered)
        assert await self.everything() == before
        return refusal

    async def write(self, do: Callable[[Session], T]) -> T:
        return await self.store.write(do)

    async def seats(self, rules: Rules) -> list[Seat]:
        return await self.store.read(seats.seats_of, rules.campaign, None, rules.briefing)

    async def names(self, rules: Rules) -> list[str]:
        """Who has a seat, held or on offer."""
        return sorted(seat.attendee_name for seat in await self.seats(rules))

    async def line(self, rules: Rules) -> list[Waiting]:
        return await self.store.read(seats.line_of, rules.campaign, None, rules.briefing)

    async def places(self, rules: Rules) -> list[int]:
        line = await self.line(rules)
        return [await self.store.read(seats.place_in_line, rules, one) for one in line if one.state == "waiting"]

    async def events(self) -> list[tuple[str, str]]:
        told = select(SeatEvent.what, SeatEvent.attendee_name).order_by(col(SeatEvent.id))
        return await self.store.read(lambda session: list(session.exec(told)))

    async def everything(self) -> list[Any]:
        return await self.store.read(everything)


def everything(session: Session) -> list[Any]:
    """All that is kept of seats."""
    tables = (Seat, Waiting, SeatEvent, Places, Membership, Message)
    rows = ([row.model_dump() for row in session.exec(select(table))] for table in tables)
    return [sorted(some, key=str) for some in rows]


@pytest.fixture
async def office(store: Store) -> Office:
    return Office(store, await store.write(people, FIRMS))


@pytest.fixture
async def other_store(database_url: str) -> AsyncIterator[Store]:
    """Another copy of Usher."""
    store = await Store.open(database_url)
    yield store
    await store.close()


def later(rules: Rules, **new: Any) -> Rules:
    return replace(rules, **new)


def named(rows: Iterable[Seat | Waiting]) -> list[str]:
    return [row.attendee_name for row in rows]


async def both_at_once(
    store: Store, first: Callable[[Session], object], other: Store, second: Callable[[Session], object]
) -> list[object]:
    """Begin `second` in another copy while `first` is done but not yet committed; it must wait."""
    reached, let = Event(), Event()

    def slowly(session: Session) -> object:
        done = first(session)
        session.flush()
        reached.set()
        let.wait(30)
        return done

    one = asyncio.create_task(store.write(slowly))
    await asyncio.to_thread(reached.wait, 30)
    two = asyncio.create_task(other.write(second))
    await asyncio.sleep(0.2)
    waited = not two.done()
    let.set()
    results = await asyncio.gather(one, two, return_exceptions=True)
    assert waited
    return list(results)


async def assert_whole(store: Store, count: int) -> None:
    """So many seats, each with its place, its history and its message."""

    def keys(session: Session) -> list[list[str]]:
        kept = select(Seat.uid), select(SeatEvent.uid).where(SeatEvent.what == "held"), select(Message.about)
        return [sorted(f"{key}".removeprefix("seat:") for key in session.exec(which)) for which in kept]

    held, history, messages = await store.read(keys)
    assert len(held) == count
    assert held == history == messages
    assert await store.read(lambda session: session.exec(select(Places.taken)).all()) == [count]
