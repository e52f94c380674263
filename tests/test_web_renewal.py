"""Who counts as another person goes on in a new session: a cookie of before opens nothing, and nothing said is lost."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlmodel import Session

from bot.app import App
from bot.page.session import within
from bot.page.visitor import Visit
from handlers.reception import Also
from models import sessions
from models.contacts import enrol, participants_of
from models.conversation import Turn
from models.message import Address, Ask, Reply
from models.participants import Participant
from models.sessions import end_session, standing
from models.store import Store
from tests.page_server import served
from tests.web_cast import (
    MORNING,
    OURS,
    Browse,
    Rehearsed,
    ask,
    ask_by_script,
    cookie_of,
    kept,
    listening,
    nonce_of,
    send,
    visitor,
    visitor_of,
)

BECOMES = "become Amy"


def session_of(client: AsyncClient) -> str:
    return cookie_of(client).split(".")[1]


def with_cookie(browse: Browse, cookie: str) -> AsyncClient:
    """Somebody who has that cookie."""
    client = browse()
    client.cookies.set("usher", cookie, domain="usher.test")
    return client


@pytest.fixture
async def stolen(ann: AsyncClient) -> str:
    """A cookie of Ann's from before she became another person."""
    await ask(ann, "When is it due?")
    before = cookie_of(ann)
    await ask(ann, BECOMES)
    return before


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """No browser waits for its next cookie any more."""
    monkeypatch.setattr(sessions, "RENEWING", timedelta(0))


# ---------------------------------------------------------------------------------------------------- the new session


async def test_the_same_answer_brings_a_new_session_and_the_conversation_stays(ann: AsyncClient) -> None:
    await ask(ann, "When is it due?")
    visitor_before, session_before = visitor_of(ann), session_of(ann)
    answered = await ask(ann, BECOMES)
    assert (answered.status_code, answered.headers["location"]) == (303, "/#newest")
    assert visitor_of(ann) == visitor_before
    assert session_of(ann) != session_before
    page = (await ann.get("/")).text
    assert page.index("When is it due?") < page.index("You act for a firm now.")


async def test_a_script_goes_on_with_its_page_as_it_is(ann: AsyncClient) -> None:
    page = (await ann.get("/")).text
    (mark,) = re.findall(r'data-visitor="(\w+)"', page)
    session_before = session_of(ann)
    said = (await ask_by_script(ann, BECOMES, visitor=mark)).json()
    assert said["visitor"] == mark
    assert "You act for a firm now." in said["html"]
    assert set(said["own"]) == {"stamp", "acting", "starts"}
    assert session_of(ann) != session_before
    assert (await ask_by_script(ann, "hello", "2" * 24, visitor=mark, after="9")).status_code == 200


async def test_each_change_of_person_brings_another_session(ann: AsyncClient) -> None:
    seen = set()
    for number in range(3):
        await ask(ann, BECOMES, f"{number}" * 24)
        seen.add(session_of(ann))
    assert len(seen) == 3


async def test_whoever_had_no_cookie_yet_gets_a_session_too(browse: Browse) -> None:
    new = browse()
    assert (await ask(new, BECOMES, "n" * 24)).status_code == 303
    assert "You act for a firm now." in (await new.get("/")).text


# ---------------------------------------------------------------------------------------------------- the old cookie


async def test_a_cookie_of_before_opens_nothing(ann: AsyncClient, browse: Browse, stolen: str, store: Store) -> None:
    thief = with_cookie(browse, stolen)
    page = await thief.get("/")
    assert "One moment" in page.text
    assert page.headers["refresh"] == "1"
    assert "set-cookie" not in page.headers  # it could put out Ann's new one, if it were her own browser
    assert "When is it due?" not in page.text
    stream = await thief.get("/stream", params={"after": "0"})
    assert stream.text == "retry: 1500\n\nretry: 500\n\n"

    asked = await ask_by_script(thief, "hello")
    assert (asked.status_code, asked.json()) == (409, {"wait": 1})
    before = len(await kept(store, ann))
    form = await ask(thief, "hello", "n" * 24)
    assert form.status_code == 409
    assert ">\nhello</textarea>" in form.text  # a browser without script sends it again, with its next cookie
    assert len(await kept(store, ann)) == before


@pytest.mark.usefixtures("later")
async def test_a_cookie_of_before_is_a_new_visitors_later(ann: AsyncClient, browse: Browse, stolen: str) -> None:
    page = await with_cookie(browse, stolen).get("/")
    assert "When is it due?" not in page.text
    assert visitor_of(ann) not in page.headers["set-cookie"]
    stream = await with_cookie(browse, stolen).get("/stream", params={"after": "0"})
    assert stream.text.endswith("event: gone\ndata: {}\n\n")
    asked = await ask_by_script(with_cookie(browse, stolen), "hello")
    assert (asked.status_code, asked.json()) == (409, {"reload": True})
    form = await ask(with_cookie(browse, stolen), "hello", "n" * 24)
    assert visitor_of(ann) not in form.headers["set-cookie"]


async def test_who_planted_a_cookie_gets_nothing_of_whom_it_was_planted_on(browse: Browse, store: Store) -> None:
    mallory = browse()
    await mallory.get("/")
    victim = with_cookie(browse, cookie_of(mallory))
    await ask(victim, BECOMES)
    assert "You act for a firm now." in (await victim.get("/")).text
    assert "You act for a firm now." not in (await mallory.get("/")).text
    assert session_of(victim) != session_of(mallory)
    assert len(await kept(store, victim)) == 1


async def test_what_is_on_its_way_when_the_session_ends_is_not_done(app: App, browse: Browse, store: Store) -> None:
    class Overtaken(Rehearsed):
        async def take(self, ask: Ask, also: Also) -> Turn:
            if ask.text == "/done small emails":  # the look before was too early to see it
                await store.write(end_session, session_of(mallory), MORNING, MORNING.replace(year=2099))
            return await super().take(ask, also)

    overtaken: Any = Overtaken(store)
    mallory = browse(replace(app, reception=overtaken))
    await mallory.get("/")
    asked = await ask_by_script(mallory, "/done small emails")
    assert (asked.status_code, asked.json()) == (409, {"reload": True})
    assert await kept(store, mallory) == []


async def test_a_session_ends_with_its_turn_or_not_at_all(store: Store) -> None:
    visit = Visit("ann", "of-before")
    room = Address("web", "ann")

    def fails(session: Session, ask: Ask) -> None:
        then = within(visit)(session)
        assert then
        then(Reply("You act for a firm now.", renews=True))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.write(fails, Ask("one", room, room, BECOMES, MORNING))
    assert await store.read(standing, visit.session, MORNING) == "open"


# ------------------------------------------------------------------------------------------------------- sent twice


async def test_an_answer_that_was_lost_with_its_cookie_comes_again(ann: AsyncClient, browse: Browse) -> None:
    nonce = nonce_of(await ann.get("/"))
    before = with_cookie(browse, cookie_of(ann))
    await ask(ann, BECOMES, nonce)
    again = await ask(before, BECOMES, nonce)
    assert again.status_code == 303
    assert session_of(before) == session_of(ann)
    assert "You act for a firm now." in (await before.get("/")).text


@pytest.mark.parametrize("guess", [{"nonce": "g" * 24}, {"text": "become Ben"}])
async def test_only_the_very_same_form_comes_again(ann: AsyncClient, browse: Browse, guess: dict[str, str]) -> None:
    nonce = nonce_of(await ann.get("/"))
    before = with_cookie(browse, cookie_of(ann))
    await ask(ann, BECOMES, nonce)
    again = await ask(before, **({"text": BECOMES, "nonce": nonce} | guess))
    assert again.status_code == 409
    assert "set-cookie" not in again.headers


@pytest.mark.usefixtures("later")
async def test_the_same_form_opens_nothing_later(ann: AsyncClient, browse: Browse) -> None:
    nonce = nonce_of(await ann.get("/"))
    before = with_cookie(browse, cookie_of(ann))
    await ask(ann, BECOMES, nonce)
    assert (await ask_by_script(before, BECOMES, nonce)).status_code == 409


async def test_the_same_form_opens_nothing_after_signing_out(ann: AsyncClient, browse: Browse) -> None:
    nonce = nonce_of(await ann.get("/"))
    before = with_cookie(browse, cookie_of(ann))
    await ask(ann, BECOMES, nonce)
    await send(ann, "/signout")
    again = await ask(before, BECOMES, nonce)
    assert again.headers["location"] == "/"
    assert "set-cookie" not in again.headers


async def test_a_double_press_gives_one_session(ann: AsyncClient, store: Store) -> None:
    await ann.get("/")
    form, headers = {"text": BECOMES, "nonce": "n" * 24}, {"origin": OURS, "cookie": f"usher={cookie_of(ann)}"}
    sent = await asyncio.gather(*(ann.post("/", data=form, headers=headers) for _ in range(4)))
    assert {answer.status_code for answer in sent} == {303}
    (session,) = {answer.headers["set-cookie"].split(".")[1] for answer in sent}
    assert await store.read(standing, session, MORNING) == "open"
    assert len(await kept(store, ann)) == 1


async def test_an_old_form_sent_from_the_new_session_changes_nothing(ann: AsyncClient) -> None:
    nonce = nonce_of(await ann.get("/"))
    await ask(ann, BECOMES, nonce)
    session = session_of(ann)
    await ask(ann, BECOMES, nonce)
    assert session_of(ann) == session


# ----------------------------------------------------------------------------------------------------- other tabs


@pytest.fixture
async def tabs(app: App) -> AsyncIterator[AsyncClient]:
    async with served(app) as address, visitor(address) as ann:
        yield ann


async def test_another_tab_comes_again_by_itself_and_lacks_nothing(tabs: AsyncClient) -> None:
    async with listening(tabs) as heard:
        await ask_by_script(tabs, "When is it due?")
        _, _, number = await heard.next()
        await ask_by_script(tabs, BECOMES, "2" * 24)
        assert (await heard.next())[0] == ""  # it has ended, and the browser was not told that it is nobody's page
    async with listening(tabs, headers={"last-event-id": str(number)}) as heard:
        name, data, _ = await heard.next()
        assert (name, "You act for a firm now." in data["html"], "When is it due?" in data["html"]) == (
            "turns",
            True,
            False,
        )


async def test_a_stream_of_the_old_session_never_brings_the_turn_that_ended_it(tabs: AsyncClient) -> None:
    async with listening(tabs) as heard:
        await ask_by_script(tabs, BECOMES)
        assert (await heard.next())[0] == ""


# ---------------------------------------------------------------------------------------------------- signing out


async def test_after_signing_out_the_browser_acts_for_nobody(ann: AsyncClient, store: Store) -> None:
    await ann.get("/")
    address = Address("web", visitor_of(ann))
    await store.write(_firm, address)
    assert [one.code for one in await store.read(participants_of, address)] == ["FIRM"]
    await send(ann, "/signout")
    assert await store.read(participants_of, address) == []


def _firm(session: Session, person: Address) -> None:
    session.add(Participant(code="FIRM", name="A Firm", imported_at=MORNING))
    session.flush()
    enrol(session, person, "FIRM", "import", MORNING)
