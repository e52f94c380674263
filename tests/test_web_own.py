"""What the page shows to one visitor alone: for whom they act, what they can ask for, and what they pressed."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from httpx import AsyncClient
from sqlmodel import Session

from bot.app import App
from bot.page import own
from models.campaign import Campaign
from models.contacts import SELF, enrol, known, leave
from models.message import Address
from models.participants import Participant
from models.store import Store
from tests.page_server import served
from tests.web_cast import (
    MORNING,
    Browse,
    ask,
    ask_by_script,
    kept,
    listening,
    new_app,
    small_campaign,
    visitor,
    visitor_of,
)

STATUS, SEATS, CALENDAR, JOIN, SUPPORT = "/status", "/seats", "/calendar", "/join", "/support"
COMMON = ["/a small due", "/a small where", SUPPORT]


def to_do(**other: Any) -> Campaign:
    """A circular that leaves something to be done for a participant."""
    task = {"key": "emails", "name": {"en": "e-mails"}, "done": {"en": "done"}, "due": "none"}
    session = {"key": "talk", "on": "2023-04-24", "start": "16:30", "mode": "hall", "mode_name": {"en": "hall"}}
    source = {"quote": "q", "clause": "c"}
    return small_campaign(**({"task": (task,), "briefing": (session | source,)} | other))


@pytest.fixture
def app(app: App) -> App:
    return replace(app, campaigns=(to_do(),))


def become(session: Session, person: Address, *codes: str) -> None:
    for code in codes:
        session.merge(Participant(code=code, name=f"Firm <{code}>", imported_at=MORNING))
        session.flush()
        enrol(session, person, code, "import", MORNING)


def starts(html: str) -> list[str]:
    return re.findall(r'<button name="text" value="([^"]+)">', html.partition('id="starts"')[2].partition("</form>")[0])


def acting(html: str) -> str:
    return html.partition('id="acting" dir="auto">')[2].partition("</p>")[0]


async def test_whoever_acts_for_nobody_is_offered_to_enrol(ann: AsyncClient) -> None:
    page = (await ann.get("/")).text
    assert starts(page) == [*COMMON, JOIN]
    assert acting(page) == ""


async def test_whoever_acts_for_a_firm_sees_which_and_what_can_be_done_for_it(ann: AsyncClient, store: Store) -> None:
    await ann.get("/")
    await store.write(become, Address("web", visitor_of(ann)), "FIRM")
    page = (await ann.get("/")).text
    assert starts(page) == [STATUS, SEATS, CALENDAR, *COMMON]
    assert acting(page) == "You act for Firm &lt;FIRM&gt; (FIRM)"


async def test_of_many_firms_the_first_are_named(ann: AsyncClient, store: Store) -> None:
    await ann.get("/")
    await store.write(become, Address("web", visitor_of(ann)), "B1", "B2", "B3", "B4", "B5")
    assert acting((await ann.get("/")).text) == "You act for B1, B2, B3 +2"


async def test_nobody_elses_page_names_the_firm(ann: AsyncClient, browse: Browse, store: Store) -> None:
    await ann.get("/")
    await store.write(become, Address("web", visitor_of(ann)), "FIRM")
    assert "FIRM" not in (await browse().get("/")).text


@pytest.mark.parametrize(
    ("lacks", "offered"),
    [({"briefing": ()}, [STATUS, CALENDAR]), ({"task": ()}, [SEATS]), ({"task": (), "briefing": ()}, [])],
)
async def test_only_what_the_circulars_leave_to_do_is_offered(
    app: App, browse: Browse, store: Store, lacks: dict[str, Any], offered: list[str]
) -> None:
    ann = browse(replace(app, campaigns=(to_do(**lacks),)))
    assert starts((await ann.get("/")).text) == [*COMMON, *([JOIN] if offered else [])]
    await store.write(become, Address("web", visitor_of(ann)), "FIRM")
    assert starts((await ann.get("/")).text) == [*offered, *COMMON]


async def test_in_chinese_it_is_chinese(browse: Browse, store: Store) -> None:
    ann = browse()
    ann.headers["accept-language"] = "zh-HK"
    await ann.get("/")
    await store.write(become, Address("web", visitor_of(ann)), "FIRM")
    page = (await ann.get("/")).text
    assert acting(page).startswith("你代表 ")
    assert ">座位</button>" in page


def test_every_button_of_ones_own_has_words_in_every_language() -> None:
    for language in ("en", "zh-Hant", "zh-Hans"):
        told = own.labels(language)
        assert {STATUS, SEATS, CALENDAR, JOIN} <= set(told)
        assert not any(label.startswith("/") for label in told.values())


# --------------------------------------------------------------------------------------------------- while it is open


@pytest.fixture
async def tab(store: Store) -> AsyncIterator[AsyncClient]:
    async with served(replace(new_app(store), campaigns=(to_do(),))) as address, visitor(address) as ann:
        yield ann


async def test_an_open_page_is_told_with_the_next_turn(tab: AsyncClient, store: Store) -> None:
    async with listening(tab) as heard:
        assert await heard.silent()  # it has seen who its visitor is
        await store.write(become, Address("web", visitor_of(tab)), "FIRM")
        await ask_by_script(tab, "hello")
        assert (await heard.next())[0] == "turns"
        name, parts, _ = await heard.next()
        assert (name, parts["acting"], starts(f'id="starts"{parts["starts"]}')) == (
            "own",
            "You act for Firm <FIRM> (FIRM)",
            [STATUS, SEATS, CALENDAR, *COMMON],
        )
        await ask_by_script(tab, "hello again", "2" * 24)
        assert (await heard.next())[0] == "turns"
        assert await heard.silent()


async def test_a_page_that_was_away_when_support_removed_its_visitor_is_told(tab: AsyncClient, store: Store) -> None:
    person = Address("web", visitor_of(tab))
    await store.write(become, person, "FIRM")
    page = (await tab.get("/")).text
    (stamp,) = re.findall(r'data-own="(\w+)"', page)
    contact = await store.read(known, person)
    assert contact
    await store.write(leave, contact.id or 0, "FIRM", SELF, MORNING)
    async with listening(tab, own=stamp) as heard:
        name, parts, _ = await heard.next()
        assert (name, parts["acting"]) == ("own", "")


# ------------------------------------------------------------------------------------------------------ what is pressed


async def test_a_pressed_act_is_shown_by_the_words_of_its_button(ann: AsyncClient, store: Store) -> None:
    await ask(ann, "status")
    (offered,) = await kept(store, ann)
    await ask(ann, "/done small emails", "press-000000000001-0", under=str(offered.id))
    assert '<div class="bubble" dir="auto">E-mails registered</div>' in (await ann.get("/")).text


async def test_a_typed_act_is_shown_as_it_was_typed(ann: AsyncClient) -> None:
    await ask(ann, "/done small emails")
    assert '<div class="bubble" dir="auto">/done small emails</div>' in (await ann.get("/")).text


async def test_of_a_list_what_was_pressed_is_marked_and_the_rest_stays(ann: AsyncClient, store: Store) -> None:
    await ask(ann, "status")
    (offered,) = await kept(store, ann)
    await ask(ann, "/done small emails", "press-000000000001-0", under=str(offered.id))
    page = (await ann.get("/")).text
    assert '<button name="text" value="/done small emails" dir="auto" class="chosen" aria-pressed="true">' in page
    assert '<button name="text" value="/done small das" dir="auto">DAs registered</button>' in page


async def test_of_a_list_each_can_be_pressed_again_once_it_was_answered(ann: AsyncClient, store: Store) -> None:
    await ask(ann, "status")
    (offered,) = await kept(store, ann)
    for presses in (1, 2):
        (nonce,) = re.findall(r'value="(press-[^"]+)"', (await ann.get("/")).text)
        for _ in range(2):  # a double press
            await ask(ann, "/done small emails", nonce, under=str(offered.id))
        assert len(await kept(store, ann)) == 1 + presses


async def test_the_page_is_told_of_all_presses_of_a_list(ann: AsyncClient, store: Store) -> None:
    await ask(ann, "status")
    (offered,) = await kept(store, ann)
    await ask_by_script(ann, "/done small emails", "press-000000000001-0", under=str(offered.id))
    said = (await ask_by_script(ann, "/done small das", "press-000000000001-0", under=str(offered.id))).json()
    assert said["html"].count('aria-pressed="true"') == 2


async def test_of_alternatives_all_are_settled(ann: AsyncClient, store: Store) -> None:
    await ask(ann, "register")
    assert '<form method="post" action="/" class="choices" data-once>' in (await ann.get("/")).text
    (offered,) = await kept(store, ann)
    await ask(ann, "/a small emails", "press-000000000001-0", under=str(offered.id))
    page = (await ann.get("/")).text
    assert page.partition('class="choices"')[2].partition("</form>")[0].count('aria-disabled="true"') == 2


async def test_each_press_under_an_answer_has_a_mark_of_its_own(ann: AsyncClient, store: Store) -> None:
    """By it the page's script knows which of its presses has arrived: they all come from one form."""
    await ask(ann, "status")
    (offered,) = await kept(store, ann)
    for action in ("/done small emails", "/done small das"):
        await ask(ann, action, "press-000000000001-0", under=str(offered.id))
    marks = re.findall(r'data-nonce="(press-[^"]+)"', (await ann.get("/")).text)
    assert marks == ["press-000000000001-0 /done small emails", "press-000000000001-0 /done small das"]
