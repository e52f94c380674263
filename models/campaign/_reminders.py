"""Works out when people are reminded of a date, and why a reminder comes earlier than its lead time says."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from models.campaign._dates import When
from models.campaign._schema import Campaign, Reminder

MORNING = time(9)  # the hour of a reminder that names none
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class ReminderTime(NamedTuple):
    """One lead time of a reminder: when it falls due, and the name of the closed day that it had to avoid."""

    lead: str
    at: datetime
    moved: str | None


def reminder_times(campaign: Campaign, reminder: Reminder) -> list[ReminderTime]:
    """When each lead of the reminder falls due, in the campaign's zone.

    Days count back from the safe day, hours from the last instant that is safe; a reminder that is meant to come after
    the deadline counts forward. A day on which nobody works is avoided by going earlier (after the deadline: later).
    Raises ValueError for a milestone without a day.
    """
    when = campaign.fact[reminder.milestone].when
    if when is None or when.kind == "fuzzy":
        raise ValueError(f"{reminder.milestone} has no day to count from")
    return [_due(campaign, reminder, when, lead) for lead in reminder.leads]


def _due(campaign: Campaign, reminder: Reminder, when: When, lead: str) -> ReminderTime:
    count, _, unit = lead.partition(" ")
    step = int(count) if reminder.after_deadline else -int(count)
    if unit.startswith("hour"):
        # In UTC: in local time an hour would vanish or count twice where the clocks change.
        instant = _last_instant(campaign, reminder).astimezone(UTC) + timedelta(hours=step)
        return ReminderTime(lead, instant.astimezone(campaign.zone), None)
    planned = _planned(campaign, campaign.days.safe_day(when), step, unit)
    on = _open_day(campaign, planned, later=reminder.after_deadline)
    at = datetime.combine(on, reminder.at or MORNING, campaign.zone)
    return ReminderTime(lead, at, None if on == planned else name_of_closed_day(campaign, planned))


def _last_instant(campaign: Campaign, reminder: Reminder) -> datetime:
    return campaign.safe_instant(reminder.milestone)


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
