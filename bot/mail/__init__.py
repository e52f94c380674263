"""Sends replies as mail, by one connection to the mail server for each."""

import asyncio
import binascii
import hashlib
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage

import aiosmtplib

from bot.mail.access import Server, mailbox, sender, server
from bot.mail.message import POLICY, render
from bot.mail.refusals import refused
from models.campaign import Campaign
from models.message import Address, Reply, SendError

__all__ = ["Mail", "Server", "render", "sender", "server"]

STEP = 10.0  # seconds for one answer of the server; twice that for all that comes before the mail's text
SCANNING = 3  # times STEP: a server may look for viruses before it says yes, and giving up then risks a second mail


class Mail:
    """The channel for mail: one connection for each message. `clock` tells machine time."""

    name = "mail"
    interval = 2.0  # Microsoft 365 takes 30 messages a minute, the least of the well-known servers

    def __init__(
        self,
        smtp_url: str,
        mail_from: str,
        clock: Callable[[], datetime],
        campaigns: Sequence[Campaign],
        *,
        page: str | None = None,
        tls: ssl.SSLContext | None = None,
        step: float = STEP,
    ) -> None:
        """Raises `ValueError` with one sentence. `tls` replaces the system's own trust, `step` the time-out."""
        self._server, self._sender = server(smtp_url), sender(mail_from)
        self._clock, self._campaigns, self._page = clock, campaigns, page
        self._tls, self._step = tls, step

    def pause(self, to: Address) -> float:
        return 0.0

    async def send(self, to: Address, reply: Reply, key: str) -> str:
        """Send, and return the Message-ID. A second mail with the same key is sent, with the same Message-ID."""
        try:
            recipient = mailbox(to.id)
        except ValueError:
            raise SendError(f"{to.id[:100]!r} is no mail address", permanent=True) from None
        message = render(reply, self._campaigns, self._page)
        message["From"], message["To"], message["Date"] = self._sender, recipient, self._clock()
        # The same for the same key and address: many mail programs show a mail that came twice as one.
        name = hashlib.sha256(f"{key} {recipient.addr_spec}".encode()).hexdigest()[:40]
        message["Message-ID"] = reference = f"<{name}@{self._sender.domain}>"
        await self._hand_over(recipient.addr_spec, message)
        return reference

    async def edit(self, reference: str, reply: Reply) -> None:
        raise SendError("a mail that was sent cannot be changed", refused=True)

    async def _hand_over(self, recipient: str, message: EmailMessage) -> None:
        at, utf8 = self._server, not recipient.isascii()
        client = aiosmtplib.SMTP(
            hostname=at.host, port=at.port, username=at.user, password=at.password, use_tls=at.smtps,
            start_tls=False if at.smtps else at.starttls, tls_context=self._tls, timeout=self._step,
            local_hostname=self._sender.domain,  # else the library asks the DNS for the machine's name, without a limit
        )  # fmt: skip
        try:
            await self._introduce(client, recipient, utf8)
            await self._deliver(client, message.as_bytes(policy=POLICY.clone(utf8=utf8)))
            with suppress(aiosmtplib.SMTPException, OSError):  # it is sent, whether the server says good-bye or not
                await client.quit(timeout=1)
        finally:
            client.close()

    async def _introduce(self, client: aiosmtplib.SMTP, recipient: str, utf8: bool) -> None:
        """All that comes before the text: whatever fails here, nothing was sent."""
        options, encoding = (["SMTPUTF8", "BODY=8BITMIME"], "utf-8") if utf8 else ([], "ascii")
        try:
            async with asyncio.timeout(2 * self._step):
                await client.connect()
                await client.mail(self._sender.addr_spec, options=options, encoding=encoding)
                await client.rcpt(recipient, encoding=encoding)
            if not client.is_connected:
                raise aiosmtplib.SMTPServerDisconnected("the connection was lost")
        except aiosmtplib.SMTPResponseException as refusal:
            raise refused(refusal) from None
        except (aiosmtplib.SMTPException, OSError, binascii.Error) as error:  # the last: a challenge that is not base64
            raise SendError(f"the mail server cannot be used: {str(error) or 'it is too slow'}") from error

    async def _deliver(self, client: aiosmtplib.SMTP, mail: bytes) -> None:
        try:
            await client.data(mail, timeout=SCANNING * self._step)
        except aiosmtplib.SMTPResponseException as refusal:
            raise refused(refusal, handed_over=True) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise SendError(f"the mail server did not say whether it took it: {error}", outcome_unknown=True) from error
