"""Every message is answered once, in its own room's conversation, whether it was typed, pressed, doubled or forged."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from handlers.reception import Reception
from handlers.support import reference
from models.message import Ask
from models.store import Store, StoreError
from tests.reception_cast import KEY, MORNING, Person, cases, kept

FEE, FEE_ZH, FEE_CN = "How much does it cost?", "收費係幾多？", "费用是多少？"
EMAILS, EMAILS_ZH = "When do the e-mails have to be in?", "電郵地址最遲幾時要登記？"
GONE = "I no longer have that question; please ask it again."


# -------------------------------------------------------------------------------------------------- kept once


async def test_what_was_asked_and_said_is_kept(store: Store, amy: Person) -> None:
    reply = await amy.say(EMAILS)
    (turn,) = await kept(store, amy)
    assert (turn.asked, turn.room, turn.sender) == (EMAILS, "web:amy", "web:amy")
    assert turn.reply == reply
    assert (turn.subject, turn.campaign, turn.language) == (f"{KEY}/emails.due", KEY, "en")
    assert turn.at == MORNING
    assert turn.recorded_at.year == 2026


async def test_the_same_message_again_gets_the_same_reply_and_is_kept_once(store: Store, amy: Person) -> None:
    first = await amy.say(EMAILS, ask_id="e1")
    late = MORNING + timedelta(days=20)
    assert await amy.say(EMAILS, late, ask_id="e1") == first
    assert len(await kept(store, amy)) == 1


async def test_the_same_message_at_the_same_instant_is_kept_once(store: Store, amy: Person) -> None:
    replies = await asyncio.gather(*(amy.say(EMAILS, ask_id="e1") for _ in range(5)))
    assert len({reply.text for reply in replies}) == 1
    assert len(await kept(store, amy)) == 1


async def test_each_room_is_a_conversation_of_its_own(store: Store, amy: Person, ben: Person) -> None:
    await amy.say(EMAILS)
    await ben.say(FEE)
    assert [turn.asked for turn in await kept(store, amy)] == [EMAILS]
    assert [turn.asked for turn in await kept(store, ben)] == [FEE]


# ----------------------------------------------------------------------------------------------------- actions


async def test_a_pressed_answer_is_given_as_it_holds_now(amy: Person) -> None:
    action = f"/a {KEY} briefing.due"
    assert "5 business days are left" in (await amy.say(action)).text
    after = datetime(2023, 4, 20, 1, tzinfo=UTC)
    reply = await amy.say(action, after)
    assert reply.answer == f"{KEY}/briefing.due"
    assert "has passed" in reply.text


async def test_a_choice_that_was_offered_can_be_pressed(amy: Person) -> None:
    offered = await amy.say("?!")
    assert offered.behaviour == "clarify"
    for choice in offered.choices[:-1]:
        _, campaign, key = choice.action.split()
        assert (await amy.press(choice)).answer == f"{campaign}/{key}"


FORGED = ("/a", "/a x", f"/a {KEY}", f"/a {KEY} no.such", "/a other emails.due", f"/a {KEY} emails.due x",
          "/support deadbeefdeadbeef", "/support ../../etc", "/support " + "x" * 2000)  # fmt: skip


async def test_a_forged_action_does_nothing_and_says_so(store: Store, amy: Person) -> None:
    await amy.say(FEE)
    assert [action for action in FORGED if (await amy.say(action)).text != GONE] == []
    assert await cases(store) == []


async def test_an_unknown_command_is_only_a_text(store: Store, amy: Person) -> None:
    for text in ("/admin", "/", "//", "/support\tx", "/\u202e", "/a\u200bb"):
        assert (await amy.say(text)).text
    assert await cases(store) == []


async def test_the_language_of_a_button_is_that_of_the_conversation(amy: Person) -> None:
    action = f"/a {KEY} emails.due"
    assert (await amy.say(action)).language == "en"
    for asked, language, said in (
        (EMAILS_ZH, "zh-Hant", "電郵地址"),
        (FEE_CN, "zh-Hans", "电邮地址"),
        (FEE, "en", "e-mail"),
    ):
        assert (await amy.say(asked)).language == language
        reply = await amy.say(action)
        assert reply.language == language
        assert said in reply.text


async def test_the_chosen_language_is_used_where_the_text_does_not_show_its_own(
    reception: Reception, amy: Person
) -> None:
    async def said(number: int, text: str) -> str:
        ask = Ask(f"e{number}", amy.room, amy.room, text, MORNING, language="zh-Hant")
        return ((await reception.take(ask)).reply).language

    told = [await said(number, text) for number, text in enumerate(("28/4?", EMAILS, f"/a {KEY} emails.due"))]
    assert told == ["zh-Hant", "en", "zh-Hant"]


# --------------------------------------------------------------------------------------------------- to support


async def test_a_refusal_offers_support_and_a_yes_opens_a_case_with_all_that_was_said(
    store: Store, amy: Person
) -> None:
    refused = await amy.say(FEE)
    assert refused.behaviour == "escalate"
    yes, no = refused.choices
    assert (yes.action, no.action) == (f"/support {reference('amy-1')}", "/no")
    said = await amy.press(yes)
    (case,) = await cases(store)
    assert f"case {case.number} " in said.text
    assert FEE in said.text
    assert "2979 7222" in said.text
    assert (case.question, case.said, case.room, case.language) == (FEE, refused.text, "web:amy", "en")


@pytest.mark.parametrize(
    ("question", "answer"),
    [(FEE, "yes"), (FEE, " Yes please! "), (FEE, "OK"), (FEE_ZH, "係"), (FEE_ZH, "好呀。"), (FEE_CN, "是的")],
)  # fmt: skip
async def test_a_typed_yes_opens_the_case(store: Store, amy: Person, question: str, answer: str) -> None:
    await amy.say(question)
    reply = await amy.say(answer)
    (case,) = await cases(store)
    assert case.question == question
    assert str(case.number) in reply.text


@pytest.mark.parametrize(
    ("question", "answer"), [(FEE, "/no"), (FEE, "no"), (FEE, "No thanks."), (FEE_ZH, "唔使喇"), (FEE_CN, "不用了")]
)
async def test_a_no_opens_no_case_and_is_accepted(store: Store, amy: Person, question: str, answer: str) -> None:
    await amy.say(question)
    reply = await amy.say(answer)
    assert reply.text in ("All right, it is not passed on.", "好的，不會轉交。", "好的，不会转交。")
    assert await cases(store) == []


async def test_a_yes_counts_only_for_the_offer_that_was_made_last(store: Store, amy: Person) -> None:
    await amy.say(FEE)
    await amy.say(EMAILS)
    await amy.say("yes")
    await amy.say("?!")  # asks back: a yes names none of its choices
    await amy.say("yes")
    assert await cases(store) == []


async def test_a_yes_in_a_sentence_is_a_question_and_not_consent(store: Store, amy: Person) -> None:
    await amy.say(FEE)
    await amy.say("yes but when do the e-mails have to be in?")
    assert await cases(store) == []


async def test_a_double_tap_gives_the_same_case_number_and_says_so(store: Store, amy: Person) -> None:
    yes = (await amy.say(FEE)).choices[0]
    first, second = await amy.press(yes), await amy.press(yes)
    (case,) = await cases(store)
    assert first.text.startswith(f"Your question is noted as case {case.number} ")
    assert second.text.startswith(f"It is noted already, as case {case.number}.")


async def test_two_taps_at_the_same_instant_open_one_case(store: Store, amy: Person) -> None:
    yes = (await amy.say(FEE)).choices[0]
    replies = await asyncio.gather(*(amy.press(yes) for _ in range(5)))
    (case,) = await cases(store)
    assert all(f"case {case.number}" in reply.text for reply in replies)


async def test_two_questions_are_two_cases(store: Store, amy: Person) -> None:
    first, second = (await amy.say(FEE)).choices[0], (await amy.say("Is there parking at the venue?")).choices[0]
    await amy.press(second)
    await amy.press(first)  # a press next week still means the question that it stands under
    assert [case.question for case in await cases(store)] == ["Is there parking at the venue?", FEE]


async def test_none_of_these_passes_the_question_on(store: Store, amy: Person) -> None:
    offered = await amy.say("?!")
    assert offered.choices[-1].label == "None of these: ask support"
    await amy.press(offered.choices[-1])
    assert [case.question for case in await cases(store)] == ["?!"]


async def test_a_reference_of_another_room_does_nothing(store: Store, amy: Person, ben: Person) -> None:
    yes = (await amy.say(FEE)).choices[0]
    reply = await ben.press(yes)
    assert reply.text == GONE
    assert FEE not in reply.text
    assert await cases(store) == []


async def test_a_yes_in_another_room_means_nothing(store: Store, amy: Person, ben: Person) -> None:
    await amy.say(FEE)
    await ben.say("yes")
    assert await cases(store) == []


async def test_a_long_question_is_kept_whole_and_shown_short(store: Store, amy: Person) -> None:
    long = "How much does it cost? " + "We wonder. " * 100
    yes = next(choice for choice in (await amy.say(long)).choices if choice.action.startswith("/support"))
    said = await amy.press(yes)
    assert [case.question for case in await cases(store)] == [long]
    assert len(said.text) < 400
    assert "…" in said.text


# ------------------------------------------------------------------------------------------- what was talked of


async def test_a_question_goes_on_with_what_was_talked_of_within_half_an_hour(amy: Person) -> None:
    await amy.say("How do we test the connection?")
    reply = await amy.say("until when?", MORNING + timedelta(minutes=29, seconds=59))
    assert reply.answer == f"{KEY}/connection.due"


async def test_what_was_talked_of_half_an_hour_ago_is_forgotten(amy: Person) -> None:
    await amy.say("How do we test the connection?")
    reply = await amy.say("until when?", MORNING + timedelta(minutes=30))
    assert reply.answer != f"{KEY}/connection.due"


async def test_what_another_room_talked_of_is_not_known(amy: Person, ben: Person) -> None:
    await amy.say("How do we test the connection?")
    assert (await ben.say("until when?")).answer != f"{KEY}/connection.due"
    assert (await amy.say("until when?")).answer == f"{KEY}/connection.due"


async def test_with_the_store_closed_nothing_is_answered_as_if_it_were_kept(store: Store, amy: Person) -> None:
    await store.close()
    with pytest.raises(StoreError):  # the page turns it into its fixed sentence
        await amy.say(EMAILS)


async def test_any_text_is_answered_and_kept_word_for_word(store: Store, amy: Person) -> None:
    texts = ["", " ", "\n" * 50, "👍🏽🇭🇰", "x" * 20_000, "死線" * 9_000, "\u202eabc\u200f", "\ud7ff\ufffd"]
    replies = [await amy.say(text) for text in texts]
    assert [len(reply.text) for reply in replies if not 0 < len(reply.text) <= 900] == []
    assert [turn.asked for turn in await kept(store, amy)] == texts
