"""Sends what waits in the outbox, at the pace of each platform, and notes what became of it."""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from models import outbox
from models.message import Channel, SendError
from models.outbox import Message
from models.store import Store, StoreError

log = logging.getLogger(__name__)

IN_FLIGHT = 16  # messages of one copy: what a kill may double is no more than these
POLL_SECONDS = 1.0  # how often it is looked without any news: another process may have posted something
SEND_SECONDS = 40.0  # a send that hangs longer has an outcome that nobody knows; shorter than the lease
STOP_SECONDS = 10.0  # how long what is in flight may hold up the end
ATTEMPTS = 30  # some two hours, with a pause of five minutes at most
LONGEST_PAUSE = 300.0

Settled = Callable[[Session, Message], None]  # what is to happen, in the transaction of the note, once it is settled


class Delivery:
    """The sender loop of one copy of Usher. Take, send and note are separate steps, of one message each."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        *,
        campaign_time: Callable[[], datetime],
        machine_time: Callable[[], datetime],
        copy: str,
        failed: Settled | None = None,
    ) -> None:
        self._store, self._channels, self._copy = store, channels, copy
        self._campaign_time, self._machine_time, self._failed = campaign_time, machine_time, failed
        self._sending: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None
        self._free = asyncio.Event()

    def start(self) -> None:
        self._loop = asyncio.create_task(self._run(), name="delivery")

    async def stop(self) -> None:
        """Claim nothing more, and wait for what is in flight, but not for long. Its outcome is unknown after that."""
        if self._loop is None:
            return
        self._loop.cancel()
        with suppress(asyncio.CancelledError):
            await self._loop
        if self._sending:
            _, hanging = await asyncio.wait(self._sending, timeout=STOP_SECONDS)
            for task in hanging:
                task.cancel()
            await asyncio.gather(*hanging, return_exceptions=True)

    async def take(self) -> list[Message]:
        """Claim what may be sent now, as much as there is room for."""
        now, campaign_now = self._machine_time(), self._campaign_time()
        claimed: list[Message] = []
        for name in await self._store.read(outbox.open_channels, campaign_now, now):
            room = IN_FLIGHT - len(self._sending) - len(claimed)
            channel = self._channels.get(name)
            if channel is None or room < 1:
                continue
            claimed += await self._store.write(
                outbox.claim,
                channel,
                limit=room,
                copy=self._copy,
                campaign_now=campaign_now,
                now=now,
            )
        return claimed

    async def deliver(self, message: Message) -> None:
        """Send one message and note the outcome."""
        note = await self._send(message)
        while True:
            try:
                await self._store.write(self._note, message, note)
                return
            except (DBAPIError, StoreError) as error:
                log.warning("the outcome of message %s cannot be noted yet (%s)", message.id, type(error).__name__)
                await asyncio.sleep(POLL_SECONDS)

    async def _run(self) -> None:
        with self._store.watch(outbox.NEWS) as watch:
            while True:
                self._free.clear()
                wait = POLL_SECONDS
                try:
                    claimed = await asyncio.shield(asyncio.create_task(self._begin()))
                    wait = 0.0 if claimed and len(self._sending) < IN_FLIGHT else await self._pause()
                except (DBAPIError, StoreError) as error:
                    log.warning("the outbox cannot be read (%s); trying again", type(error).__name__)
                if len(self._sending) >= IN_FLIGHT:
                    await self._free.wait()
                elif wait:
                    await watch.news(wait)

    async def _begin(self) -> int:
        """Claim and begin to send, as one step: a stop in between would leave claimed messages lying."""
        claimed = await self.take()
        for message in claimed:
            task = asyncio.create_task(self.deliver(message), name=f"message {message.id}")
            self._sending.add(task)
            task.add_done_callback(self._done)
        return len(claimed)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._sending.discard(task)
        self._free.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("%s failed", task.get_name(), exc_info=error)

    async def _pause(self) -> float:
        """The seconds until something may be sent that waits for its time."""
        now = self._machine_time()
        at = await self._store.read(outbox.next_at, self._campaign_time(), now)
        return POLL_SECONDS if at is None else min(POLL_SECONDS, max(0.01, (at - now).total_seconds()))

    async def _send(self, message: Message) -> str | SendError:
        """The reference, or what the channel says against it."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return await self._channels[message.channel].send(message.to, message.reply, message.key)
        except SendError as error:
            return error
        except TimeoutError:
            return SendError("no answer in time", outcome_unknown=True)
        except asyncio.CancelledError:
            return SendError("Usher was stopped meanwhile", outcome_unknown=True)
        except Exception:  # the outermost loop: a bug in one channel must not hold up the others
            log.exception("message %s could not be sent", message.id)
            return SendError("an error in Usher; see the log", outcome_unknown=True)

    def _note(self, session: Session, message: Message, outcome: str | SendError) -> None:
        now, ident = self._machine_time(), message.id or 0
        if isinstance(outcome, str):
            outbox.note_sent(session, ident, outcome, now)
            return
        log.warning("message %s to %s: %s", ident, message.channel, outcome.reason)
        if outcome.moved_to:
            outbox.redirect(session, message.to, outcome.moved_to, now)
            outbox.note_again(session, ident, outcome.reason, now, counts=False, to=outcome.moved_to)
        elif outcome.retry_after is not None:
            until = now + timedelta(seconds=outcome.retry_after)
            outbox.hold(session, message.to, until)
            outbox.note_again(session, ident, outcome.reason, until, counts=False)
        elif outcome.outcome_unknown:
            outbox.note_uncertain(session, ident, outcome.reason, now)
        elif outcome.permanent or outcome.refused or message.attempts >= ATTEMPTS:
            outbox.note_failed(session, ident, outcome.reason, now, closes=outcome.permanent)
            if self._failed:
                self._failed(session, message)
        else:
            later = now + timedelta(seconds=pause_after(message.attempts))
            outbox.note_again(session, ident, outcome.reason, later, counts=True)


def pause_after(attempts: int) -> float:
    """The seconds until the next attempt: twice as long each time, and never the same for two messages."""
    return min(LONGEST_PAUSE, 2.0**attempts) * random.uniform(0.5, 1.0)
