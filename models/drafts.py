"""Remembers what a person was asked for and has not said yet, as a colleague's name: the next text completes it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import bindparam, delete
from sqlalchemy import select as columns
from sqlmodel import Field, Session, SQLModel, col

from models.message import Address

LASTS = timedelta(minutes=15)  # machine time

_FIELDS = TypeAdapter(dict[str, str])


class Draft(SQLModel, table=True):
    """What is asked of one person in one room: the next text there is the rest of `action`. `mark` tells it apart."""

    person: str = Field(primary_key=True)
    room: str = Field(primary_key=True)
    mark: str
    action: str
    fields_json: str = "{}"
    expires_at: datetime

    @property
    def fields(self) -> dict[str, str]:
        return _FIELDS.validate_json(self.fields_json)


def begin(
    session: Session,
    person: Address,
    room: Address,
    action: str,
    mark: str,
    now: datetime,
    fields: Mapping[str, str] | None = None,
) -> Draft:
    """Wait for the rest of `action`, in the place of what was waited for before."""
    draft = session.get(Draft, (str(person), str(room))) or Draft(
        person=str(person), room=str(room), mark=mark, action=action, expires_at=now
    )
    draft.mark, draft.action, draft.expires_at = mark, action, now + LASTS
    draft.fields_json = _FIELDS.dump_json(dict(fields or {})).decode()
    session.add(draft)
    return draft


def current(session: Session, person: Address, room: Address, now: datetime) -> Draft | None:
    """What is waited for from this person in this room."""
    draft = session.get(Draft, (str(person), str(room)))
    return draft if draft and draft.expires_at > now else None


def awaited(session: Session, person: Address, room: Address, now: datetime) -> str | None:
    """The action that a text of this person in this room would complete. Every question looks here."""
    # One column, prepared once: the ORM's own way costs several times as much.
    found: str | None = (
        session.connection().execute(_AWAITED, {"person": str(person), "room": str(room), "now": now}).scalar()
    )
    return found


_AWAITED = columns(col(Draft.action)).where(
    col(Draft.person) == bindparam("person"),
    col(Draft.room) == bindparam("room"),
    col(Draft.expires_at) > bindparam("now"),
)


def drop(session: Session, person: Address, room: Address) -> bool:
    """Wait for nothing more; False where nothing was waited for."""
    gone = delete(Draft).where(col(Draft.person) == str(person), col(Draft.room) == str(room))
    return session.connection().execute(gone).rowcount > 0
