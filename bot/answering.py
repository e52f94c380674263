"""Answers one event: asks the reception, and sends its reply until it is sent, refused for good, or nobody knows."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Concatenate, ParamSpec, Protocol

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from handlers.reception import Also, Before, Heard
from handlers.support import alternatives
from models import inbox
from models.conversation import Turn, turn_asked
from models.inbox import State, Taken, TakenOver, storable
from models.message import Ask, Reply, SendError
from models.outbox import redirect
from models.reach import close
from models.store import Store, StoreError

log = logging.getLogger(__name__)

P = ParamSpec("P")
Outcome = tuple[State, str | None, str | None]  # the message's reference, and the reason if it was not sent

AT_ONCE = 64  # answers of one channel in the making: a platform that hangs holds up no other channel
MOVES = 3  # how often one answer follows an address that has moved
OURS = "an error in Usher; see the log"


@dataclass(frozen=True)
class Times:
    """How long is waited, in seconds."""

    take: float = 2.5  # Slack waits for three
    keep_up: float = 5.0
    again: float = 0.5  # the first pause when a send was refused for now, or the database was away
    give_up: float = 120.0  # an answer later than that is better asked for again
    insist: float = 1.0  # where the database is away and nothing else can be done
    stop: float = 10.0


class Answering(Protocol):
    """A channel as far as it answers."""

    async def answer(self, ask: Ask, reply: Reply) -> str | None:
        """Send `reply` to where `ask` was asked; the message's reference, if it has one. Raises `SendError`."""
        ...

    async def edit(self, reference: str, reply: Reply) -> None: ...


class Hearing(Protocol):
    """The reception as far as it hears."""

    async def hear(self, ask: Ask, also: Also | None = None, before: Before | None = None) -> Heard: ...

    def sorry(self, ask: Ask) -> Reply: ...


@dataclass(eq=False)
class Work:
    """An event that this copy has taken, until its outcome is noted."""

    event: Taken
    before: Before | None = None  # what the reception saw when the event was taken, if that still holds
    task: "asyncio.Task[None] | None" = None
    heard: Heard | None = None
    failed: bool = False  # Usher itself: what is said is the apology
    marked: bool = False  # as being sent, in the database
    calling: bool = False  # the channel: if that is cut off nobody knows whether it was sent


@dataclass
class _Sending:
    """How far the sending of one reply has come."""

    ask: Ask  # with the place where it is answered now
    reply: Reply
    until: float
    pause: float
    wait: float = 0.0
    moves: int = 0


class Answerer:
    """Answers events, each channel's in the order in which they come to it."""

    def __init__(
        self,
        store: Store,
        reception: Hearing,
        channels: Mapping[str, Answering],
        machine_time: Callable[[], datetime],
        copy: str,
        times: Times,
    ) -> None:
        self._store, self._reception, self._channels = store, reception, channels
        self._machine_time, self._copy, self._times = machine_time, copy, times
        self._rooms = {name: asyncio.Semaphore(AT_ONCE) for name in channels}
        self.stopping = False

    async def answer(self, work: Work) -> Outcome | None:
        """What became of the event; None where it was not begun. Raises `TakenOver`."""
        name = work.event.ask.sender.channel
        channel, room = self._channels[name], self._rooms[name]
        async with room:
            if self.stopping:
                return None
            heard = work.heard = await self._hear(work)
            if heard.reply is None:
                return State.SILENT, None, None
            if not work.marked:
                await self._insist(inbox.begin_sending, work.event.id, self._copy)
            until = _elapsed() + self._times.give_up
            sending = _Sending(work.event.ask, heard.reply, until, self._times.again)
            outcome = await self._try(work, sending, channel)
        while outcome is None:
            await asyncio.sleep(sending.wait)  # in nobody's way
            async with room:
                outcome = await self._try(work, sending, channel)
        if work.failed and outcome[0] is State.ANSWERED:
            return State.FAILED, outcome[1], OURS  # an apology is no answer: a button may be pressed again
        return outcome

    async def apologise(self, ask: Ask) -> None:
        """Say once that something is wrong."""
        await self._channels[ask.sender.channel].answer(ask, self._reception.sorry(ask))

    async def show_chosen(self, work: Work) -> None:
        """Show the choice as made where it was offered. It is only for the eye: where it fails nothing is lost."""
        heard = work.heard
        if heard is None or heard.settles is None or heard.chosen is None:
            return
        reference, turn = await self._store.read(_offered, heard.settles)
        if reference and turn and alternatives(turn.reply):
            channel = self._channels[work.event.ask.sender.channel]
            await channel.edit(reference, replace(turn.reply, chosen=heard.chosen))

    async def _hear(self, work: Work) -> Heard:
        """What to reply. While the database is away it is waited for; where Usher itself fails it is the apology."""
        ask, pause = work.event.ask, self._times.again
        until = _elapsed() + self._times.give_up

        def begins(session: Session) -> None:
            inbox.begin_sending(session, work.event.id, self._copy)
            work.marked = True

        while True:
            try:
                before, work.before = work.before, None  # at a second try something may have changed
                return await self._reception.hear(ask, begins, before)
            except TakenOver:
                raise
            except Exception as error:  # one bad event must not keep the others
                work.marked = False  # that was taken back
                if not isinstance(error, DBAPIError | StoreError) or _elapsed() + pause > until:
                    log.exception("%s could not be answered", ask.id)
                    work.failed = True
                    return Heard(self._reception.sorry(ask))
                log.warning("%s cannot be answered yet (%s)", ask.id, type(error).__name__)
            await asyncio.sleep(pause)
            pause *= 2

    async def _try(self, work: Work, sending: _Sending, channel: Answering) -> Outcome | None:
        """Send once; None where it is to be tried again after `sending.wait`."""
        work.calling = True  # and so it stays where this is cancelled
        try:
            reference = await channel.answer(sending.ask, sending.reply)
        except SendError as error:
            work.calling = False
            log.warning("the answer to %s: %s", sending.ask.id, error.reason)
            return await self._not_sent(sending, error, storable(error.reason))
        except Exception:  # as above
            work.calling = False
            log.exception("the answer to %s could not be sent", sending.ask.id)
            return State.UNCERTAIN, None, OURS
        work.calling = False
        return State.ANSWERED, reference, None

    async def _not_sent(self, sending: _Sending, error: SendError, reason: str) -> Outcome | None:
        room, now = sending.ask.room, self._machine_time()
        if error.outcome_unknown:
            return State.UNCERTAIN, None, reason
        if error.moved_to and sending.moves < MOVES:
            await self._insist(redirect, room, error.moved_to, now)
            # What named a place within the old room names none in the new one.
            sending.ask = replace(sending.ask, room=error.moved_to, answer_at=None)
            sending.moves, sending.wait = sending.moves + 1, 0.0
            return None
        if error.permanent:
            in_private = sending.reply.private or sending.ask.once
            await self._insist(close, sending.ask.sender if in_private else room, reason, now)
        if error.permanent or error.refused or error.moved_to:
            return State.FAILED, None, reason
        if error.retry_after is None:
            sending.wait, sending.pause = sending.pause, 2 * sending.pause
        else:
            sending.wait = error.retry_after
        return (State.FAILED, None, reason) if _elapsed() + sending.wait > sending.until else None

    async def _insist(self, fn: Callable[Concatenate[Session, P], None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Write, however long the database is away: nothing else can be done with the event."""
        while True:
            try:
                return await self._store.write(fn, *args, **kwargs)
            except (DBAPIError, StoreError) as error:
                log.warning("the database cannot be written to (%s); trying again", type(error).__name__)
            await asyncio.sleep(self._times.insist)


def _elapsed() -> float:
    return asyncio.get_running_loop().time()


def _offered(session: Session, ask_id: str) -> tuple[str | None, Turn | None]:
    return inbox.answered_as(session, ask_id), turn_asked(session, ask_id)
