"""Weighs every answer of a campaign against what was read in a question."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handlers.understand._figures import top
from handlers.understand._lexicon import Reading
from handlers.understand._question import Question, Subjects
from models.campaign import Answer, Campaign

LIKENESS = 0.8  # what the examples count beside the cell
TRIGGER = 1.6  # what the words count that decide by themselves,
LONGER = 0.05  # and more for each of them: the longer match is the surer one
CUE = 0.45
ACT = 1.4  # times the share of the question that a wish takes up
TOLD = 0.8  # what an aspect tells of its subject where only one has it
RANKED = 20  # answers that are told

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scored:
    """An answer and what speaks for it: `cell` (subject and aspect), `likeness` (its examples), `total` of all."""

    key: str
    total: float
    cell: float
    likeness: float
    why: str = ""


@dataclass(frozen=True, eq=False)
class Cells:
    """The answers of a campaign, and all the cells that they cover, as numbers: thousands are weighed at once."""

    subjects: Subjects
    answers: tuple[Answer, ...]
    place: Mapping[str, int]
    names: tuple[str, ...]
    of_subject: tuple[str, ...]
    of_aspect: tuple[str, ...]
    subject: Numbers
    aspect: Numbers
    first: Numbers

    @classmethod
    def of(cls, campaign: Campaign) -> "Cells":
        # An answer without a cell has one that no question asks for.
        covers = [answer.covers or ("-:-",) for answer in campaign.answers]
        cells = [tuple(name.split(":")) for names in covers for name in names]
        of_subject, of_aspect = (tuple(dict.fromkeys(one)) for one in zip(*cells, strict=True))
        tops = {(aspect, top(campaign, key)) for key, aspect in cells if key != "*"}
        return cls(
            Subjects({**campaign.ancestors, "-": ()}, Counter(aspect for aspect, _ in tops)),
            campaign.answers,
            {answer.key: place for place, answer in enumerate(campaign.answers)},
            tuple(name for names in covers for name in names),
            of_subject,
            of_aspect,
            np.array([of_subject.index(key) for key, _ in cells]),
            np.array([of_aspect.index(aspect) for _, aspect in cells]),
            np.cumsum([0, *map(len, covers)])[:-1],
        )

    def weigh(self, reading: Reading, likeness: Mapping[str, float], before: Sequence[str] = ()) -> list[Scored]:
        """The answers that fit best, the best first; `before` are the subjects talked of before."""
        question = Question.read(reading, self.subjects, before)
        cells, trust = self._cells(question)
        best = np.maximum.reduceat(cells, self.first)
        like = np.zeros(len(self.answers))
        for key, amount in likeness.items():
            place = self.place[key]
            # A greeting is a wish of its own; a question that only resembles one is not a greeting.
            like[place] = 0.0 if self.answers[place].outcome == "chat" else amount
        more, why = self._decided(reading, question)
        total = best + LIKENESS * like * np.maximum.reduceat(trust, self.first) + more
        ranked = np.argsort(-total, kind="stable")[:RANKED]
        return [
            Scored(self.answers[place].key, float(total[place]), float(best[place]), float(like[place]),
                   f"{why.get(int(place), '')}{self._name(cells, int(place))}")
            for place in ranked
        ]  # fmt: skip

    def _cells(self, question: Question) -> tuple[Floats, Floats]:
        """How well each cell serves the question, and how far likeness can be trusted there.

        Where the question names no subject, examples are alike by their manner of asking, not by what is asked.
        """
        about, foreign = np.array([question.subject(key) for key in self.of_subject]).T
        asks = np.array([question.aspect(aspect) for aspect in self.of_aspect])
        counts, trust = about[self.subject], np.ones(len(self.subject))
        if (open_ones := np.isnan(counts)).any():
            unnamed = np.array([question.unnamed(aspect) for aspect in self.of_aspect])[self.aspect]
            counts = np.where(open_ones, unnamed, counts)
            trust = np.where(open_ones, np.minimum(1, unnamed / TOLD), 1)
        cells: Floats = np.maximum(0, counts * asks[self.aspect] - (counts > 0) * foreign[self.subject])
        return cells, trust

    def _name(self, cells: Floats, place: int) -> str:
        """The cell that speaks most for the answer; nothing where none does."""
        end = self.first[place + 1] if place + 1 < len(self.first) else len(cells)
        best = int(self.first[place] + np.argmax(cells[self.first[place] : end]))
        return self.names[best] if cells[best] > 0 else ""

    def _decided(self, reading: Reading, question: Question) -> tuple[Floats, dict[int, str]]:
        """What triggers, cues and wishes add to the answers, and their names."""
        more, why = np.zeros(len(self.answers)), dict[int, str]()
        for key in reading.keys("trigger"):
            more[self.place[key]] += TRIGGER + LONGER * _longest(reading, key)
            why[self.place[key]] = "trigger "
        for key in reading.keys("cue"):
            more[self.place[key]] += CUE
            why[self.place[key]] = "cue "
        if question.wishes:
            for place, answer in enumerate(self.answers):
                if wish := max((question.wishes.get(act, 0.0) for act in answer.acts), default=0.0):
                    more[place] += ACT * wish
                    why[place] = "wish "
        return more, why


def lead_of(ranked: Sequence[Scored]) -> float:
    """How far the best is before the next; before nothing, where it is alone."""
    return ranked[0].total - (ranked[1].total if len(ranked) > 1 else 0.0)


def _longest(reading: Reading, key: str) -> int:
    return max(one.end - one.start for one in reading.found if (one.kind, one.key) == ("trigger", key))
