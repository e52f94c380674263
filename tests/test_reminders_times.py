"""Reminders come by the campaign's clock and calendar, whatever the machine's clock, its zone or the season do."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from models.campaign import Campaign, load
from models.reminders import Timetable
from models.store import Store
from tests.campaign_cast import at, changed, made, raw
from tests.delivery_cast import Clock
from tests.reminders_cast import ONE_DATABASE, Firms, Usher, april
from tests.reminders_program import program, together

HKCC = Path(__file__).parents[1] / "campaigns" / "ccms-2fa-2023"
NORDHAVEN = Path(__file__).parent / "campaigns" / "nordhaven-2027-014"
DAY = timedelta(days=1)


def march(day: int, hour: int, month: int = 3) -> datetime:
    """A time of the spring of 2027 in London's winter time, which is that of the world."""
    return datetime(2027, month, day, hour, tzinfo=UTC)


def reminded(campaign: Campaign, now: datetime) -> list[str]:
    """The leads that are planned then by a Usher that knows of nothing."""
    return [one.lead for one in Timetable([campaign]).due((), now).planned]


# Worked out with a calendar of London: 26 and 29 March are holidays, the clocks go forward on Sunday 28 March.
SPRING = {
    march(9, 9): ["call.1"], march(10, 9): ["call.2"], march(11, 9): ["call.1"], march(12, 9): ["call.1", "call.2"],
    march(12, 10): ["nominations"], march(15, 9): ["call.2"], march(15, 10): ["reach"], march(19, 9): ["call.3"],
    march(19, 10): ["nominations"], march(22, 10): ["reach"], march(23, 9): ["call.3"], march(24, 9): ["call.3"],
    march(24, 10): ["nominations"], march(25, 10): ["nominations", "reach"],
    march(26, 14): ["nominations"],  # three hours ahead of 17:00 on Good Friday: the deadline stands
    march(30, 9): ["nominations.late", "reach"], march(31, 9): ["reach"],  # at ten in summer time
}  # fmt: skip


@pytest.fixture
def spring(store: Store) -> Usher:
    return Usher(store, [load(NORDHAVEN)], Clock(march(8, 0)))


async def lived(one_copy: Usher, first: datetime, last: datetime) -> dict[datetime, list[str]]:
    """Hour by hour through the working day; gives when which rules arrived."""
    found: dict[datetime, list[str]] = {}
    while first <= last:
        for one in await one_copy.tick(first):
            found[one.at] = sorted(row.rule for row in await one_copy.rows(message_key=one.key))
        first += timedelta(hours=1) if first.hour < 17 else timedelta(hours=14)
    return found


@ONE_DATABASE
async def test_in_london_the_hour_stays_ten_through_the_change_to_summer_time(spring: Usher) -> None:
    await spring.has("ann", "ALPHA")
    assert await lived(spring, march(8, 7), march(2, 17, month=4)) == SPRING


async def test_a_machine_in_new_york_reminds_at_the_hour_of_hong_kong(
    one_copy: Usher, people: Firms, database_url: str
) -> None:
    times = [april(20), april(25, 9, 59), april(25), april(28)]
    arrived = together(program(database_url, HKCC, *times, zone="America/New_York"))
    everybody = ["slack:T:ann", "slack:T:bob", "slack:T:cy"]
    days = [april(20), april(25), april(28)]
    assert [(when, to) for when, to, _ in arrived] == [(day.isoformat(), to) for day in days for to in everybody]
    assert all("Today" not in text for when, _, text in arrived if when != days[2].isoformat())


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_two_processes_that_plan_and_send_at_once_remind_everybody_once(
    one_copy: Usher, database_url: str
) -> None:
    for number in range(40):
        await one_copy.has(f"p{number}", f"F{number}")
    times = [april(20), april(25)]
    arrived = together(program(database_url, HKCC, *times), program(database_url, HKCC, *times))
    wanted = sorted((at.isoformat(), f"slack:T:p{number}") for at in times for number in range(40))
    assert [(when, to) for when, to, _ in arrived] == wanted


@pytest.mark.parametrize("leap", [DAY, -DAY])
async def test_a_machine_s_clock_that_jumps_between_planning_and_sending_changes_nothing(
    one_copy: Usher, people: Firms, leap: timedelta
) -> None:
    for day in (20, 25, 26):
        await one_copy.plan(april(day))
        one_copy.machine.at += leap
        assert len(await one_copy.send()) == 3
        one_copy.machine.at -= leap
        assert await one_copy.tick(april(day, 11)) == []


async def test_a_machine_that_slept_for_three_days_tells_nothing_stale_and_nothing_twice(
    one_copy: Usher, people: Firms
) -> None:
    await one_copy.plan(april(25))
    sent = await one_copy.tick(april(27, 9))  # what waited is of no use any more: that of the 26th has come
    assert len(sent) == 3
    assert {(row.rule, row.lead, row.state) for row in await one_copy.rows()} == {
        (rule, f"{days} business day{'s' * (days > 1)}", state)
        for rule in ("emails", "connection") for days, state in ((2, "planned"), (1, "told"))
    }  # fmt: skip
    assert await one_copy.states() == ["expired"] * 3 + ["sent"] * 3
    assert len(await one_copy.live(april(27), april(27, 18))) == 3


async def test_a_time_that_is_put_back_tells_nothing_again(one_copy: Usher, people: Firms) -> None:
    assert len(await one_copy.live(april(20), april(21), april(19), april(20), april(20, 12))) == 3


# ------------------------------------------------------------------------------------------------- leads and their days


@ONE_DATABASE
async def test_what_falls_on_a_holiday_comes_earlier_and_says_why(store: Store) -> None:
    one_copy = Usher(store, [changed("reminder.talk", leads=["14 calendar days"])], Clock(april(3)))
    await one_copy.has("ann", "ALPHA")
    await one_copy.has("mei", "ALPHA", language="zh-Hant")
    to_ann, to_mei = await one_copy.live(april(4, 9), april(4), april(5))
    assert to_ann.at == to_mei.at == april(4)
    assert "5 April" in to_ann.text
    assert "Ching Ming Festival" in to_ann.text
    assert "4月5日" in to_mei.text
    assert "清明節" in to_mei.text


@ONE_DATABASE
async def test_what_falls_on_a_working_day_says_nothing_of_holidays(store: Store) -> None:
    one_copy = Usher(store, [changed("reminder.talk", leads=["1 calendar day"])], Clock(april(3)))
    await one_copy.has("ann", "ALPHA")
    (to_ann,) = await one_copy.live(april(18))
    assert "not a business day" not in to_ann.text


def test_two_leads_that_move_to_the_same_day_are_told_once() -> None:
    easter = changed("reminder.talk", leads=["9 calendar days", "10 calendar days"])
    assert len(reminded(easter, april(6))) == 1


def test_hours_count_back_from_the_clock_time_of_the_deadline() -> None:
    campaign = changed("reminder.talk", leads=["3 hours"])
    assert reminded(campaign, april(19, 13, 59)) == []
    assert reminded(campaign, april(19, 14)) == ["3 hours"]
    assert reminded(campaign, april(19, 16, 59)) == ["3 hours"]
    assert reminded(campaign, april(19, 17)) == []


def test_by_includes_the_day_itself_and_before_does_not() -> None:
    leads: dict[str, Any] = {"leads": ["0 business days"], "at": None}
    by = changed("reminder.talk", milestone="form.due.schedule", **leads)
    before = changed("reminder.talk", milestone="form.due", **leads)
    assert reminded(by, april(28, 23, 59)) == ["0 business days"]
    assert reminded(by, april(28, 24 - 1, 59) + timedelta(minutes=1)) == []
    assert reminded(before, april(27, 23, 59)) == ["0 business days"]
    assert reminded(before, april(28, 0)) == []


def test_a_fuzzy_date_cannot_be_reminded_of() -> None:
    with pytest.raises(ValueError, match="no day to count from"):
        Timetable([changed("reminder.talk", milestone="form.processing")])


def test_what_comes_in_the_same_hour_is_told_together() -> None:
    data = raw()
    rule = at(data, "reminder.talk") | {"leads": ["1 business day"]}
    at(data, "reminder.talk").update(leads=["1 business day"])
    data["reminder"] += [rule | {"key": "soon", "at": "10:45:00"}, rule | {"key": "later", "at": "11:00:00"}]
    due = Timetable([made(data)]).due((), april(18))
    assert [one.rule.key for one in due.planned] == ["talk", "soon"]
    assert due.skipped == []


def test_of_one_rule_that_comes_twice_within_the_hour_only_the_last_is_told() -> None:
    twice = changed("reminder.talk", leads=["1 business day", "30 hours"], at="10:30:00")  # 30 hours: at eleven
    assert reminded(twice, april(18, 10, 30)) == ["1 business day"]
    twice = changed("reminder.talk", leads=["1 business day", "30 hours"], at="11:30:00")
    due = Timetable([twice]).due((), april(18, 11))
    assert [one.lead for one in due.planned] == ["1 business day"]
    assert [one.lead for one, _ in due.skipped] == ["30 hours"]


def test_an_hour_that_comes_twice_in_autumn_is_planned_once() -> None:
    data = raw()
    data |= {"time_zone": "Europe/London"}
    at(data, "fact.talk.due").update(value="2023-10-29")  # the clocks go back at two that night
    at(data, "reminder.talk").update(leads=["16 hours"])
    timetable = Timetable([made(data)])
    (moment,) = timetable.moments()
    assert moment.at == datetime(2023, 10, 29, 1, tzinfo=UTC)  # the second one o'clock
    # From a database a time comes back in the world's time.
    known = {(*moment.key, datetime(2023, 10, 29, 1, tzinfo=UTC))}
    assert not timetable.due(known, datetime(2023, 10, 29, 2, tzinfo=UTC))
