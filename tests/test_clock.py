"""Campaign time begins where it is told to and runs as fast as the machine's own."""

from datetime import UTC, datetime, timedelta, timezone

from bot.clock import CampaignClock, machine_time

APRIL = datetime(2023, 4, 12, 10, tzinfo=timezone(timedelta(hours=8)))


def test_campaign_time_begins_as_of_the_start_and_runs_on() -> None:
    elapsed = iter([100.0, 100.0, 100.0 + 90])
    clock = CampaignClock(APRIL, elapsed=lambda: next(elapsed))
    assert clock.now() == APRIL
    assert clock.now() == APRIL + timedelta(seconds=90)


def test_by_the_real_clock_it_does_not_stand_still() -> None:
    clock = CampaignClock(APRIL)
    first, second = clock.now(), clock.now()
    assert APRIL <= first < second < APRIL + timedelta(seconds=5)


def test_without_a_time_to_begin_it_is_the_machine_s() -> None:
    before = machine_time()
    assert before <= CampaignClock().now() <= machine_time()
    assert before.tzinfo is UTC
