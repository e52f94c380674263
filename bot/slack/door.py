"""The door for Slack's requests: only what Slack has signed in the last five minutes comes in, and nothing too long."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier
from starlette.requests import Request

BODY_BYTES = 1_000_000  # no event of Slack's is a tenth of that
BODY_SECONDS = 5.0  # Slack itself waits for three
FIELDS = 50


class Refused(Exception):  # noqa: N818 - named after the situation
    """A request that is not let in, and the HTTP status that says so."""

    def __init__(self, why: str, status: int) -> None:
        super().__init__(why)
        self.why, self.status = why, status


async def let_in(request: Request, verifier: SignatureVerifier) -> dict[str, Any]:
    """The payload of a request that Slack made. Raises `Refused`.

    Bolt would read what was sent before it checks who sent it, and break on what is neither JSON nor a form.
    """
    body = await _read(request)
    stamp, signature = (request.headers.get(f"x-slack-{name}") for name in ("request-timestamp", "signature"))
    try:
        signed = verifier.is_valid(body, stamp, signature)
    except (ValueError, TypeError):  # a timestamp that is no number, bytes that are no text
        signed = False
    if not signed:
        raise Refused("signature", 401)
    try:
        payload = _payload(body.decode(), request.headers.get("content-type", ""))
    except (ValueError, RecursionError) as error:
        raise Refused("unreadable", 400) from error
    if not isinstance(payload, dict):
        raise Refused("unreadable", 400)
    return payload


class TakeIn(AsyncMiddleware):
    """Answers for every payload, after bolt's own checks: its listeners acknowledge before anything is written down.

    It stands before bolt's authorization, which would ask Slack who Usher is before the first event is acknowledged.
    """

    def __init__(self, receive: Callable[[dict[str, Any]], Awaitable[BoltResponse]]) -> None:
        self._receive = receive

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - bolt names it so
    ) -> BoltResponse:
        if req.body.get("type") == "url_verification":
            return await next()
        return await self._receive(req.body)


async def _read(request: Request) -> bytes:
    """The body, of which no more is kept than may be: its length need not be told, or be true."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.stream():
                body += piece
                if len(body) > BODY_BYTES:
                    raise Refused("too long", 413)
    except TimeoutError as error:
        raise Refused("too slow", 408) from error
    return bytes(body)


def _payload(body: str, kind: str) -> Any:
    """Events are JSON; commands are a form; presses are a form with JSON in it."""
    if kind.startswith("application/json"):
        return json.loads(body)
    form = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=FIELDS))
    return json.loads(form["payload"]) if "payload" in form else form
