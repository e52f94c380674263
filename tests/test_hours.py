"""The hours of the desk: when people are there, until when, and how much of a time they were."""

from datetime import datetime, timedelta

import pytest

from models.campaign import BusinessDays, Campaign
from models.hours import BadHours, Hours


@pytest.fixture
def hours(campaign: Campaign) -> Hours:
    return Hours.of("Mon-Fri 09:00-18:00", campaign.days, campaign.zone)


def hk(written: str) -> datetime:
    return datetime.fromisoformat(f"2023-{written}:00+08:00")


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("04-06T08:59", "04-06T09:00"),
        ("04-06T17:59", "04-06T17:59"),
        ("04-06T18:00", "04-11T09:00"),  # Maundy Thursday; Good Friday to Easter Monday nobody is there
        ("04-07T10:00", "04-11T09:00"),
        ("04-11T09:00", "04-11T09:00"),
        ("04-04T19:00", "04-06T09:00"),  # Ching Ming Festival is a Wednesday
    ],
)
def test_people_are_back_when_the_calendar_says(hours: Hours, at: str, opens: str) -> None:
    assert hours.opening(hk(at)) == hk(opens)
    assert hours.is_open(hk(at)) == (at == opens)


@pytest.mark.parametrize(
    ("since", "until", "minutes"),
    [
        ("04-06T17:50", "04-11T09:05", 15),
        ("04-07T00:00", "04-10T23:59", 0),
        ("04-12T08:00", "04-12T19:00", 540),
        ("04-12T10:00", "04-12T10:00", 0),
        ("04-12T12:00", "04-13T12:00", 540),
    ],
)
def test_only_time_counts_when_people_are_there(hours: Hours, since: str, until: str, minutes: int) -> None:
    assert hours.worked(hk(since), hk(until)) == timedelta(minutes=minutes)


@pytest.mark.parametrize("since", ["04-06T17:50", "04-07T12:00", "04-12T09:00", "04-12T23:00"])
@pytest.mark.parametrize("minutes", [0, 15, 540, 541, 3_000])
def test_what_is_counted_on_is_counted_back(hours: Hours, since: str, minutes: int) -> None:
    after = hours.after(hk(since), timedelta(minutes=minutes))
    assert hours.worked(hk(since), after) == timedelta(minutes=minutes)


@pytest.mark.parametrize("written", ["", "9-18", "Mon-Fri 18:00-09:00", "Mon-Fri 09:00-25:00", "Foo-Fri 09:00-18:00"])
def test_hours_that_are_none_are_refused(written: str, campaign: Campaign) -> None:
    with pytest.raises(BadHours):
        Hours.of(written, campaign.days, campaign.zone)


def test_without_weekdays_they_are_those_of_the_calendar(campaign: Campaign) -> None:
    days = BusinessDays(frozenset({4}), frozenset())
    hours = Hours.of("10:00-16:00", days, campaign.zone)
    assert hours.opening(hk("04-13T17:00")) == hk("04-15T10:00")  # Friday is their weekend
