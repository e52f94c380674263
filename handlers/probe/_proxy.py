"""Goes through a proxy where a target or the command line says so: the proxy is asked for a way to the server."""

import asyncio
import base64
from dataclasses import dataclass
from time import monotonic
from typing import Self
from urllib.parse import unquote, urlsplit

from handlers.probe._addresses import in_order, read
from handlers.probe._aim import Aim, Server, place
from handlers.probe._causes import Cause
from handlers.probe._clean import clean
from handlers.probe._names import ask
from handlers.probe._report import Failed, Log
from handlers.probe._wire import NoConnection, Wire

PATIENCE, HEAD = 4.0, 8 * 1024


@dataclass(frozen=True)
class Proxy:
    """A proxy; who logs on to it is never shown."""

    host: str
    port: int
    logon: str | None = None

    @classmethod
    def read(cls, url: str) -> Self:
        """Read http://user:password@proxy.example.com:8080; raises ValueError."""
        split = urlsplit(url if "://" in url else f"http://{url}")
        if split.scheme != "http" or not split.hostname:
            raise ValueError("a proxy is given as http://proxy.example.com:8080")
        named = f"{unquote(split.username)}:{unquote(split.password or '')}" if split.username else None
        logon = base64.b64encode(named.encode()).decode() if named else None
        return cls(split.hostname, split.port or 80, logon)

    def __str__(self) -> str:
        return place(self.host, self.port)


def passes_by(host: str, port: int, no_proxy: str) -> bool:
    """Whether NO_PROXY excepts this host: names with all that is below them, addresses, or `*`."""
    for entry in no_proxy.replace(" ", ",").split(","):
        name, _, number = entry.strip().lower().lstrip("*.").rpartition(":") if entry.count(":") == 1 else ("", "", "")
        name = name or entry.strip().lower().lstrip("*.")
        if entry.strip() == "*" or (
            name and (host == name or host.endswith(f".{name}")) and (not number or int(number) == port)
        ):
            return True
    return False


async def through(proxy: Proxy, aim: Aim, port: int, servers: tuple[Server, ...], log: Log) -> Wire:
    """A connection to the target through the proxy, or `Failed`."""
    began = monotonic()
    try:
        wire = await _reach(proxy, servers)
    except NoConnection as error:
        log.step(f"tcp proxy {proxy}", began, str(error), ok=False)
        raise Failed(Cause.PROXY_UNREACHABLE, f"The proxy {proxy} cannot be reached: {error}.") from error
    log.step(f"tcp proxy {proxy}", began, "connected")
    try:
        status = await _connect(wire, proxy, place(aim.host, port))
    except BaseException:
        wire.close()
        raise
    opened = 200 <= status < 300
    log.step(f"http CONNECT through proxy {proxy}", began, f"{status}" if status else "no answer", ok=opened)
    if opened:
        wire.first.clear()
        return wire
    wire.close()
    if status == 407:
        raise Failed(Cause.HTTP_PROXY_AUTH, f"The proxy {proxy} wants a log-on (407 Proxy Authentication Required).")
    how = f"answers {status}" if status else "gives no proper answer"
    raise Failed(Cause.PROXY_REFUSED, f"The proxy {proxy} {how} to the request for {place(aim.host, port)}.")


async def _reach(proxy: Proxy, servers: tuple[Server, ...]) -> Wire:
    known = read(proxy.host)
    if known is None:
        heard = await asyncio.gather(*(ask(server, proxy.host, PATIENCE) for server in servers))
        found = in_order(address for one in heard for address in one.addresses)
        if not found:
            raise NoConnection(Cause.PROXY_UNREACHABLE, "its name has no address")
        known = found[0]
    return await Wire.open(known, proxy.port, PATIENCE)


async def _connect(wire: Wire, proxy: Proxy, server: str) -> int:
    """The status that the proxy answers; 0 where it answers nothing that can be read."""
    logon = f"Proxy-Authorization: Basic {proxy.logon}\r\n" if proxy.logon else ""
    try:
        async with asyncio.timeout(PATIENCE):
            await wire.write(f"CONNECT {server} HTTP/1.1\r\nHost: {server}\r\n{logon}\r\n".encode())
            head = b""
            while b"\r\n\r\n" not in head and len(head) < HEAD and (more := await wire.read()):
                head += more
    except (OSError, TimeoutError):
        return 0
    words = clean(head.split(b"\r\n")[0]).split()
    return int(words[1]) if len(words) > 1 and words[0].startswith("HTTP/") and words[1].isdecimal() else 0
