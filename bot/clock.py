"""The two times of Usher: the machine's, and the one that the circulars are read in, which a demonstration may move."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import DBAPIError

from models.demonstration import BEAT, MOVED, Demonstration, beat, begin, move
from models.store import Store, StoreError

log = logging.getLogger(__name__)


def machine_time() -> datetime:
    """The time that cannot be set: for when something was recorded, for signatures, leases and rates."""
    return datetime.now(UTC)


class CampaignClock:
    """The time that the circulars are read in: it begins at `as_of` and runs as fast as the machine's.

    Without `as_of` it is the machine's own time.
    """

    def __init__(self, as_of: datetime | None = None, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._as_of, self._elapsed, self._began = as_of, elapsed, elapsed()

    def now(self) -> datetime:
        if self._as_of is None:
            return machine_time()
        return self._as_of + timedelta(seconds=self._elapsed() - self._began)

    def set(self, to: datetime) -> None:
        self._as_of, self._began = to, self._elapsed()


class DemonstrationClock:
    """Keeps a demonstration's clock in its database, and moves it forward when somebody presses for it."""

    def __init__(self, store: Store, clock: CampaignClock, kept: Demonstration) -> None:
        self._store, self._clock, self._kept = store, clock, kept
        self._keeping: asyncio.Task[None] | None = None

    @classmethod
    async def begin(cls, store: Store, as_of: datetime | None, clock: CampaignClock) -> "DemonstrationClock":
        """Set the clock where the demonstration stands. Raises `OtherBeginning` or `RealConversations`."""
        now = machine_time()
        kept = await store.write(begin, as_of, now)
        clock.set(kept.at(now))
        return cls(store, clock, kept)

    @property
    def moves(self) -> int:
        """How often it was moved: told with a press, so that a double press moves once."""
        return self._kept.moves

    def keep(self) -> None:
        """Begin to keep the time, and to follow what another copy of Usher moves."""
        self._keeping = asyncio.create_task(self._keep(), name="demonstration's clock")

    async def move(self, forward: Callable[[datetime], datetime | None], moves: int) -> None:
        """Move the time to where `forward` leads from it; `moves` is how often it was moved when that was chosen."""
        now = machine_time()
        self._follow(await self._store.write(move, forward, moves, now), now)

    async def close(self) -> None:
        if self._keeping is None:
            return
        self._keeping.cancel()
        with suppress(asyncio.CancelledError):
            await self._keeping
        with suppress(DBAPIError, StoreError):  # then the last beat counts
            await self._store.write(beat, machine_time())

    async def _keep(self) -> None:
        with self._store.watch(MOVED) as watch:
            while True:
                await watch.news(BEAT.total_seconds() / 2)
                now = machine_time()
                try:
                    kept = await self._store.write(beat, now)
                except (DBAPIError, StoreError) as error:
                    log.warning("the demonstration's time could not be kept (%s); trying again", type(error).__name__)
                else:
                    self._follow(kept, now)

    def _follow(self, kept: Demonstration | None, now: datetime) -> None:
        """Take the time from the database: another copy may have moved it, or the machine have slept."""
        if kept and kept.moves >= self._kept.moves:  # a beat that a move has overtaken tells what was before
            self._kept = kept
            self._clock.set(kept.at(now) + (machine_time() - now))
