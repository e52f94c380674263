"""Sends the files of a reply after its words: into the same conversation, and what is private to its reader alone."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from bot.background import Background
from bot.slack.calls import Calls
from bot.slack.render import message
from models.message import File, Reply, SendError

log = logging.getLogger(__name__)

TRIES = 4
PAUSE, LONGEST_WAIT = 1.0, 60.0  # seconds; who has waited longer for a file has asked for it again


class Inside(Protocol):
    """What the files need of Usher."""

    def say(self, phrase: str, language: str, **fields: object) -> str: ...


class Files:
    """The words are sent already, and count as sent: nothing here may send them again, or hold up what comes next."""

    def __init__(self, calls: Calls, inside: Inside, background: Background) -> None:
        self._calls, self._inside, self._background = calls, inside, background

    def follow(self, reply: Reply, channel: str, thread: str | None) -> None:
        """Send the reply's files to where its words are."""
        if not reply.files:
            return
        if reply.private and not channel.startswith("D"):
            log.error("the files of a private message are not sent to %s, where others read them", channel)
            return
        self._background.begin(self._send(reply, channel, thread), f"files to {channel}")

    def follow_apart(self, reply: Reply, user: str) -> None:
        """Send the reply's files directly to its reader: where its words are shown to one person, no file can be."""
        if reply.files:
            self._background.begin(self._send_apart(reply, user), f"files to {user}")

    async def _send(self, reply: Reply, channel: str, thread: str | None) -> None:
        for file in reply.files:
            try:
                await self._share(await self._upload(file), file, channel, thread)
            except asyncio.CancelledError:
                log.warning("the file %s may not have come to %s: Usher was stopped", file.name, channel)
                raise
            except SendError as error:
                log.warning("the file %s may not have come to %s: %s", file.name, channel, error.reason)
                said = self._inside.say("file.missing", reply.language, file=file.name)
                await self._say(said, channel, thread)

    async def _send_apart(self, reply: Reply, user: str) -> None:
        # A file can be shared in a channel only, and this gives the channel of the person's direct messages.
        names = ", ".join(file.name for file in reply.files)
        posted = await self._say(self._inside.say("file.apart", reply.language, files=names), user)
        await self._send(reply, posted["channel"], None)

    async def _upload(self, file: File) -> str:
        """Hand the content over; nobody sees it yet, so this may be tried again whatever has happened."""
        content = file.content.encode()
        file_id: str = await _insist(lambda: self._upload_once(file.name, content), also_if_unknown=True)
        return file_id

    async def _upload_once(self, name: str, content: bytes) -> str:
        call = self._calls.client.files_getUploadURLExternal(filename=name, length=len(content))
        place = await self._calls.tried(call)
        try:
            status = await self._calls.post(place["upload_url"], data=content)
        except ValueError as error:
            raise SendError(f"Slack named {error}", refused=True) from None
        if status != 200:
            raise SendError(f"Slack did not take the content: {status}")
        return str(place["file_id"])

    async def _share(self, file_id: str, file: File, channel: str, thread: str | None) -> None:
        shared: list[dict[str, str | None]] = [{"id": file_id, "title": file.name}]
        await _insist(
            lambda: self._calls.tried(
                self._calls.client.files_completeUploadExternal(files=shared, channel_id=channel, thread_ts=thread)
            )
        )

    async def _say(self, text: str, channel: str, thread: str | None = None) -> Any:
        shown = message(Reply(text))
        return await _insist(
            lambda: self._calls.made(self._calls.client.chat_postMessage(channel=channel, thread_ts=thread, **shown))
        )


async def _insist(call: Callable[[], Awaitable[Any]], *, also_if_unknown: bool = False) -> Any:
    """Call until it is done: again only where it surely was not, unless twice does no harm. Raises `SendError`."""
    pause = PAUSE
    for left in reversed(range(TRIES)):
        try:
            return await call()
        except SendError as error:
            final = error.permanent or error.refused or (error.outcome_unknown and not also_if_unknown)
            wait = pause if error.retry_after is None else error.retry_after
            if final or not left or wait > LONGEST_WAIT:
                raise
        await asyncio.sleep(wait)
        pause *= 2
    raise AssertionError("the last try returns or raises")
