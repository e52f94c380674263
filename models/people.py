"""Remembers what a person has chosen, and who belongs to the support team."""

from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import Field, Session, SQLModel, col, select

from models.message import Address
from models.store import announce


class Preference(SQLModel, table=True):
    """The language in which somebody wishes to be answered where their words do not show one."""

    address: str = Field(primary_key=True)
    language: str
    chosen_at: datetime


class Staff(SQLModel, table=True):
    """A member of the support desk, as `support` or `operator`. Somebody who left stays in the records.

    What was signed in to the desk page before `signed_out_at` counts no more. Machine times.
    """

    name: str = Field(primary_key=True)
    slack: str | None = Field(default=None, unique=True)  # TEAM:USER
    telegram: str | None = Field(default=None, unique=True)
    added_at: datetime
    left_at: datetime | None = None
    role: str = "support"
    signed_out_at: datetime | None = None


class TakenBy(Exception):  # noqa: N818 - named after the situation
    """Another member of the team has that account."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def choose_language(session: Session, person: Address, language: str, now: datetime) -> None:
    row = session.get(Preference, str(person)) or Preference(address=str(person), language=language, chosen_at=now)
    row.language, row.chosen_at = language, now
    session.add(row)


_CHOSEN = select(Preference.language).where(col(Preference.address) == bindparam("person"))


def language_chosen(session: Session, person: Address) -> str | None:
    chosen: str | None = session.connection().execute(_CHOSEN, {"person": str(person)}).scalar()
    return chosen


def add_staff(session: Session, name: str, account: Address | None, now: datetime, role: str | None = None) -> Staff:
    """Name a member of the team, or give one a further account or another role. Raises `TakenBy`.

    Without an account they work on the desk page alone.
    """
    if account:
        _make_room(session, name, account)
    member = session.get(Staff, name) or Staff(name=name, added_at=now)
    if account:
        setattr(member, account.channel, account.id)
    member.role, member.left_at = role or member.role, None
    session.add(member)
    return member


def _make_room(session: Session, name: str, account: Address) -> None:
    column = {"slack": Staff.slack, "telegram": Staff.telegram}[account.channel]
    other = session.exec(select(Staff).where(col(column) == account.id, Staff.name != name)).first()
    if other and other.left_at is None:
        raise TakenBy(other.name)
    if other:
        setattr(other, account.channel, None)
        session.add(other)
        session.flush()


def remove_staff(session: Session, name: str, now: datetime) -> bool:
    """Let a member reply no longer; False where there is none of that name. They are signed out of the desk page."""
    member = session.get(Staff, name)
    if member is None or member.left_at:
        return False
    member.left_at = member.signed_out_at = now
    session.add(member)
    announce(session, news_of(name))
    return True


def sign_out_everywhere(session: Session, name: str, now: datetime) -> bool:
    """Let nobody in any more who signed in to the desk page by that name before; False where there is none."""
    member = session.get(Staff, name)
    if member is None:
        return False
    member.signed_out_at = now
    session.add(member)
    announce(session, news_of(name))
    return True


def news_of(name: str) -> str:
    """The topic that is announced when that member of the team is signed out everywhere, or leaves."""
    return f"staff:{name}"


def staff(session: Session) -> list[Staff]:
    """Who is of the support team now."""
    return list(session.exec(select(Staff).where(col(Staff.left_at).is_(None)).order_by(Staff.name)))


def staff_member(session: Session, account: Address) -> Staff | None:
    """The member of the team whose account that is."""
    columns = {"slack": Staff.slack, "telegram": Staff.telegram}
    if account.channel not in columns:
        return None
    column = col(columns[account.channel])
    return session.exec(select(Staff).where(column == account.id, col(Staff.left_at).is_(None))).first()
