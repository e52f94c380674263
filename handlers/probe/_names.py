"""Asks one name server for the addresses of a name, and tells what exactly it answered or why it did not."""

import asyncio
import errno
import socket
from dataclasses import dataclass
from ipaddress import ip_address
from time import monotonic

import dns.asyncbackend
import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
from dns.rdataclass import IN
from dns.rdatatype import AAAA, CNAME, SOA, A, RdataType

from handlers.probe._addresses import Address
from handlers.probe._aim import Server
from handlers.probe._causes import Cause

FIRST_TRY = 1.2  # seconds; then it is asked once more, as datagrams get lost
HOPS = 8
FAMILIES: tuple[RdataType, ...] = (A, AAAA)
_CODES = {
    dns.rcode.NXDOMAIN: Cause.DNS_NXDOMAIN,
    dns.rcode.SERVFAIL: Cause.DNS_SERVFAIL,
    dns.rcode.REFUSED: Cause.DNS_REFUSED,
}
# The errors by which this machine's own network refuses to send anything at all.
OWN = frozenset({errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EMFILE, errno.ENFILE, errno.ENOBUFS})


@dataclass(frozen=True)
class Answer:
    """To one question at one name server: addresses, or the cause why there are none. `own`: it never left here."""

    addresses: tuple[Address, ...] = ()
    cause: Cause | None = None
    said: str = ""
    own: bool = False


@dataclass(frozen=True)
class Heard:
    """What one name server says of a name, for IPv4 and IPv6."""

    server: Server
    by_family: tuple[Answer, Answer]
    ms: float

    @property
    def addresses(self) -> tuple[Address, ...]:
        return tuple(one for answer in self.by_family for one in answer.addresses)

    @property
    def cause(self) -> Cause | None:
        """Why it gave no address at all: what it says of IPv4, unless that was merely an empty answer."""
        if self.addresses:
            return None
        four, six = self.by_family
        return six.cause if four.cause is Cause.DNS_EMPTY and six.cause in _GRAVE else four.cause

    @property
    def half(self) -> str | None:
        """How it failed for one family while it answered for the other. No such address is an answer."""
        broken = [
            f"{name} {answer.said}"
            for name, answer in zip(("A", "AAAA"), self.by_family, strict=True)
            if answer.cause in _BROKEN
        ]
        return ", ".join(broken) if self.addresses and broken else None

    @property
    def said(self) -> str:
        four, six = self.by_family
        if not self.addresses and four.said == six.said:
            return four.said
        return f"A {four.said}; AAAA {six.said}"


_BROKEN = frozenset(
    {Cause.DNS_SERVFAIL, Cause.DNS_REFUSED, Cause.DNS_TIMEOUT, Cause.DNS_TRUNCATED, Cause.DNS_MALFORMED}
)
_GRAVE = _BROKEN | {Cause.DNS_CNAME_LOOP, Cause.DNS_NXDOMAIN}


async def ask(server: Server, host: str, patience: float) -> Heard:
    """Both questions at once; the answer comes within `patience` seconds, whatever the server does."""
    began = monotonic()
    four, six = await asyncio.gather(*(_ask(server, host, family, began + patience) for family in FAMILIES))
    return Heard(server, (four, six), round((monotonic() - began) * 1000, 1))


async def _ask(server: Server, host: str, family: RdataType, until: float) -> Answer:
    """Follow the aliases: a server may give them one at a time, and they may lead in a circle."""
    name, seen = dns.name.from_text(host), set[dns.name.Name]()
    for _ in range(HOPS):
        try:
            query = dns.message.make_query(name, family)
            await asyncio.sleep(0)  # let others in, as when many checks begin together
            message = await _exchange(server, query, until)
        except _NoAnswer as error:
            return Answer(cause=error.cause, said=str(error), own=error.own)
        answer, name, final = _read(message, name, family, seen)
        if final:
            return answer
    return Answer(cause=Cause.DNS_CNAME_LOOP, said=f"CNAME chain of more than {HOPS} names")


def _read(
    message: dns.message.Message, name: dns.name.Name, family: RdataType, seen: set[dns.name.Name]
) -> tuple[Answer, dns.name.Name, bool]:
    """What the message says; else the name that its aliases end at, which is to be asked for next."""
    began = name
    while name not in seen:
        seen.add(name)
        records = {rrset.rdtype: rrset for rrset in message.answer if rrset.name == name and rrset.rdclass == IN}
        if family in records:
            found = tuple(ip_address(record.address) for record in records[family])
            return Answer(found, said=" ".join(map(str, found))), name, True
        if CNAME not in records:
            break
        name = records[CNAME][0].target
    else:
        return Answer(cause=Cause.DNS_CNAME_LOOP, said="CNAME loop"), name, True
    code = message.rcode()
    if code != dns.rcode.NOERROR:
        return Answer(cause=_CODES.get(code, Cause.DNS_SERVFAIL), said=dns.rcode.to_text(code)), name, True
    ended = name == began or any(rrset.rdtype == SOA for rrset in message.authority)
    if not ended:
        seen.discard(name)
    return Answer(cause=Cause.DNS_EMPTY, said="empty answer"), name, ended


class _NoAnswer(Exception):  # noqa: N818 - it names the situation
    def __init__(self, cause: Cause, said: str, *, own: bool = False) -> None:
        super().__init__(said)
        self.cause, self.own = cause, own


async def _exchange(server: Server, query: dns.message.Message, until: float) -> dns.message.Message:
    try:
        return await _by_datagram(server, query, until)
    except dns.message.Truncated:
        return await _by_stream(server, query, until)
    except ConnectionRefusedError as error:
        raise _NoAnswer(Cause.DNS_CLOSED, "port closed (refused)") from error
    except OSError as error:
        said = f"cannot be asked ({error.strerror or type(error).__name__})"
        raise _NoAnswer(Cause.DNS_TIMEOUT, said, own=error.errno in OWN) from error


async def _by_datagram(server: Server, query: dns.message.Message, until: float) -> dns.message.Message:
    """A connected socket, so that a closed port is told at once. Raises `Truncated` where there is more to fetch."""
    backend = dns.asyncbackend.get_backend("asyncio")
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    last = _NoAnswer(Cause.DNS_TIMEOUT, "time-out: no answer")
    made = backend.make_socket(family, socket.SOCK_DGRAM, 0, None, (server.host, server.port))  # type: ignore[no-untyped-call] # not annotated there
    async with await made as sock:
        tries = [min(until, monotonic() + FIRST_TRY), until]
        while tries:
            try:
                return await dns.asyncquery.udp(
                    query, server.host, max(0.01, tries[0] - monotonic()), server.port,
                    raise_on_truncation=True, sock=sock,
                )  # fmt: skip
            except dns.exception.Timeout:
                tries.pop(0)
            except dns.message.Truncated:
                raise
            except dns.exception.DNSException:
                # It may be somebody else's datagram: the server's own may still come.
                last = _NoAnswer(Cause.DNS_MALFORMED, "malformed answer")
                await asyncio.sleep(0.05)
                tries = [min(tries[-1], monotonic() + 1)] if monotonic() < tries[-1] else []
    raise last


async def _by_stream(server: Server, query: dns.message.Message, until: float) -> dns.message.Message:
    try:
        return await dns.asyncquery.tcp(query, server.host, max(0.1, until - monotonic()), server.port)
    except (OSError, EOFError, dns.exception.Timeout) as error:
        how = "refused" if isinstance(error, ConnectionRefusedError) else "without answer"
        raise _NoAnswer(Cause.DNS_TRUNCATED, f"truncated answer, and DNS over TCP is {how}") from error
    except dns.exception.DNSException as error:
        raise _NoAnswer(Cause.DNS_MALFORMED, "malformed answer over TCP") from error
