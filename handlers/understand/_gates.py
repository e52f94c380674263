"""Learns from a campaign's own examples how sure is sure enough, and keeps it until the content changes."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from handlers.classify import Classifier
from handlers.understand._fold import fold
from handlers.understand._lexicon import Lexicon
from handlers.understand._weigh import Cells, Scored, lead_of
from models.campaign import Campaign

FOLDS, TRIED = 4, 2  # of so many parts of the examples so many are tried: more change the thresholds by nothing
STEPS = 50  # settings of a threshold that are tried
# What a wrong answer costs in right ones. The trials are several times harder than life: an example is asked without
# its sisters, and what is left when its own answer is taken away often serves the question too. On people's questions
# one wrong answer in these trials stands for about a fifth of one (docs/performance.md), so that 1 here is 5 there.
WRONG = 1.0
UNCOVERED = 0.05
CHANCE = 0.02  # of the trials: what two settings may differ by without one being better


@dataclass(frozen=True)
class Thresholds:
    """`answer`: the least total of an answer that is given; `margin`: the least lead over the next; `choice`: the least
    total of an answer that is offered as a choice.
    """

    answer: float
    margin: float
    choice: float


@dataclass(frozen=True)
class Trial:
    """How one example fared: the best total, its lead, and whether the best was right (never, when none could be)."""

    total: float
    lead: float
    right: bool
    covered: bool


def learn(campaign: Campaign, lexicon: Lexicon, cells: Cells, keep: Path | None) -> tuple[Classifier, Thresholds]:
    """The classifier over the examples and its thresholds: read from the folder `keep` if its content is the same."""
    place = keep / f"{campaign.content_hash[:16]}-{_own_hash()}" if keep else None
    if place and (kept := _kept(place)):
        return kept
    texts, labels = _examples(campaign)
    classifier, thresholds = Classifier.fit(texts, labels), _choose(_trials(campaign, lexicon, cells))
    if place:
        _keep(place, classifier, thresholds)
    return classifier, thresholds


def _own_hash() -> str:
    """What was learned also depends on the words and on the code that weighs them."""
    here = Path(__file__).parent
    parts = [
        path.read_bytes() for path in sorted([*here.glob("*.py"), *here.glob("*.toml"), here.parent / "classify.py"])
    ]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:8]


def _kept(place: Path) -> tuple[Classifier, Thresholds] | None:
    try:
        thresholds = Thresholds(**json.loads(place.with_suffix(".json").read_text()))
        return Classifier.load(place.with_suffix(".npz")), thresholds
    except (OSError, ValueError, KeyError, TypeError):
        return None  # not there, or cut short by a crash: it is learned anew


def _keep(place: Path, classifier: Classifier, thresholds: Thresholds) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        part = place.with_suffix(".part")
        classifier.save(part)
        part.replace(place.with_suffix(".npz"))
        place.with_suffix(".json").write_text(json.dumps(asdict(thresholds)))
    except OSError:
        pass  # a read-only folder costs the time of learning at each start, nothing else


def _examples(campaign: Campaign) -> tuple[list[str], list[str]]:
    pairs = [(fold(example), answer.key) for answer in campaign.answers for example in answer.examples]
    return [text for text, _ in pairs], [label for _, label in pairs]


def _trials(campaign: Campaign, lexicon: Lexicon, cells: Cells) -> list[Trial]:
    """Each example asked as if it had never been seen; and once more as if its answer had never been written."""
    now = datetime(campaign.calendar.first.year, 6, 1, tzinfo=campaign.zone)
    texts, labels = _examples(campaign)
    trials: list[Trial] = []
    for fold_number in range(TRIED):
        rest = [place for place in range(len(texts)) if place % FOLDS != fold_number]
        classifier = Classifier.fit([texts[place] for place in rest], [labels[place] for place in rest])
        for place in range(fold_number, len(texts), FOLDS):
            reading, likeness = lexicon.read(texts[place], now), dict(classifier.scores(texts[place]))
            ranked = cells.weigh(reading, likeness)
            trials.append(_trial(ranked, labels[place]))
            if others := [one for one in ranked if one.key != labels[place]]:
                trials.append(_trial(others, None))
    return trials


def _trial(ranked: Sequence[Scored], label: str | None) -> Trial:
    best, lead = ranked[0], lead_of(ranked)
    return Trial(best.total, lead, best.key == label, label is not None)


def _choose(trials: Iterable[Trial]) -> Thresholds:
    """The thresholds with which the trials come out best; of those that are as good but for chance, the middle ones."""
    trials = list(trials)
    seen = sorted(trial.total for trial in trials)
    totals = [round(seen[len(seen) * step // STEPS], 2) for step in range(STEPS)]
    margins = [step / 50 for step in range(11)]
    worth = {(total, margin): _worth(trials, total, margin) for total in totals for margin in margins}
    best = max(worth.values())
    as_good = [setting for setting, value in worth.items() if value >= best - CHANCE * len(trials)]
    answer = sorted(total for total, _ in as_good)[len(as_good) // 2]
    margin = sorted(margin for _, margin in as_good)[len(as_good) // 2]
    right = sorted(trial.total for trial in trials if trial.right)
    return Thresholds(answer, margin, min(answer, right[len(right) // 50] if right else answer))


def _worth(trials: Sequence[Trial], answer: float, margin: float) -> float:
    given = [trial for trial in trials if trial.total >= answer and trial.lead >= margin]
    return sum(1.0 if trial.right else -WRONG if trial.covered else -UNCOVERED for trial in given)
