"""Words a reminder as things stand when it is sent: what is due, what is open, and what can be done about it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from handlers.facts import fill_in, say_session
from handlers.phrasing import Phrasing
from handlers.seats import BOOKED, SEATS
from handlers.status import DONE, number_of
from models.campaign import Campaign
from models.message import Choice, Reply, Source
from models.participants import Participant
from models.reminders import Letter, Moment, Told
from models.wording import Wording, in_script

REMINDERS, SNOOZE = "/reminders", "/snooze"
MARKS = 6  # buttons that declare something; more would bury the message
KEPT = 500  # texts that are kept for the minute: thousands of people are told the same


class Words:
    """Words reminders, each text once a minute."""

    def __init__(self, phrasing: Phrasing) -> None:
        self._phrasing = phrasing
        self._texts: dict[tuple[object, ...], str] = {}

    def reply(self, letter: Letter, now: datetime) -> Reply:
        campaigns = [list(told) for _, told in groupby(_in_order(letter.told), lambda one: one.moment.campaign.key)]
        parts = [_Part(self, told, letter, now) for told in campaigns]
        text = "\n\n".join(part.text for part in parts)
        choices = [choice for part in parts for choice in part.choices]
        sources = dict.fromkeys(source for part in parts for source in part.sources)
        return Reply(text, choices=tuple(choices), sources=tuple(sources), language=parts[0].shown)

    def version(self, letter: Letter) -> str:
        """From what it was worded: the content of each campaign, and the language."""
        campaigns = {one.moment.campaign.key: one.moment.campaign for one in letter.told}
        contents = " ".join(f"{key}@{campaign.content_hash[:12]}" for key, campaign in sorted(campaigns.items()))
        return f"{contents} {next(iter(letter.languages), '')}".strip()

    def text(self, moment: Moment, wording: Wording, *, again: bool = False) -> str:
        """What the rule says at that lead; `again`: what holds of its date was said a moment ago."""
        minute = wording.now.replace(second=0, microsecond=0)
        asked = (*moment.key, moment.campaign.content_hash, wording.language, minute, again)
        if asked not in self._texts:
            if len(self._texts) > KEPT:
                self._texts.clear()
            self._texts[asked] = _again(moment, wording) if again else _whole(moment, wording)
        return self._texts[asked]


class _Part:
    """What a message tells of one campaign."""

    def __init__(self, words: Words, told: Sequence[Told], letter: Letter, now: datetime) -> None:
        self._words, self._told, self._letter = words, told, letter
        self.campaign: Campaign = told[0].moment.campaign
        language = next(iter(letter.languages), self.campaign.prevails)
        self._wording = Wording.of(self.campaign, language, now)
        own = self._wording.language
        self.shown = language if language.startswith("zh") == own.startswith("zh") else own
        self._firms = {one.participant.code: one.participant for one in told}

    @property
    def text(self) -> str:
        blocks = [self._heading, *self._blocks(), self._note]
        return in_script("\n\n".join(filter(None, blocks)), self.shown)

    @property
    def sources(self) -> Iterator[Source]:
        for one in self._told:
            if one.moment.rule.milestone in self.campaign.grounds:
                yield self.campaign.source(one.moment.rule.milestone)

    @property
    def choices(self) -> Iterator[Choice]:
        """None in a participant's own room: what is declared there is declared by a person, who says so in private."""
        if self._letter.contact is None:
            return
        yield from list(dict.fromkeys(self._marks()))[:MARKS]
        yield self._choice("reminders.later", f"{SNOOZE} {self.campaign.key}")
        yield self._choice("reminders.mine", f"{REMINDERS} {self.campaign.key}")

    @property
    def _heading(self) -> str:
        name = self._wording.word(self.campaign.name)
        firms = self._wording.say("comma").join(map(_firm, self._firms.values()))
        return self._wording.say("reminders.heading", name=name, firms=firms)

    def _blocks(self) -> Iterator[str]:
        said: set[tuple[object, ...]] = set()
        for _, group in groupby(self._told, lambda one: one.moment.key):
            told = list(group)
            date = _date(told[0].moment)
            text = self._words.text(told[0].moment, self._wording, again=date in said)
            said |= {date} if date else set()
            yield "\n".join((text, *(line for one in told for line in self._of(one))))

    def _of(self, one: Told) -> Iterator[str]:
        """What is open for one participant, named where there are several."""
        firm = self._wording.say("reminders.of", firm=_firm(one.participant)) if len(self._firms) > 1 else ""
        if one.tasks:
            tasks = self._wording.say("comma").join(self._task(key) for key in one.tasks)
            yield self._wording.say("reminders.open", firm=firm, tasks=tasks)
        elif one.moment.rule.whom.who == "no-seat" and firm:
            yield self._wording.say("reminders.no_seat", firm=_firm(one.participant))
        for briefing, seats in groupby(one.seats, lambda seat: seat.briefing):
            names = self._wording.say("comma").join(seat.name for seat in seats)
            held = self.campaign.briefing.get(briefing)
            line = say_session(self._wording, held) if held else briefing
            yield self._wording.say("reminders.seats", firm=firm, names=names, line=line)

    def _task(self, key: str) -> str:
        return f"{number_of(self.campaign, key)} {self._wording.word(self.campaign.task[key].name)}"

    @property
    def _note(self) -> str:
        translated = self._wording.language != self.campaign.prevails
        prevails = self._wording.word(self.campaign.prevails_note) if translated else ""
        where = "reminders.in_private" if self._letter.contact is None else ""
        return self._wording.join(self._wording.say(where) if where else "", prevails)

    def _marks(self) -> Iterator[Choice]:
        for one in self._told:
            for key in one.tasks:
                done = self._wording.word(self.campaign.task[key].done)
                label = {"number": number_of(self.campaign, key), "done": done}
                yield self._choice("status.mark", f"{DONE} {self._named(key, one.participant)}", one, **label)
            who = one.moment.rule.whom.who
            if who == "seat-unregistered" and len({seat.briefing for seat in one.seats}) == 1:
                named = self._named(one.seats[0].briefing, one.participant)
                yield replace(self._choice("seats.say_booked", f"{BOOKED} {named}", one), form=True)
            elif who in ("no-seat", "seat-unregistered", "seat"):
                phrase = "reminders.take_seat" if who == "no-seat" else "seats.show_all"
                yield self._choice(phrase, f"{SEATS} {self.campaign.key} {one.participant.code}", one)

    def _named(self, key: str, participant: Participant) -> str:
        return f"{self.campaign.key} {key} {participant.code}"

    def _choice(self, phrase: str, action: str, one: Told | None = None, **fields: object) -> Choice:
        label = self._wording.say(phrase, **fields)
        if one and len(self._firms) > 1:
            label = f"{label} ({one.participant.code})"
        return Choice(in_script(label, self.shown), action)


def _in_order(told: Sequence[Told]) -> list[Told]:
    """Of one campaign together, what ends first first, else as the campaign's file has it."""
    return sorted(told, key=lambda one: (one.moment.campaign.key, one.moment.until, _place(one), one.participant.code))


def _place(one: Told) -> int:
    return one.moment.campaign.reminders.index(one.moment.rule)


def _whole(moment: Moment, wording: Wording) -> str:
    written = wording.word(moment.rule.words(moment.lead))
    return wording.join(fill_in(written, wording), _moved(moment, wording))


def _again(moment: Moment, wording: Wording) -> str:
    """Of a second thing with the same date only what it is, and until when."""
    return wording.due_by(moment.campaign.fact[moment.rule.milestone])


def _date(moment: Moment) -> tuple[object, ...] | None:
    """What the deadline says; None where each must be said whole: after it, and on the day itself."""
    fact = moment.campaign.fact.get(moment.rule.milestone)
    if fact is None or fact.when is None or moment.rule.after_deadline or moment.lead.startswith("0 "):
        return None
    return moment.campaign.key, fact.kind, fact.value, fact.at, bool(fact.conflicts_with)


def _moved(moment: Moment, wording: Wording) -> str:
    """Why it comes earlier than one might expect."""
    if moment.planned is None:
        return ""
    named = {closed.on: closed.name for closed in moment.campaign.calendar.closed}
    words = named.get(moment.planned)
    day = wording.on(moment.planned, "short_date")
    if words is None:
        return wording.say("reminders.moved.weekend", day=day)
    return wording.say("reminders.moved", day=day, name=wording.word(words))


def _firm(one: Participant) -> str:
    return f"{one.name} ({one.code})"
