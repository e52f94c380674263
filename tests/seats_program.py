"""Takes seats for many people at once, as another copy of Usher would; may be killed in the middle of it.

python -m tests.seats_program DATABASE_URL crowd FIRST LAST      people of those numbers, all at once
python -m tests.seats_program DATABASE_URL killed STATEMENT      pairs, one after the other, until it is killed
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from itertools import count

from sqlalchemy import event
from sqlmodel import Session

from models.message import Address, Reply
from models.outbox import Posting, post
from models.seats import Attendee, BriefingFull, Reserved, Rules, reserve
from models.store import Store
from tests.seats_cast import MACHINE, NOON, OPEN, SMALL, at, later

HALL = later(SMALL, limit=1, capacity=300)
DONE = 5  # pairs that are held before the one that is cut off


def firms(many: int) -> dict[str, str]:
    """So many people, each of a firm of their own: person 7 is the only one of firm F007."""
    return {f"p{number}": f"F{number:03}" for number in range(many)}


def register(session: Session, rules: Rules, number: int, *names: str) -> Reserved:
    """Take the seats for somebody's colleagues and have these told, in one transaction."""
    code, attendees = f"F{number:03}", [Attendee(name, f"{name}@f{number:03}.hk") for name in names]
    done = reserve(session, rules, code, number + 1, attendees, at())
    for seat in done.seats:
        to = Address("test", seat.attendee_name)
        post(session, Posting(f"seat:{seat.uid}:0", to, Reply("held"), NOON, f"seat:{seat.uid}"), MACHINE)
    return done


async def crowd(store: Store, first: int, last: int) -> None:
    """Everybody of these at once; says what they were told."""
    told = Counter(await asyncio.gather(*(store.write(answer, number) for number in range(first, last))))
    print(json.dumps(told))


def answer(session: Session, number: int) -> str:
    """As a handler does: that it is full is an answer, and no error."""
    try:
        register(session, HALL, number, "guest")
    except BriefingFull:
        return "full"
    return "held"


async def killed(store: Store, statement: int) -> None:
    """Pairs one after the other; at that statement of the last one this process is no more."""
    for number in range(DONE):
        await store.write(register, OPEN, number, "one", "two")
    print("begun", flush=True)
    await store.write(killed_at, statement)


def killed_at(session: Session, statement: int) -> None:
    statements = count(1)

    @event.listens_for(session.connection(), "before_cursor_execute")
    def die(*_: object) -> None:
        if next(statements) == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    register(session, OPEN, DONE, "one", "two")
    os.kill(os.getpid(), signal.SIGKILL)  # all is written, and nothing is committed


def program(database_url: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.seats_program", database_url, *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def start_together(copies: list[subprocess.Popen[str]]) -> list[str]:
    """Nobody begins before all can; gives what each said."""
    assert [copy.stdout.readline() for copy in copies if copy.stdout] == ["ready\n"] * len(copies)
    for copy in copies:
        assert copy.stdin
        copy.stdin.write("\n")
        copy.stdin.flush()
    return [copy.communicate(timeout=60)[0] for copy in copies]


async def main(url: str, what: str, *numbers: str) -> None:
    store = await Store.open(url)
    print("ready", flush=True)
    sys.stdin.readline()
    if what == "crowd":
        await crowd(store, *map(int, numbers))
    else:
        await killed(store, *map(int, numbers))
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
