"""Checks are asked for as often as one may, claimed by one copy, finished once; targets have states and incidents."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, func, select

from models import checks
from models.checks import Asked, Check, Incident, Result, State
from models.store import Store
from tests.reception_cast import KEY, MORNING
from tests.status_cast import ALPHA, BETA

NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
SECOND = timedelta(seconds=1)
GOOD = Result("ok", "ok", "ok", "nobody", "{}")
POOR = Result("warning", "dns", "dns_server_dead", "your_dns", "{}")
BAD = Result("fail", "tcp", "tcp_timeout", "your_firewall", "{}")
BAD_TOO = Result("fail", "dns", "dns_timeout", "your_dns", "{}")
NO_IDEA = Result("unknown", "dns", "own_network", "us", "{}")


def asked(contact: int, participant: str = ALPHA, target: str = "sso") -> Asked:
    return Asked(KEY, target, participant, contact, f"web:{contact}", f"web:{contact}", "en", MORNING)


async def ask(store: Store, contact: int, at: datetime = NOW, participant: str = ALPHA, target: str = "sso") -> Check:
    return await store.write(checks.ask, asked(contact, participant, target), at)


async def done(store: Store, result: Result, at: datetime = NOW) -> list[Check]:
    """Everything that was asked for is checked, with this result."""
    claimed = await store.write(checks.claim, "one", at)
    return await store.write(checks.finish, [check.id or 0 for check in claimed], "one", result, at)


# -------------------------------------------------------------------------------------------------------------- limits


async def test_a_second_check_of_a_person_waits_until_the_minute_is_over(
    store: Store, two_firms: dict[str, int]
) -> None:
    amy, ben = two_firms["amy"], two_firms["ben"]
    await ask(store, amy)
    wait = await store.write(checks.wait_for, amy, ALPHA, NOW + 20 * SECOND)
    assert wait == checks.Wait("person.minute", 1, NOW + 60 * SECOND)
    assert await store.write(checks.wait_for, ben, ALPHA, NOW + 20 * SECOND) is None
    assert await store.write(checks.wait_for, amy, ALPHA, NOW + 60 * SECOND) is None


async def test_an_eleventh_check_of_a_person_waits_until_the_hour_is_over(
    store: Store, two_firms: dict[str, int]
) -> None:
    dee = two_firms["dee"]
    for number in range(10):  # whoever acts for two firms has no more of them
        await ask(store, dee, NOW + number * 70 * SECOND, (ALPHA, BETA)[number % 2])
    wait = await store.write(checks.wait_for, dee, ALPHA, NOW + timedelta(minutes=30))
    assert wait == checks.Wait("person.hour", 10, NOW + timedelta(hours=1))


async def test_a_firm_has_thirty_an_hour_whoever_asks(store: Store, two_firms: dict[str, int]) -> None:
    for number in range(30):
        await ask(store, two_firms[("amy", "ben", "dee")[number % 3]], NOW + number * 60 * SECOND)
    after = NOW + timedelta(minutes=31)
    wait = await store.write(checks.wait_for, two_firms["cy"], ALPHA, after)
    assert wait == checks.Wait("participant.hour", 30, NOW + timedelta(hours=1))
    assert await store.write(checks.wait_for, two_firms["cy"], BETA, after) is None


async def test_of_many_taps_at_once_one_is_a_check(store: Store, two_firms: dict[str, int]) -> None:
    def tap(session: Session) -> bool:
        if checks.wait_for(session, two_firms["amy"], ALPHA, NOW):
            return False
        checks.ask(session, asked(two_firms["amy"]), NOW)
        return True

    assert sum(await asyncio.gather(*(store.write(tap) for _ in range(8)))) == 1


# --------------------------------------------------------------------------------------------------------------- fresh


@pytest.mark.parametrize(("result", "kept"), [(GOOD, 60), (BAD, 15), (POOR, 15), (NO_IDEA, 0)])
async def test_a_result_holds_for_a_minute_if_all_is_well_and_not_as_long_otherwise(
    store: Store, two_firms: dict[str, int], result: Result, kept: int
) -> None:
    check = await ask(store, two_firms["amy"])
    await done(store, result)
    still = [age for age in (0, 1, 14, 15, 59, 60) if await store.read(checks.fresh, KEY, "sso", NOW + age * SECOND)]
    assert still == [age for age in (0, 1, 14, 15, 59, 60) if age < kept]
    assert await store.read(checks.fresh, KEY, "other", NOW) is None
    if kept:
        found = await store.read(checks.fresh, KEY, "sso", NOW)
        assert found
        assert found.id == check.id


async def test_a_result_told_again_grows_no_younger(store: Store, two_firms: dict[str, int]) -> None:
    await ask(store, two_firms["amy"])
    (first,) = await done(store, GOOD)
    later = NOW + 50 * SECOND

    def told_again(session: Session) -> Check:
        return checks.ask(session, asked(two_firms["ben"]), later, checks.fresh(session, KEY, "sso", later))

    again = await store.write(told_again)
    assert (again.state, again.same_as, again.verdict, again.ended_at) == (State.DONE, first.id, "ok", NOW)
    still = await store.read(checks.fresh, KEY, "sso", NOW + 55 * SECOND)
    assert still
    assert still.id == first.id
    assert await store.read(checks.fresh, KEY, "sso", NOW + 61 * SECOND) is None
    assert not await store.read(checks.is_due, later)


# ---------------------------------------------------------------------------------------------------------------- work


async def test_a_check_is_claimed_by_one_copy_and_finished_once(store: Store, two_firms: dict[str, int]) -> None:
    check = await ask(store, two_firms["amy"])
    claims = await asyncio.gather(*(store.write(checks.claim, copy, NOW) for copy in ("one", "two", "three")))
    assert sum(map(len, claims)) == 1
    copy = next(claim[0].copy_name or "" for claim in claims if claim)
    ended = [await store.write(checks.finish, [check.id or 0], name, GOOD, NOW) for name in ("four", copy, copy)]
    assert [len(one) for one in ended] == [0, 1, 0]


async def test_copies_that_claim_at_once_share_what_there_is(store: Store, two_firms: dict[str, int]) -> None:
    for _ in range(10):

        def many(session: Session) -> None:
            for _ in range(60):
                checks.ask(session, asked(two_firms["amy"]), NOW)

        await store.write(many)
        claims = await asyncio.gather(*(store.write(checks.claim, f"copy {number}", NOW) for number in range(6)))
        assert sum(map(len, claims)) == 60


async def test_what_a_copy_that_died_was_at_is_taken_over_and_it_can_note_nothing_any_more(
    store: Store, two_firms: dict[str, int]
) -> None:
    check = await ask(store, two_firms["amy"])
    await store.write(checks.claim, "dead", NOW)
    assert await store.write(checks.claim, "two", NOW + checks.LEASE) == []
    after = NOW + checks.LEASE + SECOND
    assert await store.read(checks.is_due, after)
    assert [one.id for one in await store.write(checks.claim, "two", after)] == [check.id]
    assert await store.write(checks.finish, [check.id or 0], "dead", BAD, after) == []
    assert len(await store.write(checks.finish, [check.id or 0], "two", GOOD, after)) == 1


async def test_a_copy_that_lives_keeps_what_it_is_at(store: Store, two_firms: dict[str, int]) -> None:
    check = await ask(store, two_firms["amy"])
    await store.write(checks.claim, "one", NOW)
    await store.write(checks.keep_up, [check.id or 0], "one", NOW + 20 * SECOND)
    assert await store.write(checks.claim, "two", NOW + checks.LEASE + SECOND) == []


async def test_what_a_copy_gives_back_another_takes_at_once(store: Store, two_firms: dict[str, int]) -> None:
    check = await ask(store, two_firms["amy"])
    await store.write(checks.claim, "one", NOW)
    await store.write(checks.give_back, [check.id or 0], "one")
    assert [one.id for one in await store.write(checks.claim, "two", NOW)] == [check.id]


# -------------------------------------------------------------------------------------------------------------- states


async def test_an_incident_lasts_from_the_first_failure_until_it_works_again(store: Store) -> None:
    changes = [
        await store.write(checks.note_state, KEY, "sso", result, MORNING + number * SECOND, NOW + number * SECOND)
        for number, result in enumerate([GOOD, GOOD, BAD, BAD_TOO, NO_IDEA, BAD_TOO, POOR, GOOD])
    ]
    told = [change and (change.turned, bool(change.began), bool(change.ended)) for change in changes]
    assert told == [
        (False, False, False), None, (True, True, False), (False, False, False), None, None, (True, False, True),
        (True, False, False),
    ]  # fmt: skip
    history = await store.read(checks.states, KEY, "sso")
    assert [(one.cause, one.since - MORNING) for one in history] == [
        ("ok", 0 * SECOND), ("tcp_timeout", 2 * SECOND), ("dns_timeout", 3 * SECOND), ("dns_server_dead", 6 * SECOND),
        ("ok", 7 * SECOND),
    ]  # fmt: skip
    assert [one.checked_at - NOW for one in history] == [SECOND, 2 * SECOND, 5 * SECOND, 6 * SECOND, 7 * SECOND]
    (incident,) = await store.read(checks.incidents, KEY)
    assert (incident.cause, incident.began, incident.ended) == (
        "tcp_timeout", MORNING + 2 * SECOND, MORNING + 6 * SECOND
    )  # fmt: skip


async def test_copies_that_see_the_same_failure_make_one_incident(store: Store) -> None:
    for number in range(20):
        notes = (store.write(checks.note_state, KEY, f"t{number}", BAD, MORNING, NOW) for _ in range(6))
        assert sum(change is not None for change in await asyncio.gather(*notes)) == 1
    assert await store.read(lambda session: session.exec(select(func.count()).select_from(Incident)).one()) == 20
