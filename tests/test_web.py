"""The web page over HTTP: what is asked, kept and shown, and what a person reads when something fails."""

import asyncio
import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from httpx import AsyncClient, Response

from bot.app import App
from bot.page.form import QUESTION_LENGTH
from bot.page.pages import SHOWN
from models.conversation import record
from models.message import Address, Ask
from models.store import Store
from tests.web_cast import (
    MORNING,
    QUOTE,
    WHICH,
    Browse,
    ask,
    kept,
    nonce_of,
    send,
    small_campaign,
    visitor_of,
)

# ----------------------------------------------------------------------------------------------------- the conversation


async def test_a_question_is_answered_with_its_source_after_a_redirect(ann: AsyncClient) -> None:
    answered = await ask(ann, "When is it due?")
    assert (answered.status_code, answered.headers["location"]) == (303, "/#newest")

    page = (await ann.get("/")).text
    assert '<div class="bubble" dir="auto">When is it due?</div>' in page
    assert '2023.</span>\n<span dir="auto">Ask the hotline' in page
    assert '<figcaption lang="en">paragraph 3</figcaption>' in page
    assert f'<blockquote lang="en" dir="auto">{"CPs shall verify"}' in page


async def test_the_conversation_is_there_after_a_reload_with_the_campaigns_time(ann: AsyncClient) -> None:
    await ask(ann, "When is it due?")
    await ask(ann, "register")
    for _ in range(2):
        page = (await ann.get("/")).text
        assert page.index("When is it due?") < page.index("Which do you mean?")
        assert "10:00 HKT" in page
        assert page.count("Wed, 12 Apr 2023</time></li>") == 1  # the day is said once


async def test_the_question_carries_campaign_time_and_the_visitors_own_room(app: App, ann: AsyncClient) -> None:
    await ask(ann, "When is it due?")
    rehearsed: Any = app.reception
    (asked,) = rehearsed.asked
    assert asked.at == MORNING
    assert asked.room == asked.sender == Address("web", visitor_of(ann))
    assert asked.id.startswith(f"web:{visitor_of(ann)}:")


@pytest.mark.parametrize(
    ("question", "tag", "moment", "word"),
    [
        ("幾時死線呀?", "zh-Hant-HK", "10:00 香港時間", "出處"),
        ("几时截止？", "zh-Hans", "10:00 HKT", "出处"),
    ],
)
async def test_a_chinese_answer_is_marked_as_chinese_and_its_quote_as_english(
    ann: AsyncClient, question: str, tag: str, moment: str, word: str
) -> None:
    await ask(ann, question)
    page = (await ann.get("/")).text
    assert re.search(f'<li class="exchange"[^>]* lang="{tag}">', page)
    assert moment in page
    assert word in page
    assert '<blockquote lang="en"' in page


async def test_a_pressed_choice_is_shown_by_its_label_and_as_chosen(ann: AsyncClient, store: Store) -> None:
    await ask(ann, "register")
    page = (await ann.get("/")).text
    assert '<button name="text" value="/a small emails" dir="auto">E-mails &amp; DAs</button>' in page

    await press(ann, page, "/a small emails")
    page = (await ann.get("/")).text
    assert '<div class="bubble" dir="auto">E-mails &amp; DAs</div>' in page
    assert (
        '<button type="button" aria-disabled="true" value="/a small emails" dir="auto" class="chosen" '
        'aria-pressed="true">' in page
    )
    assert '<button type="button" aria-disabled="true" value="/support 0123" dir="auto">' in page
    first, second = await kept(store, ann)
    assert (second.asked, second.action, second.in_reply_to) == ("/a small emails", "/a small emails", first.ask_id)


async def press(client: AsyncClient, page: str, action: str) -> Response:
    """Press a button under the last answer of the page that has any."""
    *_, (nonce, under) = re.findall(
        r'name="nonce" value="(press-[^"]+)">\s*<input[^>]* name="under" value="(\d+)"', page
    )
    return await ask(client, action, nonce, under=under)


async def test_a_choice_pressed_in_two_tabs_at_once_is_asked_once(ann: AsyncClient, store: Store) -> None:
    await ask(ann, "register")
    page = (await ann.get("/")).text
    await asyncio.gather(*(press(ann, page, "/a small emails") for _ in range(3)))
    assert [turn.asked for turn in await kept(store, ann)] == ["register", "/a small emails"]


async def test_a_choice_of_somebody_elses_conversation_is_no_press_of_it(browse: Browse, store: Store) -> None:
    ann, bob = browse(), browse()
    await ask(ann, "register")
    (offered,) = await kept(store, ann)
    await bob.get("/")
    await ask(bob, "/a small emails", under=str(offered.id))
    assert [turn.in_reply_to for turn in await kept(store, bob)] == [None]
    assert 'aria-pressed="true"' not in (await ann.get("/")).text


async def test_the_quick_starts_are_the_campaigns_own_in_the_pages_language(browse: Browse) -> None:
    def starts(page: str) -> list[tuple[str, str]]:
        quick = page.partition('class="quick"')[2].partition("</form>")[0]
        return re.findall(r'<button name="text" value="([^"]+)">([^<]+)<', quick)

    english = browse()
    chinese = browse()
    chinese.headers["accept-language"] = "zh-HK,en;q=0.5"
    due, where = "/a small due", "/a small where"
    for _ in range(2):
        assert starts((await english.get("/")).text) == [
            (due, "Deadlines"), (where, "The venue"), ("/support", "Ask support"),
        ]  # fmt: skip
        assert starts((await chinese.get("/")).text) == [
            (due, "截止日期"), (where, "地點"), ("/support", "聯絡支援"),
        ]  # fmt: skip
        await ask(english, due)
        await ask(chinese, due)
    assert '<div class="bubble" dir="auto">Deadlines</div>' in (await english.get("/")).text


async def test_the_language_that_was_chosen_is_given_with_a_question(app: App, ann: AsyncClient) -> None:
    await send(ann, "/language", language="zh-Hant")
    await ask(ann, "/a small due")
    rehearsed: Any = app.reception
    assert [one.language for one in rehearsed.asked] == ["zh-Hant"]


async def test_only_the_newest_turns_are_shown_and_the_page_says_so(ann: AsyncClient, store: Store) -> None:
    await ann.get("/")
    room = Address("web", visitor_of(ann))
    for number in range(SHOWN + 1):
        pressed = number == 1
        question = "/a small emails" if pressed else f"question {number}."
        old = Ask(f"old:{number}", room, room, question, MORNING, None, "old:0" if pressed else None)
        await store.write(record, old, WHICH, recorded_at=MORNING, action=question if pressed else None)
    page = (await ann.get("/")).text
    assert "question 0." not in page
    assert page.count('<li class="exchange"') == SHOWN
    assert "Earlier messages are kept" in page
    # The first shown turn pressed a button of the turn that is not shown any more.
    assert '<div class="bubble" dir="auto">E-mails &amp; DAs</div>' in page


async def test_with_two_circulars_a_source_names_its_own(app: App, browse: Browse) -> None:
    ann = browse(replace(app, campaigns=(small_campaign(), small_campaign("other"))))
    await ask(ann, "When is it due?")
    assert "paragraph 3 · The small circular</figcaption>" in (await ann.get("/")).text


async def test_a_circular_in_english_only_can_be_served(app: App, browse: Browse) -> None:
    english = small_campaign(
        languages=("en",), name={"en": "Nord"}, time_zone="Europe/London", time_label={"en": "London time"}, locales={}
    )
    ann = browse(replace(app, campaigns=(english,)))
    await ask(ann, "幾時死線呀?")
    page = (await ann.get("/")).text
    assert "03:00 London time" in page
    assert "Nord" in page


async def test_every_question_can_be_sent_by_a_browser_without_script(ann: AsyncClient) -> None:
    await ask(ann, "register")
    forms = re.findall(r"<form ([^>]*action=\"/\".*?)</form>", (await ann.get("/")).text, re.DOTALL)
    assert len(forms) == 3
    for form in forms:
        assert 'method="post" action="/"' in form
        assert 'name="nonce"' in form
        assert 'name="text"' in form


# --------------------------------------------------------------------------------------------------------- text as text


async def test_markup_is_shown_as_text_wherever_it_comes_from(ann: AsyncClient) -> None:
    await ask(ann, "<script>alert(1)</script>")
    await ask(ann, "When is it due?")
    page = (await ann.get("/")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert QUOTE not in page
    assert QUOTE in unescape(page)


async def test_control_characters_are_left_out_and_lines_stay(ann: AsyncClient, store: Store) -> None:
    await ask(ann, " one\r\ntwo\x00\x1b[31m\x7f 👩‍💻\t𠮷 ")
    assert (await kept(store, ann))[0].asked == "one\ntwo[31m 👩‍💻\t𠮷"


async def test_a_too_long_question_is_not_asked_and_stays_in_the_box(ann: AsyncClient, store: Store) -> None:
    long = "長" * 100_000
    refused = await ask(ann, long)
    assert refused.status_code == 422
    assert "longer than 2,000 characters" in refused.text
    assert f">\n{long}</textarea>" in refused.text
    assert await kept(store, ann) == []
    assert (await ask(ann, "y" * QUESTION_LENGTH)).status_code == 303


async def test_a_question_of_nothing_is_not_asked(ann: AsyncClient, store: Store) -> None:
    refused = await ask(ann, " \x00\n ")
    assert refused.status_code == 422
    assert "Please write your question first." in refused.text
    assert await kept(store, ann) == []


# ------------------------------------------------------------------------------------------------------ asked only once


async def test_the_same_form_sent_twice_is_one_question(ann: AsyncClient, store: Store) -> None:
    nonce = nonce_of(await ann.get("/"))
    assert (await ask(ann, "When is it due?", nonce)).status_code == 303
    assert (await ask(ann, "When is it due?", nonce)).status_code == 303
    assert len(await kept(store, ann)) == 1


async def test_a_double_click_is_one_question(ann: AsyncClient, store: Store) -> None:
    nonce = nonce_of(await ann.get("/"))
    both = await asyncio.gather(*(ask(ann, "When is it due?", nonce) for _ in range(4)))
    assert {answer.status_code for answer in both} == {303}
    assert len(await kept(store, ann)) == 1


async def test_other_words_from_an_old_form_are_not_lost(ann: AsyncClient, store: Store) -> None:
    nonce = nonce_of(await ann.get("/"))
    await ask(ann, "When is it due?", nonce)
    await ask(ann, "register", nonce)  # the Back button showed the old page
    assert [turn.asked for turn in await kept(store, ann)] == ["When is it due?", "register"]


async def test_each_page_shown_can_ask_the_same_again(ann: AsyncClient, store: Store) -> None:
    await ask(ann, "When is it due?")
    await ask(ann, "When is it due?")
    assert len(await kept(store, ann)) == 2
