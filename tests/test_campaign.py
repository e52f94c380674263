"""A campaign is read whole or not at all, and its days are counted as people count them."""

from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from models.campaign import Campaign, CampaignError, ReminderTime, load, load_all, read_when, reminder_times
from tests.campaign_cast import ANSWERS, FACTS, at, changed, made, raw, written

HONG_KONG = ZoneInfo("Asia/Hong_Kong")


def test_a_folder_is_read(tmp_path: Path) -> None:
    campaign = load(written(tmp_path / "small"))
    assert campaign.fact["form.due"].when == read_when("before", "2023-04-28")
    assert campaign.source("desk").quote == "Help Desk : 2345 6789"


def test_a_campaign_cannot_be_changed_once_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(made(raw()).facts[0], "value", "2023-05-01")  # noqa: B010 - mypy knows already that it cannot be set


def test_the_hash_follows_the_content(tmp_path: Path) -> None:
    first = load(written(tmp_path / "one"))
    again = load(written(tmp_path / "two"))
    other = load(written(tmp_path / "three", answers=ANSWERS.replace("fee", "price")))
    assert first.content_hash == again.content_hash != other.content_hash


BROKEN: list[tuple[str, str, str]] = [
    ('key = "small-2023"', "key = small-2023", "campaign.toml: Invalid value (at line 2"),
    ('time_zone = "Asia/Hong_Kong"', 'time_zone = "Asia/Hongkong "', "campaign.toml: time_zone: Value error, unknown"),
    ('kind = "before"', 'kind = "befor"', "campaign.toml: fact.form.due.kind: Input should be"),
    ('value = "2023-04-28"', 'value = "2023-04-31"', "campaign.toml: fact.form.due: Value error, day"),
    ('value = "2023-04-28"', 'value = "2023-04-28/2023-04-29"', "'before': a window has two dates"),
    ('value = "late 2023-04/2023-05"', 'value = "end of 2023-04"', "'end of 2023-04' is not a part of a month"),
    ('about = "opens"\n', "", "campaign.toml: fact.form.open.about: Field required"),
    ('about = "opens"', 'abuot = "opens"', "campaign.toml: fact.form.open."),
    ('subject = "talk"', 'subject = "talks"', "campaign.toml: fact.talk.due.subject: there is no 'talks'"),
    ('en = "Talks", zh-Hant = "講座" }', 'en = "Talks" }\nwithin = "talk"', "subject.talk.within: it leads back to"),
    ('conflicts_with = ["form.due.schedule"]', 'conflicts_with = ["x"]', "form.due.conflicts_with: there is no 'x'"),
    ('milestone = "talk.due"', 'milestone = "talk"', "reminder.talk.milestone: there is no 'talk'"),
    ('closes = "talk.due"', 'closes = "talk"', "briefing.24apr.closes: there is no 'talk'"),
    ('"3 hours"', '"3 weeks"', "campaign.toml: reminder.talk.leads.2: String should match"),
    ('key = "mail"', 'key = "desk"', "campaign.toml: the key desk is used twice"),
    ('key = "form.open"', 'key = "desk"', "campaign.toml: the key desk is used twice"),
    ('ports = [1414, 1415]\n', "", "campaign.toml: target.queue: Value error, a target is either a url, or a host"),
    ('ports = [1414, 1415]\n', "ports = [0]\n", "campaign.toml: target.queue.ports.0: Input should be greater"),
    ('ports = [1414, 1415]\n', 'ports = [1414]\naddresses = ["h"]\n', "target.queue.addresses.0: Value error, 'h'"),
    ('ports = [1414, 1415]\n', 'ports = [1414]\nname_servers = ["1.1.1.1:x"]\n', "'1.1.1.1:x' is no name server"),
    ('ports = [1414, 1415]\n', 'ports = [1414]\nproxy = "http://a:b@c"\n', "is no proxy without a log-on"),
    ('url = "https://gate.harbour.example:8443/start"', 'url = "gate/start"', "'gate/start' is no web address"),
    ('sources = ["talk.limit"]', 'sources = ["talk.limits"]', "answers.toml: answer.talk.limit.sources: there is no"),
    ('covers = ["talk:limit"]', 'covers = ["talks:limit"]', "answers.toml: answer.talk.limit.covers: there is no"),
    ('covers = ["talk:limit"]', 'covers = ["talk limit"]', "answers.toml: answer.talk.limit.covers.0: String should"),
    ('outcome = "not_stated"', 'outcome = "unknown"', "answers.toml: answer.talk.fee.outcome: Input should be"),
    ('key = "talk.fee"', 'key = "talk.limit"', "answers.toml: answer.talk.limit: the key is used twice"),
    ('key = "talk.fee"', 'key = "talk fee"', "answers.toml: answer.talk fee.key: String should match"),
    ("[answer.text]", "[answer.text", "answers.toml: "),
    ("[[answer]]", 'key = "x"\n[[answer]]', "answers.toml: key stands in campaign.toml already"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "says"), BROKEN, ids=[wrong or says for _, wrong, says in BROKEN])
def test_a_broken_campaign_names_file_and_field(tmp_path: Path, right: str, wrong: str, says: str) -> None:
    facts, answers = (text.replace(right, wrong, 1) for text in (FACTS, ANSWERS))
    with pytest.raises(CampaignError) as caught:
        load(written(tmp_path, facts=facts, answers=answers))
    assert says in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("name", ["circular.txt", "campaign.toml", "answers.toml"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    (written(tmp_path) / name).unlink()
    with pytest.raises(CampaignError, match=f"{name}: missing"):
        load(tmp_path)


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (written(tmp_path) / "circular.txt").write_bytes("通告".encode("big5"))
    with pytest.raises(CampaignError, match=r"circular\.txt: not UTF-8 at byte 0"):
        load(tmp_path)


def test_all_campaigns_of_a_folder_are_read_in_the_order_of_their_keys(tmp_path: Path) -> None:
    written(tmp_path / "a", facts=FACTS.replace("small-2023", "second"))
    written(tmp_path / "b", facts=FACTS.replace("small-2023", "first"))
    (tmp_path / "notes").mkdir()
    assert [campaign.key for campaign in load_all(tmp_path)] == ["first", "second"]


def test_two_campaigns_with_one_key_are_refused(tmp_path: Path) -> None:
    written(tmp_path / "a")
    written(tmp_path / "b")
    with pytest.raises(CampaignError, match="two campaigns have the key small-2023"):
        load_all(tmp_path)


def test_a_folder_without_campaigns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CampaignError, match=r"no folder below .* has a campaign\.toml"):
        load_all(tmp_path)
    with pytest.raises(CampaignError, match="CAMPAIGNS: there is no folder"):
        load_all(tmp_path / "absent")


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        ("early 2023-05", date(2023, 5, 1), date(2023, 5, 10)),
        ("mid 2023-05", date(2023, 5, 11), date(2023, 5, 20)),
        ("late 2023-05", date(2023, 5, 21), date(2023, 5, 31)),
        ("late 2024-02", date(2024, 2, 21), date(2024, 2, 29)),
        ("2023-12", date(2023, 12, 1), date(2023, 12, 31)),
        ("late 2023-04/2023-05", date(2023, 4, 21), date(2023, 5, 31)),
    ],
)
def test_a_part_of_a_month_has_bounds_to_be_sorted_by(value: str, first: date, last: date) -> None:
    when = read_when("fuzzy", value)
    assert (when.first, when.last) == (first, last)


def test_business_days_jump_over_holidays_and_weekends() -> None:
    days = made(raw()).days
    assert days.shift(date(2023, 4, 19), -7) == date(2023, 4, 6)
    assert days.shift(date(2023, 4, 19), -3) == date(2023, 4, 14)
    assert days.shift(date(2023, 4, 6), 7) == date(2023, 4, 19)
    assert days.on_or_before(date(2023, 4, 10)) == date(2023, 4, 6)
    assert days.between(date(2023, 4, 12), date(2023, 4, 19)) == 5


def test_before_the_28th_is_safe_until_the_end_of_the_27th() -> None:
    campaign = made(raw())
    assert campaign.safe_day("form.due") == date(2023, 4, 27)
    assert campaign.safe_instant("form.due") == datetime(2023, 4, 28, tzinfo=HONG_KONG)


def test_before_a_day_after_a_holiday_is_safe_only_until_the_business_day_before() -> None:
    assert changed("fact.form.due", value="2023-04-11").safe_day("form.due") == date(2023, 4, 6)


def test_by_the_19th_includes_the_19th_until_the_stated_hour() -> None:
    campaign = made(raw())
    assert campaign.safe_day("talk.due") == date(2023, 4, 19)
    assert campaign.safe_instant("talk.due") == datetime(2023, 4, 19, 17, tzinfo=HONG_KONG)


def test_a_fact_without_a_date_has_no_safe_day() -> None:
    with pytest.raises(ValueError, match=r"fact talk\.limit has no date"):
        made(raw()).safe_day("talk.limit")


def hong_kong(month: int, day: int, hour: int = 10) -> datetime:
    return datetime(2023, month, day, hour, tzinfo=HONG_KONG)


@pytest.mark.parametrize(
    ("lead", "due", "moved"),
    [
        ("7 business days", hong_kong(4, 6), None),
        ("3 business days", hong_kong(4, 14), None),
        ("0 business days", hong_kong(4, 19), None),
        ("14 calendar days", hong_kong(4, 4), "Ching Ming Festival"),
        ("9 calendar days", hong_kong(4, 6), "Easter Monday"),
        ("10 calendar days", hong_kong(4, 6), "Sunday"),
        ("3 calendar days", hong_kong(4, 14), "Sunday"),
        ("1 calendar day", hong_kong(4, 18), None),
        ("3 hours", hong_kong(4, 19, 14), None),
    ],
)
def test_a_reminder_falls_on_a_day_on_which_people_work(lead: str, due: datetime, moved: str | None) -> None:
    (moment,) = times_of(changed("reminder.talk", leads=[lead]))
    assert (moment.lead, moment.at, moment.moved) == (lead, due, moved)
    assert (moment.planned is None) == (moved is None)


def test_a_lead_is_of_use_until_the_next_one_and_the_last_until_the_deadline() -> None:
    leads = ["0 business days", "3 business days", "3 hours"]
    assert [(moment.lead, moment.until) for moment in times_of(changed("reminder.talk", leads=leads))] == [
        ("0 business days", hong_kong(4, 19, 14)),
        ("3 business days", hong_kong(4, 19)),
        ("3 hours", hong_kong(4, 19, 17)),
    ]


def test_a_reminder_after_a_before_is_of_use_while_the_stated_day_may_perhaps_count() -> None:
    after: dict[str, Any] = {"milestone": "form.due", "after_deadline": True, "leads": ["1 business day"]}
    (moment,) = times_of(changed("reminder.talk", **after))
    assert (moment.at, moment.until) == (hong_kong(4, 28), hong_kong(4, 29, 0))


def test_a_reminder_of_a_briefing_counts_from_its_day_and_ends_as_it_begins() -> None:
    campaign = made(raw())
    briefing = campaign.briefings[0]
    reminder = campaign.reminders[0].model_copy(update={"milestone": briefing.key, "leads": ("1 business day",)})
    (moment,) = reminder_times(campaign, reminder)
    assert moment.at.date() == campaign.days.shift(briefing.on, -1)
    assert moment.until == campaign.opening(briefing)


def test_reminders_of_a_before_count_from_the_safe_day() -> None:
    campaign = changed("reminder.talk", milestone="form.due", leads=["0 business days", "1 business day", "3 hours"])
    expected = [hong_kong(4, 27), hong_kong(4, 26), hong_kong(4, 27, 21)]
    assert [moment.at for moment in times_of(campaign)] == expected


def test_a_reminder_meant_for_after_the_deadline_counts_forward() -> None:
    after: dict[str, Any] = {"after_deadline": True, "leads": ["1 business day", "3 calendar days", "2 hours"]}
    assert [moment[:3] for moment in times_of(changed("reminder.talk", **after))] == [
        ("1 business day", hong_kong(4, 20), None),
        ("3 calendar days", hong_kong(4, 24), "Saturday"),
        ("2 hours", hong_kong(4, 19, 19), None),
    ]


def test_a_reminder_without_an_hour_comes_in_the_morning() -> None:
    campaign = changed("reminder.talk", leads=["1 business day"], at=None)
    assert times_of(campaign)[0].at.time() == time(9)


def test_hours_are_real_hours_where_the_clocks_change() -> None:
    data = raw() | {"time_zone": "Europe/London"}
    at(data, "fact.talk.due").update(value="2023-03-26", at=time(3))
    at(data, "reminder.talk").update(leads=["3 hours"])
    assert times_of(made(data))[0].at.isoformat() == "2023-03-25T23:00:00+00:00"


def test_nothing_can_be_counted_from_a_part_of_a_month() -> None:
    campaign = changed("reminder.talk", milestone="form.processing")
    with pytest.raises(ValueError, match=r"form\.processing has no day"):
        times_of(campaign)


def times_of(campaign: Campaign) -> list[ReminderTime]:
    return reminder_times(campaign, campaign.reminders[0])
