"""Calendar files: what an entry of a seat says, what the stated dates say, and that nothing tentative is among them."""

from datetime import date, datetime

import pytest

from handlers.calendar import dates_file
from models.campaign import Campaign
from tests.calendar_cast import (
    AUDITORIUM,
    CAMPAIGNS,
    HKCC,
    NORDHAVEN,
    ORGANIZER,
    STAMP,
    STEPS,
    UID,
    WEBINAR,
    entry,
    seat,
)
from tests.calendar_rules import Entry, read

# Seats


def test_a_seat_in_the_auditorium_says_when_where_and_what_counts() -> None:
    event = entry(seat())
    assert (event["DTSTART"].value, event["DTEND"].value) == ("20230424T083000Z", "20230424T094500Z")
    assert event["LOCATION"].text == "Grand Auditorium (Zone 1), 1/F, One & Two Exchange Square, Central"
    said = event["DESCRIPTION"].text
    assert "16:30–17:45 HKT" in said
    assert "registration at the door from 16:00" in said
    assert "in Cantonese" in said
    assert (
        "This seat stands in this bot's list only. The registration that counts is the one in the Event section in "
        "Client Connect on the HKEX Access Management Portal, by Wednesday 19 April 2023." in said
    )
    assert "DCASS Hotline 2979 7222" in said
    assert event["SUMMARY"].text == "CCMS two-factor authentication, 2023: briefing, in person, in Cantonese"


def test_a_webinar_has_no_door_and_no_place_and_says_why_its_time_is_known() -> None:
    event = entry(seat(briefing=WEBINAR))
    said = event["DESCRIPTION"].text
    assert "LOCATION" not in event
    assert "16:00" not in said
    assert "in English" in said
    assert "Note: the circular prints the time once for the whole table." in said


def test_a_seat_in_chinese_says_that_english_prevails() -> None:
    said = entry(seat(language="zh-Hant"))["DESCRIPTION"].text
    assert "這個座位只記錄在本機械人的名單上。" in said
    assert "2023年4月19日（星期三）或之前" in said
    assert said.endswith("以英文原文為準。")
    assert "One & Two Exchange Square, Central* 16:30 -17:45" in said  # the circular's own words
    assert "这个座位只记录在本机械人的名单上。" in entry(seat(language="zh-Hans"))["DESCRIPTION"].text


def test_a_circular_without_that_language_is_told_in_its_own() -> None:
    assert seat(NORDHAVEN, NORDHAVEN.briefings[0], "zh-Hant") == seat(NORDHAVEN, NORDHAVEN.briefings[0], "en")


@pytest.mark.parametrize(("key", "begins"), [("call.1", "20270316T090000Z"), ("call.3", "20270329T080000Z")])
def test_the_clock_change_between_two_calls_is_kept_to(key: str, begins: str) -> None:
    assert entry(seat(NORDHAVEN, NORDHAVEN.briefing[key]))["DTSTART"].value == begins


def test_a_briefing_without_a_stated_end_is_given_none() -> None:
    assert "DTEND" not in entry(seat(briefing=AUDITORIUM.model_copy(update={"end": None})))


def test_by_mail_it_is_an_invitation_to_one_person_that_asks_for_no_answer() -> None:
    event = entry(seat(attendee_email="amy@example.com"))
    (amy,) = event.all("ATTENDEE")
    assert amy.value == "mailto:amy@example.com"
    assert amy.parameters == {"CN": "Amy Wong", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
    assert (event["ORGANIZER"].value, event["ORGANIZER"].parameters) == ("mailto:usher@example.org", {"CN": "Usher"})
    assert event["STATUS"].value == "CONFIRMED"


def test_a_file_from_a_chat_tells_of_no_person() -> None:
    content = seat(attendee_name="Amy Wong").content
    assert "Amy" not in content
    assert "ATTENDEE" not in content


@pytest.mark.parametrize("email", [None, "amy@example.com"])
def test_what_happens_to_a_seat_keeps_its_uid_and_its_organizer_and_its_sequence_grows(email: str | None) -> None:
    events = [entry(seat(attendee_email=email, **told)) for told in STEPS.values()]
    assert {event["UID"].value for event in events} == {UID}
    assert len({event["ORGANIZER"].value for event in events}) == 1
    assert [event["SEQUENCE"].value for event in events] == ["0", "1", "2"]
    assert [event["STATUS"].value for event in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert len({event["DTSTART"].value for event in events}) == 1


def test_a_cancellation_that_is_not_later_than_anything_is_refused() -> None:
    with pytest.raises(ValueError, match="higher sequence"):
        seat(cancelled=True, sequence=0)


def test_a_cancelled_entry_says_so_and_that_the_registration_elsewhere_is_not_touched() -> None:
    event = entry(seat(cancelled=True, sequence=1))
    assert event["SUMMARY"].text.startswith("Cancelled: ")
    said = event["DESCRIPTION"].text
    assert "given back in this bot's list" in said
    assert "Client Connect on the HKEX Access Management Portal is not changed" in said
    assert "seat stands" not in said


def test_names_and_places_outside_ascii_are_written_as_an_address_must_be() -> None:
    event = entry(seat(attendee_email="安娜+x@例子.org", attendee_name='陳 "Amy"; Wong, A'))
    (amy,) = event.all("ATTENDEE")
    assert amy.value == "mailto:%E5%AE%89%E5%A8%9C+x@xn--fsqu00a.org"
    assert amy.parameters["CN"] == "陳 'Amy'; Wong, A"


def test_an_organizer_that_is_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match="mail addresses"):
        seat(organizer="Usher")


# The stated dates


def day_of(event: Entry) -> date:
    at = event["DTSTART"].at
    return at.date() if isinstance(at, datetime) else at


@pytest.mark.parametrize("campaign", CAMPAIGNS, ids=lambda campaign: campaign.key)
def test_nothing_tentative_is_ever_in_the_file(campaign: Campaign) -> None:
    calendar = read(dates_file(campaign, "en", STAMP, ORGANIZER).content)
    due = {fact.key for fact in campaign.facts if fact.task and fact.kind in ("by", "before")}
    days = sorted([campaign.safe_day(key) for key in due] + [one.on for one in campaign.briefings])
    assert sorted(day_of(event) for event in calendar.events) == days
    vague = [fact.name["en"] for fact in campaign.facts if fact.kind == "fuzzy"]
    titles = [event["SUMMARY"].text for event in calendar.events]
    assert not [name for name in vague if any(name in title for title in titles)]


def test_before_the_28th_stands_on_the_27th_as_a_whole_day() -> None:
    calendar = read(dates_file(HKCC, "en", STAMP, ORGANIZER).content)
    before = [event for event in calendar.events if "last safe day" in event["SUMMARY"].text]
    assert [(event["DTSTART"].value, event["DTEND"].value) for event in before] == [("20230427", "20230428")] * 2
    for event in before:
        said = event["DESCRIPTION"].text
        assert "by Thursday 27 April 2023 (HKT)" in said
        assert "The circular says before Friday 28 April 2023, while its schedule gives 28 April 2023" in said
        assert "do not rely on it" in said
        assert "No clock time is stated." in said
        assert "before 28 April 2023 (Friday)" in said  # the circular's words
        assert "28 April 2023 • Deadline" in said  # and its schedule's
        assert event["TRANSP"].value == "TRANSPARENT"


def test_by_the_19th_stands_on_the_19th() -> None:
    calendar = read(dates_file(HKCC, "en", STAMP, ORGANIZER).content)
    (event,) = [event for event in calendar.events if "last day to register" in event["SUMMARY"].text]
    assert event["DTSTART"].at == date(2023, 4, 19)
    assert "that day included" in event["DESCRIPTION"].text


def test_a_deadline_with_a_clock_time_is_an_instant_in_the_zone_of_its_circular() -> None:
    calendar = read(dates_file(NORDHAVEN, "en", STAMP, ORGANIZER).content)
    (event,) = [event for event in calendar.events if "nominate" in event["SUMMARY"].text]
    assert event["DTSTART"].value == "20270326T170000Z"
    assert "DTEND" not in event
    assert "17:00 London time on Friday 26 March 2027" in event["DESCRIPTION"].text


def test_a_date_that_was_inferred_says_why() -> None:
    calendar = read(dates_file(NORDHAVEN, "en", STAMP, ORGANIZER).content)
    (event,) = [event for event in calendar.events if "register for Call 3" in event["SUMMARY"].text]
    assert "(Easter Monday) are no London business days" in event["DESCRIPTION"].text


def test_a_file_made_later_takes_the_place_of_an_earlier_one() -> None:
    first, second = (
        read(dates_file(HKCC, language, stamp, ORGANIZER).content).events
        for language, stamp in (("en", STAMP), ("zh-Hant", STAMP.replace(year=2024)))
    )
    assert [event["UID"].value for event in first] == [event["UID"].value for event in second]
    assert first[0]["DTSTAMP"].at < second[0]["DTSTAMP"].at
