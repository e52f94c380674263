"""Keeps the cards in the support rooms up to date: each is changed soon after its case was, whoever changed that."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from sqlmodel import Session

from handlers.support import Support
from models.message import Address, Channel, Reply, SendError
from models.store import Store
from models.support import CARDS, Stale, case_of, give_up_card, note_card, stale_cards, take_card
from scheduler.delivery import AWAY

log = logging.getLogger(__name__)

POLL = 5.0  # seconds; another process may have changed something, or a copy that was changing a card has ended
PACE = 1.0  # at least so long between two changes in one room; the platforms count them like messages
STOP = 5.0


class Cards:
    """The loop of one copy of Usher. Several may run: a card is taken before it is changed, and twice does no harm."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        rooms: Sequence[Address],
        support: Support,
        campaign_time: Callable[[], datetime],
        machine_time: Callable[[], datetime],
    ) -> None:
        self._store, self._channels, self._support = store, channels, support
        self._campaign_time, self._machine_time = campaign_time, machine_time
        self._rooms = {str(room): room for room in rooms if room.channel in channels}
        self._free_at = dict.fromkeys(self._rooms, 0.0)  # by the loop's clock
        self._editing: dict[str, asyncio.Task[None]] = {}
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; without a room there is nothing to do."""
        if self._rooms:
            self._loop = asyncio.create_task(self._run(), name="cards")

    async def stop(self) -> None:
        """Begin no change more, and let those end that are being made, but not for long."""
        if self._loop is None:
            return
        self._loop.cancel()
        if self._editing:
            await asyncio.wait([*self._editing.values()], timeout=STOP)
        left = [self._loop, *self._editing.values()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _run(self) -> None:
        with self._store.watch(CARDS) as watch:
            while True:
                await watch.news(await self._round(watch.wake))

    async def _round(self, wake: Callable[[Sequence[str]], None]) -> float:
        """Begin to change one card in each room where that may be; gives the seconds until another look."""
        now = asyncio.get_running_loop().time()
        idle = [room for room in self._rooms if room not in self._editing]
        free = [room for room in idle if self._free_at[room] <= now]
        try:
            found = await self._store.read(stale_cards, free, self._machine_time()) if free else []
        except AWAY as error:
            log.warning("the cards cannot be looked at (%s); trying again", type(error).__name__)
            return POLL
        for card in found:
            task = asyncio.create_task(self._bring_up_to_date(card), name=f"card of case {card.case.number}")
            self._editing[card.room] = task
            task.add_done_callback(partial(self._ended, card.room, wake))
        waits = [self._free_at[room] - now for room in idle if self._free_at[room] > now]
        return max(0.05, min([POLL, *waits]))

    def _ended(self, room: str, wake: Callable[[Sequence[str]], None], task: "asyncio.Task[None]") -> None:
        del self._editing[room]
        if not task.cancelled() and (error := task.exception()):
            log.error("%s could not be changed", task.get_name(), exc_info=error)
            self._hold(room, POLL)
        wake((CARDS,))  # another card may wait there

    async def _bring_up_to_date(self, card: Stale) -> None:
        try:
            if not await self._store.write(take_card, card, self._machine_time()):
                return
            shown = await self._store.read(self._worded, card)
            self._hold(card.room, max(PACE, self._channel(card).pause(self._rooms[card.room])))
            await self._edit(card, shown)
        except AWAY as error:
            log.warning("the card of case %s waits for the database (%s)", card.case.number, type(error).__name__)

    def _worded(self, session: Session, card: Stale) -> tuple[Stale, Reply]:
        """As the case stands now, which may be later than when it was looked for."""
        case = case_of(session, card.case.number or 0)
        if case is None:
            raise LookupError(f"case {card.case.number} is gone")
        now = Stale(case, card.room, card.reference, case.version)
        return now, self._support.card(session, case, self._campaign_time())

    async def _edit(self, card: Stale, shown: tuple[Stale, Reply]) -> None:
        as_shown, reply = shown
        try:
            await self._channel(card).edit(card.reference, reply)
        except SendError as error:
            log.warning("the card of case %s in %s: %s", card.case.number, card.room, error.reason)
            if error.retry_after is not None:
                self._hold(card.room, error.retry_after)
            if error.permanent or error.refused:
                await self._store.write(give_up_card, as_shown)
            return
        await self._store.write(note_card, as_shown)

    def _channel(self, card: Stale) -> Channel:
        return self._channels[self._rooms[card.room].channel]

    def _hold(self, room: str, seconds: float) -> None:
        self._free_at[room] = asyncio.get_running_loop().time() + seconds
