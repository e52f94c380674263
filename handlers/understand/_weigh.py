"""Weighs every answer of a campaign against what was read in a question."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest

from handlers.understand._lexicon import Reading
from handlers.understand._question import Question, Subjects
from models.campaign import Answer, Campaign

LIKENESS = 0.8  # what the examples count beside the cell
TRIGGER = 1.6  # what the words count that decide by themselves,
LONGER = 0.05  # and more for each of them: the longer match is the surer one
CUE = 0.45
ACT = 1.4  # times the share of the question that a wish takes up
RANKED = 20  # answers that are told


@dataclass(frozen=True)
class Scored:
    """An answer and what speaks for it: `cell` (subject and aspect), `likeness` (its examples), `total` of all."""

    key: str
    total: float
    cell: float
    likeness: float
    why: str = ""


@dataclass(frozen=True)
class Cells:
    """The answers of a campaign by the cells that they cover."""

    subjects: Subjects
    covered: tuple[tuple[Answer, tuple[tuple[str, str, str], ...]], ...]

    @classmethod
    def of(cls, campaign: Campaign) -> "Cells":
        within = {subject.key: subject.within for subject in campaign.subjects}
        ancestors = {key: tuple(_above(key, within)) for key in within}
        covered = tuple((answer, tuple(_split(name) for name in answer.covers)) for answer in campaign.answers)
        tops = {
            (aspect, (ancestors.get(subject) or (subject,))[-1])
            for _, cells in covered
            for _, subject, aspect in cells
            if subject != "*"
        }
        return cls(Subjects(ancestors, Counter(aspect for aspect, _ in tops)), covered)

    def weigh(self, reading: Reading, likeness: Mapping[str, float], before: Sequence[str] = ()) -> list[Scored]:
        """The answers that fit best, the best first; `before` are the subjects talked of before."""
        question = Question.read(reading, self.subjects, before)
        triggers, cues = reading.keys("trigger"), reading.keys("cue")
        rows = []
        for answer, cells in self.covered:
            cell, why = max(
                ((question.cell(subject, aspect), name) for name, subject, aspect in cells), default=(0.0, "")
            )
            like = likeness.get(answer.key, 0.0)
            total = cell + LIKENESS * like
            if answer.key in triggers:
                total, why = total + TRIGGER + LONGER * _longest(reading, answer.key), f"trigger {why}"
            if answer.key in cues:
                total, why = total + CUE, f"cue {why}"
            if answer.acts and (wish := max(question.wishes.get(act, 0.0) for act in answer.acts)):
                total, why = total + ACT * wish, f"wish {why}"
            rows.append((-total, answer.key, cell, like, why))
        return [Scored(key, -minus, cell, like, why) for minus, key, cell, like, why in nsmallest(RANKED, rows)]


def _split(name: str) -> tuple[str, str, str]:
    subject, _, aspect = name.partition(":")
    return name, subject, aspect


def _longest(reading: Reading, key: str) -> int:
    return max(one.end - one.start for one in reading.found if (one.kind, one.key) == ("trigger", key))


def _above(key: str, within: Mapping[str, str | None]) -> Iterator[str]:
    seen = {key}
    while (parent := within.get(key)) and parent not in seen:
        seen.add(parent)
        yield parent
        key = parent
