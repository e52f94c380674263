"""Ticks: has each thing that Usher does by itself done again and again, and knows nothing of what that is."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from models.demonstration import MOVED
from models.store import Store
from scheduler.delivery import AWAY

if TYPE_CHECKING:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = logging.getLogger(__name__)

LOOK = timedelta(minutes=1)  # how soon it is seen that the machine's clock was put back

# It would log as an error that a tick was cut off at the end; what is wrong in a job is logged here.
logging.getLogger("apscheduler.executors").setLevel(logging.CRITICAL)
# That a job takes longer than its time is nothing to warn of: its next tick comes.
logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Job:
    """Something that is done at every tick. It may be cut off at any time, and then goes on at the next one.

    What is due it finds out itself, from the time that it reads: several copies of Usher tick, and ticks are missed.
    """

    name: str
    every: timedelta
    do: Callable[[], Awaitable[None]]


class Clock:
    """Ticks for each job: at once, then `every` so long after the last tick, and soon after a demonstration's time was
    moved. A job that takes longer than that is never begun beside itself.
    """

    def __init__(self, jobs: Sequence[Job], store: Store) -> None:
        self._jobs, self._store = {job.name: job for job in jobs}, store
        self._scheduler: AsyncIOScheduler | None = None
        self._running: dict[str, asyncio.Task[None] | None] = {}
        self._again: set[str] = set()
        self._watching: asyncio.Task[None] | None = None

    def start(self) -> None:
        # Its import takes a tenth of a second, which no answer needs to wait for.
        from apscheduler.schedulers.asyncio import AsyncIOScheduler
        from apscheduler.triggers.base import BaseTrigger

        class After(BaseTrigger):  # type: ignore[misc]  # APScheduler has no annotations
            """So long after now, whatever the machine's clock was set to since the last tick."""

            def __init__(self, every: timedelta) -> None:
                self._every = every

            def get_next_fire_time(self, before: datetime | None, now: datetime) -> datetime:
                return now + self._every

        # Ticks only: all that is due stands in the database. Nothing is made up for, nothing is begun twice.
        rules = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=rules)
        for job in self._jobs.values():
            self._scheduler.add_job(self._tick, After(job.every), [job], id=job.name, next_run_time=datetime.now(UTC))
        self._scheduler.start()
        self._watching = asyncio.create_task(self._watch(), name="clock")

    async def stop(self) -> None:
        """Tick no more, and cut off what is being done: what it has begun to write is written whole, or not at all."""
        if self._scheduler is None:
            return
        scheduler, self._scheduler = self._scheduler, None
        scheduler.shutdown(wait=False)
        left = [task for task in (self._watching, *self._running.values()) if task]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await asyncio.sleep(0)  # the scheduler takes its own leave in the loop's next round

    async def _tick(self, job: Job) -> None:
        self._running[job.name] = asyncio.current_task()
        try:
            await self._do(job)
            while job.name in self._again:
                self._again.remove(job.name)
                await self._do(job)
        finally:
            del self._running[job.name]

    @staticmethod
    async def _do(job: Job) -> None:
        try:
            await job.do()
        except AWAY as error:
            log.warning("%s: the database is away (%s); it is tried again", job.name, type(error).__name__)
        except Exception:  # the outermost loop: a bug in one tick must not end the ticking
            log.exception("%s failed; it is tried again", job.name)

    async def _watch(self) -> None:
        with self._store.watch(MOVED) as watch:
            while True:
                if await watch.news(LOOK.total_seconds()):
                    for name in self._jobs:
                        self._hurry(name)
                else:
                    self._mend()

    def _hurry(self, name: str) -> None:
        """Tick now; where it is being done just now, by the time from before, as soon as that has ended."""
        if name in self._running:
            self._again.add(name)
        elif self._scheduler:
            self._scheduler.modify_job(name, next_run_time=datetime.now(UTC))

    def _mend(self) -> None:
        """APScheduler goes by the machine's clock: where that was put back, the next tick is as far away as that."""
        if self._scheduler is None:
            return
        now = datetime.now(UTC)
        for name, job in self._jobs.items():
            if self._scheduler.get_job(name).next_run_time > now + job.every:
                self._hurry(name)
