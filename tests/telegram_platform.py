"""A strict Telegram for the tests: it answers the bot as the real one does, breaks on demand, and plays the people.

async with telegram_platform() as platform:
    bot = Bot(platform.token, base_url=platform.url)
"""

import asyncio
import json
import re
import socket
import struct
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

from aiohttp import web
from aiohttp.web import FileField

from tests.dates import Dates
from tests.telegram_cast import Cast
from tests.telegram_chats import Chat, Chats, Message, User
from tests.telegram_contract import JSON, Breach, Refused, read
from tests.telegram_updates import Updates

TOKEN = "7000000001:AAE-usher_of_the_tests_0123456789ab"
COUNTED = {"sendMessage", "sendDocument", "editMessageText"}  # what the rates of Telegram count


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one call. Without `code` the call is carried out, and only its answer suffers."""

    code: int = 0
    description: str = ""
    parameters: JSON = field(default_factory=dict)
    html: bool = False  # the body that a proxy in front of Telegram gives
    lost: str = ""  # the connection breaks "before" or "after" the call is carried out
    seconds: float = 0  # the answer is late

    @classmethod
    def too_many(cls, retry_after: int) -> "Fault":
        return cls(429, f"Too Many Requests: retry after {retry_after}", {"retry_after": retry_after})

    @classmethod
    def refused(cls, code: int, description: str, **parameters: int) -> "Fault":
        """`description` in full, as "Forbidden: bot was blocked by the user"."""
        return cls(code, description, parameters)

    @classmethod
    def broken(cls, code: int = 500, *, html: bool = False) -> "Fault":
        return cls(code, {500: "Internal Server Error", 502: "Bad Gateway"}.get(code, "Error"), html=html)

    @classmethod
    def lost_before(cls) -> "Fault":
        return cls(lost="before")

    @classmethod
    def lost_after(cls) -> "Fault":
        return cls(lost="after")

    @classmethod
    def slow(cls, seconds: float) -> "Fault":
        """The call is carried out at once and answered late."""
        return cls(seconds=seconds)


@dataclass
class Call:
    """One call of the bot, as it came. The answer is empty while it is under way, and where it was lost."""

    method: str
    parameters: JSON
    at: float
    answer: JSON = field(default_factory=dict)
    status: int = 0
    fault: Fault | None = None

    def __str__(self) -> str:
        told = json.dumps(self.parameters, ensure_ascii=False, default=str)
        return (
            f"{self.method} {told[:300]} -> {self.status or 'no answer'} {self.answer.get('description', '')}".strip()
        )


class TelegramPlatform(Cast):
    """The server. Whatever no correct bot would do is refused, and told in `violations`."""

    def __init__(self, token: str = TOKEN) -> None:
        self.token = token
        self.url = ""
        self.files = ""
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.rates = False
        self.dates = Dates()
        # What goes wrong with a call for which `fail` has foreseen nothing.
        self.weather: Callable[[str], Fault | None] = lambda _: None
        self._ahead = 0.0
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._sent: list[tuple[float, int | str]] = []
        bot = User(int(token.partition(":")[0]), "Usher", username="usher_test_bot", is_bot=True)
        super().__init__(Chats(bot, self.now), Updates(self.now))

    def now(self) -> float:
        return time.time() + self._ahead

    def later(self, seconds: float) -> None:
        """Telegram's clock goes ahead: rates recover, pressed buttons grow old."""
        self._ahead += seconds

    def fail(self, method: str, *faults: Fault) -> None:
        """The next calls of `method` meet these, one each."""
        self._faults[method].extend(faults)

    def called(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def check(self) -> None:
        """Fails if the bot did what no correct bot does; for the end of a test."""
        assert not self.violations, "the bot broke Telegram's rules:\n" + "\n".join(self.violations)

    async def until(self, condition: Callable[[], Any], seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                calls = "\n".join(map(str, self.calls)) or "none"
                raise AssertionError(f"not within {seconds:g} s. The calls:\n{calls}\nViolations: {self.violations}")
            await asyncio.sleep(0.01)

    async def reply(self, place: Chat | User, doing: Awaitable[Any]) -> Message:
        """The bot's next new message there, once somebody has done that."""
        before = len(self.shown_to(place))
        await doing
        await self.until(lambda: len(self.shown_to(place)) > before)
        return self.shown_to(place)[-1]

    async def quiet(self, person: User, *places: Chat | User, doing: Awaitable[Any]) -> None:
        """Fails if the bot says anything there to what that person does: what each does is answered in its order."""
        before = [len(self.shown_to(place)) for place in places]
        await doing
        own = len(self.shown_to(person))
        await self.reply(person, self.say(person, "/help"))
        told = [self.shown_to(place)[known:] for place, known in zip(places, before, strict=True)]
        assert not any(told), f"the bot said {told}"
        assert len(self.shown_to(person)) == own + 1, "the bot answered in private"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        call = Call(method, {}, self.now())
        self.calls.append(call)
        faults = self._faults[method]
        if method in self._methods():
            call.fault = faults.popleft() if faults else self.weather(method)
        fault = call.fault or Fault()
        sent: JSON = {}
        try:
            sent = call.parameters = await _sent(request)
            if fault.lost == "before":
                return _reset(request)
            call.parameters = self._understood(request.match_info["token"], method, sent)
            if fault.code:
                answer, status = _refusal(fault.description, fault.code, fault.parameters), fault.code
            else:
                answer, status = {"ok": True, "result": await self._carry_out(method, call.parameters)}, 200
        except Refused as refused:
            if isinstance(refused, Breach):
                self.violations.append(f"{method} {sent}: {refused.description}")
            answer, status = _refusal(refused.description, refused.code, refused.parameters), refused.code
        if fault.lost == "after":
            return _reset(request)
        await asyncio.sleep(fault.seconds)
        call.answer, call.status = answer, status
        if fault.html:
            page = (
                f"<html><head><title>{status}</title></head><body><h1>{status} {fault.description}</h1></body></html>"
            )
            return web.Response(text=page, status=status, content_type="text/html")
        return web.json_response(answer, status=status)

    def _methods(self) -> dict[str, Callable[[JSON], Any]]:
        return self.chats.calls | self.updates.calls

    def _understood(self, token: str, method: str, sent: JSON) -> JSON:
        if not re.fullmatch(r"\d+:[A-Za-z0-9_-]{30,}", token):
            raise Breach("Not Found", 404)
        if token != self.token:
            raise Breach("Unauthorized", 401)
        return read(method, sent)

    async def _carry_out(self, method: str, asked: JSON) -> Any:
        if self.rates and method in COUNTED:
            self._count(asked.get("chat_id", 0))
        result: Awaitable[Any] | Any = self._methods()[method](asked)
        return await result if isawaitable(result) else result

    def _count(self, chat_id: int | str) -> None:
        now = self.now()
        group = chat_id in self.chats.chats and self.chats.chats[int(chat_id)].kind != "private"
        here = [at for at, other in self._sent if other == chat_id]
        limits = [([at for at, _ in self._sent], 30, 1), (here, 1, 1), (here, 20 if group else 1_000, 60)]
        waits = [sent[-most] + span - now for sent, most, span in limits if len(sent) >= most]
        if waits and max(waits) > 0:
            wait = int(max(waits)) + 1
            raise Refused(f"retry after {wait}", 429, retry_after=wait)
        self._sent.append((now, chat_id))


def _refusal(description: str, code: int, parameters: JSON) -> JSON:
    told = {"ok": False, "error_code": code, "description": description}
    return told | ({"parameters": parameters} if parameters else {})


async def _sent(request: web.Request) -> JSON:
    """The parameters of the query and of the body, in each of the ways that Telegram reads."""
    sent: JSON = dict(request.query)
    if not request.can_read_body:
        return sent
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except ValueError:
            raise Breach("can't parse request body as JSON") from None
        if not isinstance(body, dict):
            raise Breach("the body must be a JSON object")
        return sent | body
    if request.content_type not in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        raise Breach(f"a body of type {request.content_type} is not read")
    form = await request.post()
    return sent | {name: item if isinstance(item, (str, FileField)) else str(item) for name, item in form.items()}


def _reset(request: web.Request) -> web.Response:
    """The caller sees its connection break, without a word."""
    assert request.transport
    # Closed without lingering, a connection is reset instead of ended.
    request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()
    return web.Response()


async def _nowhere(_: web.Request) -> web.Response:
    return web.json_response(_refusal("Not Found", 404, {}), status=404)


@asynccontextmanager
async def telegram_platform(token: str = TOKEN) -> AsyncIterator[TelegramPlatform]:
    platform = TelegramPlatform(token)
    app = web.Application(client_max_size=60 * 1024**2)
    app.on_response_prepare.append(platform.dates.stamp)
    app.router.add_route("*", "/bot{token:[^/]*}/{method}", platform.answer)
    app.router.add_route("*", "/{path:.*}", _nowhere)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    platform.url, platform.files = f"{address}/bot", f"{address}/file/bot"
    await platform.updates.open()
    try:
        yield platform
    finally:
        await platform.updates.close()
        await runner.cleanup()
