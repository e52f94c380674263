"""What waits in the outbox is sent at once, in order and at the right pace, and its outcome is noted whatever it is."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from models import outbox
from models.message import Address
from models.outbox import State
from models.store import Store
from scheduler.delivery import Delivery, Limits
from tests.delivery_cast import (
    APRIL,
    BEN,
    NOW,
    PATIENCE,
    Clock,
    Recorder,
    eventually,
    kept,
    machine_time,
    post,
    posting,
    sending,
    states,
)

NEVER = Limits(poll=3600)  # whoever looks only so rarely must have been woken


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Store]:
    """The store of a second copy of Usher."""
    store = await Store.open(database_url)
    yield store
    await store.close()


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


# --------------------------------------------------------------------------------------------------------- the loop


async def test_a_commit_wakes_the_sender_at_once(store: Store, recorder: Recorder) -> None:
    async with sending(store, recorder, limits=NEVER):
        await post(store, posting("a"))
        await eventually(lambda: recorder.sent == ["a"])
        await post(store, posting("b"))
        await eventually(lambda: recorder.sent == ["a", "b"])


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_commit_of_another_copy_wakes_the_sender(store: Store, other: Store, recorder: Recorder) -> None:
    async with sending(store, recorder, limits=NEVER):
        await post(other, posting("a"))
        await eventually(lambda: recorder.sent == ["a"])


async def test_what_becomes_due_without_any_news_is_found(store: Store, recorder: Recorder) -> None:
    campaign = Clock(APRIL)
    await post(store, posting("a", due=APRIL + timedelta(days=1)))
    async with sending(store, recorder, campaign_time=campaign, limits=Limits(poll=0.05)):
        await asyncio.sleep(0.2)
        assert recorder.sent == []
        campaign.forward(86400)
        await eventually(lambda: recorder.sent == ["a"])


async def test_what_another_process_posted_is_found(store: Store, other: Store, recorder: Recorder) -> None:
    async with sending(store, recorder, limits=Limits(poll=0.05)):
        await asyncio.sleep(0.1)
        await post(other, posting("a"))  # SQLite tells no other process of it
        await eventually(lambda: recorder.sent == ["a"])


async def test_take_send_and_note_are_three_steps_and_no_transaction_is_open_while_sending(
    store: Store, other: Store, recorder: Recorder
) -> None:
    async def look(key: str) -> None:
        if key == "b":
            return
        assert (await kept(other, "a")).state == State.SENDING
        await post(other, posting("b", BEN))  # with an open transaction of the sender's, SQLite would not let it
        assert await other.write(outbox.cancel, "c", "withdrawn", NOW)

    await post(store, posting("a"), posting("c"))
    recorder.meanwhile = look
    async with sending(store, recorder):
        await eventually(lambda: sorted(recorder.sent) == ["a", "b"])  # "b" need not wait for "a" to end
    assert (await kept(store, "a")).state == State.SENT


async def test_one_address_gets_its_messages_in_order(store: Store, recorder: Recorder) -> None:
    async def a_moment(key: str) -> None:
        await asyncio.sleep(0.001)

    recorder.meanwhile = a_moment
    names = [f"{n}" for n in range(20)]
    await post(store, *(posting(name) for name in names), *(posting(f"b{name}", BEN) for name in names))
    async with sending(store, recorder, limits=NEVER):
        await eventually(lambda: len(recorder.sent) == 40)
    assert [key for key in recorder.sent if not key.startswith("b")] == names
    assert recorder.most == 2


async def test_few_are_in_flight_and_a_channel_that_hangs_holds_up_no_other(store: Store, recorder: Recorder) -> None:
    go_on = asyncio.Event()

    async def hang(key: str) -> None:
        await go_on.wait()

    hanging = Recorder("mail")
    hanging.meanwhile = hang
    await post(store, *(posting(f"{n}", Address("mail", f"{n}")) for n in range(30)))
    async with sending(store, hanging, recorder):
        await eventually(lambda: hanging.most == 14)
        await post(store, posting("a"))
        await eventually(lambda: recorder.sent == ["a"])
        assert hanging.most == 14, "of sixteen places the other channel keeps two"
        go_on.set()
        await eventually(lambda: len(hanging.sent) == 30)


async def test_two_copies_share_the_pace_of_a_platform_and_send_each_message_once(store: Store, other: Store) -> None:
    channel = Recorder(interval=1 / 30)
    await post(store, *(posting(f"{n}", Address("slack", f"{n}")) for n in range(40)))
    began = time.monotonic()
    async with sending(store, channel, copy="one"), sending(other, channel, copy="two"):
        await eventually(lambda: len(channel.sent) >= 40)
    assert time.monotonic() - began >= 39 / 30 - 0.1
    assert sorted(channel.sent, key=int) == [f"{n}" for n in range(40)]


# ----------------------------------------------------------------------------------------------------------- the end


async def test_at_the_end_nothing_more_is_claimed_and_what_is_in_flight_is_waited_for(
    store: Store, recorder: Recorder
) -> None:
    go_on = asyncio.Event()

    async def hang(key: str) -> None:
        await go_on.wait()

    recorder.meanwhile = hang
    await post(store, posting("a"), posting("b"))
    async with sending(store, recorder, limits=Limits(stop=PATIENCE)) as delivery:
        await eventually(lambda: recorder.most == 1)
        stopping = asyncio.create_task(delivery.stop())
        await asyncio.sleep(0.05)
        assert not stopping.done()
        go_on.set()
        await stopping
    assert await states(store) == {"sent": 1, "pending": 1}


async def test_what_hangs_at_the_end_is_noted_as_uncertain(store: Store, recorder: Recorder) -> None:
    async def hang(key: str) -> None:
        await asyncio.Event().wait()

    recorder.meanwhile = hang
    await post(store, *(posting(f"{n}", Address("slack", f"{n}")) for n in range(20)))
    async with sending(store, recorder, limits=Limits(stop=0.05)):
        await eventually(lambda: recorder.most == 16)
    assert await states(store) == {"uncertain": 16, "pending": 4}


async def test_a_stop_in_the_middle_of_a_claim_leaves_nothing_claimed(store: Store, recorder: Recorder) -> None:
    for turn in range(10):
        await post(store, *(posting(f"{turn}:{n}", Address("slack", f"{n}")) for n in range(20)))
        async with sending(store, recorder):
            await asyncio.sleep(turn / 1000)
    assert "sending" not in await states(store)


async def test_stopping_what_never_started_is_no_error(store: Store, recorder: Recorder) -> None:
    async with sending(store, recorder) as delivery:
        await delivery.stop()
    never = Delivery(store, {}, campaign_time=lambda: APRIL, machine_time=machine_time, copy="one")
    await never.stop()
