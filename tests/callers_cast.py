"""The cast of the tests of acting for who phoned: Sam of the desk, with two firms whose people phone."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import TypeVar

import pytest
from sqlmodel import SQLModel, col, select

from handlers.phrasing import Phrasing
from handlers.support import (
    Call,
    Callers,
    Said,
    Support,
)
from handlers.support._callers import Wish
from models import support
from models.campaign import Campaign
from models.message import Address
from models.outbox import Message
from models.people import Staff, add_staff
from models.seats import seats_of
from models.store import Store
from models.support import StaffDeed
from tests.reception_cast import KEY, MORNING
from tests.status_cast import ALPHA

Row = TypeVar("Row", bound=SQLModel)

MACHINE = datetime(2026, 2, 3, tzinfo=UTC)
ROOM = Address("slack", "C0SUPPORT")
BECAUSE = "Amy Wong phoned from the number that we have of her"
BRIEFING = "24apr"
CHANNELS = ("web", "slack", "mail")


@dataclass
class Phone:
    """Sam of the desk with a telephone in the hand."""

    store: Store
    callers: Callers
    ids: dict[str, int]
    sam: Staff
    numbers: "count[int]" = field(default_factory=count)

    def call(self, who: str | None = "amy", because: str = BECAUSE, key: str = "", firm: str = ALPHA) -> Call:
        number = self.ids[who] if who else None
        return Call(firm, number, because, key or f"nonce-{next(self.numbers)}", MORNING)

    async def do(self, wish: Wish, call: Call | None = None) -> Said:
        return await self.store.write(self.callers.do, self.sam, call or self.call(), wish)

    async def told(self) -> list[Message]:
        """What was posted to the firms' people because of a deed."""
        mine = select(Message).where(col(Message.about).startswith("deed:")).order_by(col(Message.address))
        return await self.store.read(lambda session: list(session.exec(mine)))

    async def deeds(self) -> list[StaffDeed]:
        return list(await self.store.read(support.deeds_for, ALPHA))

    async def seats(self) -> list[str]:
        return [one.attendee_name for one in await self.store.read(seats_of, KEY, ALPHA, BRIEFING)]

    async def all(self, kind: type[Row]) -> list[Row]:
        return await self.store.read(lambda session: list(session.exec(select(kind))))


@pytest.fixture
async def phone(store: Store, campaign: Campaign, two_firms: dict[str, int]) -> Phone:
    support = Support(store, Phrasing([campaign]), lambda: MACHINE, [ROOM])
    sam = await store.write(add_staff, "Sam", Address("slack", "T1:U1"), MACHINE, "support")
    return Phone(store, Callers(support, CHANNELS, mails=True), two_firms, sam)
