"""The cast of the cards: askers on the web page, and the desk's people in two rooms, without any platform."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any

import pytest
from sqlmodel import Session, col, select

from handlers.facts import SUPPORT
from handlers.reception import Reception
from handlers.support import Support
from models.message import Address, Ask, Reply
from models.outbox import Message, State, note_failed, note_sent
from models.people import add_staff
from models.store import Store
from models.support import Case, CaseEvent, case_of, events_of
from tests.reception_cast import MORNING

ROOM, SECOND = Address("slack", "CDESK"), Address("telegram", "-900")
SAM, KIM, EVE = (Address("slack", f"T0:U0{name}") for name in ("SAM", "KIM", "EVE"))  # Eve is in the room only
FEE = "How much does a seat in the canteen cost?"


@dataclass
class Room:
    """The support room, and the time that everybody lives at. Messages are delivered when a test says so."""

    store: Store
    reception: Reception
    now: datetime = MORNING
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def desk(self) -> Support:
        return self.reception.support

    async def ask(self, who: str = "amy", question: str = FEE, **more: Any) -> int:
        """Somebody asks, and has it passed on; the number of the case."""
        person = Address("web", who)
        offered = await self.hear(person, person, question, **more)
        assert offered
        (action,) = [one.action for one in offered.choices if one.action.startswith(f"{SUPPORT} ")]
        await self.hear(person, person, action, **more)
        await self.deliver()
        newest = await self.store.read(_newest)
        assert newest
        return newest

    async def hear(self, who: Address, room: Address, text: str, **more: Any) -> Reply | None:
        ask = Ask(f"e{next(self.numbers)}", who, room, text, self.now)
        return (await self.reception.hear(replace(ask, **more))).reply

    async def press(self, who: Address, action: str, room: Address = ROOM) -> Reply | None:
        return await self.hear(who, room, action)

    async def under_card(self, who: Address, number: int, text: str, room: Address = ROOM) -> Reply | None:
        """Write that as a reply to the card."""
        reference = await self.store.read(_reference, number, room)
        return await self.hear(who, Address.of(reference), text, replies_to=reference, overheard=True)

    async def card(self, number: int) -> Reply:
        """As it would be shown now."""

        def worded(session: Session) -> Reply:
            case = case_of(session, number)
            assert case
            return self.desk.card(session, case, self.now)

        return await self.store.read(worded)

    async def case(self, number: int) -> Case:
        case = await self.store.read(case_of, number)
        assert case
        return case

    async def events(self, number: int) -> list[CaseEvent]:
        return await self.store.read(events_of, number)

    async def deliver(self, fails: str = "") -> None:
        """Have what waits arrive, or fail for that reason."""
        await self.store.write(self._settle, fails)

    def _settle(self, session: Session, fails: str) -> None:
        now = self.desk.machine_time()
        for message in session.exec(select(Message).where(Message.state == State.PENDING)).all():
            message.state, message.copy_name, message.lease_until = State.SENDING, "a copy", now
            session.flush()
            if fails:
                failed = note_failed(session, message, fails, now)
                assert failed
                self.desk.undelivered(session, failed)
            else:
                note_sent(session, message, f"{message.to}:{message.id}", now)
                self.desk.settled(session, message)

    async def tick(self) -> list[Message]:
        """What the desk is told now by itself."""
        before = {message.key for message in await self.posted()}
        await self.store.write(self.desk.tick, self.now)
        return [message for message in await self.posted() if message.key not in before]

    async def posted(self, begins: str = "") -> list[Message]:
        every = await self.store.read(_posted)
        return [message for message in every if message.key.startswith(begins)]


@pytest.fixture
async def room(store: Store, reception: Reception) -> Room:
    """Sam and Kim are of the desk; their room is in Slack."""
    made = Room(store, reception)
    made.desk.rooms = (ROOM,)
    for name, address in (("Sam", SAM), ("Kim", KIM)):
        await store.write(add_staff, name, address, made.desk.machine_time())
    return made


def labels(reply: Reply | None) -> list[str]:
    assert reply
    return [choice.label for choice in reply.choices]


def _newest(session: Session) -> int | None:
    return session.exec(select(Case.number).order_by(col(Case.number).desc()).limit(1)).first()


def _reference(session: Session, number: int, room: Address) -> str:
    return session.exec(select(Message.reference).where(Message.key == f"card:{number}:{room}")).one() or ""


def _posted(session: Session) -> list[Message]:
    return list(session.exec(select(Message).order_by(col(Message.id))))
