"""A firm's people have the circular's targets checked, as often as they may, and nothing else is connected to."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session

from handlers.reception import Reception
from models import checks
from models.campaign import Campaign
from models.checks import Result
from models.message import Address, Ask
from models.store import Store
from tests.channels_cast import ONE_DATABASE
from tests.checks_cast import checked
from tests.reception_cast import KEY, MORNING, Person
from tests.status_cast import ALPHA, BETA, labels

pytestmark = ONE_DATABASE  # what is kept is tested on both databases with the models

REPORT = (
    '{"ms": 1500.4, "reason": "No TCP connection.", "also": [{"reason": "One of two name servers is dead."}],'
    ' "steps": [{"name": "dns 192.0.2.53", "ok": true, "ms": 12.2, "detail": "A 203.0.113.7"}]}'
)
BAD = Result("fail", "tcp", "tcp_timeout", "your_firewall", REPORT)
GOOD = Result("ok", "ok", "ok", "nobody", REPORT)


async def ended(store: Store, result: Result, ago: float = 0) -> None:
    """What was asked for is checked now."""

    def end(session: Session) -> None:
        (last,) = checks.claim(session, "one", MACHINE_FAR)
        checks.finish(session, [last.id or 0], "one", result, last.recorded_at - timedelta(seconds=ago))

    await store.write(end)


MACHINE_FAR = MORNING + timedelta(days=9999)


async def test_it_says_at_once_what_is_checked_and_from_where(
    store: Store, two_firms: dict[str, int], amy: Person
) -> None:
    reply = await amy.say("/check")
    assert reply.text == (
        "I am checking 2FA server (SSO page) now, from this bot's own network: that is the bot's view, not your PC's. "
        "The result comes here in a moment."
    )
    assert reply.private
    (check,) = await checked(store)
    assert (check.campaign, check.target, check.participant, check.contact_id, check.place, check.state) == (
        KEY, "sso", ALPHA, two_firms["amy"], "web:amy", "asked"
    )  # fmt: skip
    assert (check.vantage, check.evidence, check.asked_at) == ("bot", "bot", MORNING)


@pytest.mark.parametrize(
    "words",
    ["can you reach the SSO page?", "check my connection please", "幫我測試連線",
     "could you check https://sso.hkexposttrade.com.hk/sso", f"/check {KEY} sso {ALPHA}", f"/check sso {ALPHA}",
     "/check sso", f"/check {ALPHA}"],
)  # fmt: skip
async def test_it_is_asked_for_in_words_or_by_a_button(
    store: Store, two_firms: dict[str, int], amy: Person, words: str
) -> None:
    await amy.say(words)
    assert [check.target for check in await checked(store)] == ["sso"]


@pytest.mark.parametrize(
    "words",
    ["/check www.google.com", "/check https://10.0.0.1/x", "/check 127.0.0.1", "/check localhost:22", "/check google",
     "can you reach www.google.com?", "ping 10.0.0.1", "check https://sso.hkexposttrade.com.hk.evil.example/sso",
     f"/check {KEY} sso evil.example", f"/check {KEY} sso {ALPHA} more", "/check ::1"],
)  # fmt: skip
async def test_an_address_that_somebody_types_is_refused_with_the_reason(
    store: Store, two_firms: dict[str, int], amy: Person, words: str
) -> None:
    reply = await amy.say(words)
    assert reply.text == (
        "I only check what the circular names: 2FA server (SSO page). I connect to no address that somebody types, "
        "for that could be anybody's. Nothing was connected to."
    )
    assert [choice.action for choice in reply.choices] == [f"/check {KEY} sso"]
    assert await checked(store) == []


async def test_who_is_not_enrolled_reads_how_to_test_and_has_nothing_checked(store: Store, ben: Person) -> None:
    reply = await ben.say("can you reach the SSO page?")
    assert "not your verification" in reply.text
    assert "enrolment code" in reply.text
    assert await checked(store) == []


async def test_nothing_is_checked_where_others_read(
    store: Store, two_firms: dict[str, int], reception: Reception
) -> None:
    asked = Ask("one", Address("web", "amy"), Address("slack", "C0GEN"), "/check", MORNING)
    assert "private chat" in (await reception.take(asked)).reply.text
    assert await checked(store) == []


async def test_for_another_firm_nothing_is_checked(store: Store, two_firms: dict[str, int], amy: Person) -> None:
    reply = await amy.say(f"/check {KEY} sso {BETA}")
    assert "I can only do that for a CP that you act for" in reply.text
    assert await checked(store) == []


async def test_who_acts_for_two_firms_is_asked_for_which(
    store: Store, two_firms: dict[str, int], dee_of_both: Person
) -> None:
    reply = await dee_of_both.say("check the connection")
    assert labels(reply) == [f"{ALPHA} · Alpha Securities", f"{BETA} · Beta Futures"]
    assert "I am checking" in (await dee_of_both.press(reply.choices[1])).text
    assert [check.participant for check in await checked(store)] == [BETA]


async def test_how_the_circular_says_to_test_is_still_answered(
    store: Store, two_firms: dict[str, int], amy: Person
) -> None:
    reply = await amy.say("How do we test the connection?")
    assert reply.answer == f"{KEY}/connection.how"
    assert await checked(store) == []


async def test_a_second_check_within_the_minute_is_told_how_long_to_wait_and_what_is_known(
    store: Store, two_firms: dict[str, int], amy: Person
) -> None:
    await amy.say("/check")
    reply = await amy.say("/check")
    assert reply.text.startswith("One check a minute is possible for each person: ask again in 5")
    assert reply.text.endswith(" seconds.")
    await ended(store, GOOD)
    reply = await amy.say("/check")
    assert "\n\nThe last result, " in reply.text
    assert reply.text.endswith(
        " seconds old: From this bot: 2FA server (SSO page) can be reached, and all that was tried works."
    )
    assert len(await checked(store)) == 1


async def test_what_was_found_a_moment_ago_is_told_at_once_with_its_age(
    store: Store, two_firms: dict[str, int], amy: Person, ben: Person
) -> None:
    await amy.say("/check")
    await ended(store, GOOD, ago=20)
    reply = await ben.say("/check")
    assert "From this bot: 2FA server (SSO page) can be reached" in reply.text
    assert "This was checked 2" in reply.text
    assert "view from this bot's own network, not from your PC" in reply.text
    assert "Section 4.7 to Section 4.9" in reply.text
    assert "ok · dns 192.0.2.53 · 12 ms · A 203.0.113.7" in reply.text
    assert labels(reply) == ["Check again", "Test on the terminal PC"]
    first, second = await checked(store)
    assert (second.state, second.same_as, second.contact_id) == ("done", first.id, two_firms["ben"])


async def test_what_failed_is_told_again_for_a_short_while_only(
    store: Store, two_firms: dict[str, int], amy: Person, ben: Person
) -> None:
    await amy.say("/check")
    await ended(store, BAD, ago=16)
    assert "I am checking" in (await ben.say("/check")).text


async def test_in_chinese_it_is_told_in_chinese(two_firms: dict[str, int], amy: Person) -> None:
    reply = await amy.say("幫我測試連線")
    assert reply.language == "zh-Hant"
    assert reply.text.startswith("我現正從本機械人自己的網絡測試2FA 伺服器（SSO 網頁）")
    assert (await amy.say("帮我检测一下连接")).text.startswith("每人每分钟可测试一次")


async def test_of_several_targets_one_is_chosen_by_its_button(
    store: Store, two_firms: dict[str, int], campaign: Campaign, reception: Reception, amy: Person
) -> None:
    sso = campaign.targets[0]
    other = sso.model_copy(update={"key": "backup", "name": {"en": "Backup server"}, "url": "https://backup.example/x"})
    several = campaign.model_copy(update={"targets": (sso, other)})
    reception.phrasing.campaigns[KEY] = several
    try:
        reply = await amy.say("/check")
        assert labels(reply) == ["2FA server (SSO page)", "Backup server"]
        assert await checked(store) == []
        await amy.press(reply.choices[1])
        assert [check.target for check in await checked(store)] == ["backup"]
    finally:
        reception.phrasing.campaigns[KEY] = campaign


async def test_the_same_message_twice_is_one_check(store: Store, two_firms: dict[str, int], amy: Person) -> None:
    one = await amy.say("/check", ask_id="same")
    assert await amy.say("/check", ask_id="same") == one
    assert len(await checked(store)) == 1


async def test_where_many_targets_are_checked_it_says_that_it_takes_longer(
    store: Store, two_firms: dict[str, int], amy: Person
) -> None:
    asked = checks.Asked(KEY, "", ALPHA, two_firms["ben"], "web:ben", "web:ben", "en", MORNING)

    def busy(session: Session) -> None:
        for number in range(20):
            checks.ask(session, replace(asked, target=f"t{number}"), MACHINE_FAR)

    await store.write(busy)
    text = (await amy.say("/check")).text
    assert "ask again" not in text
    assert text.endswith("\n20 others are being checked at the moment, so it may take a minute.")
