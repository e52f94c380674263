"""Takes the wish for a check, as often as one may have one, and finds the result that still holds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, or_, select

from models.checks._rows import Check, State
from models.store import announce, in_turn

NEWS = "checks"  # the topic that is announced when there is something to check
KEPT: Mapping[str, timedelta] = {
    "ok": timedelta(seconds=60), "warning": timedelta(seconds=15), "fail": timedelta(seconds=15)
}  # fmt: skip
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

Whose = Literal["person.minute", "person.hour", "participant.hour"]


@dataclass(frozen=True)
class Asked:
    """Who wants what checked, for whom, and where they are told. `at` is campaign time."""

    campaign: str
    target: str
    participant: str
    contact_id: int
    address: str
    place: str
    language: str
    at: datetime


@dataclass(frozen=True)
class Result:
    """What a check showed; `report_json` is the whole of it. The words for `cause` and `owner` are the handlers'."""

    verdict: str
    phase: str
    cause: str
    owner: str
    report_json: str


@dataclass(frozen=True)
class Wait:
    """Whose limit is reached, how many may be asked for in that time, and when there is room again."""

    whose: Whose
    most: int
    until: datetime


# Of a person in a minute and in an hour, and of a participant in an hour.
LIMITS: tuple[tuple[Whose, int, timedelta], ...] = (
    ("person.minute", 1, MINUTE),
    ("person.hour", 10, HOUR),
    ("participant.hour", 30, HOUR),
)


def wait_for(session: Session, contact_id: int, participant: str, now: datetime) -> Wait | None:
    """Until when this contact must wait before asking again for this participant; None where they need not.

    What is then asked in the same transaction is counted by whoever comes after it.
    """
    in_turn(session, f"checks of contact {contact_id}")
    in_turn(session, f"checks of {participant}")
    return max(_waits(session, contact_id, participant, now), key=lambda wait: wait.until, default=None)


def _waits(session: Session, contact_id: int, participant: str, now: datetime) -> Iterator[Wait]:
    for whose, most, within in LIMITS:
        mine = Check.participant == participant if whose == "participant.hour" else Check.contact_id == contact_id
        counted = select(Check.recorded_at).where(
            mine, Check.vantage == "bot", Check.state != str(State.REFUSED), col(Check.recorded_at) > now - within
        )
        last = session.exec(counted.order_by(col(Check.recorded_at).desc()).limit(most)).all()
        if len(last) == most:
            yield Wait(whose, most, last[-1] + within)


def fresh(session: Session, campaign: str, target: str, now: datetime) -> Check | None:
    """The last check from here, while its result holds: a minute if all was well, else a quarter of one."""
    last = select(Check).where(*_looked(campaign, target)).order_by(col(Check.ended_at).desc(), col(Check.id).desc())
    found = session.exec(last.limit(1)).first()
    if found is None or found.ended_at is None:
        return None
    kept = KEPT.get(found.verdict or "", timedelta())
    return found if now - found.ended_at < kept else None


def _looked(campaign: str, target: str) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Check.campaign) == campaign,
        col(Check.target) == target,
        col(Check.vantage) == "bot",
        col(Check.state) == str(State.DONE),
        col(Check.same_as).is_(None),
    )


def ask(session: Session, asked: Asked, now: datetime, known: Check | None = None) -> Check:
    """Have it checked, or note that what is `known` was told instead. Machine time."""
    values = {name: value for name, value in vars(asked).items() if name != "at"}
    check = Check(**values, asked_at=asked.at, recorded_at=now)
    if known:
        check.state, check.same_as, check.ended_at = State.DONE, known.id, known.ended_at
        for name in ("verdict", "phase", "cause", "owner", "report_json"):
            setattr(check, name, getattr(known, name))
    else:
        announce(session, NEWS)
    session.add(check)
    session.flush()
    return check


def targets_waiting(session: Session) -> int:
    """How many targets are being checked, or wait for that."""
    named = select(Check.campaign, Check.target).where(or_(Check.state == State.ASKED, Check.state == State.RUNNING))
    return session.exec(select(func.count()).select_from(named.distinct().subquery())).one()


def last_checks(session: Session, participant: str, campaign: str, limit: int = 20) -> list[Check]:
    """The participant's checks, the newest first: from the bot and from its PCs."""
    theirs = select(Check).where(Check.participant == participant, Check.campaign == campaign)
    return list(session.exec(theirs.order_by(col(Check.id).desc()).limit(limit)))
