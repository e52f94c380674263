"""Sends replies as mail, with the words of the circular quoted, and tells what a mail server's refusal means."""

import asyncio
import binascii
import hashlib
import re
import ssl
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import getaddresses
from functools import lru_cache
from html import escape
from importlib.resources import files
from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib

from bot.settings import is_loopback
from models.campaign import Campaign
from models.message import Address, Reply, SendError, Source
from models.wording import in_script, word_in

STEP = 10.0  # seconds for one answer of the server; twice that for all that comes before the mail's text
SCANNING = 3  # times STEP: a server may look for viruses before it says yes, and giving up then risks a second mail
SUBJECT_LENGTH = 60

# Everything is encoded to 7 bits: no server on the way has to be able to carry more.
_POLICY = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True)
class Server:
    """Where mail is handed over. `starttls`: True insists on it, None takes it where it is offered."""

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    smtps: bool = False
    starttls: bool | None = None


def server(smtp_url: str) -> Server:
    """The mail server of SMTP_URL. Raises `ValueError` with a sentence that does not show the password."""
    try:
        return _server(urlsplit(smtp_url))
    except (ValueError, KeyError):
        # Python's own sentence would quote what it could not read: often a part of the password.
        raise ValueError(
            "SMTP_URL must be like smtp://user:password@host:587 or smtps://user:password@host:465, with signs such "
            "as @ and / in the password written as %40 and %2F; smtp:// may end in ?starttls=required or =optional."
        ) from None


def _server(url: SplitResult) -> Server:
    smtps, host, query = url.scheme == "smtps", url.hostname or "", url.query
    user, password = (unquote(part, errors="strict") if part else None for part in (url.username, url.password))
    if url.scheme not in ("smtp", "smtps") or url.path.strip("/") or url.fragment or (smtps and query):
        raise ValueError
    if bool(user) != bool(password) or not f"{user}{password}".isprintable():
        raise ValueError
    # With a password it is required: whoever sits between could hide the server's offer, and read the password.
    usual = bool(user) and not smtps and not is_loopback(host)
    required = {"": usual, "starttls=required": True, "starttls=optional": False}[query]
    port = url.port or (465 if smtps else 587 if user else 25)
    # What has a colon is the number of a machine, not its name.
    return Server(host if ":" in host else _domain(host), port, user, password, smtps, required or None)


def sender(mail_from: str) -> Mailbox:
    """Who the mails come from, as MAIL_FROM says. Raises `ValueError` with one sentence."""
    try:
        ((name, address),) = getaddresses([mail_from])
        own = _mailbox(address)
        if not own.username.isascii() or not mail_from.isprintable() or "=?" in name:
            raise ValueError
    except ValueError:
        raise ValueError(
            'MAIL_FROM must be like Usher <usher@example.org>, with a name that has a comma in it as "Usher, HKCC".'
        ) from None
    return Mailbox(name, own.username, own.domain)


_LOCAL = re.compile(r"[^\s()<>\[\]:;@\\,\".]+(\.[^\s()<>\[\]:;@\\,\".]+)*")
_DOMAIN = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


def _mailbox(address: str) -> Mailbox:
    """The address with its domain as the network writes it, or `ValueError`."""
    local, _, domain = address.rpartition("@")
    if not _LOCAL.fullmatch(local) or not local.isprintable() or len(local.encode()) > 64 or "=?" in local:
        raise ValueError
    return Mailbox("", local, _domain(domain))


def _domain(name: str) -> str:
    written = name.encode("idna").decode("ascii").lower()  # UnicodeError is a ValueError, too
    if not _DOMAIN.fullmatch(written):
        raise ValueError
    return written


_Quote = tuple[str, str, str]  # where it stands, its words, their language


def render(reply: Reply, campaigns: Sequence[Campaign], page: str | None = None) -> EmailMessage:
    """The mail without its addresses: text, and the same as HTML that loads nothing. `page` is where one may ask.

    Choices are left out: nothing in a mail can be pressed, and an answer to it is not read.
    """
    told, served = _words(reply.language), {campaign.key: campaign for campaign in campaigns}
    text = _clean(reply.text)
    quotes = [_quote(source, reply.language, served.get(source.campaign)) for source in reply.sources]
    footer = "\n".join([told["footer"], *([told["ask"].format(page=page)] if page else [])])
    subject = _subject(text) or told["subject"]
    message = EmailMessage(policy=_POLICY)
    quoted = [f"{heading}\n> " + words.replace("\n", "\n> ") for heading, words, _ in quotes]
    message.set_content("\n\n".join([text, *quoted, f"-- \n{footer}\n"]))
    message.add_alternative(_as_html(text, quotes, footer, reply.language, subject), subtype="html")
    # Only now: headers that begin with Content- would have gone into the first part.
    message["Subject"], message["Content-Language"] = subject, reply.language
    message["Auto-Submitted"], message["X-Auto-Response-Suppress"] = "auto-generated", "All"
    return message


def _words(language: str) -> Mapping[str, str]:
    if language.startswith("zh"):
        return {key: in_script(text, language) for key, text in _read()["zh-Hant"].items()}
    return _read().get(language, _read()["en"])


@lru_cache(maxsize=1)
def _read() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files("bot").joinpath("mail.toml").read_text(encoding="utf-8"))


def _clean(text: str) -> str:
    """Only what a mail can carry: whole characters, and no controls but line breaks and tabs."""
    whole = "\n".join(text.encode("utf-8", "replace").decode().splitlines())
    return "".join(sign for sign in whole if sign in "\n\t" or unicodedata.category(sign) != "Cc").strip("\n")


def _subject(text: str) -> str:
    """The first line, cut where it is long."""
    line = " ".join(text.strip().partition("\n")[0].split())
    # The email package decodes what looks encoded, and would let a line break through in it: a header of one's own.
    line = line.replace("=?", "= ?")
    if len(line) <= SUBJECT_LENGTH:
        return line
    cut = line[: SUBJECT_LENGTH - 1]
    words = cut.rpartition(" ")[0]  # Chinese has no spaces to cut at
    return (words if len(words) > SUBJECT_LENGTH / 2 else cut).rstrip(" ,;:，、；：\u200d") + "…"


def _quote(source: Source, language: str, campaign: Campaign | None) -> _Quote:
    told, clause, words = _words(language), _clean(source.clause), _clean(source.quote)
    if campaign is None:
        return told["source"].format(clause=clause), words, "en"
    # Unlike a page, a mail has nothing around it that tells which circular is meant.
    name = in_script(word_in(campaign.name, language, campaign.prevails), language)
    return told["source_of"].format(clause=clause, circular=name), words, campaign.prevails


def _as_html(text: str, quotes: Sequence[_Quote], footer: str, language: str, subject: str) -> str:
    html, blocks = _read()["html"], [f"<p>{_lines(block)}</p>" for block in re.split(r"\n\s*\n", text)]
    blocks += [
        html["quote"].format(heading=_lines(one), words=_lines(two), lang=escape(tag)) for one, two, tag in quotes
    ]
    shown = {"body": "\n".join(blocks), "footer": _lines(footer), "subject": escape(subject)}
    return html["page"].format(language=escape(language), **shown)


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>\n")


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
            recipient = _mailbox(to.id)
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
            await self._deliver(client, message.as_bytes(policy=_POLICY.clone(utf8=utf8)))
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
            raise _refused(refusal) from None
        except (aiosmtplib.SMTPException, OSError, binascii.Error) as error:  # the last: a challenge that is not base64
            raise SendError(f"the mail server cannot be used: {str(error) or 'it is too slow'}") from error

    async def _deliver(self, client: aiosmtplib.SMTP, mail: bytes) -> None:
        try:
            await client.data(mail, timeout=SCANNING * self._step)
        except aiosmtplib.SMTPResponseException as refusal:
            raise _refused(refusal, handed_over=True) from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise SendError(f"the mail server did not say whether it took it: {error}", outcome_unknown=True) from error


def _refused(refusal: aiosmtplib.SMTPResponseException, *, handed_over: bool = False) -> SendError:
    """What the server's answer means. Its text is left out where it could repeat what it was given: the password."""
    if isinstance(refusal, aiosmtplib.SMTPAuthenticationError):
        return SendError(f"the mail server refused the user or the password of SMTP_URL ({refusal.code})")
    if not 400 <= refusal.code < 600:
        return SendError("the mail server does not speak SMTP", outcome_unknown=handed_over)
    said = f"the mail server said {refusal.code} {' '.join(_clean(refusal.message).split())[:200]}"
    if refusal.code < 500:
        return SendError(said, retry_after=_wait(refusal.message))
    gone = _no_such_address(refusal)
    return SendError(said, permanent=gone, refused=handed_over and not gone)


_STATED = re.compile(r"(?<![\d.])5\.(\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_DEAD = re.compile(r"1\.(?![78]$)\d+|2\.1|4\.1")  # no such address (7, 8: the sender's), shut, Microsoft's "denied"


def _no_such_address(refusal: aiosmtplib.SMTPResponseException) -> bool:
    """Whether a 5xx answer is about this address. A fault of ours must not mark it as dead: a sender that is not
    allowed, a text that is taken for spam (5.7.x), a server that is asked to relay; nor does a full mailbox (5.2.2).
    """
    if isinstance(refusal, aiosmtplib.SMTPSenderRefused):
        return False
    if stated := _STATED.search(refusal.message):
        return bool(_DEAD.fullmatch(stated[1]))
    ours = re.search(r"relay|authent|rcpthosts|blocked", refusal.message, re.IGNORECASE)
    return isinstance(refusal, aiosmtplib.SMTPRecipientRefused) and refusal.code in (550, 551, 553) and not ours


_WAIT = re.compile(r"\b(?:in|for|after|wait|within) (\d{1,6}) ?(s|m|h)[a-z]*\b", re.IGNORECASE)


def _wait(said: str) -> float | None:
    """The seconds after which the server wants to be asked again, where it gives a figure; a day at most."""
    found = _WAIT.search(said)
    return min(float(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2].lower()], 86400.0) if found else None
