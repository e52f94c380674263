"""Takes in what the channels hear: each event is written down, answered once in its person's order, and noted."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from bot.page.limits import Buckets
from handlers.reception import Heard, Reception
from handlers.support import alternatives
from models import inbox
from models.conversation import Turn, turn_asked
from models.inbox import State, Taken
from models.message import Address, Ask, Reply, SendError
from models.reach import close, move
from models.store import Store, StoreError

log = logging.getLogger(__name__)

AT_ONCE = 64  # answers of one copy in the making; the others wait in the database
KEEP_UP_SECONDS = 5.0
TAKE_SECONDS = 2.5  # Slack waits for three
AGAIN_SECONDS = 0.5  # the first pause when a send was refused for now
GIVE_UP_SECONDS = 120.0  # an answer later than that is better asked for again
STOP_SECONDS = 10.0

Ended = tuple[Taken, State, str | None, str | None]


class NotTaken(Exception):  # noqa: N818 - named after the situation
    """The event could not be written down: it must not be acknowledged, so that the platform sends it again."""


class Answering(Protocol):
    """A channel as the intake needs it."""

    async def answer(self, ask: Ask, reply: Reply) -> str | None:
        """Send `reply` to where `ask` was asked; the message's reference, if it has one. Raises `SendError`."""
        ...

    async def edit(self, reference: str, reply: Reply) -> None: ...


@dataclass
class _Batch:
    """What waits to be written together: a transaction costs more than a row."""

    asks: list[Ask] = field(default_factory=list)
    written: "asyncio.Future[None] | None" = None


class Intake:
    """The one door for events. `take` returns once the event is on the disk; the answer follows by itself."""

    def __init__(
        self,
        store: Store,
        reception: Reception,
        channels: Mapping[str, Answering],
        machine_time: Callable[[], datetime],
        copy: str,
    ) -> None:
        self._store, self._reception, self._channels = store, reception, channels
        self._machine_time, self._copy = machine_time, copy
        self._room = asyncio.Semaphore(AT_ONCE)
        self._working: dict[asyncio.Task[None], Taken] = {}
        self._batch = _Batch()
        self._ended: list[Ended] = []
        self._noting: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._stopping = False
        self._sorry = Buckets(1, 1 / 60)
        self._apologies: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        self._keeping = asyncio.create_task(self._keep(), name="intake")

    async def take(self, *asks: Ask) -> None:
        """Write the events down, so that they may be acknowledged. Raises `NotTaken`."""
        batch = self._batch
        batch.asks += asks
        if batch.written is None:
            batch.written = asyncio.ensure_future(self._write())
        try:
            async with asyncio.timeout(TAKE_SECONDS):
                await asyncio.shield(batch.written)
        except (DBAPIError, StoreError, TimeoutError) as error:
            log.error("events cannot be written down (%s)", type(error).__name__)
            for ask in asks:
                self._apologise(ask)
            raise NotTaken from error

    async def stop(self) -> None:
        """Begin nothing more, wait for the answers in the making, and give back the rest."""
        self._stopping = True
        if self._keeping:
            self._keeping.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeping
        if self._working:
            await asyncio.wait(self._working, timeout=STOP_SECONDS)
        left = list(self._working.items())
        for task, _ in left:
            task.cancel()
        await asyncio.gather(*(task for task, _ in left), return_exceptions=True)
        if self._noting:
            await self._noting
        if left:
            with suppress(DBAPIError, StoreError):  # then the lease runs out
                await self._store.write(inbox.release, [event for _, event in left], self._machine_time())

    async def _write(self) -> None:
        await asyncio.sleep(0)  # what comes in the same moment is written in the same transaction
        batch, self._batch = self._batch, _Batch()
        self._begin(await self._store.write(inbox.take, batch.asks, self._copy, self._machine_time()))

    def _begin(self, events: list[Taken]) -> None:
        for event in events:
            if self._stopping:
                continue  # the lease runs out, and another copy takes it
            task = asyncio.create_task(self._work(event), name=event.ask.id)
            self._working[task] = event
            task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        del self._working[task]
        if not task.cancelled() and (error := task.exception()):
            log.error("%s failed", task.get_name(), exc_info=error)

    async def _work(self, event: Taken) -> None:
        async with self._room:
            ended = await self._answer(event)
        self._ended.append(ended)
        if self._noting is None:
            self._noting = asyncio.create_task(self._note())

    async def _answer(self, event: Taken) -> Ended:
        ask = event.ask
        channel = self._channels[ask.sender.channel]
        begins = partial(inbox.begin_sending, key=ask.id)
        try:
            heard = await self._reception.hear(ask, begins)
        except Exception:  # the outermost loop of a channel: one bad event must not keep the others
            log.exception("%s could not be answered", ask.id)
            heard = Heard(self._reception.sorry(ask))
        if heard.reply is None:
            return event, State.SILENT, None, None
        ended = await self._send(channel, event, heard.reply)
        if heard.settles and heard.chosen and ended[1] is State.ANSWERED:
            await self._settle(channel, heard.settles, heard.chosen)
        return ended

    async def _settle(self, channel: Answering, offered: str, chosen: str) -> None:
        """Show the choice as made where it was offered. It is only for the eye: where it fails nothing is lost."""
        try:
            reference, turn = await self._store.read(_offered, offered)
            if reference and turn and alternatives(turn.reply):
                await channel.edit(reference, replace(turn.reply, chosen=chosen))
        except (SendError, DBAPIError, StoreError) as error:
            log.info("a choice could not be shown as made (%s)", error)

    def _apologise(self, ask: Ask) -> None:
        """Say that something is wrong, once a minute to each: silence would be worse, and it is sent again later."""
        if not self._sorry.take(str(ask.sender)):
            task = asyncio.create_task(self._say_sorry(ask), name=f"apology for {ask.id}")
            self._apologies.add(task)
            task.add_done_callback(self._apologies.discard)

    async def _say_sorry(self, ask: Ask) -> None:
        with suppress(SendError):
            await self._channels[ask.sender.channel].answer(ask, self._reception.sorry(ask))

    async def _send(self, channel: Answering, event: Taken, reply: Reply) -> Ended:
        """Send until it is sent, refused for good, or nobody knows."""
        loop = asyncio.get_running_loop()
        until, pause = loop.time() + GIVE_UP_SECONDS, AGAIN_SECONDS
        while True:
            try:
                return event, State.ANSWERED, await channel.answer(event.ask, reply), None
            except SendError as error:
                log.warning("the answer to %s: %s", event.ask.id, error.reason)
                if error.outcome_unknown:
                    return event, State.UNCERTAIN, None, error.reason
                if error.moved_to:
                    await self._store.write(move, event.ask.room, error.moved_to, self._machine_time())
                elif error.permanent:
                    await self._store.write(close, event.ask.room, error.reason, self._machine_time())
                wait = pause if error.retry_after is None else error.retry_after
                if error.permanent or error.refused or error.moved_to or loop.time() + wait > until:
                    return event, State.FAILED, None, error.reason
                await asyncio.sleep(wait)
                pause *= 2
            except Exception:  # as above
                log.exception("the answer to %s could not be sent", event.ask.id)
                return event, State.UNCERTAIN, None, "an error in Usher; see the log"

    async def _note(self) -> None:
        """Note what has ended, together what came together, until nothing is left."""
        await asyncio.sleep(0)
        while self._ended:
            ended, self._ended = self._ended, []
            try:
                self._begin(await self._store.write(inbox.settle, ended, self._copy, self._machine_time()))
            except (DBAPIError, StoreError) as error:
                log.warning("answers cannot be noted yet (%s)", type(error).__name__)
                self._ended = ended + self._ended
                if self._stopping:
                    break
                await asyncio.sleep(1)
        self._noting = None

    async def _keep(self) -> None:
        """Say that this copy lives, and take over from those that do not."""
        with self._store.watch(inbox.NEWS) as watch:
            while True:
                try:
                    await self._look_around()
                except (DBAPIError, StoreError) as error:
                    log.warning("the inbox cannot be read (%s); trying again", type(error).__name__)
                await watch.news(KEEP_UP_SECONDS)

    async def _look_around(self) -> None:
        now = self._machine_time()
        if self._working:
            await self._store.write(inbox.keep_up, self._copy, now)
        for person in await self._store.read(inbox.stale, self._copy, now):
            self._begin(await self._store.write(inbox.take_over, person, self._copy, self._machine_time()))


def _offered(session: Session, ask_id: str) -> tuple[str | None, Turn | None]:
    return inbox.answered_as(session, ask_id), turn_asked(session, ask_id)


def place_of(ask: Ask) -> Address:
    """Where the direct answer belongs."""
    return ask.answer_at or ask.room
