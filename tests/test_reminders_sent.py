"""A reminder that waits is decided again when it is sent: what no longer holds is not told, and the reason is kept."""

from datetime import date

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


def to(usher: Usher) -> list[str]:
    return [one.to for one in usher.sent]


async def test_what_was_done_meanwhile_is_not_told(usher: Usher, people: Firms) -> None:
    await usher.plan(PLANNED)
    await usher.done("BETA", USERS, DAS, LINE, by=people.cy)
    await usher.send(SENT)
    assert to(usher) == ["slack:T:ann"]
    assert "(BETA)" not in usher.sent[0].text
    assert await usher.states() == ["sent", "cancelled", "cancelled"]
    assert await usher.reasons() == [DONE]


async def test_a_message_of_which_a_part_was_done_is_shortened(usher: Usher, people: Firms) -> None:
    await usher.plan(PLANNED)
    await usher.done("BETA", LINE, by=people.cy)
    await usher.done("BETA", DAS, by=people.cy)
    await usher.send(SENT)
    to_bob = usher.sent[1]
    assert "①" in to_bob.text
    assert "②" not in to_bob.text
    assert "③" not in to_bob.text
    states = {(row.rule, row.state, row.reason) for row in await usher.rows(contact_id=people.bob)}
    assert states == {("emails", "told", None), ("connection", "dropped", DONE)}


async def test_what_was_undone_meanwhile_is_told(usher: Usher, people: Firms) -> None:
    await usher.done("BETA", DAS, by=people.cy)
    await usher.plan(PLANNED)
    await usher.undone("BETA", DAS, by=people.cy)
    await usher.send(SENT)
    assert "②" in usher.sent[1].text


async def test_of_a_seat_that_was_given_back_nobody_is_reminded(usher: Usher, people: Firms) -> None:
    usher.clock.at = april(12)
    seat = await usher.seat("BETA", "24apr", people.bob)
    await usher.plan(april(21))
    await usher.gives_back(seat)
    await usher.send(april(21, 11))
    rows = await usher.rows(rule="seat.24apr")
    assert [(row.contact_id, row.reason) for row in rows] == [(people.bob, DONE)]
    assert not any("24apr" in one.key or "Guest" in one.text for one in usher.sent)


async def test_of_a_seat_that_was_registered_meanwhile_nobody_is_asked_again(usher: Usher, people: Firms) -> None:
    usher.clock.at = april(12)
    seat = await usher.seat("BETA", "24apr", people.bob)
    await usher.plan(april(18))
    await usher.registers(seat)
    await usher.send(april(18, 11))
    assert {row.reason for row in await usher.rows(rule="seats.registered")} == {DONE}


async def test_who_stopped_meanwhile_is_not_told(usher: Usher, people: Firms) -> None:
    await usher.plan(PLANNED)
    await usher.wishes(people.bob, "stop")
    await usher.send(SENT)
    assert to(usher) == ["slack:T:ann", "slack:T:cy"]
    assert await usher.reasons() == ["stopped by the person"]


async def test_who_put_it_off_meanwhile_is_told_then(usher: Usher, people: Firms) -> None:
    await usher.plan(PLANNED)
    await usher.wishes(people.bob, "snooze", until=april(24))
    assert [one.to for one in await usher.send(SENT)] == ["slack:T:ann", "slack:T:cy"]
    assert await usher.tick(april(24, 9, 59)) == []
    (late,) = await usher.tick(april(24))
    assert late.to == "slack:T:bob"
    assert "3 business days are left" in late.text
    assert await usher.reasons() == ["put off by the person"]


async def test_what_is_put_off_again_and_again_is_told_once(usher: Usher, people: Firms) -> None:
    await usher.plan(PLANNED)
    for until in (april(21), april(22), april(24)):
        await usher.wishes(people.bob, "snooze", until=until)
        await usher.tick(usher.clock())
        usher.clock.at = until
    await usher.tick(april(24))
    assert to(usher).count("slack:T:bob") == 1


@ONE_DATABASE
async def test_what_is_put_off_past_its_use_is_left_to_the_next_reminder(usher: Usher, people: Firms) -> None:
    await usher.plan(PLANNED)
    await usher.wishes(people.bob, "snooze", until=april(25))
    await usher.send(SENT)
    await usher.tick(april(25))
    assert [(one.at, one.to) for one in usher.sent if one.to == "slack:T:bob"] == [(april(25), "slack:T:bob")]


@ONE_DATABASE
async def test_quiet_hours_that_have_begun_meanwhile_hold_it_back(usher: Usher, people: Firms) -> None:
    await usher.wishes(people.bob, "quiet", value="22:00-08:00")
    await usher.plan(PLANNED)
    await usher.send(april(20, 23))
    assert "slack:T:bob" not in to(usher)
    (late,) = await usher.tick(april(21, 8))
    assert late.to == "slack:T:bob"


async def test_who_left_the_firm_meanwhile_is_told_nothing_of_it(usher: Usher, people: Firms) -> None:
    await usher.plan(PLANNED)
    for who in (people.ann, people.bob):
        await usher.does(contacts.leave, who, "BETA", contacts.SELF, MACHINE)
    await usher.send(SENT)
    assert to(usher) == ["slack:T:ann", "slack:T:cy"]
    assert "(BETA)" not in usher.sent[0].text
    assert await usher.reasons() == ["acts for the participant no longer"]


async def test_who_was_forgotten_meanwhile_is_told_nothing(usher: Usher, people: Firms) -> None:
    await usher.plan(PLANNED)
    await usher.does(lambda session: forget(session, people.bob, MACHINE).pseudonym)
    await usher.send(SENT)
    assert to(usher) == ["slack:T:ann", "slack:T:cy"]
    assert await usher.reasons() == ["forgotten"]


async def test_what_waited_until_it_was_of_no_use_is_not_sent(usher: Usher, people: Firms) -> None:
    await usher.plan(april(27))
    await usher.send(april(28, 0))
    assert usher.sent == []
    assert await usher.states() == ["expired"] * 3


@ONE_DATABASE
async def test_of_two_parts_only_the_one_that_is_still_of_use_is_told(usher: Usher, people: Firms) -> None:
    usher.clock.at = april(12)
    await usher.seat("BETA", "26apr", people.bob)
    await usher.plan(april(25))
    await usher.send(april(26, 10, 5))  # the next e-mails' reminder has come; the briefing is this afternoon
    to_bob = [one.text for one in usher.sent if one.to == "slack:T:bob"]
    assert len(to_bob) == 1
    assert "26 April" in to_bob[0]
    assert "27 April" not in to_bob[0]
    assert "no longer useful" in await usher.reasons()


def later(campaign: Campaign, fact: str, value: date) -> Campaign:
    """The circular with another date."""
    data = campaign.model_dump(by_alias=True)
    (found,) = [one for one in data["fact"] if one["key"] == fact]
    found["value"] = value.isoformat()
    return type(campaign)(**data)


async def test_a_date_that_changed_stops_what_waits_and_is_planned_anew(usher: Usher, campaign: Campaign,
    people: Firms) -> None:  # fmt: skip
    await usher.plan(PLANNED)
    moved = usher.another(None, later(campaign, "emails.due", date(2023, 5, 9)))
    await moved.send(april(20, 12))
    assert {row.reason for row in await usher.rows(rule="emails")} == {MOVED}
    assert "①" not in usher.sent[0].text  # the connection's date has not changed
    assert "③" in usher.sent[0].text
    (to_ann, *_) = await moved.tick(april(21))  # ten working days ahead of 8 May: 1 May is a holiday
    assert "8 May 2023" in to_ann.text
    assert "27 April" not in to_ann.text


async def test_a_room_that_was_changed_meanwhile_is_not_written_to(usher: Usher, people: Firms) -> None:
    await usher.names_room("BETA", "slack:T:C-OLD", by=people.bob)
    await usher.plan(PLANNED)
    await usher.names_room("BETA", "slack:T:C-NEW", by=people.bob)
    await usher.send(SENT)
    assert "slack:T:C-OLD" not in to(usher)
    assert "slack:T:C-NEW" in to(usher)
    assert "the participant is reminded elsewhere by now" in await usher.reasons()


async def test_the_words_are_those_of_the_day_on_which_it_is_sent(usher: Usher, people: Firms) -> None:
    await usher.plan(PLANNED)
    await usher.send(april(24, 17))
    assert "3 business days are left" in usher.sent[0].text


@pytest.mark.parametrize(("language", "words"), [("zh-Hant", "電郵"), ("zh-Hans", "电邮"), ("en", "e-mail addresses")])
async def test_the_language_is_the_one_that_the_person_chose_last(
    usher: Usher, people: Firms, language: str, words: str
) -> None:
    await usher.plan(PLANNED)
    await usher.does(choose_language, Address("slack", "T:bob"), language, MACHINE)
    await usher.send(SENT)
    (to_bob,) = [one for one in usher.sent if one.to == "slack:T:bob"]
    assert words in to_bob.text
    assert to_bob.reply.language == language
    versions = {row.version for row in await usher.rows(contact_id=people.bob)}
    assert [version.endswith(f" {language}") for version in versions if version] == [True]


class Stumbling(Words):
    """Cannot word what is for Bob."""

    def reply(self, letter: Letter, now: object) -> Reply:
        if letter.contact and letter.contact.name == "bob":
            raise RuntimeError("this cannot be worded")
        return super().reply(letter, now)  # type: ignore[arg-type]  # it breaks on purpose


async def test_a_reminder_that_cannot_be_worded_holds_up_no_other_nor_anything_else(
    usher: Usher, people: Firms, caplog: pytest.LogCaptureFixture
) -> None:
    usher.reminders.words = Stumbling(usher.reminders.phrasing)
    await usher.plan(PLANNED)
    await usher.does(lambda session: post(session, Posting("other", SUPPORT, Reply("a case"), april(20)), MACHINE).id)
    await usher.send(SENT)
    assert sorted(to(usher)) == ["slack:T:SUPPORT", "slack:T:ann", "slack:T:cy"]
    assert await usher.reasons() == ["an error in Usher; see the log"]
    assert "this cannot be worded" in caplog.text
