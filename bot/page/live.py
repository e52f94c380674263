"""Sends an open page what arrives by itself: turns of another tab, a moved time, the end of its session."""

import json
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from bot.app import App
from bot.clock import machine_time
from bot.page.bubbles import exchanges
from bot.page.frame import Frames, stamp
from bot.page.limits import CLOSING, REST, Streams
from bot.page.own import Own
from bot.page.session import room_of
from bot.page.templates import Templates
from bot.page.visitor import Visit
from models import conversation, sessions
from models.contacts import participants_of
from models.conversation import Turn, changed_since, offering, pressing, turns_after
from models.demonstration import MOVED
from models.participants import Participant
from models.sessions import Standing, standing
from models.store import StoreError

log = logging.getLogger(__name__)

BEAT_SECONDS = 25.0  # proxies close a connection that is silent for a minute
RETRY_MS = 1_500  # how soon a browser comes again when its stream was cut
RENEWED_MS = 500  # and where its next cookie is on its way
RECENT = timedelta(seconds=30)  # a page that has just been made may show what was changed meanwhile
MISSED = 50  # turns; a page that lacks more is made anew


@dataclass(frozen=True)
class Has:
    """What an open page has: the turns up to `after`, as they were at `changed`, the frame and the visitor's own things
    of those stamps.
    """

    after: int
    frame: str
    own: str
    changed: datetime | None = None


@dataclass(frozen=True)
class News:
    """What a page lacks: its turns as HTML, and the number of the last one. `whole`: there may be more than that.

    `acts_for` are those that its visitor acts for; `changed` is when the last of its turns was changed.
    """

    html: str
    after: int
    changed: datetime
    whole: bool
    acts_for: Sequence[Participant]


@dataclass(frozen=True)
class _Found:
    turns: list[Turn]
    offered: list[Turn]
    pressed: list[Turn]
    changed: list[Turn]
    acts_for: list[Participant]
    stands: Standing


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

    async def stream(self, visit: Visit, has: Has, language: str, address: str) -> AsyncIterator[str]:
        """Server-sent events for a page, with what it lacks beside what it `has`."""
        topics = (conversation.news_of(room_of(visit)), sessions.news_of(visit.session), MOVED)
        with self._app.store.watch(*topics) as watch, self._streams.place(visit.visitor, address, watch):
            yield f"retry: {RETRY_MS}\n\n"
            while True:
                try:
                    news = await self.news(visit, has.after, has.changed)
                except (DBAPIError, StoreError) as error:
                    log.warning("a page gets no news until it comes again (%s)", type(error).__name__)
                    return
                if isinstance(news, str):
                    # Its browser comes again at once, with the cookie of the session that follows.
                    yield f"retry: {RENEWED_MS}\n\n" if news == "renewing" else GONE
                    return
                if not news.whole:
                    yield _event("reload")
                    return
                events, has = self._lacking(news, has, language)
                for event in events:
                    yield event
                woken = await watch.news(BEAT_SECONDS)
                if CLOSING in woken:
                    return
                if REST in woken:
                    yield _event("rest")
                    return
                if not woken:
                    yield _event("beat")

    async def news(self, visit: Visit, after: int, since: datetime | None = None) -> News | Standing:
        """The turns after `after`, with those whose buttons they pressed, or that were changed `since`; only how the
        session stands, if not open.
        """
        since = since or machine_time() - RECENT
        found = await self._app.store.read(_found, visit, after, since)
        if found.stands != "open":
            return found.stands
        again = [*found.changed, *found.offered]
        html = self.html(found.turns, again, found.pressed) if found.turns or again else ""
        last = found.turns[-1].id or after if found.turns else after
        changed = max((turn.changed_at or since for turn in found.changed), default=since)
        return News(html, last, changed, len(found.turns) <= MISSED, found.acts_for)

    async def own(self, visit: Visit, language: str) -> dict[str, str]:
        """The parts of the page that are the visitor's alone."""
        acts_for = await self._app.store.read(participants_of, room_of(visit))
        return self._parts_of(self._frames.own(acts_for, language))

    def html(self, turns: Sequence[Turn], offered: Sequence[Turn], pressed: Sequence[Turn]) -> str:
        """The turns as a page shows them, after those whose buttons they pressed, as they stand after all presses."""
        again = [replace(one, new_day=None) for one in exchanges(offered, self._app.campaigns, [*pressed, *turns])]
        shown = [*again, *exchanges(turns, self._app.campaigns, offered)]
        return self._templates.render("news.html", exchanges=shown)

    def frame(self, language: str) -> dict[str, str]:
        """The parts of the layout that change with the time, for the script of the page."""
        told = self._frames.of(language)
        parts = self._templates.parts("parts.html", frame=told, w=told.words)
        return {
            "stamp": told.stamp,
            "timeline": str(parts.timelines()),
            "clock": str(parts.clock()) if told.demonstration else "",
            "forward": str(parts.demonstration()) if told.demonstration else "",
        }

    def _lacking(self, news: News, has: Has, language: str) -> tuple[list[str], Has]:
        """An event for each thing that the page lacks, and what it has with them."""
        events, now = [], stamp(self._app)
        mine = self._frames.own(news.acts_for, language)
        if news.html:
            events.append(_event("turns", {"html": news.html}, news.after))
        if now != has.frame:
            events.append(_event("frame", self.frame(language)))
        if mine.stamp != has.own:
            events.append(_event("own", self._parts_of(mine)))
        return events, Has(news.after, now, mine.stamp, news.changed)

    def _parts_of(self, mine: Own) -> dict[str, str]:
        starts = self._templates.parts("parts.html").starts(mine)
        return {"stamp": mine.stamp, "acting": mine.acting, "starts": str(starts)}


def _found(session: Session, visit: Visit, after: int, since: datetime) -> _Found:
    turns = turns_after(session, room_of(visit), after, MISSED + 1)
    changed = changed_since(session, room_of(visit), since, after)
    sent = {turn.ask_id for turn in (*turns, *changed)}
    offered = [turn for turn in offering(session, turns) if turn.ask_id not in sent]
    pressed, acts_for = pressing(session, [*changed, *offered]), participants_of(session, room_of(visit))
    return _Found(turns, offered, pressed, changed, acts_for, standing(session, visit.session, machine_time()))


def _event(name: str, data: Mapping[str, str] | None = None, ident: int | None = None) -> str:
    """One event of the stream. The data are one line: JSON breaks no line."""
    last = "" if ident is None else f"id: {ident}\n"
    return f"event: {name}\n{last}data: {json.dumps(data or {}, ensure_ascii=False)}\n\n"


GONE = _event("gone")  # the page shows what its visitor may no longer see
