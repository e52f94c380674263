"""A machine's clock that differs from Slack's or Telegram's by more than half a minute is told, in time and seldom."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.doctor.finding import Mark
from bot.skew import LOOK_SECONDS, SAY_AGAIN_SECONDS, Skew, reading
from models.campaign import Campaign
from models.message import Address, Reply, SendError
from models.store import Store
from tests.channels_cast import ONE_DATABASE, running
from tests.delivery_cast import NOW, Clock
from tests.doctor_cast import found, slack_settings, telegram_settings
from tests.slack_platform import Fault, Platform
from tests.telegram_platform import TelegramPlatform

HALF_AN_HOUR = 1800.0
Talks = Callable[[], Awaitable[None]]


def date(seconds: float) -> dict[str, str]:
    """The header of an answer that was written at that distance from NOW."""
    return {"Date": format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)}


class Watched:
    """A machine whose clock stands at NOW, and a platform that answers it at once."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)
        self.elapsed, self.clock, self._caplog = 0.0, Clock(NOW + timedelta(seconds=0.5)), caplog
        self.skew = Skew("Slack", self.clock, lambda: self.elapsed)

    def answered(self, headers: dict[str, str], way: float = 0.0) -> None:
        """An answer came, `way` seconds after it was asked for, later than the last look."""
        self.elapsed += LOOK_SECONDS
        begun = self.skew.begin()
        self.clock.forward(way)
        self.skew.end(begun, headers)
        self.clock.forward(-way)

    def said(self) -> list[str]:
        told = [record.getMessage() for record in self._caplog.records if record.name == "bot.skew"]
        self._caplog.clear()
        return told


@pytest.fixture
def watched(caplog: pytest.LogCaptureFixture) -> Watched:
    return Watched(caplog)


# -------------------------------------------------------------------------------------- through the real libraries


@pytest.fixture
async def talks(
    store: Store, campaign: Campaign, understanding: Path, slack: Platform, telegram: TelegramPlatform
) -> Talks:
    """Starts Usher on both platforms, and has it say something on each, twice."""
    telegram.user(101, "Ann", started=True)

    async def talk() -> None:
        async with running(store, campaign, understanding, slack, telegram) as app:
            assert app.channels
            for address in 2 * (Address("slack", "C0GEN"), Address("telegram", "101")):
                with suppress(SendError):
                    await app.channels.listening[address.channel].send(address, Reply("Hello"), "key")

    return talk


@ONE_DATABASE
@pytest.mark.parametrize(("ahead", "side"), [(31, "behind"), (-31, "ahead of"), (29, None), (-29, None)])
async def test_a_clock_that_is_off_by_half_a_minute_is_told_of_both_platforms(
    talks: Talks,
    slack: Platform,
    telegram: TelegramPlatform,
    caplog: pytest.LogCaptureFixture,
    ahead: int,
    side: str | None,
) -> None:
    slack.dates.ahead = telegram.dates.ahead = ahead
    await talks()
    said = [record.getMessage() for record in caplog.records if record.name == "bot.skew"]
    expected = [f" s {side} {name}'s: have the clock set by NTP" for name in ("Slack", "Telegram")] if side else []
    assert [sum(part in line for line in said) for part in expected] == [1] * len(expected)
    assert len(said) == len(expected)


@ONE_DATABASE
async def test_a_refusal_tells_the_time_as_well(
    talks: Talks, slack: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    slack.dates.ahead = 600
    slack.fail("chat.postMessage", Fault("ratelimited", 429, 1), Fault("internal_error"))
    await talks()
    assert "behind Slack's" in caplog.text


@ONE_DATABASE
@pytest.mark.parametrize("written", ["", "yesterday", "Wed, 99 Apr 2023 02:00:00 GMT"])
async def test_an_answer_whose_date_is_missing_or_unreadable_is_an_answer_like_any_other(
    talks: Talks, slack: Platform, telegram: TelegramPlatform, caplog: pytest.LogCaptureFixture, written: str
) -> None:
    slack.dates.written = telegram.dates.written = written
    await talks()
    assert len(slack.messages("C0GEN")) == len(telegram.shown_to(telegram.chats.users[101])) == 2
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize(
    ("ahead", "side"), [(31, "behind"), (-31, "ahead of"), (29, None), (-29, None), (None, "nothing")]
)
async def test_the_doctor_tells_it_too(
    slack: Platform, telegram: TelegramPlatform, tmp_path: Path, ahead: int | None, side: str | None
) -> None:
    for platform in (slack, telegram):
        platform.dates.ahead = ahead or 0
        platform.dates.written = "" if ahead is None else None
    for about, settings in (("Slack", slack_settings(slack)), ("Telegram", telegram_settings(telegram))):
        told = await found(about, tmp_path, settings)
        clock = [line for line in told if "clock" in line]
        if side == "nothing":
            assert clock == []
        elif side:
            assert "this machine's clock is 3" in clock[0]
            assert f"s {side} the one there: have the clock set by NTP" in clock[0]
            assert clock[0].startswith(f"{Mark.WARNING} ")
        else:
            assert clock[0].startswith(f"{Mark.OK} ")


# ----------------------------------------------------------------------------------------------------- how often


def test_it_is_told_when_it_begins_once_an_hour_and_when_it_is_well_again(watched: Watched) -> None:
    watched.answered(date(0))
    assert watched.said() == []
    watched.answered(date(40))
    (first,) = watched.said()
    assert first.startswith("this machine's clock is 40 s behind Slack's: have the clock set by NTP")
    for _ in range(int(SAY_AGAIN_SECONDS / LOOK_SECONDS) - 1):
        watched.answered(date(40))
    assert watched.said() == []
    watched.answered(date(40))
    assert watched.said() == [first]
    watched.answered(date(0))
    watched.answered(date(0))
    assert watched.said() == ["this machine's clock agrees with Slack's again"]


def test_a_clock_that_goes_to_and_fro_is_not_told_every_minute(watched: Watched) -> None:
    for _ in range(10):
        watched.answered(date(-40))
        watched.answered(date(0))
    assert len(watched.said()) == 2


def test_within_a_minute_one_answer_is_looked_at(watched: Watched) -> None:
    watched.answered(date(0))
    watched.elapsed += LOOK_SECONDS - 0.1
    assert watched.skew.begin() is None
    watched.elapsed += 0.1
    assert watched.skew.begin()


def test_an_answer_that_was_long_on_its_way_proves_nothing_and_the_next_one_is_looked_at(watched: Watched) -> None:
    watched.answered(date(-20), way=25.0)  # a poll that was held open, and its time taken at its beginning
    assert watched.said() == []
    assert watched.skew.begin()
    watched.answered(date(-100), way=25.0)
    assert "ahead of" in watched.said()[0]


def test_a_machine_that_slept_while_it_waited_for_an_answer_has_no_wrong_clock(watched: Watched) -> None:
    watched.answered(date(0), way=8 * HALF_AN_HOUR)
    watched.answered(date(0), way=-HALF_AN_HOUR)  # and one whose clock was put back meanwhile
    assert watched.said() == []


# ------------------------------------------------------------------------------------------------------- one Date


@given(
    off=st.floats(-7200, 7200),
    sent=st.floats(0, 1),
    there=st.floats(0, 1),
    way=st.floats(0, 60),
)
def test_what_is_called_wrong_is_wrong_and_what_is_called_well_is_well(
    off: float, sent: float, there: float, way: float
) -> None:
    """Whenever on its way the answer was written; a Date leaves half a second open."""
    begun = NOW + timedelta(seconds=sent)
    written = begun + timedelta(seconds=there * way - off)
    told = reading(date((written.replace(microsecond=0) - NOW).total_seconds()), begun, begun + timedelta(seconds=way))
    assert told
    assert abs(told.ahead - off) <= told.doubt + 0.5 + 1e-5
    assert not told.wrong or abs(off) > 29.5 - 1e-5
    assert not told.well or abs(off) < 30.5 + 1e-5


@given(
    written=st.text(max_size=60) | st.from_regex(r"[A-Z][a-z]{2}, \d{1,9} [A-Z][a-z]{2} \d{1,9} [\d:]{1,9} [+-]\d{1,9}")
)
def test_no_date_that_anybody_writes_breaks_anything(written: str) -> None:
    told = reading({"Date": written}, NOW, NOW)
    assert told is None or told.doubt == 0


@pytest.mark.parametrize("zone", ["GMT", "+0000", "-0000", "UTC"])
def test_a_date_means_the_same_in_each_of_its_forms(zone: str) -> None:
    told = reading({"Date": f"Tue, 03 Feb 2026 04:05:06 {zone}"}, NOW, datetime(2026, 2, 3, 4, 5, 8, tzinfo=UTC))
    assert told
    assert (told.ahead, told.doubt) == (0.5, 1.0)
