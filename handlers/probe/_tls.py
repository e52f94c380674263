"""Shakes hands over TLS with verification, and where that fails finds out why, with a look that sends nothing."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from handlers.probe._aim import Aim
from handlers.probe._causes import Cause
from handlers.probe._certificate import Certificate, read_certificate
from handlers.probe._clean import clean
from handlers.probe._hello import alert, asks_certificate, begins_with_text, is_old
from handlers.probe._report import Finding
from handlers.probe._trust import expects, lacks_intermediate, looking, verifying
from handlers.probe._wire import NoConnection, Wire

PATIENCE, LOOK = 3.0, 1.0  # seconds for the handshake, and for the second look
SOON = timedelta(days=14)
_PLAIN = b"HEAD / HTTP/1.0\r\n\r\n"
# Numbers of OpenSSL, see openssl-verification-options(1).
_VERIFY = {
    9: Cause.TLS_NOT_YET_VALID, 10: Cause.TLS_EXPIRED, 18: Cause.TLS_SELF_SIGNED, 19: Cause.TLS_UNKNOWN_CA,
    20: Cause.TLS_UNKNOWN_CA, 21: Cause.TLS_UNKNOWN_CA, 2: Cause.TLS_UNKNOWN_CA, 27: Cause.TLS_UNKNOWN_CA,
    62: Cause.TLS_WRONG_NAME, 64: Cause.TLS_WRONG_NAME, 66: Cause.TLS_WEAK, 67: Cause.TLS_WEAK, 68: Cause.TLS_WEAK,
}  # fmt: skip
_OF_CERTIFICATE = {42, 43, 44, 45, 46, 48, 49, 116}  # alerts that only our own certificate, or its lack, can cause
_HANDSHAKE_FAILURE, _PROTOCOL_VERSION = 40, 70
_OLD = {"SSLv3", "TLSv1", "TLSv1.1"}
# What ends a handshake of TLS 1.3 is at most this long: a change of ciphers and "finished" with a hash of 48 bytes.
# Where the server asked for a certificate, an empty one goes before it.
_FLIGHT = 80
Again = Callable[[], Awaitable[Wire]]


class Broken(Exception):  # noqa: N818 - it names the situation
    """No TLS, and why."""

    def __init__(self, cause: Cause, reason: str) -> None:
        super().__init__(reason)
        self.cause = cause


async def secure(wire: Wire, aim: Aim, again: Again) -> Certificate | None:
    """Speak TLS with the right server, or raise `Broken`. `again` opens another connection to the same address."""
    context = verifying(aim.ca_file)
    try:
        async with asyncio.timeout(PATIENCE):
            await wire.secure(context, aim.host)
    except ssl.SSLCertVerificationError as error:
        raise await _unverified(error, aim, again, context) from error
    except TimeoutError as error:
        raise await _stalled(wire, again) from error
    except (ssl.SSLError, OSError) as error:
        raise await _failed(error, wire, again, aim.host) from error
    der = wire.tls.getpeercert(binary_form=True) if wire.tls else None
    return read_certificate(der) if der else None


def concerns(certificate: Certificate, aim: Aim, now: datetime) -> list[Finding]:
    """What is wrong with a certificate that holds."""
    found = []
    if certificate.ends - now < SOON:
        days = max(0, (certificate.ends - now).days)
        reason = f"The certificate expires soon: in {days} days, on {_day(certificate.ends)}."
        found.append(Finding(Cause.TLS_EXPIRES_SOON, reason, "warning"))
    if aim.issuers and not expects(aim.issuers, certificate):
        reason = f"The certificate is from {certificate.issued_by}, not from {' or '.join(aim.issuers)}: " + _INSPECTED
        found.append(Finding(Cause.TLS_INSPECTED, reason, "warning"))
    return found


_INSPECTED = "an inspection proxy on the way reads along."


def broken_while_reading(error: OSError | None, wire: Wire) -> Broken | None:
    """What a server of TLS 1.3 says only after the handshake: that it wants a certificate from us."""
    code = alert(error, bytes(wire.first)) if isinstance(error, ssl.SSLError) else None
    if code in _OF_CERTIFICATE or code == _HANDSHAKE_FAILURE:
        return Broken(Cause.TLS_CLIENT_CERTIFICATE, _wants(str(error)))
    if wire.tls and (wire.last_flight > _FLIGHT if wire.version == "TLSv1.3" else asks_certificate(wire.first)):
        return Broken(Cause.TLS_CLIENT_CERTIFICATE, _wants("it hung up"))
    return None


def _wants(said: str) -> str:
    return f"The server wants a client certificate, and got none ({clean(said)})."


async def _unverified(error: ssl.SSLCertVerificationError, aim: Aim, again: Again, context: ssl.SSLContext) -> Broken:
    cause = _VERIFY.get(error.verify_code, Cause.TLS_BAD_CERTIFICATE)
    seen = (await _look(again, aim.host)).certificate
    if cause is Cause.TLS_UNKNOWN_CA and error.verify_code != 19 and seen:
        cause = Cause.TLS_MISSING_INTERMEDIATE if lacks_intermediate(seen, aim.issuers, context) else cause
    said = clean(error.verify_message)
    return Broken(cause, f"{_told(cause, seen, aim.host)} ({said}).")


def _told(cause: Cause, seen: Certificate | None, host: str) -> str:
    """What is wrong with the certificate; of one that could not be read, less."""
    issuer = f"“{seen.issued_by}”" if seen else "an unknown issuer"
    begins, ends = (f" ({_day(seen.begins)})", f" ({_day(seen.ends)})") if seen else ("", "")
    names = (", ".join(seen.names[:5]) or seen.subject) if seen else "another name"
    told = {
        Cause.TLS_EXPIRED: f"The certificate has expired{ends}",
        Cause.TLS_NOT_YET_VALID: f"The certificate is not yet valid{begins}",
        Cause.TLS_WRONG_NAME: f"The certificate is for the wrong name: {names} and not {host}",
        Cause.TLS_SELF_SIGNED: f"The certificate is self-signed, by {issuer}",
        Cause.TLS_MISSING_INTERMEDIATE: f"The chain is incomplete: the intermediate certificate of {issuer} is missing",
        Cause.TLS_UNKNOWN_CA: f"The certificate is from an unknown CA, {issuer}: usually an inspection proxy",
        Cause.TLS_WEAK: "The certificate or its key is too weak",
    }
    return told.get(cause, f"The certificate of {issuer} is not accepted")


class _Seen:
    """What a handshake showed that believed everything."""

    def __init__(self, certificate: Certificate | None = None, version: str = "") -> None:
        self.certificate, self.version = certificate, version


async def _look(again: Again, host: str) -> _Seen:
    try:
        async with asyncio.timeout(LOOK):
            wire = await again()
            try:
                await wire.secure(looking(), host)
                der = wire.tls.getpeercert(binary_form=True) if wire.tls else None
                return _Seen(read_certificate(der) if der else None, wire.version)
            finally:
                wire.close()
    except (NoConnection, OSError, TimeoutError):
        return _Seen()


async def _stalled(wire: Wire, again: Again) -> Broken:
    if asks_certificate(bytes(wire.first)):
        return Broken(Cause.TLS_CLIENT_CERTIFICATE, "The server wants a client certificate, and waits for it.")
    if begins_with_text(wire.first):
        return _no_tls(bytes(wire.first))
    if wire.first:
        return Broken(Cause.TLS_STALLED, f"The TLS handshake began and stalls: time-out after {PATIENCE:.0f} s.")
    if spoken := await _plainly(again):
        return _no_tls(spoken)
    silent = f"The connection is accepted, then silence: no answer to the TLS handshake (time-out, {PATIENCE:.0f} s)."
    return Broken(Cause.TLS_SILENT, silent)


async def _failed(error: OSError, wire: Wire, again: Again, host: str) -> Broken:
    first = bytes(wire.first)
    if begins_with_text(first):
        return _no_tls(first)
    wants = asks_certificate(first)
    if not isinstance(error, ssl.SSLError) or isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        if wants:
            return Broken(Cause.TLS_CLIENT_CERTIFICATE, "The server wants a client certificate, and hung up without.")
        return await _hung_up(isinstance(error, ConnectionError), first, again, host)
    code = alert(error, first)
    if code in _OF_CERTIFICATE or (wants and code == _HANDSHAKE_FAILURE):
        return Broken(Cause.TLS_CLIENT_CERTIFICATE, _wants(error.reason or str(error)))
    return _no_common(error, code, first, await _look(again, host))


async def _hung_up(reset: bool, first: bytes, again: Again, host: str) -> Broken:
    """The connection ended without a reason: it may be what does not speak TLS, or not ours."""
    if not first and (spoken := await _plainly(again)):
        return _no_tls(spoken)
    if (version := (await _look(again, host)).version) in _OLD:
        return Broken(Cause.TLS_OLD_PROTOCOL, f"The server speaks only an old TLS protocol version ({version}).")
    how = "reset" if reset else "closed"
    when = "during the TLS handshake" if first else "right after it was accepted, before any TLS answer"
    return Broken(Cause.TLS_RESET, f"The connection was {how} {when} (connection {how}).")


def _no_common(error: ssl.SSLError, code: int | None, first: bytes, seen: _Seen) -> Broken:
    """TLS is spoken, but not one that both sides accept."""
    said = clean(error.reason or str(error))
    old = seen.version in _OLD
    if old or code == _PROTOCOL_VERSION or is_old(first) or error.reason == "UNSUPPORTED_PROTOCOL":
        version = seen.version if old else "older than TLS 1.2"
        return Broken(
            Cause.TLS_OLD_PROTOCOL, f"The server speaks only an old TLS protocol version ({version}; {said})."
        )
    if seen.version:
        return Broken(Cause.TLS_WEAK, f"The server offers only encryption that is too weak today ({said}).")
    if first[:1] not in {b"\x14", b"\x15", b"\x16", b"\x17"}:
        return Broken(Cause.TLS_NOT_TLS, f"What answers there does not speak TLS ({said}).")
    return Broken(Cause.TLS_REFUSED, f"The server refuses the TLS handshake ({said}).")


def _no_tls(first: bytes) -> Broken:
    begins = clean(first, 40)
    if first.lstrip().upper().startswith((b"HTTP/", b"<")):
        return Broken(Cause.TLS_PLAIN_HTTP, f"Plain HTTP is spoken where TLS is expected (it began: {begins}).")
    return Broken(Cause.TLS_NOT_TLS, f"Something else than TLS is spoken there (it began: {begins}).")


async def _plainly(again: Again) -> bytes:
    """What a server that ignored TLS says to a line of plain HTTP, in case that is what it speaks."""
    try:
        async with asyncio.timeout(LOOK):
            wire = await again()
            try:
                await wire.write(_PLAIN)
                spoken = await wire.read()
                return spoken if begins_with_text(spoken) else b""
            finally:
                wire.close()
    except (NoConnection, OSError, TimeoutError):
        return b""


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d}"
