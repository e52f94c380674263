"""Lets one copy of Usher do what only one may do, for as long as it keeps that up."""

from datetime import datetime, timedelta

from sqlmodel import Field, Session, SQLModel

from models.store import in_turn


class Lease(SQLModel, table=True):
    """Which copy holds `name`, until when by the machine's time."""

    name: str = Field(primary_key=True)
    copy_name: str
    until: datetime


def hold(session: Session, name: str, copy: str, now: datetime, lasts: timedelta) -> bool:
    """Take or keep up the lease; False while another copy holds it."""
    in_turn(session, f"lease:{name}")
    lease = session.get(Lease, name) or Lease(name=name, copy_name=copy, until=now)
    if lease.copy_name != copy and lease.until > now:
        return False
    lease.copy_name, lease.until = copy, now + lasts
    session.add(lease)
    return True


def let_go(session: Session, name: str, copy: str) -> None:
    """Leave the lease to another copy at once."""
    lease = session.get(Lease, name)
    if lease and lease.copy_name == copy:
        session.delete(lease)
