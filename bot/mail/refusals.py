"""Tells what it means when a mail server does not take a mail."""

import re

import aiosmtplib

from bot.mail.message import clean
from models.message import SendError


def refused(refusal: aiosmtplib.SMTPResponseException, *, handed_over: bool = False) -> SendError:
    """What the server's answer means. Its text is left out where it could repeat what it was given: the password."""
    if isinstance(refusal, aiosmtplib.SMTPAuthenticationError):
        return SendError(f"the mail server refused the user or the password of SMTP_URL ({refusal.code})")
    if not 400 <= refusal.code < 600:
        return SendError("the mail server does not speak SMTP", outcome_unknown=handed_over)
    said = f"the mail server said {refusal.code} {' '.join(clean(refusal.message).split())[:200]}"
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
