"""A mail server on this machine: keeps what it is given, and refuses, hangs or hangs up when a test asks for it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, AnyStr, Literal

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from bot.mail import Mail
from models.campaign import Campaign
from models.message import Address, Reply, SendError

Point = Literal["connect", "mail", "rcpt", "data"]
LOGIN = ("usher", "open/ses@me")
PASSWORD = "open%2Fses%40me"  # as it is written in an address
NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
ANN = Address("mail", "ann@example.org")
HELLO = Reply("Register by 27 April 2023.")


@dataclass
class MailPlatform:
    """What the server was given, and what a test asks of it. `seen` are the envelopes of `received`, in order."""

    port: int = 0
    scheme: str = "smtp"
    received: list[EmailMessage] = field(default_factory=list)
    seen: list[Envelope] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    logins: list[str | None] = field(default_factory=list)
    _refusals: dict[Point, str] = field(default_factory=dict)
    _hangs: set[Point] = field(default_factory=set)
    _cuts: bool = False

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def refuse(self, code: int, text: str, at: Point = "rcpt") -> None:
        """Answer this from now on, at that point of the talk."""
        self._refusals[at] = f"{code} {text}"

    def hang(self, at: Point) -> None:
        """From now on, say nothing more once that point is reached."""
        self._hangs.add(at)

    def cut_after_data(self) -> None:
        """From now on, take every mail and hang up without a word."""
        self._cuts = True

    def recover(self) -> None:
        """Be a good server again."""
        self._refusals.clear()
        self._hangs.clear()
        self._cuts = False

    async def at(self, point: Point) -> str | None:
        if point in self._hangs:
            await asyncio.Event().wait()
        return self._refusals.get(point)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = await self.at("mail")
        if refusal is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return refusal or "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = await self.at("rcpt")
        if refusal is None:
            envelope.rcpt_tos.append(address)
        return refusal or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        refusal = await self.at("data")
        if refusal is None:
            self._keep(session, envelope)
        if self._cuts and server.transport:
            server.transport.close()
            await asyncio.Event().wait()  # ended by the end of the connection
        return refusal or "250 OK"

    def _keep(self, session: Session, envelope: Envelope) -> None:
        self.received.append(message_from_bytes(envelope.original_content or b"", policy=default))
        self.seen.append(envelope)
        self.encrypted.append(session.ssl is not None)
        self.logins.append(LOGIN[0] if session.authenticated else None)


class _Talk(SMTP):
    """One connection. aiosmtpd has no say in the greeting: it is the first thing that is pushed."""

    def __init__(self, platform: MailPlatform, **options: Any) -> None:
        super().__init__(platform, timeout=30, hostname="mail.example.org", authenticator=_is_known, **options)
        self._platform, self._greeted = platform, False

    async def push(self, status: AnyStr) -> None:
        greeting, self._greeted = not self._greeted, True
        refusal = await self._platform.at("connect") if greeting else None
        if refusal is None:
            await super().push(status)
            return
        await super().push(refusal)
        if self.transport:
            self.transport.close()


def _is_known(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    known = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == LOGIN
    return AuthResult(success=known, handled=False)


@asynccontextmanager
async def mail_platform(
    *,
    tls: ssl.SSLContext | None = None,
    smtps: bool = False,
    smtputf8: bool = True,
    auth_required: bool = False,
) -> AsyncIterator[MailPlatform]:
    """A server on a free port. With `tls` it offers STARTTLS, or with `smtps` speaks TLS from the start."""
    platform = MailPlatform(scheme="smtps" if smtps else "smtp")
    talks: list[_Talk] = []
    options = {"tls_context": None if smtps else tls, "enable_SMTPUTF8": smtputf8, "auth_required": auth_required}
    server = await asyncio.get_running_loop().create_server(
        _talker(platform, talks, options), "127.0.0.1", 0, ssl=tls if smtps else None
    )
    platform.port = server.sockets[0].getsockname()[1]
    try:
        yield platform
    finally:
        server.close()
        for talk in talks:
            if talk.transport:
                talk.transport.close()
        ended = [talk._handler_coroutine for talk in talks if talk._handler_coroutine]
        for task in ended:
            task.cancel()  # one whose client did not trust it waits for ever
        await asyncio.gather(*ended, return_exceptions=True)
        await server.wait_closed()


def _talker(platform: MailPlatform, talks: list[_Talk], options: dict[str, Any]) -> Callable[[], _Talk]:
    def talk() -> _Talk:
        talks.append(_Talk(platform, **options))
        return talks[-1]

    return talk


def mail_to(url: str, *campaigns: Campaign, tls: ssl.SSLContext | None = None, step: float = 5.0) -> Mail:
    return Mail(url, "Usher <usher@example.org>", lambda: NOW, campaigns, tls=tls, step=step)


@contextmanager
def failing() -> Iterator[list[SendError]]:
    """Collects the one `SendError` that is raised within."""
    found: list[SendError] = []
    with pytest.raises(SendError) as caught:
        yield found
    found.append(caught.value)


def marks(error: SendError) -> tuple[bool, float | None, bool]:
    return error.permanent, error.retry_after, error.outcome_unknown


TRY_AGAIN, DEAD, UNKNOWN = (False, None, False), (True, None, False), (False, None, True)
