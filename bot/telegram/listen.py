"""Listens for what Telegram hands over: by the webhook, or by fetching it, which one copy of Usher does at a time."""

import asyncio
import hmac
import json
import logging
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from telegram import Bot, BotCommand
from telegram.error import BadRequest, TelegramError

from bot.intake import NotTaken
from bot.telegram.read import UPDATES, Left, Me, Moved, read
from handlers.commands import Command
from models.message import Address, Ask
from models.store import StoreError

log = logging.getLogger(__name__)

BODY_BYTES = 1_000_000
POLL_SECONDS = 25  # how long Telegram may hold a poll open
LEASE_SECONDS = 30.0  # how long a copy that polls may be silent
AGAIN_SECONDS, LONGEST_PAUSE = 1.0, 30.0
MENUS = {"": "en", "zh": "zh-Hant"}  # Telegram's language codes, and ours; without one it is everybody else's


@dataclass(frozen=True)
class Access:
    """What Telegram is reached with. With `webhook` it sends updates there, with `secret`; else they are fetched."""

    token: str
    api_url: str
    webhook: str = ""
    secret: str = ""


class Inside(Protocol):
    """What Telegram needs of Usher."""

    async def take(self, *asks: Ask) -> None: ...

    async def moved(self, old: Address, new: Address) -> None: ...

    async def left(self, room: Address, why: str) -> None: ...

    async def hold(self, name: str, seconds: float) -> bool: ...

    async def let_go(self, name: str) -> None: ...

    def menu(self, language: str) -> list[Command]: ...

    def say(self, phrase: str, language: str, **fields: object) -> str: ...


class Listener:
    """Takes updates in, each once; `me` is known once Telegram has answered for the first time."""

    def __init__(
        self, access: Access, bot: Bot, inside: Inside, now: Callable[[], datetime], support_room: Address | None
    ) -> None:
        self._access, self._bot, self._inside, self._now = access, bot, inside, now
        self._support_room = support_room
        self.me: Me | None = None
        self.refused: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self) -> None:
        self._begin(self._listen(), "Telegram")

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def handle(self, request: Request) -> Response:
        """Answer one request to `/telegram/webhook`."""
        given = request.headers.get("x-telegram-bot-api-secret-token", "")
        if not self._access.secret or not hmac.compare_digest(given.encode(), self._access.secret.encode()):
            return self._refuse("secret", 403)
        if int(request.headers.get("content-length") or BODY_BYTES + 1) > BODY_BYTES:
            return self._refuse("too long", 413)
        try:
            update = json.loads(await request.body())
        except ValueError:
            return self._refuse("unreadable", 400)
        return PlainTextResponse("", 200 if await self.receive(update) else 503)

    async def receive(self, *updates: Any) -> bool:
        """Take updates in; False where they must come again."""
        if self.me is None:
            return False
        asks = []
        for update in updates:
            seen = self._read(update)
            if isinstance(seen, Moved):
                await self._inside.moved(seen.old, seen.new)
            elif isinstance(seen, Left):
                await self._inside.left(seen.room, seen.why)
            elif seen:
                asks.append(seen)
        try:
            await self._inside.take(*asks)
        except NotTaken:
            return False
        for update in updates:
            if isinstance(update, dict) and (pressed := update.get("callback_query")):
                self._begin(self._acknowledge(pressed["id"]), "a pressed button")
        return True

    def _read(self, update: Any) -> Ask | Moved | Left | None:
        try:
            return read(update, self.me, self._now(), self._support_room) if self.me else None
        except (KeyError, TypeError, ValueError, AttributeError):
            # Not sent again: it would hold up all that come after it.
            log.warning("an update of Telegram's could not be read", exc_info=True)
            self.refused["unreadable"] += 1
            return None

    async def _acknowledge(self, pressed: str) -> None:
        try:
            await self._bot.answer_callback_query(pressed)
        except BadRequest as error:
            log.info("a button went on turning: %s", error)  # it was pressed while Usher was away

    async def _listen(self) -> None:
        """Introduce the bot, then have updates sent or fetch them, and begin anew whenever that fails."""
        pause = AGAIN_SECONDS
        while True:
            try:
                await self._introduce()
                pause = AGAIN_SECONDS
                if self._access.webhook:
                    return
                await self._poll_in_turn()
            except (TelegramError, DBAPIError, StoreError) as error:
                log.warning("Telegram: %s; trying again in %.0f s", error, pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    async def _introduce(self) -> None:
        me = await self._bot.get_me()
        self.me = Me(me.id, me.username or "")
        for code, language in MENUS.items():
            commands = [BotCommand(one.word, one.title) for one in self._inside.menu(language)]
            await self._bot.set_my_commands(commands, language_code=code or None)
        if self._access.webhook:
            await self._bot.set_webhook(
                self._access.webhook, secret_token=self._access.secret, allowed_updates=UPDATES, max_connections=40
            )
        else:
            await self._bot.delete_webhook()

    async def _poll_in_turn(self) -> None:
        """Fetch updates while this copy holds the lease; else wait for it."""
        lease = f"telegram:{self.me.id if self.me else ''}"
        try:
            while True:
                if not await self._inside.hold(lease, LEASE_SECONDS):
                    await asyncio.sleep(LEASE_SECONDS / 6)
                    continue
                polling = asyncio.create_task(self._poll(), name="Telegram's updates")
                try:
                    while not polling.done():
                        await asyncio.wait([polling], timeout=LEASE_SECONDS / 3)
                        if not await self._inside.hold(lease, LEASE_SECONDS):
                            break
                    if polling.done():
                        polling.result()
                finally:
                    polling.cancel()
                    await asyncio.gather(polling, return_exceptions=True)
        finally:
            with suppress(DBAPIError, StoreError):  # then it runs out
                await self._inside.let_go(lease)

    async def _poll(self) -> None:
        """Fetch updates for ever. Asking for those after one tells Telegram that it is written down."""
        after = 0
        while True:
            fetched = await self._bot.get_updates(
                offset=after, timeout=POLL_SECONDS, allowed_updates=UPDATES, read_timeout=POLL_SECONDS + 10
            )
            if not fetched:
                continue
            updates = [update.to_dict() for update in fetched]
            if await self.receive(*sorted(updates, key=lambda update: update["update_id"])):
                after = max(update["update_id"] for update in updates) + 1
            else:
                await asyncio.sleep(AGAIN_SECONDS)

    def _begin(self, work: Coroutine[Any, Any, None], what: str) -> None:
        task = asyncio.create_task(work, name=what)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("%s: %s", task.get_name(), error)

    def _refuse(self, why: str, status: int) -> Response:
        self.refused[why] += 1
        log.warning("refused at /telegram/webhook: %s (%s times by now)", why, self.refused[why])
        return PlainTextResponse("", status)
