"""Slack: hands in what people ask there, and sends them answers and messages, as direct messages or in threads."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.intake import NotTaken, place_of
from bot.slack import render
from bot.slack.errors import send_error
from bot.slack.read import Seen, read
from handlers.commands import Front
from models.message import Address, Ask, Reply, SendError

log = logging.getLogger(__name__)

BODY_BYTES = 1_000_000  # no event of Slack's is a tenth of that
CALL_SECONDS = 15
CONNECT_AGAIN_SECONDS = 5.0
OF_SLACK = (".slack.com", ".slack-gov.com")  # where a response_url leads


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
        self.refused: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._session: aiohttp.ClientSession
        self._client: AsyncWebClient
        self._handler: AsyncSlackRequestHandler
        self._app: AsyncApp

    def pause(self, to: Address) -> float:
        return 1.0

    async def start(self) -> None:
        """Begin to listen. That Slack cannot be reached now does not keep Usher from starting."""
        # One session for all calls: a third less CPU for each than with a session of its own.
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_SECONDS))
        self._client = AsyncWebClient(
            token=self._access.bot_token,
            base_url=self._access.api_url,
            session=self._session,
            timeout=CALL_SECONDS,
            retry_handlers=[],  # the usual ones send again after a lost answer: that message would be there twice
        )
        self._app = AsyncApp(
            client=self._client,
            signing_secret=self._access.signing_secret or "-",
            request_verification_enabled=not self._access.app_token,
            attaching_function_token_enabled=False,
        )
        self._app.use(_TakeIn(self.receive))
        self._handler = AsyncSlackRequestHandler(self._app)
        if self._access.app_token:
            self._begin(self._connect(), "Slack's Socket Mode")

    async def stop_listening(self) -> None:
        """Take nothing more in; what was taken may still be answered."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        await self._session.close()

    async def handle(self, request: Request) -> Response:
        """Answer one request to `/slack/events`."""
        if self._access.app_token:
            return self._refuse("Socket Mode is used", 404)
        if int(request.headers.get("content-length") or BODY_BYTES + 1) > BODY_BYTES:
            return self._refuse("too long", 413)
        try:
            response = await self._handler.handle(request)
        except ValueError:  # neither JSON nor a form, or not UTF-8
            return self._refuse("unreadable", 400)
        if response.status_code == 401:
            return self._refuse("signature", 401)
        return response

    async def receive(self, body: dict[str, Any], bot: str) -> int:
        """Take one payload in; the HTTP status to acknowledge it with. Slack sends it again unless that is 200."""
        try:
            seen = read(body, bot, self._now(), self._support_room)
        except (KeyError, TypeError, ValueError, AttributeError, StopIteration):
            log.warning("a payload of Slack's could not be read (%s)", body.get("type"), exc_info=True)
            self.refused["unreadable"] += 1
            return 400
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
        posted = await self._call(
            self._client.chat_postMessage(
                channel=channel, thread_ts=thread, unfurl_links=False, unfurl_media=False, **render.message(reply)
            )
        )
        return _reference(posted["channel"], posted["ts"])

    async def edit(self, reference: str, reply: Reply) -> None:
        channel, _, ts = Address.of(reference).id.partition(":")
        await self._call(self._client.chat_update(channel=channel, ts=ts, **render.message(reply)))

    async def answer(self, ask: Ask, reply: Reply) -> str | None:
        """Answer where it was asked: what is private never in a channel, and a slash command only to its sender."""
        if ask.once:
            return await self._respond(ask, reply)
        if reply.private and ask.in_public:
            await self._whisper(ask, reply)
            return None
        return await self.send(place_of(ask), reply, ask.id)

    async def _whisper(self, ask: Ask, reply: Reply) -> None:
        channel, thread = _parts(place_of(ask))
        user = ask.sender.id.rpartition(":")[2]
        call = self._client.chat_postEphemeral(channel=channel, user=user, thread_ts=thread, **render.message(reply))
        try:
            await self._call(call)
        except SendError as error:
            if not error.permanent:
                raise
            await self.send(ask.sender, reply, ask.id)

    async def _respond(self, ask: Ask, reply: Reply) -> str | None:
        """Answer through the address that came with the request; it ends after some minutes."""
        if not ask.once or not self._is_slacks(ask.once):
            return await self.send(ask.sender, reply, ask.id)
        shown = {"response_type": "ephemeral", "replace_original": False, **render.message(reply)}
        try:
            async with self._session.post(ask.once, json=shown) as response:
                status = response.status
        except aiohttp.ClientError as error:
            raise send_error(error) from error
        except TimeoutError as error:
            raise send_error(error) from error
        if status == 429:
            raise SendError("Slack asks to wait", retry_after=1.0)
        if status >= 500:
            raise SendError(f"Slack: {status}", outcome_unknown=status != 503)
        return None if status == 200 else await self.send(ask.sender, reply, ask.id)

    def _is_slacks(self, url: str) -> bool:
        """Whether the address may be connected to: Slack's own, or that of the server that stands in for it."""
        given, ours = urlsplit(url), urlsplit(self._access.api_url)
        if (given.scheme, given.netloc) == (ours.scheme, ours.netloc):
            return True
        return given.scheme == "https" and f".{given.hostname}".endswith(OF_SLACK)

    async def _show(self, seen: Seen) -> None:
        if seen.what == "home":
            front = await self._inside.front(seen.person)
            view = render.home(front.greeting, front.first, front.starts)
            await self._client.views_publish(user_id=seen.person.id.rpartition(":")[2], view=view)
        elif seen.ask and not (await self._inside.may_reply(seen.person) and await self._ask_for_reply(seen)):
            await self._inside.take(seen.ask)

    async def _ask_for_reply(self, seen: Seen) -> bool:
        """Open the modal for a reply; False where it came too late for that."""
        if seen.ask is None or seen.ask.pressed is None:
            return False
        action = seen.ask.text
        meant = json.dumps({"action": action, "room": seen.ask.pressed})
        words = [self._inside.say(word, "en") for word in ("card.reply", "card.write", "card.send", "what_to_ask.no")]
        view = render.reply_view(words, meant)
        try:
            await self._client.views_open(trigger_id=seen.trigger, view=view)
        except SlackApiError as error:
            log.warning("the reply's window could not be opened (%s)", error.response.get("error"))
            return False
        return True

    async def _connect(self) -> None:
        """Hold the connection of Socket Mode; the client comes back by itself once it stood."""
        handler = AsyncSocketModeHandler(self._app, self._access.app_token)
        try:
            while True:
                try:
                    await handler.connect_async()  # type: ignore[no-untyped-call]  # bolt declares none
                    await asyncio.Event().wait()
                except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
                    log.warning("Slack's Socket Mode cannot be reached (%s); trying again", type(error).__name__)
                    await asyncio.sleep(CONNECT_AGAIN_SECONDS)
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]  # as above

    async def _call(self, call: Awaitable[Any]) -> Any:
        try:
            return await call
        except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise send_error(error) from error

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
        log.warning("refused at /slack/events: %s (%s times by now)", why, self.refused[why])
        return PlainTextResponse("", status)


class _TakeIn(AsyncMiddleware):
    """Stands after bolt's own checks, and answers for every payload: bolt acknowledges before anything is kept."""

    def __init__(self, receive: Callable[[dict[str, Any], str], Awaitable[int]]) -> None:
        self._receive = receive

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - bolt names it so
    ) -> BoltResponse:
        return BoltResponse(status=await self._receive(req.body, req.context.bot_user_id or ""), body="")


def _parts(to: Address) -> tuple[str, str | None]:
    """The channel and the thread; of a person the user, whom Slack writes to in a direct message."""
    first, _, second = to.id.partition(":")
    if second.startswith(("U", "W")):
        return second, None
    return first, second or None


def _reference(channel: str, ts: str) -> str:
    return str(Address("slack", f"{channel}:{ts}"))
