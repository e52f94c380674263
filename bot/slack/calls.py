"""Calls Slack: by its methods, or at an address that it handed out, and tells what it means when that fails."""

import logging
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.skew import Skew
from bot.slack.errors import FAILURES, headers, refuses_usher, seconds, send_error
from models.message import SendError

log = logging.getLogger(__name__)

CALL_SECONDS = 15
OF_SLACK = (".slack.com", ".slack-gov.com")  # where the addresses that Slack hands out lead

quiet = logging.getLogger("bot.slack.sdk")
quiet.setLevel(logging.ERROR)  # below that the libraries write down every message


@dataclass(frozen=True)
class Access:
    """What Slack is reached with. With `app_token` events come through Socket Mode, else by HTTP, signed."""

    bot_token: str = field(repr=False)
    api_url: str
    signing_secret: str = field(default="", repr=False)
    app_token: str = field(default="", repr=False)


class Calls:
    """The way to Slack. Nothing is tried again here: what was sent twice would be there twice."""

    def __init__(self, access: Access) -> None:
        self._api_url = access.api_url
        self.client = AsyncWebClient(
            token=access.bot_token,
            base_url=access.api_url,
            timeout=CALL_SECONDS,
            retry_handlers=[],  # the usual ones send again after a lost answer
            logger=quiet,
        )
        self.session: aiohttp.ClientSession | None = None
        self.skew = Skew("Slack")
        self._complained = ""

    def open(self) -> aiohttp.ClientSession:
        # One session for all calls: a third less CPU for each than with a session of its own.
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_SECONDS))
        self.client.session = self.session
        return self.session

    async def close(self) -> None:
        if self.session:
            await self.session.close()

    async def made(self, call: Awaitable[Any]) -> Any:
        """What a call gave without which nothing can be sent. Raises `SendError`."""
        try:
            answer = await self.tried(call)
        except SendError as error:
            self._complain(refuses_usher(error.__cause__))
            raise
        self._complained = ""
        return answer

    async def tried(self, call: Awaitable[Any]) -> Any:
        """What the call gave. Raises `SendError`."""
        begun = self.skew.begin()
        try:
            answer = await call
        except FAILURES as error:
            self.skew.end(begun, headers(error))
            raise send_error(error) from error
        if begun:
            self.skew.end(begun, answer.headers)
        return answer

    async def post(self, url: str, **body: Any) -> int:
        """Post to an address that Slack handed out; the status, if that is no trouble of Slack's. Raises `SendError`.

        Raises `ValueError` where the address is not Slack's: nothing is sent there.
        """
        if not self.is_slacks(url):
            raise ValueError("an address that is not Slack's")
        response = await self.tried(self._post(url, body))
        if response.status == 429:
            raise SendError("Slack asks to wait", retry_after=seconds(response.headers))
        if response.status >= 500:
            raise SendError(f"Slack: {response.status}", outcome_unknown=response.status != 503)
        return int(response.status)

    async def _post(self, url: str, body: dict[str, Any]) -> aiohttp.ClientResponse:
        if self.session is None:
            raise SendError("Slack is not started")
        async with self.session.post(url, allow_redirects=False, proxy=self.client.proxy, **body) as response:
            return response

    def is_slacks(self, url: str) -> bool:
        """Whether the address may be connected to: Slack's own, or that of the server that stands in for it."""
        try:
            given, ours = urlsplit(url), urlsplit(self._api_url)
            port = given.port
        except ValueError:
            return False
        if (given.scheme, given.netloc) == (ours.scheme, ours.netloc):
            return True
        # A name, an "@" or a backslash before the host is read in one way here and in another way elsewhere.
        plain = port in (None, 443) and not set(given.netloc) & set("@\\ ")
        return plain and given.scheme == "https" and f".{given.hostname}".endswith(OF_SLACK)

    def _complain(self, code: str | None) -> None:
        """Say once that Slack refuses Usher itself; each message that waits for that only warns."""
        if code and code != self._complained:
            self._complained = code
            log.error("Slack refuses SLACK_BOT_TOKEN (%s): nothing can be sent there until that is mended", code)
