"""Weighs every answer of a campaign against what was read in a question."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from handlers.understand._fold import words
from handlers.understand._lexicon import Reading
from models.campaign import Answer, Campaign

# How much a cell's subject counts: the one asked, a wider or narrower one, one only hinted at, one talked of before.
EXACT, WIDER, NARROWER, HINTED, BEFORE, UNNAMED, ANY = 1.0, 0.84, 0.76, 0.8, 0.84, 0.4, 0.7
NO_ASPECT = 0.45  # a subject alone
OVERVIEW = 0.8  # a subject alone, for the answer that says what it is about
OTHER_SUBJECT = 0.12  # taken off for each subject of the question that the answer is not about
OTHER_ASPECT = 0.1  # taken off for each telling aspect of the question that the answer leaves open
LIKENESS = 0.8  # what the examples count beside the cell
PASSING, VAGUE = 0.9, 0.6  # an aspect that many questions name in passing, alone and beside a more telling one
TRIGGER = 1.2
CUE = 0.45
TERM = "term."  # a word of the glossary, asked for its meaning
ACT = 1.4  # times the share of the question that the wish takes up
PLAIN = frozenset({"seat", "remind", "stop", "cancel"})  # wishes that are plain when two words say them


@dataclass(frozen=True)
class Scored:
    """An answer and what speaks for it: `cell` (subject and aspect), `likeness` (its examples), `total` of both."""

    key: str
    total: float
    cell: float
    likeness: float
    why: str = ""


@dataclass(frozen=True)
class Cells:
    """The answers of a campaign by the cells that they cover."""

    campaign: Campaign
    ancestors: Mapping[str, tuple[str, ...]]
    families: Mapping[str, int]

    @classmethod
    def of(cls, campaign: Campaign) -> "Cells":
        within = {subject.key: subject.within for subject in campaign.subjects}
        ancestors = {key: _chain(key, within) for key in within}
        covered = {tuple(cell.split(":")) for answer in campaign.answers for cell in answer.covers}
        tops = {(aspect, (ancestors.get(subject) or (subject,))[-1]) for subject, aspect in covered if subject != "*"}
        return cls(campaign, ancestors, Counter(aspect for aspect, _ in tops))

    def weigh(
        self,
        reading: Reading,
        likeness: Mapping[str, float],
        before: Sequence[str] = (),
        leave_out: Collection[str] = (),
    ) -> list[Scored]:
        """All answers, the best first. `before` are the subjects talked of before, `leave_out` answers not to weigh."""
        question = _Question.of(reading, before)
        scored = [
            self._score(answer, question, reading, likeness.get(answer.key, 0.0))
            for answer in self.campaign.answers
            if answer.key not in leave_out
        ]
        return sorted(scored, key=lambda one: (-one.total, one.key))

    def _score(self, answer: Answer, question: "_Question", reading: Reading, likeness: float) -> Scored:
        cell, why = max((self._cell(name, question) for name in answer.covers), default=(0.0, ""))
        total = cell + LIKENESS * likeness
        if answer.key in question.triggers:
            longest = max(one.end - one.start for one in reading.found if (one.kind, one.key) == ("trigger", answer.key))
            total, why = total + TRIGGER + 0.05 * longest, f"trigger {why}".strip()
        if answer.key in question.cues:
            total, why = total + CUE, f"cue {why}".strip()
        wish = max((question.wishes.get(act, 0.0) for act in answer.acts), default=0.0)
        if wish:
            total, why = total + ACT * wish, f"wish {why}".strip()
        return Scored(answer.key, total, cell, likeness, why)

    def _cell(self, name: str, question: "_Question") -> tuple[float, str]:
        subject, _, aspect = name.partition(":")
        about = self._subject(subject, aspect, question)
        if not about:
            return 0.0, ""
        return max(0.0, about * question.aspect(aspect, subject) - self._foreign(subject, question)), name

    def _subject(self, subject: str, aspect: str, question: "_Question") -> float:
        if subject == "*":
            return ANY if not question.subjects else 0.5 * ANY
        if subject.startswith(TERM):
            return EXACT if subject in question.terms and "what" in question.aspects else 0.0
        best = max((self._near(subject, asked) for asked in question.subjects), default=0.0)
        if best:
            return best
        hint = max((self._near(subject, asked) for asked in question.hints), default=0.0)
        if hint:
            return HINTED * hint if not question.subjects else 0.5 * HINTED * hint
        if not question.subjects:
            talked = max((self._near(subject, asked) for asked in question.before), default=0.0)
            # "Which browser?" names no subject, but only one has browsers: the fewer have the aspect, the more it tells.
            return BEFORE * talked if talked else UNNAMED + UNNAMED / max(1, self.families.get(aspect, 1))
        return 0.0

    def _near(self, subject: str, asked: str) -> float:
        if subject == asked:
            return EXACT
        if subject in self.ancestors[asked]:
            return WIDER
        return NARROWER if asked in self.ancestors[subject] else 0.0

    def _foreign(self, subject: str, question: "_Question") -> float:
        if subject == "*" or subject.startswith(TERM):
            return 0.0
        others = [asked for asked in question.subjects if not self._near(subject, asked)]
        return OTHER_SUBJECT * len(others)


@dataclass(frozen=True)
class _Question:
    subjects: tuple[str, ...]
    hints: tuple[str, ...]
    aspects: tuple[str, ...]
    triggers: tuple[str, ...]
    cues: tuple[str, ...]
    terms: tuple[str, ...]
    before: tuple[str, ...]
    wishes: Mapping[str, float]

    @classmethod
    def of(cls, reading: Reading, before: Sequence[str]) -> "_Question":
        aspects = reading.keys("aspect")
        # "When do we register?" asks when; only "how about registering?" asks about registering.
        aspects = tuple(key for key in aspects if key != "register") or aspects
        return cls(
            reading.keys("subject"), reading.keys("hint"), aspects, reading.keys("trigger"),
            reading.keys("cue"), reading.keys("term"), tuple(before), _wishes(reading),
        )  # fmt: skip

    def aspect(self, aspect: str, subject: str) -> float:
        """How well an answer about `aspect` serves the aspects that the question names."""
        if not self.aspects:
            return OVERVIEW if aspect == "*" else NO_ASPECT
        related = words().related
        telling = [asked for asked in self.aspects if asked not in words().vague]
        passing = VAGUE if telling else PASSING
        telling = telling or list(self.aspects)
        if aspect == "*":
            return 0.55
        fits = [1.0 if asked == aspect else related.get(asked, {}).get(aspect, 0.0) for asked in telling]
        vague = passing if aspect in self.aspects else 0.0
        best = max(*fits, vague)
        left_open = sum(fit < 0.4 for fit in fits)
        return max(0.0, best - OTHER_ASPECT * left_open) if best else 0.15


def _wishes(reading: Reading) -> dict[str, float]:
    """How much of the question, but for the words that carry nothing, each wish takes up."""
    function = words().function
    telling = {place for place, word in enumerate(reading.tokens) if word not in function}
    shares: dict[str, float] = {}
    for found in reading.found:
        if found.kind == "act":
            places = set(range(found.start, found.end))
            share = len(places) / len(telling | places)
            if found.key in PLAIN and len(places) > 1:
                share = max(share, 0.9)
            shares[found.key] = max(shares.get(found.key, 0.0), share)
    return shares


def _chain(key: str, within: Mapping[str, str | None]) -> tuple[str, ...]:
    above: list[str] = []
    parent = within[key]
    while parent and parent not in above:
        above.append(parent)
        parent = within.get(parent)
    return tuple(above)
