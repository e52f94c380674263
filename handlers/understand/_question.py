"""What one question is about: how well an answer's subject and aspect serve it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan

from handlers.understand._fold import words
from handlers.understand._lexicon import Reading

# How much a subject counts: the one asked, a wider or narrower one, one only hinted at, one talked of before.
EXACT, WIDER, NARROWER, HINTED, BEFORE, UNNAMED, ANY = 1.0, 0.84, 0.64, 0.8, 0.84, 0.4, 0.7
ASIDE = 0.5  # times what a hint or "any subject" counts beside a subject that is named
NO_ASPECT = 0.45  # a subject alone
OVERVIEW = 0.8  # a subject alone, for the answer that says what it is about
OTHER_SUBJECT = 0.12  # taken off for each subject of the question that the answer is not about
OTHER_ASPECT = 0.1  # taken off for each telling aspect of the question that the answer leaves open
OTHERWISE = 0.15  # an aspect that the question does not ask for
OPEN = 0.4  # an aspect that is served less than this is left open
RELATED = 0.9  # times what words.toml says of two aspects
PLAIN_WORDS = 4  # a question with more words beside its subject asks something of it, known or not
ANY_ASPECT = 0.55
PASSING, VAGUE = 0.9, 0.6  # an aspect that many questions name in passing, alone and beside a more telling one
TERM = "term."  # a word of the glossary, asked for its meaning
QUESTIONS = frozenset(
    {"when", "deadline", "how", "where", "who", "why", "since", "consequence", "late"}
)  # "when can we book?" wishes nothing
BIDDEN = frozenset({"remind", "stop", "cancel"})  # wishes whatever is asked beside them: "remind me before it is due"
PLAIN = frozenset({"seat", "remind", "stop", "cancel"})  # wishes that are plain when two words say them


@dataclass(frozen=True)
class Subjects:
    """The subjects of a campaign: what each is within, and how many families of subjects have each aspect."""

    ancestors: Mapping[str, tuple[str, ...]]
    families: Mapping[str, int]

    def near(self, subject: str, asked: str) -> float:
        if subject == asked:
            return EXACT
        if subject in self.ancestors[asked]:
            return WIDER
        return NARROWER if asked in self.ancestors[subject] else 0.0


@dataclass(frozen=True)
class Question:
    """A reading, with what may be asked of it worked out once."""

    reading: Reading
    of: Subjects
    before: tuple[str, ...]
    subjects: tuple[str, ...]
    hints: tuple[str, ...]
    aspects: tuple[str, ...]
    telling: tuple[str, ...]
    passing: float
    wishes: Mapping[str, float]

    @classmethod
    def read(cls, reading: Reading, subjects: Subjects, before: Sequence[str]) -> "Question":
        named = reading.keys("subject")
        # "The briefing's registration" is about the registration.
        wider = {above for subject in named for above in subjects.ancestors[subject]}
        aspects = _aspects(reading)
        telling = tuple(asked for asked in aspects if asked not in words().vague)
        return cls(
            reading, subjects, tuple(before), tuple(key for key in named if key not in wider), reading.keys("hint"),
            aspects, telling or aspects, VAGUE if telling else PASSING, _wishes(reading),
        )  # fmt: skip

    def subject(self, subject: str) -> tuple[float, float]:
        """How much the subject counts, and what other subjects of the question take off.

        NaN where the question names none at all: then the aspect must tell (`unnamed`).
        """
        about = self._subject(subject)
        return (nan if about is None else about), self._foreign(subject)

    def unnamed(self, aspect: str) -> float:
        # "Which browser?" names no subject, but only one has browsers: the fewer have the aspect, the more it tells.
        return UNNAMED + UNNAMED / self.of.families.get(aspect, 1)

    def _subject(self, subject: str) -> float | None:
        if subject == "-":
            return 0.0
        if subject == "*":
            return ASIDE * ANY if self.subjects or self.before or self.reading.strange else ANY
        if subject.startswith(TERM):
            asked = subject in self.reading.keys("term") and "what" in self.aspects
            return EXACT * asked * (ASIDE if self.reading.keys("cue") else 1)
        hinted = HINTED * self._nearest(subject, self.hints)
        if self.subjects:
            return self._nearest(subject, self.subjects) or ASIDE * hinted
        if hinted or not self.before:
            return hinted or None
        return BEFORE * self._nearest(subject, self.before) or ASIDE * UNNAMED

    def _nearest(self, subject: str, named: Sequence[str]) -> float:
        return max((self.of.near(subject, asked) for asked in named), default=0.0)

    def _foreign(self, subject: str) -> float:
        if subject in "*-" or subject.startswith(TERM):
            return 0.0
        return OTHER_SUBJECT * sum(not self.of.near(subject, asked) for asked in self.subjects)

    def aspect(self, aspect: str) -> float:
        """How well an answer about this aspect serves the aspects that the question names."""
        if not self.aspects:
            plain = not self.reading.strange and self.reading.uncovered <= PLAIN_WORDS
            return OVERVIEW if aspect == "*" and plain else NO_ASPECT
        if aspect == "*":
            return ANY_ASPECT
        related = words().related
        fits = [1.0 if asked == aspect else RELATED * related.get(asked, {}).get(aspect, 0.0) for asked in self.telling]
        best = max(*fits, self.passing if aspect in self.aspects else 0.0)
        return max(0.0, best - OTHER_ASPECT * sum(fit < OPEN for fit in fits)) if best else OTHERWISE


def _aspects(reading: Reading) -> tuple[str, ...]:
    aspects = reading.keys("aspect")
    # "When do we register?" asks when; only "how about registering?" asks about registering.
    aspects = tuple(key for key in aspects if key != "register") or aspects
    overridden = {less for key in aspects for less in words().overrides.get(key, ())}
    return tuple(key for key in aspects if key not in overridden)


def _wishes(reading: Reading) -> dict[str, float]:
    """How much of the question, but for the words that carry nothing, each wish takes up."""
    acts = [found for found in reading.found if found.kind == "act"]
    if not acts:
        return {}
    asks = {*reading.keys("aspect")} & QUESTIONS
    function = words().function
    telling = {place for place, word in enumerate(reading.tokens) if word not in function}
    shares: dict[str, float] = {}
    for found in acts:
        places = set(range(found.start, found.end))
        share = len(places) / len(telling | places)
        if found.key in PLAIN and len(places) > 1:
            share = max(share, 0.9)
        if asks and found.key not in BIDDEN:
            share *= ASIDE
        shares[found.key] = max(shares.get(found.key, 0.0), share)
    return shares
