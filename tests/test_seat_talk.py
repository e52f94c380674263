"""People take, change and give back seats in their own words and by buttons; only those of their own firm."""

from datetime import UTC, datetime, timedelta

import pytest

from models.campaign import Campaign
from models.message import Address
from models.seats import seats_of
from models.store import Store
from tests.town_cast import HARBOUR, PEAK, Colleague, Town, enrolled

COUNTS = "The registration that counts is made in the Event section in Client Connect"
AFTER = datetime(2023, 4, 19, 16, tzinfo=UTC)  # midnight in Hong Kong, when the 19th is over
BEN = "Ben Lee, ben@harbour.example"


async def held(town: Town, firm: str = HARBOUR, briefing: str | None = None) -> list[str]:
    rows = await town.store.read(seats_of, town.campaign.key, firm, briefing)
    return [row.attendee_name for row in rows]


async def take_both(ada: Colleague) -> None:
    await ada.say("2 seats on the 24th for me and a colleague")
    await ada.say(BEN)
    await ada.press("Yes")


async def test_two_seats_are_taken_by_one_sentence_and_a_name(town: Town, ada: Colleague) -> None:
    asked = await ada.say("2 seats on the 24th for me and a colleague")
    assert "Monday 24 April 2023, 16:30–17:45 HKT" in asked.text
    assert "registration at the door from 16:00" in asked.text
    read_back = await ada.say(BEN)
    assert "• Ada Chan\n• Ben Lee <ben@harbour.example>" in read_back.text
    assert await held(town) == []  # nothing before the yes
    done = await ada.say("yes")
    assert await held(town) == ["Ada Chan", "Ben Lee"]
    assert "in Cantonese" in done.text
    assert COUNTS in done.text
    assert "by Wednesday 19 April 2023" in done.text


async def test_the_asker_gets_a_calendar_file_and_the_colleague_a_mail_with_theirs(town: Town, ada: Colleague) -> None:
    await take_both(ada)
    assert ada.last is not None
    assert [(file.name, file.method) for file in ada.last.files] == [("ccms-2fa-2023-24apr-1.ics", "PUBLISH")]
    (mail,) = await town.posted()
    assert mail.address == "mail:ben@harbour.example"
    assert [file.method for file in mail.reply.files] == ["REQUEST"]
    assert COUNTS in mail.reply.text


async def test_three_at_once_are_refused_whole_and_explained(town: Town, ada: Colleague) -> None:
    refused = await ada.say("please book 3 seats on the 24th")
    assert "Nothing was held" in refused.text
    assert "more than the 2 seats" in refused.text
    assert ada.labels == ["Tue 25 Apr 2023 16:30, webinar", "Wed 26 Apr 2023 16:30, webinar"]
    assert await held(town) == []


async def test_three_names_for_two_seats_are_refused_whole(town: Town, ada: Colleague) -> None:
    await ada.say("2 seats on the 24th for me and a colleague")
    refused = await ada.say(f"{BEN}; Dan Ho, dan@harbour.example")
    assert "Nothing was held" in refused.text
    assert await held(town) == []


async def test_of_two_asked_for_one_is_left_and_none_is_held(town: Town, ada: Colleague, bob: Colleague) -> None:
    await bob.say("a seat on 24 April for me")
    await bob.press("Yes")
    await ada.say("2 seats on the 24th for me and a colleague")
    await ada.say(BEN)
    refused = await ada.press("Yes")
    assert "you asked for 2, and of the 2 that a CP may have there 1 can still be taken" in refused.text
    assert await held(town) == ["Bob Lee"]


async def test_a_third_person_learns_who_holds_the_seats_and_what_else_there_is(
    town: Town, ada: Colleague, bob: Colleague
) -> None:
    await take_both(ada)
    await bob.say("a seat on 24 April for me")
    full = await bob.press("Yes")
    assert "• Ada Chan\n• Ben Lee" in full.text
    assert bob.labels[0].startswith("Put on the waiting list")
    assert "Tue 25 Apr 2023 16:30, webinar" in bob.labels


async def test_a_double_tap_is_one_booking(town: Town, ada: Colleague) -> None:
    await ada.say("2 seats on the 24th for me and a colleague")
    asked = await ada.say(BEN)
    hold = asked.choices[0].action
    await ada.say(hold, ask_id="first")
    same = await ada.say(hold, ask_id="first")  # the same event again
    again = await ada.say(hold, ask_id="second")  # a second tap
    assert "Held for" in same.text
    assert "• Ada Chan" in again.text
    assert await held(town) == ["Ada Chan", "Ben Lee"]
    assert len([row for row in await town.posted() if row.key.startswith("seat:")]) == 1


async def test_a_cancelled_seat_goes_to_the_one_who_waits(town: Town, ada: Colleague, bob: Colleague) -> None:
    await take_both(ada)
    await bob.say("a seat on 24 April for me")
    await bob.press("Yes")
    waiting = await bob.press("Put on the waiting list")
    assert "which is not a seat" in waiting.text
    await ada.say("cancel my seat")
    assert await held(town) == ["Ada Chan", "Ben Lee"]  # asked first
    freed = await ada.press("Yes")
    assert "offered to the next" in freed.text
    assert [file.method for file in freed.files] == ["CANCEL"]
    offer = next(row for row in await town.posted() if row.key.startswith("offer:"))
    assert offer.address == str(bob.room)
    assert "until 10:00 HKT on Thursday 13 April 2023" in offer.reply.text
    taken = await bob.say(offer.reply.choices[0].action)
    assert "Held for" in taken.text
    assert sorted(await held(town)) == ["Ben Lee", "Bob Lee"]
    again = await bob.say(offer.reply.choices[0].action)
    assert "You have that already" in again.text


async def test_an_offer_that_is_not_taken_lapses_and_is_told(town: Town, ada: Colleague, bob: Colleague) -> None:
    await take_both(ada)
    await bob.say("a seat on 24 April for me")
    await bob.press("Yes")
    await bob.press("Put on")
    await ada.say("cancel my seat")
    await ada.press("Yes")
    town.now += timedelta(hours=25)
    await town.tick()
    await town.tick()  # a second copy of Usher ticks as well
    lapsed = [row for row in await town.posted() if row.key.startswith("lapsed:")]
    assert [row.address for row in lapsed] == [str(bob.room)]
    assert await held(town) == ["Ben Lee"]
    offer = next(row for row in await town.posted() if row.key.startswith("offer:"))
    late = await bob.say(offer.reply.choices[0].action)
    assert "no longer so" in late.text or "That offer is over" in late.text


async def test_an_attendee_is_swapped_after_reading_it_back(town: Town, ada: Colleague) -> None:
    await take_both(ada)
    await ada.say("our seats")
    await ada.press("Mon 24 Apr")
    await ada.press("Someone else for Ben Lee")
    asked = await ada.say("Eva Tam eva@harbour.example")
    assert "the seat of Ben Lee to:\n• Eva Tam <eva@harbour.example>" in asked.text
    await ada.say("yes")
    assert await held(town) == ["Ada Chan", "Eva Tam"]
    mails = [(row.address, [file.method for file in row.reply.files]) for row in await town.posted()]
    assert mails == [
        ("mail:ben@harbour.example", ["REQUEST"]),
        ("mail:ben@harbour.example", ["CANCEL"]),
        ("mail:eva@harbour.example", ["REQUEST"]),
    ]


async def test_a_seat_is_moved_with_the_same_calendar_entry(town: Town, ada: Colleague) -> None:
    await take_both(ada)
    before = await town.store.read(seats_of, town.campaign.key, HARBOUR)
    await ada.say("move my seat to the webinar")
    await ada.press("Wed 26 Apr")
    after = await town.store.read(seats_of, town.campaign.key, HARBOUR)
    moved = next(row for row in after if row.briefing == "26apr")
    old = next(row for row in before if row.attendee_name == "Ada Chan")
    assert (moved.attendee_name, moved.uid, moved.sequence) == ("Ada Chan", old.uid, old.sequence + 1)


async def test_the_registration_that_counts_is_asked_for_until_it_is_said(town: Town, ada: Colleague) -> None:
    await take_both(ada)
    await ada.press("We have registered there")
    noted = await ada.say("HKEX-123 / A")
    assert "reference: HKEX-123 / A" in noted.text
    assert COUNTS not in noted.text
    shown = await ada.say("our seats")
    assert "Your firm said" in shown.text
    await ada.say(f"/unbooked {town.campaign.key} 24apr {HARBOUR}")
    assert COUNTS in (await ada.say("our seats")).text


async def test_nobody_says_to_whom_the_registration_that_counts_is_made_for_a_seat_they_do_not_have(
    town: Town, ada: Colleague
) -> None:
    said = await ada.say(f"/booked {town.campaign.key} 24apr {HARBOUR} REF")
    assert "has no seat there" in said.text


async def test_after_the_nineteenth_registration_is_closed_with_the_hotline(town: Town, ada: Colleague) -> None:
    await take_both(ada)
    town.now = AFTER - timedelta(seconds=1)
    assert "Held for" in (await ada.say(f"/take {town.campaign.key} 26apr {HARBOUR}")).text
    town.now = AFTER
    key = town.campaign.key
    for words in ("book me a seat on the 25th", f"/take {key} 25apr {HARBOUR}",
                  f"/with {key} 25apr {HARBOUR}"):  # fmt: skip
        closed = await ada.say(words)
        assert "closed" in closed.text
        assert "2979 7222" in closed.text
    await ada.say("cancel my seat on the 24th")
    await ada.press("Yes")
    assert await held(town, briefing="24apr") == ["Ben Lee"]  # giving back is still possible


async def test_the_room_is_never_said_to_have_so_many_seats_left(town: Town, ada: Colleague) -> None:
    await ada.say("our seats")
    await ada.press("Mon 24 Apr")
    assert ada.last is not None
    assert "left" not in ada.last.text
    assert "capacity" not in ada.last.text.lower()


async def test_a_webinar_has_no_stated_limit_and_no_invented_login(town: Town, ada: Colleague) -> None:
    people = "; ".join(f"Guest {number}, guest{number}@harbour.example" for number in range(1, 8))
    await ada.say(f"/with {town.campaign.key} 25apr {HARBOUR} {people}")
    done = await ada.press("Yes, hold 7")
    assert len(await held(town, briefing="25apr")) == 7
    assert "I have none yet and make none up" in done.text


async def test_who_is_not_known_by_name_is_asked_for_it(town: Town) -> None:
    dan = await enrolled(town, "Dan", HARBOUR, known=False)
    asked = await dan.say(f"/take {town.campaign.key} 24apr {HARBOUR}")
    assert "Under which name" in asked.text
    await dan.say("Dan Ho")
    assert await held(town) == ["Dan Ho"]


async def test_a_question_in_between_is_answered_and_the_names_are_still_waited_for(town: Town, ada: Colleague) -> None:
    await ada.say("2 seats on the 24th for me and a colleague")
    answer = await ada.say("When do the doors open?")
    assert "16:00" in answer.text
    assert "• Ben Lee" in (await ada.say(BEN)).text


@pytest.mark.parametrize(("typed", "told"), [
    ("Ben Lee", "no e-mail address"), ("ben@harbour.example", "no name"), ("Ben, ben@harbour", "no complete e-mail"),
])  # fmt: skip
async def test_what_cannot_be_read_is_asked_again_and_nothing_is_lost(
    town: Town, ada: Colleague, typed: str, told: str
) -> None:
    await ada.say("2 seats on the 24th for me and a colleague")
    assert told in (await ada.say(typed)).text
    assert "• Ben Lee <ben@harbour.example>" in (await ada.say(BEN)).text


async def test_cancel_drops_what_was_begun(town: Town, ada: Colleague) -> None:
    await ada.say("2 seats on the 24th for me and a colleague")
    assert "nothing was changed" in (await ada.say("cancel")).text
    assert "I would hold" not in (await ada.say(BEN)).text
    assert await held(town) == []


async def test_in_a_group_nothing_about_a_firm_is_said_or_done(town: Town, ada: Colleague, store: Store) -> None:
    from models.message import Ask

    crowd = Address("slack", "C0GEN")
    turn = await town.reception.take(Ask("in-public", ada.room, crowd, "/seats", town.now))
    assert "private chat" in turn.reply.text
    assert turn.reply.private
    wish = await town.reception.take(Ask("in-public-2", ada.room, crowd, "our seats", town.now))
    assert "A001" not in wish.reply.text


async def test_it_is_all_said_in_chinese_as_well(town: Town, ada: Colleague) -> None:
    asked = await ada.say("幫我同一個同事報名24號嗰場，要兩個位")
    assert "2023年4月24日" in asked.text
    await ada.say("陳大文, chan@harbour.example")
    done = await ada.say("係")
    assert await held(town) == ["Ada Chan", "陳大文"]
    assert "有效的登記須在 HKEX Access Management Portal" in done.text
    assert done.language == "zh-Hant"


async def test_a_name_with_markup_is_kept_as_it_is(town: Town, ada: Colleague) -> None:
    await ada.say(f"/with {town.campaign.key} 24apr {HARBOUR} Bob <b>B</b> {{x}} & Co, bob@harbour.example")
    await ada.press("Yes")
    assert await held(town) == ["Bob <b>B</b> {x} & Co"]


async def test_two_firms_have_limits_of_their_own(town: Town, ada: Colleague, cleo: Colleague) -> None:
    await take_both(ada)
    await cleo.say(f"/take {town.campaign.key} 24apr {PEAK}")
    assert await held(town, PEAK) == ["Cleo Ng"]


async def test_who_acts_for_two_firms_is_asked_which(town: Town, ada: Colleague) -> None:
    await enrolled(town, "Cleo", PEAK)
    await enrolled(town, "Ada Chan", PEAK, ada.room)
    asked = await ada.say("our seats")
    assert [choice.label[:4] for choice in asked.choices] == [HARBOUR, PEAK]
    shown = await ada.press(PEAK)
    assert f"({PEAK})" in shown.text
    assert f"({PEAK})" in (await ada.say("our seats")).text  # remembered


async def test_every_button_fits_into_telegrams_64_bytes(town: Town, ada: Colleague, campaign: Campaign) -> None:
    longest = f"/booked {'c' * 20} {'b' * 16} {'P' * 16} -"
    assert len(longest.encode()) <= 64
