"""Lets people of the support desk in to the desk page: by a link that works once, until they sign out or it is over."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlmodel import Field, Session, SQLModel, col

from models.people import Staff
from models.sessions import standing

OPENS = timedelta(minutes=15)  # how long a link lets somebody in
LASTS = timedelta(hours=12)  # how long one stays signed in: a long working day, and never the next one


class DeskLink(SQLModel, table=True):
    """A link that signs one person in, once: only a digest of its token is kept. Machine times."""

    __tablename__ = "desk_link"

    digest: str = Field(primary_key=True)
    name: str = Field(foreign_key="staff.name")
    made_at: datetime
    until: datetime
    used_at: datetime | None = None


@dataclass(frozen=True)
class SignedIn:
    """What the cookie of somebody who is signed in says: who, in which session, since when."""

    name: str
    ident: str
    since: datetime


def make_link(session: Session, name: str, now: datetime) -> str | None:
    """Make a link for this member of the team; gives its token, which can be read nowhere later. None for nobody."""
    member = session.get(Staff, name)
    if member is None or member.left_at:
        return None
    session.connection().execute(delete(DeskLink).where(col(DeskLink.until) < now - LASTS))
    token = secrets.token_urlsafe(16)
    session.add(DeskLink(digest=_digest(token), name=name, made_at=now, until=now + OPENS))
    return token


def redeem_link(session: Session, token: str, now: datetime) -> SignedIn | None:
    """Sign in whom the link was made for, once; None for any token that is not good, or no more."""
    digest = _digest(token)
    unused = update(DeskLink).where(
        col(DeskLink.digest) == digest, col(DeskLink.used_at).is_(None), col(DeskLink.until) > now
    )
    # Of two at once one changes the row, and the other finds it used.
    if not session.connection().execute(unused.values(used_at=now)).rowcount:
        return None
    link = session.get_one(DeskLink, digest)
    signed_in = SignedIn(link.name, secrets.token_urlsafe(16), now)
    return signed_in if _stands(session, link.name, link.made_at) else None


def member_signed_in(session: Session, signed_in: SignedIn, now: datetime) -> Staff | None:
    """The member of the team, as long as they may go on in this session."""
    if not signed_in.since <= now < signed_in.since + LASTS:
        return None
    member = _stands(session, signed_in.name, signed_in.since)
    return member if member and standing(session, signed_in.ident, now) == "open" else None


def _stands(session: Session, name: str, since: datetime) -> Staff | None:
    """That member, if they are of the team and were not signed out everywhere since then."""
    member = session.get(Staff, name)
    if member is None or member.left_at or (member.signed_out_at and member.signed_out_at >= since):
        return None
    return member


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
