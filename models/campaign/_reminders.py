"""Works out when people are reminded of a date, and why a reminder comes earlier than its lead time says."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple

from models.campaign._dates import When
from models.campaign._rules import Reminder
from models.campaign._schema import Campaign

MORNING = time(9)  # the hour of a reminder that names none
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class ReminderTime(NamedTuple):
    """One lead time of a reminder: when it falls due, and the name of the closed day that it had to avoid.

    From `until` on it is of no use: the next lead has come, or the milestone is over. `planned` is that closed day.
    """

    lead: str
    at: datetime
    moved: str | None
    until: datetime
    planned: date | None = None


def reminder_times(campaign: Campaign, reminder: Reminder) -> list[ReminderTime]:
    """When each lead of the reminder falls due, in the campaign's zone and in the order of the leads.

    Days count back from the safe day, hours from the last instant that is safe; a reminder that is meant to come after
    the deadline counts forward. A day on which nobody works is avoided by going earlier (after the deadline: later).
    Raises ValueError for a milestone without a day.
    """
    moments = [_due(campaign, reminder, lead) for lead in reminder.leads]
    in_order = sorted(moments, key=lambda moment: moment.at)
    after = {one.at: following.at for one, following in pairwise(in_order) if following.at > one.at}
    return [one._replace(until=min(after.get(one.at, one.until), one.until)) for one in moments]


def milestone_over(campaign: Campaign, reminder: Reminder) -> datetime:
    """The instant after which the milestone is no longer met without doubt; of a briefing the one at which it begins.

    Raises ValueError for a milestone without a day.
    """
    if briefing := campaign.briefing.get(reminder.milestone):
        return campaign.opening(briefing)
    _dated(campaign, reminder)
    return campaign.safe_instant(reminder.milestone)


def _due(campaign: Campaign, reminder: Reminder, lead: str) -> ReminderTime:
    over = milestone_over(campaign, reminder)
    count, _, unit = lead.partition(" ")
    step = int(count) if reminder.after_deadline else -int(count)
    if unit.startswith("hour"):
        # In UTC: in local time an hour would vanish or count twice where the clocks change.
        at = (over.astimezone(UTC) + timedelta(hours=step)).astimezone(campaign.zone)
        return ReminderTime(lead, at, None, _until(campaign, reminder, at, over))
    planned = _planned(campaign, _day(campaign, reminder), step, unit)
    on = _open_day(campaign, planned, later=reminder.after_deadline)
    at = datetime.combine(on, reminder.at or MORNING, campaign.zone)
    until = _until(campaign, reminder, at, over)
    if on == planned:
        return ReminderTime(lead, at, None, until)
    return ReminderTime(lead, at, name_of_closed_day(campaign, planned), until, planned)


def _until(campaign: Campaign, reminder: Reminder, at: datetime, over: datetime) -> datetime:
    """After the deadline: the end of that day, and of the day up to which it may perhaps still count."""
    if not reminder.after_deadline:
        return over
    fact = campaign.fact.get(reminder.milestone)
    stated = fact.when.last if fact and fact.when else at.date()
    return datetime.combine(max(stated, at.date()) + timedelta(days=1), time(), campaign.zone)


def _day(campaign: Campaign, reminder: Reminder) -> date:
    if briefing := campaign.briefing.get(reminder.milestone):
        return briefing.on
    return campaign.days.safe_day(_dated(campaign, reminder))


def _dated(campaign: Campaign, reminder: Reminder) -> When:
    when = campaign.fact[reminder.milestone].when
    if when is None or when.kind == "fuzzy":
        raise ValueError(f"{reminder.milestone} has no day to count from")
    return when


def _planned(campaign: Campaign, start: date, step: int, unit: str) -> date:
    if unit.startswith("business"):
        return campaign.days.shift(start, step)
    return start + timedelta(days=step)


def _open_day(campaign: Campaign, day: date, *, later: bool) -> date:
    if campaign.days.is_open(day):
        return day
    return campaign.days.shift(day, 1 if later else -1)


def name_of_closed_day(campaign: Campaign, day: date) -> str:
    """What that day is called, in the language that prevails; the weekday where it has no name of its own."""
    named = {closed.on: closed.name for closed in campaign.calendar.closed}
    return named.get(day, {}).get(campaign.prevails) or _WEEKDAYS[day.weekday()]


def outside_calendar(campaign: Campaign, moments: list[ReminderTime]) -> Iterator[ReminderTime]:
    """Those that fall where the calendar knows no holidays, so that nobody can say whether people work that day."""
    for moment in moments:
        if not campaign.calendar.first <= moment.at.date() <= campaign.calendar.last:
            yield moment
