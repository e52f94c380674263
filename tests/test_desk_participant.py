"""Somebody of the desk looks a participant up, sees all of it on one screen, and acts for who phoned."""

from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient
from sqlmodel import Session, select

from bot.app import App
from bot.clock import machine_time
from models.campaign import Campaign
from models.contacts import correct_email, leave
from models.conversation import record
from models.correspondence import sent_for
from models.forgetting import forget
from models.lookup import search
from models.message import Address, Ask, Reply
from models.reach import close
from models.seats import Attendee, Moment, Rules, reserve, seats_of
from models.status import Duty, declare, standing
from models.store import Store
from models.support import Opening, StaffDeed, open_case
from tests.desk_cast import marks_of
from tests.reception_cast import KEY, MORNING
from tests.reminders_cast import ONE_DATABASE
from tests.status_cast import ALPHA, BETA, LINE, USERS
from tests.views_cast import AMY, BECAUSE, FIRM, FORMS, act, asked, posted, shown
from tests.web_cast import Browse, browsers, origin_of

pytestmark = ONE_DATABASE


@pytest.fixture
async def desk_browse(firms_usher: App) -> AsyncIterator[Browse]:
    async with browsers(firms_usher) as browse:
        yield browse


# ---------------------------------------------------------------------------------------------------------- looking up


@pytest.mark.parametrize("words", ["b01001", "alpha sec", "Amy W", "amy.wong@alpha.example.hk", "case 1", "#1", "1"])
async def test_a_firm_is_found_by_its_code_its_name_its_people_and_its_cases(
    store: Store, two_firms: dict[str, int], words: str
) -> None:
    def known(session: Session) -> None:
        correct_email(session, two_firms["amy"], "amy.wong@alpha.example.hk", MORNING)
        asked(session, "amy", "Is it free?")
        turn = record(session, Ask("q", AMY, AMY, "How?", MORNING), Reply("–"), recorded_at=MORNING)
        open_case(session, Opening(turn, MORNING, MORNING))

    await store.write(known)
    found = [one.code for one in await store.read(search, words)]
    assert ALPHA in found
    assert BETA not in found or words == "1"


async def test_one_that_is_found_alone_is_shown_at_once(sam: AsyncClient) -> None:
    answer = await sam.get("/desk/participants", params={"find": "alpha"})
    assert (answer.status_code, answer.headers["location"]) == (303, FIRM)
    assert "No participant was found" in await shown(sam, "/desk/participants", find="<i>nobody</i>")
    assert "&lt;i&gt;nobody" in await shown(sam, "/desk/participants", find="<i>nobody</i>")
    assert (await sam.get("/desk/participants/NONE")).status_code == 404


async def test_one_screen_shows_all_of_a_firm(
    sam: AsyncClient, store: Store, campaign: Campaign, two_firms: dict[str, int]
) -> None:
    def has_all(session: Session) -> None:
        close(session, Address("web", "ben"), "blocked the bot", MORNING)
        declare(session, Duty(KEY, ALPHA, USERS), two_firms["amy"], MORNING, MORNING, "seen <here>")
        rules = Rules.of(campaign, campaign.briefing["24apr"])
        reserve(session, rules, ALPHA, two_firms["amy"], [Attendee("Eva Ho", "eva@alpha.hk")], Moment(MORNING, MORNING))
        turn = record(session, Ask("q", AMY, AMY, "Is it <b>free</b>?", MORNING), Reply("–"), recorded_at=MORNING)
        open_case(session, Opening(turn, MORNING, MORNING))
        posted(session, AMY, "You are reminded.", "m1")

    await store.write(has_all)
    page = await shown(sam, FIRM)
    for part in ("Amy Wong", "blocked the bot", "told here first", "said done", "seen &lt;here&gt;", "Eva Ho",
                 "Is it &lt;b&gt;free&lt;/b&gt;?", "You are reminded.", "Nothing was checked."):  # fmt: skip
        assert part in page
    assert "Beta" not in page


async def test_what_somebody_of_two_firms_was_told_for_the_other_is_not_shown(
    sam: AsyncClient, store: Store, campaign: Campaign, two_firms: dict[str, int]
) -> None:
    def told(session: Session) -> None:
        rules = Rules.of(campaign, campaign.briefing["24apr"])
        for code, name in ((ALPHA, "Ann"), (BETA, "Bea")):
            reserve(session, rules, code, two_firms["dee"], [Attendee(name, f"{name}@x.hk")], Moment(MORNING, MORNING))
            (seat,) = seats_of(session, KEY, code)
            posted(session, Address("web", "dee"), f"A seat for {name}", f"seat {code}", f"seat:{seat.uid}")
        posted(session, Address("web", "dee"), "Of no firm in particular", "login")

    await store.write(told)
    assert [one.message.reply.text for one in await store.read(sent_for, ALPHA)] == ["A seat for Ann"]
    page = await shown(sam, FIRM)
    assert "Bea" not in page
    assert "Of no firm in particular" not in page


async def test_who_was_forgotten_is_shown_as_that(sam: AsyncClient, store: Store, two_firms: dict[str, int]) -> None:
    def gone(session: Session) -> None:
        declare(session, Duty(KEY, ALPHA, LINE), two_firms["amy"], MORNING, MORNING)
        leave(session, two_firms["ben"], ALPHA, "Sam", MORNING)
        forget(session, two_firms["amy"], machine_time())

    await store.write(gone)
    page = await shown(sam, FIRM)
    assert "Amy" not in page
    assert "forgotten-" not in page
    assert "somebody who was forgotten" in page
    assert "Ben Lee" in page  # who left stays in the records


# -------------------------------------------------------------------------------------------------------------- acting


async def test_sam_acts_for_who_phoned_and_reads_what_came_of_it(
    sam: AsyncClient, store: Store, two_firms: dict[str, int]
) -> None:
    answer = await act(sam, "line", contact=str(two_firms["amy"]), task=f"{KEY} {USERS}", what="on")
    assert answer.status_code == 303
    page = await shown(sam, answer.headers["location"])
    assert (
        "Done, and kept under your name (ccms-2fa-2023 emails.user: done). People of the firm who are told of it: 3."
        in page
    )
    assert 'by support, <strong dir="auto">Sam Lee</strong>: Set a status line' in page
    assert "Amy Wong phoned &amp; named her &lt;colleague&gt;" in page
    assert "<colleague>" not in page
    assert (await store.read(standing, KEY, ALPHA))[USERS].state == "done"


async def test_a_page_that_is_pressed_twice_does_it_once(sam: AsyncClient, store: Store) -> None:
    marks = marks_of((await sam.get(FIRM)).text)
    fields = marks | {"question": "Is it free?", "campaign": KEY, "because": BECAUSE, "name": "Mr Chan"}
    told = [await sam.post(f"{FIRM}/case", data=fields, headers={"origin": origin_of(sam)}) for _ in range(2)]
    assert [one.status_code for one in told] == [303, 303]
    assert told[0].headers["location"] == told[1].headers["location"]
    assert len(await store.read(lambda session: session.exec(select(StaffDeed)).all())) == 1


async def test_what_cannot_be_done_is_told_beside_what_was_typed(
    sam: AsyncClient, store: Store, two_firms: dict[str, int]
) -> None:
    answer = await act(sam, "hold", contact=str(two_firms["amy"]), briefing=f"{KEY} 24apr",
                       name='Eva "<i>" Ho', email="eva@gmail.com")  # fmt: skip
    assert answer.status_code == 409
    assert "eva@gmail.com is at a service where anybody gets an address" in answer.text
    assert 'value="Eva &#34;&lt;i&gt;&#34; Ho"' in answer.text
    assert "named her &lt;colleague&gt;</textarea>" in answer.text
    assert await store.read(seats_of, KEY, ALPHA) == []


@pytest.mark.parametrize("form", FORMS)
async def test_no_form_does_anything_without_a_reason(
    sam: AsyncClient, store: Store, two_firms: dict[str, int], form: str
) -> None:
    answer = await act(sam, form, contact=str(two_firms["amy"]), because=" ", task=f"{KEY} {USERS}", question="?",
                       briefing=f"{KEY} 24apr", seat="1", name="Eva Ho")  # fmt: skip
    assert answer.status_code == 409
    assert "Say why" in answer.text
    assert await store.read(lambda session: session.exec(select(StaffDeed)).all()) == []
