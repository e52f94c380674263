"""Tells how Usher is doing: what came in and went out last, what waits, what was refused, which copies there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from models import inbox, outbox
from models.deliveries import counts
from models.inbox import Event
from models.leases import Lease
from models.outbox import Message, State
from models.reach import Closed
from models.reminders import ReminderRun

LAST_EVENTS = 1000  # among which the last of each channel is looked for
LAST_REFUSALS = 20


@dataclass(frozen=True)
class Overview:
    """`sent` and `heard` are when each channel sent and heard last, `taken_at` since when the oldest open event waits:
    machine times. `oldest_due` is campaign time: since when the oldest message that is due waits.
    """

    counts: Mapping[tuple[str, str], int]
    sent: Mapping[str, datetime]
    heard: Mapping[str, datetime]
    refused: Sequence[Message]
    closed: int
    due: int
    oldest_due: datetime | None
    open_events: int
    taken_at: datetime | None
    failed_events: int
    last_run: ReminderRun | None
    leases: Sequence[Lease]

    def of(self, channel: str, *states: str) -> int:
        return sum(self.counts.get((channel, state), 0) for state in states)


def overview(session: Session, now: datetime) -> Overview:
    """As at one moment. Campaign time."""
    counted = counts(session)
    run = session.connection().execute
    waiting = col(Message.state) == str(State.PENDING), col(Message.due) <= now
    due, oldest = run(select(func.count(), func.min(col(Message.due))).where(*waiting)).one()
    still = col(Event.state).in_([str(one) for one in inbox.OPEN])
    events, taken_at = run(select(func.count(), func.min(col(Event.taken_at))).where(still)).one()
    lost = col(Event.state).in_([str(one) for one in inbox.UNANSWERED])
    return Overview(
        counts=counted,
        sent=_sent(session, {channel for channel, _ in counted}),
        heard=_heard(session),
        refused=_refused(session),
        closed=run(select(func.count()).select_from(Closed)).scalar_one(),
        due=due,
        oldest_due=oldest,
        open_events=events,
        taken_at=taken_at,
        failed_events=run(select(func.count()).where(lost)).scalar_one(),
        last_run=session.scalars(select(ReminderRun).order_by(col(ReminderRun.recorded_at).desc()).limit(1)).first(),
        leases=session.scalars(select(Lease).order_by(col(Lease.name))).all(),
    )


def _sent(session: Session, channels: set[str]) -> dict[str, datetime]:
    """When each sent the last of what it was to send: by an index, however much that was."""
    found = {}
    for channel in channels:
        last = (
            select(col(Message.settled_at))
            .where(col(Message.state) == str(outbox.State.SENT), col(Message.channel) == channel)
            .order_by(col(Message.due).desc(), col(Message.id).desc())
        )
        if at := session.connection().execute(last.limit(1)).scalar():
            found[channel] = at
    return found


def _heard(session: Session) -> dict[str, datetime]:
    last = select(col(Event.person), col(Event.taken_at)).order_by(col(Event.id).desc()).limit(LAST_EVENTS)
    found: dict[str, datetime] = {}
    for person, at in session.connection().execute(last):
        found.setdefault(person.partition(":")[0], at)
    return found


def _refused(session: Session) -> Sequence[Message]:
    """What no platform took, the newest first."""
    failed = select(Message).where(col(Message.state) == str(State.FAILED)).order_by(col(Message.id).desc())
    return session.scalars(failed.limit(LAST_REFUSALS)).all()
