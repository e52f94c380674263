"""Opens cases, one for each open subject of a person, and takes in what their askers add."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, bindparam
from sqlalchemy import select as columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from models import contacts
from models.contacts import Contact, ContactAddress
from models.conversation import Turn
from models.message import Address
from models.store import in_turn, keep_first
from models.support._rows import LIVE, Case, CaseEvent, Kind, State
from models.support._work import By, Entry, record_event, touch


@dataclass(frozen=True)
class Opening:
    """What is known of a question as it comes to the desk; times as in `Case`.

    `question` is what is asked, where the turn's own words do not tell it.
    """

    turn: Turn
    at: datetime
    recorded_at: datetime
    place: Address | None = None
    name: str | None = None
    why: str = "asked"
    participant: str | None = None  # the one that is acted for, where that is known
    question: str | None = None


@dataclass(frozen=True)
class Opened:
    """The case, and whether it was opened just now; else its asker's words `joined` an open one, or were there."""

    case: Case
    is_new: bool
    joined: bool = False


def open_case(session: Session, opening: Opening) -> Opened:
    """Pass the turn's question to the desk. Asking twice (a double tap) gives the same case, and so do words that have
    joined one which is open. Another question of the same person on a subject that is open joins that case.
    """
    turn = opening.turn
    if turn.id is None:
        raise ValueError("a case is about a turn that was recorded")
    found = contacts.known(session, Address.of(turn.sender))
    in_turn(session, f"cases:{found.id if found else turn.sender}")
    if again := _at_the_desk(session, turn):
        return Opened(again, is_new=False)
    by, question = By(None, opening.at, opening.recorded_at), opening.question or turn.asked
    subject = turn.subject or turn.campaign
    if live := _live(session, turn.sender, subject):
        if live.state == State.OPEN and live.question == question and not turn.files:
            return Opened(live, is_new=False)
        joined = join(session, live, turn.ask_id, question, by, turn.files)
        return Opened(live, is_new=False, joined=joined)
    kept = keep_first(session, _new_case(session, opening, found), select(Case).where(Case.turn_id == turn.id))
    session.flush()
    if turn.files:
        record_event(session, kept, Entry(f"said:{turn.ask_id}", Kind.SAID, files=turn.files), by)
    touch(session, kept, opening.recorded_at, new=True)
    return Opened(kept, is_new=True)


def _new_case(session: Session, opening: Opening, found: Contact | None) -> Case:
    turn = opening.turn
    return Case(
        turn_id=turn.id or 0,
        room=turn.room,
        place=str(opening.place or turn.room),
        sender=turn.sender,
        name=opening.name or (found.name if found else None),
        question=opening.question or turn.asked,
        said=turn.reply.text,
        language=turn.language,
        at=turn.at,
        recorded_at=opening.recorded_at,
        campaign=turn.campaign,
        subject=turn.subject or turn.campaign,
        why=opening.why,
        sure=turn.reply.behaviour,
        participant=opening.participant or (_acts_for(session, turn.sender, opening.recorded_at) if found else None),
        contact_id=found.id if found else None,
        waits_since=opening.at,
        changed_at=opening.recorded_at,
    )


def live_number(session: Session, person: Address) -> int | None:
    """The newest case of this person that has not ended, from wherever they asked."""
    found: int | None = session.connection().execute(_LIVE, {"person": str(person)}).scalar()
    return found


def join(session: Session, case: Case, key: str, text: str, by: By, files: str | None = None) -> bool:
    """Add what the asker wrote to their open case, which waits for the desk again.

    False where that was done before, or where the case has ended meanwhile.
    """
    session.refresh(case, with_for_update=True)
    if not case.is_live or not record_event(session, case, Entry(f"said:{key}", Kind.SAID, text, files=files), by):
        return False
    if case.state != State.OPEN:
        case.state, case.waits_since = State.OPEN, by.at
    touch(session, case, by.recorded_at)
    return True


def own_case(session: Session, number: int, person: Address) -> Case | None:
    """The case of that number, if this person asked it, from wherever; None for another's."""
    case = session.get(Case, number, with_for_update=True, populate_existing=True)
    return case if case and case.sender in _addresses(session, str(person)) else None


def withdraw(session: Session, case: Case, key: str, by: By) -> bool:
    """Take the question back; False where the case has ended already. Whose it is was looked at before."""
    if not case.is_live or not record_event(session, case, Entry(key, Kind.WITHDRAW), by):
        return False
    case.state, case.waits_since = State.WITHDRAWN, None
    touch(session, case, by.recorded_at)
    return True


def case_of(session: Session, number: int) -> Case | None:
    return session.get(Case, number)


def events_of(session: Session, number: int) -> list[CaseEvent]:
    """All that belongs to the case, oldest first."""
    return list(session.exec(select(CaseEvent).where(CaseEvent.case_number == number).order_by(col(CaseEvent.id))))


def open_cases(session: Session) -> list[Case]:
    """The cases that wait for the desk, oldest first."""
    return list(session.exec(select(Case).where(Case.state == State.OPEN).order_by(col(Case.number))))


def _at_the_desk(session: Session, turn: Turn) -> Case | None:
    """The case that the turn's question is, or that it has joined and that is still open."""
    if asked := session.exec(select(Case).where(Case.turn_id == turn.id)).first():
        return asked
    joined = select(Case).join(CaseEvent, col(CaseEvent.case_number) == col(Case.number))
    joined = joined.where(CaseEvent.key == f"said:{turn.ask_id}", col(Case.state).in_(_LIVE_STATES))
    return session.exec(joined).first()


def _live(session: Session, sender: str, subject: str | None) -> Case | None:
    """The newest on that subject."""
    mine = select(Case).where(col(Case.sender).in_(_addresses(session, sender)), col(Case.state).in_(_LIVE_STATES))
    mine = mine.where(col(Case.subject).is_(None) if subject is None else Case.subject == subject)
    return session.exec(mine.order_by(col(Case.number).desc())).first()


def _acts_for(session: Session, sender: str, now: datetime) -> str | None:
    """The participant that the person acts for: the only one there is, or the one that they chose lately."""
    person = Address.of(sender)
    firms = {one.code for one in contacts.participants_of(session, person)}
    if len(firms) == 1:
        return firms.pop()
    chosen = contacts.acts_for(session, person, now)
    return chosen if chosen in firms else None


def _addresses(session: Session, sender: str) -> set[str]:
    """Where the person writes from: the same asks in Slack and on the page."""
    found = contacts.known(session, Address.of(sender))
    return {sender, *(str(one) for one in contacts.addresses_of(session, found.id or 0))} if found else {sender}


_LIVE_STATES = [str(one) for one in LIVE]
_HERE, _THERE = aliased(ContactAddress), aliased(ContactAddress)
_LINKED = columns(col(_THERE.address)).join(_HERE, col(_HERE.contact_id) == col(_THERE.contact_id))
_LINKED = _LINKED.where(col(_HERE.address) == bindparam("person"))
# Looked for at every question, and for most people there is none.
_LIVE = (
    columns(col(Case.number))
    .where(
        col(Case.sender).in_(_LINKED.union_all(columns(bindparam("person", type_=String)))),
        col(Case.state).in_(_LIVE_STATES),
    )
    .order_by(col(Case.number).desc())
    .limit(1)
)
