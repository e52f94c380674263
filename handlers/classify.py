"""Learns from example questions which answer a new question is about, how sure that is, and which examples are nearest.

A text is taken apart into pieces: words, pairs of neighbouring words and parts of words; in Chinese, runs of 1 to 4
characters. Rare pieces count more than common ones. Each label has a weight for every piece, learned so that its own
examples come to +1 and all others to -1, and a nearest example; the sum of the two decides. A piece that no example
holds makes a text less like every label: this is what tells a strange question from a familiar one.
"""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]
Lesson = tuple[NDArray[np.int32], Floats]

VERSION = 1  # of what is learned and saved: to be raised with every change that makes the same examples say otherwise

# Chosen on CLINC150, with all its examples and with ten a label (see benchmarks/understanding.py).
MOST_LETTERS = 4  # of a part of a word
WORD_WEIGHT = 1.5  # a word against a part of a word
ENOUGH = 5000  # examples; from there on a piece that only one of them holds is given no weights: it teaches little
NEAR_WEIGHT = 0.75  # the nearest example against the learned weights
SLACK = 0.5  # how much an example may miss its +1 or -1 (1 / 2C of a support vector machine)
ROUNDS = 8  # over all examples while learning; 15 were no better
COMMON = 1500  # examples; a piece that more of them hold takes long to compare and hardly tells them apart
SCORES = 20  # the most labels that are told for a question

_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_RUN = re.compile(rf"(?P<han>[{_HAN}]+)|(?:(?![{_HAN}])[^\W_])+(?:'[a-z]+)?")
_NOWHERE = 1 << 40  # greater than any piece: the place of all pieces that no example holds


class NotSavedHere(ValueError):  # noqa: N818 - named after the situation
    """The file is no classifier, is damaged, or was saved by a version of this module that reckoned otherwise."""


@dataclass(frozen=True, eq=False)
class Classifier:
    """Made by `fit` or `load`. Texts come folded: lower case, Chinese in simplified characters."""

    labels: NDArray[np.str_]
    order: NDArray[np.int32]  # the examples, label by label, as numbers in the caller's list
    first: NDArray[np.int32]  # where in `order` each label begins
    pieces: Numbers  # sorted; the last is _NOWHERE
    rarity: Floats  # of each piece
    starts: Numbers  # where in `holders` and `amounts` each piece begins
    holders: NDArray[np.int32]  # which examples hold the piece
    amounts: Floats  # and how much of it
    rows: NDArray[np.int32]  # where in `weights` each piece has its row; the last row is empty
    weights: NDArray[np.float16]
    lean: Floats  # what speaks for a label whatever the pieces are, so long as they are known; -1 if none is

    @classmethod
    def fit(cls, texts: Sequence[str], labels: Sequence[str]) -> Self:
        """The same examples in the same order always give the same classifier. Raises ValueError without examples."""
        if not texts or len(texts) != len(labels):
            raise ValueError(f"{len(texts)} texts and {len(labels)} labels: need as many of each, and at least one")
        names, owner = np.unique(np.array(labels, dtype=np.str_), return_inverse=True)
        order = np.argsort(owner, kind="stable")
        owner = owner[order]
        pieces, column, example, amounts = _count([texts[number] for number in order])
        held_by = np.bincount(column, minlength=len(pieces))
        rarity = 1 + np.log((1 + len(texts)) / (1 + held_by))
        shares = _of_length_one(amounts * rarity[column], example)
        rows = _rows(held_by, len(texts))
        lessons = _lessons(rows, column, example, shares, len(texts))
        weights, lean = _learn(lessons, owner, int(rows[-1]) + 1)
        return cls(
            labels=names,
            order=order.astype(np.int32),
            first=np.searchsorted(owner, np.arange(len(names))).astype(np.int32),
            pieces=pieces,
            rarity=rarity.astype(np.float32),
            starts=np.concatenate(([0], np.cumsum(held_by))),
            holders=example.astype(np.int32),
            amounts=shares,
            rows=rows,
            weights=weights.astype(np.float16),
            lean=lean,
        )

    def scores(self, text: str) -> list[tuple[str, float]]:
        """At most `SCORES` labels, best first, each with a score between 0 and 1; the scores need not sum to 1.

        The best score is how likely the best label is right; the gap to the second tells how close the choice was.
        """
        column, amounts = self._read(text)
        known = amounts[column < len(self.pieces) - 1]
        lean = (self.lean + 1) * min(float(np.sqrt(known @ known)), 1) - 1
        learned = amounts @ self.weights[self.rows[column]].astype(np.float32) + lean
        telling = np.flatnonzero(self.starts[column + 1] - self.starts[column] <= COMMON)
        likeness = self._likeness(column[telling], amounts[telling])
        total = learned + NEAR_WEIGHT * np.maximum.reduceat(likeness, self.first)
        best = np.argsort(-total, kind="stable")[:SCORES]
        return [(str(self.labels[label]), _likely(float(total[label]))) for label in best]

    def confidence(self, text: str) -> float:
        """The best score. Low for a question that no label covers; 0.06 when no piece of it is known."""
        return self.scores(text)[0][1]

    def nearest(self, text: str, count: int = 3) -> list[tuple[int, float]]:
        """The most similar examples, best first: number in the list given to `fit`, and cosine (1 for the same)."""
        likeness = np.empty(len(self.order), np.float32)
        likeness[self.order] = self._likeness(*self._read(text))
        return [(int(number), float(likeness[number])) for number in np.argsort(-likeness, kind="stable")[:count]]

    def save(self, path: Path) -> None:
        """Write everything to `path`. The same classifier gives the same bytes."""
        with path.open("wb") as file:
            np.savez(file, version=np.array(VERSION), **{name: getattr(self, name) for name in self._arrays()})

    @classmethod
    def load(cls, path: Path) -> Self:
        """What `save` wrote, saying the same to every question. Raises `NotSavedHere` for any other file."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as saved:
                if saved["version"] != VERSION:
                    raise NotSavedHere(f"{path} is of version {saved['version']}, this is {VERSION}")
                return cls(**{name: saved[name] for name in cls._arrays()})
        except (ValueError, KeyError, EOFError, TypeError, BadZipFile) as reason:
            raise NotSavedHere(f"{path}: {reason}") from reason

    @classmethod
    def _arrays(cls) -> list[str]:
        return [field.name for field in fields(cls)]

    def _read(self, text: str) -> tuple[Numbers, Floats]:
        """The text as columns and amounts, of length 1 in all."""
        piece, times = np.unique(np.array(_pieces(text), dtype=np.int64), return_counts=True)
        column = np.searchsorted(self.pieces, piece)
        column[self.pieces[column] != piece] = len(self.pieces) - 1
        amounts = _amount(piece, times) * self.rarity[column]
        return column, (amounts / max(float(np.sqrt(amounts @ amounts)), 1e-9)).astype(np.float32)

    def _likeness(self, column: Numbers, amounts: Floats) -> Floats:
        """The cosine of the text with each example, in the order of `order`."""
        begin, held_by = self.starts[column], self.starts[column + 1] - self.starts[column]
        places = np.arange(held_by.sum()) + np.repeat(begin - np.cumsum(held_by) + held_by, held_by)
        shared = self.amounts[places] * np.repeat(amounts, held_by)
        return np.bincount(self.holders[places], shared, len(self.order)).astype(np.float32)


def _pieces(text: str) -> list[int]:
    """The pieces of a text as numbers, as often as they occur. Odd numbers are words and pairs of words."""
    found: list[int] = []
    before = ""
    for run in _RUN.finditer(text):
        if run["han"]:
            found += _runs_of_characters(run["han"])
            before = ""
            continue
        found += _parts(run[0])
        if before:
            found.append(_number(f"{before} {run[0]}", word=True))
        before = run[0]
    return found


def _runs_of_characters(han: str) -> list[int]:
    return [_number(han[at : at + size], word=False) for size in range(1, 5) for at in range(len(han) - size + 1)]


@lru_cache(4096)
def _parts(word: str) -> tuple[int, ...]:
    """The word itself and its parts; a part at the word's edge is another than the same letters inside."""
    edged = f" {word} "
    sizes = range(2, min(MOST_LETTERS, len(edged)) + 1)
    parts = (edged[at : at + size] for size in sizes for at in range(len(edged) - size + 1))
    return (_number(word, word=True), *(_number(part, word=False) for part in parts))


def _number(piece: str, *, word: bool) -> int:
    # Python's own hash() differs from one start to the next; this one is the same everywhere and for ever.
    return zlib.crc32(piece.encode()) << 1 | word


def _amount(piece: Numbers, times: Numbers) -> NDArray[np.float64]:
    """How much of a piece a text holds: the second time counts less than the first."""
    return (1 + np.log(times)) * np.where(piece & 1, WORD_WEIGHT, 1)


def _count(texts: Sequence[str]) -> tuple[Numbers, Numbers, Numbers, NDArray[np.float64]]:
    """All pieces, sorted; then, piece by piece, the column of the piece, the text that holds it, and how much of it."""
    found = [_pieces(text) for text in texts]
    text_of = np.repeat(np.arange(len(texts)), [len(pieces) for pieces in found])
    occurrences = np.fromiter(chain.from_iterable(found), np.int64, len(text_of))
    pieces = np.append(np.unique(occurrences), _NOWHERE)
    cells, times = np.unique(np.searchsorted(pieces, occurrences) * len(texts) + text_of, return_counts=True)
    column, example = np.divmod(cells, len(texts))
    return pieces, column, example, _amount(pieces[column], times)


def _of_length_one(amounts: NDArray[np.float64], example: Numbers) -> Floats:
    """The amounts, so that the squares of each example's sum to 1."""
    return (amounts / np.sqrt(np.bincount(example, amounts**2))[example]).astype(np.float32)


def _rows(held_by: Numbers, examples: int) -> NDArray[np.int32]:
    """The row of each piece in the weights; those that teach too little share the last, which stays empty."""
    taught = held_by >= (2 if examples >= ENOUGH else 1)
    return np.where(taught, np.cumsum(taught) - 1, taught.sum()).astype(np.int32)


def _lessons(rows: NDArray[np.int32], column: Numbers, example: Numbers, amounts: Floats, count: int) -> list[Lesson]:
    """For each example the rows of its pieces and their amounts. The last row is of no use."""
    order = np.argsort(example, kind="stable")
    order = order[rows[column[order]] < rows[-1]]
    cuts = np.searchsorted(example[order], np.arange(1, count))
    return list(zip(np.split(rows[column[order]], cuts), np.split(amounts[order], cuts), strict=True))


def _learn(examples: Sequence[Lesson], owner: Numbers, rows: int) -> tuple[Floats, Floats]:
    """Weights and lean of every label: one support vector machine each, learned side by side.

    Dual coordinate descent for the squared hinge loss (Hsieh et al., 2008): each example in turn takes, for all labels
    at once, the pull that is best while all other pulls stay. No step size to choose, and no need to end exactly.
    """
    labels = int(owner.max()) + 1
    weights, lean = np.zeros((rows, labels), np.float32), np.zeros(labels, np.float32)
    pulls = np.zeros((len(examples), labels), np.float32)
    signs = np.where(np.arange(labels) == np.arange(labels)[:, None], 1, -1).astype(np.float32)
    shuffle = np.random.default_rng(0)
    for number in chain.from_iterable(shuffle.permutation(len(examples)) for _ in range(ROUNDS)):
        row, amount = examples[number]
        sign, pull, part = signs[owner[number]], pulls[number], weights[row]
        miss = sign * (amount @ part + lean) - 1 + SLACK * pull
        more = np.maximum(pull - miss / (amount @ amount + 1 + SLACK), 0) - pull
        pull += more
        weights[row] = part + amount[:, None] * (more * sign)
        lean += more * sign
    return weights, lean


def _likely(total: float) -> float:
    """About how often a best label with this sum was right, on CLINC150 with one question in 16 out of scope.

    The curve was nearly the same for 5, 10, 30 and 100 examples a label.
    """
    return float(1 / (1 + np.exp(-(3.8 * total + 1.05))))
