"""Fills the texts of answers with the facts of the circular, as they stand at the moment they are said."""

import re
from collections.abc import Callable, Mapping

from handlers.facts._lists import say_days, say_deadlines, say_next, say_timeline
from handlers.facts._sessions import say_limit, say_sessions
from handlers.understand import Reading
from models.campaign import Answer, Fact, Line
from models.wording import Wording

_UNASKED = Reading("")
_PLACEHOLDER = re.compile(r"\{(\w+)(?: ([\w.-]+))?\}")
_STATES = {"open": ("open", "last"), "doubt": ("doubt",), "over": ("over",)}


def fill(answer: Answer, wording: Wording, reading: Reading) -> str:
    """The sentences of the answer that hold now, with every placeholder filled."""
    said = [_fill(text, wording, reading) for text in _holding(answer, wording)]
    return wording.join(*said)


def fill_in(text: str, wording: Wording) -> str:
    """A sentence that answers no question, with every placeholder filled."""
    return _fill(text, wording, _UNASKED)


def _holding(answer: Answer, wording: Wording) -> list[str]:
    texts = []
    for part in answer.text[wording.language]:
        if isinstance(part, Line):
            state, _, key = part.when.partition(" ")
            if wording.state(wording.campaign.fact[key]) in _STATES[state]:
                texts.append(part.text)
        else:
            texts.append(part)
    return texts


def _fill(text: str, wording: Wording, reading: Reading) -> str:
    return _PLACEHOLDER.sub(lambda found: _SAY[found[1]](wording, found[2] or "", reading), text)


def _deadline(wording: Wording, key: str, reading: Reading) -> str:
    fact = wording.campaign.fact[key]
    return wording.join(_premise(wording, fact, reading), wording.deadline(fact))


def _premise(wording: Wording, fact: Fact, reading: Reading) -> str:
    """What is to be said first of a day that the question takes for granted: too late, not safe, or in time."""
    closing = {one.on for one in wording.campaign.briefings if one.closes == fact.key}
    asked = [day for day in reading.asked.dates if day not in closing]
    if fact.when is None or not asked or wording.state(fact) in ("doubt", "over"):
        return ""
    safe, day = wording.campaign.safe_day(fact.key), max(asked)
    # "Tomorrow" was not said as a date; the date of it would be one that the circular does not name.
    shown = wording.say("that_day") if reading.asked.relative else wording.on(day, "short_date")
    if day > fact.when.last:
        return _capital(wording.say("too_late", day=shown))
    if day > safe:
        return wording.say("not_safe", day=shown)
    later_than_now = day > wording.today and day != safe
    return _capital(wording.say("in_time", day=shown)) if later_than_now and len(asked) == 1 and not fact.at else ""


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _url(wording: Wording, key: str, reading: Reading) -> str:
    urls = {target.key: target.url for target in wording.campaign.targets}
    urls |= {link.key: link.url for link in wording.campaign.links}
    hosts = {one.key: f"{one.host} {', '.join(map(str, one.ports))}" for one in wording.campaign.targets if one.host}
    return urls[key] or hosts.get(key, "")


def _meaning(wording: Wording, key: str, reading: Reading) -> str:
    return next(wording.word(term.meaning) or term.name for term in wording.campaign.glossary if term.key == key)


def _day(wording: Wording, key: str, reading: Reading) -> str:
    return next(wording.on(one.on) for one in wording.campaign.briefings if one.key == key)


def _date(wording: Wording, key: str, reading: Reading) -> str:
    when = wording.campaign.fact[key].when
    return wording.when(when) if when else str(wording.campaign.fact[key].value)


def _after(wording: Wording, key: str, reading: Reading) -> str:
    """The business days that are left to act after each briefing, up to and with the safe day."""
    safe, days = wording.campaign.safe_day(key), wording.campaign.days
    held = sorted({one.on for one in wording.campaign.briefings})
    return wording.say("comma").join(
        wording.say("after", day=wording.on(day, "short_date"), count=days.between(day, safe)) for day in held
    )


Say = Callable[[Wording, str, Reading], str]
_SAY: Mapping[str, Say] = {
    "deadline": _deadline,
    "date": _date,
    "safe": lambda wording, key, reading: wording.safe(wording.campaign.fact[key]),
    "left": lambda wording, key, reading: wording.left(wording.campaign.fact[key]),
    "after": _after,
    "stated": lambda wording, key, reading: wording.stated(wording.campaign.fact[key]),
    "value": lambda wording, key, reading: str(wording.campaign.fact[key].value),
    "contact": lambda wording, key, reading: wording.contact(wording.campaign.contact[key]),
    "url": _url,
    "meaning": _meaning,
    "day": _day,
    "name": lambda wording, key, reading: wording.word(wording.campaign.name),
    "sessions": lambda wording, key, reading: say_sessions(wording, reading),
    "limit": lambda wording, key, reading: say_limit(wording, reading),
    "timeline": lambda wording, key, reading: say_timeline(wording),
    "deadlines": lambda wording, key, reading: say_deadlines(wording),
    "next": lambda wording, key, reading: say_next(wording),
    "on_day": lambda wording, key, reading: say_days(wording, reading.asked.days, reading.asked.parts),
}
