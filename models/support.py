"""The questions that Usher passes to the people of the support team."""

from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select

from models.conversation import Turn
from models.store import keep_first


class Case(SQLModel, table=True):
    """One question for support. `at` is campaign time, `recorded_at` machine time."""

    __tablename__ = "support_case"  # "case" is a word of SQL itself
    # A number that a person was once told never means another question, even after cases are deleted.
    __table_args__ = {"sqlite_autoincrement": True}

    number: int | None = Field(default=None, primary_key=True)
    turn_id: int = Field(foreign_key="turn.id", unique=True)
    room: str
    sender: str
    question: str
    said: str
    language: str | None = None
    state: str = "open"
    at: datetime
    recorded_at: datetime


def open_case(session: Session, turn: Turn, recorded_at: datetime) -> Case:
    """Pass the turn's question to support. Asking twice (a double tap) gives the same case."""
    if turn.id is None:
        raise ValueError("a case is about a turn that was recorded")
    case = Case(
        turn_id=turn.id,
        room=turn.room,
        sender=turn.sender,
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
