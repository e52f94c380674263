"""Who asks the desk gets a number, the hours and what happens next, and may add to the case or take it back."""

from datetime import UTC, datetime

import pytest
from sqlmodel import Session

from handlers.support import Deed, Said, Support, reference
from models.contacts import known, link
from models.message import Address, Ask, Reply
from models.people import add_staff
from models.support import events_of
from tests.asker_cast import DOWN, FEE, PHONES, all_cases, joined
from tests.channels_cast import ONE_DATABASE
from tests.reception_cast import KEY
from tests.town_cast import HARBOUR, MACHINE, Colleague, Town

GOOD_FRIDAY = datetime(2023, 4, 7, 6, tzinfo=UTC)  # 14:00 in Hong Kong

pytestmark = ONE_DATABASE


async def asked(somebody: Colleague, question: str = FEE) -> str:
    """They ask what no circular says, and have it passed on."""
    await somebody.say(question)
    return (await somebody.press("Yes, ask support")).text


async def desk_does(town: Town, word: str, rest: str = "") -> None:
    """Sam of the desk does that with case 1."""
    deed = Deed(word, 1, rest, f"sam-{next(town.numbers)}", town.now)
    await town.store.write(_sam_does, town.reception.support, deed)


def _sam_does(session: Session, desk: Support, deed: Deed) -> Said:
    sam = add_staff(session, "Sam", None, MACHINE)
    return desk.do(session, sam, deed)


# ----------------------------------------------------------------------------------------------------- what they read


async def test_they_read_the_number_until_when_people_are_there_and_what_can_be_done(
    town: Town, ada: Colleague
) -> None:
    said = await asked(ada)
    assert f'noted as case 1 for the support desk: "{FEE}"' in said
    assert "People are there until 18:00 HKT. The reply will come here. For an answer now, call" in said
    assert ada.labels == ["Add something", "Take it back"]


async def test_on_good_friday_they_read_that_people_are_back_on_tuesday(town: Town, ada: Colleague) -> None:
    town.now = GOOD_FRIDAY
    said = await asked(ada)
    assert "Nobody is there now: the desk is back at 09:00 HKT on Tuesday 11 April 2023." in said
    assert "For an answer now, call" in said


async def test_on_good_friday_a_chinese_reader_reads_it_in_chinese(town: Town, ada: Colleague) -> None:
    town.now = GOOD_FRIDAY
    await ada.say("要收費嗎？", language="zh-Hant")
    said = await ada.say("好")
    assert "現時沒有支援人員當值，2023年4月11日（星期二）09:00" in said.text.replace(" ", "")
    assert ada.labels == ["補充資料", "撤回"]


async def test_the_case_knows_for_whom_was_asked_how_sure_usher_was_and_why(town: Town, ada: Colleague) -> None:
    await asked(ada)
    (case,) = await all_cases(town.store)
    assert (case.why, case.sure, case.participant, case.subject) == ("offered", "escalate", HARBOUR, f"{KEY}/fees")
    assert case.contact_id


# ------------------------------------------------------------------------------------------------- the ways to the desk


async def test_none_of_these_passes_on_the_question_itself(town: Town, ada: Colleague) -> None:
    await ada.say("how do we register")
    assert 'support desk: "how do we register"' in (await ada.press("None of these")).text
    (case,) = await all_cases(town.store)
    assert (case.question, case.why, case.sure) == ("how do we register", "none-of-these", "clarify")


@pytest.mark.parametrize("words", ["/support {}", "support: {}", "Ask support: {}", "聯絡支援：{}", "支援人員: {}"])
async def test_words_after_support_are_passed_on_at_once(town: Town, ada: Colleague, words: str) -> None:
    await ada.say(words.format("Where can I park? 有車位嗎"))
    (case,) = await all_cases(town.store)
    assert (case.question, case.why) == ("Where can I park? 有車位嗎", "asked")


async def test_words_that_begin_with_support_are_answered_or_else_passed_on(town: Town, ada: Colleague) -> None:
    assert "2979 7222" in (await ada.say("support hotline number please")).text
    assert await all_cases(town.store) == []
    assert "as case 1" in (await ada.say("support may we bring a blue ribbon?")).text
    (case,) = await all_cases(town.store)
    assert (case.question, case.why) == ("support may we bring a blue ribbon?", "asked")


async def test_what_was_chosen_of_several_is_passed_on_with_the_question(town: Town, ada: Colleague) -> None:
    """The desk reads words, and no action of a button."""
    await ada.say("how do we register", ask_id="first")
    assert ada.last is not None
    one = ada.last.choices[0]
    pressed = Ask("second", ada.room, ada.room, one.action, town.now, in_reply_to="first")
    turn = await town.reception.take(pressed)
    assert turn.reply.answer
    await ada.say(f"/support {reference('second')}")
    (case,) = await all_cases(town.store)
    assert case.question == f"how do we register → {one.label}"


async def test_an_incident_is_with_the_desk_at_once_and_the_answer_is_given(town: Town, ada: Colleague) -> None:
    said = await ada.say(DOWN)
    assert said.text.startswith("I cannot see the state of any system")
    assert "The support desk has your message at once, as case 1. People are there until 18:00 HKT." in said.text
    assert "Shall I pass" not in said.text
    assert ada.labels == ["Add something", "Take it back"]
    (case,) = await all_cases(town.store)
    assert (case.question, case.why, case.subject) == (DOWN, "incident", f"{KEY}/incident")


async def test_who_asks_again_whether_it_is_down_is_told_that_the_desk_has_it(town: Town, ada: Colleague) -> None:
    await ada.say(DOWN)
    said = await ada.say("CCMS is still down!")
    assert "It is with the support desk already, as case 1." in said.text
    assert len(await all_cases(town.store)) == 1
    assert await joined(town.store) == ["CCMS is still down!"]


async def test_a_test_that_failed_on_a_pc_is_passed_on_with_its_slip(town: Town, ada: Colleague) -> None:
    slip = await saw(ada, "unresolved")
    assert "Ask support" in ada.labels
    said = await ada.press("Ask support")
    assert "noted as case 1" in said.text
    (case,) = await all_cases(town.store)
    assert (case.question, case.why, case.participant) == (slip.text, "check", HARBOUR)


async def test_a_check_that_worked_has_no_way_to_the_desk_nor_has_another_s(
    town: Town, ada: Colleague, cleo: Colleague
) -> None:
    await saw(ada, "page")
    assert "Ask support" not in ada.labels
    for somebody in (ada, cleo):
        await somebody.say(f"/report {KEY} sso {HARBOUR}")
    assert await all_cases(town.store) == []


async def saw(somebody: Colleague, sight: str) -> Reply:
    """They test the connection on their PC, and say what they see there."""
    offered = await somebody.say("/terminal")
    test = next(one.action for one in offered.choices if one.action.startswith("/saw"))
    return await somebody.say(f"{test} {sight}")


# ------------------------------------------------------------------------------------- one person, one open subject


async def test_the_same_subject_asked_once_more_joins_the_open_case(town: Town, ada: Colleague) -> None:
    await asked(ada)
    said = await ada.say("/support What does the token cost us?")
    assert "added to your case 1, which is open" in said.text
    assert await joined(town.store) == ["What does the token cost us?"]


async def test_another_subject_is_another_case(town: Town, ada: Colleague) -> None:
    await asked(ada)
    await ada.say("/support Is there a parking space?")
    assert [case.number for case in await all_cases(town.store)] == [1, 2]


async def test_the_same_person_from_another_place_has_the_same_case(town: Town, ada: Colleague) -> None:
    await asked(ada)
    phone = Colleague(town, Address("telegram", "4711"))
    contact = await town.store.read(known, ada.room)
    assert contact
    await town.store.write(link, phone.room, contact.id or 0, MACHINE)
    assert "added to your case 1" in (await phone.say("/support what is the fee")).text
    assert "Added to case 1." in (await phone.say(PHONES)).text


async def test_a_colleague_who_asks_the_same_has_a_case_of_their_own(
    town: Town, ada: Colleague, bob: Colleague
) -> None:
    await asked(ada)
    assert "noted as case 2" in await asked(bob)


async def test_once_it_is_settled_the_subject_is_a_new_case(town: Town, ada: Colleague) -> None:
    await asked(ada)
    await desk_does(town, "/resolve")
    assert "noted as case 2" in await asked(ada)


# ------------------------------------------------------------------------------------------------ adding, taking back


async def test_what_is_added_is_asked_for_and_joins_also_as_a_question(town: Town, ada: Colleague) -> None:
    await asked(ada)
    assert "What shall be added to case 1?" in (await ada.press("Add something")).text
    assert (await ada.say("And for two tokens?")).text == "Added to case 1."
    assert await joined(town.store) == ["And for two tokens?"]


async def test_what_they_add_to_a_case_that_is_over_is_not_lost_silently(town: Town, ada: Colleague) -> None:
    await asked(ada)
    await desk_does(town, "/resolve")
    assert "Case 1 is over" in (await ada.press("Add something")).text
    assert "Case 1 is over" in (await ada.say("/add 1 one thing more")).text
    assert await joined(town.store) == []


async def test_a_case_is_taken_back_once_and_the_desk_sees_it(town: Town, ada: Colleague) -> None:
    await asked(ada)
    first = await ada.press("Take it back")
    assert first.text == "Case 1 is taken back: the support desk will not work on it any more."
    assert (await ada.say("/takeback 1")).text == "Case 1 is taken back already."
    (case,) = await all_cases(town.store)
    assert (case.state, case.waits_since) == ("withdrawn", None)
    assert [event.kind for event in await town.store.read(events_of, 1)] == ["withdraw"]


async def test_what_is_settled_cannot_be_taken_back(town: Town, ada: Colleague) -> None:
    await asked(ada)
    await desk_does(town, "/resolve")
    assert "Case 1 is over already" in (await ada.say("/takeback 1")).text
    (case,) = await all_cases(town.store)
    assert case.state == "resolved"


@pytest.mark.parametrize("words", ["/takeback {}", "/add {}", "/add {} my words"])
async def test_another_s_case_is_as_one_that_there_is_not(
    town: Town, ada: Colleague, bob: Colleague, words: str
) -> None:
    await asked(ada)
    theirs, none = [(await bob.say(words.format(number))).text for number in ("1", "99")]
    assert (theirs, none) == ("I know no case 1 of yours.", "I know no case 99 of yours.")
    (case,) = await all_cases(town.store)
    assert (case.state, await joined(town.store)) == ("open", [])


@pytest.mark.parametrize("number", ["", "x", "-1", "1 1 1x", "99999999999999999999", "１"])
async def test_a_number_that_is_none_does_nothing(town: Town, ada: Colleague, number: str) -> None:
    await asked(ada)
    assert "of yours" in (await ada.say(f"/takeback {number}")).text
    (case,) = await all_cases(town.store)
    assert case.state == "open"
