"""Every event is given to one copy, in its person's order, and nobody loses one when a copy ends."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import Session, col, select

from models import inbox, reach
from models.inbox import LEASE, Event, State, Taken, TakenOver
from models.message import Address, Ask
from models.store import Store
from tests import intake_cast
from tests.intake_cast import NOON, asked, counted, pressed

other_store = intake_cast.other_store  # the fixture

SOON, LATER = NOON + timedelta(seconds=1), NOON + LEASE + timedelta(seconds=1)


async def take(store: Store, *asks: Ask, copy: str = "a") -> list[str]:
    return ids(await store.write(inbox.take, asks, copy, NOON))


async def end(store: Store, ask: Ask, state: State = State.ANSWERED, copy: str = "a") -> list[str]:
    """How the copy notes it; gives what it is to answer next."""
    done = Taken(await number_of(store, ask), ask)
    return ids(await store.write(inbox.settle, [(done, state, f"test:{ask.id}", None)], copy, SOON))


async def begin(store: Store, ask: Ask, copy: str = "a") -> None:
    await store.write(inbox.begin_sending, await number_of(store, ask), copy)


async def number_of(store: Store, ask: Ask) -> int:
    return (
        await store.read(lambda session: session.scalars(select(col(Event.id)).where(Event.key == ask.id)).one()) or 0
    )


async def state_of(store: Store, ask: Ask) -> str:
    return (await _read(store, ask)).state


async def _read(store: Store, ask: Ask) -> Event:
    return await store.read(lambda session: session.exec(select(Event).where(Event.key == ask.id)).one())


def ids(taken: list[Taken]) -> list[str]:
    return [event.ask.id for event in taken]


ONE, TWO, THREE = (asked("amy", number) for number in (1, 2, 3))
BEN = asked("ben", 1)


async def test_an_event_is_given_once_however_often_it_comes(store: Store) -> None:
    assert await take(store, ONE, ONE) == [ONE.id]
    assert await take(store, ONE) == []
    await end(store, ONE)
    assert await take(store, ONE, copy="b") == []
    assert await counted(store, State.ANSWERED, State.WAITING, State.TAKEN) == [1, 0, 0]


async def test_what_is_given_is_what_came(store: Store) -> None:
    whole = replace(ONE, name="Amy", answer_at=Address("test", "x:1"), once="https://", replies_to="r", language="en")
    await take(store, ONE)
    await take(store, replace(whole, id="whole"))
    done = (Taken(await number_of(store, ONE), ONE), State.SILENT, None, None)
    assert await store.write(inbox.settle, [done], "a", SOON) == [Taken(2, replace(whole, id="whole"))]


async def test_one_persons_events_are_given_one_after_the_other(store: Store) -> None:
    assert await take(store, ONE, TWO, BEN) == [ONE.id, BEN.id]
    assert await take(store, THREE, copy="b") == []
    assert await end(store, ONE) == [TWO.id]
    assert await end(store, TWO) == [THREE.id]
    assert await end(store, THREE) == []


async def test_outcomes_of_many_people_are_noted_together(store: Store) -> None:
    asks = [asked(f"p{number}", one) for one in (1, 2) for number in range(30)]
    taken = await store.write(inbox.take, asks, "a", NOON)
    assert ids(taken) == [ask.id for ask in asks[:30]]
    following = await store.write(inbox.settle, [(one, State.ANSWERED, None, None) for one in taken], "a", SOON)
    assert sorted(ids(following)) == sorted(ask.id for ask in asks[30:])


async def test_two_copies_that_are_told_the_same_at_once_give_it_to_one(store: Store, other_store: Store) -> None:
    asks = [asked(f"p{number}", 1) for number in range(20)]
    told = await asyncio.gather(
        *(take(at, *asks[::way]) for _ in range(5) for at in (store, other_store) for way in (1, -1))
    )
    assert sorted(key for one in told for key in one) == sorted(ask.id for ask in asks)


async def test_an_event_is_taken_over_when_its_lease_has_run_out_and_not_before(store: Store) -> None:
    await take(store, ONE, TWO)
    assert await store.read(inbox.stale, NOON + LEASE) == []
    assert await store.write(inbox.take_over, "test:amy", "b", NOON + LEASE) == []
    assert await store.read(inbox.stale, LATER) == ["test:amy"]
    assert ids(await store.write(inbox.take_over, "test:amy", "b", LATER)) == [ONE.id]
    assert ids(await store.write(inbox.take_over, "test:amy", "c", LATER)) == []
    assert await end(store, ONE, copy="b") == [TWO.id]


async def test_a_lease_that_is_kept_up_does_not_run_out(store: Store) -> None:
    await take(store, ONE, BEN)
    await begin(store, BEN)
    both = [await number_of(store, ask) for ask in (ONE, BEN)]
    await store.write(inbox.keep_up, both, "b", LATER)
    assert await store.read(inbox.stale, LATER) == ["test:amy", "test:ben"]
    await store.write(inbox.keep_up, both, "a", LATER)
    assert await store.read(inbox.stale, LATER + LEASE) == []


async def test_thousands_of_leases_are_kept_up(store: Store) -> None:
    await store.write(inbox.keep_up, range(1, 2500), "a", LATER)
    await take(store, ONE)
    await store.write(inbox.keep_up, range(1, 2500), "a", LATER)
    assert await store.read(inbox.stale, LATER) == []


async def test_a_lease_from_before_the_clock_was_put_back_does_not_bind(store: Store) -> None:
    await take(store, ONE)
    assert await store.read(inbox.stale, NOON - timedelta(hours=1)) == ["test:amy"]
    assert ids(await store.write(inbox.take_over, "test:amy", "b", NOON - timedelta(hours=1))) == [ONE.id]


async def test_what_a_copy_works_on_itself_it_does_not_take_over(store: Store) -> None:
    await take(store, ONE)
    held = {await number_of(store, ONE)}
    assert await store.write(inbox.take_over, "test:amy", "a", LATER, held) == []
    assert ids(await store.write(inbox.take_over, "test:amy", "a", LATER)) == [ONE.id]


async def test_what_was_being_sent_is_uncertain_and_the_next_is_taken(store: Store) -> None:
    await take(store, ONE, TWO)
    await begin(store, ONE)
    assert ids(await store.write(inbox.take_over, "test:amy", "b", LATER)) == [TWO.id]
    assert [await state_of(store, one) for one in (ONE, TWO)] == [State.UNCERTAIN, State.TAKEN]


async def test_a_copy_that_was_thought_dead_may_tell_how_it_ended(store: Store) -> None:
    await take(store, ONE)
    await begin(store, ONE)
    await store.write(inbox.take_over, "test:amy", "b", LATER)
    await end(store, ONE)
    assert await state_of(store, ONE) == State.ANSWERED


async def test_a_copy_that_was_thought_dead_has_no_say_in_what_was_taken_over(store: Store) -> None:
    await take(store, ONE)
    await store.write(inbox.take_over, "test:amy", "b", LATER)
    assert await end(store, ONE, State.FAILED) == []
    with pytest.raises(TakenOver):
        await begin(store, ONE)
    assert await state_of(store, ONE) == State.TAKEN


async def test_nothing_that_has_ended_is_sent(store: Store) -> None:
    await take(store, ONE)
    await end(store, ONE)
    with pytest.raises(TakenOver):
        await begin(store, ONE)
    assert await state_of(store, ONE) == State.ANSWERED


async def test_what_is_given_back_is_taken_at_once(store: Store) -> None:
    await take(store, ONE, TWO, BEN)
    await begin(store, BEN)
    given = [Taken(await number_of(store, ask), ask) for ask in (ONE, BEN)]
    with store.watch(inbox.NEWS) as watch:
        await store.write(inbox.release, given, "a", SOON)
        assert await watch.news(5) == {inbox.NEWS}
    assert await store.read(inbox.stale, NOON) == ["test:amy", "test:ben"]
    assert ids(await store.write(inbox.take_over, "test:amy", "b", NOON)) == [ONE.id]
    assert ids(await store.write(inbox.take_over, "test:ben", "b", NOON)) == [BEN.id]
    await store.write(inbox.release, given, "a", SOON)
    assert await state_of(store, ONE) == State.TAKEN


async def test_who_waits_behind_a_copy_that_lives_waits_for_it(store: Store) -> None:
    await take(store, ONE, TWO)
    await store.write(inbox.keep_up, [1], "a", LATER)
    assert await store.read(inbox.stale, LATER) == []
    assert await store.write(inbox.take_over, "test:amy", "b", LATER) == []


async def test_those_who_were_left_longest_are_found_first(store: Store) -> None:
    for name in ("cid", "amy", "ben"):
        await take(store, asked(name, 1))
    assert await store.read(inbox.stale, LATER, 2) == ["test:cid", "test:amy"]


@pytest.mark.parametrize("ended", [State.FAILED, State.UNCERTAIN])
async def test_a_button_whose_press_was_not_answered_may_be_pressed_again(store: Store, ended: State) -> None:
    press = pressed("amy")
    await take(store, press, BEN)
    await end(store, press, ended)
    assert await take(store, press, press) == [press.id]
    assert await take(store, press) == []
    await end(store, press)
    assert await take(store, press) == []
    assert await counted(store, ended, State.ANSWERED) == [1, 1]


@pytest.mark.parametrize("ended", [State.ANSWERED, State.SILENT])
async def test_a_button_whose_press_was_answered_is_pressed_in_vain(store: Store, ended: State) -> None:
    await take(store, pressed("amy"))
    await end(store, pressed("amy"), ended)
    assert await take(store, pressed("amy")) == []


async def test_words_that_failed_are_not_answered_when_the_platform_repeats_them(store: Store) -> None:
    await take(store, ONE)
    await end(store, ONE, State.FAILED)
    assert await take(store, ONE) == []


async def test_a_press_that_is_repeated_stands_behind_what_was_asked_meanwhile(store: Store) -> None:
    press = pressed("amy")
    await take(store, press, ONE, TWO)
    assert await end(store, press, State.FAILED) == [ONE.id]
    assert await take(store, press) == []
    assert await end(store, ONE) == [TWO.id]
    assert await end(store, TWO) == [press.id]


async def test_what_this_version_cannot_read_holds_up_nobody(store: Store) -> None:
    await take(store, ONE, TWO, THREE)

    def spoil(session: Session) -> None:
        session.execute(update(Event).where(col(Event.key) == TWO.id).values(ask_json='{"id": 7}'))

    await store.write(spoil)
    assert await end(store, ONE) == [THREE.id]
    assert await state_of(store, TWO) == State.FAILED


async def test_half_a_character_and_nul_are_left_out(store: Store) -> None:
    odd = replace(ONE, id="odd\x00", text="cut \ud83d", name="A\x00my")
    ((kept),) = await store.write(inbox.take, [odd, BEN], "a", NOON) and await store.write(
        inbox.take_over, "test:amy", "b", LATER
    )
    assert (kept.ask.id, kept.ask.text, kept.ask.name) == ("odd", "cut ?", "Amy")


async def test_the_ask_behind_a_message_is_found_by_its_reference_and_only_for_who_asked(store: Store) -> None:
    await take(store, ONE)
    await end(store, ONE)
    assert await store.read(inbox.answered_as, ONE.id) == f"test:{ONE.id}"
    assert await store.read(inbox.ask_behind, ONE.sender, f"test:{ONE.id}") == ONE.id
    assert await store.read(inbox.ask_behind, Address("slack", "amy"), f"test:{ONE.id}") is None  # somebody else's
    assert await store.read(inbox.ask_behind, ONE.sender, "test:other") is None


async def test_who_writes_can_be_written_to_again(store: Store) -> None:
    for closed in (ONE.room, BEN.room):
        await store.write(reach.close, closed, "blocked", NOON)
    await take(store, ONE)
    assert await store.read(reach.closed, ONE.room) is None
    assert await store.read(reach.closed, BEN.room)
