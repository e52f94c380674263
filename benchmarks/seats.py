"""Measures seats that are taken with their history and the message about them, beside a bare insert of one row.

    python benchmarks/seats.py

Fifty callers at once, each taking the next seat when it has the last one, through the store that the bot uses; the room
has a capacity, so all of them count the same places. The bare insert goes through the same store in the same run.
Each of both has a commit of its own; on SQLite, where writes that wait together share one, that is measured as well.
PostgreSQL is a server of its own that waits for the disk, as it comes.
"""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from socket import socket
from statistics import median
from typing import Any

import psycopg
from sqlalchemy import insert
from sqlmodel import Session

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from models.contacts import Contact, Membership
from models.message import Address, Reply
from models.outbox import Posting, post
from models.participants import Participant
from models.seats import Attendee, Moment, Rules, SeatEvent, reserve
from models.store import Store, _grouping

CALLERS, ROUNDS, EACH = 50, 5, 1000  # at once; rounds of each kind; transactions in a round
BARS = {"sqlite": 0.30, "postgresql": 0.22}
SLOWEST = 1.0  # seconds, the 99th of a hundred

NOW = datetime(2023, 4, 12, 4, tzinfo=UTC)
AT = Moment(NOW, datetime(2026, 2, 3, tzinfo=UTC))
FIRMS = ROUNDS * EACH * 2
HALL = Rules(
    "spring", "24apr", 2, FIRMS, NOW + timedelta(days=7), NOW + timedelta(days=9), None, timedelta(days=1)
)  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """One round: transactions a second, and the time that the 99th of a hundred took."""

    rate: float
    p99: float


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="usher-seats-") as folder:
        url = f"sqlite:///{folder}/usher.db"
        grouped, _grouping.GROUP = _grouping.GROUP, 1
        compare("SQLite, a commit each", url, BARS["sqlite"])
        _grouping.GROUP = grouped
        Path(folder, "usher.db").unlink()
        compare("SQLite, commits shared", url, None)
    with server() as address:
        compare("PostgreSQL", address, BARS["postgresql"])


def compare(name: str, url: str, bar: float | None) -> None:
    bare, seats = asyncio.run(measure(url))
    share = median(one.rate for one in seats) / median(one.rate for one in bare)
    print(f"\n{name}")
    for what, rounds in (("bare insert", bare), ("seat", seats)):
        rates = sorted(one.rate for one in rounds)
        told = f"{median(rates):6.0f} a second ({rates[0]:.0f} to {rates[-1]:.0f})"
        print(f"  {what:12}{told}, p99 {max(one.p99 for one in rounds) * 1000:.0f} ms at most")
    held = "" if bar is None else f" (bar {bar}: {_held(share >= bar)}"
    slowest = max(one.p99 for one in seats)
    print(f"  a seat to a bare insert: {share:.2f}{held}{f'; p99 {_held(slowest <= SLOWEST)})' if held else ''}")


async def measure(url: str) -> tuple[list[Measured], list[Measured]]:
    store = await Store.open(url)
    await store.write(enrol)
    bare, seats, numbers = [], [], count()
    await crowd(store, insert_row, numbers, EACH // 2)  # the statements are prepared
    await crowd(store, take_seat, count(FIRMS), EACH // 2)
    for _ in range(ROUNDS):
        bare.append(await crowd(store, insert_row, count(), EACH))
        seats.append(await crowd(store, take_seat, numbers, EACH))
    await store.close()
    return bare, seats


async def crowd(
    store: Store, do: Callable[[Session, int], object], numbers: Iterator[int], transactions: int
) -> Measured:
    """So many transactions of fifty callers."""
    times: list[float] = []
    left = iter(range(transactions))

    async def call() -> None:
        for _ in left:
            began = time.monotonic()
            await store.write(do, next(numbers))
            times.append(time.monotonic() - began)

    began = time.monotonic()
    await asyncio.gather(*(call() for _ in range(CALLERS)))
    took = time.monotonic() - began
    return Measured(transactions / took, sorted(times)[len(times) * 99 // 100])


def take_seat(session: Session, number: int) -> None:
    """The seat, its place in the room, its history, and the message about it."""
    attendee = Attendee("Chan Tai Man", f"guest{number}@example.com")
    (seat,) = reserve(session, HALL, f"F{number}", number + 1, [attendee], AT).seats
    to, said = Address("mail", attendee.email or ""), Reply("The seat stands in this bot's list. " * 5)
    post(session, Posting(f"seat:{seat.uid}:0:mail", to, said, NOW, f"seat:{seat.uid}"), AT.machine)


_ROW: dict[str, Any] = {
    "campaign": "spring", "briefing": "24apr", "participant": "F1", "what": "held", "attendee_name": "Chan Tai Man",
    "at": AT.now, "recorded_at": AT.machine,
}  # fmt: skip
_INSERT = insert(SeatEvent)


def insert_row(session: Session, number: int) -> None:
    session.connection().execute(_INSERT, _ROW | {"uid": str(number)})


def enrol(session: Session) -> None:
    """A firm and its one person for every seat."""
    numbers, connection = range(FIRMS + EACH), session.connection()
    firms = [{"code": f"F{number}", "name": f"Firm {number}", "imported_at": NOW} for number in numbers]
    connection.execute(insert(Participant), firms)
    connection.execute(insert(Contact), [{"id": number + 1, "created_at": NOW} for number in numbers])
    held = ({"contact_id": number + 1, "participant": f"F{number}"} for number in numbers)
    connection.execute(insert(Membership), [one | {"how": "import", "since": NOW} for one in held])


@contextmanager
def server() -> Iterator[str]:
    """A PostgreSQL with its own settings; gives the address of a database."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    found = programs[-1] if programs else Path(shutil.which("initdb") or sys.exit("no PostgreSQL is installed")).parent
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    with tempfile.TemporaryDirectory(prefix="usher-postgresql-") as folder, socket() as bound:
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        bound.close()
        made = [str(found / "initdb"), "-D", f"{folder}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        subprocess.run(made, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        serves = [
            str(found / "postgres"),
            "-D",
            f"{folder}/data",
            "-p",
            str(port),
            "-k",
            "",
            "-c",
            "listen_addresses=127.0.0.1",
        ]
        with (Path(folder) / "log").open("w") as log:
            running = subprocess.Popen(serves, user=user, cwd=folder, stderr=log)
        try:
            address = f"postgresql://postgres@127.0.0.1:{port}/postgres"
            _wait_for(address)
            yield address
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(timeout=30)


def _wait_for(address: str) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(address).close()
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return


def _held(held: bool) -> str:
    return "held" if held else "MISSED"


if __name__ == "__main__":
    main()
