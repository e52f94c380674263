"""Lists out of a circular: the timeline, the deadlines, what is next, and what is on a certain day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from models.campaign import Briefing, Campaign, Fact, When
from models.wording import Wording

SOON = 2  # dates that are told ahead
MORNING = time(9)  # of a day that has no clock time: when a demonstration moved there begins

Standing = Literal["past", "began", "today", "next", "later", "tentative"]


@dataclass(frozen=True)
class Item:
    """One row of the timeline. `safe` is the last safe day of what must be done before another."""

    when: When
    shown: str
    name: str
    safe: date | None = None


def deadlines(campaign: Campaign) -> list[Fact]:
    """The facts that ask for something by a day, the earliest first."""
    due = [fact for fact in campaign.facts if fact.when and fact.task and fact.when.kind in ("by", "before")]
    return sorted(due, key=lambda fact: campaign.safe_day(fact.key))


def timeline(wording: Wording) -> list[Item]:
    """Everything with a date, the earliest first; what has no day stands by its part of the month."""
    campaign = wording.campaign
    items = [
        Item(
            fact.when,
            wording.stated(fact),
            wording.word(fact.name),
            campaign.safe_day(fact.key) if fact.when.kind == "before" else None,
        )
        for fact in campaign.facts
        if fact.when and fact.timeline
    ]
    items += [
        Item(When("on", one.on, one.on), wording.on(one.on), briefing_name(wording, one)) for one in campaign.briefings
    ]
    return sorted(items, key=lambda item: (item.when.last, item.when.first))


def standings(items: Sequence[Item], today: date) -> list[Standing]:
    """How each item of a timeline stands on a day. What has no day is tentative for ever; one is next, at most."""
    stand = [_stands(item.when, today) for item in items]
    return ["next" if one == "later" and "later" not in stand[:place] else one for place, one in enumerate(stand)]


def _stands(when: When, today: date) -> Standing:
    if when.kind == "fuzzy":
        return "tentative"
    if when.kind == "from" and when.first < today:
        return "began"
    if when.first <= today <= when.last:
        return "today"
    return "past" if when.last < today else "later"


@dataclass(frozen=True)
class Event:
    """Something that a demonstration can be moved to. Of what has no day only `shown` may be told, never `at`."""

    at: datetime
    shown: str
    name: str


def next_event(wordings: Sequence[Wording]) -> Event | None:
    """The next thing that happens by any of the circulars: a session, a deadline or its last safe day.

    A tentative period comes only where nothing with a day is ahead.
    """
    ahead = [(tentative, event) for wording in wordings for tentative, event in _events(wording)]
    ahead = [(tentative, event) for tentative, event in ahead if event.at > wordings[0].now]
    return min(ahead, key=lambda one: (one[0], one[1].at), default=(False, None))[1]


def _events(wording: Wording) -> Iterator[tuple[bool, Event]]:
    campaign = wording.campaign
    for fact in campaign.facts:
        if not fact.when or not fact.timeline:
            continue
        fuzzy = fact.when.kind == "fuzzy"
        days = {fact.when.first} | ({campaign.safe_day(fact.key)} if fact in deadlines(campaign) else set())
        for day in days:
            at = datetime.combine(day, MORNING, campaign.zone)
            shown = wording.listed(fact.when) if fuzzy else f"{wording.on(day, 'list_date')}, {wording.clock(MORNING)}"
            yield fuzzy, Event(at, shown, wording.word(fact.name))
    for one in campaign.briefings:
        at = datetime.combine(one.on, one.start, campaign.zone)
        shown = f"{wording.on(one.on, 'list_date')}, {wording.clock(one.start)}"
        yield False, Event(at, shown, briefing_name(wording, one))


def briefing_name(wording: Wording, briefing: Briefing) -> str:
    language = wording.word(briefing.language_name)
    return wording.say(
        "briefing.name",
        mode=wording.word(briefing.mode_name),
        language=wording.say("session.language", language=language) if language else "",
    )


def say_timeline(wording: Wording) -> str:
    items = timeline(wording)
    lines = [
        wording.say("timeline.line", when=wording.listed(item.when), name=item.name, note=_note(wording, item, stands))
        for item, stands in zip(items, standings(items, wording.today), strict=True)
    ]
    tentative = any(item.when.kind == "fuzzy" for item in items)
    return "\n".join([wording.say("timeline.tentative" if tentative else "timeline"), *lines])


def _note(wording: Wording, item: Item, stands: Standing) -> str:
    over = stands == "tentative" and item.when.last < wording.today
    told = "past" if over else stands
    if told not in ("past", "began", "today"):
        return ""
    return wording.say("timeline.note", note=wording.say(f"timeline.{told}"))


def say_deadlines(wording: Wording) -> str:
    facts = deadlines(wording.campaign)
    return _listed(wording, "deadlines" if len(facts) > 1 else "deadlines.one", facts)


def say_next(wording: Wording) -> str:
    """What is still open, and what comes soon."""
    still = [fact for fact in deadlines(wording.campaign) if wording.state(fact) != "over"]
    coming = [item for item in timeline(wording) if _is_ahead(item, wording.today)]
    soon = [wording.say("next.item", when=item.shown, name=item.name) for item in coming
            if not any(wording.word(fact.name) == item.name for fact in still)]  # fmt: skip
    parts = [_listed(wording, "next", still) if still else wording.say("next.none", contact=wording.contact())]
    if soon:
        parts.append(wording.say("next.soon", what="; ".join(soon[:SOON])))
    return "\n".join(parts)


def _listed(wording: Wording, heading: str, facts: Sequence[Fact]) -> str:
    lines = [wording.say("deadlines.line", task=wording.task(fact), when=say_due(wording, fact)) for fact in facts]
    notes = [] if any(fact.at for fact in facts) else [wording.say("deadlines.note")]
    if any(fact.conflicts_with and wording.state(fact) in ("open", "last") for fact in facts):
        notes.append(wording.say("deadlines.note.before"))
    return "\n".join([wording.say(heading, count=len(facts)), *lines, *filter(None, [wording.join(*notes)])])


def say_due(wording: Wording, fact: Fact) -> str:
    """A deadline in few words, as it stands today, without the task."""
    state = wording.state(fact)
    safe, stated, contact = wording.safe(fact), wording.stated(fact), wording.contact()
    if state == "over":
        return wording.say("deadlines.over", stated=stated)
    if state == "doubt":
        return wording.say("deadlines.doubt", stated=stated, contact=contact)
    left = wording.left(fact).rstrip(".。") if state == "open" else wording.say("deadlines.today")
    form = "deadlines.open.by" if fact.kind == "by" else "deadlines.open"
    return wording.say(form, safe=safe, stated=stated, left=left)


def say_days(wording: Wording, days: Sequence[date], parts: Sequence[tuple[str, int]] = ()) -> str:
    """What the circular has on each of the days or in parts of a month; where it has nothing, what comes next."""
    named = [item for item in timeline(wording) if {(one.part, one.month) for one in item.when.fuzzy} & {*parts}]
    lines = [wording.say("timeline.line", when=item.shown, name=item.name, note="") for item in named]
    if parts and not days:
        return "\n".join(lines) or wording.say("day.none.part")
    return "\n".join([*lines, *(_say_day(wording, day) for day in (days or [wording.today])[:3])])


def _say_day(wording: Wording, day: date) -> str:
    said = _on(wording, day)
    if said:
        return "\n".join([wording.say("day.has", day=wording.on(day)), *(f"• {line}" for line in said)])
    coming = [item for item in timeline(wording) if _is_ahead(item, max(day, wording.today - timedelta(days=1)))]
    parts = [wording.say("day.none", day=wording.on(day))]
    if coming:
        parts.append(wording.say("day.next", when=coming[0].shown, name=coming[0].name))
    return wording.join(*parts)


def _is_ahead(item: Item, day: date) -> bool:
    """Whether it is still to come after `day`; what has no day is to come until its part of the month is over."""
    return (item.when.fuzzy[0].last if item.when.kind == "fuzzy" else item.when.first) > day


def _on(wording: Wording, day: date) -> list[str]:
    campaign = wording.campaign
    said = [briefing_name(wording, one) + f" ({one.start:%H:%M})" for one in campaign.briefings if one.on == day]
    for fact in deadlines(campaign):
        words = {"task": wording.task(fact), "stated": wording.stated(fact)}
        if fact.when and fact.when.last == day:
            said.append(wording.say("day.deadline", **words))
        elif campaign.safe_day(fact.key) == day:
            said.append(wording.say("day.safe", **words))
    said += [wording.word(fact.name) for fact in campaign.facts if fact.when and fact.timeline
             and fact.when.kind in ("on", "from") and fact.when.last == day]  # fmt: skip
    return said
