"""A circular as reviewed data: its facts, dates, briefings, targets and answers, each with the words it rests on."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator

from models.campaign._answer import Answer, Data, Grounded, Key, Words
from models.campaign._dates import DATE_KINDS, BusinessDays, DateKind, When, read_when, safe_instant
from models.campaign._rules import Reminder
from models.campaign._target import Target
from models.message import Source


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"unknown time zone {name!r}; an example is Asia/Hong_Kong") from error
    return name


class Fact(Grounded):
    """One thing that the circular says. A dated fact has one of the date kinds, any other is `text` or `number`."""

    subject: Key
    about: Key
    kind: Literal[DateKind, "text", "number"] = "text"
    value: str | int
    at: time | None = None
    name: Words = Field(default_factory=dict)
    task: Words = Field(default_factory=dict)
    conflicts_with: tuple[Key, ...] = ()
    timeline: bool = True

    @model_validator(mode="after")
    def _date_is_readable(self) -> Self:
        if self.kind in DATE_KINDS:
            _ = self.when
        return self

    @cached_property
    def when(self) -> When | None:
        match self.kind:
            case "text" | "number":
                return None
            case kind:
                return read_when(kind, str(self.value), self.at)


class Contact(Grounded):
    """A way to reach the people behind the circular."""

    kind: Literal["phone", "email", "url"]
    value: str
    label: Words
    hours: Words = Field(default_factory=dict)


class Offers(Data):
    """How a seat that was given back is offered to the next in the waiting list: how long it is kept for them.

    With `at` it is not offered at once, but at that time of the day `days_before` the briefing.
    """

    hours: int = Field(default=24, ge=1, le=240)
    days_before: int = Field(default=1, ge=0, le=30)
    at: time | None = None


class Briefing(Grounded):
    """One session that people can attend. An absent `limit` or `capacity` is not stated, which is not "unlimited"."""

    key: Annotated[Key, Field(max_length=16)]  # it stands in the actions of buttons, which are short
    on: date
    start: time
    end: time | None = None
    door: time | None = None
    mode: Key
    mode_name: Words
    language: Key | None = None
    language_name: Words = Field(default_factory=dict)
    place: Words = Field(default_factory=dict)
    limit: int | None = None
    capacity: int | None = None
    closes: Key | None = None
    login: bool = False  # those who are registered need login information, which support sets
    offers: Offers = Offers()
    elsewhere: Mapping[str, str] = Field(default_factory=dict)


class Link(Grounded):
    """A document or page that the circular points to."""

    name: Words
    url: str | None = None


class Term(Grounded):
    """A word of the circular: how it is written, what it means, and how else people write it."""

    name: str
    meaning: Words = Field(default_factory=dict)
    aliases: tuple[str, ...] = ()


class Subject(Data):
    """Something that people ask about, and their words for it. `hints` count only where nothing better is said."""

    key: Key
    name: Words
    within: Key | None = None
    aliases: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()


class Task(Data):
    """Something that each participant has to do; it may declare it done. `due` is the fact with its deadline."""

    key: Annotated[Key, Field(max_length=16)]
    name: Words
    done: Words
    due: Key


class ClosedDay(Data):
    on: date
    name: Words


class Calendar(Data):
    """The days on which the issuer is closed, between `first` and `last`; outside them nothing is known."""

    first: date
    last: date
    weekend: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = ("sat", "sun")
    closed: tuple[ClosedDay, ...] = ()


class Campaign(Data):
    """A whole circular. Everything that the bot may say of it is in here."""

    key: Annotated[Key, Field(max_length=20)]
    name: Words
    issuer: Words
    issuer_short: str
    audience: Words
    languages: tuple[str, ...]
    prevails: str
    prevails_note: Words = Field(default_factory=dict)
    locales: Mapping[str, str]
    time_zone: Annotated[str, AfterValidator(_time_zone)]
    time_label: Words
    calendar: Calendar
    aspects: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    qualifiers: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    vocabulary: tuple[str, ...] = ()
    starts: tuple[Key, ...] = ()
    registry: Words = Field(default_factory=dict)  # where a seat is registered so that it counts
    retention_days: int = Field(default=90, ge=0)  # how long people's names are kept after the last date
    participant: Words = Field(default_factory=lambda: {"en": "participant", "zh-Hant": "參與者"})
    session: Words = Field(default_factory=lambda: {"en": "briefing", "zh-Hant": "簡報會"})
    sessions: Words = Field(default_factory=lambda: {"en": "briefings", "zh-Hant": "簡報會"})
    subjects: tuple[Subject, ...] = Field(alias="subject")
    contacts: tuple[Contact, ...] = Field(alias="contact")
    facts: tuple[Fact, ...] = Field(alias="fact")
    briefings: tuple[Briefing, ...] = Field(alias="briefing", default=())
    targets: tuple[Target, ...] = Field(alias="target", default=())
    links: tuple[Link, ...] = Field(alias="link", default=())
    glossary: tuple[Term, ...] = Field(alias="term", default=())
    tasks: tuple[Task, ...] = Field(alias="task", default=())
    reminders: tuple[Reminder, ...] = Field(alias="reminder", default=())
    answers: tuple[Answer, ...] = Field(alias="answer")
    circular: str
    content_hash: str

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @cached_property
    def days(self) -> BusinessDays:
        names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        weekend = frozenset(names.index(name) for name in self.calendar.weekend)
        return BusinessDays(weekend, frozenset(day.on for day in self.calendar.closed))

    @cached_property
    def fact(self) -> Mapping[str, Fact]:
        return {fact.key: fact for fact in self.facts}

    @cached_property
    def answer(self) -> Mapping[str, Answer]:
        return {answer.key: answer for answer in self.answers}

    @cached_property
    def briefing(self) -> Mapping[str, Briefing]:
        return {briefing.key: briefing for briefing in self.briefings}

    @cached_property
    def task(self) -> Mapping[str, Task]:
        return {task.key: task for task in self.tasks}

    @cached_property
    def reminder(self) -> Mapping[str, Reminder]:
        return {reminder.key: reminder for reminder in self.reminders}

    @cached_property
    def ends(self) -> datetime:
        """The end of the last day that the circular names."""
        days = [fact.when.last for fact in self.facts if fact.when] + [briefing.on for briefing in self.briefings]
        return datetime.combine(max(days, default=self.calendar.last) + timedelta(days=1), time(), self.zone)

    def opening(self, briefing: Briefing) -> datetime:
        """When the briefing begins."""
        return datetime.combine(briefing.on, briefing.start, self.zone)

    def closing(self, briefing: Briefing) -> datetime:
        """Until when one can register for it: as the circular states, else until it begins."""
        return self.safe_instant(briefing.closes) if briefing.closes else self.opening(briefing)

    @cached_property
    def contact(self) -> Mapping[str, Contact]:
        return {contact.key: contact for contact in self.contacts}

    @cached_property
    def ancestors(self) -> Mapping[str, tuple[str, ...]]:
        """For each subject those that it is within, the nearest first."""
        within = {subject.key: subject.within for subject in self.subjects}
        above: dict[str, tuple[str, ...]] = {}
        for key in within:
            chain = [key]
            while (parent := within.get(chain[-1])) and parent not in chain:
                chain.append(parent)
            above[key] = tuple(chain[1:])
        return above

    @cached_property
    def grounds(self) -> Mapping[str, Grounded]:
        """Everything that can be a source, by its key."""
        named: tuple[Grounded, ...] = (
            *self.facts, *self.contacts, *self.briefings, *self.targets, *self.links, *self.glossary
        )  # fmt: skip
        return {ground.key: ground for ground in named}

    def source(self, key: str) -> Source:
        """What is shown as the source; of an inferred fact also why it was inferred, in the language that prevails."""
        ground = self.grounds[key]
        reason = ground.reason.get(self.prevails) if ground.status == "inferred" else None
        return Source(self.key, f"{ground.clause} (inferred: {reason})" if reason else ground.clause, ground.quote)

    def safe_day(self, key: str) -> date:
        """The last day on which what fact `key` asks for is in time without doubt."""
        return self.days.safe_day(_dated(self.fact[key]))

    def safe_instant(self, key: str) -> datetime:
        return safe_instant(self.days, _dated(self.fact[key]), self.zone)


def _dated(fact: Fact) -> When:
    if fact.when is None:
        raise ValueError(f"fact {fact.key} has no date")
    return fact.when
