"""Keeps the codes by which people are enrolled, as digests: who reads the database can use none of them.

A wrong code is remembered in the transaction in which it was refused: so what `redeem`, `confirm_by_mail` and
`redeem_link` raise is to be caught within it, and answered in words.
"""

from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Session, col

from models.codes._enrolling import Enrolled, Listed, SeveralCodes, listed, make, redeem, revoke
from models.codes._guessing import REMEMBERED, SpentCode, TooManyGuesses, WrongCode, check_pace, note_wrong
from models.codes._linking import LASTS as LINK_LASTS
from models.codes._linking import make_link, redeem_link
from models.codes._mailing import Asked, ask_by_mail, confirm_by_mail
from models.codes._rows import CodeUse, EnrolmentCode, Guess, LinkCode, MailCode
from models.codes._signs import ALPHABET, ENROL, LINK, code_in, hidden, new_code

__all__ = [
    "ALPHABET", "ENROL", "LINK", "LINK_LASTS", "Asked", "CodeUse", "Enrolled", "EnrolmentCode", "Guess", "LinkCode",
    "Listed", "MailCode", "SeveralCodes", "SpentCode", "TooManyGuesses", "WrongCode", "ask_by_mail", "check_pace",
    "code_in", "confirm_by_mail", "hidden", "listed", "make", "make_link", "new_code", "note_wrong", "redeem",
    "redeem_link", "revoke", "tidy",
]  # fmt: skip


def tidy(session: Session, now: datetime) -> None:
    """Delete what is long over: wrong guesses, digits and links. Enrolment codes stay in the records."""
    for over in (
        delete(Guess).where(col(Guess.at) <= now - REMEMBERED),
        delete(MailCode).where(col(MailCode.asked_at) <= now - REMEMBERED),
        delete(LinkCode).where(col(LinkCode.expires_at) <= now - REMEMBERED),
    ):
        session.connection().execute(over)
