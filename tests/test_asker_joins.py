"""What an asker writes while their case is open joins it: words and files, but no button, no secret, no detail."""

import pytest

from handlers.commands import NO_TEXT
from models.conversation import turns
from models.message import Address, Ask, Attachment, Reply
from models.support import case_of
from tests.asker_cast import DOWN, FEE, PHONES, all_cases, files, joined
from tests.channels_cast import ONE_DATABASE
from tests.reception_cast import KEY
from tests.test_asker import asked, desk_does
from tests.town_cast import Colleague, Town

pytestmark = ONE_DATABASE
SCREEN = Attachment("screen 1.png", "https://example.slack.com/files/U1/F1/screen_1.png")
PHOTO = Attachment("photo")


async def sent(town: Town, somebody: Colleague, text: str, *attached: Attachment, room: Address | None = None) -> Reply:
    """They send that with files, to Usher alone or in a room."""
    where = room or somebody.room
    number = f"sent-{next(town.numbers)}"
    ask = Ask(number, somebody.room, where, text, town.now, attachments=attached)
    somebody.last = (await town.reception.take(ask)).reply
    return somebody.last


# --------------------------------------------------------------------------------------------------------------- words


async def test_a_question_is_answered_and_joins(town: Town, ada: Colleague) -> None:
    await asked(ada)
    said = await ada.say("when must we register emails?")
    assert "27 April 2023" in said.text
    assert said.text.endswith("\n\nAdded to case 1.")
    assert said.answer == f"{KEY}/emails.due"
    assert await joined(town.store) == ["when must we register emails?"]


async def test_what_has_no_answer_is_not_offered_to_the_desk_but_is_there(town: Town, ada: Colleague) -> None:
    await asked(ada)
    said = await ada.say(PHONES)
    assert "Shall I pass" not in said.text
    assert said.text.endswith("Added to case 1.")
    assert said.choices == ()
    assert await joined(town.store) == [PHONES]


async def test_none_of_these_is_no_second_case_for_what_has_joined(town: Town, ada: Colleague) -> None:
    await asked(ada)
    await ada.say("how do we register")
    assert "noted already, as case 1" in (await ada.press("None of these")).text
    assert (len(await all_cases(town.store)), await joined(town.store)) == (1, ["how do we register"])


async def test_a_wish_is_done_and_joins_too(town: Town, ada: Colleague) -> None:
    await asked(ada)
    said = await ada.say("2 seats on the 24th for me and a colleague")
    assert "Added to case 1." in said.text
    assert await joined(town.store) == ["2 seats on the 24th for me and a colleague"]


async def test_names_that_were_asked_for_do_not_join(town: Town, ada: Colleague) -> None:
    await ada.say("2 seats on the 24th for me and a colleague")
    await ada.say("/support what does it cost")
    await ada.say("2 seats on the 24th for me and a colleague")
    await ada.say("Ben Lee, ben@harbour.example")
    assert await joined(town.store) == ["2 seats on the 24th for me and a colleague"]


async def test_buttons_and_commands_do_not_join(town: Town, ada: Colleague) -> None:
    await asked(ada)
    for action in (f"/a {KEY} emails.due", "/seats", "/language en", "/help", "/support 0123456789abcdef"):
        assert "Added to" not in (await ada.say(action)).text
    assert await joined(town.store) == []


async def test_a_typed_cancel_presses_a_button_and_does_not_join(town: Town, ada: Colleague) -> None:
    await asked(ada)
    await ada.say("/support")
    assert (await ada.say("cancel")).text == "All right, it is not passed on."
    assert await joined(town.store) == []


async def test_a_code_does_not_join_nor_is_it_kept(town: Town, ada: Colleague) -> None:
    await asked(ada)
    await ada.say("USHER-ABCD-1234-EFGH-5678")
    await ada.say("/add 1 my code is USHER-ABCD-1234-EFGH-5678")
    assert await joined(town.store) == []


async def test_the_same_message_twice_joins_once(town: Town, ada: Colleague) -> None:
    await asked(ada)
    for _ in range(2):
        assert "Added to case 1." in (await ada.say(PHONES, ask_id="same")).text
    assert await joined(town.store) == [PHONES]


async def test_a_case_that_waited_is_open_again(town: Town, ada: Colleague) -> None:
    await asked(ada)
    await desk_does(town, "/reply", "For whom?")
    waited = await town.store.read(case_of, 1)
    await ada.say("For both of us.")
    opened = await town.store.read(case_of, 1)
    assert waited
    assert opened
    assert (waited.state, waited.waits_since) == ("waiting", None)
    assert (opened.state, opened.waits_since) == ("open", town.now)


@pytest.mark.parametrize("over", ["/resolve", "taken back"])
async def test_nothing_joins_a_case_that_is_over(town: Town, ada: Colleague, over: str) -> None:
    await asked(ada)
    await (ada.press("Take it back") if over == "taken back" else desk_does(town, over))
    said = await ada.say(PHONES)
    assert "Shall I pass your question to support?" in said.text
    assert await joined(town.store) == []


async def test_the_newest_of_two_cases_is_joined(town: Town, ada: Colleague) -> None:
    await asked(ada)
    await ada.say("/support Is there a parking space?")
    assert "Added to case 2." in (await ada.say(PHONES)).text
    assert (await joined(town.store, 1), await joined(town.store, 2)) == ([], [PHONES])


async def test_an_incident_has_its_own_case_beside_another_one(town: Town, ada: Colleague) -> None:
    await asked(ada)
    assert "as case 2" in (await ada.say(DOWN)).text
    assert await joined(town.store, 1) == []


async def test_what_others_write_joins_nothing(town: Town, ada: Colleague, bob: Colleague) -> None:
    await asked(ada)
    assert "Added to" not in (await bob.say(PHONES)).text
    assert await joined(town.store) == []


# --------------------------------------------------------------------------------------------------------------- files


async def test_a_file_joins_by_its_name_with_its_link(town: Town, ada: Colleague) -> None:
    await asked(ada)
    said = await sent(town, ada, NO_TEXT, SCREEN, PHOTO)
    assert said.text == "Added to case 1: screen 1.png, photo."
    assert await files(town.store) == [f"{SCREEN.name} {SCREEN.link}\nphoto"]
    assert await joined(town.store) == [""]


async def test_words_with_a_file_join_together(town: Town, ada: Colleague) -> None:
    await asked(ada)
    said = await sent(town, ada, "this is what I see", SCREEN)
    assert said.text.endswith("Added to case 1: screen 1.png.")
    assert (await joined(town.store), await files(town.store)) == (
        ["this is what I see"], [f"{SCREEN.name} {SCREEN.link}"],
    )  # fmt: skip


async def test_a_file_alone_cannot_be_opened_and_may_be_passed_on(town: Town, ada: Colleague) -> None:
    said = await sent(town, ada, NO_TEXT, SCREEN)
    assert said.text.startswith("I read text only, and cannot open what you sent")
    assert "noted as case 1" in (await ada.press("Yes, ask support")).text
    (case,) = await all_cases(town.store)
    assert (case.question, await files(town.store)) == ("screen 1.png", [f"{SCREEN.name} {SCREEN.link}"])


async def test_a_question_that_is_passed_on_keeps_its_file(town: Town, ada: Colleague) -> None:
    await sent(town, ada, FEE, SCREEN)
    await ada.press("Yes, ask support")
    (case,) = await all_cases(town.store)
    assert (case.question, await files(town.store)) == (FEE, [f"{SCREEN.name} {SCREEN.link}"])


async def test_a_sticker_is_answered_as_before(town: Town, ada: Colleague) -> None:
    await asked(ada)
    assert (await sent(town, ada, NO_TEXT)).text == "I read text only: please write your question."
    assert await joined(town.store) == []


# --------------------------------------------------------------------------------------------------------------- rooms


async def test_in_a_group_a_case_is_joined_by_what_is_said_to_usher(town: Town, ada: Colleague) -> None:
    group = Address("slack", "C0GEN:1.2")
    await sent(town, ada, "/support " + FEE, room=group)
    assert "Added to case 1." in (await sent(town, ada, PHONES, room=group)).text
    overheard = Ask("talk", ada.room, group, "lunch?", town.now, overheard=True)
    assert (await town.reception.hear(overheard)).reply is None
    assert await joined(town.store) == [PHONES]


async def test_who_adds_something_in_private_is_replied_to_there(town: Town, ada: Colleague) -> None:
    group = Address("telegram", "-100777")
    offered = await sent(town, ada, FEE, room=group)
    await sent(town, ada, offered.choices[0].action, room=group)
    assert (await all_cases(town.store))[0].place == str(group)
    await sent(town, ada, "and a word in private")
    assert (await all_cases(town.store))[0].place == str(ada.room)


async def test_what_the_desk_says_in_its_own_room_joins_no_case_of_theirs(town: Town, ada: Colleague) -> None:
    room = Address("slack", "C0DESK")
    town.reception.support.rooms = (room,)
    await asked(ada)
    await sent(town, ada, PHONES, room=room)
    assert await joined(town.store) == []
    assert len(await town.store.read(turns, room, 10)) == 1
