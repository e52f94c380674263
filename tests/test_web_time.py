"""The page in time: the timeline, a demonstration's banner, moving its time, and what open pages hear of that."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from bot.app import App
from bot.clock import CampaignClock, DemonstrationClock
from bot.page import live
from models.store import Store
from tests.page_server import served
from tests.web_cast import MORNING, browsers, listening, new_app, send, small_campaign, visitor

WORDS: dict[str, Any] = {"clause": "1", "quote": "words", "subject": "due", "about": "when"}
DATED = small_campaign(
    subject=({"key": "due", "name": {"en": "Due"}},),
    fact=(
        {"key": "open", "kind": "from", "value": "2023-03-20", "name": {"en": "opening"}, **WORDS},
        {"key": "due", "kind": "before", "value": "2023-04-28", "name": {"en": "handing in"},
         "task": {"en": "hand in"}, **WORDS},
        {"key": "launch", "kind": "fuzzy", "value": "late 2023-05", "name": {"en": "launch"}, **WORDS},
        {"key": "first", "kind": "on", "value": "2023-04-03", "name": {"en": "first notice"}, **WORDS},
    ),
    briefing=(
        {"key": "talk", "on": date(2023, 4, 24), "start": time(16, 30), "mode": "hall", "mode_name": {"en": "hall"},
         "clause": "1", "quote": "words"},
    ),
)  # fmt: skip


@pytest.fixture
async def app(store: Store) -> AsyncIterator[App]:
    """A demonstration with a campaign that has dates."""
    plain = new_app(store)
    clock = CampaignClock()
    demonstration = await DemonstrationClock.begin(store, MORNING, clock)
    demonstration.keep()
    settings = plain.settings.model_copy(update={"demo": True})
    yield replace(plain, settings=settings, campaigns=(DATED,), clock=clock, demonstration=demonstration)
    await demonstration.close()


def moves_of(page: str) -> str:
    return str(re.findall(r'name="moves" value="(\d+)"', page)[0])


def rows(page: str) -> list[tuple[str, str]]:
    return re.findall(
        r'<li class="(\w+)"(?: aria-current="step")?><span class="when">.*?</span> <span class="what">(.*?)</span>',
        page,
    )


# ------------------------------------------------------------------------------------------------------- the timeline


async def test_the_timeline_tells_what_is_past_next_and_tentative(ann: AsyncClient) -> None:
    page = (await ann.get("/")).text
    assert rows(page) == [
        ("began", "opening"), ("past", "first notice"), ("next", "briefing, hall"), ("later", "handing in"),
        ("tentative", "launch"),
    ]  # fmt: skip
    assert '<span class="when">before Fri 28 Apr 2023</span>' in page
    assert '<strong class="when">to be safe, by Thu 27 Apr 2023</strong>' in page
    assert '<span class="when">late May 2023 <em>tentative</em></span>' in page


async def test_a_briefing_of_today_is_today_and_later_things_are_next(app: App, ann: AsyncClient) -> None:
    app.clock.set(datetime(2023, 4, 24, 1, tzinfo=UTC))
    assert rows((await ann.get("/")).text)[2:4] == [("today", "briefing, hall"), ("next", "handing in")]


# --------------------------------------------------------------------------------------------------------- moving it


async def test_the_time_moves_by_an_hour_a_day_and_to_each_next_event(ann: AsyncClient) -> None:
    seen = []
    for by in ("hour", "day", "event", "event", "event", "event", "event"):
        page = (await ann.get("/")).text
        moved = await send(ann, "/time", by=by, moves=moves_of(page))
        assert (moved.status_code, moved.headers["location"]) == (303, "/")
        seen.append(re.findall(r'<time datetime="([^"]+)">', (await ann.get("/")).text)[0][:16])
    assert seen == [
        "2023-04-12T11:00", "2023-04-13T11:00",
        "2023-04-24T16:30",  # the briefing
        "2023-04-27T09:00",  # the last safe day
        "2023-04-28T09:00",  # the day that the circular says
        "2023-05-21T09:00",  # what has no day comes last, by its part of the month
        "2023-05-21T09:00",
    ]  # fmt: skip
    assert 'value="event"' not in (await ann.get("/")).text


async def test_a_tentative_event_is_offered_without_a_day(app: App, ann: AsyncClient) -> None:
    app.clock.set(datetime(2023, 5, 2, 1, tzinfo=UTC))
    page = (await ann.get("/")).text
    assert "To the next event: launch (late May 2023)" in page


async def test_a_double_press_moves_once(ann: AsyncClient) -> None:
    moves = moves_of((await ann.get("/")).text)
    for _ in range(2):
        await send(ann, "/time", by="day", moves=moves)
    assert "Thu, 13 Apr 2023, 10:00 HKT" in (await ann.get("/")).text


@pytest.mark.parametrize(
    "fields", [{"by": ""}, {"by": "year", "moves": "0"}, {"by": "day"}, {"by": "day", "moves": "-1"}]
)
async def test_what_is_no_step_moves_nothing(ann: AsyncClient, fields: dict[str, str]) -> None:
    assert (await send(ann, "/time", **fields)).status_code == 303
    assert "Wed, 12 Apr 2023, 10:00 HKT" in (await ann.get("/")).text


async def test_where_nothing_is_demonstrated_there_is_no_time_to_move(store: Store) -> None:
    async with browsers(new_app(store)) as browse:
        ann = browse()
        assert (await send(ann, "/time", by="day", moves="0")).status_code == 404
        assert 'action="/time"' not in (await ann.get("/")).text


async def test_the_script_gets_the_new_frame(ann: AsyncClient) -> None:
    await ann.get("/")
    headers = {"origin": "http://usher.test", "accept": "application/json"}
    parts = (await ann.post("/time", data={"by": "event", "moves": "0"}, headers=headers)).json()
    assert parts["stamp"] == "2023-04-24 16:30 1"
    assert "Mon, 24 Apr 2023, 16:30 HKT" in parts["clock"]
    assert ("today", "briefing, hall") in rows(parts["timeline"])


# ---------------------------------------------------------------------------------------------------- open pages hear


async def test_every_open_page_hears_of_a_move(app: App) -> None:
    async with served(app) as address, visitor(address) as ann, visitor(address) as bob:
        stamp = re.findall(r'data-stamp="([^"]+)"', (await ann.get("/")).text)[0]
        async with listening(bob, stamp=stamp) as heard:
            await send(ann, "/time", by="day", moves="0")
            name, data, _ = await heard.next(3)
    assert name == "frame"
    assert "Thu, 13 Apr 2023" in data["clock"]


async def test_a_page_from_before_midnight_gets_the_new_day(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BEAT_SECONDS", 0.05)
    app = replace(new_app(store), campaigns=(DATED,))
    app.clock.set(datetime(2023, 4, 23, 15, 59, 59, tzinfo=UTC))
    async with served(app) as address, visitor(address) as ann, listening(ann, stamp="2023-04-23") as heard:
        assert await heard.silent(0.3)
        app.clock.set(app.clock.now() + timedelta(seconds=2))
        name, data, _ = await heard.next()
    assert (name, data["stamp"], data["clock"]) == ("frame", "2023-04-24", "")
    assert ("today", "briefing, hall") in rows(data["timeline"])
