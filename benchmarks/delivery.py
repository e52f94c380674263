"""Measures delivery: the pace of reminders, claims with a long history, several copies, and kills in the middle.

    python benchmarks/delivery.py pace       Telegram's rate and CPU beside the library alone, memory
    python benchmarks/delivery.py claims     what taking a message costs with ever more rows
    python benchmarks/delivery.py copies     three copies beside one, PostgreSQL
    python benchmarks/delivery.py drills     kill -9 while they send; --seed repeats a run
    python benchmarks/delivery.py planning   planning beside a bare bulk insert

Each alone is a short run; `--full` measures what the bars are about. The exit code is 1 where a bar is missed.
The bot is a process of its own. PostgreSQL is a server of its own that waits for the disk, as it comes.
"""

import argparse
import asyncio
import os
import random
import sys
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import delivery_claims, delivery_copies, delivery_pace, delivery_planning
from benchmarks.delivery_figure import Figure
from benchmarks.seats import server

SHORT, FULL = [1_000, 10_000], [1_000, 10_000, 100_000, 1_000_000]

Measured = Coroutine[Any, Any, list[Figure]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=[*PARTS])
    parser.add_argument("--full", action="store_true", help="the size that the bars are about")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of the moments of the kills")
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}", flush=True)
    missed = False
    for figure in PARTS[given.what](given):
        print(figure, flush=True)
        missed |= figure.held is False
    print(f"load {os.getloadavg()[0]:.1f}")
    sys.exit(missed)


def pace(given: argparse.Namespace) -> Iterator[Figure]:
    yield from asyncio.run(delivery_pace.measure(10_000 if given.full else 600))


def claims(given: argparse.Namespace) -> Iterator[Figure]:
    yield from on_both(lambda url: delivery_claims.measure(url, FULL if given.full else SHORT))


def copies(given: argparse.Namespace) -> Iterator[Figure]:
    with server() as url:
        yield from asyncio.run(delivery_copies.copies(url, 6_000 if given.full else 1_200))


def drills(given: argparse.Namespace) -> Iterator[Figure]:
    yield from on_both(lambda url: delivery_copies.drills(url, 5_000 if given.full else 1_000, given.seed))


def planning(given: argparse.Namespace) -> Iterator[Figure]:
    yield from on_both(lambda url: delivery_planning.measure(url, 100_000 if given.full else 5_000))


PARTS: dict[str, Callable[[argparse.Namespace], Iterator[Figure]]] = {
    "pace": pace,
    "claims": claims,
    "copies": copies,
    "drills": drills,
    "planning": planning,
}


def on_both(measure: Callable[[str], Measured]) -> Iterator[Figure]:
    with sqlite() as url:
        yield from asyncio.run(measure(url))
    with server() as url:
        yield from asyncio.run(measure(url))


@contextmanager
def sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="usher-delivery-") as folder:
        yield f"sqlite:///{folder}/usher.db"


if __name__ == "__main__":
    if sys.argv[1:2] == ["library"]:
        asyncio.run(delivery_pace.library(sys.argv[2], sys.argv[3], int(sys.argv[4])))
    else:
        main()
