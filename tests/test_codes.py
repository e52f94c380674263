"""An enrolment code takes in as many as it is for and no more, and guessing codes is slow and noted."""

import asyncio
import logging
import re
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, select

from models import codes
from models.codes import CodeUse, Enrolled, EnrolmentCode, SeveralCodes, SpentCode, TooManyGuesses, WrongCode
from models.contacts import SELF, known, leave, participants_of
from models.store import Store
from tests.coded import AMY, BEN, DAY, HOUR, MINUTE, NOW, SECOND, WRONG, count, made, sent, two_firms


@pytest.fixture(autouse=True)
async def _firms(store: Store) -> None:
    await store.write(two_firms)


# Enrolment codes


async def test_a_code_takes_its_sender_in_for_its_participant(store: Store) -> None:
    enrolled = await sent(store, await made(store), AMY)
    assert isinstance(enrolled, Enrolled)
    assert ([one.code for one in enrolled.participants], enrolled.new) == (["C01"], True)
    assert await store.read(known, AMY) == enrolled.contact
    assert [one.code for one in await store.read(participants_of, AMY)] == ["C01"]


async def test_the_same_code_from_the_same_person_is_one_use(store: Store) -> None:
    code = await made(store, uses=2)
    await sent(store, code, AMY)
    again = await sent(store, code, AMY)
    assert isinstance(again, Enrolled)
    assert not again.new
    assert isinstance(await sent(store, code, BEN), Enrolled)
    assert await count(store, CodeUse) == 2


async def test_who_acts_for_the_participant_already_uses_nothing_up(store: Store) -> None:
    await sent(store, await made(store), AMY)
    other = await made(store, uses=1)
    await sent(store, other, AMY)
    assert isinstance(await sent(store, other, BEN), Enrolled)


async def test_a_code_is_good_for_as_many_as_it_is_for(store: Store) -> None:
    code = await made(store, uses=1)
    await sent(store, code, AMY)
    refusal = await sent(store, code, BEN)
    assert isinstance(refusal, SpentCode)
    assert refusal.why == "used"
    assert await store.read(participants_of, BEN) == []


async def test_a_code_is_good_until_it_expires(store: Store) -> None:
    code = await made(store, days=1)
    assert isinstance(await sent(store, code, AMY, NOW + DAY - SECOND), Enrolled)
    refusal = await sent(store, code, BEN, NOW + DAY)
    assert isinstance(refusal, SpentCode)
    assert refusal.why == "expired"


async def test_a_revoked_code_takes_nobody_in_and_removes_nobody(store: Store) -> None:
    code = await made(store)
    await sent(store, code, AMY)
    assert await store.write(codes.revoke, code[:10], NOW)
    refusal = await sent(store, code, BEN)
    assert isinstance(refusal, SpentCode)
    assert refusal.why == "revoked"
    assert await store.read(participants_of, AMY)


async def test_who_left_comes_back_by_the_same_code_and_uses_it_once(store: Store) -> None:
    code = await made(store, uses=1)
    enrolled = await sent(store, code, AMY)
    assert isinstance(enrolled, Enrolled)
    await store.write(leave, enrolled.contact.id or 0, "C01", SELF, NOW)
    again = await sent(store, code, AMY)
    assert isinstance(again, Enrolled)
    assert again.new
    assert await count(store, CodeUse) == 1


async def test_who_was_removed_by_support_needs_a_newer_code(store: Store) -> None:
    code, unused = await made(store), await made(store)
    enrolled = await sent(store, code, AMY)
    assert isinstance(enrolled, Enrolled)
    await store.write(leave, enrolled.contact.id or 0, "C01", "Sam", NOW + MINUTE)
    for one in (code, unused):
        refusal = await sent(store, one, AMY, NOW + HOUR)
        assert isinstance(refusal, SpentCode)
        assert refusal.why == "removed"
    newer = await made(store, now=NOW + 2 * MINUTE)
    assert isinstance(await sent(store, newer, AMY, NOW + HOUR), Enrolled)


async def test_nobody_finds_a_code_in_the_database(store: Store) -> None:
    code = await made(store)

    def everything(session: Session) -> str:
        return " ".join(row.model_dump_json() for row in session.exec(select(EnrolmentCode)))

    kept = await store.read(everything)
    assert not any(group in kept for group in code.split("-")[2:])


async def test_a_code_has_eighty_random_bits_and_a_figure_and_is_found_in_a_text() -> None:
    many = {codes.new_code(codes.ENROL) for _ in range(2000)}
    assert len(many) == 2000
    assert all(re.fullmatch(rf"USHER(-[{codes.ALPHABET}]{{4}}){{4}}", code) for code in many)
    assert all(codes.code_in(f"它是{code.lower().replace('-', ' ')}。") == code for code in many)


def test_ordinary_words_are_no_code() -> None:
    assert codes.code_in("Usher when does this open") is None
    assert codes.code_in("link this that with them") is None


async def test_a_fixed_code_of_a_demonstration_can_be_made_anew_at_every_start(store: Store) -> None:
    for start in (NOW, NOW + 60 * DAY):
        assert await store.write(codes.make, "C01", 9, start + DAY, start, WRONG) == WRONG
    assert isinstance(await sent(store, WRONG, AMY, NOW + 60 * DAY), Enrolled)
    assert await count(store, EnrolmentCode) == 1


async def test_the_list_says_who_used_a_code_and_what_became_of_it(store: Store) -> None:
    used, expired = await made(store, uses=1), await made(store, days=1)
    await made(store, participant="C02")
    revoked = await made(store)
    await sent(store, used, AMY)
    await store.write(codes.revoke, revoked, NOW)
    listed = await store.read(codes.listed, "C01")
    assert [one.state(NOW + DAY) for one in listed] == ["used up", "expired", "revoked"]
    assert [contact for contact, _ in listed[0].used_by] == [await store.read(known, AMY)]
    assert len(await store.read(codes.listed)) == 4
    assert expired


async def test_codes_that_begin_alike_are_revoked_by_their_numbers(store: Store) -> None:
    for code in ("USHER-7K3M-2222-2222-2222", "USHER-7K3M-3333-3333-3333"):
        await store.write(codes.make, "C01", 1, NOW + DAY, NOW, code)
    with pytest.raises(SeveralCodes) as several:
        await store.write(codes.revoke, "usher-7k3m", NOW)
    (first, hint, participant), (second, *_) = several.value.codes
    assert (hint, participant) == ("7K3M", "C01")
    assert await store.write(codes.revoke, first, NOW)
    left = await store.write(codes.revoke, "7K3M", NOW)
    assert left
    assert left.id == second
    assert await store.write(codes.revoke, 99, NOW) is None


# Many at once

CROWD = """
import asyncio, sys
from datetime import UTC, datetime
from models import codes
from models.codes import CodeUse, Enrolled, EnrolmentCode, SeveralCodes, SpentCode, TooManyGuesses, WrongCode
from models.contacts import SELF, known, leave, participants_of
from models.message import Address
from models.message import Address
from models.store import Store

async def main(url, code, name):
    store = await Store.open(url)
    def ask(session, person):
        try:
            codes.redeem(session, code, person, datetime(2026, 2, 3, 9, tzinfo=UTC))
            return "in"
        except codes.SpentCode as spent:
            return spent.why
    came = await asyncio.gather(*(store.write(ask, Address("web", f"{name}-{n}")) for n in range(30)))
    print(" ".join(came))
    await store.close()

asyncio.run(main(*sys.argv[1:]))
"""


def crowd(*given: str) -> str:
    program = [sys.executable, "-W", "error", "-c", CROWD, *given]
    return subprocess.run(program, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True).stdout


async def test_sixty_people_in_two_processes_use_a_code_seven_times(store: Store, database_url: str) -> None:
    code = await made(store, uses=7)
    told = await asyncio.gather(*(asyncio.to_thread(crowd, database_url, code, name) for name in ("one", "two")))
    assert Counter(" ".join(told).split()) == {"in": 7, "used": 53}
    assert await count(store, CodeUse) == 7


async def test_one_person_who_sends_a_code_ten_times_at_once_is_one_person(store: Store) -> None:
    code = await made(store, uses=5)
    came = await asyncio.gather(*(sent(store, code, AMY) for _ in range(10)))
    assert {one.contact.id for one in came if isinstance(one, Enrolled)} == {1}
    assert sum(one.new for one in came if isinstance(one, Enrolled)) == 1
    assert await count(store, CodeUse) == 1


# Guessing


async def test_after_five_wrong_codes_one_waits_longer_and_longer_also_with_the_right_one(store: Store) -> None:
    right = await made(store)
    for _ in range(5):
        assert isinstance(await sent(store, WRONG, AMY), WrongCode)
    held = await sent(store, right, AMY, NOW + 29 * SECOND)
    assert isinstance(held, TooManyGuesses)
    assert held.wait == SECOND
    assert isinstance(await sent(store, WRONG, AMY, NOW + 30 * SECOND), WrongCode)
    longer = await sent(store, right, AMY, NOW + 30 * SECOND)
    assert isinstance(longer, TooManyGuesses)
    assert longer.wait == MINUTE
    assert isinstance(await sent(store, right, AMY, NOW + 90 * SECOND), Enrolled)


async def test_nobody_waits_longer_than_an_hour_and_after_a_day_nothing_is_remembered(store: Store) -> None:
    at, waited = NOW, timedelta()
    for _ in range(15):
        while isinstance(held := await sent(store, WRONG, AMY, at), TooManyGuesses):
            waited = max(waited, held.wait)
            at += held.wait
    assert waited == HOUR
    assert isinstance(await sent(store, WRONG, AMY, at + DAY), WrongCode)


async def test_a_guesser_keeps_nobody_else_waiting(store: Store) -> None:
    for _ in range(8):
        await sent(store, WRONG, BEN)
    assert isinstance(await sent(store, await made(store), AMY), Enrolled)


async def test_a_wrong_code_is_logged_with_its_sender_and_without_itself(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        await sent(store, WRONG, AMY)
    assert [record.getMessage() for record in caplog.records if record.name.startswith("models")] == [
        "telegram:11 sent a wrong code (code)"
    ]
    assert "3333" not in caplog.text
