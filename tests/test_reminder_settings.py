"""People see their reminders and settle when and where they come; a firm sees what it was sent, and nobody else's."""

from datetime import timedelta

import pytest

from handlers.reception import Reception
from models.contacts import link
from models.forgetting import forget
from models.message import Address
from models.reminders import rooms
from tests.asking import Asker
from tests.reminders_cast import DAS, LINE, MACHINE, ONE_DATABASE, USERS, Usher, april

KEY = "ccms-2fa-2023"
GENERAL = "slack:C0GEN:1.2"  # what is said to Usher in a channel of Slack stands in a thread


@pytest.fixture
async def amy_asks(one_copy: Usher, reception: Reception) -> Asker:
    """Amy acts for Alpha, and has Slack and Telegram."""
    await one_copy.has("amy", "ALPHA", "slack:T:amy", "telegram:7")
    return Asker(one_copy, reception, "slack:T:amy")


@pytest.fixture
async def bea_asks(one_copy: Usher, reception: Reception) -> Asker:
    await one_copy.has("bea", "BETA")
    return Asker(one_copy, reception, "slack:T:bea")


# --------------------------------------------------------------------------------------------------------- reminders


async def test_what_will_come_is_shown_with_how_it_was_wished(one_copy: Usher, amy_asks: Asker) -> None:
    one_copy.clock.at = april(12)
    said = await amy_asks.say("my reminders")
    assert said.private
    for line in (
        "Your reminders – CCMS two-factor authentication, 2023\nFirm ALPHA (ALPHA)",
        "• 10:00 HKT on Thursday 13 April 2023: E-mail registration, Connection to the 2FA server\n",
        "• 10:00 HKT on Friday 14 April 2023: Briefing registration\n",
        "Quiet hours: none.",
        "Sent by (the first that works): Slack, Telegram.",
        "Language: English.",
    ):
        assert line in said.text
    assert amy_asks.labels == [
        "Remind me later", "Stop reminders", "Quiet hours", "Which channel first", "What was sent to us",
    ]  # fmt: skip


async def test_what_is_done_stopped_or_put_off_is_not_shown_as_coming(one_copy: Usher, amy_asks: Asker) -> None:
    one_copy.clock.at = april(12)
    await one_copy.done("ALPHA", USERS, DAS, by=1)
    await amy_asks.say("remind me on Friday")
    said = await amy_asks.say("/reminders")
    assert "E-mail" not in said.text
    assert "• 10:00 HKT on Friday 14 April 2023: Connection to the 2FA server, Briefing registration\n" in said.text
    assert "Put off until 10:00 HKT on Friday 14 April 2023." in said.text
    await amy_asks.say(f"/stop {KEY} yes")
    said = await amy_asks.say("/reminders")
    assert "You have stopped these reminders." in said.text
    assert "• Thursday 27 April 2023: verify the connection" in said.text
    assert "• 10:00" not in said.text
    await one_copy.done("ALPHA", LINE, by=1)
    assert "27 April" not in (await amy_asks.say("/reminders")).text


async def test_of_several_firms_each_line_says_whose_it_is(one_copy: Usher, amy_asks: Asker) -> None:
    await one_copy.has("amy", "BETA")
    await one_copy.done("ALPHA", USERS, DAS, LINE, by=1)
    one_copy.clock.at = april(12)
    said = await amy_asks.say("/reminders")
    assert "Thursday 13 April 2023: E-mail registration, Connection to the 2FA server – Firm BETA (BETA)" in said.text
    assert "Friday 14 April 2023: Briefing registration\n" in said.text


@ONE_DATABASE
@pytest.mark.parametrize("word", ["reminders", "snooze", "stop", "resume", "quiet", "channels", "told", "remindhere"])
async def test_who_is_not_enrolled_is_told_so_and_where_others_read_nothing_is_shown(
    one_copy: Usher, reception: Reception, amy_asks: Asker, word: str
) -> None:
    assert "which CP you act for" in (await Asker(one_copy, reception, "slack:T:mal").say(f"/{word}")).text
    if word != "remindhere":
        assert "write to me in a private chat" in (await amy_asks.say(f"/{word}", GENERAL)).text


@ONE_DATABASE
async def test_it_is_all_told_in_chinese_of_either_script(one_copy: Usher, amy_asks: Asker) -> None:
    one_copy.clock.at = april(12)
    await amy_asks.say("/language zh-Hans")
    said = await amy_asks.say("/reminders")
    assert "你的提示" in said.text
    assert "免打扰时段：没有。" in said.text
    assert "语言：简体中文。" in said.text
    assert "簡" not in said.text
    for word in ("/snooze", "/stop", "/quiet", "/channels", "/told", "/remindhere"):
        assert "提示" in (await amy_asks.say(word)).text


# ---------------------------------------------------------------------------------------------- when, and by which


@pytest.mark.parametrize(
    ("words", "hours"),
    [
        ("/quiet 22:00-08:00", "22:00 to 08:00"), ("/quiet 22-8", "22:00 to 08:00"),
        ("quiet hours from 10pm to 7:30am", "22:00 to 07:30"), ("quiet hours 9 pm until 12 am", "21:00 to 00:00"),
        ("免打擾 晚上10點至早上8點", "22:00 至 08:00"),
    ],
)  # fmt: skip
@ONE_DATABASE
async def test_quiet_hours_are_read_as_people_write_them(
    one_copy: Usher, amy_asks: Asker, words: str, hours: str
) -> None:
    begin, between, end = hours.split()
    said = (await amy_asks.say(words)).text
    assert f"{begin} {between} {end}" in said
    assert f"{begin} {between} {end}" in (await amy_asks.say("/quiet")).text


@ONE_DATABASE
@pytest.mark.parametrize("words", ["/quiet always", "/quiet 8-8", "/quiet 25-99", "/quiet 8"])
async def test_what_are_no_hours_is_explained_and_nothing_changes(one_copy: Usher, amy_asks: Asker, words: str) -> None:
    await amy_asks.say("/quiet 22-8")
    said = (await amy_asks.say(words)).text
    assert "could not read that" in said
    assert "quiet hours 22:00-08:00" in said
    assert "Quiet hours: 22:00 to 08:00." in said


async def test_in_quiet_hours_nothing_comes(one_copy: Usher, amy_asks: Asker) -> None:
    await amy_asks.say("/quiet 9:00-14:00")
    await one_copy.tick(april(13))
    assert amy_asks.got == []
    await one_copy.tick(april(13, 14))
    assert len(amy_asks.got) == 1
    await amy_asks.press("No quiet hours")
    await one_copy.tick(april(14))
    assert len(amy_asks.got) == 2


async def test_the_channel_that_is_wished_is_used_first(one_copy: Usher, amy_asks: Asker) -> None:
    await amy_asks.say("/channels")
    said = await amy_asks.press("First by Telegram")
    assert "I remind you by Telegram, Slack" in said.text
    await one_copy.tick(april(13))
    assert [one.to for one in one_copy.sent] == ["telegram:7"]
    await amy_asks.say("remind me by Slack")
    await one_copy.tick(april(14))
    assert [one.to for one in one_copy.sent] == ["telegram:7", "slack:T:amy"]


@ONE_DATABASE
async def test_a_channel_that_one_does_not_have_is_not_taken(one_copy: Usher, bea_asks: Asker) -> None:
    assert "cannot reach you by Telegram" in (await bea_asks.say("remind me by Telegram")).text
    assert "did not recognise" in (await bea_asks.say("/channels pigeon")).text
    assert "no other channel" in (await bea_asks.say("/channels")).text
    assert bea_asks.labels == []


# ------------------------------------------------------------------------------------------------- what was sent


async def test_a_firm_reads_what_it_was_sent_and_by_whom_it_was_got(
    one_copy: Usher, amy_asks: Asker, bea_asks: Asker
) -> None:
    await one_copy.has("ben", "ALPHA")
    zoe = await one_copy.has("zoe", "ALPHA", "telegram:9")
    await one_copy.tick(april(13))
    await one_copy.tick(april(14))
    await one_copy.done("ALPHA", USERS, DAS, LINE, by=1)
    await one_copy.does(forget, zoe, MACHINE + timedelta(days=1))
    said = await amy_asks.say("what have you sent us?")
    lines = said.text.split("\n")
    assert lines[0] == "Reminders that were sent to Firm ALPHA (ALPHA), the newest first:"
    told = "Briefing registration – to a colleague (Telegram), ben (Slack), you (Slack)"
    assert lines[1] == f"• 10:00 HKT on Friday 14 April 2023: {told}"
    assert [line.partition(": ")[2].partition(" –")[0] for line in lines[1:4]] == [
        "Briefing registration", "Connection to the 2FA server", "E-mail registration",
    ]  # fmt: skip
    assert "bea" not in said.text
    assert "BETA" not in said.text
    assert "ALPHA" not in (await bea_asks.say("你通知過我們什麼")).text


async def test_what_another_firm_was_sent_is_told_to_nobody(
    one_copy: Usher, amy_asks: Asker, bea_asks: Asker, caplog: pytest.LogCaptureFixture
) -> None:
    await one_copy.tick(april(13))
    said = await amy_asks.say("/told BETA")
    assert "only do that for a CP that you act for" in said.text
    assert "bea" not in said.text
    assert "slack:T:amy may not act for BETA: refused" in caplog.text


async def test_a_long_list_says_how_much_is_not_shown(one_copy: Usher, amy_asks: Asker) -> None:
    for day in range(5, 29):
        await one_copy.tick(april(day))
    said = (await amy_asks.say("/told alpha")).text
    assert said.count("• 1") == 15
    assert said.endswith("more before that")
    assert "28 April" in said.split("\n")[1]


@ONE_DATABASE
async def test_before_anything_was_sent_the_list_is_empty(one_copy: Usher, amy_asks: Asker) -> None:
    assert "No reminder has been sent to Firm ALPHA (ALPHA) yet." in (await amy_asks.say("/told")).text


# -------------------------------------------------------------------------------------------------------- its own room


async def test_a_room_is_named_after_all_in_it_read_what_that_means(
    one_copy: Usher, amy_asks: Asker, bea_asks: Asker
) -> None:
    asked = await amy_asks.say("remind us here", GENERAL)
    assert not asked.private
    assert "Everybody in this room would see which of its tasks are open" in asked.text
    assert "not_theirs" not in asked.text
    assert "only do that for" in (await bea_asks.say("/remindhere ALPHA yes", GENERAL)).text
    assert await one_copy.store.read(rooms) == {}
    amy_asks.last = asked
    done = await amy_asks.press("Yes", GENERAL)
    assert not done.private
    assert "/remindhere off" in done.text
    await one_copy.tick(april(13))
    assert sorted(one.to for one in one_copy.sent) == ["slack:C0GEN", "slack:T:bea"]
    in_room = next(one for one in one_copy.sent if one.to == "slack:C0GEN")
    assert in_room.actions == []
    assert "to its own room in Slack" in (await amy_asks.say("/reminders")).text
    assert "your own room (Slack)" in (await amy_asks.say("/told")).text


async def test_a_room_is_given_up_there_and_in_private(one_copy: Usher, amy_asks: Asker, bea_asks: Asker) -> None:
    await amy_asks.say("/remindhere yes", GENERAL)
    assert "No reminders that you could take back" in (await amy_asks.say("/remindhere off", "slack:C0ELSE:3.4")).text
    assert "No reminders that you could take back" in (await bea_asks.say("/remindhere off", GENERAL)).text
    assert "each of the people of Firm ALPHA" in (await amy_asks.say("/remindhere off", GENERAL)).text
    await amy_asks.say("/remindhere yes", GENERAL)
    assert "Invite me there" in (await amy_asks.say("/remindhere")).text
    await amy_asks.press("Not in a room any more")
    await one_copy.tick(april(13))
    assert [one.to for one in amy_asks.got] == ["slack:T:amy"]
    assert "slack:C0GEN" not in {one.to for one in one_copy.sent}


async def test_of_several_firms_the_room_asks_for_which(one_copy: Usher, amy_asks: Asker) -> None:
    await one_copy.has("amy", "BETA")
    asked = await amy_asks.say("/remindhere", "telegram:-100:5")
    assert not asked.private
    await amy_asks.press("Firm BETA", "telegram:-100:5")
    await amy_asks.press("Yes", "telegram:-100:5")
    assert await one_copy.store.read(rooms) == {"BETA": Address("telegram", "-100:5")}


# ------------------------------------------------------------------------------------------------------- what is kept


async def test_what_was_wished_stands_in_what_is_held_and_is_forgotten(one_copy: Usher, amy_asks: Asker) -> None:
    one_copy.clock.at = april(12)
    await one_copy.store.write(lambda session: link(session, Address("web", "amy"), 1, MACHINE))
    for words in ("remind me on Friday", f"/stop {KEY} briefing yes", "/quiet 22-8", "/channels telegram", "/resume"):
        await amy_asks.say(words)
    await amy_asks.say("/remindhere yes", GENERAL)
    said = (await amy_asks.say("/mydata")).text
    for line in (
        "How you wished to be reminded:",
        f"• reminders of {KEY} put off until 10:02 HKT on Friday 14 April 2023, on 12 April 2023",
        f"• no reminders of {KEY} briefing, since 12 April 2023",
        "• quiet hours: 22:00-08:00, since 12 April 2023",
        "• by which channel first: telegram, since 12 April 2023",
        f"• reminders of {KEY} again, since 12 April 2023",
        "• the reminders of ALPHA in a room (slack:C0GEN), since 3 February 2026",
    ):
        assert line in said
    told = await one_copy.does(forget, 1, MACHINE + timedelta(days=1))
    assert told.counts["reminder_wish"] == 5
    assert list(await one_copy.store.read(rooms)) == ["ALPHA"]  # it is the firm's
