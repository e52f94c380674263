"""A case comes to the support room as a card, and what the team replies there goes back to where it was asked."""

import re
from typing import Any

import pytest

from models.people import remove_staff
from models.support import Case, open_cases
from tests.channels_cast import ONE_DATABASE, ROOM
from tests.slack_platform import Fault
from tests.support_cast import (
    FEE,
    WORDS,
    Stage,
    eventually,
    slack_command,
    slack_direct,
    slack_text,
    slack_thread,
    telegram_private,
    telegram_topic,
    web,
)
from tests.web_cast import MORNING

ASKED = (web, slack_direct, slack_thread, slack_command, telegram_private, telegram_topic)


@ONE_DATABASE
@pytest.mark.parametrize("desk", ["slack", "telegram", "terminal"], indirect=True)
@pytest.mark.parametrize("asked", ASKED)
async def test_a_reply_comes_back_to_where_it_was_asked(desk: Stage, asked: Any) -> None:
    texts, place = await asked(desk)
    told_asker = await eventually(desk, texts, "noted as case 1")
    assert told_asker.startswith(place) or asked is slack_command  # that one only its sender sees, where it was typed
    if desk.room != "terminal":
        card = await desk.card()
        shown = slack_text(card) if desk.room == "slack" else card.text
        assert FEE in shown
        assert "The circular does not mention fees or costs." in shown
    await desk.reply(WORDS)
    brought = await eventually(desk, texts, "The support desk replies to case 1")
    assert brought.startswith(f"{place} ")
    assert brought.endswith(WORDS)
    assert FEE in brought
    assert await desk.store.read(open_cases) == []


async def test_it_works_on_both_databases(desk: Stage) -> None:
    texts, _ = await slack_direct(desk)
    await desk.reply(WORDS)
    await eventually(desk, texts, "replies to case 1")


# -------------------------------------------------------------------------------------------------- who may reply


@ONE_DATABASE
@pytest.mark.parametrize("desk", ["slack", "telegram"], indirect=True)
async def test_whoever_is_not_named_is_refused_alone_and_logged(desk: Stage, caplog: pytest.LogCaptureFixture) -> None:
    texts, _ = await web(desk)
    before = len((await desk.card(), desk.room_texts)[1])
    await desk.write_under_card("reply: I am nobody", slack="U0ANN", telegram=101)

    def seen_by_ann() -> list[str]:
        if desk.room == "slack":
            return [one.text for one in desk.slack.shown_to(desk.slack.users["U0ANN"])]
        return [one.text for one in desk.telegram.shown_to(desk.telegram.chats.users[101])]

    await desk.slack.until(lambda: any("Only named members" in text for text in seen_by_ann()))
    assert len([text for text in desk.room_texts if "Only named members" not in text]) == before
    assert not any("nobody" in text for text in await texts())
    assert "may not reply to case 1" in caplog.text
    if desk.room == "telegram":
        assert not any("Only named members" in text for text in desk.room_texts)
    else:
        refusals = [one for one in desk.slack.messages(ROOM) if "Only named" in one.text]
        assert refusals == []  # what everybody sees


@ONE_DATABASE
async def test_who_left_the_team_may_reply_no_longer(desk: Stage) -> None:
    texts, _ = await web(desk)
    await desk.store.write(remove_staff, "Sam", MORNING)
    await desk.reply(WORDS)
    sam = desk.slack.users["U0SAM"]
    await desk.slack.until(lambda: any("Only named members" in slack_text(one) for one in desk.slack.shown_to(sam)))
    assert not any("replies to case" in text for text in await texts())


# -------------------------------------------------------------------------------------- what stays, and what goes out


@ONE_DATABASE
@pytest.mark.parametrize("desk", ["slack", "telegram"], indirect=True)
async def test_other_talk_stays_inside_and_nobody_answers_it(desk: Stage) -> None:
    texts, _ = await web(desk)
    said = len((await desk.card(), desk.room_texts)[1])
    for talk in ("What shall we say?", "I would not reply: too early", "replying: no"):
        await desk.write_under_card(talk)
    await desk.write_under_card("Reply：全形冒號也可以")
    await eventually(desk, texts, "全形冒號也可以")
    assert not any("too early" in text or "shall we" in text for text in await texts())
    await desk.slack.until(lambda: len(desk.room_texts) == said + 1)  # only that the reply is on its way


@ONE_DATABASE
async def test_a_reply_button_opens_a_window_and_its_words_go_out(desk: Stage) -> None:
    texts, _ = await telegram_private(desk)
    sam, card = desk.slack.users["U0SAM"], await desk.card()
    await desk.slack.press(sam, card, "Reply")
    await desk.slack.until(lambda: "U0SAM" in desk.slack.modals)
    await desk.slack.submit(sam, desk.slack.modals["U0SAM"], {"reply/text": WORDS})
    assert (await eventually(desk, texts, "replies to case 1")).endswith(WORDS)
    await desk.slack.until(lambda: any("on its way" in text for text in desk.room_texts))


@ONE_DATABASE
async def test_a_second_reply_goes_out_too_and_the_same_event_twice_does_not(desk: Stage) -> None:
    texts, _ = await web(desk)
    card, sam = await desk.card(), desk.slack.users["U0SAM"]
    sent = await desk.slack.say(sam, "reply: one", ROOM, thread_ts=card.ts)
    await desk.slack.deliver(sent.payload.get("event", sent.payload))
    await desk.slack.say(sam, "reply: two", ROOM, thread_ts=card.ts)
    await eventually(desk, texts, "two")
    told = [text.partition(" None ")[2] for text in await texts() if "to case 1" in text and "desk" in text]
    first, second = told[-2:]
    assert (first.startswith("The support desk replies to case 1 "), first.endswith("\none")) == (True, True)
    assert (second.startswith("Reply 2 of the support desk to case 1 "), second.endswith("\ntwo")) == (True, True)


@ONE_DATABASE
async def test_reply_without_a_card_is_told_where_it_belongs(desk: Stage) -> None:
    await desk.slack.say(desk.slack.users["U0SAM"], "reply: to whom?", ROOM)
    await desk.slack.until(lambda: any("as a reply to the message with the case" in text for text in desk.room_texts))


@ONE_DATABASE
async def test_that_a_reply_could_not_be_delivered_is_told_in_the_room(desk: Stage) -> None:
    await telegram_private(desk)
    await desk.card()
    await desk.telegram.block(desk.telegram.chats.users[101])
    await desk.reply(WORDS)
    await desk.slack.until(lambda: any("did not reach its asker" in text for text in desk.room_texts))


@ONE_DATABASE
async def test_a_card_that_slack_refuses_for_now_comes_later_and_once(desk: Stage) -> None:
    desk.slack.fail("chat.postMessage", Fault(status=503), Fault(error="ratelimited", status=429, retry_after=1))
    await web(desk)
    await desk.slack.until(lambda: any(text.startswith("Case 1") for text in desk.room_texts))
    assert len([text for text in desk.room_texts if text.startswith("Case 1")]) == 1


@ONE_DATABASE
async def test_the_card_names_who_asked_and_a_double_press_makes_one(desk: Stage) -> None:
    texts, _ = await slack_direct(desk)
    await eventually(desk, texts, "noted as case 1")
    card = slack_text(await desk.card())
    assert re.search(r"<@U0ANN>", card)
    assert "12 April 2023" in card
    cases: list[Case] = await desk.store.read(open_cases)
    assert [case.question for case in cases] == [FEE]
