"""Adds to what was read in a question what its dates, its number of people and its addresses tell."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from handlers.understand._lexicon import Found, Reading
from models.campaign import Campaign, Fact

ANY_DAY = "*:day"  # the cell of the answer that tells what is on a day
PASSING_BY = frozenset({"next", "when", "what", "final", "end", "start"})  # what a question about a day says besides


def with_figures(reading: Reading, campaign: Campaign) -> Reading:
    """The reading, with the subjects and aspects that its figures, properties and addresses point at."""
    more = [*_of_days(reading, campaign), *_of_properties(reading, campaign), *_of_targets(reading, campaign)]
    if reading.asked.count:
        more.append(Found("aspect", "limit", 0, 0))
    return replace(reading, found=(*reading.found, *more))


def is_target(host: str, campaign: Campaign) -> bool:
    """Whether an address is one that the campaign itself names for tests."""
    return _host(host) in {_host(target.url or target.host or "") for target in campaign.targets}


def top(campaign: Campaign, key: str) -> str:
    """The widest subject that the given one is within."""
    return (campaign.ancestors.get(key) or (key,))[-1]


def _of_days(reading: Reading, campaign: Campaign) -> Iterator[Found]:
    """A date points at what happens on it; a question that has nothing else asks just that."""
    days, in_parts = set(reading.asked.days), _in_parts(reading, campaign)
    if not (days or in_parts):
        return
    asks_more = {*reading.keys("aspect")} - PASSING_BY
    if not (reading.keys("subject") or reading.keys("qualifier") or asks_more or reading.strange):
        yield from (Found("cue", answer.key, 0, 0) for answer in campaign.answers if ANY_DAY in answer.covers)
    yield Found("aspect", "day", 0, 0)
    if reading.asked.relative:
        return
    subjects = {fact.subject for fact in campaign.facts if fact.when and fact.when.last in days}
    subjects |= {fact.subject for fact in in_parts}
    if days & {briefing.on for briefing in campaign.briefings}:
        subjects.add(_sessions(campaign))
    yield from (Found("hint", subject, 0, 0) for subject in sorted(subjects))


def _of_properties(reading: Reading, campaign: Campaign) -> Iterator[Found]:
    """A language or a place points at the briefings; a question that has nothing else asks for it."""
    named = reading.keys("qualifier")
    if not named or not campaign.briefings:
        return
    yield Found("hint", _sessions(campaign), 0, 0)
    if not (reading.keys("aspect") or reading.strange):
        yield Found("aspect", named[0].removeprefix("not ").partition(":")[0], 0, 0)


def _of_targets(reading: Reading, campaign: Campaign) -> Iterator[Found]:
    if not any(is_target(host, campaign) for host in reading.hosts):
        return
    urls = [target.url for target in campaign.targets if target.url]
    subjects = {fact.subject for fact in campaign.facts if any(url in fact.quote for url in urls)}
    yield from (Found("subject", subject, 0, 0) for subject in sorted(subjects))


def _in_parts(reading: Reading, campaign: Campaign) -> list[Fact]:
    """The facts that stand in a part of a month that the question names: "late May"."""
    parts = set(reading.asked.parts)
    return [
        fact for fact in campaign.facts if fact.when and parts & {(one.part, one.month) for one in fact.when.fuzzy}
    ]  # fmt: skip


def _sessions(campaign: Campaign) -> str:
    """The subject that the briefings are about."""
    closing = sorted({campaign.fact[one.closes].subject for one in campaign.briefings if one.closes})
    return top(campaign, closing[0] if closing else campaign.subjects[0].key)


def _host(address: str) -> str:
    return (urlsplit(address if "//" in address else f"//{address}").hostname or "").lower()
