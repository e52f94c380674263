"""Reads the first bytes of what a server answered to a TLS handshake: alerts, versions, and what is no TLS at all."""

import re
import ssl
from collections.abc import Iterator

_ALERT, _HANDSHAKE = 0x15, 0x16
_SERVER_HELLO, _CERTIFICATE_REQUEST = 2, 13
_TLS_1_2 = 0x0303
# What OpenSSL calls the alerts; the number itself is encrypted in TLS 1.3.
_NAMED = {
    "PROTOCOL_VERSION": 70, "CERTIFICATE_REQUIRED": 116, "HANDSHAKE_FAILURE": 40, "BAD_CERTIFICATE": 42,
    "UNSUPPORTED_CERTIFICATE": 43, "CERTIFICATE_REVOKED": 44, "CERTIFICATE_EXPIRED": 45, "CERTIFICATE_UNKNOWN": 46,
    "UNKNOWN_CA": 48, "ACCESS_DENIED": 49,
}  # fmt: skip


def alert(error: ssl.SSLError, first: bytes) -> int | None:
    """The number of the alert by which the server ended it, if it did."""
    if found := re.search(r"ALERT_(\w+)", error.reason or ""):
        return _NAMED.get(found.group(1))
    for kind, _, body in _records(first):
        if kind == _ALERT and len(body) == 2:
            return body[1]
    return None


def asks_certificate(first: bytes | bytearray) -> bool:
    """Whether the server asked for a certificate of ours, where that can be seen: before TLS 1.3."""
    return any(kind == _CERTIFICATE_REQUEST for kind, _ in _messages(bytes(first)))


def is_old(first: bytes) -> bool:
    """Whether the server chose a version older than TLS 1.2."""
    return any(
        kind == _SERVER_HELLO and len(body) >= 2 and int.from_bytes(body[:2]) < _TLS_1_2
        for kind, body in _messages(first)
    )


def begins_with_text(first: bytes | bytearray) -> bool:
    """Whether it is readable, as TLS never is."""
    begin = bytes(first[:8]).lstrip()
    return bool(begin) and all(0x20 <= one < 0x7F or one in b"\r\n\t" for one in begin)


def _records(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    at = 0
    while at + 5 <= len(data) and data[at] in range(0x14, 0x19) and data[at + 1] == 3:
        length = int.from_bytes(data[at + 3 : at + 5])
        yield data[at], int.from_bytes(data[at + 1 : at + 3]), data[at + 5 : at + 5 + length]
        at += 5 + length


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The messages of a handshake that are not encrypted."""
    joined = b""
    for kind, _, body in _records(data):
        if kind != _HANDSHAKE:
            break
        joined += body
    at = 0
    while at + 4 <= len(joined):
        length = int.from_bytes(joined[at + 1 : at + 4])
        yield joined[at], joined[at + 4 : at + 4 + length]
        at += 4 + length
