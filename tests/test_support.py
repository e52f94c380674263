"""A question passed to support is one case with one number, however often the button is tapped."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from models.conversation import Turn, record
from models.message import Address, Ask, Reply
from models.store import Store
from models.support import Case, open_case, open_cases

APRIL = datetime(2023, 4, 12, 2, tzinfo=UTC)
NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
ROOM = Address("web", "amy")


async def asked(store: Store, number: int) -> Turn:
    ask = Ask(f"e{number}", ROOM, ROOM, f"question {number}", APRIL)
    reply = Reply("The circular does not say.", "escalate", language="en")
    return await store.write(record, ask, reply, recorded_at=NOW)


async def test_a_case_keeps_the_question_and_what_was_said(store: Store) -> None:
    case = await store.write(open_case, await asked(store, 1), NOW + timedelta(minutes=1))
    assert case.number == 1
    assert (case.room, case.sender, case.question) == ("web:amy", "web:amy", "question 1")
    assert (case.said, case.language, case.state) == ("The circular does not say.", "en", "open")
    assert (case.at, case.recorded_at) == (APRIL, NOW + timedelta(minutes=1))


async def test_a_double_tap_gives_the_same_case(store: Store) -> None:
    turn = await asked(store, 1)
    cases = await asyncio.gather(*(store.write(open_case, turn, NOW) for _ in range(10)))
    assert len({case.number for case in cases}) == 1
    assert len(await store.read(open_cases)) == 1


async def test_a_double_tap_uses_up_no_number(store: Store) -> None:
    turn = await asked(store, 1)
    await store.write(open_case, turn, NOW)
    await store.write(open_case, turn, NOW)
    assert (await store.write(open_case, await asked(store, 2), NOW)).number == 2


async def test_open_cases_are_listed_oldest_first(store: Store) -> None:
    for number in (3, 1, 2):
        await store.write(open_case, await asked(store, number), NOW)
    assert [case.question for case in await store.read(open_cases)] == ["question 3", "question 1", "question 2"]


async def test_a_case_number_is_never_given_to_another_question(store: Store) -> None:
    first = await store.write(open_case, await asked(store, 1), NOW)
    await store.write(lambda session: session.delete(session.get(Case, first.number)))
    second = await store.write(open_case, await asked(store, 2), NOW)
    assert second.number != first.number


async def test_a_case_needs_a_turn_that_was_recorded(store: Store) -> None:
    unrecorded = Turn(ask_id="e", room="r", sender="s", asked="q", reply_json='{"text": ""}', at=APRIL, recorded_at=NOW)
    with pytest.raises(ValueError, match="recorded"):
        await store.write(open_case, unrecorded, NOW)
    with pytest.raises(IntegrityError):
        await store.write(open_case, unrecorded.model_copy(update={"id": 99}), NOW)
