"""Ends a visitor's session: by signing out, or because they count as another person and go on in a new one."""

from datetime import timedelta

from sqlmodel import Session

from bot.clock import machine_time
from bot.page.visitor import LIFETIME, Visit
from handlers.reception import Also, Then
from models.contacts import unlink
from models.message import Address, Reply
from models.sessions import end_session, standing
from models.store import in_turn

# A clock that is a little behind must not open it again.
_KEPT = LIFETIME + timedelta(days=1)


class Over(Exception):  # noqa: N818 - named after the situation
    """The session is not open any more."""


def room_of(visit: Visit) -> Address:
    """Where the visitor's conversation is kept."""
    return Address("web", visit.visitor)


def within(visit: Visit) -> Also:
    """What belongs into the transaction of a turn: it is one of an open session, and may be the last one of it.

    Raises `Over`, so that nothing is done for a session that ended while its question was on its way.
    """

    def also(session: Session) -> Then:
        now = machine_time()
        in_turn(session, str(room_of(visit)))  # or it could end between this look and what is done then
        if visit.known and standing(session, visit.session, now) != "open":
            raise Over

        def then(reply: Reply) -> None:
            if reply.renews:
                end_session(session, visit.session, now, now + _KEPT, renewed=True)

        return then

    return also


def sign_out(session: Session, visit: Visit) -> None:
    """End the session for whoever has its cookie, and let its address act for nobody any more."""
    now = machine_time()
    in_turn(session, str(room_of(visit)))
    end_session(session, visit.session, now, now + _KEPT)
    unlink(session, room_of(visit))
