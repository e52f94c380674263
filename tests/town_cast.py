"""The cast of the talk about seats: two firms, people of theirs who write to Usher, and a clock that can be set."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from handlers import seats
from handlers.reception import Reception
from models.campaign import Campaign
from models.contacts import enrol
from models.message import Address, Ask, Reply
from models.outbox import Message
from models.participants import Participant
from models.store import Store
from tests.reception_cast import MORNING

HARBOUR, PEAK = "A001", "B002"
FIRMS = {HARBOUR: "Harbour Futures", PEAK: "Peak Clearing"}
MACHINE = datetime(2026, 2, 3, tzinfo=UTC)


@dataclass
class Town:
    """Usher, and the time that everybody in it lives at."""

    store: Store
    reception: Reception
    campaign: Campaign
    now: datetime = MORNING
    machine: datetime = MACHINE
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    async def tick(self) -> None:
        await self.store.write(seats.tick, self.reception.phrasing, self.now, self.machine, mails=True)

    async def posted(self) -> list[Message]:
        return await self.store.read(_posted)


@dataclass
class Colleague:
    """Somebody of a firm, who writes in a private chat of their own."""

    town: Town
    room: Address
    last: Reply | None = None

    async def say(self, text: str, *, language: str | None = None, ask_id: str | None = None) -> Reply:
        ask_id = ask_id or f"{self.room}-{next(self.town.numbers)}"
        turn = await self.town.reception.take(Ask(ask_id, self.room, self.room, text, self.town.now, language))
        self.last = turn.reply
        return turn.reply

    async def press(self, label: str, *, ask_id: str | None = None) -> Reply:
        """Press the button of the last reply that begins with these words."""
        assert self.last is not None
        found = [choice for choice in self.last.choices if choice.label.startswith(label)]
        assert found, f"no button {label!r} among {self.labels}"
        return await self.say(found[0].action, ask_id=ask_id)

    @property
    def labels(self) -> list[str]:
        return [choice.label for choice in self.last.choices] if self.last else []


def _posted(session: Session) -> list[Message]:
    return list(session.exec(select(Message).order_by(col(Message.id))))


def _founded(session: Session, code: str) -> None:
    if session.get(Participant, code) is None:
        session.add(Participant(code=code, name=FIRMS[code], imported_at=MACHINE))


async def enrolled(town: Town, name: str, firm: str, room: Address | None = None, *, known: bool = True) -> Colleague:
    """Somebody who is enrolled for the firm; `known` by name to Usher."""
    room = room or Address("web", name.lower().replace(" ", "-"))
    await town.store.write(_founded, firm)
    await town.store.write(enrol, room, firm, "import", MACHINE, name=name if known else None)
    return Colleague(town, room)


@pytest.fixture
async def town(store: Store, campaign: Campaign, understanding: Path) -> Town:
    made: list[Town] = []

    def machine() -> datetime:
        made[0].machine += timedelta(seconds=1)
        return made[0].machine

    reception = Reception(store, [campaign], machine, understanding, sender="Usher <usher@example.org>")
    made.append(Town(store, reception, campaign))
    return made[0]


@pytest.fixture
async def ada(town: Town) -> Colleague:
    return await enrolled(town, "Ada Chan", HARBOUR)


@pytest.fixture
async def bob(town: Town) -> Colleague:
    return await enrolled(town, "Bob Lee", HARBOUR)


@pytest.fixture
async def cleo(town: Town) -> Colleague:
    """Of the other firm."""
    return await enrolled(town, "Cleo Ng", PEAK)
