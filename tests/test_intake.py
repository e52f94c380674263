"""What people ask is on the disk before it is acknowledged, and answered once, in order, by whichever copy lives."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from bot.intake import NotTaken, Times
from models import inbox
from models.inbox import LEASE, Event, State
from models.message import Choice, Reply, SendError
from models.store import Store
from tests import intake_cast
from tests.database_cast import POSTGRESQL, SQLITE
from tests.intake_cast import NOON, QUICK, Clock, Start, asked, counted, pressed, until, until_done

clock, start, other_store = intake_cast.clock, intake_cast.start, intake_cast.other_store  # the fixtures
only_postgresql = pytest.mark.parametrize("database_url", [POSTGRESQL], indirect=True)
only_sqlite = pytest.mark.parametrize("database_url", [SQLITE], indirect=True)


async def test_an_event_is_written_down_before_it_is_acknowledged_and_noted_after_the_answer(
    store: Store, start: Start
) -> None:
    copy = start()
    copy.channel.waits["amy"] = asyncio.Event()
    await copy.take(asked("amy", 1))
    assert sum((await store.read(inbox.counted)).values()) == 1
    await until(lambda: bool(copy.channel.tried))
    assert await counted(store, State.SENDING, State.ANSWERED) == [1, 0]
    copy.channel.waits["amy"].set()
    await copy.done()
    assert copy.channel.sent == [("test:amy:1", "re amy 1")]
    assert await store.read(inbox.answered_as, "test:amy:1") == "test:1"


async def test_nothing_to_take_is_taken(start: Start) -> None:
    await start().take()


async def test_the_same_event_many_times_at_once_is_answered_once(
    store: Store, other_store: Store, start: Start
) -> None:
    one, two = start("a"), start("b", other_store)
    await asyncio.gather(*(copy.take(asked("amy", 1)) for copy in (one, two, one, two)))
    await one.done()
    await one.take(asked("amy", 1))
    await two.take(asked("amy", 1))
    await one.done()
    assert one.channel.texts + two.channel.texts == ["re amy 1"]


async def test_one_persons_events_are_answered_in_order_also_by_two_copies(
    store: Store, other_store: Store, start: Start
) -> None:
    one, two = start("a"), start("b", other_store)
    two.channel.sent = one.channel.sent
    for number in range(12):
        await (one, two)[number % 2].take(asked("amy", number))
    await one.done()
    assert one.channel.texts == [f"re amy {number}" for number in range(12)]


async def test_nobody_waits_for_another_persons_answer(start: Start) -> None:
    copy = start()
    copy.channel.waits["amy"] = copy.reception.waits["cid 1"] = asyncio.Event()
    await copy.take(asked("amy", 1), asked("cid", 1), asked("amy", 2))
    await copy.take(*(asked("ben", number) for number in range(5)))
    await until(lambda: len(copy.channel.sent) == 5)
    copy.channel.waits["amy"].set()
    await copy.done()
    assert sorted(copy.channel.texts[5:]) == ["re amy 1", "re amy 2", "re cid 1"]


async def test_what_needs_no_answer_gets_none(store: Store, start: Start) -> None:
    copy = start()
    await copy.take(asked("amy", 1, "talk"), asked("amy", 2))
    await copy.done()
    assert copy.channel.texts == ["re amy 2"]
    assert await counted(store, State.SILENT, State.ANSWERED) == [1, 1]


@pytest.mark.parametrize("name", ["b", "dead"])
async def test_what_a_dead_copy_had_taken_is_answered_when_its_lease_has_run_out(
    store: Store, start: Start, clock: Clock, name: str
) -> None:
    await store.write(inbox.take, [asked("amy", 1), asked("amy", 2)], "dead", NOON)
    copy = start(name)
    await asyncio.sleep(3 * QUICK.keep_up)
    assert copy.channel.sent == []
    clock.move(LEASE.total_seconds() + 1)
    await copy.done()
    assert copy.channel.texts == ["re amy 1", "re amy 2"]


async def test_what_a_dead_copy_was_sending_is_uncertain_and_the_person_is_answered_on_asking_again(
    store: Store, start: Start, clock: Clock
) -> None:
    (taken,) = await store.write(inbox.take, [asked("amy", 1), asked("amy", 2)], "dead", NOON)
    await store.write(inbox.begin_sending, taken.id, "dead")
    copy = start()
    clock.move(LEASE.total_seconds() + 1)
    await copy.done()
    assert await counted(store, State.UNCERTAIN) == [1]
    await copy.take(asked("amy", 1))
    await copy.take(asked("amy", 3, "amy 1"))
    await copy.done()
    assert copy.channel.texts == ["re amy 2", "re amy 1"]


async def test_a_lease_is_kept_up_while_an_answer_takes_longer(
    store: Store, other_store: Store, start: Start, clock: Clock
) -> None:
    one, two = start("a"), start("b", other_store)
    one.channel.waits["amy"] = one.reception.waits["ben 1"] = asyncio.Event()
    await one.take(asked("amy", 1), asked("ben", 1))
    await until(lambda: bool(one.channel.tried))
    for _ in range(4):
        clock.move(LEASE.total_seconds() * 2 / 3)
        await _until_kept_up(store, clock)
    one.channel.waits["amy"].set()
    await one.done()
    assert sorted(one.channel.texts) == ["re amy 1", "re ben 1"]
    assert two.channel.sent == []
    assert await counted(store, State.ANSWERED) == [2]


async def _until_kept_up(store: Store, clock: Clock) -> None:
    async with asyncio.timeout(10):
        while True:
            leases = await store.read(lambda session: session.exec(select(Event.lease_until)).all())
            if all(until == clock.now + LEASE for until in leases):
                return
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("jump", [timedelta(hours=1), -timedelta(hours=1)])
async def test_a_clock_that_jumps_neither_loses_nor_doubles_anything(
    store: Store, start: Start, clock: Clock, jump: timedelta
) -> None:
    copy = start()
    copy.channel.waits["amy"] = copy.reception.waits["ben 1"] = asyncio.Event()
    await copy.take(*(asked(person, number) for person in ("amy", "ben") for number in (1, 2)))
    await until(lambda: bool(copy.channel.tried))
    clock.move(jump.total_seconds())
    await asyncio.sleep(3 * QUICK.keep_up)
    copy.channel.waits["amy"].set()
    await copy.take(asked("cid", 1))
    await copy.done()
    assert sorted(copy.channel.texts) == ["re amy 1", "re amy 2", "re ben 1", "re ben 2", "re cid 1"]
    assert await counted(store, State.ANSWERED) == [5]


async def test_stopping_waits_for_what_is_being_answered_and_begins_nothing_more(store: Store, start: Start) -> None:
    copy = start()
    copy.channel.waits["amy"] = asyncio.Event()
    await copy.take(asked("amy", 1), asked("amy", 2))
    await until(lambda: bool(copy.channel.tried))
    stopping = asyncio.create_task(copy.intake.stop())
    await asyncio.sleep(0)
    copy.channel.waits["amy"].set()
    await stopping
    assert copy.channel.texts == ["re amy 1"]
    assert await counted(store, State.ANSWERED, State.WAITING) == [1, 1]
    other = start("b")
    await other.done()
    assert other.channel.texts == ["re amy 2"]


@only_postgresql
async def test_what_a_copy_gives_back_is_taken_by_another_at_once(
    store: Store, other_store: Store, start: Start
) -> None:
    one, two = start("a", times=Times(stop=0.05)), start("b", other_store, Times(keep_up=3600))
    one.reception.waits["amy 1"] = asyncio.Event()
    await one.take(asked("amy", 1), asked("amy", 2))
    await until(lambda: bool(one.reception.heard))
    await one.intake.stop()
    await until_done(store)
    assert two.channel.texts == ["re amy 1", "re amy 2"]


async def test_what_takes_too_long_to_stop_is_given_back_and_what_was_being_sent_is_uncertain(
    store: Store, start: Start
) -> None:
    copy = start(times=replace(QUICK, stop=0.05))
    copy.channel.waits["amy"] = copy.reception.waits["ben 1"] = asyncio.Event()
    copy.channel.fails = [SendError("wait", retry_after=60)]
    await copy.take(asked("cid", 1))
    await until(lambda: not copy.channel.fails)
    await copy.take(asked("amy", 1), asked("amy", 2), asked("ben", 1))
    await until(lambda: len(copy.channel.tried) == 2)
    await copy.intake.stop()
    assert await counted(store, State.UNCERTAIN, State.WAITING, State.TAKEN, State.SENDING) == [1, 3, 0, 0]
    other = start("b")
    await other.done()
    assert sorted(other.channel.texts) == ["re amy 2", "re ben 1", "re cid 1"]


async def test_a_choice_that_was_made_is_shown_as_settled(start: Start) -> None:
    offered = Reply("Which?", choices=(Choice("Ask support", "/support 1"), Choice("No", "/nosupport")))
    copy = start()
    copy.reception.say = lambda ask: Reply("Passed on.") if ask.pressed else offered
    await copy.take(asked("amy", 1))
    await copy.done()
    await copy.take(replace(pressed("amy", "test:1"), in_reply_to="test:amy:1"))
    await until(lambda: bool(copy.channel.edited))
    assert copy.channel.edited == [("test:1", replace(offered, chosen="/support 1"))]


@pytest.mark.parametrize("error", [SendError("no", permanent=True), RuntimeError("a bug")])
async def test_that_a_choice_cannot_be_shown_as_settled_harms_nothing(
    store: Store, start: Start, error: Exception
) -> None:
    copy = start()
    copy.channel.edit_fails = error
    copy.reception.say = lambda ask: Reply("Which?", choices=(Choice("Ask support", "/support 1"),) * 2)
    await copy.take(asked("amy", 1))
    await copy.done()
    await copy.take(replace(pressed("amy", "test:1"), in_reply_to="test:amy:1"), asked("amy", 2))
    await copy.done()
    assert await counted(store, State.ANSWERED) == [3]


@pytest.mark.parametrize("unknown", [True, False])
async def test_a_press_that_was_not_answered_is_answered_when_it_is_repeated(
    store: Store, start: Start, unknown: bool
) -> None:
    copy = start()
    copy.channel.fails = [SendError("lost", outcome_unknown=unknown, refused=not unknown)]
    await asyncio.gather(*(copy.take(pressed("amy")) for _ in range(3)))
    await copy.done()
    assert copy.channel.sent == []
    await asyncio.gather(*(copy.take(pressed("amy")) for _ in range(3)))
    await copy.done()
    assert copy.channel.texts == ["re /support 1"]
    assert await counted(store, State.UNCERTAIN if unknown else State.FAILED, State.ANSWERED) == [1, 1]


async def test_after_the_stop_nothing_is_taken(store: Store, start: Start) -> None:
    copy = start()
    await copy.intake.stop()
    with pytest.raises(NotTaken):
        await copy.take(asked("amy", 1))
    assert copy.channel.sent == []
