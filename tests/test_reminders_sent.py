"""A reminder that waits is decided again when it is sent: what no longer holds is not told, and the reason is kept."""

from datetime import date, datetime

import pytest

from handlers.reminders._words import Words
from models import contacts
from models.campaign import Campaign
from models.forgetting import forget
from models.message import Address, Reply
from models.outbox import Posting, post
from models.people import choose_language
from models.reminders import Letter
from tests.reminders_cast import DAS, LINE, MACHINE, ONE_DATABASE, SUPPORT, USERS, Firms, Usher, april

PLANNED, SENT = april(20), april(20, 12)
DONE, MOVED = "nothing of it is open any more", "the date or the rule has changed"


def to(one_copy: Usher) -> list[str]:
    return [one.to for one in one_copy.sent]


async def test_what_was_done_meanwhile_is_not_told(one_copy: Usher, people: Firms) -> None:
    await one_copy.plan(PLANNED)
    await one_copy.done("BETA", USERS, DAS, LINE, by=people.cy)
    await one_copy.send(SENT)
    assert to(one_copy) == ["slack:T:ann"]
    assert "(BETA)" not in one_copy.sent[0].text
    assert await one_copy.states() == ["sent", "cancelled", "cancelled"]
    assert await one_copy.reasons() == [DONE]


async def test_a_message_of_which_a_part_was_done_is_shortened(one_copy: Usher, people: Firms) -> None:
    await one_copy.plan(PLANNED)
    await one_copy.done("BETA", LINE, by=people.cy)
    await one_copy.done("BETA", DAS, by=people.cy)
    await one_copy.send(SENT)
    to_bob = one_copy.sent[1]
    assert "①" in to_bob.text
    assert "②" not in to_bob.text
    assert "③" not in to_bob.text
    states = {(row.rule, row.state, row.reason) for row in await one_copy.rows(contact_id=people.bob)}
    assert states == {("emails", "told", None), ("connection", "dropped", DONE)}


@ONE_DATABASE
async def test_what_was_undone_meanwhile_is_told(one_copy: Usher, people: Firms) -> None:
    await one_copy.done("BETA", DAS, by=people.cy)
    await one_copy.plan(PLANNED)
    await one_copy.undone("BETA", DAS, by=people.cy)
    await one_copy.send(SENT)
    assert "②" in one_copy.sent[1].text


async def test_of_a_seat_that_was_given_back_nobody_is_reminded(one_copy: Usher, people: Firms) -> None:
    one_copy.clock.at = april(12)
    seat = await one_copy.seat("BETA", "24apr", people.bob)
    await one_copy.plan(april(21))
    await one_copy.gives_back(seat)
    await one_copy.send(april(21, 11))
    rows = await one_copy.rows(rule="seat.24apr")
    assert [(row.contact_id, row.reason) for row in rows] == [(people.bob, DONE)]
    assert not any("24apr" in one.key or "Guest" in one.text for one in one_copy.sent)


@ONE_DATABASE
async def test_of_a_seat_that_was_registered_meanwhile_nobody_is_asked_again(one_copy: Usher, people: Firms) -> None:
    one_copy.clock.at = april(12)
    seat = await one_copy.seat("BETA", "24apr", people.bob)
    await one_copy.plan(april(18))
    await one_copy.registers(seat)
    await one_copy.send(april(18, 11))
    assert {row.reason for row in await one_copy.rows(rule="seats.registered")} == {DONE}


async def test_who_stopped_meanwhile_is_not_told(one_copy: Usher, people: Firms) -> None:
    await one_copy.plan(PLANNED)
    await one_copy.wishes(people.bob, "stop")
    await one_copy.send(SENT)
    assert to(one_copy) == ["slack:T:ann", "slack:T:cy"]
    assert await one_copy.reasons() == ["stopped by the person"]


async def test_who_put_it_off_meanwhile_is_told_then(one_copy: Usher, people: Firms) -> None:
    await one_copy.plan(PLANNED)
    await one_copy.wishes(people.bob, "snooze", until=april(24))
    assert [one.to for one in await one_copy.send(SENT)] == ["slack:T:ann", "slack:T:cy"]
    assert await one_copy.tick(april(24, 9, 59)) == []
    (late,) = await one_copy.tick(april(24))
    assert late.to == "slack:T:bob"
    assert "3 business days are left" in late.text
    assert await one_copy.reasons() == ["put off by the person"]


async def test_what_is_put_off_again_and_again_is_told_once(one_copy: Usher, people: Firms) -> None:
    await one_copy.plan(PLANNED)
    for until in (april(21), april(22), april(24)):
        await one_copy.wishes(people.bob, "snooze", until=until)
        await one_copy.tick(one_copy.clock())
        one_copy.clock.at = until
    await one_copy.tick(april(24))
    assert to(one_copy).count("slack:T:bob") == 1


@ONE_DATABASE
async def test_what_is_put_off_past_its_use_is_left_to_the_next_reminder(one_copy: Usher, people: Firms) -> None:
    await one_copy.plan(PLANNED)
    await one_copy.wishes(people.bob, "snooze", until=april(25))
    await one_copy.send(SENT)
    await one_copy.tick(april(25))
    assert [(one.at, one.to) for one in one_copy.sent if one.to == "slack:T:bob"] == [(april(25), "slack:T:bob")]


@ONE_DATABASE
async def test_quiet_hours_that_have_begun_meanwhile_hold_it_back(one_copy: Usher, people: Firms) -> None:
    await one_copy.wishes(people.bob, "quiet", value="22:00-08:00")
    await one_copy.plan(PLANNED)
    await one_copy.send(april(20, 23))
    assert "slack:T:bob" not in to(one_copy)
    (late,) = await one_copy.tick(april(21, 8))
    assert late.to == "slack:T:bob"


async def test_who_left_the_firm_meanwhile_is_told_nothing_of_it(one_copy: Usher, people: Firms) -> None:
    await one_copy.plan(PLANNED)
    for who in (people.ann, people.bob):
        await one_copy.does(contacts.leave, who, "BETA", contacts.SELF, MACHINE)
    await one_copy.send(SENT)
    assert to(one_copy) == ["slack:T:ann", "slack:T:cy"]
    assert "(BETA)" not in one_copy.sent[0].text
    assert await one_copy.reasons() == ["acts for the participant no longer"]


async def test_who_was_forgotten_meanwhile_is_told_nothing(one_copy: Usher, people: Firms) -> None:
    await one_copy.plan(PLANNED)
    await one_copy.does(lambda session: forget(session, people.bob, MACHINE).pseudonym)
    await one_copy.send(SENT)
    assert to(one_copy) == ["slack:T:ann", "slack:T:cy"]
    assert await one_copy.reasons() == ["forgotten"]


async def test_what_waited_until_it_was_of_no_use_is_not_sent(one_copy: Usher, people: Firms) -> None:
    await one_copy.plan(april(27))
    await one_copy.send(april(28, 0))
    assert one_copy.sent == []
    assert await one_copy.states() == ["expired"] * 3


@ONE_DATABASE
async def test_of_two_parts_only_the_one_that_is_still_of_use_is_told(one_copy: Usher, people: Firms) -> None:
    one_copy.clock.at = april(12)
    await one_copy.seat("BETA", "26apr", people.bob)
    await one_copy.plan(april(25))
    await one_copy.send(april(26, 10, 5))  # the next e-mails' reminder has come; the briefing is this afternoon
    to_bob = [one.text for one in one_copy.sent if one.to == "slack:T:bob"]
    assert len(to_bob) == 1
    assert "26 April" in to_bob[0]
    assert "27 April" not in to_bob[0]
    assert "no longer useful" in await one_copy.reasons()


def later(campaign: Campaign, fact: str, value: date) -> Campaign:
    """The circular with another date."""
    data = campaign.model_dump(by_alias=True)
    (found,) = [one for one in data["fact"] if one["key"] == fact]
    found["value"] = value.isoformat()
    return type(campaign)(**data)


async def test_a_date_that_changed_stops_what_waits_and_is_planned_anew(one_copy: Usher, campaign: Campaign,
    people: Firms) -> None:  # fmt: skip
    await one_copy.plan(PLANNED)
    moved = one_copy.another(None, later(campaign, "emails.due", date(2023, 5, 9)))
    await moved.send(april(20, 12))
    assert {row.reason for row in await one_copy.rows(rule="emails")} == {MOVED}
    assert "①" not in one_copy.sent[0].text  # the connection's date has not changed
    assert "③" in one_copy.sent[0].text
    (to_ann, *_) = await moved.tick(april(21))  # ten working days ahead of 8 May: 1 May is a holiday
    assert "8 May 2023" in to_ann.text
    assert "27 April" not in to_ann.text


async def test_a_room_that_was_changed_meanwhile_is_not_written_to(one_copy: Usher, people: Firms) -> None:
    await one_copy.names_room("BETA", "slack:T:C-OLD", by=people.bob)
    await one_copy.plan(PLANNED)
    await one_copy.names_room("BETA", "slack:T:C-NEW", by=people.bob)
    await one_copy.send(SENT)
    assert "slack:T:C-OLD" not in to(one_copy)
    assert "slack:T:C-NEW" in to(one_copy)
    assert "the participant is reminded elsewhere by now" in await one_copy.reasons()


@ONE_DATABASE
async def test_the_words_are_those_of_the_day_on_which_it_is_sent(one_copy: Usher, people: Firms) -> None:
    await one_copy.plan(PLANNED)
    await one_copy.send(april(24, 17))
    assert "3 business days are left" in one_copy.sent[0].text


@ONE_DATABASE
@pytest.mark.parametrize(("language", "words"), [("zh-Hant", "電郵"), ("zh-Hans", "电邮"), ("en", "e-mail addresses")])
async def test_the_language_is_the_one_that_the_person_chose_last(
    one_copy: Usher, people: Firms, language: str, words: str
) -> None:
    await one_copy.plan(PLANNED)
    await one_copy.does(choose_language, Address("slack", "T:bob"), language, MACHINE)
    await one_copy.send(SENT)
    (to_bob,) = [one for one in one_copy.sent if one.to == "slack:T:bob"]
    assert words in to_bob.text
    assert to_bob.reply.language == language
    versions = {row.version for row in await one_copy.rows(contact_id=people.bob)}
    assert [version.endswith(f" {language}") for version in versions if version] == [True]


class Stumbling(Words):
    """Cannot word what is for Bob."""

    def reply(self, letter: Letter, now: datetime) -> Reply:
        if letter.contact and letter.contact.name == "bob":
            raise RuntimeError("this cannot be worded")
        return super().reply(letter, now)  # it breaks on purpose


async def test_a_reminder_that_cannot_be_worded_holds_up_no_other_nor_anything_else(
    one_copy: Usher, people: Firms, caplog: pytest.LogCaptureFixture
) -> None:
    one_copy.reminders.words = Stumbling(one_copy.reminders.phrasing)
    await one_copy.plan(PLANNED)
    await one_copy.does(
        lambda session: post(session, Posting("other", SUPPORT, Reply("a case"), april(20)), MACHINE).id
    )
    await one_copy.send(SENT)
    assert sorted(to(one_copy)) == ["slack:T:SUPPORT", "slack:T:ann", "slack:T:cy"]
    assert await one_copy.reasons() == ["an error in Usher; see the log"]
    assert "this cannot be worded" in caplog.text
