"""Keeps the open pages of the desk up to date: reads and words each list once for all who look at it, as it changes."""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from bot.app import App
from bot.clock import machine_time
from bot.page.desk._gate import Signed
from bot.page.desk._rows import Rows, Shown
from bot.page.limits import CLOSING, REST, Streams
from bot.page.templates import Templates
from models import people, sessions
from models.desk import SignedIn, member_signed_in
from models.store import StoreError, Watch
from models.support import NEWS
from models.support.lists import Counts, Listed, View, counts, listed

log = logging.getLogger(__name__)

PAUSE = 0.25  # seconds between two looks: what changes meanwhile is shown together
LOOKS = 5.0  # seconds after which it is looked who is still of the team, whatever is announced
MINUTE = 60.0  # and after which the waiting times are shown anew
BEAT_SECONDS = 25.0  # proxies close a connection that is silent for a minute
RETRY_MS = 1_500
CHANGED = "changed"  # what a stream is woken by when its list was read anew
BEAT, REST_NOW = "event: beat\ndata: {}\n\n", "event: rest\ndata: {}\n\n"
GONE = "event: gone\ndata: {}\n\n"  # who has it open is let in no more


@dataclass(frozen=True)
class _List:
    """How a list stands, and what brings a page there: from how it stood `before`, or from anywhere."""

    shown: Shown
    whole: str
    step: str
    before: str


@dataclass(frozen=True, eq=False)
class _Place:
    """An open stream, of whom; `asks` is the list that it shows, if it is one."""

    signed: Signed
    watch: Watch
    asks: tuple[View, str] | None


class Board:
    """The open streams of the desk. While there are any, one task looks for all of them."""

    def __init__(self, app: App, templates: Templates) -> None:
        self._app, self.rows = app, Rows(app, templates)
        self._streams = Streams()
        self._places: set[_Place] = set()
        self._lists: dict[tuple[View, str], _List] = {}
        self._looking: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    def close(self) -> None:
        self._streams.close()

    def has_room(self, address: str) -> bool:
        return self._streams.has_room(address)

    async def shown(self, view: View, language: str) -> Shown:
        """The list as it stands now."""
        found = await self._app.store.read(_read, [view])
        return self.rows.shown(found.lists[view], found.counts, language, self._app.clock.now())

    @contextmanager
    def place(
        self, signed: Signed, address: str, *topics: str, asks: tuple[View, str] | None = None
    ) -> Iterator[Watch]:
        """Where a stream waits for its topics, and hears when who has it open is let in no more."""
        own = people.news_of(signed.member.name), sessions.news_of(signed.signed_in.ident)
        with (
            self._app.store.watch(*topics, *own) as watch,
            self._streams.place(signed.signed_in.ident, address, watch),
        ):
            place = _Place(signed, watch, asks)
            self._places.add(place)
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look_after_all())
            try:
                yield watch
            finally:
                self._places.discard(place)
                if not self._places and self._looking is not None:
                    self._looking.cancel()
                    self._looking = None
                    self._lists.clear()

    async def stream(self, signed: Signed, address: str, view: View, language: str, stamp: str) -> AsyncIterator[str]:
        """Server-sent events for a page that shows that list as it stood at `stamp`."""
        asks, mine, name = (view, language), -1, signed.member.name
        with self.place(signed, address, asks=asks) as watch:
            yield f"retry: {RETRY_MS}\n\n"
            with suppress(DBAPIError, StoreError):  # what is not read now comes with the next change
                await self._look([asks])
            woken: Collection[str] = (CHANGED,)
            while True:
                if (now := self._lists.get(asks)) and CHANGED in woken:
                    told = "" if now.shown.stamp == stamp else now.step if now.before == stamp else now.whole
                    if (has := now.shown.counts.mine.get(name, 0)) != mine:
                        mine, told = has, f'{told}event: mine\ndata: {{"count": {has}}}\n\n'
                    stamp = now.shown.stamp
                    if told:
                        yield told
                woken = await watch.news(BEAT_SECONDS)
                if ending := await self.ending(signed.signed_in, woken - {CHANGED}):
                    yield ending
                    return
                if not woken:
                    yield BEAT

    async def ending(self, signed_in: SignedIn, woken: Collection[str]) -> str:
        """The last event of a stream that was woken by these, or by nothing; empty where it goes on."""
        if CLOSING in woken:
            return "retry: 500\n\n"
        if REST in woken:
            return REST_NOW
        if not woken:
            return ""
        return "" if await self._app.store.read(member_signed_in, signed_in, machine_time()) else GONE

    async def _look_after_all(self) -> None:
        """Look again whenever a case changes, at once, but not more than some times a second."""
        loop = asyncio.get_running_loop()
        last = loop.time()
        with self._app.store.watch(NEWS) as watch:
            while True:
                woken = await watch.news(LOOKS)
                try:
                    if woken or loop.time() - last >= MINUTE:
                        last = loop.time()
                        await self._look({place.asks for place in self._places if place.asks})
                    await self._see_who_left()
                except (DBAPIError, StoreError) as error:
                    log.warning("the desk's pages get no news for a moment (%s)", type(error).__name__)
                await asyncio.sleep(PAUSE)

    async def _look(self, asked: Collection[tuple[View, str]]) -> None:
        """Read the lists anew, and wake the streams of those that changed."""
        async with self._lock:
            found = await self._app.store.read(_read, {view for view, _ in asked})
            at, changed = self._app.clock.now(), set()
            for asks in asked:
                view, language = asks
                shown = self.rows.shown(found.lists[view], found.counts, language, at)
                had = self._lists.get(asks)
                if had is None or had.shown.stamp != shown.stamp or had.shown.counts.mine != shown.counts.mine:
                    before = had.shown if had else None
                    self._lists[asks] = _List(
                        shown, shown.event(), shown.event(before), before.stamp if before else ""
                    )  # fmt: skip
                    changed.add(asks)
        for place in self._places:
            if place.asks in changed:
                place.watch.wake((CHANGED,))

    async def _see_who_left(self) -> None:
        """Wake the streams of those that are let in no more, wherever that was settled: each looks then for itself."""
        now = machine_time()
        stands = await self._app.store.read(_signed_out_at)
        for place in self._places:
            name, since = place.signed.signed_in.name, place.signed.signed_in.since
            if name not in stands or stands[name] >= since.timestamp() or now.timestamp() >= place.signed.until:
                place.watch.wake((people.news_of(name),))


@dataclass(frozen=True)
class _Found:
    lists: Mapping[View, Listed]
    counts: Counts


def _read(session: Session, views: Collection[View]) -> _Found:
    return _Found({view: listed(session, view) for view in views}, counts(session))


def _signed_out_at(session: Session) -> dict[str, float]:
    """Who is of the team, and when each was last signed out everywhere, in seconds."""
    return {one.name: one.signed_out_at.timestamp() if one.signed_out_at else 0.0 for one in people.staff(session)}
