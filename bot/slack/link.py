"""Slack's Socket Mode: Usher fetches the events itself, for a place that nobody can reach from outside."""

import asyncio
import json
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import aiohttp
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.background import Background
from bot.slack.errors import FAILURES, code_of, refuses_usher, send_error

log = logging.getLogger(__name__)

NAME = "Slack's Socket Mode"
PING_SECONDS = 10.0
STEADY_SECONDS = 30.0  # a connection that stood so long was no failure
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
LINGER_SECONDS = 60.0  # how long a connection that Slack takes leave of is still read


class Link:
    """Holds the connection. slack_sdk's own client would try an address that has expired for ever."""

    def __init__(
        self,
        client: AsyncWebClient,
        session: aiohttp.ClientSession,
        app_token: str,
        take: Callable[[dict[str, Any]], Awaitable[BoltResponse]],
    ) -> None:
        self._client, self._session, self._app_token, self._take = client, session, app_token, take
        self._connections = Background(log)
        self._told, self._limited = "", 0.0

    async def hold(self) -> None:
        """Be connected until cancelled. What Slack takes leave of is read on while the next one is opened."""
        loop, failures = asyncio.get_running_loop(), 0
        try:
            while True:
                began, over = loop.time(), loop.create_future()
                self._connections.begin(self._listen(over), NAME)
                stood = await over
                failures = 0 if stood and loop.time() - began > STEADY_SECONDS else failures + 1
                await asyncio.sleep(max(_pause(failures), self._limited))
        finally:
            await self._connections.stop()

    async def _listen(self, over: "asyncio.Future[bool]") -> None:
        """Read one connection to its end. `over` tells when another is needed, and whether this one stood."""
        stood = False
        try:
            url = (await self._client.apps_connections_open(app_token=self._app_token))["url"]
            connect = self._session.ws_connect(url, heartbeat=PING_SECONDS, proxy=self._client.proxy)
            async with connect as socket, asyncio.timeout(None) as limit:
                async for frame in socket:
                    said = frame.json() if frame.type is aiohttp.WSMsgType.TEXT else {}
                    if said.get("type") == "hello":
                        stood, self._told, self._limited = True, "", 0.0
                        log.info("connected to Slack's Socket Mode")
                    elif said.get("type") == "disconnect":
                        limit.reschedule(asyncio.get_running_loop().time() + LINGER_SECONDS)
                        _set(over, stood)
                    elif "envelope_id" in said:
                        self._connections.begin(self._hand_in(socket, said), NAME)
        except (*FAILURES, ValueError) as error:
            self._limited = (send_error(error).retry_after or 0.0) if isinstance(error, SlackApiError) else 0.0
            self._tell(error, stood=stood)
        finally:
            _set(over, stood)

    async def _hand_in(self, socket: aiohttp.ClientWebSocketResponse, said: dict[str, Any]) -> None:
        """Acknowledge what was written down; the rest Slack sends again."""
        answer = await self._take(said.get("payload") or {})
        if answer.status == 200:
            told = {"payload": json.loads(answer.body)} if answer.body else {}
            with suppress(ConnectionError, aiohttp.ClientError):  # it comes again, and is known then
                await socket.send_json({"envelope_id": said["envelope_id"]} | told)

    def _tell(self, error: Exception, *, stood: bool) -> None:
        """Say once what is wrong, however often it is tried."""
        if stood:
            log.info("the connection of Slack's Socket Mode was cut (%s)", type(error).__name__)
            return
        refusal = refuses_usher(error)
        told = refusal or code_of(error) or type(error).__name__
        if told == self._told:
            return
        self._told = told
        if refusal:
            log.error("Slack's Socket Mode refuses SLACK_APP_TOKEN (%s); trying again", refusal)
        else:
            log.warning("Slack's Socket Mode cannot be reached (%s); trying again", told)


def _set(over: "asyncio.Future[bool]", stood: bool) -> None:
    if not over.done():
        over.set_result(stood)


def _pause(failures: int) -> float:
    """Nothing after a connection that stood; else twice as long each time."""
    if not failures:
        return 0.0
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - 1, 10)) * random.uniform(0.5, 1.0)
