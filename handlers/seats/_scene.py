"""What a message about a seat is about: which briefing of which circular, and for which participant."""

from dataclasses import dataclass, replace
from functools import cached_property

from handlers.facts import say_session
from handlers.talk import Gone, Talk
from models.campaign import Briefing, Campaign
from models.message import Choice, Reply
from models.participants import Participant
from models.seats import Moment, Rules, Seat, seats_of
from models.wording import Wording, in_script

LABEL = 60  # letters of a button


@dataclass(frozen=True)
class Scene:
    """One briefing, for one participant, in one message."""

    talk: Talk
    campaign: Campaign
    briefing: Briefing
    participant: Participant

    @classmethod
    def of(cls, talk: Talk, argument: str) -> tuple["Scene", str]:
        """The scene that `CAMPAIGN BRIEFING PARTICIPANT …` names, and what stands behind it."""
        campaign, _, rest = argument.partition(" ")
        briefing, _, rest = rest.partition(" ")
        code, _, rest = rest.partition(" ")
        return cls.named(talk, campaign, briefing, code or None), rest.strip()

    @classmethod
    def named(cls, talk: Talk, campaign: str, briefing: str, participant: str | None) -> "Scene":
        served = talk.phrasing.campaigns.get(campaign)
        if served is None or briefing not in served.briefing:
            raise Gone
        return cls(talk, served, served.briefing[briefing], talk.acting(participant))

    @classmethod
    def of_seat(cls, talk: Talk, number: str) -> tuple["Scene", Seat]:
        """That of a seat, if it is one of a participant that the asker acts for."""
        seat = talk.session.get(Seat, int(number)) if is_number(number) else None
        if seat is None:
            raise Gone
        return cls.named(talk, seat.campaign, seat.briefing, seat.participant), seat

    @cached_property
    def rules(self) -> Rules:
        return Rules.of(self.campaign, self.briefing)

    @cached_property
    def wording(self) -> Wording:
        return self.talk.wording(self.campaign)

    @property
    def moment(self) -> Moment:
        return Moment(self.talk.now, self.talk.machine_now)

    @property
    def is_open(self) -> bool:
        return self.talk.now < self.rules.closes

    @property
    def seats(self) -> list[Seat]:
        """The seats of the participant there."""
        return seats_of(self.talk.session, self.campaign.key, self.participant.code, self.briefing.key)

    @property
    def short(self) -> str:
        """As in a button: `Mon 24 Apr 2023, in person`."""
        return short_name(self.wording, self.briefing, self.talk.language)

    @property
    def line(self) -> str:
        """All that is to be said of the briefing in one line."""
        return self.talk.script(say_session(self.wording, self.briefing))

    def at(self, briefing: Briefing) -> "Scene":
        return replace(self, briefing=briefing)

    @property
    def keys(self) -> str:
        return f"{self.campaign.key} {self.briefing.key} {self.participant.code}"

    def action(self, word: str, *more: object) -> str:
        return " ".join([word, self.keys, *map(str, more)])

    def choice(self, phrase: str, action: str, *, form: bool = False, **fields: object) -> Choice:
        return Choice(shortened(self.talk.label(phrase, self.campaign.key, **fields)), action, form)

    def say(self, phrase: str, *choices: Choice, **fields: object) -> Reply:
        names = {"firm": firm(self.participant), "line": self.line, "short": self.short} | self.counting
        return self.talk.say(phrase, self.campaign.key, *choices, **(names | fields))

    @property
    def counting(self) -> dict[str, str]:
        """Where the registration is made that counts, and until when."""
        wording = self.wording
        fact = self.campaign.fact[self.briefing.closes] if self.briefing.closes else None
        registry = wording.word(self.campaign.registry) or wording.say("seats.registry")
        stated = wording.stated(fact) if fact else wording.moment(self.rules.closes)
        return {"registry": self.talk.script(registry), "stated": self.talk.script(stated)}


def short_name(wording: Wording, briefing: Briefing, language: str) -> str:
    mode = wording.word(briefing.mode_name)
    return in_script(f"{wording.on(briefing.on, 'list_date')} {wording.clock(briefing.start)}, {mode}", language)


def firm(participant: Participant) -> str:
    return f"{participant.name} ({participant.code})"


def is_number(text: str) -> bool:
    """Whether it may be the number of a row."""
    return text.isascii() and text.isdecimal() and len(text) < 10


def shortened(label: str) -> str:
    return label if len(label) <= LABEL else f"{label[: LABEL - 1]}…"
