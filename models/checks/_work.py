"""Hands out the checks that are asked for, to one copy of Usher at a time, and takes their results once."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, update
from sqlalchemy import select as columns
from sqlmodel import Session, col

from models.checks._ask import Result
from models.checks._rows import Check, State

LEASE = timedelta(seconds=30)  # longer than a check: after it another copy looks, for this one may have ended

_ASKED = col(Check.state) == str(State.ASKED)


def is_due(session: Session, now: datetime) -> bool:
    """Whether anything waits for a copy that checks it."""
    return bool(session.scalar(columns(exists().where(_open(now)))))


def claim(session: Session, copy: str, now: datetime, limit: int = 1000) -> list[Check]:
    """Take what is asked for, and what a copy that ended has left. Machine time."""
    some = columns(col(Check.id)).where(_open(now)).order_by(col(Check.id)).limit(limit)
    # PostgreSQL may run a plain subquery more than once, and then takes more than the limit.
    free = some.with_for_update(skip_locked=True).cte("free")
    leased = {"state": str(State.RUNNING), "copy_name": copy, "lease_until": now + LEASE}
    taken = update(Check).where(col(Check.id).in_(columns(free.c.id))).values(**leased)
    return _changed(session, taken.returning(Check))


def keep_up(session: Session, ids: Collection[int], copy: str, now: datetime) -> None:
    """Say that the copy is still at work on them."""
    lease = update(Check).where(_held(ids, copy)).values(lease_until=now + LEASE)
    session.connection().execute(lease)


def give_back(session: Session, ids: Collection[int], copy: str) -> None:
    """Let another copy check them: this one ends."""
    left = update(Check).where(_held(ids, copy))
    session.connection().execute(left.values(state=str(State.ASKED), copy_name=None, lease_until=None))


def finish(session: Session, ids: Collection[int], copy: str, result: Result, now: datetime) -> list[Check]:
    """Note what was found. Gives those that are done with it: those that another copy took over are not."""
    ended = update(Check).where(_held(ids, copy))
    values = {**vars(result), "state": str(State.DONE), "ended_at": now, "copy_name": None, "lease_until": None}
    return _changed(session, ended.values(**values).returning(Check))


def refuse(session: Session, ids: Collection[int], copy: str, now: datetime) -> list[Check]:
    """There is nothing any more that could be checked."""
    ended = update(Check).where(_held(ids, copy))
    values = {"state": str(State.REFUSED), "ended_at": now, "copy_name": None, "lease_until": None}
    return _changed(session, ended.values(**values).returning(Check))


def _open(now: datetime) -> ColumnElement[bool]:
    left = and_(col(Check.state) == str(State.RUNNING), col(Check.lease_until) < now)
    return or_(_ASKED, left)


def _held(ids: Collection[int], copy: str) -> ColumnElement[bool]:
    return and_(col(Check.id).in_(ids), col(Check.state) == str(State.RUNNING), col(Check.copy_name) == copy)


def _changed(session: Session, statement: object) -> list[Check]:
    found: Sequence[Check] = session.scalars(statement, execution_options=_FRESH).all()  # type: ignore[call-overload] # an update that returns rows
    return sorted(found, key=lambda check: check.id or 0)


_FRESH = {"synchronize_session": False, "populate_existing": True}
