"""The journeys of the people at the firms, the same on the web, in Slack and in Telegram."""

import re

import pytest

from models.seats import seats_of
from tests.channels_cast import ONE_DATABASE
from tests.journeys_cast import HARBOUR, PEAK, Journey, Somebody

pytestmark = ONE_DATABASE
CAMPAIGN = "ccms-2fa-2023"
BEN = "Ben Lee, ben@harbour.example"


async def member(journey: Journey, name: str, firm: str = HARBOUR) -> Somebody:
    """Somebody who has enrolled, and has said their name."""
    person = journey.meet(name)
    await person.say(f"Hello, our code is {journey.code[firm].lower()}")
    await person.say(f"/name {name} Chan")
    return person


async def held(journey: Journey, firm: str = HARBOUR) -> list[str]:
    return [seat.attendee_name for seat in await journey.store.read(seats_of, CAMPAIGN, firm)]


async def test_seats_are_for_who_is_enrolled_and_enrolling_takes_one_message(journey: Journey) -> None:
    ann = journey.meet("Ann")
    public = await ann.say("2 seats on the 24th for me and a colleague")
    assert "which CP you act for" in public
    welcome = await ann.say(journey.code[HARBOUR])
    assert "Harbour Futures" in welcome
    assert "Who is to come?" in (await ann.say("2 seats on the 24th for me and a colleague")).replace(
        "You, and who else?", "Who is to come?"
    )  # Telegram tells who writes


async def test_two_seats_in_the_auditorium(journey: Journey) -> None:
    ann = await member(journey, "Ann")
    asked = await ann.say("2 seats on the 24th for me and a colleague")
    for fact in ("24 April 2023", "16:30–17:45", "16:00", "Cantonese", "Grand Auditorium"):
        assert fact in asked
    read_back = await ann.say(BEN)
    assert "Ann Chan" in read_back
    assert "ben@harbour.example" in read_back
    assert await held(journey) == []
    done = await ann.press("Yes")
    assert await held(journey) == ["Ann Chan", "Ben Lee"]
    assert "Client Connect" in done
    assert "by Wednesday 19 April 2023" in done


async def test_a_third_colleague_waits_and_gets_the_seat_that_is_given_back(journey: Journey) -> None:
    ann, bea = await member(journey, "Ann"), await member(journey, "Bea")
    await ann.say("2 seats on the 24th for me and a colleague")
    await ann.say(BEN)
    await ann.press("Yes")
    await bea.say("a seat on 24 April for me please")
    full = await bea.press("Yes")
    assert "Ann Chan" in full
    assert "Ben Lee" in full
    waiting = await bea.press("Put on the waiting list")
    assert "which is not a seat" in waiting
    await ann.say("cancel my seat")
    await ann.press("Yes")
    await bea.told("A seat is free for Bea Chan")
    assert await held(journey) == ["Bea Chan", "Ben Lee"]  # on offer: nobody else gets it meanwhile
    taken = await bea.press("Accept")
    assert "Held for" in taken


async def test_three_seats_at_once_are_refused_whole(journey: Journey) -> None:
    ann = await member(journey, "Ann")
    refused = await ann.say("please reserve 3 seats on the 24th")
    assert "Nothing was held" in refused
    assert await held(journey) == []


async def test_the_status_is_ones_own_word_and_is_marked_by_one_tap(journey: Journey) -> None:
    ann, bea = await member(journey, "Ann"), await member(journey, "Bea")
    open_tasks = await ann.say("what is our status?")
    assert open_tasks.count("not said") >= 3
    assert "not HKCC's record" in open_tasks
    await ann.say(f"/done {CAMPAIGN} connection {HARBOUR}")
    shown = await bea.say("status")
    assert re.search(r"said done by Ann Chan", shown), shown


async def test_another_firms_data_is_refused(journey: Journey, caplog: pytest.LogCaptureFixture) -> None:
    ann, eve = await member(journey, "Ann"), await member(journey, "Eve", PEAK)
    await ann.say("2 seats on the 24th for me and a colleague")
    await ann.say(BEN)
    await ann.press("Yes")
    for forged in (f"/status {CAMPAIGN} {HARBOUR}", f"/seats {CAMPAIGN} {HARBOUR}",
                   f"/done {CAMPAIGN} connection {HARBOUR}", "/free 1 yes"):  # fmt: skip
        refused = await eve.say(forged)
        assert "that you act for" in refused
        assert "Ann" not in refused
    assert await held(journey) == ["Ann Chan", "Ben Lee"]
    assert f"may not act for {HARBOUR}" in caplog.text
