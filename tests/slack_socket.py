"""How the local Slack reaches the bot: signed requests or Socket Mode, and once more where no answer comes."""

import asyncio
import hashlib
import hmac
import io
import json
import secrets
import time
import uuid
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from tests.slack_blocks import LIMITS, Json, Refused

_ACK_SECONDS: float = LIMITS["events_api"]["ack_seconds"]


@dataclass(frozen=True)
class Answer:
    """What the bot answered to one delivery. The status is 0 where there was none."""

    status: int
    body: str
    seconds: float
    headers: dict[str, str]

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Sent:
    """The answers to one event, the newest last: more than one where it had to be sent again."""

    answers: tuple[Answer, ...]
    payload: Json
    ts: str = ""  # of the message that it tells of

    @property
    def ok(self) -> bool:
        return self.answers[-1].ok

    @property
    def status(self) -> int:
        return self.answers[-1].status

    @property
    def body(self) -> str:
        return self.answers[-1].body

    @property
    def seconds(self) -> float:
        return self.answers[-1].seconds


class Courier:
    """Set `request_url` for deliveries over HTTP. While a Socket Mode client is connected, all go there instead."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.request_url = ""
        self.signing_secret = "8f742231b10e8888abcd99yyyzzz85a5"
        self.retry_after: tuple[float, ...] = (0, 0, 0)  # seconds; Slack itself waits 0, 60 and 300
        self.ack_seconds = _ACK_SECONDS
        self.sockets: list[web.WebSocketResponse] = []  # the newest last
        self._http = http
        self._tickets: set[str] = set()
        self._awaited: dict[str, asyncio.Future[Json]] = {}

    def signed(
        self, body: bytes, at: float | None = None, secret: str | None = None, kind: str = "application/json"
    ) -> dict[str, str]:
        """The headers of a request, as of now or of another time, by our secret or another one."""
        stamp = str(int(time.time() if at is None else at))
        key = self.signing_secret if secret is None else secret
        mac = hmac.new(key.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={mac}", "Content-Type": kind}
        return headers | {"User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)"}

    async def post(self, body: bytes, headers: dict[str, str]) -> Answer:
        """Send these bytes to the bot, once, whatever they are."""
        began = time.monotonic()
        patience = aiohttp.ClientTimeout(total=self.ack_seconds)
        try:
            async with self._http.post(
                self.request_url, data=io.BytesIO(body), headers=headers, timeout=patience
            ) as response:
                status, said = response.status, await response.text()
                return Answer(status, said, time.monotonic() - began, dict(response.headers))
        except TimeoutError:
            return Answer(0, "http_timeout", time.monotonic() - began, {})
        except aiohttp.ClientError:
            return Answer(0, "connection_failed", time.monotonic() - began, {})

    async def verify_url(self, challenge: str = "3eZbrw1a") -> Answer:
        """Ask whether the bot is at its address, as Slack does once when the address is set."""
        return await self._once("events_api", {"type": "url_verification", "token": "k" * 24, "challenge": challenge})

    async def deliver(self, payload: Json, ts: str = "") -> Sent:
        """Send an event; send it again as Slack does, until the bot has taken it or the retries are used up."""
        answers = [await self._once("events_api", payload)]
        for number, seconds in enumerate(self.retry_after, start=1):
            if answers[-1].ok or answers[-1].headers.get("X-Slack-No-Retry") == "1":
                break
            reason = "http_error" if answers[-1].status else answers[-1].body
            await asyncio.sleep(seconds)
            answers.append(await self._once("events_api", payload, number, reason))
        return Sent(tuple(answers), payload, ts)

    async def interact(self, payload: Json) -> Sent:
        """Send a press or a submission: once, as Slack does."""
        return Sent((await self._once("interactive", payload),), payload)

    async def instruct(self, payload: dict[str, str]) -> Sent:
        """Send a slash command: once, as Slack does."""
        return Sent((await self._once("slash_commands", payload),), payload)

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Announce the end of each Socket Mode connection: the client is to open another."""
        for socket in tuple(self.sockets):
            await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}})

    async def hang_up(self) -> None:
        """End each Socket Mode connection without a word."""
        for socket in tuple(self.sockets):
            await socket.close()

    def socket_path(self) -> str:
        """Of a Socket Mode connection that may be opened once."""
        ticket = secrets.token_urlsafe(16)
        self._tickets.add(ticket)
        return f"/link/?ticket={ticket}&app_id=A0USHER"

    async def link(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one Socket Mode connection to its end."""
        if request.query.get("ticket") not in self._tickets:
            raise web.HTTPForbidden
        if len(self.sockets) >= LIMITS["socket_mode"]["max_connections"]:
            raise web.HTTPTooManyRequests
        self._tickets.remove(request.query["ticket"])
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        info = {"host": "applink-1", "build_number": 10, "approximate_connection_time": 18060}
        hello = {"type": "hello", "num_connections": len(self.sockets) + 1, "debug_info": info}
        await socket.send_json(hello | {"connection_info": {"app_id": "A0USHER"}})
        self.sockets.append(socket)
        try:
            async for frame in socket:
                self._acknowledge(json.loads(frame.data))
        finally:
            self.sockets.remove(socket)
        return socket

    def _acknowledge(self, said: Json) -> None:
        waiting = self._awaited.pop(said.get("envelope_id", ""), None)
        if waiting is None:
            self.complain(f"an acknowledgement of nothing that is waited for: {said}")
        elif not waiting.done():
            waiting.set_result(said)

    def complain(self, sentence: str) -> None:
        raise NotImplementedError

    async def _once(self, kind: str, payload: Json, number: int = 0, reason: str = "") -> Answer:
        if self.sockets:
            return await self._over_socket(kind, payload, number, reason)
        assert self.request_url, "set request_url, or connect in Socket Mode"
        form = {"events_api": None, "slash_commands": payload, "interactive": {"payload": json.dumps(payload)}}[kind]
        body = json.dumps(payload).encode() if form is None else urlencode(form).encode()
        headers = self.signed(body, kind="application/json" if form is None else "application/x-www-form-urlencoded")
        headers |= {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason} if number else {}
        return await self.post(body, headers)

    async def _over_socket(self, kind: str, payload: Json, number: int, reason: str) -> Answer:
        envelope: Json = {"envelope_id": str(uuid.uuid4()), "type": kind, "payload": payload}
        envelope |= {"accepts_response_payload": kind != "events_api"}
        envelope |= {"retry_attempt": number, "retry_reason": reason} if kind == "events_api" else {}
        waiting = self._awaited[envelope["envelope_id"]] = asyncio.get_running_loop().create_future()
        began = time.monotonic()
        try:
            await self.sockets[-1].send_json(envelope)
            said = await asyncio.wait_for(waiting, self.ack_seconds)
        except TimeoutError:
            return Answer(0, "timeout", time.monotonic() - began, {})
        except ConnectionError:
            return Answer(0, "connection_failed", time.monotonic() - began, {})
        payload_back = said.get("payload")
        body = "" if payload_back is None else json.dumps(payload_back)
        return Answer(200, body, time.monotonic() - began, {})


def told_in(answer: Answer) -> Json:
    """What the body of an answer says to the user: JSON, or plain words."""
    if not answer.ok or not answer.body.strip():
        return {}
    if not answer.body.lstrip().startswith("{"):
        return {"text": answer.body}
    try:
        told = json.loads(answer.body)
    except ValueError:
        raise Refused("invalid_payload") from None
    assert isinstance(told, dict)
    return told
