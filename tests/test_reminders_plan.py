"""What has come due is planned once for each person, whoever plans, however often, and wherever it was cut off."""

import asyncio
from collections import Counter

import pytest

from models.reminders import _plan
from models.store import Store
from tests.reminders_cast import DAS, LINE, ONE_DATABASE, USERS, Firms, Usher, april

FIRST, SECOND = april(20), april(25)  # leads of the e-mails and of the connection, when the briefings are closed
MANY = 13


async def crowd(usher: Usher) -> list[str]:
    """So many people, of a firm each; gives where they are."""
    return [f"slack:T:p{n}" for n in range(MANY) if await usher.has(f"p{n}", f"F{n}")]


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_plan, "PART", 4)


async def test_asking_again_and_again_plans_once(usher: Usher, people: Firms) -> None:
    for minute in range(5):
        await usher.plan(april(20, 10, minute))
    sent = await usher.send()
    assert sorted(one.to for one in sent) == ["slack:T:ann", "slack:T:bob", "slack:T:cy"]
    assert await usher.tick(april(20, 11)) == []


async def test_two_copies_that_plan_at_once_plan_once(usher: Usher, other_store: Store, small_parts: None) -> None:
    everybody = await crowd(usher)
    usher.clock.at = FIRST
    copies = [usher, usher.another(other_store), usher.another(), usher.another(other_store)]
    await asyncio.gather(*(copy.plan() for copy in copies))
    await asyncio.gather(*(copy.send() for copy in copies))
    assert Counter(one.to for one in usher.sent) == Counter(everybody)


@pytest.mark.parametrize("parts", [1, 3, 4])
async def test_a_planning_that_was_cut_off_is_finished_by_another_copy(
    usher: Usher, other_store: Store, small_parts: None, parts: int
) -> None:
    everybody = await crowd(usher)
    usher.clock.at = FIRST
    assert all([await usher.plan_part() for _ in range(parts)])
    await usher.another(other_store).tick(april(20, 10, 5))
    assert Counter(one.to for one in usher.sent) == Counter(everybody)
    assert await usher.tick(april(20, 12)) == []


async def test_a_day_that_was_planned_leaves_nothing_to_do(usher: Usher, people: Firms) -> None:
    await usher.tick(FIRST)
    before = await usher.rows()
    assert await usher.tick(april(25, 9)) == []
    assert await usher.rows() == before


async def test_a_bot_that_slept_tells_only_the_newest_that_is_still_useful(usher: Usher, people: Firms) -> None:
    (to_ann, *_) = sent = await usher.tick(april(26, 15))
    assert len(sent) == 3
    assert "27 April 2023" in to_ann.text
    planned = {(row.rule, row.lead) for row in await usher.rows()}
    assert planned == {("emails", "1 business day"), ("connection", "1 business day")}


@ONE_DATABASE
async def test_what_a_bot_slept_through_is_recorded_with_the_reason(usher: Usher, people: Firms) -> None:
    await usher.tick(april(26, 15))
    later, late = "a later reminder was due by then", "it was of no use any more"
    emails = [(lead, why) for rule, lead, why in await usher.skipped() if rule == "emails"]
    assert emails == [("10 business days", later), ("5 business days", later), ("2 business days", later)]
    briefing = [(lead, why) for rule, lead, why in await usher.skipped() if rule == "briefing"]
    assert briefing == [
        ("7 business days", later), ("3 business days", later), ("1 business day", later), ("0 business days", late)
    ]  # fmt: skip


async def test_after_the_dates_nothing_is_sent_late(usher: Usher, people: Firms) -> None:
    assert await usher.live(april(29, 0), april(29), april(30, 23)) == []
    assert await usher.rows() == []
    assert {why for _, _, why in await usher.skipped()} == {
        "a later reminder was due by then", "it was of no use any more"
    }  # fmt: skip


@ONE_DATABASE
async def test_on_the_day_that_may_perhaps_still_count_only_its_own_words_are_sent(usher: Usher, people: Firms) -> None:
    assert len(await usher.tick(april(28, 23, 59))) == 3
    assert {row.rule for row in await usher.rows()} == {"emails.28", "connection.28"}


async def test_who_acts_for_two_firms_gets_one_message_that_names_both(usher: Usher, people: Firms) -> None:
    to_ann, to_bob = (await usher.tick(FIRST))[:2]
    assert (to_ann.to, to_bob.to) == ("slack:T:ann", "slack:T:bob")
    assert "(ALPHA)" in to_ann.text
    assert "(BETA)" in to_ann.text
    assert "(ALPHA)" not in to_bob.text


async def test_what_is_done_is_not_told_to_anybody_of_the_firm(usher: Usher, people: Firms) -> None:
    await usher.done("BETA", USERS, DAS, LINE, by=people.cy)
    (to_ann,) = await usher.tick(FIRST)
    assert to_ann.to == "slack:T:ann"
    assert "(BETA)" not in to_ann.text


async def test_what_was_taken_back_is_told_again(usher: Usher, people: Firms) -> None:
    await usher.done("BETA", USERS, DAS, LINE, by=people.cy)
    await usher.tick(FIRST)
    await usher.undone("BETA", LINE, by=people.bob)
    sent = await usher.tick(SECOND)
    assert [one.to for one in sent] == ["slack:T:ann", "slack:T:bob", "slack:T:cy"]
    assert all("③" in one.text and "①" not in one.text for one in sent[1:])


async def test_who_wished_no_reminders_gets_none_until_they_wish_them_again(usher: Usher, people: Firms) -> None:
    await usher.wishes(people.bob, "stop")
    assert "slack:T:bob" not in [one.to for one in await usher.tick(FIRST)]
    await usher.wishes(people.bob, "resume")
    assert "slack:T:bob" in [one.to for one in await usher.tick(SECOND)]


@ONE_DATABASE
async def test_who_stopped_one_rule_gets_the_others(usher: Usher, people: Firms) -> None:
    await usher.wishes(people.bob, "stop", rule="emails")
    await usher.tick(FIRST)
    assert {row.rule for row in await usher.rows(contact_id=people.bob)} == {"connection"}


async def test_who_put_it_off_is_told_then_and_not_before(usher: Usher, people: Firms) -> None:
    await usher.wishes(people.bob, "snooze", until=april(24, 15))
    assert len(await usher.tick(FIRST)) == 2
    assert await usher.live(april(22), april(24, 14, 59)) == []
    (late,) = await usher.tick(april(24, 15))
    assert late.to == "slack:T:bob"
    assert "3 business days are left" in late.text  # as of then, not of the day when it was planned


@ONE_DATABASE
async def test_who_sleeps_past_the_next_reminder_gets_only_that_one(usher: Usher, people: Firms) -> None:
    await usher.wishes(people.bob, "snooze", until=april(25, 15))
    await usher.live(FIRST, SECOND, april(25, 15))
    to_bob = [one for one in usher.sent if one.to == "slack:T:bob"]
    assert [one.at for one in to_bob] == [april(25, 15)]


async def test_at_night_nobody_who_wishes_quiet_hours_is_told(usher: Usher, people: Firms) -> None:
    await usher.wishes(people.bob, "quiet", value="09:00-11:30")
    assert len(await usher.tick(FIRST)) == 2
    assert await usher.tick(april(20, 11, 29)) == []
    assert [one.to for one in await usher.tick(april(20, 11, 30))] == ["slack:T:bob"]


@ONE_DATABASE
async def test_a_night_that_would_outlast_the_use_of_a_reminder_does_not_keep_it_back(
    usher: Usher, people: Firms
) -> None:
    await usher.wishes(people.bob, "quiet", value="09:00-08:59")
    assert "slack:T:bob" in [one.to for one in await usher.tick(april(28))]


async def test_a_firm_with_a_room_of_its_own_is_reminded_there_and_its_people_are_not(
    usher: Usher, people: Firms
) -> None:
    await usher.names_room("BETA", "slack:T:C-BETA", by=people.bob)
    to_ann, to_room = await usher.tick(FIRST)
    assert (to_ann.to, to_room.to) == ("slack:T:ann", "slack:T:C-BETA")
    assert "(BETA)" not in to_ann.text
    assert "(BETA)" in to_room.text
    assert to_room.actions == []


@ONE_DATABASE
async def test_who_was_enrolled_while_the_others_were_planned_for_is_told_too(
    usher: Usher, people: Firms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_plan, "PART", 1)
    usher.clock.at = FIRST
    await usher.plan_part()
    await usher.has("dee", "BETA")
    await usher.plan()
    assert "slack:T:dee" in [one.to for one in await usher.send()]
