"""The desk works in its rooms: by buttons and words under a card, each deed once, and only by those who are named."""

import logging

import pytest
from sqlmodel import Session, select

from models.message import ACTION_BYTES, Address
from models.people import add_staff, remove_staff
from models.support import Example, Kind
from tests.card_cast import EVE, KIM, ROOM, SAM, SECOND, Room, labels
from tests.channels_cast import ONE_DATABASE
from tests.reception_cast import KEY

pytestmark = ONE_DATABASE
GUEST = Address("slack", "T0OTHER:U0SAM")  # of another organisation, with the number that Sam has in ours
LONG = "Sir Bartholomew Featherstonehaugh-Cholmondeley of the third desk"


async def test_two_claim_at_once_and_the_other_is_told_who_has_it(room: Room) -> None:
    number = await room.ask()
    assert await room.press(SAM, f"/claim {number}") is None
    told = await room.press(KIM, f"/claim {number}")
    assert told
    assert (told.text, told.private) == (f"Sam has case {number} already. Nothing was changed.", True)
    assert (await room.case(number)).holder == "Sam"


@pytest.mark.parametrize("word", ["claim", "waits", "resolve", "reopen"])
async def test_what_the_card_shows_needs_no_words_in_the_room_but_in_private(room: Room, word: str) -> None:
    number = await room.ask()
    assert await room.press(SAM, f"/{word} {number}") is None
    told = await room.press(SAM, f"/{word} {number}", room=SAM)
    assert told
    assert f"ase {number}" in told.text


@pytest.mark.parametrize("who", [EVE, GUEST, Address("telegram", "999")])
async def test_being_in_the_room_gives_nothing(room: Room, caplog: pytest.LogCaptureFixture, who: Address) -> None:
    number = await room.ask()
    place = ROOM if who.channel == "slack" else SECOND
    room.desk.rooms = (ROOM, SECOND)
    for action in ("claim {}", "resolve {}", "thisis {}", "handover {} Sam", "note {} hi", "reply {} Pay me."):
        refused = await room.press(who, f"/{action.format(number)}", room=place)
        assert refused
        assert (refused.private, "Only named members" in refused.text) == (True, True)
    assert [event.kind for event in await room.events(number)] == []
    assert len([one for one in caplog.messages if str(who) in one]) == 6


async def test_a_reply_of_somebody_unnamed_is_refused_privately_and_logged(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    number = await room.ask()
    for who in (EVE, GUEST):
        refused = await room.under_card(who, number, "reply: Pay me.")
        assert refused
        assert refused.private
        assert f"{who} may not reply to case {number}: no member of the support team" in caplog.messages
    assert await room.posted("reply:") == []


async def test_who_left_the_desk_is_refused(room: Room) -> None:
    number = await room.ask()
    await room.store.write(remove_staff, "Sam", room.desk.machine_time())
    refused = await room.under_card(SAM, number, "reply: It is free.")
    assert refused
    assert "Only named members" in refused.text


async def test_only_an_explicit_reply_goes_out_and_other_talk_is_kept(room: Room) -> None:
    number = await room.ask()
    for who, words in ((SAM, "Who knows that?"), (EVE, "No idea"), (SAM, "I would reply: ask them")):
        assert await room.under_card(who, number, words) is None
    assert await room.posted("reply:") == []
    assert [(one.kind, one.by, one.text) for one in await room.events(number)] == [
        (Kind.TALK, "Sam", "Who knows that?"),
        (Kind.TALK, "slack:T0:U0EVE", "No idea"),
        (Kind.TALK, "Sam", "I would reply: ask them"),
    ]


async def test_a_reply_goes_to_its_asker_and_the_case_waits_for_them(room: Room) -> None:
    number = await room.ask()
    await room.under_card(SAM, number, "Reply: It is free.")
    (sent,) = await room.posted("reply:")
    assert (sent.to, sent.reply.text.endswith("\n\nIt is free.")) == (Address("web", "amy"), True)
    case = await room.case(number)
    assert (case.state, case.holder, case.replies) == ("waiting", "Sam", 1)


async def test_without_a_name_the_colleagues_are_offered_and_one_is_chosen(room: Room) -> None:
    number = await room.ask()
    await room.press(SAM, f"/claim {number}")
    offered = await room.press(SAM, f"/handover {number}")
    assert labels(offered) == ["Kim", "Nobody: give it back to all", "Cancel"]
    assert offered
    assert await room.press(SAM, offered.choices[0].action) is None
    assert (await room.case(number)).holder == "Kim"
    assert await room.press(KIM, offered.choices[1].action) is None
    assert (await room.case(number)).holder is None


async def test_a_long_name_goes_by_a_short_key(room: Room) -> None:
    await room.store.write(add_staff, LONG, None, room.desk.machine_time())
    number = await room.ask()
    offered = await room.press(SAM, f"/handover {number}")
    assert offered
    (chosen,) = [one for one in offered.choices if one.label.startswith("Sir")]
    assert len(chosen.action.encode()) <= ACTION_BYTES
    await room.press(SAM, chosen.action)
    assert (await room.case(number)).holder == LONG


async def test_a_case_goes_to_nobody_who_is_not_there(room: Room) -> None:
    number = await room.ask()
    told = await room.press(SAM, f"/handover {number} Zoe")
    assert told
    assert "nobody named Zoe" in told.text
    assert (await room.press(SAM, f"/handover {number} kim"), (await room.case(number)).holder) == (None, "Kim")


async def test_this_is_sends_the_circular_s_own_answer_once_and_suggests_an_example(room: Room) -> None:
    number = await room.ask("amy", "Can I bring the boss's cat along?")
    offered = await room.press(SAM, f"/thisis {number} when must user e-mail addresses be registered")
    assert offered
    assert len(offered.choices) > 2
    action = offered.choices[0].action
    for who in (SAM, SAM, KIM):
        assert await room.press(who, action) is None
    (sent,) = await room.posted("reply:")
    assert (sent.to, bool(sent.reply.sources), sent.reply.choices) == (Address("web", "amy"), True, ())
    begins = f'The support desk replies to case {number} ("Can I bring the boss\'s cat along?"). This is what'
    assert sent.reply.text.startswith(begins)
    (example,) = await room.store.read(examples)
    assert (example.campaign, example.text, example.by) == (KEY, "Can I bring the boss's cat along?", "Sam")
    assert f"{KEY} {example.answer}" in action
    assert [(one.kind, one.number) for one in await room.events(number)] == [(Kind.RULING, 1)]


async def test_this_is_is_told_in_the_asker_s_language(room: Room) -> None:
    number = await room.ask("amy", "食堂的座位收費多少？")
    offered = await room.press(SAM, f"/thisis {number} when must user e-mail addresses be registered")
    assert offered
    await room.press(SAM, offered.choices[0].action)
    (sent,) = await room.posted("reply:")
    assert sent.reply.text.startswith(f"支援人員回覆個案 {number}")
    assert sent.reply.language == "zh-Hant"


async def test_an_answer_that_there_is_not_sends_nothing(room: Room) -> None:
    number = await room.ask()
    await room.press(SAM, f"/thisis {number} {KEY} no-such-key")
    assert await room.posted("reply:") == []


async def test_a_card_is_in_every_room_and_any_will_do(room: Room) -> None:
    room.desk.rooms = (ROOM, SECOND)
    await room.store.write(add_staff, "Sam", Address("telegram", "202"), room.desk.machine_time())
    number = await room.ask()
    assert [one.to for one in await room.posted("card:")] == [ROOM, SECOND]
    await room.under_card(Address("telegram", "202"), number, "回覆：不用付款", room=SECOND)
    (sent,) = await room.posted("reply:")
    assert sent.reply.text.endswith("\n\n不用付款")


async def test_in_a_room_that_is_shared_nothing_is_told_and_nothing_is_done(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    number = await room.ask()
    room.desk.closed.add(ROOM)
    with caplog.at_level(logging.WARNING):
        refused = await room.under_card(SAM, number, "reply: It is free.")
        pressed = await room.press(SAM, f"/claim {number}")
        assert await room.under_card(SAM, number, "Who knows?") is None
    assert refused
    assert pressed
    assert (refused.private, pressed.private, refused.text == pressed.text) == (True, True, True)
    assert [one.kind for one in await room.events(number)] == []
    assert len([one for one in caplog.messages if "another organisation" in one]) == 2
    await room.ask("ben", "Is there a dress code?")
    assert len(await room.posted("card:")) == 1


async def test_a_reply_button_without_a_window_says_how(room: Room) -> None:
    number = await room.ask()
    told = await room.press(SAM, f"/reply {number}")
    assert told
    assert 'begin with "reply:"' in told.text


def examples(session: Session) -> list[Example]:
    return list(session.exec(select(Example)))
