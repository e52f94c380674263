"""The desk's pages beside the cases: only the desk sees them, and each shows what it is for, as text and no more."""

from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient
from sqlmodel import Session, select

from bot.app import App
from bot.clock import machine_time
from models.campaign import Campaign
from models.conversation import record
from models.leases import Lease
from models.message import Address, Ask, Reply
from models.outbox import Message
from models.reach import close
from models.seats import Attendee, Moment, Rules, reserve
from models.status import standing
from models.store import Store
from models.support import By as Who
from models.support import Opening, StaffDeed, open_case, rule, unanswered
from tests.desk_cast import OLIVIA, SAM, marks_of, press
from tests.firms import firm
from tests.reception_cast import KEY, MORNING
from tests.reminders_cast import ONE_DATABASE
from tests.status_cast import ALPHA, USERS
from tests.views_cast import AMY, BECAUSE, FIRM, FORMS, PAGES, asked, posted, shown
from tests.web_cast import Browse, browsers, origin_of

pytestmark = ONE_DATABASE


@pytest.fixture
async def desk_browse(firms_usher: App) -> AsyncIterator[Browse]:
    async with browsers(firms_usher) as browse:
        yield browse


# ------------------------------------------------------------------------------------------------------------ who sees


async def test_nobody_but_the_desk_sees_any_of_it(desk_browse: Browse) -> None:
    stranger = desk_browse()
    told = [await stranger.get(page) for page in PAGES]
    told += [
        await stranger.post(f"{FIRM}/{form}", headers={"origin": origin_of(stranger)}, data={"x": "y"})
        for form in FORMS
    ]
    assert {one.status_code for one in told} == {401}
    assert all("Alpha" not in one.text for one in told)


async def test_a_contact_of_a_firm_who_is_signed_in_to_the_chat_sees_none_of_it(desk_browse: Browse) -> None:
    amy = desk_browse()
    await amy.get("/")
    assert {(await amy.get(page)).status_code for page in PAGES} == {401}


async def test_the_desk_sees_every_page_in_each_language(sam: AsyncClient) -> None:
    for page in PAGES:
        for language in ("en", "zh-Hant", "zh-Hans"):
            sam.cookies.set("usher-desk-language", language)
            assert (await sam.get(page)).status_code == 200


async def test_a_form_without_its_token_does_nothing(sam: AsyncClient, store: Store) -> None:
    answer = await sam.post(f"{FIRM}/line", headers={"origin": origin_of(sam)},
                            data={"task": f"{KEY} {USERS}", "because": BECAUSE, "nonce": "n" * 22})  # fmt: skip
    assert answer.status_code == 403
    assert await store.read(standing, KEY, ALPHA) == {}


# --------------------------------------------------------------------------------------------------------- other views


async def test_the_roster_counts_and_names_who_sits_where(
    sam: AsyncClient, store: Store, campaign: Campaign, two_firms: dict[str, int]
) -> None:
    def held(session: Session) -> None:
        rules = Rules.of(campaign, campaign.briefing["24apr"])
        people = [Attendee("Eva Ho", "eva@alpha.hk"), Attendee("Flo <Ip>", "flo@alpha.hk")]
        reserve(session, rules, ALPHA, two_firms["amy"], people, Moment(MORNING, MORNING))

    await store.write(held)
    page = await shown(sam, "/desk/seats", briefing=f"{KEY} 24apr")
    assert "<td>not stated</td><td>2</td><td>0</td><td>–</td><td>0</td><td>1</td>" in page
    assert "Eva Ho" in page
    assert "Flo &lt;Ip&gt;" in page
    assert "Eva Ho" not in await shown(sam, "/desk/seats")


async def test_questions_without_an_answer_are_counted_however_they_are_written(store: Store) -> None:
    def said(session: Session) -> None:
        for who, text in (
            ("amy", "Is it free?"),
            ("ben", "is  it FREE"),
            ("cy", "Ｉｓ it free？"),
            ("amy", "How late?"),
        ):
            asked(session, who, text)
        asked(session, "amy", "When is it due?", "answer")
        asked(session, "dee", "register", "clarify")
        pressed = Ask(
            "p", Address("web", "dee"), Address("web", "dee"), "/support x", MORNING, in_reply_to="dee register"
        )
        record(session, pressed, Reply("–"), recorded_at=MORNING, action="/support x")

    await store.write(said)
    found = await store.read(unanswered)
    assert [(one.text, one.count, len(one.askers)) for one in found] == [
        ("Ｉｓ it free？", 3, 3), ("How late?", 1, 1), ("register", 1, 1)
    ]  # fmt: skip


async def test_questions_and_suggested_examples_are_shown_as_text(sam: AsyncClient, store: Store) -> None:
    def ruled(session: Session) -> None:
        turn = record(session, Ask("q", AMY, AMY, "<u>free</u>?", MORNING), Reply("–", "escalate"), recorded_at=MORNING)
        opened = open_case(session, Opening(turn, MORNING, MORNING))
        rule(session, opened.case.number or 0, f"{KEY}/fee", "Nothing.", "k", Who(SAM, MORNING, MORNING))

    await store.write(ruled)
    page = await shown(sam, "/desk/questions")
    assert page.count("&lt;u&gt;free&lt;/u&gt;?") == 2
    assert f"<code>{KEY}/fee</code>" in page


async def test_a_firm_that_nobody_is_reached_of_is_listed_with_what_it_misses(sam: AsyncClient, store: Store) -> None:
    def lost(session: Session) -> None:
        firm(session, "B09999", "Nobody <Ltd>")
        close(session, Address("web", "cy"), "left", MORNING)
        close(session, Address("web", "dee"), "user gone", MORNING)

    await store.write(lost)
    page = await shown(sam, "/desk/unreached")
    assert "Not reached: 2" in page
    assert "Nobody &lt;Ltd&gt;" in page
    assert "contacts without an open address: 2: left; user gone" in page
    assert ALPHA not in page


async def failed(store: Store) -> int:
    def fails(session: Session) -> int:
        number = posted(session, AMY, "Your <seat>", "m1")
        message = session.get_one(Message, number)
        message.state, message.reason = "uncertain", "the connection broke"
        session.add(message)
        return number

    return await store.write(fails)


async def test_support_sees_what_is_in_trouble_and_may_not_send_it_again(sam: AsyncClient, store: Store) -> None:
    number = await failed(store)
    page = await shown(sam, "/desk/deliveries")
    assert "Your &lt;seat&gt;" in page
    assert "Sent again, it may arrive twice." in page
    assert "Only operators can send it again." in page
    marks = marks_of(page)
    answer = await sam.post("/desk/deliveries/again", data=marks | {"message": str(number)},
                            headers={"origin": origin_of(sam)})  # fmt: skip
    assert answer.status_code == 403
    assert (await store.read(lambda session: session.get_one(Message, number))).state == "uncertain"


async def test_an_operator_sends_it_again_under_their_name(olivia: AsyncClient, store: Store) -> None:
    number = await failed(store)
    answer = await press(olivia, "/desk/deliveries", "/desk/deliveries/again", message=str(number))
    assert answer.status_code == 303
    assert "It is sent again." in await shown(olivia, answer.headers["location"])
    assert (await store.read(lambda session: session.get_one(Message, number))).state == "pending"
    (deed,) = await store.read(lambda session: session.exec(select(StaffDeed)).all())
    assert (deed.by, deed.deed, deed.because) == (OLIVIA, "send again", "uncertain: the connection broke")


async def test_what_is_in_no_trouble_is_not_sent_again(olivia: AsyncClient, store: Store) -> None:
    number = await store.write(posted, AMY, "Hello", "m1")
    marks = marks_of((await olivia.get("/desk")).text)
    answer = await olivia.post("/desk/deliveries/again", data=marks | {"message": str(number)},
                               headers={"origin": origin_of(olivia)})  # fmt: skip
    assert "It was not sent again" in await shown(olivia, answer.headers["location"])


async def test_the_state_shows_channels_clock_outbox_and_copies(sam: AsyncClient, store: Store) -> None:
    def busy(session: Session) -> None:
        posted(session, AMY, "Hello", "m1")
        session.add(Lease(name="telegram", copy_name="another-copy", until=machine_time()))

    await store.write(busy)
    page = await shown(sam, "/desk/state")
    for part in ("2023-04-12 10:00", "Next reminders", "another-copy", '<th scope="row">slack</th><td>no</td>'):
        assert part in page
    assert '<th scope="row">web</th><td><strong class="good">yes</strong></td>' in page
