"""Finds the cases that nobody has claimed for too long, and remembers which tier of the desk was told of which."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, exists, select

from models.support._rows import LIVE, Case, CaseAlarm, State


def unclaimed(session: Session, tier: int, at: datetime, minutes: int) -> list[Case]:
    """Those that wait for so long by any clock, and that nobody has claimed or told this tier of; campaign time."""
    told = exists().where(
        col(CaseAlarm.case_number) == col(Case.number),
        col(CaseAlarm.tier) == tier,
        col(CaseAlarm.since) == col(Case.waits_since),
    )
    waiting = select(Case).where(Case.state == State.OPEN, col(Case.holder).is_(None), ~told)
    late = waiting.where(col(Case.waits_since) <= at - timedelta(minutes=minutes))
    return list(session.exec(late.order_by(col(Case.number))))


def keep_alarm(session: Session, case: Case, tier: int, at: datetime) -> bool:
    """Remember that the tier is told of it; False where it was told before."""
    number, since = case.number or 0, case.waits_since
    if since is None or session.get(CaseAlarm, (number, tier, since)) is not None:
        return False
    session.add(CaseAlarm(case_number=number, tier=tier, since=since, at=at))
    return True


def live_before(session: Session, at: datetime) -> list[Case]:
    """The cases that have not ended, of those that were asked before then; campaign time."""
    live = select(Case).where(col(Case.state).in_([str(one) for one in LIVE]), col(Case.at) < at)
    return list(session.exec(live.order_by(col(Case.number))))
