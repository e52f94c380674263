"""Stands in for Slack and Telegram in the benchmarks: takes what a bot sends at once, and lets people write to it."""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections import Counter
from typing import Any
from urllib.parse import urlencode

from aiohttp import ClientSession, TCPConnector, web

SECRET, TOKEN = "s" * 32, "123456:" + "t" * 35
JSON_TYPE, FORM_TYPE = "application/json", "application/x-www-form-urlencoded"


class Platform:
    """What both have: the answers that came, by the chat that they came to, and calls that are made to fail."""

    def __init__(self) -> None:
        self.waiting: dict[str, asyncio.Future[str]] = {}
        self.answers: Counter[str] = Counter()
        self.faults: dict[int, str] = {}  # by the number of the call
        self.calls = itertools.count(1)
        self.numbers = itertools.count(int(time.time()) % 10**6 * 1000)
        self.faulty = Counter[str]()

    def arrived(self, chat: str, text: str) -> None:
        self.answers[chat] += 1
        if (waiting := self.waiting.pop(chat, None)) and not waiting.done():
            waiting.set_result(text)

    async def answered(self, chat: str, seconds: float = 20) -> str:
        self.waiting[chat] = asyncio.get_running_loop().create_future()
        return await asyncio.wait_for(self.waiting[chat], seconds)

    def fault(self) -> str:
        fault = self.faults.get(next(self.calls), "")
        self.faulty[fault] += bool(fault)
        return fault

    async def serve(self, port: int) -> web.AppRunner:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return runner

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raise NotImplementedError

    def written(self, chat: str, text: str) -> Any:
        """An event, as the platform tells it."""
        raise NotImplementedError

    async def hand_over(self, event: Any) -> None:
        """Bring the event to the bot, until it is acknowledged."""
        raise NotImplementedError

    async def ask(self, chat: str, text: str, *, as_command: bool = False) -> str:
        """Write, and wait for the answer."""
        answer = asyncio.ensure_future(self.answered(chat))
        await asyncio.sleep(0)
        await self.hand_over(self.command(chat, text) if as_command else self.written(chat, text))
        return await answer

    def command(self, chat: str, text: str) -> Any:
        raise NotImplementedError

    async def close(self) -> None:
        """Let go of what is open."""


class Slack(Platform):
    """Events go out by HTTP, signed. `c` is a chat: a number, of the person U… and of their direct messages D…"""

    def __init__(self, bot: str, port: int) -> None:
        super().__init__()
        self._bot, self._address = bot, f"http://127.0.0.1:{port}"
        self._session = ClientSession(connector=TCPConnector(limit=0))

    async def close(self) -> None:
        await self._session.close()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        name = request.path.rpartition("/")[2]
        if name == "auth.test":
            told = {"url": "https://x.slack.com/", "team": "t", "team_id": "T0", "user_id": "UBOT", "bot_id": "BBOT"}
            return web.json_response({"ok": True, **told, "user": "usher"})
        body = await request.read()
        given = json.loads(body) if request.content_type == JSON_TYPE else dict(await request.post())
        chat = name if request.path.startswith("/respond/") else str(given.get("channel", ""))[1:]
        fault = self.fault()
        if fault == "429":
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "1"})
        if fault == "503":
            return web.json_response({"ok": False, "error": "service_unavailable"}, status=503)
        self.arrived(chat, str(given.get("text")))
        if fault == "reset" and request.transport:
            request.transport.abort()
        return web.json_response({"ok": True, "channel": f"D{chat}", "ts": f"{time.time():.6f}"})

    def written(self, chat: str, text: str) -> tuple[bytes, str]:
        number = next(self.numbers)
        event = {"type": "message", "channel": f"D{chat}", "channel_type": "im", "user": f"U{chat}", "text": text,
                 "ts": f"{int(time.time())}.{number % 10**6:06}", "team": "T0"}  # fmt: skip
        told = {"type": "event_callback", "team_id": "T0", "api_app_id": "A0", "event_id": f"Ev{number}",
                "event_time": int(time.time()), "event": event, "authorizations": [{"team_id": "T0", "user_id": "UBOT",
                "is_bot": True}]}  # fmt: skip
        return json.dumps(told).encode(), JSON_TYPE

    def command(self, chat: str, text: str) -> tuple[bytes, str]:
        told = {"command": "/usher", "text": text, "user_id": f"U{chat}", "user_name": "ann", "team_id": "T0",
                "channel_id": "C1", "api_app_id": "A0", "trigger_id": f"1.{next(self.numbers)}",
                "response_url": f"{self._address}/respond/{chat}"}  # fmt: skip
        return urlencode(told).encode(), FORM_TYPE

    async def send(self, body: bytes, kind: str) -> int:
        at = str(int(time.time()))
        signed = hmac.new(SECRET.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
        headers = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={signed}", "Content-Type": kind}
        async with self._session.post(f"{self._bot}/slack/events", data=body, headers=headers) as response:
            await response.read()
            return response.status

    async def hand_over(self, event: Any) -> None:
        while (status := await self.send(*event)) != 200:
            assert status == 503, status
            await asyncio.sleep(0.5)


class Telegram(Platform):
    """Updates are fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: list[dict[str, Any]] = []
        self.out: list[dict[str, Any]] = []
        self.news = asyncio.Event()

    async def close(self) -> None:
        self.news.set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        name = request.path.rpartition("/")[2]
        given = {**request.query, **await request.post()}
        if name == "getUpdates":
            return _ok(await self._updates(int(str(given.get("offset", 0))), float(str(given.get("timeout", 0)))))
        if name == "getMe":
            return _ok({"id": 123456, "is_bot": True, "first_name": "Usher", "username": "UsherBot"})
        if name != "sendMessage":
            return _ok(True)
        fault = self.fault()
        if fault == "429":
            told = {
                "ok": False,
                "error_code": 429,
                "description": "Too Many Requests",
                "parameters": {"retry_after": 1},
            }
            return web.json_response(told, status=429)
        if fault == "503":
            return web.json_response({"ok": False, "error_code": 503, "description": "later"}, status=503)
        chat = str(given["chat_id"])
        self.arrived(chat, str(given["text"]))
        if fault == "reset" and request.transport:
            request.transport.abort()
        sent = {
            "message_id": next(self.numbers),
            "date": int(time.time()),
            "chat": {"id": int(chat), "type": "private"},
        }
        return _ok(sent | {"text": str(given["text"])[:100]})

    async def _updates(self, offset: int, seconds: float) -> list[dict[str, Any]]:
        # What was handed out is confirmed by the next call, whatever its number: here they come in any order.
        self.queue, self.out = (self.queue[len(self.out) :], []) if offset else (self.queue, [])
        if not self.queue:
            self.news.clear()
            try:
                await asyncio.wait_for(self.news.wait(), seconds)
            except TimeoutError:
                return []
        self.out = self.queue[:100]
        return self.out

    def written(self, chat: str, text: str) -> dict[str, Any]:
        person = {"id": int(chat), "is_bot": False, "first_name": "Ann", "language_code": "en"}
        message: dict[str, Any] = {"message_id": next(self.numbers), "from": person, "date": int(time.time()),
                   "chat": {"id": int(chat), "type": "private", "first_name": "Ann"}, "text": text}  # fmt: skip
        if text.startswith("/"):
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}]
        return {"update_id": next(self.numbers), "message": message}

    def command(self, chat: str, text: str) -> dict[str, Any]:
        return self.written(chat, f"/{text}")

    async def hand_over(self, event: Any) -> None:
        self.queue.append(event)
        self.news.set()


def _ok(result: object) -> web.Response:
    return web.json_response({"ok": True, "result": result})
