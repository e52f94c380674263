"""The clock ticks: whatever goes wrong in one tick the next one comes, and no setting of a clock can keep it away."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from models.contacts import Contact
from models.conversation import Turn
from models.demonstration import MOVED
from models.store import Store, announce
from scheduler.clock import Clock, Job
from tests.channels_cast import ONE_DATABASE
from tests.database_cast import POSTGRESQL
from tests.intake_cast import away, until
from tests.town_cast import MACHINE

OFTEN, SELDOM = timedelta(milliseconds=30), timedelta(hours=1)
Begin = Callable[..., Clock]


@pytest.fixture
async def begin(store: Store) -> AsyncIterator[Begin]:
    """Starts clocks with one job each."""
    clocks: list[Clock] = []

    def started(do: Callable[[], Awaitable[None]], every: timedelta = OFTEN) -> Clock:
        clocks.append(Clock([Job("a job", every, do)], store))
        clocks[-1].start()
        return clocks[-1]

    yield started
    for clock in clocks:
        await clock.stop()


class Counted:
    """A job that counts its ticks, and fails or hangs where a test says so."""

    def __init__(self, *fails: Exception) -> None:
        self.ticks, self.at_once, self.most = 0, 0, 0
        self.fails, self.hangs = list(fails), asyncio.Event()
        self.hangs.set()

    async def __call__(self) -> None:
        self.ticks += 1
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            if self.fails:
                raise self.fails.pop(0)
            await self.hangs.wait()
        finally:
            self.at_once -= 1


@ONE_DATABASE
async def test_it_ticks_at_once_and_again_and_again(begin: Begin) -> None:
    job = Counted()
    begin(job)
    await until(lambda: job.ticks >= 3)


@ONE_DATABASE
async def test_a_tick_that_fails_is_written_down_and_the_next_one_comes(
    begin: Begin, caplog: pytest.LogCaptureFixture
) -> None:
    job = Counted(RuntimeError("a bug"), ValueError("another"))
    begin(job)
    await until(lambda: job.ticks >= 4)
    told = [record for record in caplog.records if record.name == "scheduler.clock"]
    assert [record.exc_info and str(record.exc_info[1]) for record in told] == ["a bug", "another"]


@ONE_DATABASE
async def test_a_database_that_is_away_is_a_warning_and_tried_again(
    begin: Begin, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    counted = Counted()

    async def look() -> None:
        await store.read(lambda session: session.exec(select(Turn)).all())
        await counted()

    async with away(store):
        begin(look)
        await until(lambda: "the database is away" in caplog.text)
    await until(lambda: counted.ticks > 0)
    assert {(record.levelname, record.exc_info) for record in caplog.records} == {("WARNING", None)}


@ONE_DATABASE
async def test_a_job_that_takes_long_is_not_begun_beside_itself(begin: Begin) -> None:
    job = Counted()
    job.hangs.clear()
    begin(job)
    await asyncio.sleep(10 * OFTEN.total_seconds())
    assert (job.ticks, job.most) == (1, 1)
    job.hangs.set()
    await until(lambda: job.ticks > 2)


@ONE_DATABASE
async def test_the_end_waits_for_no_job_and_no_tick_comes_after_it(
    begin: Begin, caplog: pytest.LogCaptureFixture
) -> None:
    job = Counted()
    job.hangs.clear()
    clock = begin(job)
    await until(lambda: job.at_once == 1)
    caplog.clear()  # a machine that is busy has told meanwhile that ticks were left out
    async with asyncio.timeout(20):  # the job would hang for ever
        await clock.stop()
    assert job.at_once == 0
    assert [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
    await asyncio.sleep(5 * OFTEN.total_seconds())
    assert (job.ticks, job.at_once) == (1, 0)
    assert caplog.records == []
    await clock.stop()  # twice is once


async def test_what_a_job_writes_when_it_is_cut_off_is_written_whole(begin: Begin, store: Store) -> None:
    def two_rows(session: Session) -> None:
        for name in ("one", "two"):
            session.add(Contact(name=name, created_at=MACHINE))
            session.flush()
            time.sleep(0.15)

    clock = begin(lambda: store.write(two_rows), SELDOM)
    await asyncio.sleep(0.1)
    await clock.stop()
    await store.close()
    other = await Store.open(str(store._writing.url.render_as_string(hide_password=False)))
    assert len(await other.read(lambda session: session.exec(select(Contact)).all())) in (0, 2)
    await other.close()


async def test_a_demonstration_s_time_that_is_moved_makes_it_tick_soon(begin: Begin, store: Store) -> None:
    job = Counted()
    begin(job, SELDOM)
    # The watch is begun before the first tick; on PostgreSQL it wakes once more, as soon as it hears the other copies.
    before = 2 if store._writing.dialect.name == POSTGRESQL else 1
    await until(lambda: job.ticks >= before)
    await asyncio.sleep(0.1)
    assert job.ticks == before
    await store.write(announce, MOVED)
    await until(lambda: job.ticks > before)


@ONE_DATABASE
async def test_a_time_that_is_moved_during_a_tick_makes_it_tick_once_more(begin: Begin, store: Store) -> None:
    job = Counted()
    job.hangs.clear()
    begin(job, SELDOM)
    await until(lambda: job.ticks == 1)
    await asyncio.sleep(0.1)
    await store.write(announce, MOVED)
    await asyncio.sleep(0.1)
    job.hangs.set()
    await until(lambda: job.ticks == 2)


@pytest.mark.parametrize("years", [-3, 3])
@ONE_DATABASE
async def test_a_machine_s_clock_that_jumps_by_years_keeps_it_ticking(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, years: int
) -> None:
    job = Counted()
    monkeypatch.setattr("scheduler.clock.LOOK", timedelta(seconds=0.2))
    begin(job)
    await until(lambda: job.ticks >= 2)
    jumped = JumpedClock(timedelta(days=365 * years))
    for module in ("scheduler.clock", "apscheduler.schedulers.base"):
        monkeypatch.setattr(f"{module}.datetime", jumped)
    before = job.ticks
    await until(lambda: job.ticks >= before + 5)


class JumpedClock:
    """`datetime`, on a machine whose clock was set."""

    def __init__(self, by: timedelta) -> None:
        self._by = by

    def now(self, zone: Any = None) -> datetime:
        return datetime.now(zone) + self._by


@ONE_DATABASE
async def test_a_clock_that_waits_costs_next_to_nothing(begin: Begin) -> None:
    begin(Counted(), SELDOM)
    await asyncio.sleep(0.2)
    before = time.process_time()
    await asyncio.sleep(1)
    assert time.process_time() - before < 0.02
