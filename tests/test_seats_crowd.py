"""Crowds that come at once get exactly what there is, and nobody an error."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable

import pytest
from sqlmodel import Session

from models import seats
from models.seats import OthersWait, ParticipantFull, Reserved
from models.store import Store
from tests import seats_cast
from tests.seats_cast import LATE, SMALL, TWO_EACH, Office, assert_whole, at, both_at_once, later, people
from tests.seats_program import firms, program, start_together
from tests.seats_rules import assert_nothing_is_broken, everything

office, other_store = seats_cast.office, seats_cast.other_store  # the fixtures


async def test_sixty_requests_in_sixteen_threads_give_exactly_the_limit(office: Office, other_store: Store) -> None:
    """Two copies of Usher, each with its own threads: eight and eight on PostgreSQL, one writer and one on SQLite."""
    tries = [(office.store, other_store)[number % 2].write(office.taking("amy", TWO_EACH, f"g{number}"))
             for number in range(60)]  # fmt: skip
    told = Counter(type(one) for one in await asyncio.gather(*tries, return_exceptions=True))
    assert told == {Reserved: 2, ParticipantFull: 58}
    assert [seat.number for seat in await office.seats(TWO_EACH)] == [1, 2]


async def test_two_colleagues_at_the_same_instant_are_two_seats(office: Office, other_store: Store) -> None:
    stores = office.store, other_store, office.store
    names = "amy", "ben", "bob"
    tries = [store.write(office.taking(name, TWO_EACH)) for store, name in zip(stores, names, strict=True)]
    told = Counter(type(one) for one in await asyncio.gather(*tries, return_exceptions=True))
    assert told == {Reserved: 2, ParticipantFull: 1}


async def test_a_double_tap_is_one_booking(office: Office, other_store: Store) -> None:
    tries = [store.write(office.taking("amy", TWO_EACH)) for store in (office.store, other_store) * 5]
    done = await asyncio.gather(*tries)
    assert len({seat.uid for one in done for seat in one.seats}) == 1
    assert sum(len(one.new) for one in done) == 1
    assert await office.events() == [("held", "Amy")]


async def test_a_freed_seat_goes_to_exactly_one(office: Office, other_store: Store) -> None:
    """While everybody gives up, stands in line, takes, and the clock ticks, in two copies at once."""
    held = await office.fill(SMALL, "amy", "ben", "cid")
    holders = zip(("amy", "ben", "cid"), held, strict=True)
    doing: list[Callable[[Session], object]] = [office.freeing(who, SMALL, seat.id or 0) for who, seat in holders]
    doing += [office.waiting(who, SMALL, name) for who in ("dan", "eve") for name in ("max", "zoe")]
    doing += [office.taking(who, SMALL, "tim") for who in ("bob", "dan", "eve")]
    doing += [lambda session: seats.lapse(session, SMALL, at())] * 4
    tries = [(office.store, other_store)[number % 2].write(do) for number, do in enumerate(doing)]
    told = await asyncio.gather(*tries, return_exceptions=True)
    assert {type(one) for one in told if isinstance(one, Exception)} <= {seats.BriefingFull, seats.OthersWait,
                                                                          seats.ParticipantFull}  # fmt: skip
    assert len(await office.seats(SMALL)) == 3
    assert_nothing_is_broken(await office.store.read(everything), {SMALL.briefing: SMALL})


async def test_newcomers_who_come_at_once_do_not_together_pass_who_waits(office: Office, other_store: Store) -> None:
    rules = later(LATE, limit=3, capacity=3)
    amys, bens, _ = await office.fill(rules, "amy", "ben", "cid")
    await office.queue(rules, "eve")
    await office.free("amy", rules, amys)
    await office.free("ben", rules, bens)  # two are free, and one of them is for Eve
    told = await both_at_once(office.store, office.taking("bob", rules), other_store, office.taking("dan", rules))
    assert [type(one) for one in told] == [Reserved, OthersWait]


async def test_in_one_transaction_seats_are_reserved_last(office: Office) -> None:
    """Others may take some at the same time: who then did more there would wait for them, and they for who did."""

    def take_and_free(session: Session) -> object:
        seat = office.taking("amy", TWO_EACH)(session).seats[0]
        return office.freeing("amy", TWO_EACH, seat.id or 0)(session)

    with pytest.raises(RuntimeError, match="last"):
        await office.write(take_and_free)
    assert await office.seats(TWO_EACH) == []


async def test_five_hundred_people_after_three_hundred_seats_from_two_processes(
    store: Store, database_url: str
) -> None:
    await store.write(people, firms(500))
    copies = [program(database_url, "crowd", *bounds) for bounds in ((0, 250), (250, 500))]
    told = [json.loads(said) for said in await asyncio.to_thread(start_together, copies)]
    assert Counter(told[0]) + Counter(told[1]) == {"held": 300, "full": 200}
    await assert_whole(store, 300)
