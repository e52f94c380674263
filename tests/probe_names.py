"""The name servers of the fault lab: each answers in one way, over datagrams and over TCP, or keeps silent."""

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from tests.probe_papers import HOST

Say = Callable[[dns.message.Message, bool], bytes | None]  # the question and whether it came by TCP; what is sent


def addresses(*given: str, name: str = HOST) -> Say:
    """These, each to the question of its family."""

    def say(question: dns.message.Message, _: bool) -> bytes:
        return _answer(question, [(name, kind, one) for one in given for kind in ["AAAA" if ":" in one else "A"]])

    return say


def code(text: str) -> Say:
    def say(question: dns.message.Message, _: bool) -> bytes:
        response = dns.message.make_response(question)
        response.set_rcode(dns.rcode.from_text(text))
        return response.to_wire()

    return say


def aliases(*chain: str, then: tuple[str, ...] = (), one_by_one: bool = False) -> Say:
    """HOST is an alias of the first, that of the second, and so on; the last has the addresses."""
    names = [HOST, *chain]

    def say(question: dns.message.Message, _: bool) -> bytes:
        links = list(pairwise(names))
        asked = question.question[0].name.to_text(omit_final_dot=True)
        records = [(name, "CNAME", other) for name, other in links if not one_by_one or name == asked]
        last = [(names[-1], "A", one) for one in then if not one_by_one or asked == names[-1]]
        return _answer(question, [*records, *last])

    return say


def silent(_: dns.message.Message, __: bool) -> None:
    return None


def empty(question: dns.message.Message, _: bool) -> bytes:
    return _answer(question, [])


def garbage(question: dns.message.Message, _: bool) -> bytes:
    return question.id.to_bytes(2) + b"\x81\x80nothing of this is DNS"


def truncated(say: Say, *, tcp: bool = True) -> Say:
    """Too long for a datagram; over TCP all of it, or nothing."""

    def cut(question: dns.message.Message, by_tcp: bool) -> bytes | None:
        if by_tcp:
            return say(question, True) if tcp else None
        response = dns.message.make_response(question)
        response.flags |= dns.flags.TC
        return response.to_wire()

    return cut


def only(family: str, say: Say, otherwise: Say = silent) -> Say:
    """Answers to one family of addresses; the other is answered otherwise."""

    def half(question: dns.message.Message, by_tcp: bool) -> bytes | None:
        asked = dns.rdatatype.to_text(question.question[0].rdtype)
        return (say if asked == family else otherwise)(question, by_tcp)

    return half


def _answer(question: dns.message.Message, records: list[tuple[str, str, str]]) -> bytes:
    response = dns.message.make_response(question)
    asked = dns.rdatatype.to_text(question.question[0].rdtype)
    for name, kind, value in records:
        if kind in {asked, "CNAME"}:
            record = dns.rrset.from_text(f"{name}.", 60, "IN", kind, f"{value}." if kind == "CNAME" else value)
            same = [
                one for one in response.answer if one.match(record.name, record.rdclass, record.rdtype, record.covers)
            ]
            same[0].add(record[0]) if same else response.answer.append(record)
    return response.to_wire()


class NameServer(asyncio.DatagramProtocol):
    """Counts the questions that it was asked."""

    def __init__(self, say: Say) -> None:
        self.say, self.asked = say, 0

    async def start(self, host: str = "127.0.0.1") -> int:
        """Listen at one port for both, and give its number."""
        loop = asyncio.get_running_loop()
        self._tcp = await asyncio.start_server(self._by_tcp, host, 0)
        port = int(self._tcp.sockets[0].getsockname()[1])
        self._udp, _ = await loop.create_datagram_endpoint(lambda: self, (host, port))
        return port

    async def close(self) -> None:
        self._udp.close()
        self._tcp.close()
        await asyncio.sleep(0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.asked += 1
        if answer := self.say(dns.message.from_wire(data), False):
            self._transport.sendto(answer, addr)

    async def _by_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(2))
        if answer := self.say(dns.message.from_wire(await reader.readexactly(length)), True):
            writer.write(len(answer).to_bytes(2) + answer)
            await writer.drain()
        writer.close()
