"""Fetches Telegram's updates where there is no webhook: one copy of Usher at a time, held by a lease."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.exc import DBAPIError

from bot.telegram.read import UPDATES
from models.store import StoreError

log = logging.getLogger(__name__)


class Leases(Protocol):
    """Where the lease is held."""

    async def hold(self, name: str, seconds: float) -> bool: ...

    async def let_go(self, name: str) -> None: ...


@dataclass(frozen=True)
class Pace:
    """The seconds that Telegram may hold a poll open, that a silent copy keeps its lease, and of the pauses."""

    poll: int = 25
    lease: float = 24.0  # with the sixth of it that passes between two looks another copy takes over within 30
    again: float = 1.0
    longest: float = 30.0


class Pauses:
    """Twice as long each time, until something has gone well."""

    def __init__(self, pace: Pace) -> None:
        self._pace, self._next = pace, pace.again

    def next(self) -> float:
        pause, self._next = self._next, min(2 * self._next, self._pace.longest)
        return pause

    def reset(self) -> None:
        self._next = self._pace.again


class Poll:
    """Fetches updates with `fetch(offset, seconds, kinds)` and hands them to `receive`, which is False to refuse."""

    def __init__(
        self,
        leases: Leases,
        fetch: Callable[[int, int, list[str]], Awaitable[list[Any]]],
        receive: Callable[..., Awaitable[bool]],
        pace: Pace,
        pauses: Pauses,
    ) -> None:
        self._leases, self._fetch, self._receive = leases, fetch, receive
        self._pace, self._pauses = pace, pauses

    async def in_turn(self, lease: str) -> None:
        """Fetch while this copy holds the lease; else wait for it. Raises what the fetching raises."""
        try:
            while True:
                if await self._leases.hold(lease, self._pace.lease):
                    await self._while_held(lease)
                else:
                    await asyncio.sleep(self._pace.lease / 6)
        finally:
            with suppress(DBAPIError, StoreError):  # then it runs out
                await self._leases.let_go(lease)

    async def _while_held(self, lease: str) -> None:
        fetching = asyncio.create_task(self._fetch_on(), name="Telegram's updates")
        try:
            while not fetching.done():
                await asyncio.wait([fetching], timeout=self._pace.lease / 3)
                if not await self._still_held(lease):
                    return
            fetching.result()
        finally:
            fetching.cancel()
            await asyncio.gather(fetching, return_exceptions=True)

    async def _still_held(self, lease: str) -> bool:
        """Also while the database is away, so that whoever asks is told so: what is not written down comes again.

        If another copy has taken over, Telegram ends one of the two by itself.
        """
        try:
            async with asyncio.timeout(self._pace.lease / 3):
                return await self._leases.hold(lease, self._pace.lease)
        except (DBAPIError, StoreError, TimeoutError) as error:
            log.warning("Telegram's updates are fetched without the database (%s)", type(error).__name__)
            return True

    async def _fetch_on(self) -> None:
        """Fetch for ever. Asking for those after one tells Telegram that it is written down."""
        after = 0
        while True:
            updates = await self._fetch(after, self._pace.poll, UPDATES)
            following = max([after, *(_number(update) + 1 for update in updates)])
            taken = not updates or await self._receive(*sorted(updates, key=_number))
            if not taken or (updates and following == after):
                await asyncio.sleep(self._pauses.next())
                continue
            self._pauses.reset()
            after = following


def _number(update: Any) -> int:
    try:
        return int(update["update_id"])
    except (KeyError, TypeError, ValueError):
        return -1  # such a one cannot be confirmed by itself, only by a later one
