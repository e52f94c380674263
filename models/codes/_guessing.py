"""Slows down those who guess codes, and why a code is refused."""

import logging
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from models.codes._rows import Guess
from models.message import Address

log = logging.getLogger(__name__)

FREE = 5  # wrong codes that anybody may send within the time that they are remembered
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
REMEMBERED = timedelta(days=1)


class WrongCode(Exception):  # noqa: N818 - named after the situation
    """There is no such code, or the digits are not those that were sent. `left` tries are left with these digits."""

    def __init__(self, left: int | None = None) -> None:
        super().__init__(left)
        self.left = left


class SpentCode(Exception):  # noqa: N818 - likewise
    """The code was right once. `why` it is not now: expired, revoked, used (by as many as it was for), tried (too
    often), removed (support has ended what it would begin).
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class TooManyGuesses(Exception):  # noqa: N818 - likewise
    """Too much was tried or asked for: it is looked at again after `wait`."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(wait)
        self.wait = wait


def check_pace(session: Session, person: Address, now: datetime) -> None:
    """Raise `TooManyGuesses` where the person has lately sent wrong codes, and not waited long enough since."""
    mine = select(func.count(), func.max(Guess.at)).where(Guess.person == str(person), col(Guess.at) > now - REMEMBERED)
    wrong, last = session.exec(mine).one()
    if wrong >= FREE and now < last + _wait(wrong):
        raise TooManyGuesses(last + _wait(wrong) - now)


def note_wrong(session: Session, person: Address, what: str, now: datetime) -> None:
    """Remember that the person sent a wrong code. It counts where the transaction is kept: see `models.codes`."""
    session.add(Guess(person=str(person), what=what, at=now))
    session.flush()
    log.warning("%s sent a wrong code (%s)", person, what)


def _wait(wrong: int) -> timedelta:
    doublings = min(wrong - FREE, 16)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)
