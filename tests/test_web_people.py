"""Enrolling, leaving and being forgotten on the web page: the browser goes on as somebody else, in a new session."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from httpx import AsyncClient
from sqlmodel import Session, select

from bot.app import App
from bot.clock import machine_time
from bot.samples import keep_samples, samples
from handlers.reception import Reception
from models.campaign import Campaign
from models.codes import make
from models.contacts import known, participants_of
from models.conversation import Turn, turns
from models.message import Address
from models.participants import Participant
from models.store import Store
from tests.web_cast import Browse, ask, ask_by_script, browsers, cookie_of, kept, new_app, send, visitor_of

PAGE_BYTES = 60_000  # as sent
CODE = samples()[0].enrolment


@pytest.fixture
async def app(store: Store, campaign: Campaign, understanding: Path) -> App:
    """The real reception with the circular of 2023, on the morning of 12 April."""
    rehearsed = new_app(store)
    reception = Reception(store, [campaign], machine_time, understanding)
    await store.write(keep_samples, machine_time())
    return replace(rehearsed, campaigns=(campaign,), reception=reception)


@pytest.fixture
async def browse(app: App) -> AsyncIterator[Browse]:
    async with browsers(app) as browse:
        yield browse


@pytest.fixture
async def amy(browse: Browse) -> AsyncClient:
    """Somebody who has enrolled for the first sample firm."""
    amy = browse()
    await ask(amy, CODE)
    return amy


def address_of(client: AsyncClient) -> Address:
    return Address("web", visitor_of(client))


async def acts_for(store: Store, client: AsyncClient) -> list[str]:
    return [one.code for one in await store.read(participants_of, address_of(client))]


def session_of(client: AsyncClient) -> str:
    return cookie_of(client).split(".")[1]


async def test_a_code_enrols_and_brings_a_new_session(browse: Browse, store: Store) -> None:
    amy = browse()
    await ask(amy, "when must we register emails?")
    before = session_of(amy)
    await ask(amy, CODE)
    assert session_of(amy) != before
    assert await acts_for(store, amy) == ["DEMO1"]
    page = (await amy.get("/")).text
    assert "when must we register emails?" in page
    assert "You act for Sample Firm One" in page.partition('id="acting"')[2].partition("</p>")[0]


async def test_the_code_is_kept_and_shown_by_its_beginning_only(amy: AsyncClient, store: Store) -> None:
    (turn,) = await kept(store, amy)
    assert (turn.asked, turn.action) == ("USHER-DEMO-…", "/join USHER-DEM0-…")
    assert '<div class="bubble" dir="auto">USHER-DEMO-…</div>' in (await amy.get("/")).text


async def test_a_wrong_code_changes_nothing(browse: Browse, store: Store) -> None:
    amy = browse()
    await amy.get("/")
    before = session_of(amy)
    await ask(amy, "USHER-0000-0000-0000-0000")
    assert session_of(amy) == before
    assert await acts_for(store, amy) == []


async def test_a_code_sent_by_a_script_shows_at_once_for_whom_one_acts(browse: Browse) -> None:
    amy = browse()
    await amy.get("/")
    own = (await ask_by_script(amy, CODE)).json()["own"]
    assert own["acting"] == "You act for Sample Firm One 示範公司一 (DEMO1)"
    assert re.findall(r'value="(/\w+)"', own["starts"])[:3] == ["/status", "/seats", "/calendar"]


async def test_the_same_code_again_is_no_other_person(amy: AsyncClient) -> None:
    before = session_of(amy)
    await ask(amy, CODE)
    assert session_of(amy) == before


async def test_a_code_sent_in_a_double_press_is_used_once(browse: Browse, store: Store) -> None:
    amy = browse()
    await amy.get("/")
    firm = Participant(code="FIRM", name="A Firm", imported_at=machine_time())
    code = await store.write(_code, firm)
    first = await ask(amy, code, "n" * 24)
    again = await ask(amy, code, "n" * 24)
    assert {first.status_code, again.status_code} == {303}
    assert len(await kept(store, amy)) == 1
    assert await acts_for(store, amy) == ["FIRM"]


def _code(session: Session, firm: Participant) -> str:
    session.add(firm)
    session.flush()
    now = machine_time()
    return make(session, firm.code, 1, now + timedelta(days=1), now)


async def test_leaving_brings_a_new_session_too(amy: AsyncClient, store: Store) -> None:
    before = session_of(amy)
    await ask(amy, "/leave DEMO1")
    (*_, asked) = await kept(store, amy)
    yes = next(one.action for one in asked.reply.choices if one.action.startswith("/leave"))
    await ask(amy, yes, f"press-{asked.id:012d}", under=str(asked.id))
    assert await acts_for(store, amy) == []
    assert session_of(amy) != before
    assert 'id="acting" dir="auto"></p>' in (await amy.get("/")).text


async def test_the_calendar_can_be_fetched(amy: AsyncClient) -> None:
    await ask(amy, "/calendar")
    (link,) = re.findall(r'href="(/file/[^"]+)"', (await amy.get("/")).text)
    got = await amy.get(link)
    assert got.text.startswith("BEGIN:VCALENDAR")
    assert got.headers["content-type"].startswith("text/calendar; charset=utf-8; method=")


async def test_the_page_stays_light_for_somebody_enrolled(amy: AsyncClient) -> None:
    await ask(amy, "/status")
    await ask(amy, "/seats")
    page = await amy.get("/")
    parts = [await amy.get(address) for address in set(re.findall(r'"(/static/[^"]+)"', page.text))]
    assert sum(int(part.headers["content-length"]) for part in (page, *parts)) <= PAGE_BYTES


# ---------------------------------------------------------------------------------------------------- being forgotten


@pytest.mark.parametrize("by_script", [False, True])
async def test_who_is_forgotten_is_somebody_new_in_an_empty_page(
    amy: AsyncClient, store: Store, by_script: bool
) -> None:
    was = address_of(amy)
    await ask(amy, "/forget")
    (*_, asked) = await kept(store, amy)
    press = ask_by_script if by_script else ask
    answered = await press(amy, "/forget yes", f"press-{asked.id:012d}", under=str(asked.id))
    told = answered.json()["leave"] if by_script else answered.headers["location"]
    assert told == "/?forgotten=1"
    page = (await amy.get(told)).text
    assert "You are forgotten." in page
    assert 'class="exchange"' not in page
    assert address_of(amy) != was
    assert await store.read(known, was) is None


async def test_nothing_kept_leads_to_who_was_forgotten(amy: AsyncClient, browse: Browse, store: Store) -> None:
    was, cookie = address_of(amy), cookie_of(amy)
    await ask(amy, "/forget")
    await ask(amy, "/forget yes")
    everything = await store.read(lambda session: session.exec(select(Turn)).all())
    assert everything
    assert was.id not in "".join(turn.model_dump_json() for turn in everything)
    thief = browse()
    thief.cookies.set("usher", cookie, domain="usher.test")
    assert "One moment" in (await thief.get("/")).text
    assert await store.read(turns, was, 9) == []


async def test_forgetting_in_a_double_press_forgets_once_and_tells_it(amy: AsyncClient, browse: Browse) -> None:
    await ask(amy, "/forget")
    second = browse()
    second.cookies.set("usher", cookie_of(amy), domain="usher.test")
    await ask(amy, "/forget yes", "n" * 24)
    again = await ask_by_script(second, "/forget yes", "n" * 24)
    assert (again.status_code, again.json()) == (409, {"wait": 1})  # until the browser has the cookie of somebody new


# ------------------------------------------------------------------------------------------------------- signing out


async def test_after_signing_out_nobody_acts_for_the_firm_there(amy: AsyncClient, store: Store) -> None:
    was = address_of(amy)
    await send(amy, "/signout")
    assert await store.read(participants_of, was) == []
    assert 'id="acting" dir="auto"></p>' in (await amy.get("/")).text


async def test_who_signed_out_enrols_again_with_the_same_code(amy: AsyncClient, store: Store) -> None:
    await send(amy, "/signout")
    await ask(amy, CODE)
    assert await acts_for(store, amy) == ["DEMO1"]
