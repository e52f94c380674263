"""The cast of the enrolment: three firms, codes for them, and people who come to Usher by one channel or another."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select as columns
from sqlmodel import Session, SQLModel

from models import codes, contacts
from models.message import Address, Ask, Choice, Reply
from models.participants import Participant, ParticipantDomain
from models.store import Store
from tests.town_cast import MACHINE, Town

ALPHA, BETA, GAMMA = "B10001", "B10002", "B10003"
NAMES = {ALPHA: "Alpha Futures", BETA: "Beta Clearing", GAMMA: "Alpha Securities"}
FIRM = {code: f"{name} ({code})" for code, name in NAMES.items()}
# Two firms of one group share a domain.
DOMAINS = {ALPHA: ["alpha.example", "alpha.example.hk"], BETA: ["beta.example"], GAMMA: ["alpha.example.hk"]}
WORK_MAIL = "amy.wong@alpha.example"
WEEK = timedelta(days=7)


def found_firms(session: Session) -> None:
    for code, name in NAMES.items():
        session.add(Participant(code=code, name=name, imported_at=MACHINE))
        session.flush()
        session.add_all(ParticipantDomain(domain=domain, participant=code) for domain in DOMAINS[code])


async def code_of(store: Store, firm: str, uses: int = 100, now: Any = MACHINE, lasts: timedelta = WEEK) -> str:
    """A new enrolment code, as support hands it out."""
    return await store.write(codes.make, firm, uses, now + lasts, now)


@dataclass
class Newcomer:
    """Somebody who writes to Usher in a private chat of one channel; `name` is what they go by there."""

    town: Town
    room: Address
    name: str | None = None
    language: str | None = None
    heard: list[Reply] = field(default_factory=list)

    async def say(self, text: str, *, room: Address | None = None) -> Reply:
        ask_id = f"{self.room}-{next(self.town.numbers)}"
        room = room or self.room
        ask = Ask(ask_id, self.room, room, text, self.town.now, language=self.language, name=self.name)
        self.heard.append((await self.town.reception.take(ask)).reply)
        return self.heard[-1]

    async def press(self, label: str) -> Reply:
        return await self.say(self.button(label).action)

    def button(self, label: str) -> Choice:
        (found,) = [choice for choice in self.heard[-1].choices if choice.label == label]
        return found

    @property
    async def firms(self) -> list[str]:
        """Whom they act for, as the database knows it."""
        return [one.code for one in await self.town.store.read(contacts.participants_of, self.room)]

    @property
    async def number(self) -> int | None:
        known = await self.town.store.read(contacts.known, self.room)
        return known.id if known else None


@pytest.fixture
async def firms(town: Town) -> None:
    await town.store.write(found_firms)


@pytest.fixture
def amy_on_web(town: Town, firms: None) -> Newcomer:
    return Newcomer(town, Address("web", "amy"))


@pytest.fixture
def amy_on_telegram(town: Town, firms: None) -> Newcomer:
    return Newcomer(town, Address("telegram", "101"), "Amy Wong")


@pytest.fixture
def mal(town: Town, firms: None) -> Newcomer:
    """Of another firm, and curious."""
    return Newcomer(town, Address("web", "mal"))


@pytest.fixture
async def alpha_code(town: Town, firms: None) -> str:
    return await code_of(town.store, ALPHA)


@pytest.fixture
async def beta_code(town: Town, firms: None) -> str:
    return await code_of(town.store, BETA)


async def mailed(town: Town) -> list[tuple[str, str]]:
    """The confirmation mails: to whom, and what they say."""
    return [(row.address, row.reply.text) for row in await town.posted() if row.about == "enrolment"]


async def digits_for(town: Town, email: str = WORK_MAIL) -> str:
    """Those of the last mail to that address."""
    text = [text for address, text in await mailed(town) if address == f"mail:{email}"][-1]
    (digits,) = [line for line in text.split("\n") if line.isdigit()]
    return digits


def not_these(digits: str) -> str:
    """Six other digits."""
    return f"{(int(digits) + 1) % 10**6:06d}"


def everything_kept(session: Session) -> dict[str, str]:
    """All rows of all tables, as texts."""
    kept = {}
    for table in SQLModel.metadata.sorted_tables:
        kept[table.name] = "\n".join(str(tuple(row)) for row in session.connection().execute(columns(table)))
    return kept
