"""What has come due is planned once for each person, whoever plans, however often, and wherever it was cut off."""

import asyncio
from collections import Counter

import pytest

from models.reminders import _plan
from models.store import Store
from tests.reminders_cast import DAS, LINE, ONE_DATABASE, USERS, Firms, Usher, april

FIRST, SECOND = april(20), april(25)  # leads of the e-mails and of the connection, when the briefings are closed
MANY = 13


async def crowd(one_copy: Usher) -> list[str]:
    """So many people, of a firm each; gives where they are."""
    return [f"slack:T:p{n}" for n in range(MANY) if await one_copy.has(f"p{n}", f"F{n}")]


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_plan, "PART", 4)


async def test_asking_again_and_again_plans_once(one_copy: Usher, people: Firms) -> None:
    for minute in range(5):
        await one_copy.plan(april(20, 10, minute))
    sent = await one_copy.send()
    assert sorted(one.to for one in sent) == ["slack:T:ann", "slack:T:bob", "slack:T:cy"]
    assert await one_copy.tick(april(20, 11)) == []


async def test_two_copies_that_plan_at_once_plan_once(one_copy: Usher, other_store: Store, small_parts: None) -> None:
    everybody = await crowd(one_copy)
    one_copy.clock.at = FIRST
    copies = [one_copy, one_copy.another(other_store), one_copy.another(), one_copy.another(other_store)]
    await asyncio.gather(*(copy.plan() for copy in copies))
    await asyncio.gather(*(copy.send() for copy in copies))
    assert Counter(one.to for one in one_copy.sent) == Counter(everybody)


@pytest.mark.parametrize("parts", [1, 3, 4])
async def test_a_planning_that_was_cut_off_is_finished_by_another_copy(
    one_copy: Usher, other_store: Store, small_parts: None, parts: int
) -> None:
    everybody = await crowd(one_copy)
    one_copy.clock.at = FIRST
    assert all([await one_copy.plan_part() for _ in range(parts)])
    await one_copy.another(other_store).tick(april(20, 10, 5))
    assert Counter(one.to for one in one_copy.sent) == Counter(everybody)
    assert await one_copy.tick(april(20, 12)) == []


@ONE_DATABASE
async def test_a_day_that_was_planned_leaves_nothing_to_do(one_copy: Usher, people: Firms) -> None:
    await one_copy.tick(FIRST)
    before = await one_copy.rows()
    assert await one_copy.tick(april(25, 9)) == []
    assert await one_copy.rows() == before


async def test_a_bot_that_slept_tells_only_the_newest_that_is_still_useful(one_copy: Usher, people: Firms) -> None:
    (to_ann, *_) = sent = await one_copy.tick(april(26, 15))
    assert len(sent) == 3
    assert "27 April 2023" in to_ann.text
    planned = {(row.rule, row.lead) for row in await one_copy.rows()}
    assert planned == {("emails", "1 business day"), ("connection", "1 business day")}


@ONE_DATABASE
async def test_what_a_bot_slept_through_is_recorded_with_the_reason(one_copy: Usher, people: Firms) -> None:
    await one_copy.tick(april(26, 15))
    later, late = "a later reminder was due by then", "it was of no use any more"
    emails = [(lead, why) for rule, lead, why in await one_copy.skipped() if rule == "emails"]
    assert emails == [("10 business days", later), ("5 business days", later), ("2 business days", later)]
    briefing = [(lead, why) for rule, lead, why in await one_copy.skipped() if rule == "briefing"]
    assert briefing == [
        ("7 business days", later), ("3 business days", later), ("1 business day", later), ("0 business days", late)
    ]  # fmt: skip


async def test_after_the_dates_nothing_is_sent_late(one_copy: Usher, people: Firms) -> None:
    assert await one_copy.live(april(29, 0), april(29), april(30, 23)) == []
    assert await one_copy.rows() == []
    assert {why for _, _, why in await one_copy.skipped()} == {
        "a later reminder was due by then", "it was of no use any more"
    }  # fmt: skip


@ONE_DATABASE
async def test_on_the_day_that_may_perhaps_still_count_only_its_own_words_are_sent(
    one_copy: Usher, people: Firms
) -> None:
    assert len(await one_copy.tick(april(28, 23, 59))) == 3
    assert {row.rule for row in await one_copy.rows()} == {"emails.28", "connection.28"}


@ONE_DATABASE
async def test_who_acts_for_two_firms_gets_one_message_that_names_both(one_copy: Usher, people: Firms) -> None:
    to_ann, to_bob = (await one_copy.tick(FIRST))[:2]
    assert (to_ann.to, to_bob.to) == ("slack:T:ann", "slack:T:bob")
    assert "(ALPHA)" in to_ann.text
    assert "(BETA)" in to_ann.text
    assert "(ALPHA)" not in to_bob.text


async def test_what_is_done_is_not_told_to_anybody_of_the_firm(one_copy: Usher, people: Firms) -> None:
    await one_copy.done("BETA", USERS, DAS, LINE, by=people.cy)
    (to_ann,) = await one_copy.tick(FIRST)
    assert to_ann.to == "slack:T:ann"
    assert "(BETA)" not in to_ann.text


@ONE_DATABASE
async def test_what_was_taken_back_is_told_again(one_copy: Usher, people: Firms) -> None:
    await one_copy.done("BETA", USERS, DAS, LINE, by=people.cy)
    await one_copy.tick(FIRST)
    await one_copy.undone("BETA", LINE, by=people.bob)
    sent = await one_copy.tick(SECOND)
    assert [one.to for one in sent] == ["slack:T:ann", "slack:T:bob", "slack:T:cy"]
    assert all("③" in one.text and "①" not in one.text for one in sent[1:])


@ONE_DATABASE
async def test_who_wished_no_reminders_gets_none_until_they_wish_them_again(one_copy: Usher, people: Firms) -> None:
    await one_copy.wishes(people.bob, "stop")
    assert "slack:T:bob" not in [one.to for one in await one_copy.tick(FIRST)]
    await one_copy.wishes(people.bob, "resume")
    assert "slack:T:bob" in [one.to for one in await one_copy.tick(SECOND)]


@ONE_DATABASE
async def test_who_stopped_one_rule_gets_the_others(one_copy: Usher, people: Firms) -> None:
    await one_copy.wishes(people.bob, "stop", rule="emails")
    await one_copy.tick(FIRST)
    assert {row.rule for row in await one_copy.rows(contact_id=people.bob)} == {"connection"}


async def test_who_put_it_off_is_told_then_and_not_before(one_copy: Usher, people: Firms) -> None:
    await one_copy.wishes(people.bob, "snooze", until=april(24, 15))
    assert len(await one_copy.tick(FIRST)) == 2
    assert await one_copy.live(april(22), april(24, 14, 59)) == []
    (late,) = await one_copy.tick(april(24, 15))
    assert late.to == "slack:T:bob"
    assert "3 business days are left" in late.text  # as of then, not of the day when it was planned


@ONE_DATABASE
async def test_who_sleeps_past_the_next_reminder_gets_only_that_one(one_copy: Usher, people: Firms) -> None:
    await one_copy.wishes(people.bob, "snooze", until=april(25, 15))
    await one_copy.live(FIRST, SECOND, april(25, 15))
    to_bob = [one for one in one_copy.sent if one.to == "slack:T:bob"]
    assert [one.at for one in to_bob] == [april(25, 15)]


@ONE_DATABASE
async def test_at_night_nobody_who_wishes_quiet_hours_is_told(one_copy: Usher, people: Firms) -> None:
    await one_copy.wishes(people.bob, "quiet", value="09:00-11:30")
    assert len(await one_copy.tick(FIRST)) == 2
    assert await one_copy.tick(april(20, 11, 29)) == []
    assert [one.to for one in await one_copy.tick(april(20, 11, 30))] == ["slack:T:bob"]


@ONE_DATABASE
async def test_a_night_that_would_outlast_the_use_of_a_reminder_does_not_keep_it_back(
    one_copy: Usher, people: Firms
) -> None:
    await one_copy.wishes(people.bob, "quiet", value="09:00-08:59")
    assert "slack:T:bob" in [one.to for one in await one_copy.tick(april(28))]


async def test_a_firm_with_a_room_of_its_own_is_reminded_there_and_its_people_are_not(
    one_copy: Usher, people: Firms
) -> None:
    await one_copy.names_room("BETA", "slack:T:C-BETA", by=people.bob)
    to_ann, to_room = await one_copy.tick(FIRST)
    assert (to_ann.to, to_room.to) == ("slack:T:ann", "slack:T:C-BETA")
    assert "(BETA)" not in to_ann.text
    assert "(BETA)" in to_room.text
    assert to_room.actions == []


@ONE_DATABASE
async def test_who_was_enrolled_while_the_others_were_planned_for_is_told_too(
    one_copy: Usher, people: Firms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_plan, "PART", 1)
    one_copy.clock.at = FIRST
    await one_copy.plan_part()
    await one_copy.has("dee", "BETA")
    await one_copy.plan()
    assert "slack:T:dee" in [one.to for one in await one_copy.send()]
