"""Remembers which sessions of the web page have ended, so that a cookie kept from one of them opens nothing."""

import hashlib
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import bindparam, delete
from sqlalchemy import select as columns
from sqlmodel import Field, Session, SQLModel, col, select

from models.store import announce, keep_first

RENEWING = timedelta(minutes=1)  # how long a browser may need to get the cookie of the session that follows

Standing = Literal["open", "renewing", "ended"]


class EndedSession(SQLModel, table=True):
    """A session that nobody is let in with any more: it was signed out of, or `renewed`: another one follows it.

    Times are machine times; `until` its cookie would have been taken.
    """

    __tablename__ = "ended_session"

    digest: str = Field(primary_key=True)  # of the session's id: who reads the database can sign in nowhere
    ended_at: datetime
    until: datetime = Field(index=True)
    renewed: bool = False


def end_session(session: Session, ident: str, ended_at: datetime, until: datetime, *, renewed: bool = False) -> None:
    """End the session for good, and wake its open pages. Ending it twice is ending it once."""
    session.connection().execute(delete(EndedSession).where(col(EndedSession.until) < ended_at))
    row = EndedSession(digest=_digest(ident), ended_at=ended_at, until=until, renewed=renewed)
    keep_first(session, row, select(EndedSession).where(EndedSession.digest == row.digest))
    announce(session, news_of(ident))


def standing(session: Session, ident: str, now: datetime) -> Standing:
    """Whether the session is open. `renewing`: it has ended, and the cookie of the next one is on its way.

    What one reads besides must be read before this: what was written when the session ended is then never shown to it.
    """
    # Columns, prepared once: every page and every question looks here, and a whole row costs twice as much.
    found = session.connection().execute(_ENDED, {"digest": _digest(ident)}).first()
    if found is None:
        return "open"
    ended_at, renewed = found
    return "renewing" if renewed and now < ended_at + RENEWING else "ended"


_ENDED = columns(col(EndedSession.ended_at), col(EndedSession.renewed)).where(
    col(EndedSession.digest) == bindparam("digest")
)


def news_of(ident: str) -> str:
    """The topic that is announced when the session ends."""
    return f"session:{_digest(ident)}"


def _digest(ident: str) -> str:
    return hashlib.sha256(ident.encode()).hexdigest()
