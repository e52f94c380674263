"""Remembers how each target is seen from here, when that changed, and which incidents there were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from models.checks._ask import Result
from models.checks._rows import Incident, TargetState
from models.store import in_turn


@dataclass(frozen=True)
class Change:
    """How a target is now, how it was, and the incident that began or ended with that."""

    after: TargetState
    before: TargetState | None = None
    began: Incident | None = None
    ended: Incident | None = None

    @property
    def turned(self) -> bool:
        """Whether it is better or worse than it was; the first time, whether all is not well."""
        return self.after.verdict != (self.before.verdict if self.before else "ok")


def note_state(
    session: Session, campaign: str, target: str, result: Result, at: datetime, now: datetime
) -> Change | None:
    """Take in what a check from here showed; None where nothing has changed, or it could not be judged.

    `at` is campaign time, `now` machine time. Of several copies that see the same, one is told of the change.
    """
    if result.verdict == "unknown":
        return None
    in_turn(session, f"target {campaign} {target}")
    before = state_of(session, campaign, target)
    if before and (before.verdict, before.cause) == (result.verdict, result.cause):
        before.checked_at = now
        session.add(before)
        return None
    after = TargetState(campaign=campaign, target=target, verdict=result.verdict, phase=result.phase,
                        cause=result.cause, since=at, recorded_at=now, checked_at=now)  # fmt: skip
    session.add(after)
    going_on = open_incident(session, campaign, target)
    began = ended = None
    if result.verdict == "fail" and going_on is None:
        began = Incident(campaign=campaign, target=target, cause=result.cause, began=at, recorded_at=now)
        session.add(began)
    elif result.verdict != "fail" and going_on:
        going_on.ended, going_on.ended_at = at, now
        session.add(going_on)
        ended = going_on
    session.flush()
    return Change(after, before, began, ended)


def state_of(session: Session, campaign: str, target: str) -> TargetState | None:
    """How it was seen last."""
    return session.exec(_states(campaign, target).order_by(col(TargetState.id).desc()).limit(1)).first()


def states(session: Session, campaign: str, target: str) -> Sequence[TargetState]:
    """How it was seen, in order."""
    return session.exec(_states(campaign, target).order_by(col(TargetState.id))).all()


def open_incident(session: Session, campaign: str, target: str) -> Incident | None:
    going_on = select(Incident).where(Incident.campaign == campaign, Incident.target == target)
    return session.exec(going_on.where(col(Incident.ended).is_(None))).first()


def incidents(session: Session, campaign: str) -> Sequence[Incident]:
    """All of them, in order."""
    return session.exec(select(Incident).where(Incident.campaign == campaign).order_by(col(Incident.id))).all()


def _states(campaign: str, target: str) -> SelectOfScalar[TargetState]:
    return select(TargetState).where(TargetState.campaign == campaign, TargetState.target == target)
