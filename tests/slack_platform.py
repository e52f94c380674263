"""A strict Slack on this machine: the real SDK and bolt talk to it, and it refuses what Slack would refuse."""

import asyncio
import json
import socket
import struct
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import aiohttp
from aiohttp import web

from tests.dates import Dates
from tests.slack_blocks import Json, Refused, Violation
from tests.slack_contract import METHODS, check_arguments, decode, decode_form
from tests.slack_people import People

T = TypeVar("T")
RESPONSE_URL, UPLOAD_URL = "response_url", "upload_url"  # what calls to one are listed as, and fail by


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one call. A delayed answer comes late for a call that was carried out at once."""

    error: str = ""
    status: int = 200
    retry_after: int | None = None
    reset: Literal["", "before", "after"] = ""
    seconds: float = 0


def rate_limited(seconds: int = 1) -> Fault:
    return Fault("ratelimited", 429, seconds)


@dataclass(frozen=True)
class Call:
    method: str
    arguments: Json
    at: float
    status: int
    answer: Json  # empty where the connection was reset
    fault: Fault = Fault()

    def __str__(self) -> str:
        return f"{self.method} {json.dumps(self.arguments, ensure_ascii=False)[:300]} -> {self.status} {self.answer}"[
            :500
        ]


class Platform(People):
    def __init__(self, http: aiohttp.ClientSession, address: str) -> None:
        super().__init__(http)
        self.address = address
        self.api_url = f"{address}/api/"
        self.bot_token = "xoxb-1-usher"
        self.app_token = "xapp-1-A0USHER-1-usher"
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.dates = Dates()
        # What goes wrong with a call for which `fail` has foreseen nothing.
        self.weather: Callable[[str], Fault] = lambda _: Fault()
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)

    def fail(self, method: str, *faults: Fault) -> None:
        """The next calls of the method go wrong, each by one of these."""
        assert method in METHODS or method in (RESPONSE_URL, UPLOAD_URL), f"no such method: {method}"
        self._faults[method].extend(faults)

    def complain(self, sentence: str) -> None:
        self.violations.append(sentence)

    def called(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    async def until(self, condition: Callable[[], T | None], seconds: float = 20) -> T:
        """Wait until the condition is true, and give back what it gave."""
        ends = time.monotonic() + seconds
        while not (found := condition()):
            if time.monotonic() > ends:
                told = "\n".join([*map(str, self.calls), *(f"VIOLATION {sentence}" for sentence in self.violations)])
                raise AssertionError(f"it did not come within {seconds} s. The bot's calls:\n{told or 'none'}")
            await asyncio.sleep(0.005)
        return found

    def url_of_link(self, key: str) -> str:
        return f"{self.address}/actions/{key}"

    def url_of_upload(self, key: str) -> str:
        return f"{self.address}/upload/v1/{key}"

    async def serve_call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        said: Json = {}
        fault = self._next_fault(method)
        try:
            if method not in METHODS:
                raise Violation("unknown_method", f"there is no method {method!r}")
            said = await _arguments(method, request)
            self._authenticate(method, request)
            check_arguments(method, said)
            answer = self._stumble(fault) or self._carry_out(method, said)
        except Refused as refused:
            answer = self._refuse(refused)
        return await self._respond(request, Call(method, said, time.time(), fault.status, answer), fault)

    async def serve_link(self, request: web.Request) -> web.StreamResponse:
        said: Json = {}
        fault = self._next_fault(RESPONSE_URL)
        status = fault.status
        try:
            said = await _json(request)
            answer = self._stumble(fault) or self.reply(request.match_info["key"], said)
        except Violation as violation:
            status, answer = 400, self._refuse(violation)
        except Refused as refused:
            status, answer = 404, self._refuse(refused)
        return await self._respond(request, Call(RESPONSE_URL, said, time.time(), status, answer), fault)

    async def serve_upload(self, request: web.Request) -> web.StreamResponse:
        """The content of a file, as it is. The address itself is the permission: no token belongs there."""
        content = await request.read()
        fault = self._next_fault(UPLOAD_URL)
        status = fault.status
        try:
            if "Authorization" in request.headers:
                raise Violation("invalid_arguments", "a token was sent to the address of an upload")
            if not (answer := self._stumble(fault)):
                self.upload(request.match_info["key"], content)
                answer = {"ok": True}
        except Refused as refused:
            status, answer = 404, self._refuse(refused)
        return await self._respond(
            request, Call(UPLOAD_URL, {"bytes": len(content)}, time.time(), status, answer), fault
        )

    def _next_fault(self, method: str) -> Fault:
        return self._faults[method].popleft() if self._faults[method] else self.weather(method)

    def _stumble(self, fault: Fault) -> Json:
        """The answer to a call that is not carried out, if it is not."""
        if fault.error or fault.status != 200 or fault.reset == "before":
            return {"ok": False, "error": fault.error or "internal_error"}
        return {}

    def _authenticate(self, method: str, request: web.Request) -> None:
        """A wrong token is no violation: whoever sets up the bot can mistake it."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if not token:
            raise Refused("not_authed")
        if scheme != "Bearer" or token not in (self.bot_token, self.app_token):
            raise Refused("invalid_auth")
        if (token == self.app_token) is not (method == "apps.connections.open"):
            raise Refused("not_allowed_token_type")
        needed = METHODS[method]["scopes"]
        if needed and not set(needed) & set(self.scopes.split(",")):
            raise Refused("missing_scope", needed=needed[0], provided=self.scopes)

    def _carry_out(self, method: str, said: Json) -> Json:
        if method == "apps.connections.open":
            return {"ok": True, "url": self.address.replace("http", "ws") + self.socket_path()}
        return self.answer(method, said)

    def _refuse(self, refused: Refused) -> Json:
        told: Json = {"ok": False, "error": refused.error} | refused.more
        if isinstance(refused, Violation):
            self.complain(refused.sentence)
            told |= {"response_metadata": {"messages": [f"[ERROR] {refused.sentence}"]}}
        return told

    async def _respond(self, request: web.Request, call: Call, fault: Fault) -> web.StreamResponse:
        call = replace(call, fault=fault)
        self.calls.append(replace(call, status=0, answer={}) if fault.reset else call)
        await asyncio.sleep(fault.seconds)
        if fault.reset:
            _reset(request)
        headers = {"x-oauth-scopes": self.scopes, "x-slack-req-id": f"{len(self.calls):032x}"}
        headers |= {"Retry-After": str(fault.retry_after)} if fault.retry_after is not None else {}
        if call.status >= 500 and not fault.error:
            return web.Response(status=call.status, text="<html>upstream error</html>", content_type="text/html")
        return web.json_response(call.answer, status=call.status, headers=headers)


async def _arguments(method: str, request: web.Request) -> Json:
    if request.content_type == "application/json":
        return decode(method, await _json(request))
    return decode_form(method, {**request.query, **await request.post()})


async def _json(request: web.Request) -> Json:
    try:
        said = json.loads(await request.read())
    except ValueError:
        raise Violation("invalid_json", f"{request.path}: the body is no JSON") from None
    if not isinstance(said, dict):
        raise Violation("json_not_object", f"{request.path}: the body is no object")
    return said


def _reset(request: web.Request) -> None:
    """Make the other side see "connection reset by peer" instead of an orderly end."""
    assert request.transport
    port = request.transport.get_extra_info("socket")
    port.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()


@asynccontextmanager
async def slack_platform() -> AsyncIterator[Platform]:
    port = socket.create_server(("127.0.0.1", 0))
    async with aiohttp.ClientSession() as http:
        platform = Platform(http, f"http://127.0.0.1:{port.getsockname()[1]}")
        app = web.Application()
        app.on_response_prepare.append(platform.dates.stamp)
        app.router.add_route("*", "/api/{method}", platform.serve_call)
        app.router.add_post("/actions/{key}", platform.serve_link)
        app.router.add_post("/upload/v1/{key}", platform.serve_upload)
        app.router.add_get("/link/", platform.link)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.SockSite(runner, port).start()
        try:
            yield platform
        finally:
            await platform.hang_up()
            await runner.cleanup()
