"""Examines mail: whether the mail server takes Usher's connection and, where one is given, its password."""

import asyncio
import binascii
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import aiosmtplib

from bot.doctor.finding import SECONDS, Finding, Findings, broken, ok, warning
from bot.mail import Server, sender, server
from bot.settings import Settings, is_loopback

MAIL = "Mail"


async def examine(settings: Settings, _: Callable[[], datetime]) -> Findings:
    if not settings.smtp_url:
        yield ok(MAIL, "not used (no SMTP_URL)")
        return
    from_ = sender(settings.mail_from)
    yield ok(MAIL, f"mails come from {from_}")
    at = server(settings.smtp_url.get_secret_value())
    client = aiosmtplib.SMTP(
        hostname=at.host, port=at.port, username=at.user, password=at.password, use_tls=at.smtps,
        start_tls=False if at.smtps else at.starttls, timeout=SECONDS, local_hostname=from_.domain,
    )  # fmt: skip
    try:
        yield await _connected(client, at)
        if client.is_connected and not client.get_transport_info("sslcontext") and not is_loopback(at.host):
            yield warning(MAIL, "the mail server offers no encryption: anybody on the way can read the mails")
        with suppress(aiosmtplib.SMTPException, OSError):
            await client.quit(timeout=1)
    finally:
        client.close()


async def _connected(client: aiosmtplib.SMTP, at: Server) -> Finding:
    """Connect, log in where a user is given, and say good-bye: nothing is sent."""
    place = f"the mail server {at.host}:{at.port}"
    try:
        await client.connect()
    except aiosmtplib.SMTPAuthenticationError as refusal:
        # Only the number: its text may repeat what it was given, the password.
        return broken(MAIL, f"{place} refused the user or the password of SMTP_URL ({refusal.code})")
    except aiosmtplib.SMTPResponseException as refusal:
        return broken(MAIL, f"{place} turned Usher away ({refusal.code}): is this machine allowed to send there?")
    except (aiosmtplib.SMTPException, OSError, binascii.Error) as error:
        return broken(MAIL, f"{place} cannot be used: {_why(error)}")
    done = f"takes the password of {at.user}" if at.user else "answers"
    return ok(MAIL, f"{place} {done}; nothing was sent")


def _why(error: BaseException) -> str:
    cause = error.__cause__ or error.__context__ or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({cause.verify_message})"
    if isinstance(cause, ssl.SSLError):
        return "it does not speak TLS as SMTP_URL says: smtps:// is for port 465, smtp:// for 587 and 25"
    if isinstance(error, aiosmtplib.SMTPTimeoutError | asyncio.TimeoutError):
        return "no answer in time; is the way there open?"
    return type(cause).__name__
