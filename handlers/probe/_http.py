"""Asks for the page over a connection that was made and checked already, and follows its redirects hop by hop."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic
from typing import Any

import httpcore
import httpx

from handlers.probe._causes import Cause
from handlers.probe._clean import clean
from handlers.probe._content import BODY, Page
from handlers.probe._report import Failed, Log, since
from handlers.probe._tls import broken_while_reading
from handlers.probe._wire import CHUNK, Wire

HEAD = 32 * 1024
REDIRECTS = 5
SLOW = 3.0  # seconds
HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; Usher connectivity check)", "Accept": "*/*",
    "Accept-Encoding": "identity", "Connection": "close",
}  # fmt: skip
Connect = Callable[[int, bool], Awaitable[Wire]]  # to a port of the one address that was checked, with or without TLS


class _EndlessHead(Exception):  # noqa: N818 - it names the situation
    pass


@dataclass
class _Progress:
    """How far an answer has come, for when the time is up."""

    began: float
    first: float | None = None  # when its first byte came
    taken: int = 0
    headed: bool = False
    body: int = 0


async def fetch(url: str, wire: Wire, connect: Connect, until: float, log: Log) -> Page:
    """The page that the redirects end at, or `Failed`. The first request goes over `wire`."""
    here, seen = httpx.URL(url), set[str]()
    while True:
        began = monotonic()
        try:
            page = await _request(here, wire, until)
        except Failed as failed:
            log.step(f"http GET {clean(here.raw_path)}", began, failed.finding.reason, ok=False)
            raise
        finally:
            wire.close()
        good = page.status < 400
        log.step(f"http GET {clean(here.raw_path)}", began, f"{page.status} {page.said}".strip(), ok=good)
        seen.add(str(here))
        if page.status not in {301, 302, 303, 307, 308} or "location" not in page.headers:
            return page
        here = _next(here, page, seen)
        wire = await connect(here.port or (443 if here.scheme == "https" else 80), here.scheme == "https")


def _next(here: httpx.URL, page: Page, seen: set[str]) -> httpx.URL:
    """Where a redirect leads: only to the same host, and never away from https."""
    location = page.headers["location"]
    try:
        there = here.join(location).copy_with(fragment=None, userinfo=b"")
        if there.port is not None and not 0 < there.port < 65536:
            raise httpx.InvalidURL(f"{there.port} is no port")
    except httpx.InvalidURL as error:
        raise Failed(Cause.HTTP_MALFORMED, f"The redirect leads to no address: {clean(location)}.") from error
    if there.host.rstrip(".") != here.host.rstrip(".") or there.scheme not in {"http", "https"}:
        where = clean(str(there))
        raise Failed(
            Cause.HTTP_REDIRECT_ELSEWHERE, f"A redirect leads to another host, as a captive portal does: {where}."
        )
    if here.scheme == "https" and there.scheme == "http":
        raise Failed(Cause.HTTP_REDIRECT_INSECURE, f"A redirect leads from https to plain http: {clean(str(there))}.")
    if str(there) in seen or len(seen) > REDIRECTS:
        raise Failed(Cause.HTTP_REDIRECT_LOOP, f"The redirects lead in a circle (redirect loop): {clean(str(there))}.")
    return there


async def _request(url: httpx.URL, wire: Wire, until: float) -> Page:
    progress = _Progress(monotonic())
    timeout = httpx.Timeout(None)  # the whole answer has its time, not each byte of it
    try:
        async with _until(until), httpx.AsyncClient(
            transport=_Pinned(wire, progress), trust_env=False, timeout=timeout, headers=HEADERS, follow_redirects=False
        ) as client, client.stream("GET", url) as answer:  # fmt: skip
            body, whole = await _body(answer, progress)
    except TimeoutError as error:
        raise _too_slow(progress) from error
    except _EndlessHead as error:
        told = f"The answer's headers do not end: more than {HEAD // 1024} KiB (endless headers)."
        raise Failed(Cause.HTTP_ENDLESS_HEAD, told) from error
    except OSError as error:
        raise _ended(progress, "reset", wire, error) from error
    except httpcore.RemoteProtocolError as error:
        raise _protocol(str(error), progress, wire) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:  # what httpx itself finds, such as a redirect to no address
        raise Failed(Cause.HTTP_MALFORMED, f"The answer is malformed: {clean(str(error))}.") from error
    first = progress.first or monotonic()
    return Page(
        answer.status_code, _phrase(answer), str(url), {name.lower(): value for name, value in answer.headers.items()},
        body, whole, round((first - progress.began) * 1000, 1), since(first),
    )  # fmt: skip


def _until(until: float) -> Any:
    import asyncio

    return asyncio.timeout(max(0.05, until - monotonic()))


async def _body(answer: httpx.Response, progress: _Progress) -> tuple[bytes, bool]:
    taken = bytearray()
    async for part in answer.aiter_raw():
        taken += part
        progress.body = len(taken)
        if len(taken) > BODY:
            return bytes(taken[:BODY]), False
    return bytes(taken), True


def _phrase(answer: httpx.Response) -> str:
    with suppress(ValueError):
        return HTTPStatus(answer.status_code).phrase
    return clean(answer.reason_phrase, 40)


def _too_slow(progress: _Progress) -> Failed:
    waited = monotonic() - progress.began
    if progress.first is None:
        return Failed(Cause.HTTP_SLOW, f"No first byte of an answer within {waited:.0f} s: too slow (time-out).")
    came = f"{progress.body} bytes of the page" if progress.headed else "a part of the headers"
    return Failed(Cause.HTTP_DRIP, f"The answer drips in too slowly: only {came} in {waited:.0f} s (time-out).")


def _ended(progress: _Progress, how: str, wire: Wire, error: OSError | None = None) -> Failed:
    if progress.first is None and (broken := broken_while_reading(error, wire)):
        return Failed(broken.cause, str(broken))
    if progress.first is None:
        return Failed(Cause.HTTP_CLOSED, f"The connection was {how} without an answer to the request.")
    return Failed(Cause.HTTP_TRUNCATED, f"The answer was cut off: the connection was {how} in the middle (truncated).")


def _protocol(said: str, progress: _Progress, wire: Wire) -> Failed:
    if progress.first is None:
        return _ended(progress, "closed", wire)
    if progress.headed:
        return Failed(Cause.HTTP_TRUNCATED, f"The page was cut off (truncated): {clean(said)}.")
    if "without sending a response" in said:
        return Failed(Cause.HTTP_TRUNCATED, "The connection was closed in the middle of the headers (truncated).")
    told = clean(said.replace("bytearray(b'", "“").replace("')", "”"))
    return Failed(Cause.HTTP_MALFORMED, f"The answer is malformed, not proper HTTP: {told}.")


class _Pinned(httpx.AsyncBaseTransport):
    """Carries a request over the one connection that was checked: httpx resolves and connects to nothing."""

    def __init__(self, wire: Wire, progress: _Progress) -> None:
        self._wire, self._progress = wire, progress

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port,
            target=request.url.raw_path,
        )  # fmt: skip
        carrier = httpcore.AsyncHTTP11Connection(url.origin, _Stream(self._wire, self._progress))
        answer = await carrier.handle_async_request(
            httpcore.Request(request.method, url, headers=request.headers.raw, content=request.stream)
        )
        self._progress.headed = True
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer.stream), extensions=answer.extensions
        )


class _Body(httpx.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> Any:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


class _Stream(httpcore.AsyncNetworkStream):
    """The connection as httpcore wants it, with a limit to the head of an answer."""

    def __init__(self, wire: Wire, progress: _Progress) -> None:
        self._wire, self._progress = wire, progress

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's own
        progress = self._progress
        if not progress.headed and progress.taken >= HEAD:
            raise _EndlessHead
        data = await self._wire.read()
        if data and progress.first is None:
            progress.first = monotonic()
        progress.taken += len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's own
        await self._wire.write(buffer)

    async def aclose(self) -> None:
        self._wire.close()


assert CHUNK <= HEAD  # noqa: S101 - a read at once is no more than a head may have
