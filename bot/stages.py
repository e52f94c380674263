"""Shows the stages of a check that takes longer, in one message to each who waits, changed as they finish."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from sqlmodel import Session

from handlers.checks import Telling
from models.checks import Check
from models.message import Address, Channel, SendError
from models.outbox import Posting, post, references
from models.store import Store
from scheduler.delivery import AWAY

if TYPE_CHECKING:
    from handlers.probe import Step

log = logging.getLogger(__name__)

SHOWN_TO = 5  # of many who wait for the same: the platforms take no more changes of messages a second
USEFUL = timedelta(seconds=20)


class Pace(Protocol):
    @property
    def edit(self) -> float: ...

    @property
    def settle(self) -> float: ...


@dataclass(frozen=True)
class Shown:
    """Who waits, and the words for them."""

    check: Check
    telling: Telling

    @property
    def key(self) -> str:
        return f"check:{self.check.id}:stages"

    @property
    def to(self) -> Address:
        return Address.of(self.check.place)


class Stages:
    """The messages about one check. What cannot be shown is no matter: the result comes by itself."""

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        shown: Sequence[Shown],
        steps: "Sequence[Step]",
        times: Callable[[], tuple[datetime, datetime]],
        pace: Pace,
    ) -> None:
        self._store, self._channels, self._steps, self._times, self._pace = store, channels, steps, times, pace
        self._shown = {one.key: one for one in shown[:SHOWN_TO] if one.to.channel in channels}
        self._told: dict[str, int] = {}  # how many steps each message shows
        self._over = asyncio.Event()

    @asynccontextmanager
    async def shown(self) -> AsyncIterator[None]:
        """Show them while this lasts, and then that they are all."""
        showing = asyncio.create_task(self._show(), name="stages of a check")
        try:
            yield
            self._over.set()
            await showing
        finally:
            showing.cancel()

    async def _show(self) -> None:
        try:
            await self._post()
            while not self._over.is_set():
                await self._wait()
                await self._change()
            await self._end()
        except (*AWAY, SendError) as error:
            log.info("the stages of a check are not shown (%s)", type(error).__name__)
        except Exception:  # they are for the eye only: the result must come in any case
            log.exception("the stages of a check are not shown")

    async def _post(self) -> None:
        """Once there is something to show; a check that is over soon needs no stages."""
        await self._wait()
        while not (self._steps or self._over.is_set()):
            await self._wait()
        if not self._over.is_set():
            self._told = dict.fromkeys(self._shown, len(self._steps))
            await self._store.write(self._posted, list(self._steps))

    def _posted(self, session: Session, steps: "Sequence[Step]") -> None:
        at, now = self._times()
        for key, one in self._shown.items():
            said = one.telling.stages(steps)
            post(session, Posting(key, one.to, said, at, "check", useful_until=at + USEFUL), now)

    async def _change(self) -> None:
        """Bring each message that has been sent up to date."""
        steps = list(self._steps)
        late = [key for key, told in self._told.items() if told < len(steps)]
        if late:
            for key, reference in (await self._store.read(references, late)).items():
                await self._edit(key, reference, steps)

    async def _end(self) -> None:
        """Each says at last that these are all, also one that is only on its way just now."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._pace.settle
        while self._told:
            for key, reference in (await self._store.read(references, list(self._told))).items():
                await self._edit(key, reference, list(self._steps), done=True)
                self._told.pop(key, None)
            if loop.time() > until:
                return
            await asyncio.sleep(self._pace.edit)

    async def _edit(self, key: str, reference: str, steps: "Sequence[Step]", *, done: bool = False) -> None:
        one = self._shown[key]
        try:
            await self._channels[one.to.channel].edit(reference, one.telling.stages(steps, done=done))
        except SendError as error:
            log.info("a message with stages cannot be changed: %s", error.reason)
            del self._told[key]
        else:
            self._told[key] = len(steps)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._pace.edit):
                await self._over.wait()
        except TimeoutError:
            return
