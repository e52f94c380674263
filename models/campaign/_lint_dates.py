"""The rules for a campaign's calendar and reminders: no reminder too late, none on a day unknown."""

from collections import Counter
from collections.abc import Iterator

from models.campaign._dates import When
from models.campaign._reminders import milestone_over, outside_calendar, reminder_times
from models.campaign._rules import Reminder
from models.campaign._schema import Campaign
from models.campaign._template import wrong_placeholders


def calendar(campaign: Campaign) -> Iterator[tuple[str, str]]:
    days = campaign.calendar
    if days.last < days.first:
        yield "calendar", f"ends ({days.last}) before it begins ({days.first})"
    for closed in days.closed:
        if not days.first <= closed.on <= days.last:
            yield f"calendar.closed.{closed.on}", f"lies outside the calendar, {days.first} to {days.last}"
    for on, count in Counter(closed.on for closed in days.closed).items():
        if count > 1:
            yield f"calendar.closed.{on}", "stands twice"


def deadlines(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """Business days left are told for every deadline, so the calendar must reach it."""
    for fact in campaign.facts:
        day = fact.when.last if fact.when and fact.kind in {"by", "before"} else None
        if day and not campaign.calendar.first <= day <= campaign.calendar.last:
            yield f"fact.{fact.key}", f"{day} lies outside the calendar, so its business days cannot be counted"


def closings(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """What closes the registration for a briefing is a deadline, and comes before the briefing."""
    for briefing in campaign.briefings:
        if briefing.closes is None:
            continue
        place, fact = f"briefing.{briefing.key}.closes", campaign.fact[briefing.closes]
        if fact.when is None or fact.kind not in {"by", "before"}:
            yield place, f"fact.{fact.key} is no deadline (by or before)"
        elif fact.when.last > briefing.on:
            yield place, f"fact.{fact.key} is later ({fact.when.last}) than the briefing ({briefing.on})"


def reminders(campaign: Campaign) -> Iterator[tuple[str, str]]:
    for reminder in campaign.reminders:
        place = f"reminder.{reminder.key}"
        said = {"text": reminder.text, **{f"tones.{lead}": words for lead, words in reminder.tones.items()}}
        for where, words in said.items():
            for language, text in words.items():
                for message in wrong_placeholders(campaign, text):
                    yield f"{place}.{where}.{language}", message
        for lead, count in Counter(reminder.leads).items():
            if count > 1:
                yield f"{place}.leads", f"{lead} stands twice"
        if reminder.milestone in campaign.briefing or _has_day(campaign.fact[reminder.milestone].when):
            yield from _times(campaign, reminder)
        else:
            yield f"{place}.milestone", f"fact.{reminder.milestone} has no day to count from"


def _has_day(when: When | None) -> bool:
    return when is not None and when.kind != "fuzzy"


def _times(campaign: Campaign, reminder: Reminder) -> Iterator[tuple[str, str]]:
    place, last = f"reminder.{reminder.key}.leads", milestone_over(campaign, reminder)
    moments = reminder_times(campaign, reminder)
    for lead, at, *_ in outside_calendar(campaign, moments):
        yield place, f"{lead}: falls on {at.date()}, which the calendar does not cover"
    for lead, at, *_ in moments:
        if at >= last and not reminder.after_deadline:
            yield place, f"{lead}: falls on {at:%Y-%m-%d %H:%M}, after the deadline, and after_deadline is not set"
        elif at < last and reminder.after_deadline:
            yield place, f"{lead}: falls on {at:%Y-%m-%d %H:%M}, before the deadline, but after_deadline is set"


DATE_RULES = (calendar, deadlines, closings, reminders)
