"""The cast of the outbox's tests: clocks moved by hand, and a channel that remembers what it was given."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from models import outbox
from models.message import Address, Channel, Reply, SendError
from models.outbox import Message, Posting, Sender
from models.store import Store
from scheduler.delivery import Delivery, Limits

APRIL = datetime(2023, 4, 12, 2, tzinfo=UTC)  # campaign time
NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)  # machine time
AMY, BEN = Address("slack", "amy"), Address("slack", "ben")
PATIENCE = 15.0  # for what takes a moment, on a machine that is busy with other things


class Clock:
    """A time that moves only when the test says so."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Recorder:
    """A channel that remembers what it was given. `answers` are raised for a key, one each time, before it is sent."""

    def __init__(self, name: str = "slack", *, interval: float = 0.0, pause: float = 0.0) -> None:
        self.name, self.interval, self._pause = name, interval, pause
        self.tried: list[tuple[str, str]] = []
        self.sent: list[str] = []
        self.answers: dict[str, list[Exception]] = {}
        self.meanwhile: Callable[[str], Awaitable[object]] | None = None
        self.most = self._now = 0

    async def send(self, to: Address, reply: Reply, key: str) -> str:
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            self.tried.append((str(to), key))
            if self.meanwhile:
                await self.meanwhile(key)
            if self.answers.get(key):
                raise self.answers[key].pop(0)
            self.sent.append(key)
            return f"{self.name}:{key}"
        finally:
            self._now -= 1

    async def edit(self, reference: str, reply: Reply) -> None:
        raise SendError("a recorder edits nothing", refused=True)

    def pause(self, to: Address) -> float:
        return self._pause


def posting(key: str, to: Address = AMY, due: datetime = APRIL, **more: Any) -> Posting:
    return Posting(key, to, Reply(f"text of {key}"), due, **more)


async def post(store: Store, *postings: Posting) -> None:
    """Post them all in one transaction."""
    await store.write(lambda session: [outbox.post(session, one, NOW) for one in postings])


async def take(
    store: Store,
    channel: Channel | None = None,
    *,
    copy: str = "one",
    limit: int = 100,
    campaign_now: datetime = APRIL,
    now: datetime = NOW,
    busy: Collection[int] = (),
) -> list[Message]:
    """Claim as one copy of Usher."""
    sender = Sender(copy, busy=busy)
    channel = channel or Recorder()
    return await store.write(outbox.claim, channel, sender, limit=limit, campaign_now=campaign_now, now=now)


def keys(messages: Collection[Message]) -> list[str]:
    return [message.key for message in messages]


async def kept(store: Store, key: str) -> Message:
    """What the outbox holds about a message."""
    return await store.read(lambda session: session.exec(select(Message).where(Message.key == key)).one())


async def states(store: Store) -> dict[str, int]:
    def counted(session: Session) -> dict[str, int]:
        return dict(session.exec(select(col(Message.state), func.count()).group_by(col(Message.state))).all())

    return await store.read(counted)


async def eventually(true: Callable[[], Awaitable[bool]] | Callable[[], bool]) -> None:
    """Wait until it is true, and fail when it does not become so."""
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = true()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.01)


def machine_time() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def sending(
    store: Store,
    *channels: Channel,
    copy: str = "one",
    campaign_time: Callable[[], datetime] = lambda: APRIL,
    limits: Limits = Limits(),  # noqa: B008 - it cannot be changed
) -> AsyncIterator[Delivery]:
    """A sender loop that runs by the machine's own clock."""
    delivery = Delivery(
        store,
        {channel.name: channel for channel in channels},
        campaign_time=campaign_time,
        machine_time=machine_time,
        copy=copy,
        limits=limits,
    )
    delivery.start()
    try:
        yield delivery
    finally:
        await delivery.stop()
