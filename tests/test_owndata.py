"""Anybody can see what is held about them, all of it and nobody else's, and can have it forgotten."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from httpx import Response
from pydantic import SecretStr
from sqlmodel import Session, select

from bot.app import App
from bot.clock import CampaignClock
from bot.settings import Settings
from handlers.reception import Reception
from models import status
from models.campaign import Campaign
from models.contacts import known, participants_of
from models.conversation import Turn
from models.message import Address, Ask
from models.status import Duty
from models.store import Store
from tests.channels_cast import ONE_DATABASE
from tests.enrolment_cast import code_of
from tests.reception_cast import MORNING
from tests.town_cast import HARBOUR, MACHINE, Colleague, Town
from tests.web_cast import KEY, ask, ask_by_script, browsers, visitor_of

ELSE = "Ben Lee"


async def took_part(town: Town, ada: Colleague) -> None:
    """Ada did a little of everything."""
    await ada.say("/language en")
    await ada.say("2 seats on the 24th for me and a colleague")
    await ada.say(f"{ELSE}, ben@harbour.example")
    await ada.press("Yes")
    await ada.say("How much does it cost in Macau?")
    await ada.press("Yes, ask support")
    await ada.say("/check")
    await town.store.write(declared, ada.room)


def declared(session: Session, person: Address) -> None:
    contact = known(session, person)
    assert contact
    status.declare(session, Duty("ccms-2fa-2023", HARBOUR, "emails.user"), contact.id or 0, MORNING, MACHINE)


async def test_everything_that_is_held_is_told(town: Town, ada: Colleague) -> None:
    await took_part(town, ada)
    told = (await ada.say("/mydata")).text
    for line in (
        "Name: Ada Chan",
        "E-mail: none",
        "Language that you chose: English",
        "• the web page (web:ada-chan), known as yours since 3 February 2026",
        "• Harbour Futures (A001), since 3 February 2026 (named by the support desk)",
        "• Mon 24 Apr 2023 16:30, in person: your own",
        "• Mon 24 Apr 2023 16:30, in person: for a colleague, registered by you",
        "Connection checks that you asked for, with what they showed: 1 (12 April 2023 to 12 April 2023)",
        "• CCMS users' e-mail addresses: done (A001, 10:00 HKT on Wednesday 12 April 2023)",
        "• case 1, 10:00 HKT on Wednesday 12 April 2023: open",
        "Messages from you, with my answers: 7 (12 April 2023 to 12 April 2023)",
        "Messages that I sent you unasked: none",
        "It is kept until 30 October 2023: 90 days",
    ):
        assert line in told


async def test_the_codes_that_were_used_are_told_by_their_beginning(town: Town, ada: Colleague) -> None:
    code, zoe = await code_of(town.store, HARBOUR), Colleague(town, Address("web", "zoe"))
    await zoe.say(code)
    told = (await zoe.say("/mydata")).text
    assert f"Enrolment codes that you used:\n• {code.split('-')[1]}-… on 3 February 2026" in told
    assert "(by an enrolment code)" in told
    assert code not in told


async def test_nothing_of_anybody_else_s_is_told(town: Town, ada: Colleague, bob: Colleague) -> None:
    await took_part(town, ada)
    await bob.say("a seat on 25 April for me")
    await bob.press("Yes")
    told = (await bob.say("/mydata")).text
    assert "• Tue 25 Apr 2023 16:30, webinar: your own" in told
    assert "24 Apr" not in told
    assert "case" not in told
    for name in ("Ada", ELSE, "ben@"):
        assert name not in told
    assert ELSE not in (await ada.say("/mydata")).text


async def test_who_is_unknown_reads_that_little_is_held(town: Town) -> None:
    mal = Colleague(town, Address("web", "mal"))
    await mal.say("when is the briefing?")
    told = (await mal.say("what do you know about me")).text
    assert "Name: none" in told
    assert "• the web page (web:mal)\n" in told
    assert "Whom you act for: nobody that I know of" in told
    assert "Messages from you, with my answers: 1 (" in told


async def test_it_is_told_in_chinese(town: Town, ada: Colleague) -> None:
    await took_part(town, ada)
    told = (await ada.say("/mydata", language="zh-Hant")).text
    assert "This" in told  # she chose English
    await ada.say("/language zh-Hant")
    told = (await ada.say("/mydata")).text
    assert "姓名：Ada Chan" in told
    assert "繁體中文" in told
    assert "2023年10月30日" in told


@ONE_DATABASE
async def test_where_others_read_it_is_not_told(town: Town, ada: Colleague) -> None:
    room = Address("slack", "C0GEN:1.1")
    turn = await town.reception.take(Ask("public", ada.room, room, "/mydata", MORNING))
    assert "Ada" not in turn.reply.text


# ----------------------------------------------------------------------------------------------------- being forgotten


async def test_it_is_asked_once_and_said_exactly_what_will_happen(town: Town, ada: Colleague, bob: Colleague) -> None:
    await took_part(town, ada)
    asked = await ada.say("please delete my data")
    assert asked.text.startswith("Shall I forget you?")
    assert "you act for nobody here: Harbour Futures (A001)" in asked.text
    assert "Ada Chan, Ben Lee. Your own are given back; those of colleagues go to another colleague" in asked.text
    assert "This cannot be undone" in asked.text
    assert [choice.action for choice in asked.choices] == ["/forget yes", "/cancel"]
    assert await is_known(town, ada)


@pytest.mark.parametrize("yes", ["yes", "好", "/forget yes"])
async def test_a_yes_to_that_forgets(town: Town, ada: Colleague, yes: str) -> None:
    await ada.say("/forget")
    done = await ada.say(yes)
    assert "you are forgotten" in done.text or "我已忘記你" in done.text
    assert not await is_known(town, ada)


@pytest.mark.parametrize("no", ["no", "cancel", "/cancel", "forget it"])
async def test_a_no_keeps_everything_and_the_button_of_before_is_no_yes_any_more(
    town: Town, ada: Colleague, no: str
) -> None:
    await ada.say("/forget")
    assert "nothing was changed" in (await ada.say(no)).text
    assert "Nothing was forgotten" in (await ada.say("/forget yes")).text
    assert await is_known(town, ada)


@ONE_DATABASE
async def test_a_question_meanwhile_is_answered_and_the_button_still_counts(town: Town, ada: Colleague) -> None:
    await ada.say("/forget")
    assert "27 April 2023" in (await ada.say("when must the connection be verified")).text
    await ada.say("yes please do")
    assert await is_known(town, ada)
    assert "you are forgotten" in (await ada.say("/forget yes")).text


@ONE_DATABASE
async def test_a_yes_to_nothing_that_was_asked_forgets_nothing(town: Town, ada: Colleague) -> None:
    await ada.say("when is the briefing?")
    refused = await ada.say("/forget yes")
    assert "Nothing was forgotten: I do that only within 15 minutes after having asked you" in refused.text
    assert await is_known(town, ada)


@ONE_DATABASE
async def test_after_a_quarter_of_an_hour_it_is_asked_anew(town: Town, ada: Colleague) -> None:
    await ada.say("/forget")
    town.machine += timedelta(minutes=15)
    assert "Nothing was forgotten" in (await ada.say("/forget yes")).text
    assert await is_known(town, ada)


@ONE_DATABASE
async def test_asked_in_one_chat_it_is_no_yes_in_another(town: Town, ada: Colleague, bob: Colleague) -> None:
    await ada.say("/forget")
    await bob.say("when is the briefing?")
    assert "Nothing was forgotten" in (await bob.say("/forget yes")).text
    assert await is_known(town, ada)
    assert await is_known(town, bob)


@ONE_DATABASE
async def test_the_same_event_again_is_told_the_same(town: Town, ada: Colleague) -> None:
    await ada.say("/forget")
    first = await ada.say("/forget yes", ask_id="telegram:7:8")
    assert await ada.say("/forget yes", ask_id="telegram:7:8") == first


@ONE_DATABASE
async def test_who_only_asked_questions_is_forgotten_too(town: Town) -> None:
    mal = Colleague(town, Address("web", "mal"))
    await mal.say("when is the briefing?")
    await mal.say("/forget")
    await mal.press("Yes, forget me")
    kept = await town.store.read(lambda session: list(session.exec(select(Turn))))
    assert len(kept) == 3
    assert not [turn for turn in kept if "mal" in turn.sender + turn.room]


async def is_known(town: Town, who: Colleague) -> bool:
    return bool(await town.store.read(participants_of, who.room))


# ------------------------------------------------------------------------------------------------------ the web page


@pytest.fixture
def usher(store: Store, campaign: Campaign, understanding: Path) -> App:
    settings = Settings(secret_key=SecretStr(KEY))
    reception = Reception(store, [campaign], lambda: MACHINE, understanding)
    return App(settings, store, (campaign,), reception, CampaignClock(MORNING, elapsed=lambda: 0.0))


async def rooms(usher: App) -> set[str]:
    return set(await usher.store.read(lambda session: session.exec(select(Turn.room)).all()))


@pytest.mark.parametrize("send", [ask, ask_by_script])
@ONE_DATABASE
async def test_the_browser_goes_on_as_somebody_new(usher: App, send: Callable[..., Awaitable[Response]]) -> None:
    async with browsers(usher) as browse:
        client = browse()
        await ask(client, "/forget")
        before = visitor_of(client)
        await send(client, "/forget yes")
        assert visitor_of(client) != before
        await ask(client, "when is the briefing?")
        assert not [room for room in await rooms(usher) if before in room]


@ONE_DATABASE
async def test_the_cookie_of_before_opens_nothing(usher: App) -> None:
    async with browsers(usher) as browse:
        client = browse()
        await ask(client, "/forget")
        kept = dict(client.cookies)
        await ask(client, "/forget yes")
        thief = browse()
        thief.cookies.update(kept)
        assert "forget" not in (await thief.get("/")).text
