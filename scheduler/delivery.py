"""Sends what waits in the outbox, at the pace of each platform, and notes what became of it."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import Session

from models import outbox
from models.message import Channel, SendError
from models.outbox import Message
from models.store import Store, StoreError, Watch

log = logging.getLogger(__name__)

# The database is away, busy or full: it comes back. Other errors of it are ours, and no patience helps.
AWAY = (OperationalError, InterfaceError, InternalError, PoolTimeoutError, StoreError)
RESERVED = 2  # places in flight that each channel keeps, so that one which hangs does not hold up the others
NOTE_SECONDS = 3.0  # at the end, for noting what was cut off
LONGEST_PAUSE = 300.0
BREATH = 0.05  # at least so long between two looks at what has to wait
BROKEN = "an error in Usher; see the log"
LONGEST_TURN = 3.0  # the slowest pace is mail's, one in two seconds

Settled = Callable[[Session, Message], None]  # what is to happen, in the transaction of the note, once it is settled
# Those of the claimed messages that are to be sent after all, with their words as of now; in the transaction of the
# claim.
Ready = Callable[[Session, Sequence[Message], datetime, datetime], Sequence[Message]]


@dataclass(frozen=True)
class Limits:
    """How much a copy of Usher takes on itself, and how long it waits. Machine time, in seconds."""

    in_flight: int = 16  # messages of one copy: what a kill may double is no more than these
    poll: float = 1.0  # how often it is looked without any news: another process may have posted something
    send: float = 40.0  # a send that hangs longer has an outcome that nobody knows; shorter than the lease
    lease: timedelta = outbox.LEASE
    stop: float = 10.0  # how long what is in flight may hold up the end
    attempts: int = 30  # some two hours, with a pause of five minutes at most


@dataclass(frozen=True)
class Also:
    """What others do in the transactions of a delivery: when messages are claimed, and when one has failed, or was
    sent, or nobody will know.
    """

    ready: Ready | None = None
    failed: Settled | None = None
    sent: Settled | None = None


class Delivery:
    """The sender loop of one copy of Usher. Take, send and note are separate steps, of one message each.

    `copy` is a name that no other copy has, nor had one before.
    """

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        *,
        campaign_time: Callable[[], datetime],
        machine_time: Callable[[], datetime],
        copy: str,
        also: Also = Also(),
        limits: Limits = Limits(),
    ) -> None:
        self._store, self._channels, self._copy, self._limits = store, channels, copy, limits
        self._campaign_time, self._machine_time = campaign_time, machine_time
        self._also = also
        self._in_flight: dict[asyncio.Task[None], Message] = {}
        self._sends: set[asyncio.Timeout] = set()
        self._loop: asyncio.Task[None] | None = None
        self._watch: Watch | None = None
        self._stopping = False

    def start(self) -> None:
        self._loop = asyncio.create_task(self._run(), name="delivery")

    async def stop(self) -> None:
        """Claim nothing more, and wait for what is in flight, but not for long. Its outcome is unknown after that."""
        if self._loop is None:
            return
        self._stopping = True
        self._wake()
        await asyncio.wait({self._loop}, timeout=self._limits.stop)
        for send in self._sends:
            if not send.expired():
                send.reschedule(0)  # its time is over now
        await asyncio.wait({self._loop}, timeout=NOTE_SECONDS)
        left = [self._loop, *self._in_flight]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def take(self) -> list[Message]:
        """Claim what may be sent now, as much as there is room for."""
        claimed: list[Message] = []
        roomy = [name for name in self._channels if self._room(name, claimed) > 0]
        for name in await self._store.read(outbox.open_channels, roomy, self._campaign_time(), self._machine_time()):
            claimed += await self._claim(name, self._room(name, claimed))
        return claimed

    async def deliver(self, message: Message) -> None:
        """Send one message in its turn and note the outcome, however long the database is away meanwhile."""
        await self._turn(message)
        outcome = await self._send(message)
        while True:
            try:
                return await self._store.write(self._note, message, outcome)
            except AWAY as error:
                log.warning("the outcome of message %s cannot be noted yet (%s)", message.id, type(error).__name__)
                await asyncio.sleep(self._limits.poll)

    async def _turn(self, message: Message) -> None:
        """Wait for its turn; no longer than it can be, whatever the machine's clock does meanwhile."""
        wait = (message.not_before - self._machine_time()).total_seconds()
        if wait > 0:
            await asyncio.sleep(min(wait, LONGEST_TURN))

    async def _claim(self, name: str, limit: int) -> list[Message]:
        """Claim for one channel. Its failure must not lose what was claimed for another just before."""
        busy = {message.id or 0 for message in self._in_flight.values()}
        try:
            return await self._store.write(self._claim_ready, self._channels[name], limit, busy)
        except AWAY as error:
            log.warning("nothing can be claimed for %s (%s); trying again", name, type(error).__name__)
        except Exception:  # a bug in one channel must not hold up the others
            log.exception("nothing could be claimed for %s; trying again", name)
        return []

    def _claim_ready(self, session: Session, channel: Channel, limit: int, busy: set[int]) -> list[Message]:
        campaign_now, now = self._campaign_time(), self._machine_time()
        sender = outbox.Sender(self._copy, self._limits.lease, busy)
        claimed = outbox.claim(session, channel, sender, limit=limit, campaign_now=campaign_now, now=now)
        if self._also.ready is None or not claimed:
            return claimed
        together = self._made_ready(session, claimed, campaign_now, now)
        if together is not None:
            return together
        alone = ((one, self._made_ready(session, [one], campaign_now, now)) for one in claimed)
        ready: list[Message] = []
        for one, made in alone:
            if made is None:
                outbox.withdraw(session, one, BROKEN, now)
            ready += made or []
        return ready

    def _made_ready(
        self, session: Session, claimed: Sequence[Message], campaign_now: datetime, now: datetime
    ) -> list[Message] | None:
        """Those that are to be sent; None where that failed, and nothing of it was kept."""
        assert self._also.ready  # noqa: S101 - its caller has looked
        try:
            with session.begin_nested():
                return list(self._also.ready(session, claimed, campaign_now, now))
        except AWAY:
            raise
        except Exception:  # the loop of all sending: a bug in one message must not hold up the others
            log.exception("%s messages could not be made ready together", len(claimed))
            return None

    async def _run(self) -> None:
        with self._store.watch(outbox.NEWS) as self._watch:
            while not self._stopping:
                await self._watch.news(await self._round())
        if self._in_flight:
            await asyncio.wait(self._in_flight)

    async def _round(self) -> float:
        """Begin to send what may be sent now; gives the seconds after which to look again without any news."""
        try:
            claimed = await self.take()
            for message in claimed:
                self._begin(message)
            return 0.0 if claimed else await self._until_next()
        except AWAY as error:
            log.warning("the outbox cannot be read (%s); trying again", type(error).__name__)
        except Exception:  # the outermost loop: a bug must not end all sending
            log.exception("the outbox could not be looked at; trying again")
        return self._limits.poll

    def _begin(self, message: Message) -> None:
        task = asyncio.create_task(self.deliver(message), name=f"message {message.id}")
        self._in_flight[task] = message
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        was_full = len(self._in_flight) >= self._limits.in_flight
        message = self._in_flight.pop(task)
        # There is room, or the next one to that address may go. Where a channel has a pace, that is waited for anyway.
        if was_full or self._stopping or not self._channels[message.channel].interval:
            self._wake()
        if not task.cancelled() and (error := task.exception()):
            log.error("%s failed", task.get_name(), exc_info=error)

    def _wake(self) -> None:
        if self._watch:
            self._watch.wake((outbox.NEWS,))

    def _room(self, name: str, claimed: list[Message]) -> int:
        """How many more messages the channel may have in flight: the others keep a place or two each."""
        places = self._limits.in_flight
        kept = min(RESERVED, places // len(self._channels))
        taken = Counter(message.channel for message in (*self._in_flight.values(), *claimed))
        return places - taken[name] - sum(max(taken[other], kept) for other in self._channels if other != name)

    async def _until_next(self) -> float:
        """The seconds until something may be sent that waits for its time."""
        now = self._machine_time()
        at = await self._store.read(outbox.next_at, self._campaign_time(), now)
        poll = self._limits.poll
        return poll if at is None else min(poll, max(BREATH, (at - now).total_seconds()))

    async def _send(self, message: Message) -> str | SendError:
        """The reference, or what the channel says against it."""
        limit = asyncio.timeout(self._limits.send)
        try:
            async with limit:
                self._sends.add(limit)
                return await self._channels[message.channel].send(message.to, message.reply, message.key)
        except SendError as error:
            return error
        except TimeoutError:
            return SendError("no answer in time", outcome_unknown=True)
        except Exception:  # a bug in one channel must not hold up the others
            log.exception("message %s could not be sent", message.id)
            return SendError(BROKEN, outcome_unknown=True)
        finally:
            self._sends.discard(limit)

    def _note(self, session: Session, message: Message, outcome: str | SendError) -> None:
        now = self._machine_time()
        if isinstance(outcome, str):
            outbox.note_sent(session, message, outcome, now)
            if self._also.sent:
                self._also.sent(session, message)
            return
        log.warning("message %s to %s: %s", message.id, message.channel, outcome.reason)
        last = message.attempts >= self._limits.attempts
        if outcome.moved_to and not last:  # counted, or two addresses that point at each other would never end
            outbox.redirect(session, message.to, outcome.moved_to, now)
            outbox.note_again(session, message, outcome.reason, now, counts=True, to=outcome.moved_to)
        elif outcome.retry_after is not None:
            until = now + timedelta(seconds=outcome.retry_after)
            outbox.hold(session, message.to, until)
            outbox.note_again(session, message, outcome.reason, until, counts=False)
        elif outcome.outcome_unknown:
            outbox.note_uncertain(session, message, outcome.reason, now)
            if self._also.sent:
                self._also.sent(session, message)
        elif last or outcome.permanent or outcome.refused:
            failed = outbox.note_failed(session, message, outcome.reason, now, closes=outcome.permanent)
            if failed and self._also.failed:
                self._also.failed(session, failed)
        else:
            later = now + timedelta(seconds=pause_after(message.attempts))
            outbox.note_again(session, message, outcome.reason, later, counts=True)


def pause_after(attempts: int) -> float:
    """The seconds until the next attempt: twice as long each time, and never the same for two messages."""
    return min(LONGEST_PAUSE, 2.0**attempts) * random.uniform(0.5, 1.0)
