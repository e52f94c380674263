"""The desk is told of what nobody claims, by its own hours, and in the morning of all that is open; never at night."""

import asyncio
from datetime import datetime, timedelta

import pytest

from models.message import Address
from tests.card_cast import KIM, ROOM, SAM, SECOND, Room
from tests.channels_cast import ONE_DATABASE

MINUTE = timedelta(minutes=1)
STEP = timedelta(minutes=5)


def hk(written: str) -> datetime:
    return datetime.fromisoformat(f"2023-04-{written}:00+08:00")


async def lived(room: Room, until: datetime, step: timedelta = STEP) -> list[tuple[str, str]]:
    """Tick until then; when what was told, in Hong Kong."""
    heard: list[tuple[str, str]] = []
    while room.now <= until:
        heard += [(f"{room.now:%d %H:%M}", message.key.partition(":")[0]) for message in await room.tick()]
        room.now += step
    return heard


@ONE_DATABASE
async def test_good_friday_is_silent_until_tuesday_morning(room: Room) -> None:
    """Journey S2: asked on Good Friday, told on the Tuesday after Easter, when people are back."""
    room.now = hk("07T14:00")
    await room.ask()
    room.desk.second_tier = SECOND
    assert await lived(room, hk("11T12:00")) == [
        ("11 09:00", "digest"),
        ("11 09:15", "alarm"),
        ("11 10:00", "alarm"),
        ("11 10:00", "card"),
    ]


@ONE_DATABASE
async def test_what_waits_over_the_night_goes_on_in_the_morning(room: Room) -> None:
    room.now = hk("12T17:50")
    await room.ask()
    assert await lived(room, hk("13T09:30")) == [("13 09:00", "digest"), ("13 09:05", "alarm")]


@ONE_DATABASE
async def test_at_midnight_nobody_is_alarmed(room: Room) -> None:
    room.now = hk("12T14:00")
    await room.ask()  # and Usher was asleep until midnight
    room.now = hk("13T00:05")
    assert await lived(room, hk("13T08:55")) == []


async def test_each_is_told_once_however_many_tick(room: Room) -> None:
    room.desk.rooms, room.desk.second_tier = (ROOM,), SECOND
    room.now = hk("12T07:00")
    await room.ask()
    room.now = hk("12T10:30")
    await asyncio.gather(*(room.store.write(room.desk.tick, room.now) for _ in range(5)))
    assert [message.to for message in await room.posted("alarm:")] == [ROOM, SECOND]
    assert len(await room.posted("digest:")) == 1
    assert await room.tick() == []


@ONE_DATABASE
async def test_a_claimed_case_alarms_nobody_and_a_waiting_one_neither(room: Room) -> None:
    room.now = hk("12T10:00")
    first, second = await room.ask("amy"), await room.ask("ben", "Is there a dress code?")
    await room.press(SAM, f"/claim {first}")
    await room.press(KIM, f"/waits {second}")
    assert await lived(room, hk("12T17:00"), timedelta(minutes=30)) == []


@ONE_DATABASE
async def test_a_case_that_waits_again_alarms_again(room: Room) -> None:
    room.now = hk("12T10:00")
    number = await room.ask()
    await room.press(KIM, f"/waits {number}")
    room.now = hk("12T11:00")
    amy = Address("web", "amy")
    await room.hear(amy, amy, f"/add {number} Hello?")
    assert await lived(room, hk("12T12:00")) == [("12 11:15", "alarm")]


@ONE_DATABASE
async def test_an_alarm_names_the_case_and_can_be_replied_to(room: Room) -> None:
    room.now = hk("12T10:00")
    number = await room.ask()
    room.now += 15 * MINUTE
    (alarm,) = await room.tick()
    assert alarm.reply.text.startswith(f"Nobody has claimed case {number} for 15 min of desk hours: ")
    assert [choice.action for choice in alarm.reply.choices] == [f"/claim {number}"]
    await room.deliver()
    (sent,) = await room.posted("alarm:")
    await room.hear(SAM, ROOM, "reply: It is free.", replies_to=sent.reference, overheard=True)
    assert len(await room.posted("reply:")) == 1


@ONE_DATABASE
async def test_the_digest_tells_whose_turn_it_is(room: Room) -> None:
    room.now = hk("12T15:00")
    numbers = [await room.ask("amy", question) for question in ("Is there a dress code?",)]
    numbers += [await room.ask(who) for who in ("ben", "cid", "dee")]
    await room.press(SAM, f"/claim {numbers[1]}")
    await room.press(KIM, f"/waits {numbers[2]}")
    await room.press(KIM, f"/resolve {numbers[3]}")
    room.now = hk("13T09:00")
    (digest,) = [one for one in await room.tick() if one.key.startswith("digest:")]
    assert digest.reply.text.splitlines() == [
        "Good morning. Open cases: 3.",
        f"Nobody has: {numbers[0]}",
        f"Sam has: {numbers[1]}",
        f"Waiting for the asker or somebody else: {numbers[2]}",
        f"Case {numbers[0]} waits longest: 3 h 0 min of desk hours.",
    ]


@ONE_DATABASE
@pytest.mark.parametrize("now", ["13T08:59", "13T11:01", "15T09:00", "16T09:00"])
async def test_there_is_no_digest_but_in_the_morning_of_a_business_day(room: Room, now: str) -> None:
    room.now = hk("12T15:00")
    number = await room.ask()
    await room.press(SAM, f"/claim {number}")
    room.now = hk(now)
    assert await room.tick() == []


@ONE_DATABASE
async def test_where_nothing_is_open_there_is_no_digest(room: Room) -> None:
    room.now = hk("12T15:00")
    await room.press(SAM, f"/resolve {await room.ask()}")
    room.now = hk("13T09:00")
    assert await room.tick() == []
    room.now = hk("13T09:01")
    await room.ask("ben")  # of this morning: its card has just been shown
    assert await room.tick() == []


@ONE_DATABASE
async def test_a_room_that_is_shared_is_told_nothing(room: Room) -> None:
    room.desk.closed.add(ROOM)
    room.now = hk("12T10:00")
    await room.ask()
    assert await lived(room, hk("13T10:00"), timedelta(minutes=15)) == []
