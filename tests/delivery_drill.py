"""Kills copies of Usher at random moments while they send, and finds what was lost, doubled, or taken over late."""

import asyncio
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import Session, select

from models.message import Address
from models.outbox import Message, State
from models.store import Store
from tests.delivery_cast import post, posting
from tests.program import ROOT
from tests.sender_program import LIMITS

# After a kill, what it was sending is in other hands. The last second is for a machine that is busy.
WITHIN = LIMITS.lease.total_seconds() + LIMITS.poll + 1.0
BUSY = 15.0  # seconds more where nothing is measured: a machine may be busy with other things
SETTLED = 0.3  # seconds in which a database has done what a copy asked just before its end
ENOUGH = 120.0  # seconds without one more line: they will not come to an end by themselves

Program = subprocess.Popen[str]


@contextmanager
def sender(url: str, file: Path, copy: str, *given: object) -> Iterator[Program]:
    """A second process that sends by adding lines to the file; `tests.sender_program` says what may be given."""
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.sender_program", url, str(file), copy, *map(str, given)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        try:
            yield program
        finally:
            program.kill()


async def says(program: Program, word: str) -> None:
    assert program.stdout
    assert await asyncio.to_thread(program.stdout.readline) == f"{word}\n"


def lines(file: Path) -> Counter[str]:
    """What was sent, and how often."""
    return Counter(file.read_text().split()) if file.exists() else Counter()


@dataclass(frozen=True)
class Plan:
    """`copies` at once, of which as many as `kills` end suddenly. `returns`: another is started for each of these."""

    messages: int
    copies: int
    kills: int
    returns: bool
    seed: int
    seconds: float = 0.1  # that an answer takes: most of the time something is in flight


@dataclass
class Found:
    """What a drill has brought. `in_flight`: how often a message was being sent when its copy was killed."""

    in_flight: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    ended: dict[str, str] = field(default_factory=dict)
    taken_over: list[float] = field(default_factory=list)
    most_at_a_kill: int = 0
    seconds: float = 0.0

    @property
    def lost(self) -> set[str]:
        """Neither sent nor told to be uncertain. What repeats must have been sent."""
        unsent = {*self.ended} - {*self.sent}
        return {key for key in unsent if repeats(key) or self.ended[key] != State.UNCERTAIN}

    @property
    def doubled(self) -> Counter[str]:
        return Counter({key: times - 1 for key, times in self.sent.items() if times > 1})

    def check(self, plan: Plan) -> None:
        """Fails where a promise of the outbox was not kept."""
        assert len(self.ended) == plan.messages
        assert {*self.ended.values()} <= {State.SENT, State.UNCERTAIN}
        assert not self.lost
        assert not self.doubled - self.in_flight, "sent twice, and was not in flight at a kill"
        assert all(repeats(key) for key in self.doubled)
        uncertain = {key for key, state in self.ended.items() if state == State.UNCERTAIN}
        assert uncertain <= {key for key in self.in_flight if not repeats(key)}
        assert self.in_flight, "the drill has shown nothing: nothing was in flight"
        assert self.most_at_a_kill <= LIMITS.in_flight
        assert max(self.taken_over) <= WITHIN + BUSY


def repeats(key: str) -> bool:
    """Every second one is sent again when nobody knows whether it arrived, as reminders are."""
    return int(key) % 2 == 0


async def drill(store: Store, url: str, file: Path, plan: Plan) -> Found:
    """Let the copies send all of it, and kill some of them at random moments."""
    chance, found = random.Random(plan.seed), Found()
    with ExitStack() as running:
        names = iter(f"copy {n}" for n in range(plan.copies + plan.kills))

        async def start() -> tuple[str, Program]:
            name = next(names)
            program = running.enter_context(sender(url, file, name, 0, plan.seconds))
            await says(program, "ready")
            return name, program

        alive = [await start() for _ in range(plan.copies)]
        await _post(store, plan.messages)
        began, taking_over = time.monotonic(), []
        for moment in sorted(chance.uniform(0.05, 0.85) for _ in range(plan.kills)):
            await _until(file, int(moment * plan.messages))
            await asyncio.sleep(chance.uniform(0, plan.seconds))
            name, program = alive.pop(chance.randrange(len(alive)))
            program.kill()
            killed_at = time.monotonic()
            await asyncio.sleep(SETTLED)
            held = await store.read(_sending, name)
            found.in_flight.update(held)
            found.most_at_a_kill = max(found.most_at_a_kill, len(held))
            taking_over.append(asyncio.create_task(_taken_over(store, name, killed_at)))
            if plan.returns:
                alive.append(await start())
        found.taken_over = await asyncio.gather(*taking_over)
        found.ended = await _ended(store, file)
        found.seconds = time.monotonic() - began
    found.sent = lines(file)
    return found


async def _post(store: Store, messages: int) -> None:
    for first in range(0, messages, 500):
        some = range(first, min(messages, first + 500))
        await post(store, *(posting(f"{n}", Address("slack", f"{n % 80}"), repeats=repeats(str(n))) for n in some))


async def _until(file: Path, many: int) -> None:
    """Wait until so many lines are there."""
    seen, since = 0, time.monotonic()
    while seen < many:
        now = lines(file).total()
        seen, since = (now, time.monotonic()) if now > seen else (seen, since)
        assert time.monotonic() < since + ENOUGH, f"nothing more is sent, after {seen} lines"
        await asyncio.sleep(0.01)


async def _taken_over(store: Store, copy: str, killed_at: float) -> float:
    """The seconds until nothing counts as being sent by that copy any more."""
    while await store.read(_sending, copy):
        assert time.monotonic() < killed_at + ENOUGH, "nobody has taken over"
        await asyncio.sleep(0.05)
    return time.monotonic() - killed_at


async def _ended(store: Store, file: Path) -> dict[str, str]:
    """How each message ended, once there is none that has not."""
    seen, since = 0, time.monotonic()
    while True:
        states = await store.read(lambda session: dict(session.exec(select(Message.key, Message.state)).all()))
        if not {State.PENDING, State.SENDING} & {*states.values()}:
            return states
        now = lines(file).total()
        seen, since = (now, time.monotonic()) if now > seen else (seen, since)
        assert time.monotonic() < since + ENOUGH, "they do not come to an end"
        await asyncio.sleep(0.1)


def _sending(session: Session, copy: str) -> list[str]:
    mine = select(Message.key).where(Message.state == str(State.SENDING), Message.copy_name == copy)
    return [*session.exec(mine)]
