"""A question passed to support is one case with one number, however often the button is tapped."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from models.contacts import Contact, link
from models.conversation import Turn, record
from models.message import Address, Ask, Reply
from models.store import Store
from models.support import (
    By,
    Case,
    Opening,
    events_of,
    join,
    live_number,
    open_case,
    open_cases,
    own_case,
    withdraw,
)

APRIL = datetime(2023, 4, 12, 2, tzinfo=UTC)
NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
ROOM = Address("web", "amy")
ROOMS = (ROOM, Address("telegram", "4711"))


async def asked(store: Store, number: int, room: Address = ROOM, subject: str = "") -> Turn:
    ask = Ask(f"e{number}", room, room, f"question {number}", APRIL)
    reply = Reply("The circular does not say.", "escalate", language="en")
    return await store.write(record, ask, reply, recorded_at=NOW, subject=subject or f"c/{number}")


async def opened(store: Store, turn: Turn, now: datetime = NOW) -> Case:
    return (await store.write(open_case, Opening(turn, APRIL, now))).case


async def test_a_case_keeps_the_question_and_what_was_said(store: Store) -> None:
    case = await opened(store, await asked(store, 1), NOW + timedelta(minutes=1))
    assert case.number == 1
    assert (case.room, case.sender, case.question) == ("web:amy", "web:amy", "question 1")
    assert (case.said, case.language, case.state) == ("The circular does not say.", "en", "open")
    assert (case.at, case.recorded_at) == (APRIL, NOW + timedelta(minutes=1))


async def test_a_double_tap_gives_the_same_case(store: Store) -> None:
    turn = await asked(store, 1)
    cases = await asyncio.gather(*(opened(store, turn) for _ in range(10)))
    assert len({case.number for case in cases}) == 1
    assert len(await store.read(open_cases)) == 1


async def test_a_double_tap_uses_up_no_number(store: Store) -> None:
    turn = await asked(store, 1)
    await opened(store, turn)
    await opened(store, turn)
    assert (await opened(store, await asked(store, 2))).number == 2


async def test_open_cases_are_listed_oldest_first(store: Store) -> None:
    for number in (3, 1, 2):
        await opened(store, await asked(store, number))
    assert [case.question for case in await store.read(open_cases)] == ["question 3", "question 1", "question 2"]


async def test_a_case_number_is_never_given_to_another_question(store: Store) -> None:
    first = await opened(store, await asked(store, 1))
    await store.write(lambda session: session.delete(session.get(Case, first.number)))
    second = await opened(store, await asked(store, 2))
    assert second.number != first.number


async def test_one_person_who_asks_from_two_places_at_once_has_one_case(store: Store) -> None:
    await store.write(_link, *ROOMS)
    turns = [await asked(store, number, room, "c/fees") for number, room in enumerate(ROOMS)]
    cases = await asyncio.gather(*(opened(store, turn) for turn in turns))
    assert [case.number for case in cases] == [1, 1]
    assert [await store.read(live_number, room) for room in (*ROOMS, Address("web", "eve"))] == [1, 1, None]
    (joined,) = await store.read(events_of, 1)
    assert (joined.kind, joined.by) == ("said", None)


async def test_words_join_once_and_not_when_it_is_over(store: Store) -> None:
    case, by = await opened(store, await asked(store, 1)), By(None, APRIL, NOW)
    assert [await store.write(join_it, case.number or 0, key, by) for key in ("a", "a", "b")] == [True, False, True]
    assert await store.write(take_it_back, case.number or 0, by)
    assert not await store.write(join_it, case.number or 0, "c", by)
    assert [event.key for event in await store.read(events_of, case.number or 0)] == ["said:a", "said:b", "taken back"]
    assert await store.read(live_number, ROOM) is None


def join_it(session: Session, number: int, key: str, by: By) -> bool:
    return join(session, session.get_one(Case, number), key, "more", by)


def take_it_back(session: Session, number: int, by: By) -> bool:
    case = own_case(session, number, ROOM)
    assert own_case(session, number, Address("web", "eve")) is None
    return case is not None and withdraw(session, case, "taken back", by)


def _link(session: Session, *rooms: Address) -> None:
    amy = Contact(name="Amy", created_at=NOW)
    session.add(amy)
    session.flush()
    for room in rooms:
        link(session, room, amy.id or 0, NOW)


async def test_a_case_needs_a_turn_that_was_recorded(store: Store) -> None:
    unrecorded = Turn(ask_id="e", room="r", sender="s", asked="q", reply_json='{"text": ""}', at=APRIL, recorded_at=NOW)
    with pytest.raises(ValueError, match="recorded"):
        await opened(store, unrecorded)
    with pytest.raises(IntegrityError):
        await opened(store, unrecorded.model_copy(update={"id": 99}))
