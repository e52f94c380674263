"""Answers questions from the circulars: with the circular's words as the source, or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from handlers.facts._fill import fill, fill_in
from handlers.facts._language import language_of
from handlers.facts._lists import (
    Event,
    Standing,
    briefing_name,
    deadlines,
    next_event,
    say_due,
    say_timeline,
    standings,
    timeline,
)
from handlers.facts._sessions import Wanted, say_session
from handlers.understand import Part, Reading, Understander, Understanding
from handlers.wishes import wished
from models.campaign import Answer, Campaign
from models.message import Behaviour, Choice, Reply
from models.wording import Wording, in_script

__all__ = [
    "ANSWER", "NO_SUPPORT", "SUPPORT", "Event", "Facts", "Standing", "Wanted", "Wish", "answer_action", "briefing_name",
    "deadlines", "fill_in", "language_of", "next_event", "say_due", "say_session", "say_timeline", "standings",
    "timeline",
]  # fmt: skip

ANSWER, SUPPORT, NO_SUPPORT = "/a", "/support", "/no"
WORDED = 1_000  # answers that are kept in words for the minute
CLOSE = 0.3  # two circulars whose best answers are nearer than this are both offered
_STANDING = {"answer": 4, "choose": 2, "unknown": 1, "empty": 0}
_NOT_COVERED = 3  # what one circular does not cover, another may


def answer_action(campaign: str, key: str) -> str:
    """The action of a button that asks for one answer: it carries the campaign, so that it never gets another's."""
    return f"{ANSWER} {campaign} {key}"


@dataclass(frozen=True)
class Wish:
    """What Usher itself is asked to do, of which campaign if one is meant, and all that the words say of it."""

    does: str
    campaign: str | None
    reading: Reading


@dataclass(frozen=True)
class Facts:
    """Answers from all campaigns that the asker may see."""

    understanders: tuple[Understander, ...]
    _worded: dict[tuple[str, str, datetime, str], Reply | None] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, campaigns: Sequence[Campaign], keep: Path | None = None) -> "Facts":
        return cls(tuple(Understander.of(campaign, keep) for campaign in campaigns))

    def reply(self, text: str, now: datetime, history: Sequence[str] = (), language: str | None = None) -> Reply:
        """What the person reads. `history` are their earlier messages, oldest first; pure."""
        language = language or language_of(text, language_of(history[-1]) if history else "en")
        return self.tell(self.understand(text, now, history), now, language)

    def tell(
        self,
        understood: Sequence[tuple[Understander, Understanding]],
        now: datetime,
        language: str,
        *,
        offers: bool = True,
    ) -> Reply:
        """What the person reads of what was understood. `offers`: what is not answered can be passed on to support."""
        if len(understood) > 1:
            offered = [(one.campaign.key, _first(what)) for one, what in understood]
            return self.which_campaign(offered, now, language)
        one, what = understood[0]
        return _Telling(one.campaign, language, now, offers).reply(what)

    def escalates(self, understood: Sequence[tuple[Understander, Understanding]]) -> bool:
        """Whether the circular says of it that support is to know at once, without being asked to."""
        (one, what), *others = understood
        return not others and any(one.campaign.answer[part.key].escalates for part in what.parts)

    def understand(
        self, text: str, now: datetime, history: Sequence[str] = ()
    ) -> list[tuple[Understander, Understanding]]:
        """What the question asks, of the circular that it fits; of several where it fits them alike."""
        all_of_them = [(one, one.understand(text, now, history)) for one in self._meant(text, now, history)]
        all_of_them.sort(key=lambda pair: (-_standing(*pair), -pair[1].strength, pair[0].campaign.key))
        first, best = all_of_them[0]
        fitting = [pair for pair in all_of_them if pair[1].outcome in ("answer", "choose")]
        if not fitting or _refuses(first, best):
            return all_of_them[:1]
        if not _names_its_subject(best.reading):
            return fitting
        return [
            pair for pair in fitting
            if _standing(*pair) == _standing(first, best) and best.strength - pair[1].strength < CLOSE
        ]  # fmt: skip

    def wish(self, text: str, now: datetime, understood: Sequence[tuple[Understander, Understanding]]) -> Wish | None:
        """What Usher itself is asked to do; None where something is only asked. Several circulars: of none of them."""
        if does := wished(text):
            meant = [one for one in self.understanders if one.speaks_of(text, now)]
            campaign = meant[0].campaign.key if len(meant) == 1 else None
            return Wish(does, campaign, (meant or self.understanders)[0].read(text, now))
        wishes = [
            Wish(does, one.campaign.key, what.parts[0].reading)
            for one, what in understood
            if len(what.parts) == 1 and (does := one.campaign.answer[what.parts[0].key].does)
        ]
        if not wishes or len(wishes) < len(understood) or len({wish.does for wish in wishes}) > 1:
            return None
        return wishes[0] if len(wishes) == 1 else replace(wishes[0], campaign=None)

    def _meant(self, text: str, now: datetime, history: Sequence[str]) -> tuple[Understander, ...]:
        """The campaigns that may be meant: those that know what the text names, else what was talked of before."""
        for said in (text, *reversed(history)):
            if speaking := tuple(one for one in self.understanders if one.speaks_of(said, now)):
                return speaking
        return self.understanders

    def answer(self, campaign: str, key: str, now: datetime, language: str) -> Reply | None:
        """The answer behind a button; None where there is no such answer (any more).

        What a circular states changes by the minute at most, so it is worded once a minute.
        """
        asked = (campaign, key, now.replace(second=0, microsecond=0), language)
        if asked not in self._worded:
            if len(self._worded) > WORDED:
                self._worded.clear()
            self._worded[asked] = self._word(campaign, key, now, language)
        return self._worded[asked]

    def _word(self, campaign: str, key: str, now: datetime, language: str) -> Reply | None:
        for one in self.understanders:
            if one.campaign.key == campaign and key in one.campaign.answer:
                reading = one.read("", now)
                return _Telling(one.campaign, language, now).reply(
                    Understanding("answer", reading, parts=(Part(key, reading),))
                )
        return None

    def which_campaign(self, offered: Sequence[tuple[str, str]], now: datetime, language: str) -> Reply:
        """Ask which circular is meant. `offered` are campaigns, each with its answer that would be given."""
        choices = []
        for key, answer in offered[:3]:
            wording = Wording.of(self._campaigns[key], language, now)
            label = wording.word(wording.campaign.name)
            choices.append(Choice(in_script(label, language), answer_action(key, answer)))
        telling = _Telling(self._campaigns[offered[0][0]], language, now)
        return telling.clarify("which.campaign", choices)

    @property
    def _campaigns(self) -> dict[str, Campaign]:
        return {one.campaign.key: one.campaign for one in self.understanders}


@dataclass(frozen=True)
class _Telling:
    """Words what was understood, for one campaign in one language."""

    campaign: Campaign
    language: str
    now: datetime
    offers: bool = True

    @property
    def wording(self) -> Wording:
        return Wording.of(self.campaign, self.language, self.now)

    def reply(self, what: Understanding) -> Reply:
        if what.outcome == "answer":
            return self._answer(what)
        if what.outcome == "choose":
            return self.clarify("which", [self._choice(key) for key in what.choices])
        if what.outcome == "empty":
            return self.clarify("which.empty", [self._choice(key) for key in self.campaign.starts])
        return self._unknown(what)

    def clarify(self, phrase: str, choices: Sequence[Choice]) -> Reply:
        """A question back, with the choices and the way to support."""
        none = Choice(self._script(self.wording.say("none_of_these")), SUPPORT)
        return Reply(self._script(self.wording.say(phrase)), "clarify", (*choices, none), language=self._shown_language)

    def _answer(self, what: Understanding) -> Reply:
        answers = [(self.campaign.answer[part.key], part.reading) for part in what.parts]
        said = [text for answer, reading in answers if (text := fill(answer, self.wording, reading))]
        behaviour = _behaviour([answer for answer, _ in answers])
        if behaviour == "answer":
            after_list = "\n" * (len(answers) == 1 and any("\n" in text for text in said))
            said.append(after_list + self.wording.word(self.campaign.prevails_note) if self._translated else "")
        offer = any(answer.outcome in ("not_stated", "refuse") for answer, _ in answers)
        keys = list(dict.fromkeys(key for answer, _ in answers for key in answer.sources))
        reply = Reply(
            self._script("\n\n".join(filter(None, said)) if len(answers) > 1 else self.wording.join(*said)),
            behaviour,
            sources=tuple(dict.fromkeys(self.campaign.source(key) for key in keys)),
            answer=" ".join(f"{self.campaign.key}/{answer.key}" for answer, _ in answers),
            language=self._shown_language,
        )
        if behaviour == "clarify":
            return replace(reply, choices=tuple(self._choice(key) for key in self.campaign.starts))
        return self._with_offer(reply) if offer else reply

    def _unknown(self, what: Understanding) -> Reply:
        wording = self.wording
        if what.why == "system":
            said = wording.say("unknown.system", topic=wording.say("comma").join(what.reading.acronyms))
        elif what.why == "year":
            said = wording.say("premise.year", years=_years(self.campaign))
        elif what.why == "host":
            said = wording.say("host")
        else:
            said = wording.say("unknown")
        return self._with_offer(Reply(self._script(said), "escalate", language=self._shown_language))

    def _with_offer(self, reply: Reply) -> Reply:
        if not self.offers:
            return reply
        yes = Choice(self._script(self.wording.say("offer.yes")), SUPPORT)
        no = Choice(self._script(self.wording.say("offer.no")), NO_SUPPORT)
        text = self.wording.join(reply.text, self._script(self.wording.say("offer")))
        return replace(reply, text=text, choices=(*reply.choices, yes, no))

    def _choice(self, key: str) -> Choice:
        return Choice(
            self._script(self.wording.word(self.campaign.answer[key].title)), answer_action(self.campaign.key, key)
        )

    def _script(self, text: str) -> str:
        return in_script(text, self._shown_language)

    @property
    def _shown_language(self) -> str:
        """Simplified is made of traditional Chinese; any other language that the campaign lacks is told in its own."""
        own = self.wording.language
        return self.language if own.startswith("zh") and self.language.startswith("zh") else own

    @property
    def _translated(self) -> bool:
        return self.wording.language != self.campaign.prevails


def _first(what: Understanding) -> str:
    return what.parts[0].key if what.parts else what.choices[0]


def _standing(one: Understander, what: Understanding) -> int:
    refused = what.outcome == "answer" and all(one.campaign.answer[part.key].outcome != "answer" for part in what.parts)
    return _NOT_COVERED if refused else _STANDING[what.outcome]


def _refuses(one: Understander, what: Understanding) -> bool:
    """Whether it is a greeting or something that no circular is about: then it does not matter which one says so."""
    outcomes = {one.campaign.answer[part.key].outcome for part in what.parts}
    return bool(outcomes) and outcomes <= {"refuse", "chat"}


def _names_its_subject(reading: Reading) -> bool:
    """Whether the question names what one circular speaks of; "when is the deadline?" may mean any of them."""
    return any(reading.keys(kind) for kind in ("subject", "trigger", "term", "qualifier"))


def _behaviour(answers: Sequence[Answer]) -> Behaviour:
    outcomes = {answer.outcome for answer in answers}
    if "answer" in outcomes:
        return "answer"
    return "clarify" if outcomes == {"chat"} else "escalate"


def _years(campaign: Campaign) -> str:
    """The year that the dates of the circular's deadlines and briefings stand in."""
    years = {fact.when.last.year for fact in campaign.facts if fact.when and fact.task}
    years |= {briefing.on.year for briefing in campaign.briefings}
    return "–".join(str(year) for year in sorted({min(years), max(years)}))
