"""The card of a case tells all that is needed to answer it, in one message of every platform, as things stand."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlmodel import Session

from bot.slack import render as slack
from bot.telegram import render as telegram
from models import status
from models.contacts import ContactAddress
from models.conversation import Turn, packed
from models.message import Address, Source
from models.seats import Attendee, Moment, Rules, reserve
from models.status import Duty
from models.support import Case
from tests.card_cast import FEE, KIM, ROOM, SAM, Room, labels
from tests.channels_cast import ONE_DATABASE
from tests.reception_cast import KEY, MORNING
from tests.status_cast import ALPHA, USERS

pytestmark = ONE_DATABASE


async def test_the_card_has_the_question_word_for_word_and_who_asked_it(room: Room, two_firms: dict[str, int]) -> None:
    number = await room.ask("amy", FEE, name="amy_w")
    text = (await room.card(number)).text
    assert text.startswith(f"Case {number} · open · nobody has it\n")
    assert f"\n\n{FEE}\n\n" in text
    assert "From: amy_w (web:amy)\nFor: B01001 · Alpha Securities\n" in text
    assert "Asked: 10:00 HKT on Wednesday 12 April 2023, in web:amy, in English\n" in text


async def test_the_card_says_what_usher_said_and_why_it_was_not_sure(room: Room) -> None:
    text = (await room.card(await room.ask())).text
    assert "The circular does not say, or Usher did not understand.\n\n" in text
    assert "Usher said:\nI only know this circular" in text or "Usher said:\nThe circular does" in text


async def test_what_usher_would_have_said_comes_with_its_clause_and_quote(room: Room) -> None:
    amy = Address("web", "amy")
    await room.hear(amy, amy, "/support")
    await room.hear(amy, amy, "When must the e-mail addresses be registered?")
    await room.deliver()
    card = await room.card(1)
    assert "Usher would have said:\n" in card.text
    assert card.sources
    assert all(source.quote and source.clause for source in card.sources)


async def test_the_card_tells_how_the_participant_stands(room: Room, two_firms: dict[str, int]) -> None:
    campaign = room.reception.phrasing.first
    at = Moment(MORNING, room.desk.machine_time())
    rules = Rules.of(campaign, campaign.briefings[0])

    def done(session: Session) -> None:
        status.declare(session, Duty(KEY, ALPHA, USERS), two_firms["ben"], MORNING, at.machine)
        reserve(session, rules, ALPHA, two_firms["ben"], [Attendee("Ben Lee", contact_id=two_firms["ben"])], at)

    await room.store.write(done)
    text = (await room.card(await room.ask())).text
    assert "said done by Ben Lee, 10:00 HKT on Wednesday 12 April 2023\n" in text
    assert text.count(": not said\n") == len(campaign.tasks) - 1
    assert ": Ben Lee\n" in text.partition("Seats: ")[2]
    assert "Last check: none" in text


async def test_earlier_cases_are_named_with_their_state(room: Room, two_firms: dict[str, int]) -> None:
    first = await room.ask("amy")
    await room.press(SAM, f"/resolve {first}")
    second = await room.ask("ben", "Is there a dress code?")
    assert f"Earlier cases: {first} (resolved)" in (await room.card(second)).text
    assert "Earlier cases" not in (await room.card(first)).text


async def test_waiting_is_counted_in_the_hours_of_the_desk(room: Room) -> None:
    """Maundy Thursday at ten to six, until a quarter past nine on the Tuesday after Easter."""
    room.now = datetime(2023, 4, 6, 9, 50, tzinfo=UTC)
    number = await room.ask()
    room.now = datetime(2023, 4, 11, 1, 15, tzinfo=UTC)
    told = "Waiting 25 min of desk hours, since 17:50 HKT on Thursday 6 April 2023 (as of 09:15)"
    assert told in (await room.card(number)).text


async def test_a_reply_is_on_its_way_then_delivered(room: Room) -> None:
    number = await room.ask()
    await room.under_card(SAM, number, "reply: It costs nothing.")
    assert "Reply 1 by Sam, 10:00: on its way\n“It costs nothing.”" in (await room.card(number)).text
    await room.deliver()
    assert "Reply 1 by Sam, 10:00: delivered ✓\n" in (await room.card(number)).text


async def test_a_reply_that_cannot_be_delivered_names_the_other_way(room: Room, two_firms: dict[str, int]) -> None:
    await room.store.write(_also_writes_from, two_firms["amy"], Address("telegram", "101"))
    number = await room.ask()
    await room.under_card(SAM, number, "reply: It costs nothing.")
    await room.deliver(fails="blocked")
    failed = "NOT delivered (blocked). Another way: telegram:101."
    assert failed in (await room.card(number)).text
    (told,) = await room.posted("undelivered:")
    assert (told.to, "Another way: telegram:101." in told.reply.text) == (ROOM, True)
    assert (await room.case(number)).state == "open"  # it is the desk's turn again


async def test_what_the_asker_adds_is_on_the_card(room: Room) -> None:
    number = await room.ask()
    amy = Address("web", "amy")
    await room.hear(amy, amy, f"/add {number} It is for two people.")
    assert "Added since by the asker:\n• 10:00: It is for two people." in (await room.card(number)).text


async def test_the_buttons_are_those_that_can_be_pressed_now(room: Room) -> None:
    number = await room.ask()
    assert labels(await room.card(number)) == ["Claim", "Reply", "This is …", "Hand over", "Wait", "Resolve"]
    await room.press(SAM, f"/claim {number}")
    await room.press(SAM, f"/waits {number}")
    assert labels(await room.card(number)) == ["Reply", "This is …", "Hand over", "Resolve"]
    await room.press(KIM, f"/resolve {number}")
    assert labels(await room.card(number)) == ["Open again"]


@pytest.mark.parametrize("letter", ["x", "&", "字", "😀", "a b. ", "<b>*_", "https://example.org/ "])
async def test_a_card_is_one_message_however_much_there_is_to_tell(room: Room, letter: str) -> None:
    number = await room.ask()
    for words in (letter * 2_000, "one", "two", "three"):
        await room.under_card(SAM, number, f"reply: {words}")
    for length in (100, 2_900, 3_600, 40_000):
        await room.store.write(_make_long, number, (letter * length)[:length])
        card = await room.card(number)
        (piece,) = telegram.pieces(card)
        assert piece.keyboard
        blocks = slack.message(card)["blocks"]
        shown = [block["text"]["text"] for block in blocks if block["type"] == "section"]
        assert (len(blocks) <= 50, max(map(len, shown)) <= 3_000) == (True, True)
        assert shown[-1].endswith("Anything else stays in this room.")


async def test_what_usher_said_gives_way_to_the_question(room: Room) -> None:
    number = await room.ask()
    question = "Why? " * 600
    await room.store.write(_make_long, number, question, said="s" * 5_000)
    text = (await room.card(number)).text
    assert question in text
    assert "sss" not in text.replace(question, "") or "s" * 600 not in text


async def test_a_question_that_alone_is_too_long_says_where_the_whole_stands(room: Room) -> None:
    number = await room.ask()
    await room.store.write(_make_long, number, "Why? " * 2_000)
    text = (await room.card(number)).text
    assert "…\n(Cut here: the whole question stands on the desk page.)\n" in text
    assert text.count("Why?") > 500


def _make_long(session: Session, number: int, question: str, said: str = "") -> None:
    case = session.get_one(Case, number)
    case.question, case.said, case.name = question, said or question, question[:500] or None
    turn = session.get_one(Turn, case.turn_id)
    sources = tuple(Source(KEY, f"clause {one}", question[:2_000]) for one in range(30))
    turn.reply_json = packed(replace(turn.reply, sources=sources))
    session.add_all([case, turn])


def _also_writes_from(session: Session, contact: int, address: Address) -> None:
    session.add(ContactAddress(address=str(address), contact_id=contact, since=MORNING))
