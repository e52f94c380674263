"""Looks up seats, the line and how one gets into a webinar."""

from typing import Any

from sqlmodel import Session, col

from models.seats import _statements as statements
from models.seats._desk import Desk
from models.seats._rows import Login, Seat, Waiting
from models.seats._rules import Moment


def seats_of(
    session: Session, campaign: str, participant: str | None = None, briefing: str | None = None
) -> list[Seat]:
    """The seats, held and on offer, by briefing, participant and number; without a participant everybody's."""
    theirs = _of(Seat, campaign, participant, briefing)
    found = statements.SEAT.where(*theirs).order_by(col(Seat.briefing), col(Seat.participant), col(Seat.number))
    session.flush()
    return statements.copies(Seat, session.connection().execute(found).mappings())


def line_of(
    session: Session, campaign: str, participant: str | None = None, briefing: str | None = None
) -> list[Waiting]:
    """Those who wait or have an offer, in the order of the line."""
    theirs = _of(Waiting, campaign, participant, briefing)
    found = statements.WAITING.where(statements.STANDS, *theirs).order_by(col(Waiting.id))
    session.flush()
    return statements.copies(Waiting, session.connection().execute(found).mappings())


def set_login(session: Session, campaign: str, briefing: str, text: str, by: str, at: Moment) -> Login:
    """Keep how one gets into the webinar; another text is another version. Who has a seat then is to be told now; who
    gets one later finds this.
    """
    Desk(session, campaign, briefing, at)
    kept = session.get(Login, (campaign, briefing), populate_existing=True)
    if kept is None:
        kept = Login(campaign=campaign, briefing=briefing, text=text, set_by=by, set_at=at.machine)
    elif kept.text != text:
        kept.version, kept.text, kept.set_by, kept.set_at = kept.version + 1, text, by, at.machine
    session.add(kept)
    session.flush()
    return kept


def login(session: Session, campaign: str, briefing: str) -> Login | None:
    """How one gets into the webinar, if support has said it."""
    return session.get(Login, (campaign, briefing), populate_existing=True)


def _of(kind: type[Seat] | type[Waiting], campaign: str, participant: str | None, briefing: str | None) -> list[Any]:
    asked = {"campaign": campaign, "participant": participant, "briefing": briefing}
    return [getattr(kind, name) == value for name, value in asked.items() if value is not None]
