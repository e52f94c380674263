"""Carries the calls to Telegram over aiohttp: httpx, the usual way, takes ten times the CPU with many at once."""

import json
from typing import Any
from urllib.parse import urlencode

import aiohttp
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

from bot.skew import Skew

CONNECTIONS = 64
CALL_SECONDS, CONNECT_SECONDS = 15.0, 5.0
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Wait(TelegramError):  # noqa: N818 - named after the situation
    """Telegram asks to wait for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class Unreachable(NetworkError):  # noqa: N818 - named after the situation
    """The call did not reach Telegram: nothing was done."""


class Request(BaseRequest):
    """One shared session for all calls. `read_timeout` is that of the whole call; `skew` sees all answers."""

    def __init__(self, skew: Skew | None = None) -> None:
        self._skew = skew or Skew("Telegram")
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        return CALL_SECONDS

    async def initialize(self) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS))

    async def shutdown(self) -> None:
        if self._session:
            await self._session.close()
        self._session = None

    async def updates(self, base_url: str, offset: int, seconds: int, kinds: list[str]) -> list[Any]:
        """Telegram's updates as they came, once there is one or the seconds are over.

        Not as the library's objects: one that it cannot read would hold up all the others, and `read` needs none.
        """
        asked = urlencode({"offset": offset, "timeout": seconds, "allowed_updates": json.dumps(kinds)})
        found = await self.post(f"{base_url}/getUpdates?{asked}", read_timeout=seconds + 10)
        return found if isinstance(found, list) else []

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        if self._session is None:
            raise Unreachable("Usher is not connected to Telegram")
        total = read_timeout if isinstance(read_timeout, int | float) else CALL_SECONDS
        told = _body(request_data) if request_data else None
        begun = self._skew.begin()
        try:
            async with self._session.request(
                method,
                url,
                data=told,
                headers=FORM if isinstance(told, bytes) else None,
                timeout=aiohttp.ClientTimeout(total=total, connect=CONNECT_SECONDS),
                allow_redirects=False,
            ) as response:
                self._skew.end(begun, response.headers)
                status, payload = response.status, await response.read()
        # `from None`, because some of these name the URL, and the token stands in it.
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            raise Unreachable("Telegram cannot be reached") from None
        except TimeoutError:
            raise TimedOut("no answer from Telegram in time") from None
        except aiohttp.ClientError as error:
            raise NetworkError(f"no answer from Telegram ({type(error).__name__})") from None
        return _told_by_telegram(status, payload)


def _body(told: RequestData) -> bytes | aiohttp.FormData:
    """A form; with files one of several parts."""
    if not told.contains_files:
        return urlencode(told.json_parameters).encode()
    form = aiohttp.FormData(quote_fields=False)  # a name is read as it stands: %20 would be shown
    for name, value in told.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, kind) in told.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form


def _told_by_telegram(status: int, payload: bytes) -> tuple[int, bytes]:
    """The answer, unless it says to wait, or comes from something that stands before Telegram."""
    if status == 429:
        raise Wait(_seconds(payload))
    if status == 503:
        raise Unreachable("Telegram: 503")
    if not payload.lstrip().startswith(b"{"):
        # A proxy's page. A 403 of its own says nothing about the chat.
        refused = 300 <= status < 500
        raise (Unreachable if refused else NetworkError)(f"no answer of Telegram's own ({status})")
    return status, payload


def _seconds(payload: bytes) -> float:
    try:
        return float(json.loads(payload)["parameters"]["retry_after"])
    except (ValueError, KeyError, TypeError):
        return 1.0  # a proxy before it may answer in another form
