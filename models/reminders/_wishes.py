"""Remembers how each person wishes to be reminded: where first, not at night, later, or not at all."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from models.reminders._rows import ReminderWish
from models.reminders._timetable import Moment

STOP, RESUME, SNOOZE, CHANNELS, QUIET = "stop", "resume", "snooze", "channels", "quiet"
_QUIET = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")


@dataclass
class Wishes:
    """What holds now of what some people wished."""

    stopped: set[tuple[int, str, str | None]] = field(default_factory=set)
    snoozed: dict[tuple[int, str], datetime] = field(default_factory=dict)
    channels: dict[int, tuple[str, ...]] = field(default_factory=dict)
    quiet: dict[int, tuple[time, time]] = field(default_factory=dict)

    def has_stopped(self, contact_id: int, campaign: str, rule: str | None = None) -> bool:
        """Whether they wish no reminders of the campaign, or none of this rule."""
        return not self.stopped.isdisjoint({(contact_id, campaign, None), (contact_id, campaign, rule)})

    def wakes_at(self, contact_id: int, campaign: str, now: datetime) -> datetime | None:
        """Until when they wish to be left alone; None where that is over."""
        until = self.snoozed.get((contact_id, campaign))
        return until if until and until > now else None

    def quiet_until(self, contact_id: int, now: datetime, zone: ZoneInfo) -> datetime | None:
        """When their quiet hours end, if it is quiet there now."""
        hours = self.quiet.get(contact_id)
        if hours is None:
            return None
        begin, end = hours
        local = now.astimezone(zone)
        at = local.time().replace(tzinfo=None)
        is_quiet = begin <= at < end if begin < end else (at >= begin or at < end)
        if not is_quiet:
            return None
        day = local.date() + timedelta(days=1 if at >= end else 0)
        return datetime.combine(day, end, zone)

    def when(self, contact_id: int, moment: Moment, now: datetime) -> datetime | None:
        """When they are told: `now`, or after their snooze and their quiet hours.

        None where they sleep for longer than it is of use. Quiet hours give way then: they are not meant to miss it.
        """
        at = self.wakes_at(contact_id, moment.campaign.key, now) or now
        if at >= moment.until:
            return None
        quiet = self.quiet_until(contact_id, at, moment.campaign.zone)
        return quiet if quiet and quiet < moment.until else at

    def _hear(self, said: ReminderWish) -> None:
        whose, campaign = said.contact_id, said.campaign or ""
        if said.what == STOP:
            self.stopped.add((whose, campaign, said.rule))
        elif said.what == RESUME:
            self.stopped -= {one for one in self.stopped if one[:2] == (whose, campaign)}
            self.snoozed.pop((whose, campaign), None)
        elif said.what == SNOOZE and said.until:
            self.snoozed[whose, campaign] = said.until
        elif said.what == CHANNELS:
            self.channels[whose] = tuple((said.value or "").split())
        elif said.what == QUIET:
            self.quiet.pop(whose, None)
            if hours := read_quiet(said.value or ""):
                self.quiet[whose] = hours


def read_quiet(value: str) -> tuple[time, time] | None:
    """`22:00-08:00` as two times of the day; None for anything else, and where it would always be quiet."""
    found = _QUIET.fullmatch(value)
    try:
        begin, end = (time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))) if found else (None, None)
    except ValueError:
        return None
    return (begin, end) if begin is not None and end is not None and begin != end else None


def wishes_of(session: Session, contact_ids: Collection[int]) -> Wishes:
    """What these people wish."""
    found = Wishes()
    said = select(ReminderWish).where(col(ReminderWish.contact_id).in_(contact_ids)).order_by(col(ReminderWish.id))
    for word in session.exec(said):
        found._hear(word)  # noqa: SLF001 - its own module
    return found


def wish(session: Session, said: ReminderWish) -> None:
    """Let it hold from now on."""
    session.add(said)
    session.flush()
