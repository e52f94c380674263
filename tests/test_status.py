"""What is said of a task holds until it is taken back; no word is overwritten, and support and firms speak apart."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from models import status
from models.campaign import Campaign
from models.contacts import Contact
from models.participants import Participant
from models.status import Duty, Standing
from models.store import Store
from tests.firms import firm
from tests.reception_cast import KEY, MORNING
from tests.status_cast import ALPHA, BETA, DAS, LINE, USERS, said

MACHINE = datetime(2026, 2, 3, tzinfo=UTC)
_codes = (f"P{number}" for number in count(1))


async def stands(store: Store, task: str, code: str = ALPHA) -> Standing:
    return (await store.read(status.standing, KEY, code)).get(task, status.NOT_SAID)


def duty(task: str = USERS, code: str = ALPHA) -> Duty:
    return Duty(KEY, code, task)


async def test_what_a_contact_declares_is_kept_with_who_and_when(store: Store, two_firms: dict[str, int]) -> None:
    assert await store.write(status.declare, duty(), two_firms["amy"], MORNING, MACHINE, "screenshot 7")
    standing = await stands(store, USERS)
    assert (standing.state, standing.verified) == ("done", None)
    assert standing.declared == status.Said("Amy Wong", MORNING, MACHINE, "screenshot 7", two_firms["amy"])
    (row,) = await store.read(status.history, KEY, ALPHA)
    assert (row.at, row.recorded_at) == (MORNING, MACHINE)


async def test_declaring_what_a_colleague_has_declared_changes_nothing(store: Store, two_firms: dict[str, int]) -> None:
    later = MORNING + timedelta(hours=1)
    assert await store.write(status.declare, duty(), two_firms["amy"], MORNING, MACHINE)
    assert not await store.write(status.declare, duty(), two_firms["ben"], later, MACHINE)
    assert (await stands(store, USERS)).declared == status.Said("Amy Wong", MORNING, MACHINE, None, two_firms["amy"])
    assert await said(store) == [(USERS, "done")]


async def test_only_what_was_declared_can_be_taken_back(store: Store, two_firms: dict[str, int]) -> None:
    assert not await store.write(status.take_back, duty(), two_firms["amy"], MORNING, MACHINE)
    await store.write(status.declare, duty(), two_firms["amy"], MORNING, MACHINE)
    assert await store.write(status.take_back, duty(), two_firms["ben"], MORNING, MACHINE)
    assert not await store.write(status.take_back, duty(), two_firms["ben"], MORNING, MACHINE)
    assert (await stands(store, USERS)).state == "not_said"
    assert await said(store) == [(USERS, "done"), (USERS, "taken_back")]


async def test_what_support_verified_stands_when_the_firm_takes_its_own_word_back(
    store: Store, two_firms: dict[str, int]
) -> None:
    await store.write(status.declare, duty(), two_firms["amy"], MORNING, MACHINE)
    assert await store.write(status.verify, duty(), "Sam", MORNING, MACHINE, "seen on the list")
    assert not await store.write(status.verify, duty(), "Sue", MORNING, MACHINE)
    await store.write(status.take_back, duty(), two_firms["amy"], MORNING, MACHINE)
    standing = await stands(store, USERS)
    assert (standing.state, standing.declared) == ("verified", None)
    assert standing.verified == status.Said("Sam", MORNING, MACHINE, "seen on the list")


async def test_what_the_firm_declared_stands_when_support_takes_its_word_back(
    store: Store, two_firms: dict[str, int]
) -> None:
    assert not await store.write(status.unverify, duty(), "Sam", MORNING, MACHINE)
    await store.write(status.declare, duty(), two_firms["amy"], MORNING, MACHINE)
    await store.write(status.verify, duty(), "Sam", MORNING, MACHINE)
    assert await store.write(status.unverify, duty(), "Sam", MORNING, MACHINE)
    assert (await stands(store, USERS)).state == "done"


async def test_who_was_forgotten_is_named_no_more(store: Store, two_firms: dict[str, int]) -> None:
    await store.write(status.declare, duty(), two_firms["amy"], MORNING, MACHINE)

    def forget(session: Session) -> None:
        amy = session.get_one(Contact, two_firms["amy"])
        amy.name, amy.forgotten_at = "person-7f3a", MACHINE
        session.add(amy)

    await store.write(forget)
    declared = (await stands(store, USERS)).declared
    assert declared
    assert declared.by is None


async def test_ten_colleagues_who_declare_at_once_declare_once(store: Store, two_firms: dict[str, int]) -> None:
    calls = (store.write(status.declare, duty(), two_firms["amy"], MORNING, MACHINE) for _ in range(10))
    assert sorted(await asyncio.gather(*calls)) == [False] * 9 + [True]
    assert await said(store) == [(USERS, "done")]


async def test_firms_campaigns_and_tasks_are_told_apart(store: Store, two_firms: dict[str, int]) -> None:
    await store.write(status.declare, duty(), two_firms["amy"], MORNING, MACHINE)
    await store.write(status.declare, Duty("another", ALPHA, DAS), two_firms["amy"], MORNING, MACHINE)
    assert list(await store.read(status.standing, KEY, ALPHA)) == [USERS]
    assert await store.read(status.standing, KEY, BETA) == {}


SAID = st.sampled_from(("done", "taken_back", "verified", "unverified"))
WORDS = st.lists(st.tuples(st.sampled_from((USERS, DAS)), SAID), max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=WORDS)
async def test_no_word_is_ever_lost_and_the_last_of_each_side_holds(
    store: Store, two_firms: dict[str, int], words: list[tuple[str, str]]
) -> None:
    code = next(_codes)
    await store.write(firm, code, code)
    kept: list[tuple[str, str]] = []
    holds: dict[tuple[str, bool], str] = {}
    for number, (task, what) in enumerate(words):
        changed = await store.write(
            _speak, what, duty(task, code), two_firms["amy"], MORNING + timedelta(minutes=number)
        )
        side = (task, "verified" in what.replace("un", ""))
        assert changed == (holds.get(side, "taken_back" if not side[1] else "unverified") != what)
        kept += [(task, what)] * changed
        holds[side] = what
        assert await said(store, code) == kept
    for task in (USERS, DAS):
        standing = await stands(store, task, code)
        assert bool(standing.declared) == (holds.get((task, False)) == "done")
        assert bool(standing.verified) == (holds.get((task, True)) == "verified")


def _speak(session: Session, what: str, about: Duty, contact: int, at: datetime) -> bool:
    if what in ("done", "taken_back"):
        say: Callable[..., bool] = status.declare if what == "done" else status.take_back
        return say(session, about, contact, at, MACHINE)
    say = status.verify if what == "verified" else status.unverify
    return say(session, about, "Sam", at, MACHINE)


async def test_open_is_what_nobody_says_is_done(store: Store, campaign: Campaign, two_firms: dict[str, int]) -> None:
    await store.write(status.declare, duty(USERS), two_firms["amy"], MORNING, MACHINE)
    await store.write(status.verify, duty(DAS), "Sam", MORNING, MACHINE)
    await store.write(status.declare, duty(LINE), two_firms["amy"], MORNING, MACHINE)
    await store.write(status.take_back, duty(LINE), two_firms["amy"], MORNING, MACHINE)
    await store.write(status.declare, duty(LINE, BETA), two_firms["cy"], MORNING, MACHINE)
    found = await store.read(lambda session: list(status.open_tasks(session, campaign)))
    assert found == [(ALPHA, LINE), (BETA, USERS), (BETA, DAS)]


async def test_the_standings_of_more_firms_than_are_read_at_a_time_are_all_there(
    store: Store, campaign: Campaign, two_firms: dict[str, int]
) -> None:
    codes = [f"C{number:04}" for number in range(status.AT_ONCE + 1)]

    def add(session: Session) -> None:
        session.add_all(Participant(code=code, name=code, imported_at=MACHINE) for code in codes)
        session.flush()
        for code in codes[:: status.AT_ONCE]:
            status.declare(session, duty(DAS, code), two_firms["amy"], MORNING, MACHINE)

    await store.write(add)
    found = await store.read(lambda session: list(status.all_standings(session, campaign)))
    assert [(code, task) for code, _, task, _ in found] == [
        (code, task) for code in (ALPHA, BETA, *codes) for task in (USERS, DAS, LINE)
    ]
    done = [(code, task) for code, _, task, standing in found if standing.state == "done"]
    assert done == [(codes[0], DAS), (codes[-1], DAS)]
