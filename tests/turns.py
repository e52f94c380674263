"""Small transactions on turns, for the tests of the store and for the programs that those start."""

from datetime import UTC, datetime

from sqlmodel import Session, select

from models.conversation import Turn

APRIL = datetime(2023, 4, 12, 2, tzinfo=UTC)


def turn(key: str) -> Turn:
    return Turn(ask_id=key, room="web:amy", sender="web:amy", asked=key, reply_json="{}", at=APRIL, recorded_at=APRIL)


def add(session: Session, key: str) -> Turn:
    row = turn(key)
    session.add(row)
    session.flush()
    return row


def add_and_fail(session: Session, key: str) -> Turn:
    add(session, key)
    raise ZeroDivisionError


def asked(session: Session) -> list[str]:
    return sorted(session.exec(select(Turn.asked)))
