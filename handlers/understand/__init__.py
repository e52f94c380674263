"""Finds out which of a circular's answers a question asks for, or that it asks for none of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from pathlib import Path
from typing import Literal

from handlers.classify import Classifier
from handlers.understand._dialogue import asks, first_with_subject, shared, with_before
from handlers.understand._figures import is_target, top, with_figures
from handlers.understand._fold import fold, words
from handlers.understand._gates import Thresholds, learn
from handlers.understand._lexicon import Lexicon, Reading
from handlers.understand._lint import lint_examples
from handlers.understand._parts import clauses, sentences
from handlers.understand._read import read as read_figures
from handlers.understand._weigh import Cells, Scored, lead_of
from models.campaign import Answer, Campaign

__all__ = [
    "Outcome",
    "Part",
    "Reading",
    "Scored",
    "Thresholds",
    "Understander",
    "Understanding",
    "fold",
    "lint_examples",
    "read_figures",
]

Outcome = Literal["answer", "choose", "unknown", "empty"]
CHOICES = 3
PARTS = 4
PIECE = 0.25  # of the lead that is needed: what the other pieces of a message ask makes each of them clearer
LONG = 25  # words; in a message longer than this one clause may be the question and the rest its circumstances
FAR = "nothing is near enough"
STRANGE = 0.12  # what an answer needs more for each word that nothing explains,
MOST_STRANGE = 5  # up to so many
TORN = 0.3  # the least lead where a question hints at several subjects


@dataclass(frozen=True)
class Part:
    """One question of a message, and the key of the answer to it."""

    key: str
    reading: Reading


@dataclass(frozen=True)
class Understanding:
    """What a message asks. `parts` are the answers to give, `choices` those to offer; the rest explains why."""

    outcome: Outcome
    reading: Reading
    ranked: tuple[Scored, ...] = ()
    parts: tuple[Part, ...] = ()
    choices: tuple[str, ...] = ()
    why: str = ""

    @property
    def strength(self) -> float:
        return self.ranked[0].total if self.ranked else 0.0


@dataclass(frozen=True)
class Understander:
    """Understands questions about one campaign. Pure once made: the same question always gives the same result."""

    campaign: Campaign
    lexicon: Lexicon
    cells: Cells
    classifier: Classifier
    thresholds: Thresholds
    phrasings: Mapping[str, str]

    @classmethod
    def of(cls, campaign: Campaign, keep: Path | None = None) -> "Understander":
        """Learn from the campaign's examples, or take from the folder `keep` what was learned of the same content."""
        lexicon, cells = Lexicon.of(campaign), Cells.of(campaign)
        classifier, thresholds = learn(campaign, lexicon, cells, keep)
        phrasings = {_plain(example): answer.key for answer in campaign.answers for example in answer.examples}
        return cls(campaign, lexicon, cells, classifier, thresholds, phrasings)

    def understand(self, text: str, now: datetime, history: Sequence[str] = ()) -> Understanding:
        """What `text` asks at campaign time `now`; `history` are the person's earlier messages, oldest first."""
        reading = self.read(text, now)
        if not reading.tokens:
            return Understanding("empty", reading)
        before = self._before(history, now)
        known = self.phrasings.get(_plain(text))
        if known:
            ranked = self._rank(reading, before)
            return Understanding("answer", reading, ranked, (Part(known, reading),), why="a reviewed phrasing")
        return self.understand_anew(text, now, before)

    def speaks_of(self, text: str, now: datetime) -> bool:
        """Whether the text names something that this campaign is about."""
        reading = self.read(text, now)
        cued = [self.campaign.answer[key] for key in reading.keys("cue")]
        own = any(not any(cell.startswith("*") for cell in answer.covers) for answer in cued)
        return own or any(reading.keys(kind) for kind in ("subject", "term", "qualifier"))

    def understand_anew(self, text: str, now: datetime, before: Reading | None = None) -> Understanding:
        """The same without looking whether somebody reviewed this very phrasing."""
        asking = self._asking(text, now)
        if asking:
            what = self._understand(asking, now, first_with_subject(self.read(text, now), before))
            if what.outcome == "answer":
                return what
        return self._understand(text, now, before)

    def _understand(self, text: str, now: datetime, before: Reading | None) -> Understanding:
        reading = with_before(self.read(text, now), before)
        ranked = self._rank(reading, before)
        several = self._several(text, now, before)
        if several:
            return Understanding("answer", reading, ranked, several, why="several questions")
        decided = self._decide(reading, ranked)
        if decided.outcome != "answer" and (len(reading.tokens) > LONG or decided.why == FAR):
            return self._core(text, now, before) or decided
        return decided

    def _asking(self, text: str, now: datetime) -> str:
        """The sentences that end with a question mark, where there are others too; nothing where the others count.

        What is only told ("I keep our calendar. When is ...?") asks nothing, but a mishap that is told is the question.
        """
        parts = sentences(fold(text))
        asking = [part for part in parts if part.endswith("?")]
        telling = " ".join(part for part in parts if not part.endswith("?"))
        told = all(part[-1] in ".!。?" for part in parts)
        if not asking or not telling or not told or not _is_aside(self.read(telling, now)):
            return ""
        question = " ".join(asking)
        return question if self.read(question, now).keys("subject") else ""

    def _core(self, text: str, now: datetime, before: Reading | None) -> Understanding | None:
        """The answer to the one clause that asks something; None where more than one does, or it is not sure."""
        pieces = list(dict.fromkeys(clauses(fold(text))))
        readings = [with_before(self.read(piece, now), before) for piece in pieces[:2] + pieces[2:][-4:]]
        asking = [reading for reading in readings if asks(reading)]
        if len(asking) != 1 or not asking[0].keys("subject"):
            return None
        decided = self._decide(asking[0], self._rank(asking[0], before))
        return decided if decided.outcome == "answer" else None

    def read(self, text: str, now: datetime) -> Reading:
        """The reading of a text, with what its figures and addresses tell of subjects and aspects."""
        return with_figures(self.lexicon.read(text, now), self.campaign)

    def nearest(self, text: str, count: int = 3) -> list[tuple[str, float]]:
        """The examples that are most like the text, with their likeness between 0 and 1."""
        examples = [example for answer in self.campaign.answers for example in answer.examples]
        return [(examples[number], likeness) for number, likeness in self.classifier.nearest(fold(text), count)]

    def _rank(self, reading: Reading, before: Reading | None) -> tuple[Scored, ...]:
        likeness = dict(self.classifier.scores(reading.folded))
        talked = (before.keys("subject") or before.keys("hint")) if before else ()
        return tuple(self.cells.weigh(reading, likeness, talked))

    def _before(self, history: Sequence[str], now: datetime) -> Reading | None:
        for text in reversed(history):
            reading = self.read(text, now)
            if reading.keys("subject") or reading.keys("hint"):
                return reading
        return None

    def _several(self, text: str, now: datetime, before: Reading | None) -> tuple[Part, ...]:
        """The parts of a message that asks more than one thing, each of them sure by itself; else nothing."""
        pieces = clauses(fold(text))
        if not 1 < len(pieces) <= 8:
            return ()
        parts: dict[str, Part] = {}
        for ways in shared([self.read(piece, now) for piece in pieces]):
            readings = [way if way.keys("subject") else with_before(way, before) for way in ways]
            before = readings[0] if readings[0].keys("subject") or readings[0].keys("hint") else before
            taken = [self._decide(one, self._rank(one, before), PIECE) for one in readings]
            decided = max(taken, key=lambda what: (what.outcome == "answer", what.strength))
            reading = decided.reading
            if decided.outcome != "answer" or len(decided.parts) != 1:
                return ()
            if self._answer(decided).outcome != "answer" and not decided.why.startswith("trigger"):
                return ()
            if decided.why.startswith("*:") and parts and not _telling(reading):
                continue  # "..., what should we do?" asks nothing else than what stands before it
            parts.setdefault(decided.parts[0].key, decided.parts[0])
        refused = [part for part in parts.values() if self.campaign.answer[part.key].outcome == "refuse"]
        return tuple(refused or parts.values())[:PARTS] if len(parts) > 1 else ()

    def _answer(self, decided: Understanding) -> Answer:
        return self.campaign.answer[decided.parts[0].key]

    def _decide(self, reading: Reading, ranked: tuple[Scored, ...], of_margin: float = 1.0) -> Understanding:
        best, lead = ranked[0], lead_of(ranked)
        foreign = self._foreign(reading, best)
        if foreign:
            return Understanding("unknown", reading, ranked, why=foreign)
        margin = of_margin * self._margin(reading, ranked)
        if reading.mostly_unknown and not best.why.startswith("trigger"):
            return Understanding("unknown", reading, ranked, why=FAR)
        least = self.thresholds.answer + STRANGE * min(len(reading.unknown), MOST_STRANGE) * reading.strange
        if best.total >= least and lead >= margin:
            return Understanding("answer", reading, ranked, (Part(best.key, reading),), why=best.why)
        choices = tuple(
            one.key for one in ranked[:CHOICES]
            if one.total >= self.thresholds.choice and self.campaign.answer[one.key].outcome == "answer"
        )  # fmt: skip
        if not choices and reading.short and reading.found:
            choices = tuple(one.key for one in ranked[:CHOICES] if self.campaign.answer[one.key].outcome == "answer")
        if not choices or reading.strange:
            return Understanding("unknown", reading, ranked, why=FAR)
        return Understanding("choose", reading, ranked, choices=choices, why="not sure enough")

    def _margin(self, reading: Reading, ranked: tuple[Scored, ...]) -> float:
        """The lead that the best answer needs. Of two refusals either will do."""
        if all(self.campaign.answer[one.key].outcome != "answer" for one in ranked[:2]):
            return 0.0
        torn = self._torn(reading) and not ranked[0].why.startswith("*:")
        if torn and reading.short:
            return inf  # "registration": no lead makes one word clear
        return max(self.thresholds.margin, TORN) if torn else self.thresholds.margin

    def _torn(self, reading: Reading) -> bool:
        """Whether only hints were found, and they point at several subjects: "registration"."""
        if reading.keys("subject") or reading.keys("trigger") or reading.keys("cue"):
            return False
        return len({top(self.campaign, key) for key in reading.keys("hint")}) > 1

    def _foreign(self, reading: Reading, best: Scored) -> str:
        """Why the question is about something else, whatever it resembles; nothing where it is not."""
        if best.why.startswith("trigger"):
            return ""
        calendar = self.campaign.calendar
        if any(not calendar.first.year <= year <= calendar.last.year for year in reading.asked.years):
            return "year"
        known = {contact.value.rpartition("@")[2] for contact in self.campaign.contacts}
        ours = tuple(f".{name}" for name in known)
        hosts = (host.partition("/")[0] for host in reading.hosts)
        if any(not (host in known or host.endswith(ours) or is_target(host, self.campaign)) for host in hosts):
            return "host"
        return "system" if reading.acronyms else ""


def _is_aside(reading: Reading) -> bool:
    """Whether what is told names no mishap and nothing else that the question may be about."""
    return not (_telling(reading) or reading.keys("trigger") or reading.keys("cue"))


def _telling(reading: Reading) -> list[str]:
    return [aspect for aspect in reading.keys("aspect") if aspect not in words().vague]


def _plain(text: str) -> str:
    """A phrasing without what makes no difference: spaces, case and marks."""
    return "".join(sign for sign in fold(text) if sign.isalnum())
