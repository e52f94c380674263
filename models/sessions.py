"""Remembers which sessions of the web page have ended, so that a cookie kept from one of them opens nothing."""

import hashlib
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Field, Session, SQLModel, col, select

from models.store import announce, keep_first


class EndedSession(SQLModel, table=True):
    """A session that somebody signed out of. Times are machine times; `until` its cookie would have been taken."""

    __tablename__ = "ended_session"

    digest: str = Field(primary_key=True)  # of the session's id: who reads the database can sign in nowhere
    ended_at: datetime
    until: datetime = Field(index=True)


def end_session(session: Session, ident: str, ended_at: datetime, until: datetime) -> None:
    """End the session for good, and wake its open pages. Ending it twice is ending it once."""
    session.connection().execute(delete(EndedSession).where(col(EndedSession.until) < ended_at))
    row = EndedSession(digest=_digest(ident), ended_at=ended_at, until=until)
    keep_first(session, row, select(EndedSession).where(EndedSession.digest == row.digest))
    announce(session, news_of(ident))


def has_ended(session: Session, ident: str) -> bool:
    # One column: every page and every question looks here, and a whole row costs twice as much.
    return session.exec(select(EndedSession.digest).where(EndedSession.digest == _digest(ident))).first() is not None


def news_of(ident: str) -> str:
    """The topic that is announced when the session ends."""
    return f"session:{_digest(ident)}"


def _digest(ident: str) -> str:
    return hashlib.sha256(ident.encode()).hexdigest()
