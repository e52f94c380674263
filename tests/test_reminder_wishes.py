"""Who puts reminders off is told once, later, and never past the safe day; who stops them is told what they miss."""

import random
from datetime import datetime, timedelta

import pytest

from handlers.reception import Reception
from models.reminders import wishes_of
from tests.asking import Asker
from tests.reminders_cast import DAS, LINE, ONE_DATABASE, USERS, Usher, april

KEY = "ccms-2fa-2023"
STOPPED, ASLEEP = "stopped by the person", "put off by the person"


@pytest.fixture
async def ann_asks(one_copy: Usher, reception: Reception) -> Asker:
    """Ann acts for Alpha; nothing is done there."""
    await one_copy.has("ann", "ALPHA")
    return Asker(one_copy, reception)


@pytest.fixture
async def bob_asks(one_copy: Usher, reception: Reception) -> Asker:
    await one_copy.has("bob", "BETA")
    return Asker(one_copy, reception, "slack:T:bob")


async def live(one_copy: Usher, first: datetime, last: datetime, minutes: int = 60) -> None:
    at = first
    while at <= last:
        await one_copy.tick(at)
        at += timedelta(minutes=minutes)


def times(asker: Asker, since: datetime) -> list[str]:
    return [f"{one.at:%d %H:%M}" for one in asker.got if one.at >= since]


# ---------------------------------------------------------------------------------------------------------- put off


async def test_what_is_put_off_comes_once_at_that_time_with_what_comes_due_then(
    one_copy: Usher, ann_asks: Asker
) -> None:
    await one_copy.tick(april(13))
    one_copy.clock.at = april(13, 10, 5)
    said = await ann_asks.say("remind me tomorrow")
    assert "I remind you at 10:00 HKT on Friday 14 April 2023: " in said.text
    await live(one_copy, april(13, 11), april(14, 9))
    await live(one_copy, april(14, 10), april(14, 10, 30), minutes=1)
    assert times(ann_asks, april(13)) == ["13 10:00", "14 10:02"]
    text = ann_asks.got[-1].text
    assert "Register the e-mail addresses" in text  # put off
    assert "Register for a briefing" in text  # due that day
    assert text.count("Register the e-mail addresses") == 1


async def test_what_comes_due_meanwhile_comes_with_it(one_copy: Usher, ann_asks: Asker) -> None:
    await live(one_copy, april(13), april(13, 12))
    await ann_asks.say(f"/snooze {KEY} 2023-04-18")
    await live(one_copy, april(13, 13), april(19, 9))
    assert times(ann_asks, april(13, 11)) == ["18 11:00"]
    assert len(ann_asks.got[-1].text.split("Register for a briefing")) == 2


async def test_what_waits_already_is_put_off_as_well(one_copy: Usher, ann_asks: Asker) -> None:
    await one_copy.plan(april(13))
    await ann_asks.say("remind me tomorrow")
    assert await one_copy.send(april(13, 11)) == []
    await live(one_copy, april(13, 12), april(14, 23))
    assert times(ann_asks, april(13)) == ["14 11:00"]
    assert ASLEEP in await one_copy.reasons()


@pytest.mark.parametrize(("first", "then", "comes"), [("17", "14", "14 11:00"), ("14", "17", "17 11:00")])
async def test_the_last_wish_holds_and_the_reminder_comes_once(
    one_copy: Usher, ann_asks: Asker, first: str, then: str, comes: str
) -> None:
    await live(one_copy, april(13), april(13, 12))
    await ann_asks.say(f"/snooze {KEY} 2023-04-{first}")
    await ann_asks.say(f"/snooze {KEY} 2023-04-{then}")
    await live(one_copy, april(13, 13), april(18, 9))
    assert times(ann_asks, april(13, 11)) == [comes]


@pytest.mark.parametrize("words", ["remind me on 2 May", "remind me in 3 weeks", "5月2日提醒我"])
async def test_nothing_is_put_off_past_the_safe_day(one_copy: Usher, ann_asks: Asker, words: str) -> None:
    await live(one_copy, april(13), april(13, 12))
    said = await ann_asks.say(words)
    assert "10:00" in said.text
    assert "19 April 2023" in said.text or "2023年4月19日" in said.text
    assert "2 May" not in said.text
    assert "as late as I put it off" in said.text or "最遲只能延後至此" in said.text
    await live(one_copy, april(13, 13), april(19, 23))
    assert times(ann_asks, april(13, 11)) == ["19 11:00"]


async def test_who_has_done_one_thing_may_put_off_to_the_safe_day_of_the_next(one_copy: Usher, ann_asks: Asker) -> None:
    one_copy.clock.at = april(13)
    await one_copy.seat("ALPHA", "24apr", by=1)
    said = await ann_asks.say("remind me on 2 May")
    assert "Wednesday 19 April 2023" in said.text  # the seat is not registered where it counts
    await ann_asks.say(f"/stop {KEY} seats.registered yes")
    assert "Monday 24 April 2023" in (await ann_asks.say("remind me on 2 May")).text  # the briefing itself
    await ann_asks.say(f"/stop {KEY} seat.24apr yes")
    assert "Thursday 27 April 2023" in (await ann_asks.say("remind me on 2 May")).text


async def test_on_the_safe_day_only_some_hours_are_put_off(one_copy: Usher, ann_asks: Asker) -> None:
    await one_copy.tick(april(19))
    one_copy.clock.at = april(19, 11)
    said = await ann_asks.say("remind me tomorrow")
    assert said.behaviour == "clarify"
    assert "I do not put that off to another day" in said.text
    assert await one_copy.store.read(lambda session: wishes_of(session, [1]).snoozed) == {}
    assert "13:00 HKT on Wednesday 19 April 2023" in (await ann_asks.press("In 2 hours")).text
    await live(one_copy, april(19, 12), april(19, 23))
    assert times(ann_asks, april(19, 11)) == ["19 14:00"]
    one_copy.clock.at = april(19, 23)
    assert "I do not put that off" in (await ann_asks.say("remind me in 2 hours")).text


async def test_after_the_safe_day_nothing_is_put_off(one_copy: Usher, ann_asks: Asker) -> None:
    await one_copy.tick(april(28))
    assert "The last safe day was Thursday 27 April 2023" in (await ann_asks.say("snooze")).text
    assert ann_asks.labels == ["My reminders"]


async def test_without_a_time_the_mornings_that_fit_are_offered(one_copy: Usher, ann_asks: Asker) -> None:
    one_copy.clock.at = april(6, 15)  # Friday and Monday are holidays
    said = await ann_asks.say("/snooze")
    assert ann_asks.labels == [
        "Tue 11 Apr 2023, 10:00", "Thu 13 Apr 2023, 10:00", "Wed 19 Apr 2023, 10:00", "My reminders",
    ]  # fmt: skip
    assert "At the latest until 10:00 HKT on Wednesday 19 April 2023" in said.text
    one_copy.clock.at = april(18, 15)
    await ann_asks.say("remind me later")
    assert ann_asks.labels == ["Wed 19 Apr 2023, 10:00", "My reminders"]


async def test_who_wishes_to_be_reminded_before_anything_is_due_is_told_early(one_copy: Usher, ann_asks: Asker) -> None:
    await ann_asks.say(f"/stop {KEY} briefing yes")
    one_copy.clock.at = april(11)
    assert "E-mail registration" in (await ann_asks.say("remind me on Wednesday")).text
    await live(one_copy, april(11, 11), april(13, 12))
    assert times(ann_asks, april(11)) == ["12 11:00", "13 10:00"]


async def test_what_is_done_before_the_snooze_ends_is_not_told(one_copy: Usher, ann_asks: Asker) -> None:
    await live(one_copy, april(13), april(13, 12))
    await ann_asks.say("remind me tomorrow")
    await ann_asks.say(f"/stop {KEY} briefing yes")
    await one_copy.done("ALPHA", USERS, DAS, LINE, by=1)
    await live(one_copy, april(13, 13), april(14, 23))
    assert times(ann_asks, april(13, 11)) == []


@pytest.mark.parametrize(
    ("words", "comes"),
    [
        ("remind me on Friday", "Friday 14 April"), ("please remind me next week", "Monday 17 April"),
        ("can you remind me in two days?", "Friday 14 April"), ("remind me in 3 business days", "Monday 17 April"),
        ("remind me on the 18th", "Tuesday 18 April"), ("remind me on Saturday", "Monday 17 April"),
        ("remind me on Wednesday", "Wednesday 19 April"), ("remind me in 2 hours", "12:00 HKT on Wednesday 12 April"),
        ("明天再提醒我", "2023年4月13日"), ("下星期一提醒我", "2023年4月17日"), ("兩日後提我", "2023年4月14日"),
        ("兩小時後提醒我", "12:00"),
    ],
)  # fmt: skip
@ONE_DATABASE
async def test_a_time_is_read_in_words(one_copy: Usher, ann_asks: Asker, words: str, comes: str) -> None:
    one_copy.clock.at = april(12)  # a Wednesday
    assert comes in (await ann_asks.say(words)).text


@ONE_DATABASE
async def test_what_is_no_time_or_has_passed_is_said_so(one_copy: Usher, ann_asks: Asker) -> None:
    one_copy.clock.at = april(12)
    assert "could not read that" in (await ann_asks.say(f"/snooze {KEY} whenever")).text
    assert "That moment has passed" in (await ann_asks.say("remind me on 3 April")).text


# ------------------------------------------------------------------------------------------------------- taken back


async def test_a_snooze_that_is_taken_back_brings_at_once_what_was_held_back(one_copy: Usher, ann_asks: Asker) -> None:
    await live(one_copy, april(13), april(13, 12))
    await ann_asks.say(f"/snooze {KEY} 2023-04-18")
    await live(one_copy, april(13, 13), april(17, 12))
    said = await ann_asks.say("resume")
    assert "are on again" in said.text
    assert "comes at once" in said.text
    await live(one_copy, april(17, 12), april(18, 23))
    # The reminder of the 14th for the briefing, and what was put off; then that of the 18th, and no other.
    assert times(ann_asks, april(13, 11)) == ["17 12:00", "18 10:00"]
    assert "Register the e-mail addresses" in ann_asks.got[-2].text
    assert "Register the e-mail addresses" not in ann_asks.got[-1].text
    assert "neither stopped nor put off" in (await ann_asks.say("resume")).text


async def test_however_wishes_change_a_reminder_comes_alone_and_never_while_it_is_not_wished(
    one_copy: Usher, ann_asks: Asker
) -> None:
    chance, silent = random.Random(6), april(1)
    at, stopped = april(5, 9), False
    while at < april(30):
        before = len(ann_asks.got)
        await one_copy.tick(at)
        come = len(ann_asks.got) - before
        assert come <= 1, at
        assert not (come and (stopped or at < silent)), at
        if chance.random() < 0.08:
            what = chance.choice(("snooze", "resume", "stop"))
            if what == "snooze":
                await ann_asks.say(f"/snooze {KEY} 2023-04-{chance.randint(at.day, 30):02d}")
            else:
                await ann_asks.say(f"/{what} {KEY}" + " yes" * (what == "stop"))
            wishes = await one_copy.store.read(wishes_of, [1])
            stopped, silent = bool(wishes.stopped), wishes.snoozed.get((1, KEY), april(1))
        at += timedelta(hours=1)
    assert len(ann_asks.got) > 5
    assert {message.state for message in await one_copy.messages()} <= {"sent", "cancelled", "expired"}


# ---------------------------------------------------------------------------------------------------------- stopped


async def test_who_stops_reads_first_what_they_will_miss(one_copy: Usher, ann_asks: Asker) -> None:
    one_copy.clock.at = april(14, 11)
    said = await ann_asks.say("stop")
    assert said.behaviour == "clarify"
    assert "• 10:00 HKT on Tuesday 18 April 2023: Briefing registration" in said.text
    assert "• 10:00 HKT on Thursday 20 April 2023: E-mail registration, Connection to the 2FA server" in said.text
    assert "• Wednesday 19 April 2023: register for a briefing" in said.text
    assert "• Thursday 27 April 2023: verify the connection" in said.text
    assert ann_asks.labels[0] == "Yes, stop"
    await one_copy.tick(april(18))
    assert times(ann_asks, april(18)) == ["18 10:00"]  # nothing was stopped yet


async def test_who_has_stopped_is_told_nothing_and_a_colleague_is(
    one_copy: Usher, ann_asks: Asker, bob_asks: Asker
) -> None:
    await one_copy.plan(april(13))
    await ann_asks.say("stop")
    said = await ann_asks.press("Yes, stop")
    assert "The deadlines stand all the same" in said.text
    assert "write /resume" in said.text
    await live(one_copy, april(13, 11), april(29))
    assert ann_asks.got == []  # nor what waited
    assert len(bob_asks.got) > 5
    assert STOPPED in await one_copy.reasons()


async def test_one_rule_alone_is_stopped(one_copy: Usher, ann_asks: Asker) -> None:
    await ann_asks.say("please stop the briefing reminders")
    assert "Only: Briefing registration" in ann_asks.labels
    await ann_asks.press("Only: Briefing registration")
    assert "Thursday 27 April" not in (ann_asks.last.text if ann_asks.last else "")
    await ann_asks.press("Yes, stop")
    await live(one_copy, april(6), april(20, 12))
    assert times(ann_asks, april(5)) == ["13 10:00", "20 10:00"]
    assert "Stopped: Briefing registration." in (await ann_asks.say("/reminders")).text


async def test_a_stop_that_is_taken_back_brings_what_was_not_told_and_nothing_twice(
    one_copy: Usher, ann_asks: Asker
) -> None:
    await live(one_copy, april(13), april(13, 12))
    await ann_asks.say(f"/stop {KEY} yes")
    await live(one_copy, april(13, 13), april(14, 12))
    await ann_asks.say("/resume")
    await one_copy.tick()
    assert times(ann_asks, april(13, 11)) == ["14 12:00"]
    assert "Register for a briefing" in ann_asks.got[-1].text
    assert "Register the e-mail addresses" not in ann_asks.got[-1].text  # was told on the 13th
