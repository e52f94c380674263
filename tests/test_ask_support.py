"""Support is asked directly: a press, then the words, which are passed on as they are; or cancel, or too late."""

from datetime import datetime, timedelta

import pytest

from handlers.facts import NO_SUPPORT, SUPPORT
from handlers.reception import AWAITED, Reception
from models.message import Address, Ask
from models.store import Store
from models.support import events_of
from tests.reception_cast import KEY, MORNING, Person, cases, kept

WORDS = "Our terminal stands at two sites. When must we register e-mails?"


async def test_what_is_written_next_becomes_the_case_word_for_word(store: Store, amy: Person) -> None:
    asked = await amy.say(SUPPORT)
    assert asked.text.startswith("What shall support be asked?")
    assert [choice.action for choice in asked.choices] == [NO_SUPPORT]
    assert await cases(store) == []

    said = await amy.say(WORDS)
    (case,) = await cases(store)
    assert (case.question, case.room) == (WORDS, str(amy.room))
    assert f"case {case.number}" in said.text
    assert WORDS in said.text
    assert "27 April 2023" in case.said  # what the circular would have answered, for the people of support
    last = (await kept(store, amy))[-1]
    assert (last.asked, last.reply, last.campaign) == (WORDS, said, KEY)


async def test_only_the_next_message_is_passed_on(store: Store, amy: Person) -> None:
    await amy.say(SUPPORT)
    await amy.say(WORDS)
    assert "27 April 2023" in (await amy.say("when must we register emails?")).text
    assert len(await cases(store)) == 1


async def test_the_same_words_sent_twice_are_one_case(store: Store, amy: Person) -> None:
    await amy.say(SUPPORT)
    first = await amy.say(WORDS, ask_id="e9")
    assert await amy.say(WORDS, ask_id="e9") == first
    assert len(await cases(store)) == 1


@pytest.mark.parametrize("words", [NO_SUPPORT, "cancel", "Never mind.", "取消", "算啦"])
async def test_it_can_be_cancelled(store: Store, amy: Person, words: str) -> None:
    asked = await amy.say(SUPPORT)
    assert (await amy.say(words)).text == "All right, it is not passed on."
    assert await cases(store) == []
    first, second = await kept(store, amy)
    assert (second.action, asked) == (NO_SUPPORT, first.reply)
    assert (await amy.say("when must we register emails?")).answer == f"{KEY}/emails.due"


async def test_no_and_yes_are_words_like_others_here(store: Store, amy: Person) -> None:
    for words in ("no", "yes"):
        await amy.say(SUPPORT)
        await amy.say(words)
    # Nobody can say what either is about: they are one case.
    (case,) = await cases(store)
    assert [case.question, *(event.text for event in await store.read(events_of, case.number or 0))] == ["no", "yes"]


async def test_a_pressed_button_in_between_is_answered_and_nothing_waits_any_more(store: Store, amy: Person) -> None:
    await amy.say(SUPPORT)
    assert (await amy.say(f"/a {KEY} deadlines")).answer == f"{KEY}/deadlines"
    await amy.say(WORDS)
    assert await cases(store) == []


@pytest.mark.parametrize(("later", "opened"), [(AWAITED - timedelta(minutes=1), 1), (AWAITED, 0)])
async def test_it_waits_for_a_quarter_of_an_hour_by_the_machine(
    store: Store, reception: Reception, later: timedelta, opened: int
) -> None:
    room = Address("web", "amy")
    await reception.take(Ask("e1", room, room, SUPPORT, MORNING))

    def later_on() -> datetime:
        return before() + later

    before = reception._machine_time
    reception._machine_time = later_on
    # A demonstration may have been moved by a day meanwhile: that is not the time which counts here.
    await reception.take(Ask("e2", room, room, WORDS, MORNING + timedelta(days=1)))
    assert len(await cases(store)) == opened


async def test_a_chinese_reader_is_asked_in_chinese(reception: Reception, store: Store) -> None:
    room = Address("web", "amy")
    asked = (await reception.take(Ask("e1", room, room, SUPPORT, MORNING, language="zh-Hant"))).reply
    assert (asked.language, asked.choices[0].label) == ("zh-Hant", "取消")
    said = (await reception.take(Ask("e2", room, room, "我哋有兩部終端機", MORNING, language="zh-Hant"))).reply
    (case,) = await cases(store)
    assert "我哋有兩部終端機" in said.text
    assert case.language == "zh-Hant"


# ------------------------------------------------------------------------------------------ what a press leaves behind


async def test_a_typed_yes_presses_the_button_that_offered(store: Store, amy: Person) -> None:
    offered = await amy.say("How much does it cost?")
    await amy.say("yes please")
    first, second = await kept(store, amy)
    assert (second.asked, second.action, second.in_reply_to) == ("yes please", offered.choices[0].action, first.ask_id)


async def test_words_are_no_action_and_a_forged_one_is_kept_as_what_it_is(store: Store, amy: Person) -> None:
    await amy.say("when must we register emails?")
    await amy.say("/support 0123456789abcdef")
    assert [turn.action for turn in await kept(store, amy)] == [None, "/support 0123456789abcdef"]


async def test_a_button_is_answered_in_the_language_that_it_stood_under(store: Store, reception: Reception) -> None:
    room = Address("web", "amy")
    await reception.take(Ask("e1", room, room, "登記", MORNING))
    await reception.take(Ask("e2", room, room, "when must we register emails?", MORNING))
    pressed = Ask("e3", room, room, f"/a {KEY} emails.due", MORNING, language="en", in_reply_to="e1")
    assert ((await reception.take(pressed)).reply).language == "zh-Hant"
