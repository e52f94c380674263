"""Measures how well questions are understood: on CLINC150, a public collection of 150 intents, and at a large scale.

    python benchmarks/understanding.py data_full.json
    python benchmarks/understanding.py --scale

The file is the collection's own: parts named train, val, test, oos_train, oos_val and oos_test, each a list of
[text, intent]; what needs an absent part is left out. One core is used, and times are CPU times of the process.
"""

import os

# The libraries below numpy look at these only once, when it is first imported.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1", VECLIB_MAXIMUM_THREADS="1")

import argparse
import json
import random
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from handlers.classify import Classifier

Examples = list[tuple[str, str]]
OUTSIDE = "oos"
# In-scope accuracy and out-of-scope recall in percent: Larson et al. 2019, table 2, collection "Full".
PUBLISHED = {
    "oos-threshold": {"BERT": (96.2, 52.3), "MLP on USE": (93.4, 49.1), "Rasa": (90.9, 31.2), "SVM": (88.2, 18.0)},
    "oos-train": {"BERT": (96.9, 40.3), "MLP on USE": (93.5, 47.4), "Rasa": (91.5, 45.3), "SVM": (91.0, 14.5)},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, help="CLINC150's data_full.json")
    parser.add_argument("--scale", action="store_true", help="a made-up set of 1,000 labels and 10,000 examples")
    wanted = parser.parse_args()
    if wanted.file is None and not wanted.scale:
        parser.error("name a FILE, or --scale, or both")
    if wanted.file is not None:
        measure_collection(read(wanted.file))
    if wanted.scale:
        measure_scale()
    print(f"Peak memory of the whole process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def read(file: Path) -> dict[str, Examples]:
    """The parts of the collection, in lower case."""
    parts = json.loads(file.read_text(encoding="utf-8"))
    if not parts.get("train"):
        raise SystemExit(f"{file} has no part named train, so there is nothing to learn from")
    return {name: [(text.lower(), label) for text, label in examples] for name, examples in parts.items()}


class Answers:
    """What a classifier says to questions whose labels are known, with the CPU time each took."""

    def __init__(self, classifier: Classifier, questions: Examples) -> None:
        self.seconds: list[float] = []
        self.right: NDArray[np.bool_] = np.zeros(len(questions), bool)
        self.sure: NDArray[np.float64] = np.zeros(len(questions))
        self.refused: NDArray[np.bool_] = np.zeros(len(questions), bool)
        for number, (text, label) in enumerate(questions):
            began = time.process_time_ns()
            best, self.sure[number] = classifier.scores(text)[0]
            self.seconds.append((time.process_time_ns() - began) / 1e9)
            self.right[number] = best == label
            self.refused[number] = best == OUTSIDE


def measure_collection(parts: dict[str, Examples]) -> None:
    classifier = fit("all examples", parts["train"])
    inside, outside = Answers(classifier, parts.get("test", [])), Answers(classifier, parts.get("oos_test", []))
    if inside.seconds:
        print(f"In-scope accuracy without a threshold: {inside.right.mean():.1%}")
        print_times(inside.seconds + outside.seconds)
    if not all(parts.get(name) for name in ("val", "oos_val", "test", "oos_test")):
        print("oos-threshold: left out, it needs val, oos_val, test and oos_test")
    else:
        threshold = best_threshold(Answers(classifier, parts["val"]), Answers(classifier, parts["oos_val"]))
        accuracy = (inside.right & (inside.sure >= threshold)).mean()
        print_variant("oos-threshold", accuracy, (outside.sure < threshold).mean())
        print(f"  threshold {threshold:.4f}: the one with the most right answers over val and oos_val together")
    if not all(parts.get(name) for name in ("oos_train", "test", "oos_test")):
        print("oos-train: left out, it needs oos_train, test and oos_test")
    else:
        measure_outside_class(parts)


def best_threshold(inside: Answers, outside: Answers) -> float:
    """The confidence below which a question is refused.

    Tried are all confidences that occur; right is an in-scope question that is answered rightly and not refused, or an
    out-of-scope question that is refused. The most right answers win; of several best thresholds, the middle one.
    """
    tried = np.unique(np.concatenate((inside.sure, outside.sure)))
    kept_right = np.sort(inside.sure[inside.right])
    answered = len(kept_right) - np.searchsorted(kept_right, tried)
    refused = np.searchsorted(np.sort(outside.sure), tried)
    best = np.flatnonzero(answered + refused == (answered + refused).max())
    return float(tried[best[len(best) // 2]])


def measure_outside_class(parts: dict[str, Examples]) -> None:
    """Out of scope as one more label with examples of its own, instead of a threshold."""
    classifier = fit("all examples and oos_train", parts["train"] + parts["oos_train"])
    inside, outside = Answers(classifier, parts["test"]), Answers(classifier, parts["oos_test"])
    print_variant("oos-train", inside.right.mean(), outside.refused.mean())


def measure_scale() -> None:
    """Made-up questions of made-up words: only the times and the memory say anything."""
    chance = random.Random(0)
    syllables = [
        first + second for first in "bdfgklmnprstvw" for second in ("a", "e", "i", "o", "u", "an", "er", "ing")
    ]
    words = ["".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(6000)]
    often = [1 / (1 + place) for place in range(len(words))]  # as in real text: few words are common, most are rare
    examples = [
        (" ".join(chance.choices(words, often, k=8) + chance.choices(words[label * 5 :][:20], k=2)), f"label {label}")
        for label in range(1000)
        for _ in range(11)
    ]
    asked = examples[::11]
    classifier = fit("made-up", [example for number, example in enumerate(examples) if number % 11])
    print_times(Answers(classifier, asked).seconds)


def fit(name: str, examples: Examples) -> Classifier:
    texts, labels = [text for text, _ in examples], [label for _, label in examples]
    began = time.process_time()
    classifier = Classifier.fit(texts, labels)
    seconds = time.process_time() - began
    print(f"Fitted {name}: {len(texts)} examples of {len(set(labels))} labels in {seconds:.1f} s CPU")
    return classifier


def print_times(seconds: Sequence[float]) -> None:
    middle, slow = np.percentile(seconds, (50, 99)) * 1000
    print(f"CPU time a question: p50 {middle:.2f} ms, p99 {slow:.2f} ms ({len(seconds)} questions)")


def print_variant(variant: str, accuracy: float, recall: float) -> None:
    published = ", ".join(f"{name} {inside}/{outside}" for name, (inside, outside) in PUBLISHED[variant].items())
    print(f"{variant}: in-scope accuracy {accuracy:.1%}, out-of-scope recall {recall:.1%} (published: {published})")


if __name__ == "__main__":
    main()
