"""Remembers which card shows which case in which support room, and which of them are to be edited."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Update, func, or_, update
from sqlmodel import Session, col, select

from models.outbox import Message
from models.store import announce
from models.support._rows import Case, CaseCard, CaseEvent
from models.support._work import CARDS

AGAIN = timedelta(seconds=20)  # machine time; after an edit that failed, or whose copy of Usher ended meanwhile


@dataclass(frozen=True)
class Stale:
    """A card that does not show how its case stands, and what it is edited by."""

    case: Case
    room: str
    reference: str
    version: int


def keep_card(session: Session, number: int, room: str, message_key: str) -> None:
    """Remember that the message of that key is the card. Twice is once."""
    if session.get(CaseCard, (number, room)) is None:
        session.add(CaseCard(case_number=number, room=room, message_key=message_key))


def cards_of(session: Session, number: int) -> Sequence[CaseCard]:
    return session.exec(select(CaseCard).where(CaseCard.case_number == number)).all()


def case_behind(session: Session, reference: str) -> int | None:
    """The number of the case whose card, or whose message to the room, was sent with that reference."""
    about = session.exec(select(Message.about).where(Message.reference == reference).limit(1)).first() or ""
    number = about.removeprefix("case:")
    return int(number) if about.startswith("case:") and number.isdecimal() else None


def stale_cards(session: Session, rooms: Collection[str], now: datetime) -> list[Stale]:
    """Of each of these rooms the card that is to be edited next, if there is one; the change that waits longest first.

    One that was never sent, or was tried a moment ago, is none.
    """
    found = (_next_in(session, room, now) for room in rooms)
    return [card for card in found if card]


def _next_in(session: Session, room: str, now: datetime) -> Stale | None:
    shown = (
        select(Case, Message.reference)
        .join(CaseCard, col(CaseCard.case_number) == col(Case.number))
        .join(Message, col(Message.key) == col(CaseCard.message_key))
        .where(CaseCard.room == room, col(CaseCard.stale), col(Message.reference).is_not(None), _not_tried(now))
        .order_by(col(Case.changed_at), col(Case.number))
    )
    row = session.exec(shown.limit(1)).first()
    return Stale(row[0], room, row[1] or "", row[0].version) if row else None


def take_card(session: Session, card: Stale, now: datetime) -> bool:
    """Say that it is being edited; False where another copy of Usher does that. Machine time."""
    mine = _card(card).where(col(CaseCard.stale), _not_tried(now)).values(tried_at=now)
    return session.connection().execute(mine).rowcount > 0


def note_card(session: Session, card: Stale) -> None:
    """It was edited. What changed meanwhile is still to be shown, at once."""
    as_shown = select(Case.version).where(Case.number == card.case.number).scalar_subquery() == card.version
    done = _card(card).where(as_shown).values(stale=False, tried_at=None)
    if not session.connection().execute(done).rowcount:
        session.connection().execute(_card(card).values(tried_at=None))
        announce(session, CARDS)


def give_up_card(session: Session, card: Stale) -> None:
    """The message is gone or can never be edited: the case goes on without it."""
    session.connection().execute(_card(card).values(stale=False, tried_at=None))


def card_sent(session: Session) -> None:
    """A card has come to its room: if its case changed on the way, it is to be edited now."""
    announce(session, CARDS)


def _card(card: Stale) -> Update:
    return update(CaseCard).where(col(CaseCard.case_number) == card.case.number, col(CaseCard.room) == card.room)


def _not_tried(now: datetime) -> ColumnElement[bool]:
    return or_(col(CaseCard.tried_at).is_(None), col(CaseCard.tried_at) < now - AGAIN)


def case_of_reply(session: Session, message_key: str) -> Case | None:
    """The case that the message of that key replies to."""
    event = session.exec(select(CaseEvent).where(CaseEvent.key == message_key)).first()
    return session.get(Case, event.case_number) if event else None


def due_behind(session: Session, number: int, at: datetime) -> datetime:
    """When the next reply of the case is due, so that it stays behind those before it. Campaign time.

    They are sent in the order of that time, and one that was written earlier may have been taken in later.
    """
    before = select(func.max(Message.due)).where(
        Message.about == f"case:{number}", col(Message.key).startswith("reply:")
    )
    last: datetime | None = session.exec(before).one()
    return max(at, last) if last else at
