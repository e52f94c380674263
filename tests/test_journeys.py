"""The journeys of the people at the firms, the same on the web, in Slack and in Telegram."""

import re

import pytest
from sqlmodel import Session, col, select

from models.contacts import Contact
from models.reminders import Reminder
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


async def test_reminders_tell_what_is_open_until_it_is_done(journey: Journey) -> None:
    ann, bea, eve = await member(journey, "Ann"), await member(journey, "Bea"), await member(journey, "Eve", PEAK)
    await journey.comes("2023-04-13T10:00:05+08:00")
    for somebody, firm in ((ann, "Harbour Futures"), (bea, "Harbour Futures"), (eve, "Peak Clearing")):
        told = await somebody.told("10 business days are left after today")
        assert firm in told
        assert "Thursday 27 April 2023" in told
        assert "① CCMS users' e-mail addresses, ② DAs' e-mail addresses" in told
    assert "Noted for Harbour Futures" in await ann.press("Mark ① as registered")
    await journey.comes("2023-04-20T10:00:05+08:00")
    told = (await bea.told("5 business days are left after today")).rpartition("Reminder")[2]
    assert "done: ② DAs' e-mail addresses" in told  # a colleague said it of ①
    assert "③ connection to the 2FA server" in told
    theirs = (await eve.told("5 business days are left after today")).rpartition("Reminder")[2]
    assert "① CCMS users' e-mail addresses" in theirs
    listed = await bea.say("what did you tell us?")
    assert "Ann Chan" in listed
    assert "Peak" not in listed


async def test_who_puts_a_reminder_off_or_stops_it_is_left_alone_and_the_others_are_not(journey: Journey) -> None:
    ann, bea = await member(journey, "Ann"), await member(journey, "Bea")
    await journey.comes("2023-04-20T10:00:05+08:00")
    for somebody in (ann, bea):  # a reminder that comes only now would be the last that they see
        await somebody.told("5 business days are left after today")
    later = await ann.say("remind me on 24 April")
    assert "24 April" in later
    missed = await bea.say("stop")
    assert "27 April 2023" in missed
    stopped = await bea.press("Yes")
    assert "resume" in stopped.lower()
    await journey.comes("2023-04-24T10:05:00+08:00")
    assert "③" in (await ann.told("3 business days are left after today")).rpartition("Reminder")[2]
    await journey.comes("2023-04-25T10:00:05+08:00")
    await ann.told("2 business days are left after today")
    assert await journey.store.read(_reminded, "2 business days") == ["Ann Chan"]


def _reminded(session: Session, lead: str) -> list[str]:
    to = select(Contact.name).join(Reminder, col(Reminder.contact_id) == col(Contact.id))
    return sorted({name or "" for name in session.exec(to.where(Reminder.lead == lead))})
