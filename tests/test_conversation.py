"""What was asked and said is kept once, in order, for each room."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from models.conversation import last_turn, offering, packed, record, turn_of, turns, turns_after, unpacked
from models.message import ACTION_BYTES, Address, Ask, Behaviour, Choice, Reply, Source
from models.store import Store

HONG_KONG = timezone(timedelta(hours=8))
APRIL = datetime(2023, 4, 12, 10, tzinfo=HONG_KONG)
NOW = datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
ROOM = Address("web", "amy")
ASK = Ask("e1", Address("web", "amy"), ROOM, "幾時死線呀?", APRIL)
REPLY = Reply(
    "在 4 月 21 日。",
    choices=(Choice("Ask support", "support"),),
    sources=(Source("hkcc", "para 3", "by 21 April 2023"),),
    answer="hkcc/deadline",
    language="zh-Hant",
)


async def test_a_turn_comes_back_as_it_was_recorded(store: Store) -> None:
    await store.write(record, ASK, REPLY, recorded_at=NOW, subject="deadline", campaign="hkcc")
    turn = await store.read(last_turn, ROOM)
    assert turn is not None
    assert (turn.room, turn.sender, turn.asked, turn.reply) == ("web:amy", "web:amy", ASK.text, REPLY)
    assert (turn.subject, turn.campaign, turn.language) == ("deadline", "hkcc", "zh-Hant")


async def test_times_come_back_aware_and_the_same_instant(store: Store) -> None:
    await store.write(record, ASK, REPLY, recorded_at=NOW)
    turn = await store.read(last_turn, ROOM)
    assert turn is not None
    assert (turn.at, turn.recorded_at) == (APRIL, NOW)
    assert turn.at.utcoffset() == timedelta(0)


async def test_the_same_ask_twice_gives_the_first_turn_and_its_reply(store: Store) -> None:
    first = await store.write(record, ASK, REPLY, recorded_at=NOW)
    second = await store.write(record, ASK, Reply("something else"), recorded_at=NOW + timedelta(days=1))
    assert (second.id, second.reply) == (first.id, REPLY)
    assert len(await store.read(turns, ROOM, 10)) == 1


async def test_the_same_ask_twice_at_once_is_one_turn(store: Store) -> None:
    replies = [Reply(f"answer {number}") for number in range(20)]
    recorded = await asyncio.gather(*(store.write(record, ASK, reply, recorded_at=NOW) for reply in replies))
    assert len({(turn.id, turn.reply) for turn in recorded}) == 1


async def test_turns_are_the_last_ones_oldest_first_and_only_of_the_room(store: Store) -> None:
    for number in range(5):
        await store.write(record, replace(ASK, id=f"e{number}", text=str(number)), REPLY, recorded_at=NOW)
    await store.write(record, replace(ASK, id="b1", room=Address("web", "ben")), REPLY, recorded_at=NOW)
    assert [turn.asked for turn in await store.read(turns, ROOM, 3)] == ["2", "3", "4"]


async def test_a_turn_is_never_seen_before_an_earlier_one_of_its_room(store: Store) -> None:
    """A page that has turn 8 asks for what came after it: turn 7 must not turn up later."""

    def slow(session: Session) -> None:
        record(session, ASK, REPLY, recorded_at=NOW)
        time.sleep(0.4)

    first = asyncio.create_task(store.write(slow))
    await asyncio.sleep(0.15)
    await store.write(record, replace(ASK, id="e2"), REPLY, recorded_at=NOW)
    assert [turn.ask_id for turn in await store.read(turns_after, ROOM, 0, 9)] == ["e1", "e2"]
    await first


async def test_only_what_came_later_in_the_room_is_new(store: Store) -> None:
    for number in range(5):
        await store.write(record, replace(ASK, id=f"e{number}"), REPLY, recorded_at=NOW)
    await store.write(record, replace(ASK, id="b1", room=Address("web", "ben")), REPLY, recorded_at=NOW)
    second = (await store.read(turns, ROOM, 5))[1]
    later = await store.read(turns_after, ROOM, second.id or 0, 2)
    assert [turn.ask_id for turn in later] == ["e2", "e3"]
    assert await store.read(turn_of, ROOM, second.id or 0) is not None
    assert await store.read(turn_of, Address("web", "ben"), second.id or 0) is None


async def test_the_turns_whose_buttons_were_pressed_are_found_in_their_own_room_only(store: Store) -> None:
    await store.write(record, ASK, REPLY, recorded_at=NOW)
    press = replace(ASK, id="e2", text="/a hkcc due", in_reply_to="e1")
    await store.write(record, press, REPLY, recorded_at=NOW, action=press.text)
    forged = replace(press, id="b1", room=Address("web", "ben"))
    await store.write(record, forged, REPLY, recorded_at=NOW, action=press.text)
    pressed = await store.read(last_turn, ROOM)
    stranger = await store.read(last_turn, Address("web", "ben"))
    assert pressed is not None
    assert stranger is not None
    assert [turn.ask_id for turn in await store.read(offering, [pressed])] == ["e1"]
    assert await store.read(offering, [stranger]) == []


async def test_a_room_where_nobody_asked_has_no_last_turn(store: Store) -> None:
    assert await store.read(last_turn, ROOM) is None


choices = st.builds(Choice, st.text(), st.text(max_size=ACTION_BYTES // 4))
replies = st.builds(
    Reply,
    text=st.text(),
    behaviour=st.sampled_from(get_args(Behaviour)),
    choices=st.lists(choices).map(tuple),
    sources=st.lists(st.builds(Source, st.text(), st.text(), st.text())).map(tuple),
    answer=st.none() | st.text(),
)


@given(replies)
def test_a_packed_reply_is_unpacked_as_it_was(reply: Reply) -> None:
    assert unpacked(packed(reply)) == reply
