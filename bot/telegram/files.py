"""Sends the files that go with an answer on Telegram, after its words, and says so where one cannot be sent."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from bot.background import Background
from bot.telegram import render
from bot.telegram.calls import Calls, Place
from models.message import File, Reply, SendError

log = logging.getLogger(__name__)

AT_ONCE = 5.0  # seconds that an answer waits for its files, so that they stand below it
PATIENCE = 120.0  # how long a file may be tried: then its reader has gone on
TRIES = 3  # but for those at which Telegram only asked to wait
LATER = 300.0  # how long it may take until it is said that a file was not sent
AT_THE_END = 5.0


class Files:
    """The words are sent when a file is tried: whatever becomes of the file, they are not sent again.

    A file is tried again even where it may have arrived: twice it does no harm, since a calendar takes the same entry
    once. `say` words that one was not sent, in a language.
    """

    def __init__(self, calls: Calls, say: Callable[[str, str], str]) -> None:
        self._calls, self._say = calls, say
        self._under_way = Background(log, SendError)

    async def send(self, place: Place, reply: Reply) -> None:
        """Send them, one after the other. What takes longer goes on beside the rest."""
        if not reply.files:
            return
        done = asyncio.Event()
        to = replace(place, replies_to=None)
        self._under_way.begin(self._send_all(to, reply, done), f"the files for {place.chat}")
        try:
            async with asyncio.timeout(AT_ONCE):
                await done.wait()
        except TimeoutError:
            log.info("the files for %s take longer", place.chat)

    async def stop(self) -> None:
        await self._under_way.stop(AT_THE_END)

    async def _send_all(self, place: Place, reply: Reply, done: asyncio.Event) -> None:
        try:
            for file in reply.files:
                place = await self._send(place, file, reply.language)
        finally:
            done.set()

    async def _send(self, place: Place, file: File, language: str) -> Place:
        """Gives the place where the chat is now."""
        until, pause, tries = _elapsed() + PATIENCE, 1.0, 0
        while True:
            try:
                await self._calls.post_file(place, file)
                return place
            except SendError as error:
                log.warning("the file %s for %s: %s", file.name, place.chat, error.reason)
                tries += error.retry_after is None
                wait = pause if error.retry_after is None else error.retry_after
                if error.permanent or error.refused or tries >= TRIES or _elapsed() + wait > until:
                    await self._tell(place, file, language, error)
                    return place
                if error.moved_to:
                    place, wait = Place.of(error.moved_to), 0.0
            await asyncio.sleep(wait)
            pause *= 2

    async def _tell(self, place: Place, file: File, language: str, error: SendError) -> None:
        """Say that it was not sent, where anything can be said."""
        if error.permanent:
            return
        if error.retry_after is not None:
            await asyncio.sleep(min(error.retry_after, LATER))
        (piece,) = render.pieces(Reply(self._say(file.name, language)))
        await self._calls.post(place, piece)


def _elapsed() -> float:
    return asyncio.get_running_loop().time()
