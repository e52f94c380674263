"""Thousands of events, and a copy that is killed: each is answered once, in order, and nothing is kept for ever."""

import asyncio
import gc
import signal
import subprocess
import sys
from collections import defaultdict
from random import Random

import pytest
from sqlmodel import col, select

from bot.intake import Times
from models import inbox
from models.inbox import LEASE, Event, State
from models.message import Ask
from models.store import Store
from tests import intake_cast
from tests.database_cast import SQLITE
from tests.intake_cast import NOON, Clock, Copy, Start, asked, counted, until, until_done

clock, start, other_store = intake_cast.clock, intake_cast.start, intake_cast.other_store  # the fixtures
only_sqlite = pytest.mark.parametrize("database_url", [SQLITE], indirect=True)


async def test_nothing_acknowledged_is_lost_or_doubled_by_a_kill(
    store: Store, database_url: str, start: Start, clock: Clock
) -> None:
    people = ["quick", "slow-1", "slow-2", "thinking"]
    program = [sys.executable, "-m", "tests.intake_cast", database_url, *people]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as killed:  # noqa: ASYNC220 - it is waited for below
        assert killed.stdout
        assert await asyncio.to_thread(killed.stdout.readline) == "acknowledged\n"
        killed.send_signal(signal.SIGKILL)
    clock.move(LEASE.total_seconds() + 1)
    copy = start()
    await copy.done()
    again = [text for text in copy.channel.texts if "quick" not in text]  # of those one may have been on its way
    assert sorted(again) == sorted(
        [f"re slow-{who} {number}" for who in (1, 2) for number in (2, 3)] + [f"re thinking {n}" for n in (1, 2, 3)]
    )
    uncertain, answered = await counted(store, State.UNCERTAIN, State.ANSWERED)
    assert uncertain >= 2
    assert uncertain + answered == 12


async def test_two_thousand_events_are_each_answered_once_in_order_by_two_copies(
    store: Store, other_store: Store, start: Start
) -> None:
    copies = [start("a", times=Times(take=60)), start("b", other_store, Times(take=60))]
    sent = copies[1].channel.sent = copies[0].channel.sent
    asks = [asked(f"p{person}", number) for person in range(200) for number in range(10)]
    random = Random(7)
    told = asks + random.choices(asks, k=600)
    random.shuffle(told)

    async def tell(copy: Copy, part: list[Ask]) -> None:
        for ask in part:
            await copy.take(ask)

    await asyncio.gather(*(tell(copies[way % 2], told[way::16]) for way in range(16)))
    await until_done(store)
    numbered = await store.read(lambda session: session.exec(select(Event.key).order_by(col(Event.id))).all())
    arrived, answered = defaultdict(list), defaultdict(list)
    for key in numbered:
        arrived[key.split(":")[1]].append(key)
    for key, _ in sent:
        answered[key.split(":")[1]].append(key)
    assert answered == arrived
    assert len(sent) == 2000


@only_sqlite
async def test_nothing_grows_with_the_number_of_events(store: Store, start: Start) -> None:
    copy = start(times=Times(take=60))
    objects = []
    for times in range(4):
        for at in range(0, 500, 50):
            await copy.take(*(asked(f"p{at + one}", times) for one in range(50)))
        await copy.done()
        await until(lambda: not copy.intake._held)
        for kept in (copy.channel.sent, copy.channel.tried, copy.channel.places, copy.reception.heard):
            kept.clear()
        gc.collect()
        objects.append(len(gc.get_objects()))
    assert (copy.intake._ended, copy.intake._batch, copy.intake._shown.idle) == ([], None, True)
    # What the libraries keep for themselves comes in the first rounds; a leak would be an object an event at least.
    assert objects[-1] - objects[1] < 300, objects


async def test_however_many_a_dead_copy_had_taken_they_are_taken_over_at_the_first_look(
    store: Store, start: Start, clock: Clock
) -> None:
    left = [asked(f"p{person}", 1) for person in range(250)]
    await store.write(inbox.take, left, "dead", NOON)
    clock.move(LEASE.total_seconds() + 1)
    copy = start(times=Times(keep_up=3600, take=60))
    await copy.done()
    assert sorted(copy.channel.sent) == sorted((ask.id, f"re {ask.text}") for ask in left)
