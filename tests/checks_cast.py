"""The cast of the connection checks: a line to look at that does what a test says, and copies of Usher that look."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, select

from bot.connections import Connections, Pace
from handlers.probe import Aim, Cause, Finding, Flight, OnStep, Report, Step, Verdict
from models.campaign import Campaign
from models.checks import Asked, Check, ask
from models.message import Address, Channel
from models.outbox import Message
from models.store import Store
from tests.delivery_cast import machine_time
from tests.reception_cast import KEY, MORNING
from tests.status_cast import ALPHA

QUICK = Pace(poll=0.05, keep_up=0.05, edit=0.02, settle=1.0)
ROOM = Address("web", "room")
NAMED = Step("dns 192.0.2.53", ok=True, ms=12.0, detail="A 203.0.113.7")
DROPPED = Step("tcp 203.0.113.7:443", ok=False, ms=3000.0, detail="no answer within 3 s")


def report(cause: Cause = Cause.OK, verdict: Verdict | None = None, *also: Finding) -> Report:
    """A report with that cause, as the probe makes one."""
    said = verdict or ("ok" if cause is Cause.OK else "fail")
    steps = (NAMED,) if cause is Cause.OK else (NAMED, DROPPED)
    return Report(
        "sso", said, cause.phase, cause, cause.owner, f"The reason of {cause.value}.", steps,
        "this bot's own network", 321.0, also,
    )  # fmt: skip


@dataclass
class Line:
    """What is looked at: gives `report`, once `open`, and remembers who looked."""

    report: Report = field(default_factory=report)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    looked: list[Aim] = field(default_factory=list)
    error: Exception | None = None

    def __post_init__(self) -> None:
        self.open.set()

    async def look(self, aim: Aim, on_step: OnStep) -> Report:
        self.looked.append(aim)
        on_step(NAMED)
        await self.open.wait()
        if self.error:
            raise self.error
        for step in self.report.steps[1:]:
            on_step(step)
        return self.report


def copy_of(
    store: Store, campaign: Campaign, line: Line, copy: str = "one", *, room: Address | None = ROOM,
    channels: Mapping[str, Channel] | None = None, machine: Callable[[], datetime] = machine_time,
) -> Connections:  # fmt: skip
    """One copy of Usher that looks at the line; its messages stay in the outbox unless somebody sends them."""
    return Connections(
        store, [campaign], channels or {}, (room,) if room else (), lambda: MORNING, machine, copy, Flight(line.look),
        QUICK,
    )  # fmt: skip


@asynccontextmanager
async def looking(*copies: Connections) -> AsyncIterator[None]:
    for one in copies:
        one.start()
    try:
        yield
    finally:
        for one in copies:
            await one.stop()


async def wanted(
    store: Store, contact: int, *, participant: str = ALPHA, target: str = "sso", language: str = "en",
    channel: str = "web",
) -> Check:  # fmt: skip
    """Somebody asks for a check, however often they did before."""
    place = f"{channel}:{contact}"
    asked = Asked(KEY, target, participant, contact, place, place, language, MORNING)
    return await store.write(ask, asked, machine_time())


async def checked(store: Store) -> list[Check]:
    return await store.read(lambda session: list(session.exec(select(Check).order_by(col(Check.id)))))


async def posted(store: Store) -> dict[str, Message]:
    """What was posted, by its key."""

    def read(session: Session) -> dict[str, Message]:
        return {one.key: one for one in session.exec(select(Message).order_by(col(Message.id)))}

    return await store.read(read)


async def results(store: Store) -> dict[str, str]:
    """The texts of the results that were posted."""
    found = await posted(store)
    return {key: one.reply.text for key, one in found.items() if key.startswith("check:") and key.count(":") == 1}


async def soon(true: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it is true, and fail when it does not become so."""
    async with asyncio.timeout(15):
        while not await true():  # noqa: ASYNC110 - several tasks of the other side bring it about
            await asyncio.sleep(0.01)


async def told(store: Store, number: int) -> dict[str, str]:
    """The results, once there are so many."""

    async def enough() -> bool:
        return len(await results(store)) >= number

    await soon(enough)
    return await results(store)
