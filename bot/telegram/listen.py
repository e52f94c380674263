"""Listens for what Telegram hands over, by the webhook or by fetching it, and introduces the bot there."""

import asyncio
import hmac
import json
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.exc import DBAPIError
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response
from telegram import Bot, BotCommand
from telegram.error import BadRequest, TelegramError

from bot.background import Background
from bot.intake import NotTaken
from bot.split import shortened
from bot.telegram.poll import Leases, Pace, Pauses, Poll
from bot.telegram.read import UPDATES, Left, Me, Moved, language_of, read
from bot.telegram.request import Request, Wait
from handlers.commands import START, Command
from handlers.support import REPLY
from models.message import Address, Ask
from models.store import StoreError

log = logging.getLogger(__name__)

BODY_BYTES = 1_000_000
COMMANDS, TITLE = 100, 100  # in the menu, and the characters of one; Telegram takes 256, of which phones show a line
ACKNOWLEDGE_SECONDS = 1.0  # how long the last pressed buttons may hold up the end
MENUS = {"": "en", "zh": "zh-Hant"}  # Telegram's language codes, and ours; without one it is everybody else's


@dataclass(frozen=True)
class Access:
    """What Telegram is reached with. With `webhook` it sends updates there, with `secret`; else they are fetched."""

    token: str = field(repr=False)
    api_url: str
    webhook: str = ""
    secret: str = field(default="", repr=False)


class Inside(Leases, Protocol):
    """What Telegram needs of Usher."""

    async def take(self, *asks: Ask) -> None: ...

    async def moved(self, old: Address, new: Address) -> None: ...

    async def left(self, room: Address, why: str) -> None: ...

    def menu(self, language: str) -> list[Command]: ...

    def say(self, phrase: str, language: str, **fields: object) -> str: ...


class _Hidden(str):
    """A secret that the library's own log does not show: it writes down what it sends as `repr`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'(hidden)'"


class Listener:
    """Takes updates in, each once; `me` is known once Telegram has answered for the first time."""

    def __init__(
        self,
        access: Access,
        bot: Bot,
        polling: Request,
        inside: Inside,
        now: Callable[[], datetime],
        *,
        support_rooms: Sequence[Address] = (),
        pace: Pace | None = None,
    ) -> None:
        self._access, self._bot, self._polling, self._inside, self._now = access, bot, polling, inside, now
        self._support_rooms = support_rooms
        self.pace = pace or Pace()
        self.me: Me | None = None
        self.refused: Counter[str] = Counter()
        self._has_menu = False
        self._listening: asyncio.Task[None] | None = None
        self._acknowledging = Background(log, TelegramError)

    def start(self) -> None:
        self._listening = asyncio.create_task(self._listen(), name="Telegram")

    async def stop(self) -> None:
        if self._listening:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self._acknowledging.stop(ACKNOWLEDGE_SECONDS)

    async def handle(self, request: HttpRequest) -> Response:
        """Answer one request to `/telegram/webhook`."""
        given = request.headers.get("x-telegram-bot-api-secret-token", "")
        if not self._access.secret or not hmac.compare_digest(given.encode(), self._access.secret.encode()):
            return self._refuse("secret", 403)
        body = await _body(request)
        if body is None:
            return self._refuse("too long", 413)
        try:
            update = json.loads(body)
        except (ValueError, RecursionError):
            update = None
        if not isinstance(update, dict):
            return self._refuse("unreadable", 400)
        return PlainTextResponse("") if await self.receive(update) else self._refuse("not now", 503)

    async def receive(self, *updates: Any) -> bool:
        """Take updates in; False where they must come again."""
        if self.me is None:
            return False
        seen = [self._read(update, self.me) for update in updates]
        try:
            for one in seen:
                if isinstance(one, Moved):
                    await self._inside.moved(one.old, one.new)
                elif isinstance(one, Left):
                    await self._inside.left(one.room, one.why)
            if asks := [one for one in seen if isinstance(one, Ask)]:
                await self._inside.take(*asks)
        except (NotTaken, DBAPIError, StoreError) as error:
            log.warning("updates of Telegram's must come again (%s)", type(error).__name__)
            return False
        for update, one in zip(updates, seen, strict=True):
            pressed = update.get("callback_query") if isinstance(update, dict) else None
            if isinstance(pressed, dict) and "id" in pressed:
                self._acknowledging.begin(self._acknowledge(pressed, taken=one is not None), "a pressed button")
        return True

    def _read(self, update: Any, me: Me) -> Ask | Moved | Left | None:
        try:
            return read(update, me, self._now(), self._support_rooms)
        except (KeyError, TypeError, ValueError, AttributeError):
            # Not sent again: it would hold up all that come after it.
            log.warning("an update of Telegram's could not be read", exc_info=True)
            self.refused["unreadable"] += 1
            return None

    async def _acknowledge(self, pressed: dict[str, Any], *, taken: bool) -> None:
        """Stop the button from turning. Where the press asks nothing, only its person is shown why."""
        why = None if taken else self._inside.say("gone", language_of(pressed.get("from", {})) or "en")
        try:
            await self._bot.answer_callback_query(pressed["id"], why)
        except BadRequest as error:
            log.info("a button went on turning: %s", error)  # it was pressed while Usher was away

    async def _listen(self) -> None:
        """Introduce the bot, then have updates sent or fetch them, and begin anew whenever that fails."""
        pauses = Pauses(self.pace)
        poll = Poll(self._inside, self._fetch, self.receive, self.pace, pauses)
        while True:
            asked = 0.0
            try:
                me = await self._introduce()
                if self._access.webhook:
                    return
                await poll.in_turn(f"telegram:{me.id}")
            except (TelegramError, StoreError) as error:
                asked = error.seconds if isinstance(error, Wait) else 0.0
                log.warning("Telegram: %s; it is tried again", error)
            except DBAPIError as error:
                log.warning("Telegram waits for the database (%s)", type(error).__name__)
            except Exception:  # the outermost loop of a channel: it must not end
                log.exception("Telegram: an error in Usher; it is tried again")
            await asyncio.sleep(max(asked, pauses.next()))

    async def _fetch(self, offset: int, seconds: int, kinds: list[str]) -> list[Any]:
        return await self._polling.updates(self._bot.base_url, offset, seconds, kinds)

    async def _introduce(self) -> Me:
        account = await self._bot.get_me()
        words = {f"/{command.word}" for command in self._inside.menu("en")}
        self.me = Me(account.id, account.username or "", frozenset(words | {START, REPLY}))
        if self._access.webhook:
            await self._bot.set_webhook(
                self._access.webhook,
                secret_token=_Hidden(self._access.secret),
                allowed_updates=UPDATES,
                max_connections=40,
            )
        else:
            await self._bot.delete_webhook()
        await self._show_menus()
        return self.me

    async def _show_menus(self) -> None:
        """The commands as people see them when they type a slash. Without them Usher still answers."""
        if self._has_menu:
            return
        try:
            for code, language in MENUS.items():
                commands = [_shown(one) for one in self._inside.menu(language)[:COMMANDS]]
                await self._bot.set_my_commands(commands, language_code=code or None)
            self._has_menu = True
        except TelegramError as error:
            log.warning("Telegram's menu of commands could not be set: %s", error)

    def _refuse(self, why: str, status: int) -> Response:
        self.refused[why] += 1
        log.warning("refused at /telegram/webhook: %s (%s times by now)", why, self.refused[why])
        return PlainTextResponse("", status)


def _shown(command: Command) -> BotCommand:
    return BotCommand(command.word, shortened(command.title, TITLE) or command.word)


async def _body(request: HttpRequest) -> bytes | None:
    """The body, whether it told its length or not; None if it is too long, of which nothing more is read then."""
    if int(request.headers.get("content-length") or 0) > BODY_BYTES:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES:
            return None
    return bytes(body)
