"""Plays the reminders of a campaign from moment to moment: what Usher would plan and send at each, at which pace."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import partial

from sqlalchemy import func
from sqlmodel import Session, col, select

from handlers.phrasing import Phrasing
from handlers.reminders import Reminders
from models import outbox
from models.campaign import Campaign
from models.imports import Progress
from models.message import Channel
from models.outbox import Message, Sender, State
from models.reminders import Timetable, Unreached
from models.store import Store
from scheduler.reminders import Planner

AT_ONCE = 500  # messages that are worded together; all of one minute, so that each says what it would by itself


@dataclass(frozen=True)
class Span:
    """What is played: what comes due from `start` to `end`. At `start` Usher begins to run."""

    start: datetime
    end: datetime


def span_of(timetable: Timetable, campaign: Campaign, start: datetime | None, end: datetime | None) -> Span:
    """As given; else from the day before the first lead to the end of the day after the last one."""
    at = [moment.at.astimezone(campaign.zone) for moment in timetable.moments()]
    first = datetime.combine(min(at).date() - timedelta(days=1), time(), campaign.zone)
    last = datetime.combine(max(at).date() + timedelta(days=2), time(), campaign.zone)
    return Span(start or first, end or last)


async def play(
    store: Store, campaign: Campaign, timetable: Timetable, channels: Mapping[str, Channel], span: Span, bar: Progress
) -> list[Unreached]:
    """Plan and send all of the span, to nobody; gives what support would be told. It stands in the store then.

    `bar` is told of "played", in hundredths of the moments at which something is planned.
    """
    moments = moments_of(timetable, span)
    playing = _Playing(store, campaign, timetable, channels, moments[0])
    for number, (at, until) in enumerate(zip(moments, [*moments[1:], None], strict=True)):
        playing.now = at
        await playing.planner.plan()
        await store.write(playing.send, until, partial(_tell, bar, number))
    bar("played", len(moments) * 100)
    return playing.unreached


def moments_of(timetable: Timetable, span: Span) -> list[datetime]:
    """When something is planned: at the start what came due before, then each lead at its time."""
    comes = {moment.at.astimezone(UTC) for moment in timetable.moments() if span.start < moment.at <= span.end}
    return [span.start.astimezone(UTC), *sorted(comes)]


def _tell(bar: Progress, number: int, share: float) -> None:
    bar("played", number * 100 + int(share * 100))


Share = Callable[[float], None]


@dataclass
class _Playing:
    """Usher on a clock that jumps. In a rehearsal the machine's clock and the campaign's show the same."""

    store: Store
    campaign: Campaign
    timetable: Timetable
    channels: Mapping[str, Channel]
    now: datetime  # always in UTC: there an hour is an hour
    unreached: list[Unreached] = field(default_factory=list)

    def __post_init__(self) -> None:
        names = tuple(self.channels)
        self._reminders = Reminders(Phrasing([self.campaign]), self.timetable, names, (), self._clock, self._clock)
        self.planner = Planner(self.store, self.timetable, names, lambda: self._reminders.times, self._hear)

    def _clock(self) -> datetime:
        return self.now

    def _hear(self, _session: Session, found: Unreached) -> None:
        self.unreached.append(found)

    def send(self, session: Session, until: datetime | None, share: Share) -> None:
        """Claim and note all that is waiting, at the pace of the platforms, until it is planned again."""
        batch = _Batch(session, self._reminders, share)
        looks = dict.fromkeys(self.channels, self.now)
        while looks:
            name = min(looks, key=lambda one: looks[one])
            at = looks.pop(name)
            if until and at >= until:
                break
            self.now = at
            claimed = self._claim(session, name)
            last = batch.take(claimed, at)
            if not claimed:
                batch.note()
            if claimed or session.exec(_WAITING.where(Message.channel == name, col(Message.due) <= at)).first():
                looks[name] = last + timedelta(seconds=self.channels[name].interval or 0.05)
            elif not looks and (later := session.exec(_LATER.where(col(Message.due) > at)).first()):
                looks = dict.fromkeys(self.channels, later)  # somebody wished to be told then
        batch.note()

    def _claim(self, session: Session, name: str) -> list[Message]:
        now, sender = self.now, Sender("rehearsal", timedelta(days=1))
        return outbox.claim(session, self.channels[name], sender, limit=AT_ONCE, campaign_now=now, now=now)


_PENDING = col(Message.state) == str(State.PENDING)
_WAITING = select(Message.id).where(_PENDING).limit(1)
_LATER = select(Message.due).where(_PENDING).order_by(col(Message.due)).limit(1)


class _Batch:
    """What was claimed within a minute: claimed one by one at its time, worded together, noted as sent at its time."""

    def __init__(self, session: Session, reminders: Reminders, share: Share) -> None:
        self._session, self._reminders, self._share = session, reminders, share
        self._waiting, self._noted = session.exec(select(func.count()).where(_PENDING)).one(), 0
        self._claimed: list[Message] = []
        self._turns: dict[int | None, datetime] = {}
        self._began = datetime.max.replace(tzinfo=UTC)

    def take(self, claimed: Sequence[Message], at: datetime) -> datetime:
        """Each goes at its own turn, which the claim has given it; gives the last turn."""
        if self._claimed and (len(self._claimed) >= AT_ONCE or _minute(at) != _minute(self._began)):
            self.note()
        if not self._claimed:
            self._began = at
        self._claimed += claimed
        turns = {message.id: max(at, message.not_before) for message in claimed}
        self._turns |= turns
        return max(turns.values(), default=at)

    def note(self) -> None:
        claimed, self._claimed = self._claimed, []
        if not claimed:
            return
        for message in self._reminders.ready(self._session, claimed, self._began, self._began):
            outbox.note_sent(self._session, message, message.key, self._turns[message.id])
        self._session.expunge_all()
        self._noted += len(claimed)
        self._share(self._noted / max(self._waiting, self._noted))


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
