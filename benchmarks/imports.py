"""Measures the import of 5,000 participants and 50,000 contacts, and what a running Usher feels of it meanwhile.

    python benchmarks/imports.py
    python benchmarks/imports.py postgresql://usher:password@localhost/usher_benchmark

The commands are the operator's own, as programs of their own; the database is a new SQLite file, or the one named,
which must be empty. Meanwhile this program writes and reads a row in turn, as a running Usher does, and notes how long
it waits. Then the same files are imported once more. Memory is the peak of the whole program, at both sizes.
"""

import argparse
import asyncio
import csv
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from models.message import Address
from models.people import choose_language, language_chosen
from models.store import Store

ROOT = Path(__file__).resolve().parents[1]
PARTICIPANTS, CONTACTS, SECONDS = 5_000, 50_000, 20.0  # the bar
EVERY = 0.02  # seconds between the writes of the Usher that runs meanwhile

Waits = tuple[list[float], list[float]]  # of writes and of reads, in seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database", nargs="?", help="postgresql://… of an empty database; otherwise a SQLite file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = given.database or f"sqlite:///{folder}/usher.db"
        small = measure(Path(folder), url, PARTICIPANTS // 10, CONTACTS // 10, "A")
        print()
        large = measure(Path(folder), url, PARTICIPANTS, CONTACTS, "B")
    print(f"\nMemory at ten times the size: {large - small:+.0f} MB")


def measure(folder: Path, url: str, participants: int, contacts: int, letter: str) -> float:
    """Import the tables twice; gives the peak of memory in megabytes."""
    files = folder / f"{letter}-participants.csv", folder / f"{letter}-contacts.csv"
    write(files[0], participant_rows(participants, letter))
    write(files[1], contact_rows(contacts, participants, letter))
    print(f"{participants:,} participants and {contacts:,} contacts")
    peak = 0.0
    for time_of_it in ("the first time", "once more"):
        took, cpu, memory, waits = asyncio.run(imported(url, files))
        peak = max(peak, memory)
        total = sum(took)
        missed = "" if total <= SECONDS else f" (bar {SECONDS:.0f} s: MISSED)"
        print(f"  {time_of_it}: {took[0]:.1f} s + {took[1]:.1f} s = {total:.1f} s{missed}, of the commands' own CPU "
              f"time {cpu:.1f} s, peak {memory:.0f} MB")  # fmt: skip
        print(f"    the longest wait meanwhile: {max(waits[0]):.2f} s of a write, {max(waits[1]):.2f} s of a read")
    return peak


async def imported(url: str, files: tuple[Path, Path]) -> tuple[list[float], float, float, Waits]:
    """The seconds of both imports, their CPU time and peak of memory, and the waits of an Usher that runs meanwhile."""
    store = await Store.open(url)
    waits: Waits = ([], [])
    meanwhile = asyncio.create_task(live(store, waits))
    took, cpu, peak = list[float](), 0.0, 0.0
    for what, file in zip(("participants", "contacts"), files, strict=True):
        began = time.perf_counter()
        used, memory = await asyncio.to_thread(run, url, what, file)
        took.append(time.perf_counter() - began)
        cpu, peak = cpu + used, max(peak, memory)
    meanwhile.cancel()
    await asyncio.gather(meanwhile, return_exceptions=True)
    await store.close()
    return took, cpu, peak, waits


def run(url: str, what: str, file: Path) -> tuple[float, float]:
    """Run the operator's command; gives its CPU time, and the peak of its memory in megabytes."""
    environ = os.environ | {"DATABASE_URL": url, "CAMPAIGNS": str(ROOT / "campaigns"), "PYTHONPATH": str(ROOT)}
    child = os.posix_spawn(sys.executable, [sys.executable, "-m", "bot", what, "import", str(file)], environ)
    _, status, used = os.wait4(child, 0)
    assert status == 0, f"{what} import failed"
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


async def live(store: Store, waits: Waits) -> None:
    """Write and read a row in turn, and note how long each takes."""
    person = Address("web", "somebody")
    while True:
        began = time.perf_counter()
        await store.write(choose_language, person, "en", datetime.now(UTC))
        written = time.perf_counter()
        await store.read(language_chosen, person)
        waits[0].append(written - began)
        waits[1].append(time.perf_counter() - written)
        await asyncio.sleep(EVERY)


def write(file: Path, rows: Iterator[list[str]]) -> None:
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        csv.writer(opened).writerows(rows)


def participant_rows(participants: int, letter: str) -> Iterator[list[str]]:
    yield ["code", "name", "time zone", "language", "e-mail domains"]
    for number in range(participants):
        code = f"{letter}{number:05}"
        yield [code, f"Firm {code} Futures Limited", "Asia/Hong_Kong", "en", f"firm-{code}.com.hk {code}.example.hk"]


def contact_rows(contacts: int, participants: int, letter: str) -> Iterator[list[str]]:
    """People on the three channels in turn, spread over the participants."""
    yield ["participant", "channel", "address", "language", "name"]
    for number in range(contacts):
        code = f"{letter}{number % participants:05}"
        channel, address = (
            ("slack", f"T0{letter}12345:U{number:08}"),
            ("telegram", f"{ord(letter)}{number:08}"),
            ("mail", f"person.{number}@firm-{code}.com.hk"),
        )[number % 3]
        yield [code, channel, address, "zh-Hant", f"Chan Tai Man {number}"]


if __name__ == "__main__":
    main()
