"""The cast of a database that is gone for a while: the ways in which one goes, and people who ask Usher meanwhile."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from httpx import AsyncClient, Response
from sqlalchemy import make_url, text
from sqlmodel import Session

from bot.app import App
from models import outbox
from models.campaign import Campaign
from models.message import Address
from models.store import Store
from scheduler.clock import Clock, Job
from scheduler.delivery import Limits
from tests.channels_cast import QUICK, listener_of, running
from tests.delivery_cast import posting
from tests.intake_cast import away
from tests.slack_platform import Platform
from tests.slack_workspace import User as SlackUser
from tests.telegram_chats import User as TelegramUser
from tests.telegram_platform import TelegramPlatform
from tests.web_cast import MORNING, ask, nonce_of, visitor

HOTLINE = "2979 7222"
SORRY = "Something is wrong on Usher's side"
DEADLINES = "There are 3 deadlines:"
TICK = timedelta(seconds=0.1)


class Line:
    """A wire to a database server, which can be cut, or go dead: then nothing comes through, and nothing is closed."""

    def __init__(self, host: str, port: int) -> None:
        self._server, self._open, self._cut = (host, port), asyncio.Event(), False
        self._ends: set[asyncio.StreamWriter] = set()
        self._open.set()

    @asynccontextmanager
    async def laid(self) -> AsyncIterator[int]:
        """The port at this end."""
        listening = await asyncio.start_server(self._join, "127.0.0.1", 0)
        try:
            yield int(listening.sockets[0].getsockname()[1])
        finally:
            listening.close()
            self._hang_up()

    @asynccontextmanager
    async def cut(self) -> AsyncIterator[None]:
        self._cut = True
        self._hang_up()
        yield
        self._cut = False

    @asynccontextmanager
    async def dead(self) -> AsyncIterator[None]:
        self._open.clear()
        yield
        self._open.set()

    def _hang_up(self) -> None:
        for end in self._ends:
            end.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection(*self._server)
        ends = {writer, back}
        self._ends |= ends
        await asyncio.gather(self._carry(reader, back), self._carry(there, writer))
        self._ends -= ends

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                await self._open.wait()
                writer.write(data)
        writer.close()


Gone = Callable[[], AbstractAsyncContextManager[None]]


@dataclass
class Database:
    """An open store, and how its database goes; while some go, what is kept can still be read."""

    store: Store
    gone: Gone
    readable: bool = False


@asynccontextmanager
async def failing_disk(url: str) -> AsyncIterator[Database]:
    store = await Store.open(url)
    yield Database(store, lambda: away(store))
    await store.close()


@asynccontextmanager
async def taken_file(url: str) -> AsyncIterator[Database]:
    """Another program keeps SQLite's one place for writing."""

    @asynccontextmanager
    async def taken() -> AsyncIterator[None]:
        other = sqlite3.connect(str(make_url(url).database), isolation_level=None, timeout=30)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()

    store = await Store.open(url)
    yield Database(store, taken, readable=True)
    await store.close()


@asynccontextmanager
async def behind_a_line(url: str, how: str) -> AsyncIterator[Database]:
    server = make_url(url)
    line = Line(str(server.host), int(server.port or 5432))
    async with line.laid() as port:
        store = await Store.open(server.set(port=port).render_as_string(hide_password=False))
        yield Database(store, line.cut if how == "cut" else line.dead)
        await store.close()


@dataclass
class Scene:
    """A whole Usher on Slack, Telegram and the web, that sends and ticks; who asks it, and what they were told."""

    app: App
    database: Database
    slack: Platform
    telegram: TelegramPlatform
    page: AsyncClient
    ticks: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ann: SlackUser = self.slack.users["U0ANN"]
        self.ben: TelegramUser = self.telegram.user(101, "Ben", language_code="en")
        self.cid: TelegramUser = self.telegram.user(102, "Cid", language_code="en")

    async def nonce(self) -> str:
        return nonce_of(await self.page.get("/"))

    async def ask_page(self, nonce: str, words: str) -> Response:
        return await ask(self.page, words, nonce)

    def told(self, who: SlackUser | TelegramUser) -> list[str]:
        platform: Any = self.slack if isinstance(who, SlackUser) else self.telegram
        return [message.text for message in platform.shown_to(who)]

    async def post(self, key: str, wait: float) -> None:
        """Post a message to Slack's channel, that may be sent in so many seconds."""

        def later(session: Session) -> None:
            message = outbox.post(session, posting(key, Address("slack", "C0GEN"), MORNING), datetime.now(UTC))
            message.not_before = datetime.now(UTC) + timedelta(seconds=wait)

        await self.database.store.write(later)

    async def tick(self) -> None:
        await self.database.store.write(lambda session: session.connection().execute(text("SELECT 1")))
        self.ticks.append(asyncio.get_running_loop().time())


@asynccontextmanager
async def scene(
    database: Database, campaign: Campaign, keep: Path, slack: Platform, telegram: TelegramPlatform
) -> AsyncIterator[Scene]:
    found: list[str] = []

    def prepare(app: App, address: str) -> None:
        found.append(address)
        listener_of(app).pace = replace(QUICK, poll=1)
        assert app.channels
        app.channels.delivery._limits = Limits(poll=0.1)

    store = database.store
    async with running(store, campaign, keep, slack, telegram, before=prepare) as app, visitor(found[0]) as page:
        page.timeout = 20
        playing = Scene(app, database, slack, telegram, page)
        clock = Clock([Job("tick", TICK, playing.tick)], store)
        clock.start()
        await telegram.until(lambda: telegram.called("getUpdates"))
        try:
            yield playing
        finally:
            await clock.stop()


async def eventually(true: Callable[[], bool], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - many kinds of things are waited for
            await asyncio.sleep(0.02)
