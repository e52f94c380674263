"""Has people prove by six digits that they read the mail of an address in their firm's domain."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_
from sqlmodel import Session, col, select

from models.codes._enrolling import Enrolled
from models.codes._guessing import SpentCode, TooManyGuesses, WrongCode, check_pace, note_wrong
from models.codes._rows import MailCode
from models.contacts import Contact, enrol, in_contacts_turn, known, members, removed_at
from models.message import Address
from models.participants import Participant, domain_of, having_domain, mail_address

LASTS = timedelta(minutes=10)
TRIES = 5
SPAN, ASKS = timedelta(hours=1), 3  # within the span, for one person and for one address
UNANSWERED = 20  # within the span, for one domain: who guesses would ask for ever new addresses there


@dataclass(frozen=True)
class Asked:
    """What was asked for. Only where there are `digits` a mail is to be sent; what the asker reads must not differ.

    `key` names the mail.
    """

    email: str
    digits: str | None
    key: str
    expires_at: datetime


def ask_by_mail(session: Session, person: Address, email: str, now: datetime) -> Asked:
    """Make the digits for somebody who says that the address is theirs. The newest ones count. Machine time.

    Raises `NotAnAddress`, and `TooManyGuesses` in the same way whether the domain is a participant's or not.
    """
    in_contacts_turn(session)
    email = mail_address(email)
    domain = domain_of(email) or ""
    _check_asks(session, person, email, domain, now)
    digits = f"{secrets.randbelow(10**6):06d}" if having_domain(session, [domain]) else None
    row = MailCode(person=str(person), email=email, domain=domain, digest=digits and _digest(digits),
                   asked_at=now, expires_at=now + LASTS)  # fmt: skip
    session.add(row)
    return Asked(email, digits, f"mail-code:{secrets.token_hex(8)}", row.expires_at)


def confirm_by_mail(session: Session, person: Address, digits: str, now: datetime) -> Enrolled:
    """Take the person in for every participant whose domain it is. Raises `WrongCode`, `SpentCode`, `TooManyGuesses`.

    The digits of an address in no participant's domain never fit, and are told so in the same way.
    """
    in_contacts_turn(session)
    check_pace(session, person, now)
    row = _newest(session, person)
    if row is None or row.expires_at <= now:
        raise SpentCode("expired")
    if row.tries >= TRIES:
        raise SpentCode("tried")
    row.tries += row.used_at is None
    session.add(row)
    if not _fits(row.digest, digits):
        note_wrong(session, person, "mail", now)
        raise WrongCode(TRIES - row.tries)
    row.used_at = row.used_at or now
    return _enrolled(session, person, row, now)


def _newest(session: Session, person: Address) -> MailCode | None:
    mine = select(MailCode).where(MailCode.person == str(person))
    return session.exec(mine.order_by(col(MailCode.id).desc())).first()


def _enrolled(session: Session, person: Address, row: MailCode, now: datetime) -> Enrolled:
    owner = known(session, Address("mail", row.email)) or known(session, person)
    open_to = [one for one in having_domain(session, [row.domain]) if not _removed(session, owner, one)]
    if not open_to:
        raise SpentCode("removed")
    before = {one.code for one in open_to if owner in members(session, one.code)} if owner else set[str]()
    contact = [enrol(session, person, one.code, "mail", now, email=row.email) for one in open_to][-1]
    return Enrolled(contact, open_to, new=len(before) < len(open_to))


def _removed(session: Session, contact: Contact | None, participant: Participant) -> bool:
    """Whether support has removed them: only a newer code or support itself takes them in again."""
    return bool(contact and contact.id and removed_at(session, contact.id, participant.code))


def _check_asks(session: Session, person: Address, email: str, domain: str, now: datetime) -> None:
    _check_asked(session, ASKS, col(MailCode.person) == str(person), now)
    _check_asked(session, ASKS, col(MailCode.email) == email, now)
    _check_asked(session, UNANSWERED, and_(col(MailCode.domain) == domain, col(MailCode.used_at).is_(None)), now)


def _check_asked(session: Session, most: int, which: ColumnElement[bool], now: datetime) -> None:
    lately = select(MailCode.asked_at).where(which, col(MailCode.asked_at) > now - SPAN)
    asked = session.exec(lately.order_by(col(MailCode.asked_at).desc()).limit(most)).all()
    if len(asked) == most:
        raise TooManyGuesses(asked[-1] + SPAN - now)


def _digest(digits: str, salt: str | None = None) -> str:
    """What is kept of the digits. Who reads the database could try all million of them, for ten minutes."""
    salt = salt or secrets.token_hex(8)
    return f"{salt}:{hashlib.sha256(f'{salt}:{digits}'.encode()).hexdigest()}"


def _fits(kept: str | None, digits: str) -> bool:
    expected = kept or _digest("none were sent")
    same = hmac.compare_digest(_digest(digits, expected.partition(":")[0]), expected)
    return same and kept is not None
