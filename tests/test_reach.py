"""An address that has moved is written to where it is now, and one that is closed until somebody writes from there."""

import pytest
from sqlmodel import col, select

from models import outbox, reach
from models.message import Address
from models.outbox import Message
from models.reach import Closed
from models.store import Store
from tests.delivery_cast import AMY, BEN, NOW, post, posting, take

ROOM, NEW_ROOM = Address("slack", "room"), Address("slack", "new")


@pytest.mark.parametrize("closes", [True, False])
async def test_only_an_error_of_the_address_itself_closes_it(store: Store, closes: bool) -> None:
    await post(store, posting("a"))
    (taken,) = await take(store)
    failed = await store.write(outbox.note_failed, taken, "gone", NOW, closes=closes)
    assert failed
    assert (failed.state, failed.reason, failed.settled_at) == ("failed", "gone", NOW)
    closed = await store.read(reach.closed, AMY)
    assert (closed and closed.reason) == ("gone" if closes else None)


async def test_a_closed_address_opens_again_when_somebody_writes_from_there(store: Store) -> None:
    for to in (AMY, AMY, BEN):
        await store.write(reach.close, to, "gone", NOW)
    await store.write(reach.reopen, AMY)
    assert await store.read(lambda session: session.exec(select(col(Closed.address))).all()) == ["slack:ben"]


async def test_what_waits_for_an_address_that_moves_goes_along_and_what_is_posted_later_too(store: Store) -> None:
    await post(store, posting("a", ROOM), posting("in a thread", Address("slack", "room:1")), posting("b", BEN))
    await post(store, posting("like it", Address("slack", "room_1")))
    await store.write(outbox.redirect, ROOM, NEW_ROOM, NOW)
    await post(store, posting("later", ROOM), posting("later in a thread", Address("slack", "room:2")))
    went = await store.read(lambda session: session.exec(select(Message.key, Message.address)).all())
    assert {key for key, address in went if address == "slack:new"} == {
        "a",
        "in a thread",
        "later",
        "later in a thread",
    }


async def test_of_two_moves_the_last_one_holds_and_a_ring_ends(store: Store) -> None:
    third = Address("slack", "third")
    for new in (NEW_ROOM, third):
        await store.write(reach.move, ROOM, new, NOW)
    assert await store.read(reach.follow, ROOM) == third
    await store.write(reach.move, third, ROOM, NOW)
    assert await store.read(reach.follow, third) == ROOM
    await store.write(reach.move, ROOM, NEW_ROOM, NOW)
    await store.write(reach.move, NEW_ROOM, third, NOW)
    assert await store.read(reach.follow, ROOM) == third
