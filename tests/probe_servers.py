"""The servers of the fault lab: what is done with a connection, and what is answered to a request for a page."""

import asyncio
import gzip
import socket
import ssl
import struct
import zlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeAlias

MARKER = "Harbour gate: log on"
PAGE = f"<html><title>Gate</title><p>{MARKER}</p></html>".encode()
Reader: TypeAlias = asyncio.StreamReader
Writer: TypeAlias = asyncio.StreamWriter
Serve = Callable[[Reader, Writer], Awaitable[None]]


def page(body: bytes = PAGE, status: str = "200 OK", *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def answers(*whole: bytes, pause: float = 0) -> Serve:
    """Each part of the answer in turn."""

    async def serve(reader: Reader, writer: Writer) -> None:
        await request(reader)
        for number, part in enumerate(whole):
            await asyncio.sleep(pause if number else 0)
            writer.write(part)
            await writer.drain()

    return serve


async def request(reader: Reader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


def redirects(to: Callable[[str], str], status: str = "302 Found") -> Serve:
    """To what `to` makes of the path that was asked for; where that is nothing, the page."""

    async def serve(reader: Reader, writer: Writer) -> None:
        path = (await request(reader)).split()[1].decode()
        where = to(path)
        writer.write(page(b"", status, f"Location: {where}") if where else page())
        await writer.drain()

    return serve


def late(seconds: float, whole: bytes) -> Serve:
    async def serve(reader: Reader, writer: Writer) -> None:
        await request(reader)
        await asyncio.sleep(seconds)
        writer.write(whole)

    return serve


async def drips(reader: Reader, writer: Writer) -> None:
    await request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.2)


async def endless_head(reader: Reader, writer: Writer) -> None:
    await request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(1_000_000):
        writer.write(b"X-%d: %s\r\n" % (number, b"y" * 500))
        await writer.drain()


async def endless_hints(reader: Reader, writer: Writer) -> None:
    """Answers before the answer, without end."""
    await request(reader)
    while True:
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        await writer.drain()


def endless_body(begins: bytes = b"") -> Serve:
    async def serve(reader: Reader, writer: Writer) -> None:
        await request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + begins)
        while True:
            writer.write(b"<p>more</p>" * 4000)
            await writer.drain()

    return serve


def bomb() -> Serve:
    """A hundred thousand times as large when it is unpacked."""
    pack = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    packed = b"".join(pack.compress(b"\0" * 1_000_000) for _ in range(200)) + pack.flush()
    return answers(page(packed, "200 OK", "Content-Encoding: gzip"))


def packed() -> Serve:
    return answers(page(gzip.compress(PAGE), "200 OK", "Content-Encoding: gzip"))


async def hangs(reader: Reader, writer: Writer) -> None:
    """Takes all, says nothing."""
    while await reader.read(65536):
        pass


async def hangs_up(reader: Reader, writer: Writer) -> None:
    await request(reader)


async def resets(reader: Reader, writer: Writer) -> None:
    """At once, before a byte was read."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def resets_hello(reader: Reader, writer: Writer) -> None:
    """When the handshake begins, as a firewall does that reads the name in it."""
    await reader.read(100)
    await resets(reader, writer)


async def half_a_hello(reader: Reader, writer: Writer) -> None:
    """The beginning of a handshake, and no more."""
    await reader.read(100)
    writer.write(b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03")
    await hangs(reader, writer)


def greets(greeting: bytes) -> Serve:
    """Speaks first, as mail and file servers do."""

    async def serve(reader: Reader, writer: Writer) -> None:
        writer.write(greeting)
        await hangs(reader, writer)

    return serve


async def tunnel(reader: Reader, writer: Writer) -> None:
    """A proxy that connects wherever it is asked to, on this machine."""
    port = int((await request(reader)).split()[1].rpartition(b":")[2])
    inner, out = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")

    async def copy(source: Reader, to: Writer) -> None:
        while data := await source.read(65536):
            to.write(data)
        to.close()

    await asyncio.gather(copy(reader, out), copy(inner, writer))


class Servers:
    """Starts servers on this machine, and counts what came to each."""

    def __init__(self) -> None:
        self._running: list[asyncio.Server] = []
        self._busy: set[asyncio.Task[None]] = set()
        self.came: dict[int, int] = {}
        self.received: dict[int, bytes] = {}

    async def start(
        self, serve: Serve, context: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0
    ) -> int:  # fmt: skip
        listening: list[int] = []

        async def serving(reader: Reader, writer: Writer) -> None:
            self.came[listening[0]] += 1
            task = asyncio.current_task()
            assert task
            self._busy.add(task)
            with suppress(OSError, ssl.SSLError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await serve(reader, writer)
            self._busy.discard(task)
            with suppress(OSError, ssl.SSLError):
                writer.close()

        server = await asyncio.start_server(serving, host, port, ssl=context)
        self._running.append(server)
        listening.append(int(server.sockets[0].getsockname()[1]))
        self.came[listening[0]] = 0
        return listening[0]

    async def close(self) -> None:
        for server in self._running:
            server.close()
        for task in list(self._busy):
            task.cancel()
        await asyncio.sleep(0.01)
