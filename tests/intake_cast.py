"""The cast of the intake's tests: people who ask, a reception that echoes, a channel that records; also a program."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from bot.intake import Intake, Times, place_of
from handlers.reception import Also, Before, Heard
from models import inbox
from models.conversation import Turn, record, turn_asked
from models.inbox import OPEN, State
from models.message import Address, Ask, Reply
from models.store import Store

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
QUICK = Times(take=20, keep_up=0.05, again=0.01, insist=0.02, stop=5)
Say = Callable[[Ask], Reply]


class Clock:
    """Machine time that stands, and is moved by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def asked(person: str, number: int | str, text: str | None = None) -> Ask:
    who = Address("test", person)
    return Ask(f"test:{person}:{number}", who, who, text or f"{person} {number}", NOON)


def pressed(person: str, message: str = "test:7", action: str = "/support 1") -> Ask:
    """A button that is gone once it was pressed: however often, it is one event."""
    ask = asked(person, f"press:{message}", action)
    return replace(ask, pressed=message)


def echo(ask: Ask) -> Reply:
    return Reply(f"re {ask.text}")


class Echo:
    """A reception that keeps every turn as the real one does. `waits` holds up what is asked with that text."""

    def __init__(self, store: Store, say: Say = echo) -> None:
        self._store, self.say = store, say
        self.heard: list[str] = []
        self.waits: dict[str, asyncio.Event] = {}

    async def hear(self, ask: Ask, also: Also | None = None, before: Before | None = None) -> Heard:
        self.heard.append(ask.id)
        if waits := self.waits.get(ask.text):
            await waits.wait()
        reply = self.say(ask)
        if ask.text == "talk":
            return Heard(None)
        turn = await self._store.write(_keep, ask, reply, also)
        action = ask.text if ask.pressed else None
        return Heard(turn.reply, turn.in_reply_to, action)

    def sorry(self, ask: Ask) -> Reply:
        return Reply("sorry")


def _keep(session: Session, ask: Ask, reply: Reply, also: Also | None) -> Turn:
    if again := turn_asked(session, ask.id):
        return again
    if also:
        also(session)
    return record(session, ask, reply, recorded_at=NOON)


class Recorder:
    """A channel that remembers what it sent where; the errors of `fails` come first, `waits` holds up a person."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.places: list[Address] = []
        self.edited: list[tuple[str, Reply]] = []
        self.tried: list[float] = []
        self.fails: list[Exception] = []
        self.edit_fails: Exception | None = None
        self.waits: dict[str, asyncio.Event] = {}
        self._numbers = count(1)

    async def answer(self, ask: Ask, reply: Reply) -> str | None:
        self.tried.append(asyncio.get_running_loop().time())
        if waits := self.waits.get(ask.sender.id):
            await waits.wait()
        if self.fails:
            raise self.fails.pop(0)
        self.sent.append((ask.id, reply.text))
        self.places.append(place_of(ask))
        return f"test:{next(self._numbers)}"

    async def edit(self, reference: str, reply: Reply) -> None:
        if self.edit_fails:
            raise self.edit_fails
        self.edited.append((reference, reply))

    @property
    def texts(self) -> list[str]:
        return [text for _, text in self.sent]


class Copy:
    """One running copy of Usher, as far as it takes events in."""

    def __init__(self, store: Store, name: str, clock: Callable[[], datetime], times: Times = QUICK) -> None:
        self.store, self.name = store, name
        self.reception, self.channel = Echo(store), Recorder()
        self.intake = Intake(store, self.reception, {"test": self.channel}, clock, name, times)

    async def take(self, *asks: Ask) -> None:
        await self.intake.take(*asks)

    async def done(self) -> None:
        await until_done(self.store)


Start = Callable[..., Copy]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def start(store: Store, clock: Clock) -> AsyncIterator[Start]:
    """Starts copies of Usher on the test's database."""
    started: list[Copy] = []

    def begin(name: str = "a", at: Store = store, times: Times = QUICK) -> Copy:
        started.append(Copy(at, name, clock, times))
        started[-1].intake.start()
        return started[-1]

    yield begin
    for copy in started:
        await copy.intake.stop()


@pytest.fixture
async def other_store(store: Store, database_url: str) -> AsyncIterator[Store]:
    """The same database, opened by another copy."""
    other = await Store.open(database_url)
    yield other
    await other.close()


async def until(true: Callable[[], bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - the tests wait for many kinds of things
            await asyncio.sleep(0.005)


async def until_done(store: Store, seconds: float = 20) -> None:
    """Until no event is open."""
    async with asyncio.timeout(seconds):
        while any(await counted(store, *OPEN)):  # noqa: ASYNC110 - it may be another copy that answers
            await asyncio.sleep(0.02)


async def counted(store: Store, *states: State) -> list[int]:
    found = await store.read(inbox.counted)
    return [found.get(state, 0) for state in states]


@asynccontextmanager
async def away(*stores: Store) -> AsyncIterator[None]:
    """The database cannot be reached."""

    def refuse(*_: object) -> None:
        raise OperationalError("", None, ConnectionError("the database is away"))

    engines = {engine for store in stores for engine in (store._reading, store._writing)}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", refuse)


async def _answer_until_killed(url: str, people: Iterable[str]) -> None:
    """Take three events of each; the answers of those named `slow…` begin to be sent and never arrive."""
    store = await Store.open(url)
    copy = Copy(store, "killed", lambda: NOON)
    copy.intake.start()
    for person in people:
        if person.startswith("slow"):
            copy.channel.waits[person] = asyncio.Event()
        if person.startswith("thinking"):
            copy.reception.waits[f"{person} 1"] = asyncio.Event()
        await copy.take(*(asked(person, number) for number in (1, 2, 3)))
    hanging = [person for person in people if person.startswith("slow")]
    while await counted(store, State.SENDING) != [len(hanging)]:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.01)
    sys.stdout.write("acknowledged\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_answer_until_killed(sys.argv[1], sys.argv[2:]))
