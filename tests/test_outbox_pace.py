"""However many copies of Usher send, each platform and each address is written to at the pace it asked for."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from models import outbox
from models.message import Address
from models.outbox import EARLY
from models.store import Store
from tests.delivery_cast import AMY, APRIL, BEN, NOW, Clock, Recorder, keys, post, posting, take

YEAR, SECOND = timedelta(days=365), timedelta(seconds=1)


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Store]:
    """The store of a second copy of Usher."""
    store = await Store.open(database_url)
    yield store
    await store.close()


async def test_two_copies_together_keep_the_pace_of_a_platform(store: Store, other: Store) -> None:
    channel, clock = Recorder(interval=1 / 30), Clock(NOW)
    await post(store, *(posting(f"{n}", Address("slack", f"{n}")) for n in range(90)))
    turns: list[datetime] = []
    for turn in range(40):  # two seconds, in steps of 50 ms
        copy = (store, other)[turn % 2]
        turns += [one.not_before for one in await take(copy, channel, copy=f"{turn % 2}", now=clock.at)]
        clock.forward(0.05)
    between = {after - before for before, after in pairwise(turns)}
    assert {round(gap.total_seconds(), 3) for gap in between} == {0.033}, "one after the other, and nothing is lost"
    assert min(turns) == NOW
    assert len(turns) >= 2 * 30


async def test_copies_that_claim_at_once_do_not_each_take_what_the_pace_allows(store: Store, other: Store) -> None:
    channel = Recorder(interval=1 / 30)
    await post(store, *(posting(f"{n}", Address("slack", f"{n}")) for n in range(60)))
    claims = [take(copy, channel, copy=name, limit=2) for copy, name in ((store, "one"), (other, "two")) * 6]
    taken = [message for claimed in await asyncio.gather(*claims) for message in claimed]
    turns = sorted(message.not_before for message in taken)
    assert len(turns) == len(set(turns)) >= 5
    assert turns[-1] - turns[0] >= (len(turns) - 1) * SECOND / 31


async def test_two_copies_together_keep_the_pace_of_an_address(store: Store, other: Store) -> None:
    channel, clock = Recorder(pause=1.0), Clock(NOW)
    await post(store, *(posting(f"{n}{to.id}", to) for n in range(5) for to in (AMY, BEN)))
    at: list[float] = []
    for turn in range(30):  # three seconds, in steps of 100 ms
        copy = (store, other)[turn % 2]
        for message in await take(copy, channel, now=clock.at):
            at.append((clock.at - NOW).total_seconds())
            await copy.write(outbox.note_sent, message, "r", clock.at)
        clock.forward(0.1)
    assert at == [0, 0, 1, 1, 2, 2]


async def test_a_held_channel_sends_nothing_to_anybody_until_the_very_moment(store: Store) -> None:
    await post(store, posting("a"), posting("b", BEN))
    until = NOW + 30 * SECOND
    await store.write(outbox.hold, AMY, until)
    long_before = until - EARLY - timedelta(milliseconds=1)
    assert await take(store, now=until - timedelta(milliseconds=1)) == []
    assert await store.read(outbox.open_channels, ["slack"], APRIL, long_before) == []
    assert await store.read(outbox.next_at, APRIL, long_before) == until - EARLY
    assert keys(await take(store, now=until)) == ["a", "b"]


async def test_what_is_claimed_for_a_held_channel_before_its_time_waits_until_the_very_moment(store: Store) -> None:
    await post(store, posting("a"), posting("b", BEN))
    until = NOW + 30 * SECOND
    await store.write(outbox.hold, AMY, until)
    channel = Recorder(interval=0.1)
    assert await take(store, channel, now=until - EARLY - timedelta(milliseconds=1)) == []
    taken = await take(store, channel, now=until - EARLY)
    assert [(one.key, one.not_before) for one in taken] == [("b", until)], "the chat itself is shut until then"


async def test_a_shorter_hold_does_not_end_a_longer_one(store: Store) -> None:
    await post(store, posting("a"))
    for seconds in (30, 10):
        await store.write(outbox.hold, AMY, NOW + seconds * SECOND)
    assert await take(store, now=NOW + 20 * SECOND) == []


async def test_it_is_known_when_to_look_again(store: Store) -> None:
    assert await store.read(outbox.next_at, APRIL, NOW) is None
    await post(store, posting("a"), posting("b"), posting("far", BEN, APRIL + YEAR))
    (taken,) = await take(store, Recorder(pause=1.0))
    assert await store.read(outbox.next_at, APRIL, NOW) == NOW + SECOND
    await store.write(outbox.note_again, taken, "busy", NOW + SECOND / 2, counts=True)
    assert await store.read(outbox.next_at, APRIL, NOW) == NOW + SECOND / 2
