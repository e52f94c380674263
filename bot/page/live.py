"""Sends an open page what arrives by itself: turns of another tab, a moved time, the end of its session."""

import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from bot.app import App
from bot.page.bubbles import exchanges
from bot.page.frame import Frames, stamp
from bot.page.limits import CLOSING, REST, Streams
from bot.page.templates import Templates
from bot.page.visitor import Visit
from models import conversation, sessions
from models.conversation import Turn, offering, turns_after
from models.demonstration import MOVED
from models.message import Address
from models.store import StoreError

log = logging.getLogger(__name__)

BEAT_SECONDS = 25.0  # proxies close a connection that is silent for a minute
RETRY_MS = 1_500  # how soon a browser comes again when its stream was cut
MISSED = 50  # turns; a page that lacks more is made anew


@dataclass(frozen=True)
class News:
    """What a page lacks: its turns as HTML, and the number of the last one. `whole`: there may be more than that."""

    html: str
    after: int
    whole: bool = True


class Live:
    """The streams of the open pages, and the parts of a page that are sent to them."""

    def __init__(self, app: App, templates: Templates, frames: Frames) -> None:
        self._app, self._templates, self._frames = app, templates, frames
        self._streams = Streams()

    def has_room(self, address: str) -> bool:
        return self._streams.has_room(address)

    def close(self) -> None:
        """End every stream, so that they do not hold up a stop. The browsers come again when Usher is back."""
        self._streams.close()

    async def stream(self, visit: Visit, after: int, seen: str, language: str, address: str) -> AsyncIterator[str]:
        """Server-sent events for the page that has the turns up to `after` and the frame of stamp `seen`."""
        room = Address("web", visit.visitor)
        topics = (conversation.news_of(room), sessions.news_of(visit.session), MOVED)
        with self._app.store.watch(*topics) as watch, self._streams.place(visit.visitor, address, watch):
            yield f"retry: {RETRY_MS}\n\n"
            while True:
                try:
                    news = await self.news(visit, after)
                except (DBAPIError, StoreError) as error:
                    log.warning("a page gets no news until it comes again (%s)", type(error).__name__)
                    return
                if news is None:
                    yield GONE
                    return
                if not news.whole:
                    yield _event("reload")
                    return
                if news.html:
                    after = news.after
                    yield _event("turns", {"html": news.html}, after)
                if (now := stamp(self._app)) != seen:
                    seen = now
                    yield _event("frame", self.frame(language))
                woken = await watch.news(BEAT_SECONDS)
                if CLOSING in woken:
                    return
                if REST in woken:
                    yield _event("rest")
                    return
                if not woken:
                    yield _event("beat")

    async def news(self, visit: Visit, after: int) -> News | None:
        """The turns after `after`, with those whose buttons they pressed; None where the session has ended."""
        found = await self._app.store.read(_found, visit, after)
        if found is None:
            return None
        turns, offered = found
        html = self.html(turns, offered) if turns else ""
        return News(html, turns[-1].id or after if turns else after, len(turns) <= MISSED)

    def html(self, turns: Sequence[Turn], offered: Sequence[Turn]) -> str:
        """The turns as a page shows them, after those whose buttons they pressed, whose choices are settled now."""
        again = [replace(one, new_day=None) for one in exchanges(offered, self._app.campaigns, turns)]
        shown = [*again, *exchanges(turns, self._app.campaigns, offered)]
        return self._templates.render("news.html", exchanges=shown)

    def frame(self, language: str) -> dict[str, str]:
        """The parts of the layout that change with the time, for the script of the page."""
        told = self._frames.of(language)
        parts = self._templates.parts("parts.html", frame=told, w=told.words)
        return {
            "stamp": told.stamp,
            "timeline": str(parts.timelines()),
            "demonstration": str(parts.demonstration()) if told.demonstration else "",
        }


def _found(session: Session, visit: Visit, after: int) -> tuple[list[Turn], list[Turn]] | None:
    if sessions.has_ended(session, visit.session):
        return None
    turns = turns_after(session, Address("web", visit.visitor), after, MISSED + 1)
    new = {turn.ask_id for turn in turns}
    return turns, [turn for turn in offering(session, turns) if turn.ask_id not in new]


def _event(name: str, data: Mapping[str, str] | None = None, ident: int | None = None) -> str:
    """One event of the stream. The data are one line: JSON breaks no line."""
    last = "" if ident is None else f"id: {ident}\n"
    return f"event: {name}\n{last}data: {json.dumps(data or {}, ensure_ascii=False)}\n\n"


GONE = _event("gone")  # the page shows what its visitor may no longer see
