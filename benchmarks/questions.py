"""Measures how long Usher takes for a question, in this process, as a running bot, and with a very large circular.

    python benchmarks/questions.py tests/questions/hkcc.jsonl
    python benchmarks/questions.py --running tests/questions/hkcc.jsonl
    python benchmarks/questions.py --scale

The file has a JSON object a line: "question", and perhaps "as_of" and "history" (the earlier questions). In this
process there is no database and no page, and times are CPU times on one core. `--running` starts the bot as `make run`
does, asks on its page, and tells times as a person waits. Whether the replies are right is not judged here.
"""

import os

# The libraries below numpy look at these only once, when it is first imported.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1", VECLIB_MAXIMUM_THREADS="1")

import argparse
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from handlers.facts import Facts
from handlers.understand import Understander, Understanding
from models.campaign import Campaign, load_all

ROOT = Path(__file__).resolve().parents[1]
NOW = datetime(2023, 4, 12, 2, 0, tzinfo=UTC)  # where a question names no time: 10:00 in Hong Kong
STARTS = 5
SUBJECTS, EXAMPLES = 125, 10  # of the made-up campaign; with the eight aspects 1,000 answers and 10,000 examples
ASPECTS = {
    "deadline": ("what is the deadline for", "by when must we finish", "最遲幾時要做"),
    "where": ("where do we find", "at which place is", "喺邊度搵到"),
    "how": ("how do we set up", "what are the steps for", "點樣設定"),
    "who": ("who is responsible for", "which people need", "邊個負責"),
    "consequence": ("what happens if we miss", "what is the impact without", "如果冇做會點"),
    "language": ("in which language is", "is there a translation of", "用咩語言"),
    "limit": ("how many people can use", "what is the maximum number for", "最多幾多人用"),
    "why": ("why do we need", "what is the purpose of", "點解要做"),
}

BEGINNINGS = ("", "", "hi, ", "could you please tell me ", "dear team, we would like to know ", "請問", "想問下 ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, help="the questions, a JSON object a line")
    parser.add_argument("--campaigns", type=Path, default=Path("campaigns"), help="the folder of the circulars")
    parser.add_argument("--running", action="store_true", help="ask a running bot on its page instead")
    parser.add_argument("--scale", action="store_true", help="a made-up campaign of 1,000 answers, 10,000 examples")
    wanted = parser.parse_args()
    if wanted.file is None and not wanted.scale:
        parser.error("name a FILE, or --scale, or both")
    if wanted.running and wanted.file is None:
        parser.error("--running needs a FILE")
    if wanted.running:
        measure_running(read(wanted.file), wanted.campaigns)
    elif wanted.file is not None:
        measure_questions(read(wanted.file), wanted.campaigns)
    if wanted.scale:
        measure_scale()
    print(f"Peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


@dataclass(frozen=True)
class Timed(Facts):
    """Usher's answers, noting how much of a reply's time the understanding took."""

    understanding: list[float] = field(default_factory=list)

    def understand(
        self, text: str, now: datetime, history: Sequence[str] = ()
    ) -> list[tuple[Understander, Understanding]]:
        began = time.process_time_ns()
        understood = super().understand(text, now, history)
        self.understanding.append((time.process_time_ns() - began) / 1e6)
        return understood


def measure_questions(asked: Sequence[dict[str, Any]], folder: Path) -> None:
    began = time.process_time()
    facts = Timed(Facts.of(load_all(folder)).understanders)
    print(f"Loaded and learned {len(facts.understanders)} campaign(s) in {time.process_time() - began:.2f} s CPU")
    print_thresholds(facts.understanders)
    facts.reply("hello 你好", NOW)  # tables that are read once are read now
    facts.understanding.clear()
    replies, behaviours = list[float](), Counter[str]()
    for one in asked:
        now = datetime.fromisoformat(one["as_of"]) if one.get("as_of") else NOW
        began_ns = time.process_time_ns()
        reply = facts.reply(one["question"], now, one.get("history") or ())
        replies.append((time.process_time_ns() - began_ns) / 1e6)
        behaviours[reply.behaviour] += 1
    print(f"{len(asked)} questions: {', '.join(f'{count} {name}' for name, count in behaviours.most_common())}")
    print_times("CPU time a question, understanding", facts.understanding)
    print_times("CPU time a question, whole reply", replies)


def measure_running(asked: Sequence[dict[str, Any]], campaigns: Path) -> None:
    first, later = list[float](), list[float]()
    for _ in range(STARTS):
        with tempfile.TemporaryDirectory() as folder:
            for seconds in (first, later):
                with running(folder, campaigns) as (_, _, took):
                    seconds.append(took)
    print(f"Start to ready, median of {STARTS}: the first time {median(first):.2f} s, then {median(later):.2f} s")
    with tempfile.TemporaryDirectory() as folder, running(folder, campaigns) as (bot, address, _):
        before, times = resident(bot), ask_all(address, [one["question"] for one in asked])
        print_times("Time from sending a question to having its page", times)
        print(f"Resident memory of the bot: {before:.0f} MB at the start, {resident(bot):.0f} MB after the questions")


@contextmanager
def running(folder: str, campaigns: Path) -> Iterator[tuple[int, str, float]]:
    """The bot as `make run` starts it, but for its own database and port: its process, address and seconds to ready."""
    given = {"DEMO": "1", "AS_OF": NOW.isoformat(), "PORT": "0", "TRUSTED_PROXIES": "127.0.0.1"}
    given |= {"DATABASE_URL": f"sqlite:///{folder}/usher.db"}
    environ = os.environ | given | {"CAMPAIGNS": str(campaigns.resolve())}
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "run"], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
    ) as bot:
        assert bot.stdout
        found = re.search(r"http://\S+", bot.stdout.readline())
        if not found:
            raise SystemExit("The bot did not start.")
        try:
            yield bot.pid, found[0], time.monotonic() - began
        finally:
            bot.terminate()


def ask_all(address: str, questions: Sequence[str]) -> list[float]:
    """Visitors ask one after the other, ten questions each; the milliseconds until the page with the answer is there.

    More at once are not taken from one of them.
    """
    times, visitor = list[float](), build_opener()
    for number, question in enumerate(questions):
        if number % 10 == 0:
            visitor = build_opener(HTTPCookieProcessor(), ProxyHandler({}))
            visitor.addheaders = [("X-Forwarded-For", f"10.0.0.{number // 10}")]
            visitor.open(address).read()
        form = urlencode({"text": question, "nonce": f"{number:020d}"}).encode()
        began = time.monotonic()
        asked = Request(address, form, {"Origin": address.rstrip("/")})  # noqa: S310 - our own bot's address
        visitor.open(asked).read()
        times.append((time.monotonic() - began) * 1000)
    return times


def resident(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def measure_scale() -> None:
    """Made-up names in real questions: the times, the memory and the thresholds say something, no more."""
    phrasings = dict(made_up_phrasings(random.Random(0)))
    campaign = made_up_campaign(phrasings)
    began = time.process_time()
    one = Understander.of(campaign)
    seconds = time.process_time() - began
    print(f"Learned a made-up campaign in {seconds:.1f} s CPU")
    print_thresholds([one])
    times, outcomes = list[float](), Counter[str]()
    for (subject, aspect), texts in phrasings.items():
        began_ns = time.process_time_ns()
        what = one.understand(texts[-1], NOW)
        times.append((time.process_time_ns() - began_ns) / 1e6)
        right = [part.key for part in what.parts] == [f"{subject}.{aspect}"]
        outcomes["right" if right else what.outcome if what.outcome != "answer" else "wrong"] += 1
    print(f"{len(times)} questions: {', '.join(f'{count} {name}' for name, count in outcomes.most_common())}")
    print_times("CPU time a question, understanding", times)


def made_up_phrasings(chance: random.Random) -> Iterator[tuple[tuple[str, str], list[str]]]:
    """For each subject and aspect the examples, and one question more."""
    syllables = [f"{first}{second}" for first in "bdfgklmnprtvwz" for second in ("a", "e", "i", "o", "un", "er")]
    words = ["".join(chance.choices(syllables, k=3)) for _ in range(2000)]
    often = [1 / (1 + place) for place in range(len(words))]  # as in real text: few words are common, most are rare
    halves = ["".join(chance.choices(syllables, k=2)) for _ in range(40)]  # names have them in common
    for number in range(SUBJECTS):
        name = f"{halves[number % 40]} {halves[(7 * number + number // 40) % 40]} {chance.choice(syllables)}"
        for aspect, (*letters, han) in ASPECTS.items():
            texts = []
            for place in range(EXAMPLES + 1):
                beside = " ".join(chance.choices(words, often, k=chance.randint(1, 6)))
                asks = han if place % 3 == 2 else chance.choice(letters)
                texts.append(f"{chance.choice(BEGINNINGS)}{asks} {name} {beside}?")
            yield (f"{number}.{name.replace(' ', '-')}", aspect), texts


def made_up_campaign(phrasings: dict[tuple[str, str], list[str]]) -> Campaign:
    names = dict.fromkeys(subject for subject, _ in phrasings)
    return Campaign.model_validate(
        {
            "key": "made-up",
            "name": {"en": "Made up", "zh-Hant": "虛構"},
            "issuer": {"en": "Nobody"},
            "issuer_short": "Nobody",
            "audience": {"en": "nobody"},
            "languages": ("en", "zh-Hant"),
            "prevails": "en",
            "locales": {"en": "en_HK", "zh-Hant": "zh_Hant_HK"},
            "time_zone": "Asia/Hong_Kong",
            "time_label": {"en": "HKT"},
            "calendar": {"first": date(2023, 1, 1), "last": date(2023, 12, 31)},
            "subject": [
                {"key": key, "name": {"en": key}, "aliases": [key.partition(".")[2].replace("-", " ")]} for key in names
            ],
            "contact": [{"key": "desk", "kind": "phone", "value": "1", "label": {"en": "Desk"}}],
            "fact": (),
            "answer": [
                {
                    "key": f"{subject}.{aspect}",
                    "title": {"en": f"{subject}, {aspect}"},
                    "covers": [f"{subject}:{aspect}"],
                    "examples": texts[:EXAMPLES],
                    "text": {"en": ["Said."]},
                }
                for (subject, aspect), texts in phrasings.items()
            ],
            "circular": "",
            "content_hash": "made up",
        }
    )


def print_thresholds(understanders: Sequence[Understander]) -> None:
    for one in understanders:
        limits = one.thresholds
        answers = one.campaign.answers
        print(
            f"{one.campaign.key}: {len(answers)} answers, {sum(len(answer.examples) for answer in answers)} examples; "
            f"thresholds: answer {limits.answer:.2f}, lead {limits.margin:.2f}, choice {limits.choice:.2f}"
        )


def print_times(what: str, milliseconds: Sequence[float]) -> None:
    middle, slow = np.percentile(milliseconds, (50, 99))
    print(f"{what}: p50 {middle:.2f} ms, p99 {slow:.2f} ms ({len(milliseconds)} questions)")


if __name__ == "__main__":
    main()
