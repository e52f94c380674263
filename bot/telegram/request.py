"""Carries the calls to Telegram over aiohttp: httpx, the usual way, takes ten times the CPU with many at once."""

import json
from typing import Any
from urllib.parse import urlencode

import aiohttp
from telegram._utils.types import ODVInput
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

CONNECTIONS = 32
CALL_SECONDS = 15.0
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Wait(TelegramError):  # noqa: N818 - named after the situation
    """Telegram asks to wait for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class Unreachable(NetworkError):  # noqa: N818 - named after the situation
    """There was no connection: nothing was sent."""


class Request(BaseRequest):
    """One shared session for all calls. `read_timeout` is that of the whole call."""

    def __init__(self) -> None:
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

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        if self._session is None:
            raise Unreachable("Usher is not connected to Telegram")
        total = read_timeout if isinstance(read_timeout, int | float) else CALL_SECONDS
        try:
            async with self._session.request(
                method, url, timeout=aiohttp.ClientTimeout(total=total), **_body(request_data)
            ) as response:
                status, payload = response.status, await response.read()
        except aiohttp.ClientConnectorError as error:
            raise Unreachable("Telegram cannot be reached") from error
        except TimeoutError as error:
            raise TimedOut("no answer from Telegram in time") from error
        except aiohttp.ClientError as error:
            raise NetworkError(f"no answer from Telegram ({type(error).__name__})") from error
        if status == 429:
            raise Wait(_seconds(payload))
        if status == 503:
            raise Unreachable("Telegram: 503")
        return status, payload


def _body(request_data: RequestData | None) -> dict[str, Any]:
    if request_data is None:
        return {}
    if not request_data.contains_files:
        return {"data": urlencode(request_data.json_parameters).encode(), "headers": FORM}
    form = aiohttp.FormData(request_data.json_parameters)
    for name, (filename, content, kind) in (request_data.multipart_data or {}).items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return {"data": form}


def _seconds(payload: bytes) -> float:
    try:
        return float(json.loads(payload)["parameters"]["retry_after"])
    except (ValueError, KeyError, TypeError):
        return 1.0  # a proxy before it may answer in another form
