"""The questions that Usher passes to the people of the support team, and what they replied."""

from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select

from models.conversation import Turn
from models.message import Address
from models.store import keep_first


class Case(SQLModel, table=True):
    """One question for support, `open` until it is `answered`. `at` is campaign time, `recorded_at` machine time.

    `place` is where the reply goes: the room that it was asked in, or the thread or message within it.
    """

    __tablename__ = "support_case"  # "case" is a word of SQL itself
    # A number that a person was once told never means another question, even after cases are deleted.
    __table_args__ = {"sqlite_autoincrement": True}

    number: int | None = Field(default=None, primary_key=True)
    turn_id: int = Field(foreign_key="turn.id", unique=True)
    room: str
    place: str
    sender: str
    name: str | None = None
    question: str
    said: str
    language: str | None = None
    state: str = "open"
    at: datetime
    recorded_at: datetime

    @property
    def asker(self) -> Address:
        return Address.of(self.sender)


class CaseReply(SQLModel, table=True):
    """What somebody of the team replied: `message_key` is that of the outbox, which knows when it arrived."""

    __tablename__ = "case_reply"

    id: int | None = Field(default=None, primary_key=True)
    case_number: int = Field(foreign_key="support_case.number", index=True)
    message_key: str = Field(unique=True)
    by: str
    text: str
    at: datetime
    recorded_at: datetime


def open_case(
    session: Session, turn: Turn, recorded_at: datetime, place: Address | None = None, name: str | None = None
) -> Case:
    """Pass the turn's question to support. Asking twice (a double tap) gives the same case."""
    if turn.id is None:
        raise ValueError("a case is about a turn that was recorded")
    case = Case(
        turn_id=turn.id,
        room=turn.room,
        place=str(place or turn.room),
        sender=turn.sender,
        name=name,
        question=turn.asked,
        said=turn.reply.text,
        language=turn.language,
        at=turn.at,
        recorded_at=recorded_at,
    )
    return keep_first(session, case, select(Case).where(Case.turn_id == turn.id))


def open_cases(session: Session) -> list[Case]:
    """The cases that wait for support, oldest first."""
    return list(session.exec(select(Case).where(Case.state == "open").order_by(col(Case.number))))


def record_reply(
    session: Session, case: Case, message_key: str, by: str, text: str, *, at: datetime, recorded_at: datetime
) -> bool:
    """Keep a reply to the case, which is answered now; False where this one was kept before."""
    if session.exec(select(CaseReply.id).where(CaseReply.message_key == message_key)).first():
        return False
    case.state = "answered"
    session.add(case)
    reply = CaseReply(
        case_number=case.number or 0, message_key=message_key, by=by, text=text, at=at, recorded_at=recorded_at
    )
    session.add(reply)
    return True
