"""Puts dates, deadlines and days left into sentences, in every language that a circular is served in."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Literal

from babel.dates import format_date
from opencc import OpenCC

from models.campaign import Campaign, Contact, Fact, Fuzzy, When, Words

State = Literal["open", "last", "doubt", "over"]
_JOINT = re.compile(r"(?<=[\u4e00-\u9fff])(?=[A-Za-z])|(?<=[A-Za-z])(?=[\u4e00-\u9fff])")
SIMPLIFIED = "zh-Hans"  # never written by hand: made from zh-Hant


@lru_cache(maxsize=1)
def phrases() -> Mapping[str, Mapping[str, str]]:
    """Every sentence by its language and its key: a file for each subject, and no key in two of them."""
    told: dict[str, dict[str, str]] = {}
    for file in sorted((Path(__file__).parent / "phrases").glob("*.toml")):
        for language, sentences in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if twice := told.setdefault(language, {}).keys() & sentences.keys():
                raise ValueError(f"{file.name}: {', '.join(sorted(twice))} stands in another file already")
            told[language] |= sentences
    return told


@lru_cache(maxsize=1)
def _to_simplified() -> OpenCC:
    return OpenCC("t2s")


def in_script(text: str, language: str) -> str:
    """`text`, written for `language`: Chinese in its script, with a space between its characters and Latin words."""
    if language.startswith("zh"):
        text = _JOINT.sub(" ", text)
    return _to_simplified().convert(text) if language == SIMPLIFIED else text


def word_in(words: Words, language: str, prevails: str) -> str:
    """The nearest that there is: simplified is read as traditional Chinese, else what prevails."""
    own = "zh-Hant" if language.startswith("zh") else language
    return words.get(own) or words.get(prevails) or next(iter(words.values()), "")


@dataclass(frozen=True)
class Wording:
    """One campaign in one of its languages, at a moment of campaign time."""

    campaign: Campaign
    language: str
    now: datetime

    @classmethod
    def of(cls, campaign: Campaign, language: str, now: datetime) -> "Wording":
        """The nearest that the campaign has: simplified is made of traditional Chinese, else what prevails."""
        own = "zh-Hant" if language.startswith("zh") else language
        own = own if own in campaign.languages else campaign.prevails
        return cls(campaign, own, now.astimezone(campaign.zone))

    @property
    def today(self) -> date:
        return self.now.date()

    def say(self, phrase: str, **fields: object) -> str:
        return phrases()[self.language][phrase].format(**self._names, **fields)

    @property
    def _names(self) -> dict[str, str]:
        """What this campaign calls its participants and its sessions."""
        campaign = self.campaign
        return {name: self.word(words) for name, words in (
            ("participant", campaign.participant), ("session", campaign.session), ("sessions", campaign.sessions),
        )}  # fmt: skip

    def word(self, words: Words) -> str:
        return word_in(words, self.language, self.campaign.prevails)

    @property
    def zone(self) -> str:
        return self.word(self.campaign.time_label)

    def on(self, day: date, form: str = "date") -> str:
        return format_date(day, phrases()[self.language][form], locale=self.campaign.locales[self.language])

    def clock(self, at: time) -> str:
        return f"{at:%H:%M}"

    def when(self, when: When) -> str:
        """A stated date as it may be shown: a tentative one never with a day."""
        if when.kind == "fuzzy":
            return self.say("tentative", when=self._fuzzy(when.fuzzy))
        if when.first != when.last:
            return self.say("window", first=self.on(when.first), last=self.on(when.last))
        return self._at(when.last, when.at)

    def listed(self, when: When) -> str:
        """The same in few letters, for a line of a list whose heading says what is tentative."""
        if when.kind == "fuzzy":
            return self._fuzzy(when.fuzzy)
        days = " – ".join(self.on(day, "list_date") for day in sorted({when.first, when.last}))
        shown = self.say("at", time=self.clock(when.at), day=days, zone=self.zone) if when.at else days
        return self.say(f"stated.{when.kind}", day=shown) if when.kind in ("by", "before", "from") else shown

    def _at(self, day: date, at: time | None) -> str:
        return self.say("at", time=self.clock(at), day=self.on(day), zone=self.zone) if at else self.on(day)

    def _fuzzy(self, parts: tuple[Fuzzy, ...]) -> str:
        last = self._part(parts[-1], "month")
        if len(parts) == 1:
            return last
        same_year = parts[0].year == parts[-1].year
        if self.language == "en":
            return self.say(
                "fuzzy_range", first=self._part(parts[0], "month_only" if same_year else "month"), last=last
            )
        short = self._part(parts[-1], "month_only" if same_year else "month")
        return self.say("fuzzy_range", first=self._part(parts[0], "month"), last=short)

    def _part(self, fuzzy: Fuzzy, form: str) -> str:
        month = self.on(fuzzy.first, form)
        return self.say(fuzzy.part, month=month) if fuzzy.part else month

    def stated(self, fact: Fact) -> str:
        """The date in the circular's manner: "before Friday 28 April 2023"."""
        when = _dated(fact)
        kind = when.kind if when.kind in ("by", "before", "from") else None
        shown = self.when(when)
        return self.say(f"stated.{kind}", day=shown) if kind else shown

    def safe(self, fact: Fact) -> str:
        """The last day (with the clock time, if one is stated) on which it is in time without doubt."""
        when = _dated(fact)
        return self._at(self.campaign.days.safe_day(when), when.at)

    def state(self, fact: Fact) -> State:
        when = _dated(fact)
        if self.now >= self.campaign.safe_instant(fact.key):
            return "doubt" if when.kind == "before" and self.today <= when.last else "over"
        return "last" if self.today == self.campaign.days.safe_day(when) else "open"

    def left(self, fact: Fact) -> str:
        count = self.days_left(fact)
        return self.say(f"left.{count}" if count < 2 else "left", count=count)

    def days_left(self, fact: Fact) -> int:
        """Business days after today, up to and with the safe day."""
        return self.campaign.days.between(self.today, self.campaign.days.safe_day(_dated(fact)))

    def moment(self, at: datetime) -> str:
        """An instant, to the minute, in the campaign's time zone."""
        local = at.astimezone(self.campaign.zone)
        return self._at(local.date(), local.time())

    def contact(self, contact: Contact | None = None) -> str:
        contact = contact or self.campaign.contacts[0]
        space = " " if self.language == "en" or contact.value.isascii() else ""
        return f"{self.word(contact.label)}{space}{contact.value}"

    def task(self, fact: Fact) -> str:
        return self.word(fact.task) or self.word(fact.name)

    def deadline(self, fact: Fact) -> str:
        """All that must be said of a deadline today: the safe day, the circular's words, a conflict, what is left."""
        fields = self._fields(fact)
        state = self.state(fact)
        conflict = "conflict" if fact.conflicts_with else ""
        if state == "over":
            return self.say("over", **fields)
        if state == "doubt":
            return self.say(".".join(filter(None, ("doubt", conflict))), **fields)
        left = self.left(fact) if state == "open" else ""
        return self.join(self.due(fact, today=state == "last"), left, self.holiday())

    def due(self, fact: Fact, *, today: bool = False) -> str:
        """What holds of a deadline on every day before it: the safe day, the circular's words, a conflict."""
        when, fields = _dated(fact), self._fields(fact)
        clock = "clock" if when.at else ""
        parts = [self.say(".".join(filter(None, ("due", when.kind, clock, "today" * today))), **fields)]
        if when.kind == "before":
            conflict = "conflict" if fact.conflicts_with else ""
            parts.append(self.say(".".join(filter(None, ("before", conflict))), **fields))
        if not when.at:
            parts.append(self.say("no_clock"))
        return self.join(*parts)

    def due_by(self, fact: Fact) -> str:
        """Only what is to be done and until when, where all that holds of the date was said already."""
        when = _dated(fact)
        return self.say(".".join(filter(None, ("due", when.kind, "clock" if when.at else ""))), **self._fields(fact))

    def _fields(self, fact: Fact) -> dict[str, str]:
        task = self.task(fact)
        others = [self.campaign.fact[key] for key in fact.conflicts_with]
        return {
            "task": task,
            "Task": task[:1].upper() + task[1:],
            "safe": self.safe(fact),
            "stated": self.stated(fact),
            "last": self.on(_dated(fact).last, "short_date"),
            "other": self.on(_dated(others[0]).last, "short_date") if others else "",
            "zone": self.zone,
            "contact": self.contact(),
        }

    def holiday(self) -> str:
        """That today is no business day, and why; nothing on a business day."""
        if self.campaign.days.is_open(self.today):
            return ""
        names = [self.word(closed.name) for closed in self.campaign.calendar.closed if closed.on == self.today]
        return self.say("holiday", name=names[0] if names else self.say("weekend"))

    def join(self, *sentences: str) -> str:
        return (" " if self.language == "en" else "").join(sentence for sentence in sentences if sentence)


def _dated(fact: Fact) -> When:
    if fact.when is None:
        raise ValueError(f"fact {fact.key} has no date")
    return fact.when
