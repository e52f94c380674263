"""Every message is posted once, taken in order by one copy of Usher, and noted by whoever holds it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import psycopg
import pytest
from sqlmodel import Session

from models import outbox
from models.message import Address
from models.outbox import LEASE, REPEATS, Message, Posting, State
from models.store import Store
from tests.delivery_cast import AMY, APRIL, BEN, NOW, kept, keys, post, posting, states, take

YEAR, SECOND = timedelta(days=365), timedelta(seconds=1)


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Store]:
    """The store of a second copy of Usher."""
    store = await Store.open(database_url)
    yield store
    await store.close()


# --------------------------------------------------------------------------------------------------------- posting


async def test_a_key_is_posted_once_and_the_first_message_stays(store: Store) -> None:
    first = await store.write(outbox.post, posting("a"), NOW)
    second = await store.write(outbox.post, posting("a", BEN), NOW + SECOND)
    assert (second.id, second.to, second.posted_at) == (first.id, AMY, NOW)
    assert await states(store) == {"pending": 1}


async def test_copies_that_post_the_same_key_at_once_post_it_once(store: Store, other: Store) -> None:
    posted = await asyncio.gather(*(copy.write(outbox.post, posting("a"), NOW) for copy in (store, other) * 5))
    assert len({message.id for message in posted}) == 1


async def test_a_message_is_taken_back_with_the_transaction_that_caused_it(store: Store) -> None:
    def cause(session: Session, one: Posting) -> None:
        outbox.post(session, one, NOW)
        raise ValueError("taken back")

    with pytest.raises(ValueError, match="taken back"):
        await store.write(cause, posting("a"))
    assert await states(store) == {}


async def test_what_is_taken_is_what_was_posted(store: Store) -> None:
    posted = posting("a", about="case:7", repeats=True, useful_until=APRIL + YEAR)
    await post(store, posted)
    (taken,) = await take(store)
    assert (
        Posting(taken.key, taken.to, taken.reply, taken.due, taken.about, taken.repeats, taken.useful_until) == posted
    )
    assert (taken.state, taken.copy_name, taken.lease_until, taken.attempts) == ("sending", "one", NOW + LEASE, 1)


# ------------------------------------------------------------------------------------------------- the two clocks


async def test_due_is_campaign_time(store: Store) -> None:
    await post(store, posting("a", due=APRIL + SECOND))
    assert await take(store, now=NOW + YEAR) == []
    assert keys(await take(store, campaign_now=APRIL + SECOND)) == ["a"]


async def test_useful_until_is_campaign_time(store: Store) -> None:
    await post(store, posting("a", useful_until=APRIL + SECOND), posting("b", BEN, useful_until=APRIL + SECOND))
    assert keys(await take(store, limit=1, now=NOW + YEAR)) == ["a"]
    assert await take(store, campaign_now=APRIL + SECOND) == []
    assert (await kept(store, "b")).state == State.EXPIRED


async def test_what_has_expired_does_not_hold_up_the_next_to_the_same_address(store: Store) -> None:
    await post(store, posting("a", useful_until=APRIL), posting("b"))
    assert keys(await take(store)) == ["b"]


async def test_a_pause_after_an_error_is_machine_time(store: Store) -> None:
    await post(store, posting("a"))
    (taken,) = await take(store)
    await store.write(outbox.note_again, taken, "busy", NOW + SECOND, counts=True)
    assert await take(store, campaign_now=APRIL + YEAR) == []
    assert keys(await take(store, now=NOW + SECOND)) == ["a"]


async def test_a_lease_is_machine_time(store: Store) -> None:
    await post(store, posting("a"))
    await take(store)
    await take(store, copy="two", campaign_now=APRIL + YEAR, now=NOW + LEASE)
    assert (await kept(store, "a")).state == State.SENDING
    await take(store, copy="two", now=NOW + LEASE + SECOND)
    assert (await kept(store, "a")).state == State.UNCERTAIN


# ----------------------------------------------------------------------------------------------------------- order


async def test_one_address_gets_its_messages_one_at_a_time_in_order_of_their_due_time(store: Store) -> None:
    await post(store, posting("late"), posting("early", due=APRIL - SECOND), posting("later"))
    for expected in ("early", "late", "later"):
        (taken,) = await take(store)
        assert taken.key == expected
        assert await take(store, copy="two") == []
        await store.write(outbox.note_sent, taken, "r", NOW)


async def test_a_message_that_is_tried_again_later_keeps_its_place(store: Store) -> None:
    await post(store, posting("a"), posting("b"))
    (taken,) = await take(store)
    await store.write(outbox.note_again, taken, "busy", NOW + SECOND, counts=True)
    assert await take(store) == []
    assert keys(await take(store, now=NOW + SECOND)) == ["a"]


async def test_a_message_of_the_far_future_holds_up_nothing_until_it_is_due(store: Store) -> None:
    await post(store, posting("far", due=APRIL + YEAR), posting("near"))
    assert keys(await take(store)) == ["near"]
    assert await take(store, campaign_now=APRIL + YEAR) == [], "near is still being sent"


async def test_the_oldest_come_first_and_no_more_than_asked_for(store: Store) -> None:
    await post(store, *(posting(f"{n}", Address("slack", f"{n}"), APRIL - n * SECOND) for n in range(5)))
    assert keys(await take(store, limit=3)) == ["4", "3", "2"]


async def test_copies_that_claim_at_once_never_take_the_same_message_nor_two_of_one_address(
    store: Store, other: Store
) -> None:
    await post(store, *(posting(f"{n}", Address("slack", f"{n % 20}")) for n in range(60)))
    claims = [take(copy, copy=name, limit=3) for copy, name in ((store, "one"), (other, "two")) for _ in range(6)]
    taken = [message for claimed in await asyncio.gather(*claims) for message in claimed]
    assert Counter(message.address for message in taken) == {f"slack:{n}": 1 for n in range(20)}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_what_somebody_else_is_changing_is_left_out_and_not_waited_for(store: Store, database_url: str) -> None:
    await post(store, posting("a"), posting("b", BEN))
    with psycopg.connect(database_url) as changing:
        changing.execute("SELECT 1 FROM outbox WHERE key = 'a' FOR UPDATE")
        async with asyncio.timeout(10):
            assert keys(await take(store)) == ["b"]


# ------------------------------------------------------------------------------------------------- leases and notes


async def test_what_a_dead_copy_was_sending_is_sent_again_only_if_it_repeats(store: Store) -> None:
    await post(store, posting("a", repeats=True), posting("b", BEN))
    await take(store, copy="dead")
    assert keys(await take(store, now=NOW + LEASE + SECOND)) == ["a"]
    assert (await kept(store, "b")).state == State.UNCERTAIN
    assert (await kept(store, "a")).attempts == 2


async def test_what_a_copy_is_busy_with_it_neither_gives_up_nor_takes_again(store: Store) -> None:
    await post(store, posting("a", repeats=True))
    (taken,) = await take(store)
    assert await take(store, now=NOW + LEASE + SECOND, busy=[taken.id or 0]) == []
    assert (await kept(store, "a")).state == State.SENDING
    await store.write(outbox.note_again, taken, "busy", NOW, counts=True)
    assert await take(store, busy=[taken.id or 0]) == []


async def test_a_message_that_ends_every_copy_is_not_sent_for_ever(store: Store) -> None:
    await post(store, posting("a", repeats=True))
    for turn in range(REPEATS):
        assert keys(await take(store, copy=f"{turn}", now=NOW + turn * (LEASE + SECOND))) == ["a"]
    assert await take(store, now=NOW + REPEATS * (LEASE + SECOND)) == []
    assert (await kept(store, "a")).state == State.UNCERTAIN


async def test_an_unknown_outcome_is_repeated_after_the_lease_and_not_for_ever(store: Store) -> None:
    await post(store, posting("a", repeats=True))
    now = NOW
    for turn in range(REPEATS):
        (taken,) = await take(store, now=now)
        await store.write(outbox.note_uncertain, taken, "no answer", now)
        longer = LEASE * 2**turn
        assert await take(store, now=now + longer - SECOND) == []
        now += longer
    assert (await kept(store, "a")).state == State.UNCERTAIN


async def test_whoever_lost_its_lease_changes_nothing_but_that_it_was_sent(store: Store) -> None:
    await post(store, posting("a", repeats=True))
    (lost,) = await take(store, copy="slow")
    later = NOW + LEASE + SECOND
    await take(store, now=later)
    assert await store.write(outbox.note_failed, lost, "refused", later) is None
    await store.write(outbox.note_again, lost, "busy", later, counts=True)
    await store.write(outbox.note_uncertain, replace_repeats(lost), "no answer", later)
    message = await kept(store, "a")
    assert (message.state, message.copy_name) == ("sending", "one")
    await store.write(outbox.note_sent, lost, "slack:1", later)
    assert (await kept(store, "a")).state == State.SENT


async def test_a_message_that_was_sent_is_found_by_its_reference(store: Store) -> None:
    await post(store, posting("a"))
    (taken,) = await take(store)
    await store.write(outbox.note_sent, taken, "slack:1", NOW)
    sent = await store.read(outbox.sent_as, "slack:1")
    assert sent
    assert (sent.key, sent.state, sent.settled_at, sent.copy_name, sent.lease_until) == ("a", "sent", NOW, None, None)
    assert await store.read(outbox.sent_as, "slack:2") is None


async def test_a_message_is_cancelled_only_while_it_waits(store: Store) -> None:
    await post(store, posting("a"), posting("b", BEN))
    assert await store.write(outbox.cancel, "a", "withdrawn", NOW)
    (taken,) = await take(store)
    assert taken.key == "b"
    assert not await store.write(outbox.cancel, "b", "withdrawn", NOW)
    await store.write(outbox.note_sent, taken, "r", NOW)
    for key in ("a", "b", "never posted"):
        assert not await store.write(outbox.cancel, key, "withdrawn", NOW)
    assert await states(store) == {"cancelled": 1, "sent": 1}


def replace_repeats(message: Message) -> Message:
    """The same, as if it did not repeat: then an unknown outcome would settle it."""
    return Message(**{**message.model_dump(), "repeats": False})
