"""Looks at what was played: each message, the calendar of all of them, what became of each lead, and the examples."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from itertools import groupby

from sqlmodel import Session

from bot.tables import Row
from models.campaign import Campaign
from models.conversation import unpacked
from models.deliveries import Delivery, deliveries
from models.message import Reply
from models.outbox import Message, State
from models.reminders import Reminder, left_out

HEADINGS = (
    "planned at", "sent at", "channel", "participants", "names", "contact", "rules", "leads", "text version", "outcome",
    "reason", "text",
)  # fmt: skip

LeadDue = tuple[str, str, datetime]  # a rule, its lead, and when that was due


@dataclass(frozen=True)
class Sent:
    """One message as it was played, with what it tells; of one that was not sent after all, what it would have told."""

    message: Message
    reminders: Sequence[Reminder]
    participants: Mapping[str, str]
    contact: str

    @classmethod
    def of(cls, parts: Sequence[Delivery]) -> "Sent":
        said = [one for one in parts if one.outcome != "left out"] or parts
        named = {one.reminder.participant: one.participant or "" for one in said if one.reminder}
        reminders = [one.reminder for one in said if one.reminder]
        return cls(parts[0].message, reminders, named, parts[0].contact or "")

    @property
    def planned(self) -> datetime:
        return self.message.due

    @property
    def sent(self) -> datetime | None:
        """None where it was not to be sent after all."""
        return self.message.settled_at if self.message.state == State.SENT else None

    @property
    def leads(self) -> list[LeadDue]:
        return list(dict.fromkeys((one.rule, one.lead, one.due) for one in self.reminders))

    @cached_property
    def reply(self) -> Reply:
        return unpacked(self.message.reply_json)


def messages(session: Session) -> Iterator[Sent]:
    """Every message, in the order of the planning."""
    for _, parts in groupby(deliveries(session), lambda one: one.message.id):
        yield Sent.of(list(parts))


def row(one: Sent, campaign: Campaign) -> Row:
    message = one.message
    return (
        _moment(one.planned, campaign),
        _moment(one.sent, campaign) if one.sent else "",
        message.channel,
        ", ".join(one.participants),
        ", ".join(one.participants.values()),
        one.contact,
        ", ".join(rule for rule, _, _ in one.leads),
        ", ".join(lead for _, lead, _ in one.leads),
        one.reminders[0].version or "",
        message.state,
        message.reason or "",
        one.reply.text,
    )


def _moment(at: datetime, campaign: Campaign) -> str:
    return at.astimezone(campaign.zone).isoformat(timespec="seconds")


@dataclass
class Load:
    """What one platform had to carry of what was planned at one time."""

    count: int = 0
    last: datetime | None = None

    def add(self, one: Sent) -> None:
        self.count += 1
        if one.sent:
            self.last = max(self.last or one.sent, one.sent)


@dataclass
class Became:
    """What became of one lead."""

    messages: int = 0
    participants: set[str] = field(default_factory=set)
    first: datetime | None = None
    last: datetime | None = None

    def add(self, one: Sent) -> None:
        self.messages += 1
        self.participants |= one.participants.keys()
        if one.sent:
            self.first = min(self.first or one.sent, one.sent)
            self.last = max(self.last or one.sent, one.sent)


@dataclass
class Seen:
    """All that a report tells of the messages, without the messages themselves."""

    campaign: Campaign
    count: int = 0
    loads: dict[datetime, dict[str, Load]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(Load)))
    became: dict[LeadDue, Became] = field(default_factory=lambda: defaultdict(Became))
    unsent: Counter[tuple[str, str]] = field(default_factory=Counter)
    skipped: Mapping[LeadDue, str] = field(default_factory=dict)

    def look(self, session: Session) -> Iterator[Sent]:
        """Go through the messages and remember; each is handed on as it is seen."""
        self.skipped = {(one.rule, one.lead, one.due): one.reason or "" for one in left_out(session)}
        for one in messages(session):
            self._add(one)
            yield one

    def _add(self, one: Sent) -> None:
        self.count += 1
        if not one.sent:
            self.unsent[str(one.message.state), one.message.reason or ""] += 1
        self.loads[one.planned.astimezone(self.campaign.zone)][one.message.channel].add(one)
        for lead in one.leads:
            self.became[lead].add(one)

    def days(self) -> dict[date, dict[datetime, Mapping[str, Load]]]:
        """The times at which something was planned, by day."""
        found: dict[date, dict[datetime, Mapping[str, Load]]] = defaultdict(dict)
        for at, loads in sorted(self.loads.items()):
            found[at.date()][at] = loads
        return found


@dataclass
class Examples:
    """The best example of each lead in each language, and of messages that tell several things.

    Of a lead it is one that tells nothing else, to somebody with all of it open; where it never goes alone the one that
    tells the least beside it.
    """

    single: dict[tuple[str, str, str], Sent] = field(default_factory=dict)
    merged: dict[str, Sent] = field(default_factory=dict)
    of_several: dict[str, Sent] = field(default_factory=dict)

    def take(self, one: Sent) -> None:
        language = one.reply.language
        if not one.sent:
            return
        if len(one.participants) > 1:
            self.of_several.setdefault(language, one)
            return
        for rule, lead, _ in one.leads:
            known = self.single.setdefault((rule, lead, language), one)
            self.single[rule, lead, language] = max(known, one, key=_alone)
        if len(one.leads) > 1:
            self.merged[language] = max(self.merged.get(language, one), one, key=_much)


def _alone(one: Sent) -> tuple[int, int]:
    return -len(one.leads), len(one.reply.text)


def _much(one: Sent) -> tuple[int, int]:
    return len(one.leads), len(one.reply.text)
