"""A reminder that cannot be delivered goes another way: another address, a colleague, mail; and support hears of it."""

import pytest

from models import contacts, reach
from models.message import Address, SendError
from models.reach import reopen
from models.store import Store
from tests.campaign_cast import changed
from tests.delivery_cast import Clock
from tests.reminders_cast import DAS, GONE, LINE, MACHINE, ONE_DATABASE, USERS, Firms, Usher, april
from tests.seats_cast import both_at_once

FIRST = april(20)
EVERYWHERE = ("web:cy", "mail:cy@example.org", "telegram:7", "slack:T:cy")


def to(one_copy: Usher) -> list[str]:
    return [one.to for one in one_copy.sent]


def closed(one_copy: Usher, *places: str) -> None:
    """Whatever is sent there is refused for good."""
    one_copy.refuses.update({place: [GONE] for place in places})


@pytest.fixture
def small(store: Store) -> Usher:
    """Of a circular that reminds of one thing, and of each participant the first who can be reached."""
    return Usher(store, [changed("reminder.talk", reach="first", leads=["3 business days"])], Clock(april(5)))


# ------------------------------------------------------------------------------------------ another way for one person


@ONE_DATABASE
@pytest.mark.parametrize("gone", range(4))
async def test_the_next_address_of_the_person_is_tried_the_web_last(one_copy: Usher, gone: int) -> None:
    await one_copy.has("cy", "ALPHA", *EVERYWHERE)
    order = ["slack:T:cy", "telegram:7", "mail:cy@example.org", "web:cy"]
    closed(one_copy, *order[:gone])
    (arrived,) = await one_copy.tick(FIRST)
    assert arrived.to == order[gone]
    assert (await one_copy.states()).count("failed") == gone


@ONE_DATABASE
async def test_an_address_that_was_closed_is_not_tried_at_the_next_reminder(one_copy: Usher) -> None:
    await one_copy.has("cy", "ALPHA", *EVERYWHERE)
    closed(one_copy, "slack:T:cy")
    await one_copy.live(FIRST, april(25))
    assert to(one_copy) == ["telegram:7", "telegram:7"]
    await one_copy.does(lambda session: reopen(session, Address("slack", "T:cy")))
    assert [one.to for one in await one_copy.tick(april(26))] == ["slack:T:cy"]


async def test_the_channel_that_the_person_wishes_is_the_first(one_copy: Usher) -> None:
    cy = await one_copy.has("cy", "ALPHA", *EVERYWHERE)
    await one_copy.wishes(cy, "channels", value="mail telegram")
    assert [one.to for one in await one_copy.tick(FIRST)] == ["mail:cy@example.org"]


@ONE_DATABASE
async def test_what_a_platform_takes_from_nobody_goes_another_way_and_closes_nothing(one_copy: Usher) -> None:
    await one_copy.has("cy", "ALPHA", *EVERYWHERE)
    one_copy.refuses["slack:T:cy"] = [SendError("not like this", refused=True)]
    await one_copy.live(FIRST, april(25))
    assert to(one_copy) == ["telegram:7", "slack:T:cy"]


async def test_colleagues_who_have_messages_of_their_own_get_no_second_one(one_copy: Usher, people: Firms) -> None:
    closed(one_copy, "slack:T:bob")
    await one_copy.tick(FIRST)
    assert to(one_copy) == ["slack:T:ann", "slack:T:cy"]


async def test_what_was_done_before_the_other_way_was_found_is_not_told(one_copy: Usher) -> None:
    cy = await one_copy.has("cy", "ALPHA", *EVERYWHERE)
    closed(one_copy, "slack:T:cy")
    await one_copy.plan(FIRST)
    (message,) = await one_copy.delivery.take()
    await one_copy.delivery.deliver(message)
    await one_copy.done("ALPHA", USERS, DAS, LINE, by=cy)
    assert await one_copy.send() == []
    assert await one_copy.states() == ["failed", "cancelled"]


# --------------------------------------------------------------------------------------------- the first, then the next


async def test_only_the_first_who_can_be_reached_is_told(small: Usher) -> None:
    for name in ("amy", "ben", "cy"):
        await small.has(name, "ALPHA")
    await small.does(lambda session: reach.close(session, Address("slack", "T:amy"), "gone", MACHINE))
    assert [one.to for one in await small.tick(april(14))] == ["slack:T:ben"]


async def test_who_cannot_be_reached_after_all_is_followed_by_the_next(small: Usher) -> None:
    for name in ("amy", "ben", "cy"):
        await small.has(name, "ALPHA")
    closed(small, "slack:T:amy", "slack:T:ben")
    assert [one.to for one in await small.tick(april(14))] == ["slack:T:cy"]


@ONE_DATABASE
@pytest.mark.parametrize("gone", range(4))
async def test_a_colleague_s_chat_comes_before_one_s_own_mail_and_mail_before_the_web(small: Usher, gone: int) -> None:
    await small.has("amy", "ALPHA", "web:amy", "mail:amy@example.org", "slack:T:amy")
    await small.has("ben", "ALPHA", "web:ben", "telegram:7")
    order = ["slack:T:amy", "telegram:7", "mail:amy@example.org", "web:amy"]
    closed(small, *order[:gone])
    assert [one.to for one in await small.tick(april(14))] == order[gone : gone + 1]


async def test_who_stopped_or_left_or_sleeps_is_passed_over(small: Usher) -> None:
    amy, ben, cy, _ = [await small.has(name, "ALPHA") for name in ("amy", "ben", "cy", "dee")]
    await small.wishes(amy, "stop")
    await small.wishes(ben, "snooze", until=april(28))
    await small.does(contacts.leave, cy, "ALPHA", contacts.SELF, MACHINE)
    assert [one.to for one in await small.tick(april(14))] == ["slack:T:dee"]


@pytest.mark.parametrize("how", ["stop", "leave", "snooze"])
async def test_the_first_who_withdraws_while_it_waits_is_followed_by_the_next(small: Usher, how: str) -> None:
    amy = await small.has("amy", "ALPHA")
    await small.has("ben", "ALPHA")
    await small.plan(april(14))
    if how == "leave":
        await small.does(contacts.leave, amy, "ALPHA", contacts.SELF, MACHINE)
    else:
        await small.wishes(amy, how, until=april(28) if how == "snooze" else None)
    assert [one.to for one in await small.send()] == ["slack:T:ben"]


# -------------------------------------------------------------------------------------------------- rooms, and nobody


async def test_a_room_that_is_gone_is_followed_by_the_people(one_copy: Usher, people: Firms) -> None:
    await one_copy.names_room("BETA", "slack:T:C-BETA", by=people.bob)
    closed(one_copy, "slack:T:C-BETA")
    await one_copy.tick(FIRST)
    assert sorted(to(one_copy)) == ["slack:T:ann", "slack:T:ann", "slack:T:bob", "slack:T:cy"]
    assert sum("(ALPHA)" in one.text for one in one_copy.sent) == 1
    assert sorted([one.to for one in await one_copy.tick(april(25))]) == ["slack:T:ann", "slack:T:bob", "slack:T:cy"]


async def test_of_a_firm_whose_every_door_is_closed_support_hears_once_and_in_time(one_copy: Usher) -> None:
    await one_copy.has("amy", "ALPHA", "web:amy", "slack:T:amy")
    await one_copy.has("ben", "ALPHA")
    closed(one_copy, "web:amy", "slack:T:amy", "slack:T:ben")
    (to_support,) = await one_copy.tick(FIRST)
    assert to_support.to == "slack:T:SUPPORT"
    assert "Firm ALPHA (ALPHA)" in to_support.text
    assert await one_copy.tick(april(20, 12)) == []


async def test_of_a_firm_nobody_of_whom_is_known_support_hears_when_it_is_due(one_copy: Usher, people: Firms) -> None:
    gone = await one_copy.has("dee", "GAMMA")
    await one_copy.does(contacts.leave, gone, "GAMMA", contacts.SELF, MACHINE)
    await one_copy.tick(FIRST)
    (to_support,) = [one for one in one_copy.sent if one.to == "slack:T:SUPPORT"]
    assert "(GAMMA)" in to_support.text
    assert "(BETA)" not in to_support.text


@ONE_DATABASE
async def test_of_a_firm_whose_people_wish_no_reminders_support_does_not_hear(one_copy: Usher, people: Firms) -> None:
    for who in (people.ann, people.bob, people.cy):
        await one_copy.wishes(who, "stop")
    assert await one_copy.tick(FIRST) == []


@ONE_DATABASE
async def test_of_a_firm_with_somebody_who_was_told_support_does_not_hear(one_copy: Usher, people: Firms) -> None:
    closed(one_copy, "slack:T:bob", "slack:T:cy")
    await one_copy.tick(FIRST)
    assert to(one_copy) == ["slack:T:ann"]


async def test_a_colleague_who_was_told_of_another_firm_only_does_not_count(one_copy: Usher, people: Firms) -> None:
    await one_copy.plan(FIRST)
    await one_copy.does(contacts.leave, people.ann, "BETA", contacts.SELF, MACHINE)
    closed(one_copy, "slack:T:bob", "slack:T:cy")
    await one_copy.send()
    assert sorted(to(one_copy)) == ["slack:T:SUPPORT", "slack:T:ann"]


async def test_two_copies_whose_last_ways_fail_at_the_same_time_tell_support(
    one_copy: Usher, other_store: Store
) -> None:
    await one_copy.has("amy", "ALPHA")
    await one_copy.has("ben", "ALPHA")
    await one_copy.plan(FIRST)
    first, second = await one_copy.delivery.take()
    one, other = one_copy.delivery._note, one_copy.another(other_store).delivery._note
    await both_at_once(
        one_copy.store,
        lambda session: one(session, first, GONE),
        other_store,
        lambda session: other(session, second, GONE),
    )
    assert [one.to for one in await one_copy.send()] == ["slack:T:SUPPORT"]
