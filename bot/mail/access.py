"""Reads what mail is sent with: the server of SMTP_URL, the sender of MAIL_FROM, and addresses of people."""

import re
from dataclasses import dataclass, field
from email.headerregistry import Address as Mailbox
from email.utils import getaddresses
from urllib.parse import SplitResult, unquote, urlsplit

from bot.settings import is_loopback


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
        own = mailbox(address)
        if not own.username.isascii() or not mail_from.isprintable() or "=?" in name:
            raise ValueError
    except ValueError:
        raise ValueError(
            'MAIL_FROM must be like Usher <usher@example.org>, with a name that has a comma in it as "Usher, HKCC".'
        ) from None
    return Mailbox(name, own.username, own.domain)


_LOCAL = re.compile(r"[^\s()<>\[\]:;@\\,\".]+(\.[^\s()<>\[\]:;@\\,\".]+)*")
_DOMAIN = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


def mailbox(address: str) -> Mailbox:
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
