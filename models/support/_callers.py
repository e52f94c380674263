"""Keeps what people of the desk do for somebody who phoned: under their name, with the reason, once, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from models.conversation import record
from models.message import Address, Ask, Reply
from models.support._cases import Opened, Opening, open_case
from models.support._rows import PHONE, Kind, StaffDeed
from models.support._work import By, Entry, record_event, touch

PHONED = "phone"  # why such a case came to the desk


@dataclass(frozen=True)
class Phoned:
    """A question that somebody of a participant asked the desk by phone, and who of the desk wrote it down.

    `sender` is where that person writes from otherwise, `place` where they can be sent a reply; without them the desk
    has to tell them by phone. `because` is how it is known who phoned. The same `key` is the same call.
    """

    key: str
    participant: str
    question: str
    because: str
    by: By
    language: str
    campaign: str | None = None
    contact_id: int | None = None
    name: str | None = None
    sender: Address | None = None
    place: Address | None = None


def open_by_phone(session: Session, call: Phoned) -> Opened:
    """Open a case for it, or have it join the open one of that person on that subject. The same call again is once."""
    room = Address(PHONE, call.participant)
    # Who is not known by any address is somebody new at each call: nobody's question joins another's.
    sender = call.sender or Address(PHONE, f"{call.participant}:{call.key}")
    ask = Ask(f"{PHONE}:{call.key}", sender, room, call.question, call.by.at, call.language)
    kept = Reply("", "escalate", language=call.language)
    turn = record(session, ask, kept, recorded_at=call.by.recorded_at, campaign=call.campaign)
    place = call.place or room
    opened = open_case(
        session, Opening(turn, call.by.at, call.by.recorded_at, place, call.name, PHONED, call.participant)
    )
    case = opened.case
    case.contact_id = case.contact_id or call.contact_id
    if record_event(session, case, Entry(f"opened:{call.key}", Kind.OPENED, call.because), call.by):
        touch(session, case, call.by.recorded_at, new=opened.is_new)
    return opened


def keep_deed(session: Session, deed: StaffDeed) -> StaffDeed:
    session.add(deed)
    session.flush()
    return deed


def deed_of(session: Session, key: str) -> StaffDeed | None:
    """What that key has caused, if it was done."""
    return session.exec(select(StaffDeed).where(StaffDeed.key == key)).first()


def deeds_for(session: Session, participant: str, limit: int = 50) -> Sequence[StaffDeed]:
    """What the desk did for the participant, the newest first."""
    theirs = select(StaffDeed).where(StaffDeed.participant == participant)
    return session.exec(theirs.order_by(col(StaffDeed.id).desc()).limit(limit)).all()
