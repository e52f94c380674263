"""One TCP connection to one address, over which TLS may be spoken; it keeps the first bytes, which tell what spoke."""

import asyncio
import errno
import os
import socket
import ssl
import struct
import sys
from contextlib import suppress

from handlers.probe._addresses import Address
from handlers.probe._causes import Cause

KEPT = 16 * 1024  # of the first bytes
CHUNK = 16 * 1024
_ICMP = (2, 3)  # who reported an error: ICMP or ICMPv6
_ERROR_QUEUE = getattr(socket, "MSG_ERRQUEUE", 0x2000)


class NoConnection(Exception):  # noqa: N818 - it names the situation
    """An address that cannot be connected to, and why; `own`: this machine has no way there at all."""

    def __init__(self, cause: Cause, said: str, *, own: bool = False) -> None:
        super().__init__(said)
        self.cause, self.own = cause, own


class Wire:
    def __init__(self, sock: socket.socket) -> None:
        self._sock, self._loop = sock, asyncio.get_running_loop()
        self.first = bytearray()
        self.tls: ssl.SSLObject | None = None
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.last_flight, self.version = 0, ""  # bytes by which we ended the handshake; TLS 1.2, 1.3

    @classmethod
    async def open(cls, address: Address, port: int, patience: float) -> "Wire":
        """A connection, or `NoConnection` with the reason, in time."""
        sock = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
        sock.setblocking(False)
        _report_icmp(sock, on=True)
        try:
            async with asyncio.timeout(patience):
                await asyncio.get_running_loop().sock_connect(sock, (str(address), port))
        except TimeoutError as error:
            sock.close()
            raise NoConnection(Cause.TCP_TIMEOUT, f"time-out after {patience:.0f} s: silently dropped") from error
        except OSError as error:
            reason = _why(error, sock)
            sock.close()
            raise reason from error
        except BaseException:
            sock.close()
            raise
        _report_icmp(sock, on=False)  # a connection that stands should outlive a stray ICMP message
        return cls(sock)

    async def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Shake hands; raises `ssl.SSLError`, or OSError where the connection ends. An end is an SSLEOFError."""
        self.tls = tls = context.wrap_bio(self._in, self._out, server_hostname=host)
        while True:
            try:
                tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()
            except ssl.SSLError:
                with suppress(OSError):
                    await self._flush()  # the alert that says why
                raise
            else:
                self.last_flight = self._out.pending
                self.version = tls.version() or ""
                return await self._flush()

    async def write(self, data: bytes) -> None:
        if self.tls is None:
            return await self._loop.sock_sendall(self._sock, data)
        self.tls.write(data)
        return await self._flush()

    async def read(self) -> bytes:
        """What came, or nothing at the end. That TLS was not ended properly is common, and no end of the world."""
        if self.tls is None:
            return await self._receive()
        while True:
            try:
                return self.tls.read(CHUNK)
            except ssl.SSLWantReadError:
                await self._flush()
                await self._fill()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return b""

    def close(self) -> None:
        self._sock.close()

    async def _fill(self) -> None:
        data = await self._receive()
        if data:
            self._in.write(data)
        else:
            self._in.write_eof()

    async def _receive(self) -> bytes:
        data = await self._loop.sock_recv(self._sock, CHUNK)
        if len(self.first) < KEPT:
            self.first += data
        return data

    async def _flush(self) -> None:
        if data := self._out.read():
            await self._loop.sock_sendall(self._sock, data)


def _report_icmp(sock: socket.socket, *, on: bool) -> None:
    """Let Linux keep who rejected a connection (over IPv4 it does so anyway): it may look like a closed port."""
    if sys.platform == "linux":
        level, option = (socket.IPPROTO_IPV6, 25) if sock.family == socket.AF_INET6 else (socket.IPPROTO_IP, 11)
        with suppress(OSError):
            sock.setsockopt(level, option, int(on))


def _why(error: OSError, sock: socket.socket) -> NoConnection:
    by = _rejected_by(sock)
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    if by is not None:
        return NoConnection(Cause.TCP_REJECTED, f"rejected by ICMP{f' from {by}' if by else ''} ({reason})")
    match error.errno:
        case errno.ECONNREFUSED | errno.ECONNRESET:
            return NoConnection(Cause.TCP_REFUSED, f"refused ({reason})")
        case errno.ENETUNREACH | errno.EADDRNOTAVAIL | errno.ENETDOWN | errno.EAFNOSUPPORT:
            return NoConnection(Cause.TCP_REJECTED, f"this machine has no way there ({reason})", own=True)
        case errno.EMFILE | errno.ENFILE | errno.ENOBUFS:
            return NoConnection(Cause.TCP_REJECTED, f"this machine has no connection left ({reason})", own=True)
        case errno.ETIMEDOUT:
            return NoConnection(Cause.TCP_TIMEOUT, f"time-out ({reason})")
        case _:
            return NoConnection(Cause.TCP_REJECTED, f"rejected ({reason})")


def _rejected_by(sock: socket.socket) -> str | None:
    """Who sent the ICMP message that ended it ("" where unknown); None where there was none."""
    if sys.platform != "linux":
        return None
    try:
        _, told, _, _ = sock.recvmsg(1, 512, _ERROR_QUEUE)
    except OSError:
        return None
    for _, _, data in told:
        if len(data) >= 16 and data[4] in _ICMP:
            return _offender(data[16:])
    return None


def _offender(where: bytes) -> str:
    if len(where) < 8:
        return ""
    (family,) = struct.unpack_from("=H", where)
    if family == socket.AF_INET:
        return socket.inet_ntop(socket.AF_INET, where[4:8])
    return socket.inet_ntop(socket.AF_INET6, where[8:24]) if family == socket.AF_INET6 and len(where) >= 24 else ""
