"""One check from the name to the page, in this order, within its time; what is half broken is noted on the way."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic

from handlers.probe._addresses import Address
from handlers.probe._aim import Aim, Server, place
from handlers.probe._causes import Cause
from handlers.probe._certificate import Certificate
from handlers.probe._content import Page, judge
from handlers.probe._dns import resolve, system_servers
from handlers.probe._hosts import hosts_file
from handlers.probe._http import Connect, fetch
from handlers.probe._proxy import Proxy, through
from handlers.probe._report import Failed, Finding, Log, OnStep, Report
from handlers.probe._status import judge_status, slow
from handlers.probe._tls import Broken, concerns, secure
from handlers.probe._wire import NoConnection, Wire

WHOLE = 11.0  # seconds for all of it: one is left to start the command line and to tell of it
TCP = 3.0
BEAT = 0.1
Place = tuple[Address, int]


async def probe(
    aim: Aim, *, resolvers: Sequence[Server] | None = None, proxy: Proxy | None = None, hosts: Path | None = None,
    vantage: str = "this computer", ours: bool = False, on_step: OnStep | None = None,
) -> Report:  # fmt: skip
    """Check the target from here. Never raises for what is wrong outside, and ends within 12 seconds.

    `resolvers` are asked instead of the target's or the machine's own name servers. `ours`: the machine and its
    network are Usher's own, so that where none of its own name servers answers, nothing is said of the target.
    """
    log = Log(on_step)
    own = resolvers is None and not aim.name_servers
    servers = tuple(resolvers if resolvers is not None else aim.name_servers or system_servers())
    using = proxy or (Proxy.read(aim.proxy) if aim.proxy else None)
    check = _Check(aim, servers, hosts or hosts_file(), using, log)
    async with _watched(log):
        try:
            async with asyncio.timeout(WHOLE + 0.3):
                await check.run()
        except Failed as failed:
            log.findings.append(failed.finding)
        except TimeoutError:
            log.findings.append(Finding(Cause.HTTP_SLOW, "The check was not done within 12 s (time-out)."))
        finally:
            check.close()
    if ours and own:
        log.findings[:] = map(_not_theirs, log.findings)
    return log.report(aim.key, vantage, check.good)


def _not_theirs(finding: Finding) -> Finding:
    """Name servers of our own that do not answer tell of our own network, not of the target."""
    if finding.severity == "fail" and finding.cause in {Cause.DNS_TIMEOUT, Cause.DNS_CLOSED}:
        return Finding(Cause.OWN_NETWORK, f"Our own name servers do not answer. {finding.reason}", "unknown")
    return finding


@asynccontextmanager
async def _watched(log: Log) -> AsyncIterator[None]:
    """Notes how late this machine itself is, so that its own load does not become a diagnosis."""
    loop = asyncio.get_running_loop()
    last = loop.time()
    handle: asyncio.TimerHandle

    def beat() -> None:
        nonlocal last, handle
        log.late = max(log.late, loop.time() - last - BEAT)
        last = loop.time()
        handle = loop.call_later(BEAT, beat)

    handle = loop.call_later(BEAT, beat)
    try:
        yield
    finally:
        handle.cancel()
        log.late = max(log.late, loop.time() - last - BEAT)


class _Check:
    """The state of one check: what is open, and until when it may last."""

    def __init__(self, aim: Aim, servers: tuple[Server, ...], hosts: Path, proxy: Proxy | None, log: Log) -> None:
        self.aim, self.servers, self.hosts, self.proxy, self.log = aim, servers, hosts, proxy, log
        self.until = log.began + WHOLE
        self.wires: dict[Place, Wire] = {}
        self.good = "Everything that was tried works."

    async def run(self) -> None:
        if self.proxy:
            return await self._by_proxy(self.proxy)
        addresses = await resolve(self.aim, self.servers, self.hosts, self.log)
        await self._connect(addresses)
        if self.aim.path is None:
            return None
        where = await self._secure() if self.aim.secure else next(iter(self.wires))
        return await self._page(self.wires[where], partial(self._again, where[0]))

    def close(self) -> None:
        for wire in self.wires.values():
            wire.close()

    async def _connect(self, addresses: Sequence[Address]) -> None:
        """To every address and every port. Each port must be reached; an address that is not is half broken."""
        wanted = [(address, port) for port in self.aim.ports for address in addresses]
        tried = await asyncio.gather(*(self._open(*one) for one in wanted))
        refused = {one: error for one, error in zip(wanted, tried, strict=True) if error}
        if not self.wires and all(error.own for error in refused.values()):
            reason = f"This machine's own network has no way to {self.aim.host}: {next(iter(refused.values()))}."
            raise Failed(Cause.OWN_NETWORK, reason, "unknown")
        for port in self.aim.ports:
            dead = {address: error for (address, number), error in refused.items() if number == port}
            if len(dead) == len(addresses):
                raise _none(dead, port)
            _some(dead, [address for address in addresses if address not in dead], port, self.log)

    async def _open(self, address: Address, port: int) -> NoConnection | None:
        began, name = monotonic(), f"tcp {place(str(address), port)}"
        try:
            self.wires[address, port] = await Wire.open(address, port, min(TCP, self._left()))
        except NoConnection as error:
            self.log.step(name, began, str(error), ok=False)
            return error
        self.log.step(name, began, "connected")
        return None

    async def _secure(self) -> Place:
        """TLS with every address that is connected; the place to ask for the page, or `Failed` where none will do."""
        where = sorted(self.wires, key=lambda one: one[0].version)
        tried = [await self._shake(where[0])] if len(where) == 1 else await asyncio.gather(*map(self._shake, where))
        good = [one for one, broken in zip(where, tried, strict=True) if broken is None]
        for one, broken in zip(where, tried, strict=True):
            if broken and not good:
                raise Failed(broken.cause, str(broken)) from broken
            if broken:
                self.log.doubt(broken.cause, f"One address of several, {one[0]}, is broken: {broken}")
        return good[0]

    async def _shake(self, where: Place) -> Broken | None:
        address, port = where
        began, name = monotonic(), f"tls {place(str(address), port)}"
        try:
            certificate = await secure(self.wires[where], self.aim, partial(Wire.open, address, port, 1.0))
        except Broken as broken:
            self.log.step(name, began, str(broken), ok=False)
            return broken
        self._note(name, began, self.wires[where], certificate)
        return None

    def _note(self, name: str, began: float, wire: Wire, certificate: Certificate | None) -> None:
        known = f", by {certificate.issued_by}, until {certificate.ends:%Y-%m-%d}" if certificate else ""
        doubts = concerns(certificate, self.aim, datetime.now(UTC)) if certificate else []
        self.log.step(name, began, f"{wire.version}{known}", ok=not doubts)
        self.log.findings += doubts

    async def _again(self, address: Address, port: int, tls: bool) -> Wire:
        """Another connection to the very same address, for the next hop of a redirect."""
        if error := await self._open(address, port):
            raise Failed(error.cause, f"A redirect leads to port {port}, which cannot be connected to: {error}.")
        if tls and (broken := await self._shake((address, port))):
            raise Failed(broken.cause, f"A redirect leads to port {port}: {broken}") from broken
        return self.wires[address, port]

    async def _by_proxy(self, proxy: Proxy) -> None:
        """The proxy resolves the name and connects: of that nothing can be seen from here."""
        port = self.aim.ports[0]
        wire = await self._tunnel(proxy, port, self.aim.secure)
        if self.aim.path is None:
            return wire.close()
        try:
            return await self._page(wire, partial(self._tunnel, proxy))
        finally:
            wire.close()

    async def _tunnel(self, proxy: Proxy, port: int, tls: bool) -> Wire:
        opens = partial(through, proxy, self.aim, port, self.servers)
        wire = await opens(self.log)
        began, name = monotonic(), f"tls {place(self.aim.host, port)} through proxy {proxy}"
        try:
            certificate = await secure(wire, self.aim, partial(opens, Log())) if tls else None
        except Broken as broken:
            self.log.step(name, began, str(broken), ok=False)
            wire.close()
            raise Failed(broken.cause, str(broken)) from broken
        if tls:
            self._note(name, began, wire, certificate)
        return wire

    async def _page(self, wire: Wire, connect: Connect) -> None:
        page = await fetch(f"{self.aim.origin}{self.aim.path}", wire, connect, self.until, self.log)
        judge_status(page)
        began = monotonic()
        try:
            doubts = [*judge(page, self.aim.marker), *slow(page)]
        except Failed as failed:
            self.log.step("content", began, failed.finding.reason, ok=False)
            raise
        self.log.findings += doubts
        self._tell(page, began, doubts)

    def _tell(self, page: Page, began: float, doubts: Sequence[Finding]) -> None:
        marker = "the expected words are there" if self.aim.marker else "no words were given to look for"
        told = "; ".join(one.reason for one in doubts) or f"{len(page.body)} bytes, {marker}"
        self.log.step("content", began, told, ok=not doubts)
        self.good = f"The page answers {page.status} {page.said}; {marker}."

    def _left(self) -> float:
        return max(0.1, self.until - monotonic())


def _none(dead: dict[Address, NoConnection], port: int) -> Failed:
    """No address answers at this port. What this machine has no way to says nothing about the others."""
    told = {address: error for address, error in dead.items() if not error.own} or dead
    listed = "; ".join(f"{address}: {error}" for address, error in dead.items())
    return Failed(next(iter(told.values())).cause, f"No TCP connection to port {port}: {listed}.")


def _some(dead: dict[Address, NoConnection], alive: Sequence[Address], port: int, log: Log) -> None:
    six = all(address.version == 6 for address in dead) and any(address.version == 4 for address in alive)
    for address, error in dead.items():
        if six:
            reason = f"IPv6 is broken while IPv4 works: no connection to {place(str(address), port)}, {error}."
            log.doubt(Cause.IPV6_BROKEN, reason)
        else:
            reason = f"One address of several is dead: no connection to {place(str(address), port)}, {error}."
            log.doubt(Cause.ADDRESS_DEAD, reason)
