"""Slack: hands in what people ask there, and sends them answers and messages, as direct messages or in threads."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Protocol

from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier
from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.background import Background
from bot.intake import NotTaken, place_of
from bot.skew import Skew
from bot.slack import modals, render, rooms
from bot.slack.calls import Access, Calls, quiet
from bot.slack.door import Refused, TakeIn, let_in
from bot.slack.files import Files
from bot.slack.link import Link
from bot.slack.modals import Modals
from bot.slack.read import Seen, read
from bot.slack.views import Incomplete, Unknown
from handlers.commands import Command
from handlers.front import Front
from models.message import Address, Ask, Reply, SendError
from models.store import StoreError

__all__ = ["Access", "Slack"]

log = logging.getLogger(__name__)

STOP_SECONDS = 3.0


class Inside(modals.Inside, rooms.Inside, Protocol):
    """What Slack needs of Usher."""

    def menu(self, language: str) -> Sequence[Command]: ...

    async def front(self, person: Address) -> Front: ...


class Slack:
    """The channel, and what listens for it."""

    name = "slack"
    interval = 0.1  # a workspace takes several hundred messages a minute

    def __init__(
        self, access: Access, inside: Inside, now: Callable[[], datetime], support_rooms: Sequence[Address] = ()
    ) -> None:
        self._inside, self._now, self._support_rooms = inside, now, support_rooms
        self._commands = frozenset(command.word for command in inside.menu("en"))
        self.refused: Counter[str] = Counter()
        self._calls, self._app_token = Calls(access), access.app_token
        foreseen = (SendError, NotTaken, DBAPIError, StoreError)
        self._showing, self._following = Background(log, *foreseen), Background(log, *foreseen)
        self._files = Files(self._calls, inside, self._following)
        self._modals = Modals(self._calls, inside)
        self._rooms = rooms.Rooms(self._calls, inside, support_rooms)
        self._verifier = None if access.app_token else SignatureVerifier(access.signing_secret)
        self._app = AsyncApp(
            client=self._calls.client,
            signing_secret="",  # the door has checked it
            request_verification_enabled=False,
            before_authorize=TakeIn(self.receive),
            logger=quiet,
        )
        self._link: asyncio.Task[None] | None = None

    @property
    def skew(self) -> Skew:
        """How far this machine's clock is off Slack's."""
        return self._calls.skew

    def pause(self, to: Address) -> float:
        return 1.0

    async def start(self) -> None:
        """Begin to listen. That Slack cannot be reached now does not keep Usher from starting."""
        session = self._calls.open()
        self._showing.begin(self._rooms.look(), "a look at the desk's channels")
        if self._app_token:
            link = Link(self._calls.client, session, self._app_token, self._dispatch)
            self._link = asyncio.create_task(link.hold(), name="Slack's Socket Mode")

    async def stop_listening(self) -> None:
        """Take nothing more in; what was taken may still be answered."""
        if self._link:
            self._link.cancel()
            with suppress(asyncio.CancelledError):
                await self._link
        await self._showing.stop(STOP_SECONDS)  # what cannot be shown is asked instead, which must still be taken

    async def close(self) -> None:
        await self._following.stop(STOP_SECONDS)
        await self._calls.close()

    async def handle(self, request: Request) -> Response:
        """Answer one request to `/slack/events`."""
        if self._verifier is None:
            return self._refuse(Refused("Socket Mode is used", 404))
        try:
            payload = await let_in(request, self._verifier)
        except Refused as refused:
            return self._refuse(refused)
        return to_starlette_response(await self._dispatch(payload))

    async def _dispatch(self, payload: dict[str, Any]) -> BoltResponse:
        """Hand the payload to bolt: by HTTP it has been let in, and what comes by Socket Mode nobody signs."""
        return await self._app.async_dispatch(AsyncBoltRequest(body=payload, mode="socket_mode"))

    async def receive(self, payload: dict[str, Any]) -> BoltResponse:
        """Take a payload in, and acknowledge it. Slack sends an event again unless that is with the status 200."""
        self._rooms.learn(payload)
        try:
            seen = read(payload, self._now(), self._commands, self._support_rooms)
        except Unknown as unknown:
            self._refuse(Refused(f"unknown: {unknown}", 200))
            return BoltResponse(status=200)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, StopIteration):
            # The payload has a person's words in it, and the log is not the place for them.
            return BoltResponse(status=self._refuse(Refused("unreadable", 400)).status_code)
        if isinstance(seen, Incomplete):
            return BoltResponse(status=200, body=self._modals.errors(seen))
        if isinstance(seen, Seen):
            shown = self._show_home(seen.person) if seen.what == "home" else self._modals.open(seen)
            self._showing.begin(shown, f"{seen.what} of {seen.person}")
        elif seen:
            try:
                await self._inside.take(seen)
            except NotTaken:
                return BoltResponse(status=503)
        return BoltResponse(status=200)

    async def send(self, to: Address, reply: Reply, key: str) -> str:
        """Once the words are posted it counts as sent; the files follow by themselves."""
        channel, thread = _parts(to)
        call = self._calls.client.chat_postMessage(
            channel=channel, thread_ts=thread, unfurl_links=False, unfurl_media=False, **render.message(reply)
        )
        posted = await self._calls.made(call)
        self._files.follow(reply, posted["channel"], thread)
        return _reference(posted["channel"], posted["ts"])

    async def edit(self, reference: str, reply: Reply) -> None:
        channel, _, ts = Address.of(reference).id.partition(":")
        # Unlike a new message, a changed one would have names linked that somebody typed.
        call = self._calls.client.chat_update(channel=channel, ts=ts, parse="none", **render.message(reply))
        await self._calls.made(call)

    async def answer(self, ask: Ask, reply: Reply) -> str | None:
        """Answer where it was asked: what is private never in a channel, and a slash command only to its sender."""
        reference = await self._answer(ask, reply)
        if reply.renews:  # the Home shows for whom somebody acts
            self._following.begin(self._show_home(ask.sender), f"home of {ask.sender}")
        return reference

    async def _answer(self, ask: Ask, reply: Reply) -> str | None:
        whispers = reply.private and ask.in_public
        if ask.once or whispers:
            if await (self._respond(ask.once, reply) if ask.once else self._whisper(ask, reply)):
                self._files.follow_apart(reply, _user(ask.sender))
                return None
            return await self.send(ask.sender, reply, ask.id)
        return await self.send(self._place(ask), reply, ask.id)

    def _place(self, ask: Ask) -> Address:
        """Where to answer: what is pressed on a card is answered in its thread, and not in the middle of the room."""
        place = place_of(ask)
        return Address.of(ask.pressed) if ask.pressed and place in self._support_rooms else place

    async def _whisper(self, ask: Ask, reply: Reply) -> bool:
        """Show it in the channel to the asker alone; False where Slack will not do that."""
        channel, thread = _parts(place_of(ask))
        call = self._calls.client.chat_postEphemeral(
            channel=channel,
            user=_user(ask.sender),
            # Slack shows it in a thread only if there is one already.
            thread_ts=thread if ask.replies_to or ask.pressed else None,
            **render.message(reply),
        )
        try:
            await self._calls.made(call)
        except SendError as error:
            if not (error.permanent or error.refused):
                raise
            return False
        return True

    async def _respond(self, url: str, reply: Reply) -> bool:
        """Answer through the address that came with the request; False where that has ended, or is not Slack's."""
        if not self._calls.is_slacks(url):
            return False
        shown = {"response_type": "ephemeral", "replace_original": False, **render.message(reply)}
        return await self._calls.post(url, json=shown) == 200

    async def _show_home(self, person: Address) -> None:
        view = render.home(await self._inside.front(person))
        await self._calls.made(self._calls.client.views_publish(user_id=_user(person), view=view))

    def _refuse(self, refused: Refused) -> Response:
        self.refused[refused.why] += 1
        count = self.refused[refused.why]
        if count & (count - 1) == 0:  # each doubling: whoever knocks without end must not fill the log
            log.warning("refused at /slack/events: %s (%s times by now)", refused.why, count)
        return PlainTextResponse("", refused.status)


def _parts(to: Address) -> tuple[str, str | None]:
    """The channel and the thread; of a person the user, whom Slack writes to in a direct message."""
    first, second, third = [*to.id.split(":"), "", ""][:3]
    if second.startswith(("U", "W")):
        return second, third or None
    return first, second or None


def _user(person: Address) -> str:
    return person.id.rpartition(":")[2]


def _reference(channel: str, ts: str) -> str:
    return str(Address("slack", f"{channel}:{ts}"))
