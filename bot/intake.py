"""Takes in what the channels hear: each event is written down, answered once in its person's order, and noted."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from bot.answering import OURS, Answerer, Answering, Hearing, Outcome, Times, Work
from bot.background import Background
from bot.buckets import Buckets
from handlers.reception import Before, look
from models import inbox
from models.inbox import State, Taken, TakenOver
from models.message import Address, Ask, SendError
from models.store import Store, StoreError

__all__ = ["Answering", "Intake", "NotTaken", "Times", "place_of"]

log = logging.getLogger(__name__)

Begun = tuple[Taken, Before | None]
Ended = tuple[Taken, State, str | None, str | None]


class NotTaken(Exception):  # noqa: N818 - named after the situation
    """The event could not be written down: it must not be acknowledged, so that the platform sends it again."""


@dataclass
class _Batch:
    """What waits to be written together: a transaction costs more than a row."""

    written: "asyncio.Future[None]"
    asks: list[Ask] = field(default_factory=list)


class Intake:
    """The one door for events. `take` returns once the event is on the disk; the answer follows by itself."""

    def __init__(
        self,
        store: Store,
        reception: Hearing,
        channels: Mapping[str, Answering],
        machine_time: Callable[[], datetime],
        copy: str,
        times: Times = Times(),  # noqa: B008 - frozen
    ) -> None:
        self._store, self._machine_time, self._copy, self._times = store, machine_time, copy, times
        self._answerer = Answerer(store, reception, channels, machine_time, copy, times)
        self._held: dict[int, Work] = {}
        self._batch: _Batch | None = None
        self._writing: asyncio.Task[None] | None = None
        self._ended: list[Ended] = []
        self._noting: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._stopping = False
        self._sorry = Buckets(1, 1 / 60)
        # What is done for the eye only, beside the answers.
        self._shown = Background(log, SendError, DBAPIError, StoreError, level=logging.INFO)

    def start(self) -> None:
        self._keeping = asyncio.create_task(self._keep(), name="intake")

    async def take(self, *asks: Ask) -> None:
        """Write the events down, so that they may be acknowledged. Raises `NotTaken`."""
        if not asks:
            return
        if self._stopping:
            raise NotTaken
        batch = self._batch = self._batch or _Batch(asyncio.get_running_loop().create_future())
        batch.asks += asks
        if self._writing is None:
            self._writing = asyncio.create_task(self._write(), name="events being written down")
        try:
            async with asyncio.timeout(self._times.take):
                await asyncio.shield(batch.written)
        except Exception as error:  # whatever it is: what may not be on the disk must not be acknowledged
            log.error("events cannot be written down (%s)", type(error).__name__, exc_info=_unexpected(error))
            for ask in asks:
                self._apologise(ask)
            raise NotTaken from error

    async def stop(self) -> None:
        """Begin nothing more, wait for the answers in the making, and give back the rest."""
        self._stopping = self._answerer.stopping = True
        tasks = {work.task for work in self._held.values() if work.task}
        until = asyncio.get_running_loop().time() + self._times.stop
        if tasks:
            await asyncio.wait(tasks, timeout=self._times.stop)
        await self._shown.stop(until - asyncio.get_running_loop().time())
        if self._keeping:  # not before: it keeps up the leases of what is in the making
            tasks.add(self._keeping)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(DBAPIError, StoreError, TimeoutError):  # then the leases run out
            async with asyncio.timeout(self._times.stop):
                await self._let_go()

    async def _let_go(self) -> None:
        """Note what has ended, and give back what was not sent."""
        if self._writing:
            await self._writing
        for work in self._held.values():
            if work.calling:
                work.calling = False
                self._end(work, (State.UNCERTAIN, None, "Usher was stopped while it was being sent"))
        if self._noting:
            await self._noting
        ended = {event.id for event, *_ in self._ended}  # and cannot be noted: given back it would be sent again
        if left := [work.event for work in self._held.values() if work.event.id not in ended]:
            await self._store.write(inbox.release, left, self._copy, self._machine_time())

    async def _write(self) -> None:
        await asyncio.sleep(0)  # what comes in the same moment is written in the same transaction
        while batch := self._batch:
            self._batch = None
            try:
                self._begin(await self._store.write(_take, batch.asks, self._copy, self._machine_time()))
            except Exception as error:  # noqa: BLE001 - told to those who wait for it
                batch.written.set_exception(error)
            else:
                batch.written.set_result(None)
        self._writing = None

    def _begin(self, begun: Sequence[Begun]) -> None:
        for event, before in begun:
            if event.id in self._held:
                continue
            work = self._held[event.id] = Work(event, before)
            if not self._stopping:  # else it is given back
                work.task = asyncio.create_task(self._work(work), name=event.ask.id)

    async def _work(self, work: Work) -> None:
        try:
            outcome = await self._answerer.answer(work)
        except TakenOver:
            log.warning("%s was taken over by another copy", work.event.ask.id)
            del self._held[work.event.id]
            return
        except Exception:  # the outermost loop of a channel: one bad event must not keep the others
            log.exception("%s could not be answered", work.event.ask.id)
            outcome = State.FAILED, None, OURS
        if outcome is None:
            return
        self._end(work, outcome)
        if outcome[0] in (State.ANSWERED, State.SILENT) and work.heard and work.heard.chosen:
            self._shown.begin(self._answerer.show_chosen(work), f"showing the choice made by {work.event.ask.id}")

    def _end(self, work: Work, outcome: Outcome) -> None:
        self._ended.append((work.event, *outcome))
        if self._noting is None:
            self._noting = asyncio.create_task(self._note(), name="outcomes to note")

    async def _note(self) -> None:
        """Note what has ended, together what came together, until nothing is left."""
        await asyncio.sleep(0)
        while ended := self._ended:
            self._ended = []
            try:
                following = await self._store.write(_settle, ended, self._copy, self._machine_time())
            except Exception as error:  # whatever it is: what was sent must be noted some time
                log.warning("answers cannot be noted yet", exc_info=_unexpected(error))
                self._ended = ended + self._ended
                if self._stopping:
                    break
                await asyncio.sleep(self._times.insist)
                continue
            for event, *_ in ended:
                del self._held[event.id]
            self._begin(following)
        self._noting = None

    async def _keep(self) -> None:
        """Say that this copy lives, and take over from those that do not."""
        with self._store.watch(inbox.NEWS) as watch:
            while True:
                try:
                    await self._look_around()
                except Exception as error:  # whatever it is: leases that are not kept up are lost
                    log.warning("the inbox cannot be kept; trying again", exc_info=_unexpected(error))
                await watch.news(self._times.keep_up)

    async def _look_around(self) -> None:
        now = self._machine_time()
        if self._held:
            await self._store.write(inbox.keep_up, list(self._held), self._copy, now)
        found = True
        while found and not self._stopping:  # many at a time: a copy that died may have left thousands
            found = False
            for person in await self._store.read(inbox.stale, now):
                held = frozenset(self._held)
                left = await self._store.write(inbox.take_over, person, self._copy, self._machine_time(), held)
                self._begin([(event, None) for event in left])
                found = found or bool(left)

    def _apologise(self, ask: Ask) -> None:
        """Say that something is wrong, once a minute to each: silence would be worse, and it is sent again later."""
        if not ask.overheard and not self._sorry.take(str(ask.sender)):
            self._shown.begin(self._answerer.apologise(ask), f"an apology for {ask.id}")


def _take(session: Session, asks: Sequence[Ask], copy: str, now: datetime) -> list[Begun]:
    """Write down, and look up what the replies depend on: in one transaction, for nothing of theirs is open then."""
    return [(event, look(session, event.ask, now)) for event in inbox.take(session, asks, copy, now)]


def _settle(session: Session, ended: Sequence[Ended], copy: str, now: datetime) -> list[Begun]:
    return [(event, look(session, event.ask, now)) for event in inbox.settle(session, ended, copy, now)]


def place_of(ask: Ask) -> Address:
    """Where the direct answer belongs."""
    return ask.answer_at or ask.room


def _unexpected(error: Exception) -> Exception | None:
    """The error, where its traceback is worth reading: everybody knows what a database that is away looks like."""
    return None if isinstance(error, DBAPIError | StoreError | TimeoutError) else error
