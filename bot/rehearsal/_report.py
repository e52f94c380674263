"""Writes the report of a rehearsal: one file that any browser shows, with nothing to load and nothing that runs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.rehearsal._paces import Silent
from bot.rehearsal._play import Span
from bot.rehearsal._seen import Became, Examples, Load, Seen, Sent
from models.campaign import Campaign, Fact
from models.reminders import Moment, Timetable, Unreached

NAMED = 20  # participants that nobody can be reached of; the others are counted
LANGUAGES = {"en": "English", "zh-Hant": "Traditional Chinese"}


@dataclass(frozen=True)
class Played:
    """A rehearsal that is over: who took part, what was seen, and what is wrong with the campaign."""

    campaign: Campaign
    timetable: Timetable
    span: Span
    people: tuple[int, int]
    whose: str
    seen: Seen
    examples: Examples
    unreached: Sequence[Unreached]
    problems: Sequence[str]
    platforms: Mapping[str, Silent]


@dataclass(frozen=True)
class Day:
    """A row of the calendar: what kind of day it is, and what was planned then."""

    on: str
    is_open: bool
    marks: Sequence[str]
    times: Sequence["Time"]


@dataclass(frozen=True)
class Time:
    """All that was planned at one time, and how long each platform took for its part."""

    at: str
    count: int
    loads: Sequence[str]


@dataclass(frozen=True)
class Lead:
    """A row of the list of leads: when, of which rule, why on another day, and what became of it."""

    at: str
    rule: str
    lead: str
    moved: str
    became: str
    told: bool


@dataclass(frozen=True)
class Text:
    """An example of a message, as it is sent."""

    language: str
    tongue: str
    about: str
    sent: Sent


def render(played: Played) -> str:
    environment = Environment(
        loader=PackageLoader("bot.rehearsal", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        played=played,
        campaign=played.campaign,
        seen=played.seen,
        name=_word(played.campaign, played.campaign.name),
        span=f"{_minute(played.span.start, played.campaign)} to {_minute(played.span.end, played.campaign)}",
        days=list(_days(played)),
        leads=[_lead(played, one) for one in _in_time(played)],
        rules=[(_rule_name(played.campaign, rule.key), rule.key, _texts(played, rule.key))
               for rule in played.campaign.reminders],
        merged=list(_merged(played)),
        unreached=[_silent(played.campaign, one) for one in played.unreached],
    )  # fmt: skip


# -------------------------------------------------------------------------------------------------------- the calendar


def _days(played: Played) -> Iterator[Day]:
    campaign, planned = played.campaign, played.seen.days()
    marks = _marks(campaign)
    on = played.span.start.astimezone(campaign.zone).date()
    last = (played.span.end.astimezone(campaign.zone) - timedelta(microseconds=1)).date()
    while on <= max([last, *planned]):
        times = [_time(played, at, loads) for at, loads in planned.get(on, {}).items()]
        kind = [] if campaign.days.is_open(on) else [_closed(campaign, on)]
        yield Day(_day(on), not kind, [*kind, *marks.get(on, [])], times)
        on += timedelta(days=1)


def _time(played: Played, at: datetime, loads: Mapping[str, Load]) -> Time:
    parts = [_load(played.platforms[name], at, load) for name, load in sorted(loads.items())]
    return Time(f"{at:%H:%M}", sum(load.count for load in loads.values()), parts)


def _load(platform: Silent, at: datetime, load: Load) -> str:
    took = f"the last goes after {_long(load.last - at)}" if load.last else "none goes"
    return f"{platform.name.capitalize()} {load.count:,}, at {platform.rate}: {took}"


def _closed(campaign: Campaign, on: date) -> str:
    named = {closed.on: closed.name for closed in campaign.calendar.closed}
    return _word(campaign, named[on]) if on in named else "Weekend"


def _marks(campaign: Campaign) -> dict[date, list[str]]:
    """What the days are to those who are reminded: deadlines as stated, the last safe days, the briefings."""
    found: dict[date, list[str]] = {}
    for fact in _deadlines(campaign):
        name = _word(campaign, fact.name) or fact.key
        if fact.when is None:
            continue
        stated = f"Deadline as stated, “{fact.kind}”: {name}"
        found.setdefault(fact.when.last, []).append(stated)
        found.setdefault(campaign.safe_day(fact.key), []).append(f"Last safe day: {name}")
    for briefing in campaign.briefings:
        where = _word(campaign, briefing.mode_name)
        found.setdefault(briefing.on, []).append(f"Briefing {briefing.key}, {briefing.start:%H:%M}, {where}")
    return found


def _deadlines(campaign: Campaign) -> list[Fact]:
    named = [
        *(rule.milestone for rule in campaign.reminders),
        *(task.due for task in campaign.tasks),
        *(briefing.closes for briefing in campaign.briefings if briefing.closes),
    ]
    facts = [campaign.fact[key] for key in dict.fromkeys(named) if key in campaign.fact]
    return [fact for fact in facts if fact.when and fact.kind != "fuzzy"]


# ----------------------------------------------------------------------------------------------------------- the leads


def _in_time(played: Played) -> list[Moment]:
    return sorted(played.timetable.moments(), key=lambda one: one.at)


def _lead(played: Played, one: Moment) -> Lead:
    became = played.seen.became.get((one.rule.key, one.lead, one.at))
    told = bool(became and became.first)
    name = _rule_name(played.campaign, one.rule.key)
    return Lead(_minute(one.at, played.campaign), name, one.lead, _moved(played, one), _what(played, one, became), told)


def _moved(played: Played, one: Moment) -> str:
    if one.planned is None:
        return ""
    way = "later" if one.planned < one.at.astimezone(played.campaign.zone).date() else "earlier"
    return f"Comes {way}: {_day(one.planned)} is not a business day ({one.moved})."


def _what(played: Played, one: Moment, became: Became | None) -> str:
    if reason := played.seen.skipped.get((one.rule.key, one.lead, one.at)):
        return f"Left out: {reason}."
    if one.at > played.span.end:
        return "Not played: it comes after the end of this rehearsal."
    if became is None:
        return "Nobody was concerned."
    counted = f"{_counted(became.messages, 'message')} about {_counted(len(became.participants), 'participant')}"
    if became.first is None or became.last is None:
        return f"{counted}, none of them sent."
    zone = played.campaign.zone
    first, last = (f"{at.astimezone(zone):%H:%M:%S}" for at in (became.first, became.last))
    late = (
        f", late: on {_day(became.first.astimezone(zone).date())}" if became.first - one.at > timedelta(hours=1) else ""
    )
    return f"{counted}, {first} to {last}{late}."


# ----------------------------------------------------------------------------------------------------------- the texts


def _texts(played: Played, rule: str) -> list[tuple[str, list[Text]]]:
    return [
        (f"{one.lead}: {_minute(one.at, played.campaign)}", list(_of_lead(played, one)))
        for one in _in_time(played)
        if one.rule.key == rule
    ]


def _of_lead(played: Played, one: Moment) -> Iterator[Text]:
    for language in played.campaign.languages:
        if sent := played.examples.single.get((one.rule.key, one.lead, language)):
            others = [f"{rule}, {lead}" for rule, lead, _ in sent.leads if (rule, lead) != (one.rule.key, one.lead)]
            yield _text(sent, language, f"With it: {'; '.join(others)}. It never goes alone here." if others else "")


def _merged(played: Played) -> Iterator[Text]:
    for language in played.campaign.languages:
        if sent := played.examples.merged.get(language):
            told = "; ".join(f"{rule}, {lead}" for rule, lead, _ in sent.leads)
            yield _text(sent, language, f"Of the same hour, in one message: {told}.")
    for language in played.campaign.languages:
        if sent := played.examples.of_several.get(language):
            yield _text(sent, language, f"To somebody who acts for {len(sent.participants)} participants.")


def _text(sent: Sent, language: str, about: str) -> Text:
    return Text(language, LANGUAGES.get(language, language), about, sent)


def _silent(campaign: Campaign, found: Unreached) -> tuple[str, str, str]:
    rules = ", ".join(dict.fromkeys(_rule_name(campaign, one.rule.key) for one in found.moments))
    named = ", ".join(f"{one.name} ({one.code})" for one in found.participants[:NAMED])
    more = len(found.participants) - NAMED
    at = _minute(min(one.at for one in found.moments), campaign)
    return at, rules, f"{named} and {more:,} more" if more > 0 else named


# ------------------------------------------------------------------------------------------------------------ in words


def _rule_name(campaign: Campaign, key: str) -> str:
    return _word(campaign, campaign.reminder[key].name) or key


def _word(campaign: Campaign, words: Mapping[str, str]) -> str:
    return words.get(campaign.prevails) or next(iter(words.values()), "")


def _day(on: date) -> str:
    return f"{on:%a} {on.day} {on:%b %Y}"


def _minute(at: datetime, campaign: Campaign) -> str:
    local = at.astimezone(campaign.zone)
    return f"{_day(local.date())}, {local:%H:%M}"


def _long(took: timedelta) -> str:
    seconds = took.total_seconds()
    if seconds < 100:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"
