"""What a question says in figures, by names and by addresses is read as it was meant, wherever the machine stands."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from handlers.facts import Facts
from handlers.understand import Understander
from models.campaign import load

ROOT = Path(__file__).parents[1]
HONG_KONG = ZoneInfo("Asia/Hong_Kong")
NOW = datetime(2023, 4, 12, 10, tzinfo=HONG_KONG)


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return Facts.of([load(ROOT / "campaigns/ccms-2fa-2023")], tmp_path_factory.mktemp("learned"))


@pytest.fixture(scope="module")
def one(facts: Facts) -> Understander:
    return facts.understanders[0]


DAYS = [
    ("the 28th", ["04-28"]), ("28 April", ["04-28"]), ("April 28th, 2023", ["04-28"]), ("28th of Apr.", ["04-28"]),
    ("25/4", ["04-25"]), ("28/04/2023", ["04-28"]), ("2023-04-28", ["04-28"]), ("廿五號", ["04-25"]),
    ("二十五號", ["04-25"]), ("4月28日", ["04-28"]), ("四月廿八", ["04-28"]), ("28号", ["04-28"]),
    ("24, 25 and 26 April", ["04-24", "04-25", "04-26"]), ("24, 25 & 26 April", ["04-24", "04-25", "04-26"]),
    ("today", ["04-12"]), ("tomorrow", ["04-13"]), ("聽日", ["04-13"]), ("后天", ["04-14"]), ("yesterday", ["04-11"]),
    ("Friday", ["04-14"]), ("next Monday", ["04-17"]), ("last Friday", ["04-07"]), ("星期五", ["04-14"]),
    ("星期天", ["04-16"]), ("星期日", ["04-16"]), ("下星期五", ["04-21"]), ("下個禮拜一", ["04-17"]),
    ("上星期一", ["04-03"]), ("next Wednesday", ["04-19"]), ("Wednesday", ["04-12"]),
    ("31 April", []), ("the 40th", []), ("at 16:30", []), ("Section 4.7", []), ("11個營業日", []),
    ("27 people", []), ("2979 7222", []), ("CD/OES/HKCC/056/2023", []), ("四十八", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "days"), DAYS, ids=[text for text, _ in DAYS])
def test_a_day_is_read_as_people_write_it(one: Understander, text: str, days: list[str]) -> None:
    assert [f"{day:%m-%d}" for day in one.read(f"what about {text}?", NOW).asked.days] == days


@pytest.mark.parametrize(
    ("now", "tomorrow"),
    [("2023-04-30T12:00", "2023-05-01"), ("2022-12-31T12:00", "2023-01-01"), ("2023-04-23T23:59", "2023-04-24"),
     ("2023-04-24T00:00", "2023-04-25"), ("2024-02-28T09:00", "2024-02-29")],
)  # fmt: skip
def test_tomorrow_is_the_next_day_of_the_calendar(one: Understander, now: str, tomorrow: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=HONG_KONG)
    for text in ("What is on tomorrow?", "聽日有咩安排？"):
        assert one.read(text, moment).asked.days == (date.fromisoformat(tomorrow),)


def test_a_weekday_is_one_of_the_next_seven_days_or_of_the_last(one: Understander) -> None:
    for shift in range(14):
        now = NOW + timedelta(days=shift)
        for index, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")):
            (ahead,), (back,) = one.read(f"{name}?", now).asked.days, one.read(f"last {name}?", now).asked.days
            assert ahead.weekday() == back.weekday() == index
            assert 0 <= (ahead - now.date()).days < 7
            assert 0 < (now.date() - back).days <= 7 or ahead == now.date()


def test_today_is_the_campaigns_day_wherever_the_machine_stands(facts: Facts) -> None:
    one_in_the_morning = datetime.fromisoformat("2023-04-23T17:00:00+00:00")
    assert "Monday 24 April 2023" in facts.reply("What is on today?", one_in_the_morning).text


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("十二個人可唔可以去禮堂？", 12),
        ("二十人去得禮堂嗎？", 20),
        ("can both of us go?", 2),
        ("a dozen people from our desk", 12),
        ("can I take eight of my people", 8),
        ("我哋想派四條友去", 4),
    ],
)
def test_a_number_of_people_is_read_whole(one: Understander, question: str, count: int) -> None:
    assert one.read(question, NOW).asked.count == count


@pytest.mark.parametrize(
    ("question", "days"),
    [
        ("on the 20th?", [date(2023, 4, 20)]),
        ("20號先報名得唔得", [date(2023, 4, 20)]),
        ("24, 25 and 26 April", [date(2023, 4, 24), date(2023, 4, 25), date(2023, 4, 26)]),
        ("登記電郵地址的最後日期是?", []),
        ("請說明日期", []),
        ("聽日得唔得", [date(2023, 4, 13)]),
        ("the day after tomorrow", [date(2023, 4, 14)]),
    ],
)
def test_a_day_is_the_one_that_is_meant(one: Understander, question: str, days: Sequence[date]) -> None:
    assert [*one.read(question, NOW).asked.days] == [*days]


def test_last_wednesday_on_a_wednesday_is_a_week_ago(one: Understander) -> None:
    assert [*one.read("since last wednesday", NOW).asked.days] == [date(2023, 4, 5)]


@pytest.mark.parametrize("question", ["Please check 10.0.0.1 for us", "test ex.com for us", "ping evil.example/sso"])
def test_an_address_that_is_typed_is_refused(facts: Facts, question: str) -> None:
    reply = facts.reply(question, NOW)
    assert reply.behaviour == "escalate"
    assert "do not connect to an address" in reply.text


@pytest.mark.parametrize("question", ["ping sso.hkexposttrade.com.hk", "is clearingpsd@hkex.com.hk the right mail?"])
def test_the_circulars_own_addresses_are_known(facts: Facts, question: str) -> None:
    assert "do not connect" not in facts.reply(question, NOW).text


@pytest.mark.parametrize(
    "question", ["cantonese不懂的同事該去哪場", "which briefing for colleagues with no Cantonese?"]
)
def test_a_language_that_is_not_spoken_is_not_offered(facts: Facts, question: str) -> None:
    text = facts.reply(question, NOW).text
    assert "26" in text
    assert "24 April" not in text
    assert "4月24日" not in text


def test_mandarin_is_named_by_its_name(facts: Facts) -> None:
    assert "No briefing is in Mandarin" in facts.reply("Is there a Mandarin session?", NOW).text


def test_tomorrow_is_answered_without_a_date_that_the_circular_does_not_name(facts: Facts) -> None:
    text = facts.reply("can I sign up for the briefing tomorrow?", datetime(2023, 4, 19, 15, tzinfo=HONG_KONG)).text
    assert "That day is too late." in text
    assert "20 April" not in text


@pytest.mark.parametrize(
    ("question", "month"), [("what happens in early May?", "early May"), ("五月尾會有咩搞", "5月下旬")]
)
def test_a_part_of_a_month_is_answered_with_what_stands_in_it(facts: Facts, question: str, month: str) -> None:
    assert month in facts.reply(question, NOW).text


def test_one_word_that_may_mean_two_things_is_asked_back(facts: Facts) -> None:
    for word in ("register", "點登記呀", "登記"):
        assert facts.reply(word, NOW).behaviour == "clarify"
