"""Slack: hands in what people ask there, and sends them answers and messages, as direct messages or in threads."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp
from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.intake import NotTaken, place_of
from bot.slack import render
from bot.slack.door import Refused, TakeIn, let_in
from bot.slack.errors import FAILURES, refuses_usher, seconds, send_error
from bot.slack.link import Link
from bot.slack.read import Seen, Unknown, read
from handlers.commands import Command, Front
from models.message import Address, Ask, Reply, SendError

log = logging.getLogger(__name__)

CALL_SECONDS = 15
STOP_SECONDS = 3.0
OF_SLACK = (".slack.com", ".slack-gov.com")  # where a response_url leads

_quiet = logging.getLogger(f"{__name__}.sdk")
_quiet.setLevel(logging.ERROR)  # below that the libraries write down every message


@dataclass(frozen=True)
class Access:
    """What Slack is reached with. With `app_token` events come through Socket Mode, else by HTTP, signed."""

    bot_token: str
    api_url: str
    signing_secret: str = ""
    app_token: str = ""


class Inside(Protocol):
    """What Slack needs of Usher."""

    async def take(self, *asks: Ask) -> None: ...

    def say(self, phrase: str, language: str, **fields: object) -> str: ...

    def menu(self, language: str) -> Sequence[Command]: ...

    async def front(self, person: Address) -> Front: ...

    async def may_reply(self, person: Address) -> bool: ...


class Slack:
    """The channel, and what listens for it."""

    name = "slack"
    interval = 0.1  # a workspace takes several hundred messages a minute

    def __init__(
        self, access: Access, inside: Inside, now: Callable[[], datetime], support_room: Address | None = None
    ) -> None:
        self._access, self._inside, self._now, self._support_room = access, inside, now, support_room
        self._commands = frozenset(command.word for command in inside.menu("en"))
        self.refused: Counter[str] = Counter()
        self._client = AsyncWebClient(
            token=access.bot_token,
            base_url=access.api_url,
            timeout=CALL_SECONDS,
            retry_handlers=[],  # the usual ones send again after a lost answer: that message would be there twice
            logger=_quiet,
        )
        self._verifier = None if access.app_token else SignatureVerifier(access.signing_secret)
        self._app = AsyncApp(
            client=self._client,
            signing_secret="",  # the door has checked it
            request_verification_enabled=False,
            before_authorize=TakeIn(self.receive),
            logger=_quiet,
        )
        self._session: aiohttp.ClientSession | None = None
        self._link: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._complained = ""

    def pause(self, to: Address) -> float:
        return 1.0

    async def start(self) -> None:
        """Begin to listen. That Slack cannot be reached now does not keep Usher from starting."""
        # One session for all calls: a third less CPU for each than with a session of its own.
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_SECONDS))
        self._client.session = self._session
        if self._access.app_token:
            link = Link(self._client, self._session, self._access.app_token, self._dispatch)
            self._link = asyncio.create_task(link.hold(), name="Slack's Socket Mode")

    async def stop_listening(self) -> None:
        """Take nothing more in; what was taken may still be answered."""
        if self._link:
            self._link.cancel()
            with suppress(asyncio.CancelledError):
                await self._link
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
        for task in self._tasks:
            task.cancel()

    async def close(self) -> None:
        if self._session:
            await self._session.close()

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

    async def receive(self, payload: dict[str, Any]) -> int:
        """Take a payload in; the HTTP status to acknowledge it with. Slack sends an event again unless that is 200."""
        try:
            seen = read(payload, self._now(), self._commands, self._support_room)
        except Unknown as unknown:
            self._refuse(Refused(f"unknown: {unknown}", 200))
            return 200
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, StopIteration):
            # The payload has a person's words in it, and the log is not the place for them.
            return self._refuse(Refused("unreadable", 400)).status_code
        if isinstance(seen, Seen):
            self._begin(self._show(seen), f"{seen.what} of {seen.person}")
        elif seen:
            try:
                await self._inside.take(seen)
            except NotTaken:
                return 503
        return 200

    async def send(self, to: Address, reply: Reply, key: str) -> str:
        channel, thread = _parts(to)
        shown = render.message(reply)
        call = self._client.chat_postMessage(
            channel=channel, thread_ts=thread, unfurl_links=False, unfurl_media=False, **shown
        )
        posted = await self._call(call)
        return _reference(posted["channel"], posted["ts"])

    async def edit(self, reference: str, reply: Reply) -> None:
        channel, _, ts = Address.of(reference).id.partition(":")
        # Unlike a new message, a changed one would have names linked that somebody typed.
        await self._call(self._client.chat_update(channel=channel, ts=ts, parse="none", **render.message(reply)))

    async def answer(self, ask: Ask, reply: Reply) -> str | None:
        """Answer where it was asked: what is private never in a channel, and a slash command only to its sender."""
        if ask.once:
            return await self._respond(ask, reply)
        if reply.private and ask.in_public:
            await self._whisper(ask, reply)
            return None
        return await self.send(place_of(ask), reply, ask.id)

    async def _whisper(self, ask: Ask, reply: Reply) -> None:
        """Show it to the asker alone: in the channel, or else in a direct message."""
        channel, thread = _parts(place_of(ask))
        call = self._client.chat_postEphemeral(
            channel=channel,
            user=_user(ask.sender),
            # Slack shows it in a thread only if there is one already.
            thread_ts=thread if ask.replies_to or ask.pressed else None,
            **render.message(reply),
        )
        try:
            await self._call(call)
        except SendError as error:
            if not (error.permanent or error.refused):
                raise
            await self.send(ask.sender, reply, ask.id)

    async def _respond(self, ask: Ask, reply: Reply) -> str | None:
        """Answer through the address that came with the request; it ends after some minutes."""
        if not ask.once or not self._is_slacks(ask.once):
            return await self.send(ask.sender, reply, ask.id)
        shown = {"response_type": "ephemeral", "replace_original": False, **render.message(reply)}
        status, headers = await self._call(self._post(ask.once, shown))
        if status == 429:
            raise SendError("Slack asks to wait", retry_after=seconds(headers))
        if status >= 500:
            raise SendError(f"Slack: {status}", outcome_unknown=status != 503)
        return None if status == 200 else await self.send(ask.sender, reply, ask.id)

    async def _post(self, url: str, shown: dict[str, Any]) -> tuple[int, dict[str, str]]:
        if self._session is None:
            raise SendError("Slack is not started")
        async with self._session.post(url, json=shown, allow_redirects=False, proxy=self._client.proxy) as response:
            return response.status, dict(response.headers)

    def _is_slacks(self, url: str) -> bool:
        """Whether the address may be connected to: Slack's own, or that of the server that stands in for it."""
        try:
            given, ours = urlsplit(url), urlsplit(self._access.api_url)
            port = given.port
        except ValueError:
            return False
        if (given.scheme, given.netloc) == (ours.scheme, ours.netloc):
            return True
        # A name, an "@" or a backslash before the host is read in one way here and in another way elsewhere.
        plain = port in (None, 443) and not set(given.netloc) & set("@\\ ")
        return plain and given.scheme == "https" and f".{given.hostname}".endswith(OF_SLACK)

    async def _show(self, seen: Seen) -> None:
        if seen.what == "home":
            front = await self._inside.front(seen.person)
            view = render.home(front.greeting, front.first, front.starts)
            await self._call(self._client.views_publish(user_id=_user(seen.person), view=view))
        elif seen.ask and not (await self._inside.may_reply(seen.person) and await self._ask_for_reply(seen)):
            await self._inside.take(seen.ask)

    async def _ask_for_reply(self, seen: Seen) -> bool:
        """Open the modal for a reply; False where it came too late for that."""
        if seen.ask is None or seen.ask.pressed is None:
            return False
        meant = json.dumps({"action": seen.ask.text, "room": seen.ask.pressed})
        words = [self._inside.say(word, "en") for word in ("card.reply", "card.write", "card.send", "what_to_ask.no")]
        try:
            view = render.reply_view(words, meant)
            await self._call(self._client.views_open(trigger_id=seen.trigger, view=view))
        except SendError as error:
            log.warning("the window for a reply could not be opened (%s)", error)
            return False
        return True

    async def _call(self, call: Awaitable[Any]) -> Any:
        try:
            answer = await call
        except FAILURES as error:
            self._complain(refuses_usher(error))
            raise send_error(error) from error
        self._complained = ""
        return answer

    def _complain(self, code: str | None) -> None:
        """Say once that Slack refuses Usher itself; each message that waits for that only warns."""
        if code and code != self._complained:
            self._complained = code
            log.error("Slack refuses SLACK_BOT_TOKEN (%s): nothing can be sent there until that is mended", code)

    def _begin(self, work: Coroutine[Any, Any, None], what: str) -> None:
        task = asyncio.create_task(work, name=what)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("%s: %s", task.get_name(), str(error) or type(error).__name__)

    def _refuse(self, refused: Refused) -> Response:
        self.refused[refused.why] += 1
        count = self.refused[refused.why]
        if count & (count - 1) == 0:  # each doubling: whoever knocks without end must not fill the log
            log.warning("refused at /slack/events: %s (%s times by now)", refused.why, count)
        return PlainTextResponse("", refused.status)


def _parts(to: Address) -> tuple[str, str | None]:
    """The channel and the thread; of a person the user, whom Slack writes to in a direct message."""
    first, _, second = to.id.partition(":")
    if second.startswith(("U", "W")):
        return second, None
    return first, second or None


def _user(person: Address) -> str:
    return person.id.rpartition(":")[2]


def _reference(channel: str, ts: str) -> str:
    return str(Address("slack", f"{channel}:{ts}"))
