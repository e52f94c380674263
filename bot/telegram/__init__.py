"""Telegram: sends people answers and messages, in private chats and in groups; `listen` hands in what they ask."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.exc import DBAPIError
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from telegram import Bot

from bot.intake import place_of
from bot.skew import Skew
from bot.telegram import render
from bot.telegram.calls import Calls, Place
from bot.telegram.files import Files
from bot.telegram.listen import Access, Inside, Listener
from bot.telegram.poll import Pace
from bot.telegram.request import Request
from models.message import Address, Ask, Reply, SendError
from models.store import StoreError

__all__ = ["Access", "Pace", "Telegram"]

PIECES_WAIT = 60.0  # how long a further piece of a long answer may have to wait


def _tells_no_token(record: logging.LogRecord) -> bool:
    return "/bot" not in record.getMessage()


# The library tells the addresses that it calls when it is asked for every detail, and the token stands in them.
logging.getLogger("telegram.Bot").addFilter(_tells_no_token)


class Telegram:
    """The channel, with what listens for it."""

    name = "telegram"
    interval = 1 / 29.55  # it takes thirty a second; a little less, for they do not all take as long on their way

    def __init__(
        self,
        access: Access,
        inside: Inside,
        now: Callable[[], datetime],
        support_rooms: Sequence[Address] = (),
        pace: Pace | None = None,
    ) -> None:
        self._inside = inside
        base = access.api_url.rstrip("/")
        self.skew = Skew("Telegram")
        # Two: a poll that is held open takes no place from a send.
        self._request, self._polling = Request(self.skew), Request(self.skew)
        self._bot = Bot(
            access.token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=self._request,
            get_updates_request=self._polling,
        )
        self._calls = Calls(self._bot)
        self._files = Files(self._calls, lambda file, language: inside.say("file.missing", language, file=file))
        self.listener = Listener(access, self._bot, self._polling, inside, now, support_rooms=support_rooms, pace=pace)

    def pause(self, to: Address) -> float:
        """Telegram takes one message a second in a chat, and twenty a minute in a group."""
        # A little more, for the second of two may be quicker on its way than the first.
        return 3.2 if to.id.startswith("-") else 1.2

    async def start(self) -> None:
        """Begin to listen. That Telegram cannot be reached now does not keep Usher from starting."""
        await self._request.initialize()
        await self._polling.initialize()
        self.listener.start()

    async def stop_listening(self) -> None:
        """Take nothing more in; what was taken may still be answered."""
        await self.listener.stop()

    async def close(self) -> None:
        await self._files.stop()
        await self._request.shutdown()
        await self._polling.shutdown()

    async def handle(self, request: HttpRequest) -> Response:
        """Answer one request to `/telegram/webhook`."""
        return await self.listener.handle(request)

    async def send(self, to: Address, reply: Reply, key: str) -> str:
        place, reference = Place.of(to), ""
        for number, piece in enumerate(render.pieces(reply)):
            sent = await self._piece(number, place, piece)
            reference = str(Address("telegram", f"{sent.chat.id}:{sent.message_id}"))
        await self._files.send(place, reply)
        return reference

    async def edit(self, reference: str, reply: Reply) -> None:
        chat, _, message = Address.of(reference).id.partition(":")
        piece = render.pieces(reply)[-1]
        try:
            await self._calls.change(int(chat), int(message), piece)
        except SendError as error:
            if "message is not modified" not in error.reason.lower():
                raise

    async def answer(self, ask: Ask, reply: Reply) -> str | None:
        """Answer where it was asked; what is private in the private chat, where there is one."""
        if not (reply.private and ask.in_public):
            return await self._where_asked(ask, reply)
        try:
            return await self.send(ask.sender, reply, ask.id)
        except SendError as error:
            if not error.permanent:
                raise
            if self.listener.me is None:  # its name is part of the link
                raise SendError("Telegram has not answered yet") from error
        link = f"https://t.me/{self.listener.me.username}"
        return await self._where_asked(ask, Reply(self._inside.say("in_private", reply.language, link=link)))

    async def _where_asked(self, ask: Ask, reply: Reply) -> str:
        """Also where the group has become a supergroup meanwhile."""
        place = place_of(ask)
        try:
            return await self.send(place, reply, ask.id)
        except SendError as error:
            if error.moved_to is None:
                raise
            moved_to = error.moved_to
        with suppress(DBAPIError, StoreError):  # then the next message to the old place tells it again
            await self._inside.moved(Address("telegram", str(Place.of(place).chat)), moved_to)
        return await self.send(moved_to, reply, ask.id)

    async def _piece(self, number: int, place: Place, piece: render.Piece) -> Any:
        """Send one message. Once the first is out, the others wait their time here: nothing may be sent twice."""
        waited, pause = 0.0, 1.0
        while True:
            try:
                return await self._calls.post(place if number == 0 else replace(place, replies_to=None), piece)
            except SendError as error:
                if number == 0:
                    raise
                wait = pause if error.retry_after is None else error.retry_after
                hopeless = error.outcome_unknown or error.permanent or error.refused or error.moved_to
                if hopeless or waited + wait > PIECES_WAIT:
                    raise SendError(f"only a part was sent: {error.reason}", outcome_unknown=True) from error
            await asyncio.sleep(wait)
            waited, pause = waited + wait, 2 * pause
